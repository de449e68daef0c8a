//! What replaced something of ours, or is beside it in another order: none of it is taken over, and all of it is reported.

use iis_config::markup;
use kallithea_iisc::diagnostic::Diagnostic;
use kallithea_iisc::merge::{Action, Plan, Strangers, plan, removal};
use kallithea_iisc::model::Deployment;

use super::others::{EVERYTHING, minimal, refused, with};
use super::{SERVER, deployment_of, planned, removed, steps};

/// Where our site begins and ends.
fn site(text: &str) -> std::ops::Range<usize> {
    let start = text.find("<site name=\"Kallithea\"").expect("our site");
    start..start + text[start..].find("</site>").expect("its end") + "</site>".len()
}

fn codes(found: Result<Plan, Vec<Diagnostic>>) -> Vec<&'static str> {
    let reasons = found.expect_err("it is refused");
    reasons.iter().map(|reason| reason.code.id()).collect()
}

/// Every tag of a text with its content, the deepest level in order, the others in any order.
fn sorted(text: &str) -> Vec<&str> {
    let mut tags: Vec<&str> = text.split('<').map(str::trim).collect();
    tags.sort_unstable();
    tags
}

/// For each element in our nodes, the text with its children reversed, unless they include directives.
fn reversed(text: &str) -> Vec<(String, String)> {
    let document = markup::parse(text).expect("XML");
    let is_ours = |element: &markup::Element<'_>| {
        let before = text[..element.offset].trim_end();
        before.ends_with("-->")
            && before.rfind("<!--").is_some_and(|at| before[at..].starts_with("<!-- kallithea-iisc: "))
    };
    let nodes: Vec<_> = document.elements.iter().filter(|element| is_ours(element)).collect();
    let is_in = |inner: &markup::Element<'_>| {
        nodes.iter().any(|node| node.offset <= inner.offset && inner.end <= node.end)
    };
    let directive = |child: &markup::Element<'_>| matches!(child.name, "clear" | "remove" | "add");
    let with_two = document.elements.iter().filter(|element| {
        is_in(element) && element.children.len() > 1 && !document.children(element).any(directive)
    });
    let changed = with_two.map(|element| {
        let mut children: Vec<&str> =
            document.children(element).map(|child| &text[child.offset..child.end]).collect();
        children.reverse();
        let first = document.children(element).next().expect("a child").offset;
        let last = document.children(element).last().expect("a child").end;
        let name = format!("{} at {}", element.name, element.offset);
        (name, format!("{}{}{}", &text[..first], children.join("\n"), &text[last..]))
    });
    changed.collect()
}

#[test]
fn the_order_of_what_is_in_our_nodes_is_nobodys_loss() {
    for name in ["minimal", "intranet-sso", "farm", "subfolder-x86"] {
        let deployment = deployment_of(name);
        // Something of others in each element of our nodes that has children.
        let present = planned(SERVER, &deployment).text;
        let present = present.replace(
            "<bindings>\n                    <binding \
            protocol=\"http",
            "<bindings>\n                    <!-- theirs --><binding protocol=\"https\" \
                bindingInformation=\"*:8443:theirs\" sslFlags=\"1\" />\n                    <binding \
                protocol=\"http",
        );
        let present = present.replace("<recycling>", "<recycling logEventOnRecycle=\"Time, Memory\">");
        let present = present.replace(" idleTimeout=", " pingInterval=\"00:01:00\" idleTimeout=");
        for (which, text) in reversed(&present) {
            let after = planned(&text, &deployment);
            assert!(!after.changes(), "{name}, {which}: {:?}", after.steps);
            assert_eq!(after.text, text, "{name}, {which}");
        }
    }
}

#[test]
fn what_is_put_in_its_place_keeps_what_others_wrote_into_it() {
    let deployment = deployment_of("minimal");
    let present = planned(SERVER, &deployment).text;
    let providers = "<clear />\n                            <add value=\"Negotiate\" />";
    let turned = with(
        &present,
        providers,
        "<add value=\"Negotiate\" lockItem=\"true\"><!-- theirs --></add>\n                            <clear />",
    );
    let after = planned(&turned, &deployment);
    assert!(
        after.text.contains("<add value=\"Negotiate\" lockItem=\"true\"><!-- theirs --></add>"),
        "{}",
        after.text
    );
    assert_eq!(sorted(&after.text), sorted(&turned));
    assert!(!planned(&after.text, &deployment).changes(), "{}", after.text);
    let clear = after.text.find("<clear />").expect("clear");
    assert!(clear < after.text.find("<add value=\"Negotiate\"").expect("it"), "{}", after.text);
}

