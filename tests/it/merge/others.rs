//! What belongs to others, wherever it is: behind one of our comments, inside one of our nodes, under our name, in our pool.

use iis_config::markup;
use kallithea_iisc::diagnostic::Diagnostic;
use kallithea_iisc::merge::{Action, Orders, Plan, Stale, Strangers, plan, removal};
use kallithea_iisc::model::Deployment;

use super::variants::variants;
use super::{SERVER, deployment, deployment_of, planned, removed, said, spec_of, steps};
use crate::support;

/// All orders that `apply` accepts.
pub const EVERYTHING: Orders = Orders { strangers: Strangers::Adopt, stale: Stale::Prune };

pub fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not in {text}");
    text.replacen(from, to, 1)
}

/// The example `minimal` with some of its words changed.
pub fn minimal(changes: &[(&str, &str)]) -> Deployment {
    deployment(&changes.iter().fold(spec_of("minimal"), |spec, (from, to)| with(&spec, from, to)))
}

fn codes(text: &str, reasons: &[Diagnostic]) -> Vec<(&'static str, String)> {
    reasons.iter().map(|reason| said(text, reason)).collect()
}

pub fn refused(text: &str, found: Result<Plan, Vec<Diagnostic>>) -> Vec<(&'static str, String, String)> {
    let reasons = found.expect_err("it is refused");
    let codes = codes(text, &reasons).into_iter().zip(&reasons);
    codes.map(|((code, tag), reason)| (code, tag, reason.message.clone())).collect()
}

/// A text in which our comments say only what those of former versions said.
pub fn former(text: &str) -> String {
    let comment = |line: &str| {
        let Some((before, rest)) = line.split_once("<!-- kallithea-iisc: ") else { return line.to_owned() };
        let (said, after) = rest.split_once(" -->").expect("the end of a comment");
        let name = said.split("; ").next().unwrap_or_default();
        let stood = said.split("; ").find(|field| field.starts_with("around it stood"));
        let stood = stood.map(|stood| format!("; {stood}")).unwrap_or_default();
        format!("{before}<!-- kallithea-iisc: {name}{stood} -->{after}")
    };
    text.split_inclusive('\n').map(comment).collect()
}

/// For each of our comments, the text without the element behind it: this is how IIS Manager deletes.
fn without_each(text: &str) -> Vec<String> {
    let document = markup::parse(text).expect("XML");
    let marks = document.comments.iter().filter(|comment| comment.words.starts_with("kallithea-iisc: "));
    let gone = marks.map(|mark| {
        let element =
            document.elements.iter().find(|element| element.offset > mark.span.end).expect("a node");
        let before = &text[..element.offset];
        let start = before.trim_end_matches([' ', '\t', '\r', '\n']).len();
        format!("{}{}", &text[..start], &text[element.end..])
    });
    gone.collect()
}

/// Makes deployments that have every kind of node.
fn deployments() -> Vec<Deployment> {
    let traced = deployment(&format!("{}\nfailedRequestTracing: {{}}\n", spec_of("subfolder-x86")));
    support::examples().iter().map(|name| deployment_of(name)).chain([traced]).collect()
}

#[test]
fn a_comment_that_lost_its_node_owns_nothing_behind_it() {
    for deployment in deployments() {
        for (way, text) in variants(SERVER).into_iter().step_by(3) {
            let applied = planned(&text, &deployment).text;
            for lost in without_each(&applied) {
                let back = removed(&lost, &deployment);
                assert_eq!(back.text, text, "{}, {way}", deployment.name);
                let again = planned(&lost, &deployment);
                assert!(
                    again.warnings.iter().any(|warning| warning.code.id() == "KI414"),
                    "{} {way} {lost}",
                    deployment.name
                );
                assert_eq!(again.count(Action::Remove), 0, "{:?}", steps(&again));
                assert!(!planned(&again.text, &deployment).changes(), "{way}");
                assert_eq!(removed(&again.text, &deployment).text, text, "{}, {way}", deployment.name);
            }
        }
    }
}

#[test]
fn a_comment_of_a_former_version_owns_what_the_spec_has_and_nothing_else() {
    for deployment in deployments() {
        let old = former(&planned(SERVER, &deployment).text);
        assert_eq!(removed(&old, &deployment).text, SERVER, "{}", deployment.name);
        let new = planned(&old, &deployment);
        assert_eq!(new.text, planned(SERVER, &deployment).text, "{}: {:?}", deployment.name, steps(&new));
        for lost in without_each(&old) {
            assert_eq!(removed(&lost, &deployment).text, SERVER, "{}", deployment.name);
        }
    }
}

#[test]
fn a_former_versions_comment_before_a_section_that_it_made_is_understood() {
    let list = SERVER
        .split("        <security>\n")
        .nth(1)
        .and_then(|rest| rest.split("        </security>\n").next());
    let bare =
        with(SERVER, &format!("        <security>\n{}        </security>\n", list.expect("the list")), "");
    let deployment = deployment_of("minimal");
    let applied = planned(&bare, &deployment).text;
    let made = applied.find("        <security>\n            <isapiCgiRestriction>").expect("what was made");
    let mark = applied[made..].lines().find(|line| line.contains("kallithea-iisc: ")).expect("its comment");
    let old = former(&with(&applied, &format!("{mark}\n"), ""));
    let old = format!(
        "{}        <!-- kallithea-iisc: minimal -->\n{}",
        &old[..old.find("        <security>\n            <isapi").expect("it")],
        &old[old.find("        <security>\n            <isapi").expect("it")..]
    );
    assert_eq!(removed(&old, &deployment).text, bare);
    assert_eq!(planned(&old, &deployment).text, applied);
    let used = with(
        &old,
        "</isapiCgiRestriction>",
        "    <add path=\"x.dll\" />\n            </isapiCgiRestriction>",
    );
    let back = removed(&used, &deployment).text;
    assert!(back.contains("x.dll") && !back.contains("kallithea"), "{back}");
}

/// A setting for the whole server, or a lock, on an element that the deployment made.
#[test]
fn an_attribute_of_others_on_an_element_that_was_made_stays_with_it() {
    let (before, rest) = SERVER.split_once("            <isapiCgiRestriction").expect("the list");
    let bare = format!("{before}{}", rest.split_once("</isapiCgiRestriction>\n").expect("its end").1);
    let deployment = deployment_of("minimal");
    let applied = planned(&bare, &deployment).text;
    assert_eq!(removed(&applied, &deployment).text, bare);
    for attribute in ["notListedIsapisAllowed=\"true\"", "lockItem=\"true\""] {
        let theirs = with(&applied, "<isapiCgiRestriction>", &format!("<isapiCgiRestriction {attribute}>"));
        let back = removed(&theirs, &deployment).text;
        assert!(back.contains(attribute) && !back.contains("kallithea"), "{back}");
        let again = planned(&back, &deployment);
        assert!(removed(&again.text, &deployment).text.contains(attribute), "{}", again.text);
    }
}

#[test]
fn the_neighbour_of_a_site_that_was_deleted_by_hand_stays() {
    let payroll = "<site name=\"Payroll\" id=\"77\"><application path=\"/\"><virtualDirectory path=\"/\" \
                   physicalPath=\"D:\\payroll\" /></application></site>";
    let applied = planned(SERVER, &deployment_of("minimal")).text;
    let own = applied.find("<site name=\"Kallithea\"").expect("our site");
    let end = own + applied[own..].find("</site>").expect("its end") + "</site>".len();
    let replaced = format!("{}{payroll}{}", &applied[..own], &applied[end..]);
    for text in [replaced.clone(), former(&replaced)] {
        let back = removed(&text, &deployment_of("minimal"));
        assert!(back.text.contains(payroll), "{}", back.text);
        let expected = with(
            SERVER,
            "            <siteDefaults>",
            &format!("            {payroll}\n            <siteDefaults>"),
        );
        assert_eq!(back.text.replace(char::is_whitespace, ""), expected.replace(char::is_whitespace, ""));
        let warned = codes(&text, &back.warnings);
        assert!(
            matches!(warned.as_slice(), [("KI414", comment)] if comment.starts_with("<!-- kallithea-iisc: \
                minimal")),
            "{warned:?}"
        );
    }
}

#[test]
fn a_comment_that_was_copied_or_moved_takes_nothing_with_it() {
    let deployment = deployment_of("minimal");
    let applied = planned(SERVER, &deployment).text;
    let mark =
        applied.lines().find(|line| line.contains("; site \"Kallithea\"")).expect("the comment").trim();
    for place in [
        "<site name=\"Wiki\"",
        "<siteDefaults>",
        "<application path=\"/\">",
        "<applicationPoolDefaults",
        "<add name=\"DefaultAppPool\"",
        "<location path=\"Wiki\"",
        "<globalModules>",
        "<system.webServer>",
    ] {
        let copied = with(&applied, place, &format!("{mark}{place}"));
        assert_eq!(removed(&copied, &deployment).text, SERVER, "{place}");
        assert_eq!(planned(&copied, &deployment).text, applied, "{place}");
    }
    // The comment is there twice before the node itself: the second is enough.
    let twice = with(&applied, mark, &format!("{mark}\n            {mark}"));
    assert_eq!(removed(&twice, &deployment).text, SERVER);
    assert_eq!(planned(&twice, &deployment).text, applied);
}