/// Kallithea below the site's root, where another team has an application of the same path.
fn below() -> (Deployment, String) {
    let below = minimal(&[("site:", "virtualDirectory:\n  path: /code\nsite:")]);
    let present = planned(SERVER, &deployment_of("minimal")).text;
    let theirs = "<application path=\"/Code\" applicationPool=\"DefaultAppPool\"><virtualDirectory \
        path=\"/\" physicalPath=\"D:\\theirs\" /></application>";
    let at = site(&present).end - "</site>".len();
    (below, format!("{}{theirs}{}", &present[..at], &present[at..]))
}

#[test]
fn an_application_of_others_in_our_site_is_not_taken_over() {
    let (below, text) = below();
    for orders in [kallithea_iisc::merge::Orders::from(Strangers::Refuse), EVERYTHING] {
        let found = refused(&text, plan(&text, &below, orders));
        let own: Vec<_> = found.iter().filter(|(code, ..)| *code == "KI402").collect();
        assert!(own.len() == 1 && own[0].1.starts_with("<application path=\"/Code\""), "{found:?}");
        assert!(own[0].2.contains(r"D:\theirs"), "{found:?}");
    }
    // It also belongs to them in the site that is removed because it has another name now.
    let renamed = minimal(&[
        ("site:", "virtualDirectory:\n  path: /code\nsite:"),
        ("name: Kallithea", "name: Repositories"),
    ]);
    for found in [plan(&text, &renamed, EVERYTHING), removal(&text, &below)] {
        let found = refused(&text, found);
        assert!(
            found.iter().any(|(code, _, said)| *code == "KI411" && said.contains("application /Code")),
            "{found:?}"
        );
    }
}

#[test]
fn a_folder_or_a_pool_that_was_changed_by_hand_is_put_right() {
    for (spec, path, folder) in [
        (deployment_of("minimal"), "/", r"C:\inetpub\kallithea\iis"),
        (
            minimal(&[("site:", "virtualDirectory:\n  path: /code\nsite:")]),
            "/code",
            r"C:\inetpub\kallithea\iis",
        ),
        (
            minimal(&[("site:", "virtualDirectory:\n  path: /code\nsite:")]),
            "/",
            r"%SystemDrive%\inetpub\wwwroot",
        ),
    ] {
        let present = planned(SERVER, &spec).text;
        let application = format!("<application path=\"{path}\" applicationPool=\"minimal\">");
        let pool = with(&present, &application, &application.replace("minimal", "DefaultAppPool"));
        let at = site(&present).start + present[site(&present)].find(&application).expect("the application");
        let moved = format!("{}{}", &present[..at], with(&present[at..], folder, r"D:\elsewhere"));
        for drifted in [pool, moved] {
            assert_eq!(planned(&drifted, &spec).text, present, "{path}");
            assert_eq!(removed(&drifted, &spec).text, SERVER, "{path}");
        }
    }
}

#[test]
fn a_site_that_was_made_anew_is_whose_it_is_now() {
    let deployment = deployment_of("minimal");
    let present = planned(SERVER, &deployment).text;
    let theirs = format!(
        "<site name=\"KALLITHEA\" id=\"{}\"><application path=\"/\" \
         applicationPool=\"DefaultAppPool\"><virtualDirectory path=\"/\" \
         physicalPath=\"D:\\payroll\" /></application><bindings><binding protocol=\"http\" \
         bindingInformation=\"*:80:payroll\" \
         /></bindings></site>",
        deployment.site.id
    );
    let range = site(&present);
    let text = format!("{}{theirs}{}", &present[..range.start], &present[range.end..]);
    for text in [text.clone(), super::others::former(&text)] {
        let found = refused(&text, plan(&text, &deployment, Strangers::Refuse));
        assert!(
            found
                .iter()
                .any(|(code, tag, _)| *code == "KI402" && tag.starts_with("<site name=\"KALLITHEA\"")),
            "{found:?}"
        );
        let back = removed(&text, &deployment);
        assert!(back.text.contains(&theirs), "{}", back.text);
        assert!(back.warnings.iter().any(|warning| warning.code.id() == "KI414"), "{:?}", back.warnings);
        assert!(!steps(&back).iter().any(|step| step.starts_with("remove site")), "{:?}", steps(&back));
    }
    // The same for an application of an existing site.
    let deployment = deployment_of("subfolder-x86");
    let present = planned(SERVER, &deployment).text;
    let pool = &deployment.pool.name;
    let own = format!("<application path=\"/kallithea\" applicationPool=\"{pool}\">");
    let folder = &deployment.application.physical_path;
    let start = present.find(&own).expect("our application");
    let text = format!("{}{}", &present[..start], with(&present[start..], folder, r"D:\payroll"));
    assert!(codes(plan(&text, &deployment, Strangers::Refuse)).contains(&"KI402"));
    assert!(removed(&text, &deployment).text.contains(r"D:\payroll"));
}