#[test]
fn what_another_team_put_into_a_site_keeps_it_even_where_it_is_to_be_pruned() {
    let present = planned(SERVER, &deployment_of("minimal")).text;
    let renamed = minimal(&[("name: Kallithea", "name: Repositories")]);
    for (theirs, named) in [
        (
            "<application path=\"/wiki\"><virtualDirectory path=\"/\" physicalPath=\"D:\\w\" \
             /></application>",
            "application /wiki",
        ),
        ("<application path=\"/A@B\" />", "application /A@B"),
        ("<ftpServer serverAutoStart=\"true\" />", "ftpServer"),
    ] {
        let end = present.rfind("</site>").expect("our site");
        let text = format!("{}{theirs}{}", &present[..end], &present[end..]);
        for found in [
            refused(&text, plan(&text, &renamed, EVERYTHING)),
            refused(&text, removal(&text, &deployment_of("minimal"))),
        ] {
            let found: Vec<_> = found.iter().filter(|(code, ..)| *code == "KI411").collect();
            assert!(found.len() == 1 && found[0].2.contains(named), "{named}: {found:?}");
        }
        assert!(planned(&text, &deployment_of("minimal")).text.contains(theirs));
    }
}

#[test]
fn a_virtual_directory_of_others_keeps_the_application() {
    let present = planned(SERVER, &deployment_of("subfolder-x86")).text;
    let own = present.find("<application path=\"/kallithea\"").expect("our application");
    let end = own + present[own..].find("</application>").expect("its end");
    for path in ["/docs", "/@eaDir"] {
        let theirs = format!("<virtualDirectory path=\"{path}\" physicalPath=\"D:\\docs\" />");
        let text = format!("{}{theirs}{}", &present[..end], &present[end..]);
        let found = refused(&text, removal(&text, &deployment_of("subfolder-x86")));
        assert!(found.len() == 1 && found[0].0 == "KI411" && found[0].2.contains(path), "{found:?}");
    }
}

#[test]
fn what_iis_manager_writes_in_daily_use_goes_with_the_site_and_is_named() {
    let deployment = deployment_of("minimal");
    let present = planned(SERVER, &deployment).text;
    let end = present.rfind("</bindings>").expect("bindings");
    let present = format!(
        "{}<binding protocol=\"http\" bindingInformation=\"*:8081:\" />{}",
        &present[..end],
        &present[end..]
    );
    let end = present.rfind("</site>").expect("our site");
    let daily = "<!-- see ticket 12 --><logFile directory=\"E:\\logs\" /><traceFailedRequestsLogging \
        enabled=\"true\" /><hsts enabled=\"true\" />\
                 <applicationDefaults applicationPool=\"minimal\" />";
    let present = format!("{}{daily}{}", &present[..end], &present[end..]);
    let present =
        with(&present, "<limits maxUrlSegments", "<limits connectionTimeout=\"00:05:00\" maxUrlSegments");
    let present = with(
        &present,
        "<recycling>\n                    <periodicRestart time=\"1.05",
        "<failure rapidFailProtection=\"false\" /><recycling>\n                    <periodicRestart \
         time=\"1.05",
    );
    let back = removed(&present, &deployment);
    assert_eq!(back.text, SERVER);
    let details = back.steps.iter().flat_map(|step| &step.details).cloned().collect::<Vec<_>>().join("\n");
    for named in [
        "binding http *:8081:",
        "logFile",
        "traceFailedRequestsLogging",
        "hsts",
        "see ticket 12",
        "limits@connectionTimeout",
        "failure",
    ] {
        assert!(
            details.contains("removed with it: ") && details.contains(named),
            "{named} is not in {details}"
        );
    }
}

#[test]
fn a_section_that_somebody_decided_for_our_path_stays() {
    let deployment = deployment_of("minimal");
    let present = planned(SERVER, &deployment).text;
    let place = present.find("            <serverRuntime authenticatedUserOverride").expect("our location");
    let theirs = "            <httpLogging dontLog=\"true\" />\n";
    let present = format!("{}{theirs}{}", &present[..place], &present[place..]);
    let back = removed(&present, &deployment);
    let location = format!(
        "    <location path=\"Kallithea\">\n        <system.webServer>\n{theirs}        </system.webServer>\n    </location>\n"
    );
    assert_eq!(back.text, with(SERVER, "</configuration>", &format!("{location}</configuration>")));
    assert!(
        back.steps.iter().any(|step| step.others == ["system.webServer/httpLogging"]),
        "{:?}",
        back.steps
    );
    let theirs = "<add name=\"Static\" path=\"*.png\" verb=\"GET\" modules=\"StaticFileModule\" />";
    let text = with(
        &planned(SERVER, &deployment).text,
        "<remove name=\"WebDAV\" />",
        &format!("<remove name=\"WebDAV\" />{theirs}"),
    );
    let found = refused(&text, removal(&text, &deployment));
    assert!(found.len() == 1 && found[0].0 == "KI411" && found[0].2.contains("Static"), "{found:?}");
}