#[test]
fn names_are_the_same_in_every_alphabets_upper_and_lower_case() {
    let spec = minimal(&[
        ("site:", "applicationPool:\n  name: Bücher\nsite:"),
        ("name: Kallithea", "name: Überblick"),
    ]);
    let present = planned(SERVER, &spec).text;
    let text = with(
        &present,
        "<application path=\"/\" applicationPool=\"DefaultAppPool\">",
        "<application path=\"/\" applicationPool=\"BÜCHER\">",
    );
    let back = removed(&text, &spec);
    assert!(back.text.contains("<add name=\"Bücher\""), "the wiki runs in it: {}", back.text);
    let renamed = with(&present, "<site name=\"Überblick\"", "<site name=\"ÜBERBLICK\"");
    assert_eq!(planned(&renamed, &spec).text, present);
    assert!(!removed(&renamed, &spec).text.contains("ÜBERBLICK"));
    // A letter of another alphabet that only looks the same is a different letter.
    let kelvin =
        with(&planned(SERVER, &deployment_of("minimal")).text, "<site name=\"K", "<site name=\"\u{212a}");
    assert!(codes(removal(&kelvin, &deployment_of("minimal"))).contains(&"KI417"));
}

#[test]
fn a_section_in_another_file_or_encrypted_is_not_written_into() {
    for name in ["minimal", "subfolder-x86"] {
        let deployment = deployment_of(name);
        for (section, attribute) in [
            ("<sites>", "configSource=\"sites.config\""),
            ("<applicationPools>", "configProtectionProvider=\"AesProvider\""),
            ("<isapiCgiRestriction ", "configSource=\"isapi.config\""),
        ] {
            let opened = section.trim_end_matches([' ', '>']);
            let text = with(SERVER, section, &format!("{opened} {attribute}{}", &section[opened.len()..]));
            // A pool of others is only read.
            if name == "subfolder-x86" && section.contains("Pools") {
                continue;
            }
            for found in [plan(&text, &deployment, EVERYTHING), removal(&text, &deployment)] {
                assert_eq!(codes(found), ["KI418"], "{name}, {section}");
            }
        }
    }
}

#[test]
fn a_section_for_the_whole_server_gets_no_second_one_beside_it() {
    let start = SERVER.find("            <isapiCgiRestriction").expect("the list");
    let end = SERVER.find("</isapiCgiRestriction>").expect("its end") + "</isapiCgiRestriction>".len();
    let list = &SERVER[start..end];
    for path in [" path=\"\"", " path=\".\"", ""] {
        let location = format!(
            "<location{path} \
             overrideMode=\"Deny\"><system.webServer><security>{list}</security></system.webServer></location>"
        );
        let text = with(&with(SERVER, list, ""), "</configuration>", &format!("{location}</configuration>"));
        for found in
            [plan(&text, &deployment_of("minimal"), EVERYTHING), removal(&text, &deployment_of("minimal"))]
        {
            assert_eq!(codes(found), ["KI418"], "{path}");
        }
    }
}

#[test]
fn a_file_that_is_no_servers_has_nothing_to_remove_from() {
    for text in ["<configuration />", "<configuration><system.webServer /></configuration>"] {
        assert_eq!(codes(removal(text, &deployment_of("minimal"))), ["KI412"], "{text}");
    }
}

#[test]
fn a_byte_order_mark_in_the_text_is_no_beginning() {
    let text = format!("\u{feff}{SERVER}");
    assert_eq!(codes(plan(&text, &deployment_of("minimal"), Strangers::Refuse)), ["KI401"]);
}

#[test]
fn comments_in_what_goes_of_a_location_are_named() {
    let deployment = deployment_of("minimal");
    let present = planned(SERVER, &deployment).text;
    let text =
        with(&present, "<remove name=\"WebDAV\" />", "<!-- ask Bob first --><remove name=\"WebDAV\" />");
    let text = with(
        &text,
        "<serverRuntime auth",
        "<!-- stays --><httpLogging dontLog=\"true\" /><serverRuntime auth",
    );
    let back = removed(&text, &deployment);
    assert!(
        back.text.contains("<!-- stays --><httpLogging") && !back.text.contains("ask Bob"),
        "{}",
        back.text
    );
    let details = back.steps.iter().flat_map(|step| &step.details).cloned().collect::<Vec<_>>().join("\n");
    assert!(details.contains("ask Bob first") && !details.contains("\"stays\""), "{details}");
}

#[test]
fn a_pool_that_others_use_is_not_adopted() {
    let spec = minimal(&[("site:", "applicationPool:\n  name: DefaultAppPool\nsite:")]);
    let found = refused(SERVER, plan(SERVER, &spec, Strangers::Adopt));
    assert!(
        matches!(found.as_slice(), [("KI402", tag, said)] if tag.starts_with("<add \
            name=\"DefaultAppPool\"") && said.contains("uses it")),
        "{found:?}"
    );
    // A pool that nobody else uses may be adopted.
    let alone = minimal(&[("site:", "applicationPool:\n  name: Shared 32-bit\nsite:")]);
    let adopted = plan(SERVER, &alone, Strangers::Adopt).unwrap_or_else(|reasons| panic!("{reasons:#?}"));
    assert_eq!(adopted.count(Action::Change), 1, "{:?}", adopted.steps);
}

#[test]
fn remove_under_a_new_name_does_not_pass_over_what_the_former_one_made() {
    let present = planned(SERVER, &deployment_of("minimal")).text;
    let found = refused(&present, removal(&present, &minimal(&[("name: minimal", "name: minimal2")])));
    assert!(
        found.iter().all(|(code, _, said)| *code == "KI417" && said.contains("\"minimal\" created it")),
        "{found:?}"
    );
    for tag in ["<application path=\"/\"", "<add path="] {
        assert!(found.iter().any(|(_, place, _)| place.starts_with(tag)), "{tag} is not in {found:?}");
    }
    // Another deployment beside it belongs to others.
    let other = minimal(&[
        ("name: minimal", "name: other"),
        ("name: Kallithea", "name: Other"),
        ("kallithea.corp", "other.corp"),
        (r"inetpub\kallithea", r"inetpub\other"),
    ]);
    assert!(!removed(&present, &other).changes());
}

/// An application is deleted and its `<location>` stays. Then another team's application takes the same path and changes
/// the settings in it.
#[test]
fn a_location_is_theirs_who_came_into_the_place_of_the_application() {
    let deployment = deployment_of("subfolder-x86");
    let planned = planned(SERVER, &deployment);
    let folder = &deployment.application.physical_path;
    let pool = format!("applicationPool=\"{}\"", deployment.pool.name);
    let theirs = planned
        .text
        .replace(&format!("physicalPath=\"{folder}\""), "physicalPath=\"D:\\payroll\"")
        .replace(&pool, "applicationPool=\"DefaultAppPool\"");
    let theirs =
        theirs.replace("<windowsAuthentication enabled=\"true\"", "<windowsAuthentication enabled=\"false\"");
    assert_ne!(theirs, planned.text);
    let location = |text: &str| {
        let at = text.rfind("<location path=\"").expect("the location");
        text[at..].split("</location>").next().unwrap_or_default().to_owned()
    };
    let freed = theirs.replace(&*deployment.dispatch_dll(), "D:\\payroll\\payroll.dll");
    let removed = removal(&freed, &deployment).unwrap_or_else(|reasons| panic!("{reasons:#?}"));
    assert_eq!(location(&removed.text), location(&freed));
}