#[test]
fn remove_does_not_pass_over_a_deployment_without_comments() {
    for deployment in deployments() {
        let applied = planned(SERVER, &deployment).text;
        let unmarked: String =
            applied.split_inclusive('\n').filter(|line| !line.contains("kallithea-iisc: ")).collect();
        let found = refused(&unmarked, removal(&unmarked, &deployment));
        assert!(found.iter().all(|(code, ..)| *code == "KI417"), "{found:?}");
        for tag in ["<application path", "<add path", "<location path"] {
            assert!(found.iter().any(|(_, place, _)| place.starts_with(tag)), "{tag} is not in {found:?}");
        }
        let adopted = plan(&unmarked, &deployment, Strangers::Adopt)
            .unwrap_or_else(|reasons| panic!("{reasons:#?}"))
            .text;
        let back = removed(&adopted, &deployment);
        let switch = deployment.tracing.is_some() && deployment.site.own.is_none();
        // The switch of tracing in a site of others belongs to them, once no comment says otherwise.
        assert!(switch || back.text == SERVER, "{}: {}", deployment.name, back.text);
    }
    // One missing comment, or a site renamed by hand, is enough.
    let applied = planned(SERVER, &deployment_of("minimal")).text;
    let mark = applied.lines().find(|line| line.contains("; location \"Kallithea\"")).expect("a comment");
    for text in [
        with(&applied, &format!("{mark}\n"), ""),
        with(&applied, "<site name=\"Kallithea\"", "<site name=\"Code\""),
    ] {
        assert_eq!(
            refused(&text, removal(&text, &deployment_of("minimal")))[0].0,
            if text.contains("\"Code\"") { "KI414" } else { "KI417" }
        );
    }
}

#[test]
fn a_site_that_is_said_to_be_there_already_is_let_go_of() {
    let own = minimal(&[("site:", "virtualDirectory:\n  path: /code\nsite:")]);
    let id = own.site.id;
    let (before, _) = spec_of("minimal")
        .split_once("site:")
        .map(|(before, rest)| (before.to_owned(), rest.to_owned()))
        .expect("a site");
    let existing = deployment(&format!(
        "{before}site:\n  name: Kallithea\n  existing: true\n  id: {id}\nvirtualDirectory:\n  path: /code\n"
    ));
    let applied = planned(SERVER, &own).text;
    let after = planned(&applied, &existing);
    assert_eq!(after.count(Action::Remove), 0, "{:?}", steps(&after));
    assert!(
        after.text.contains("<site name=\"Kallithea\"") && !after.text.contains("; site \"Kallithea\""),
        "{}",
        after.text
    );
    assert!(after.text.contains("; application \"Kallithea/code\""), "{}", after.text);
    assert!(!planned(&after.text, &existing).changes());
}

/// `minimal` with its pool, or its site, marked as existing.
#[test]
fn what_the_spec_uses_as_there_already_is_not_pruned() {
    let own = deployment_of("minimal");
    let applied = planned(SERVER, &own).text;
    let shared = minimal(&[("site:", "applicationPool:\n  name: minimal\n  existing: true\nsite:")]);
    let (before, _) = spec_of("minimal")
        .split_once("site:")
        .map(|(before, rest)| (before.to_owned(), rest.to_owned()))
        .expect("a site");
    let site = format!("site:\n  name: Kallithea\n  existing: true\n  id: {}\n", own.site.id);
    let below = deployment(&format!("{before}{site}virtualDirectory:\n  path: /code\n"));
    for (spec, node, mark) in [
        (&shared, "<add name=\"minimal\"", "; application pool \"minimal\""),
        (&below, "<site name=\"Kallithea\"", "; site \"Kallithea\""),
    ] {
        let after = plan(&applied, spec, EVERYTHING).unwrap_or_else(|reasons| panic!("{reasons:#?}"));
        assert!(after.text.contains(node) && !after.text.contains(mark), "{:?}", after.steps);
        assert!(!planned(&after.text, spec).changes(), "{node}");
    }
}
