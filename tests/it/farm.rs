//! A web farm: what its nodes share, what they do not share, and the front server's part.

use kallithea_iisc::emit::{emit, refused_by_iis};
use kallithea_iisc::merge::{Action, Plan, Strangers, plan, removal};
use kallithea_iisc::model::Deployment;
use kallithea_iisc::route::{self, Files, Outcome, Request, compiled_host};
use kallithea_iisc::tree::Tree;

use crate::support;
use crate::support::deployment;
use crate::support::program::{error, made, out, run};

const SERVER: &str = include_str!("merge/server.config");
const EXTENSIONS: &str = r#"<add name="RewriteModule" image="rewrite.dll" />
            <add name="ApplicationRequestRouting" image="requestRouter.dll" />
            "#;

fn spec() -> String {
    support::spec_of("farm")
}

fn changed(from: &str, to: &str) -> String {
    let spec = spec();
    assert!(spec.contains(from), "{from:?} is not in the example");
    spec.replacen(from, to, 1)
}

fn compile(spec: &str) -> Tree {
    let deployment = deployment(spec);
    let tree = emit(&deployment);
    assert_eq!(refused_by_iis(&deployment, &tree), Vec::<String>::new());
    tree
}

fn file<'a>(tree: &'a Tree, path: &str) -> &'a str {
    tree.get(path).unwrap_or_else(|| panic!("{path} is missing"))
}

fn front() -> Deployment {
    deployment(&spec()).front().expect("a farm has a front")
}

/// A server that has the extensions.
fn front_server() -> String {
    let modules = "<globalModules>";
    let at = SERVER.find(modules).expect("the modules") + modules.len();
    format!("{}\n            {}{}", &SERVER[..at], EXTENSIONS.trim_end(), &SERVER[at..])
}

fn planned(text: &str) -> Plan {
    plan(text, &front(), Strangers::Refuse).unwrap_or_else(|reasons| panic!("{reasons:#?}"))
}

#[test]
fn the_farm_goes_into_the_fronts_file_and_out_again() {
    let server = front_server();
    let applied = planned(&server);
    assert!(applied.changes());
    assert!(applied.text.contains("<server address=\"kallithea2.corp.example.com\" enabled=\"true\">"));
    assert!(!applied.text.contains("_dispatch.dll"), "the front runs no bridge");
    assert!(!planned(&applied.text).changes(), "a second run changes nothing");
    let removed = removal(&applied.text, &front()).expect("nothing stands against it");
    assert_eq!(removed.text, server);
}

#[test]
fn a_front_without_the_extensions_is_told_what_to_install() {
    let reasons = plan(SERVER, &front(), Strangers::Refuse).expect_err("both are missing");
    let said: Vec<String> =
        reasons.iter().map(|reason| format!("{} {}", reason.code.id(), reason.message)).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.iter().all(|line| line.starts_with("KI408")), "{said:?}");
    assert!(reasons.iter().any(|reason| {
        reason.help.as_deref().is_some_and(|help| help.contains("Application Request Routing"))
    }));
}

#[test]
fn the_fronts_own_nodes_are_its_own_and_nothing_else_is() {
    let (server, front) = (front_server(), front());
    let applied = planned(&server).text;
    // IIS Manager deletes the farm, and the comment of the farm stays.
    let at = applied.find("<webFarm name").expect("the farm");
    let end = applied.find("</webFarm>").expect("its end") + "</webFarm>".len();
    let theirs = "<webFarm name=\"theirs\" enabled=\"true\" />";
    let replaced = format!("{}{theirs}{}", &applied[..at], &applied[end..]);
    let back = removal(&replaced, &front).expect("nothing stands against it");
    assert!(back.text.contains(theirs) && !back.text.contains("Kallithea (intranet-farm)"), "{}", back.text);
    assert!(back.warnings.iter().any(|warning| warning.code.id() == "KI414"));
    // The farm keeps a server that somebody added.
    let added = applied.replacen("<server address=", "<server address=\"third\" /><server address=", 1);
    let refused = removal(&added, &front).expect_err("a server is somebody's");
    assert!(
        refused.iter().any(|reason| reason.code.id() == "KI411" && reason.message.contains("third")),
        "{refused:?}"
    );
    // Without its comments the farm is not skipped; once adopted, it is removed again.
    let unmarked: String =
        applied.split_inclusive('\n').filter(|line| !line.contains("kallithea-iisc: ")).collect();
    let twins = removal(&unmarked, &front).expect_err("it is there");
    assert!(twins.iter().all(|reason| reason.code.id() == "KI417") && twins.len() >= 3, "{twins:?}");
    let adopted = plan(&unmarked, &front, Strangers::Adopt).expect("it is taken over").text;
    let back = removal(&adopted, &front).expect("nothing stands against it").text;
    assert!(!back.contains("intranet-farm") && back.contains("planted-secret-1"), "{back}");
}

/// What a node gets for the URLs that a front could change, and what the application is told then.
const ODD_URLS: [(&str, &str); 12] = [
    ("/a%2Fb", "/a/b"),
    ("/a%3Fb?x=%2F&y=%3F", "/a?b"),
    ("/a%23b", "/a#b"),
    ("/a%25b", "/a%b"),
    ("/a%2Bb", "/a+b"),
    ("/a+b?cmds=heads+%3Bknown", "/a+b"),
    ("//a//b", "/a/b"),
    ("/a;b", "/a;b"),
    ("/a[b]", "/a[b]"),
    ("/%C3%A9", "/é"),
    ("/a%20b?", "/a b"),
    ("/a/b:c", "/a/b:c"),
];

#[test]
fn a_node_gets_every_url_as_the_client_sent_it() {
    let (front, node) = (front(), deployment(&spec()));
    for (target, path_info) in ODD_URLS {
        let url = format!("https://kallithea.corp.example.com{target}");
        let request = Request::new(&url, "GET", Vec::new()).expect("a URL");
        let passed = route::front(&compiled_host(&front), &front, &request).expect("XML");
        let onward = passed.onward.unwrap_or_else(|(status, why)| panic!("{target}: {status} {why}"));
        assert_eq!((onward.target.as_str(), onward.secure, onward.port), (target, false, 80));
        let web = file(&compile(&spec()), "web.config").to_owned();
        let route = route::route(
            Files { host: &compiled_host(&node), above: &[], web: &web, is_web_utf16: false },
            &node,
            &onward,
        )
        .expect("XML");
        match route.outcome {
            Outcome::Bridge { path_info: found, .. } => assert_eq!(found, path_info, "{target}"),
            Outcome::Answered { status, why } => panic!("{target}: {status} {why}"),
        }
    }
}

#[test]
fn route_begins_at_the_front_and_says_what_the_rule_does() {
    let routed = |url: &str| run(&["route", "examples/farm/deploy.yaml", url, "--front"]);
    let said = out(&routed("https://kallithea.corp.example.com/a%2Fb?x=%3F"));
    assert!(said.contains("hands it on as it was sent: http://intranet-farm/a%2Fb?x=%3F"), "{said}");
    assert!(said.contains("It reaches the bridge: SCRIPT_NAME \"\", PATH_INFO \"/a/b\""), "{said}");
    let elsewhere = out(&routed("https://other.corp.example.com/"));
    assert!(elsewhere.contains("Invalid Hostname"), "{elsewhere}");
    let json = run(&[
        "route",
        "examples/farm/deploy.yaml",
        "https://kallithea.corp.example.com/",
        "--front",
        "--format",
        "json",
    ]);
    let json = made(&json, "route");
    assert_eq!(json["front"].as_array().expect("steps").last().expect("a step")["rule"], "URL Rewrite");
    let below = deployment(&format!("{}virtualDirectory:\n  path: /hg\n", spec())).front().expect("a front");
    let request = Request::new("https://kallithea.corp.example.com/other", "GET", Vec::new()).expect("a URL");
    let refused = route::front(&compiled_host(&below), &below, &request)
        .expect("XML")
        .onward
        .expect_err("not below it");
    assert_eq!(refused.0, "404.0");
}

/// The attribute that hands URLs on as they were sent, in the list of rules around it.
const AS_SENT: &str = "<globalRules useOriginalURLEncoding=\"false\"";

fn with_rules(rules: &str) -> String {
    front_server().replacen(
        "<globalModules>",
        &format!("<rewrite>{rules}</rewrite>\n        <globalModules>"),
        1,
    )
}

#[test]
fn urls_are_handed_on_as_sent_and_the_setting_of_the_server_goes_again() {
    let other = "<rule name=\"x\"><match url=\"^x$\" /></rule>";
    for rules in [
        "<globalRules />".to_owned(),
        "<globalRules/>".to_owned(),
        "<globalRules></globalRules>".to_owned(),
        format!("<globalRules>\n            {other}\n        </globalRules>"),
        format!("<globalRules lockElements=\"clear\">{other}</globalRules>"),
        String::new(),
    ] {
        let server = with_rules(&rules);
        let applied = planned(&server);
        let setting = |plan: &Plan| {
            plan.steps
                .iter()
                .find(|step| step.noun == "setting of the whole server")
                .cloned()
                .expect("a step")
        };
        assert_eq!(setting(&applied).name, "globalRules@useOriginalURLEncoding");
        assert!(setting(&applied).details[0].contains("every rule of this list"), "{:?}", setting(&applied));
        let text = &applied.text;
        assert!(text.contains("useOriginalURLEncoding=\"false\""), "{text}");
        assert!(
            text.contains("url=\"http://intranet-farm{UNENCODED_URL}\" appendQueryString=\"false\""),
            "{text}"
        );
        assert!(!planned(text).changes(), "a second run changes nothing: {rules}");
        let removed = removal(text, &front()).expect("nothing stands against it");
        assert_eq!(setting(&removed).action, Action::Remove);
        assert_eq!(removed.text, server);
    }
}

#[test]
fn what_an_administrator_set_is_neither_changed_nor_taken_back() {
    let already = with_rules("<globalRules useOriginalURLEncoding=\"False\" />");
    let applied = planned(&already);
    assert!(applied.text.contains("useOriginalURLEncoding=\"False\""));
    assert_eq!(removal(&applied.text, &front()).expect("nothing stands against it").text, already);
    let otherwise = with_rules("<globalRules useOriginalURLEncoding=\"true\" />");
    let refused = plan(&otherwise, &front(), Strangers::Adopt).expect_err("it contradicts the farm");
    let [reason] = &refused[..] else { panic!("{refused:?}") };
    assert_eq!(reason.code.id(), "KI423");
    assert_eq!(&otherwise[reason.span.clone()], "useOriginalURLEncoding=\"true\"");
    assert!(reason.help.as_deref().is_some_and(|help| help.contains("every global rule")), "{reason:?}");
    // Somebody changes it after apply: it is theirs then.
    let changed =
        planned(&front_server()).text.replacen(AS_SENT, "<globalRules useOriginalURLEncoding=\"true\"", 1);
    let removed = removal(&changed, &front()).expect("nothing stands against it").text;
    assert!(removed.contains("<globalRules useOriginalURLEncoding=\"true\">"), "{removed}");
}

#[test]
fn a_second_farm_keeps_the_setting_until_it_goes_too() {
    let other = spec().replace("intranet-farm", "other-farm").replace("kallithea.corp", "other.corp");
    let other =
        deployment(&other.replacen("name: Kallithea\n", "name: Other\n", 1)).front().expect("a front");
    for rules in ["", "<globalRules />"] {
        let server = with_rules(rules);
        let one = planned(&server).text;
        let both =
            plan(&one, &other, Strangers::Refuse).unwrap_or_else(|reasons| panic!("{reasons:#?}")).text;
        let second = removal(&both, &front()).expect("nothing stands against it");
        let kept = second.steps.iter().find(|step| step.name.contains('@')).expect("a step");
        assert!(kept.details[0].contains("\"other-farm front\" needs it"), "{kept:?}");
        assert!(second.text.contains(AS_SENT), "{}", second.text);
        let none = removal(&second.text, &other).expect("nothing stands against it").text;
        assert_eq!(none, server);
        // The other way round, the second had nothing to take back.
        let first = removal(&both, &other).expect("nothing stands against it").text;
        assert_eq!(first, one);
    }
}

#[test]
fn a_rule_of_an_earlier_version_is_brought_to_what_the_farm_needs() {
    let earlier = planned(&front_server()).text;
    let earlier = earlier
        .replacen(AS_SENT, "<globalRules", 1)
        .replacen("; set around it \"useOriginalURLEncoding=false\"", "", 1)
        .replacen("{UNENCODED_URL}\" appendQueryString=\"false\"", "/{R:0}\"", 1);
    let brought = planned(&earlier).text;
    assert!(brought.contains(AS_SENT) && brought.contains("{UNENCODED_URL}"), "{brought}");
    assert_eq!(removal(&brought, &front()).expect("nothing stands against it").text, front_server());
}

#[test]
fn a_front_with_the_former_url_rewrite_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("applicationHost.config");
    std::fs::create_dir(folder.path().join("schema")).expect("a folder");
    let schema = folder.path().join("schema/rewrite_schema.xml");
    std::fs::write(&config, front_server()).expect("a file");
    for command in ["plan", "apply"] {
        let run_it = || {
            run(&[command, "examples/farm/deploy.yaml", "--front", "--host-config", support::text(&config)])
        };
        std::fs::write(&schema, "<configSchema />").expect("a file");
        let said = error(&run_it());
        assert!(said.contains("KI408") && said.contains("URL Rewrite is older than 2.1"), "{said}");
        assert_eq!(std::fs::read_to_string(&config).expect("a file"), front_server());
        std::fs::write(&schema, "<attribute name=\"useOriginalURLEncoding\" />").expect("a file");
        let said = error(&run_it());
        assert!(!said.contains("KI408"), "{said}");
    }
}

#[test]
fn the_rule_stands_before_one_that_takes_every_request() {
    let every = "<rewrite><globalRules><rule name=\"all\" stopProcessing=\"true\"><match url=\".*\" />\
                 <action type=\"Rewrite\" url=\"http://other/{R:0}\" /></rule></globalRules></rewrite>";
    let server = front_server().replacen("<globalModules>", &format!("{every}\n        <globalModules>"), 1);
    let applied = planned(&server).text;
    let place = |name: &str| applied.find(name).unwrap_or_else(|| panic!("{name} is missing"));
    assert!(place("Kallithea (intranet-farm)") < place("<rule name=\"all\""));
    let removed = removal(&applied, &front()).expect("nothing stands against it");
    assert_eq!(removed.text, server);
}

#[test]
fn a_farm_that_rules_of_others_name_stays_and_a_new_one_takes_no_requests_of_theirs() {
    let name = front().farm.expect("a farm").name;
    let rule = format!(
        "<rule name=\"Theirs\"><match url=\"^hg/\" /><action type=\"Rewrite\" url=\"HTTP://{name}/{{R:0}}\" /></rule>"
    );
    let rules = format!("<system.webServer><rewrite><rules>{rule}</rules></rewrite></system.webServer>");
    let end = format!("<location path=\"Wiki/x\">{rules}</location></configuration>");
    let theirs = |text: &str| text.replacen("</configuration>", &end, 1);
    let used = theirs(&planned(&front_server()).text);
    let removed = removal(&used, &front()).expect("nothing stands against it");
    let text = &removed.text;
    assert!(text.contains("<webFarm name=") && text.contains("\"Theirs\""), "{text}");
    assert!(!text.contains("kallithea-iisc: "), "{text}");
    let details: String = removed.steps.iter().flat_map(|step| step.details.clone()).collect();
    assert!(details.contains("stays, because the rule \"Theirs\" uses it"), "{details}");
    let refused =
        plan(&theirs(&front_server()), &front(), Strangers::Refuse).expect_err("it would take theirs");
    assert_eq!(refused.iter().map(|reason| reason.code.id()).collect::<Vec<_>>(), ["KI402"]);
}

#[test]
fn front_and_node_do_not_touch_each_others_nodes() {
    let (server, node) = (front_server(), deployment(&spec()));
    let both =
        plan(&planned(&server).text, &node, Strangers::Refuse).expect("another deployment's nodes stay").text;
    assert!(both.contains("_dispatch.dll") && both.contains("<webFarm "));
    let removed = removal(&both, &front()).expect("nothing stands against it").text;
    assert!(removed.contains("_dispatch.dll") && !removed.contains("<webFarm "));
}

#[test]
fn nodes_differ_in_their_ini_keys_alone() {
    let tree = compile(&spec());
    let of_node = |name: &str| file(&tree, &format!("nodes/{name}/kallithea/node.ini")).to_owned();
    assert_eq!(of_node("node1").replace("node1", "node2"), of_node("node2"));
    assert!(of_node("node1").contains("\ninstance_id = intranet-farm-node1\n"));
    assert_eq!(tree.iter().filter(|(path, _)| path.starts_with("nodes/")).count(), 2);
}

#[test]
fn kallithea_shares_its_sessions_and_no_secret_is_written() {
    let tree = compile(&spec());
    let ini = file(&tree, "kallithea/auth.ini");
    for line in
        ["session.type = ext:database", "remote_addr_variable = HTTP_X_FORWARDED_FOR", "force_https = true"]
    {
        assert!(ini.lines().any(|known| known == line), "{line} is not in:\n{ini}");
    }
    let set = |key: &str| ini.lines().any(|line| line.starts_with(key));
    // The administrator writes the passwords and secrets.
    for key in [
        "sqlalchemy.url",
        "session.url",
        "session.sa.url",
        "session.secret",
        "app_instance_uuid",
        "url_scheme_variable",
    ] {
        assert!(!set(key), "{key} is set in:\n{ini}");
    }
    assert!(
        ini.contains("# session.url = postgresql://kallithea:<password>@db.corp.example.com:5432/kallithea")
    );
}

#[test]
fn the_health_test_alone_is_open_to_everyone() {
    let tree = compile(&spec());
    let location = file(&tree, "applicationHost/location.config");
    let (application, health) =
        location.split_once("<location path=\"Kallithea/images/kallithea-logo.svg\">").expect("two");
    assert!(application.contains("<anonymousAuthentication enabled=\"false\"/>"));
    assert!(health.contains("<anonymousAuthentication enabled=\"true\" userName=\"\"/>"));
    assert!(health.contains("<windowsAuthentication enabled=\"false\"/>"));
    let internal = changed(
        "  mode: windows\n  windowsAuthentication:\n    providers: [\"Negotiate:Kerberos\"]\n    useKernelMode: false\n",
        "  mode: internal\n",
    );
    let tree = compile(&internal);
    assert_eq!(
        file(&tree, "applicationHost/location.config").matches("<location ").count(),
        1,
        "nothing to open"
    );
}

#[test]
fn an_unlocked_section_takes_the_health_test_with_it() {
    let path = "system.webServer/security/authentication/anonymousAuthentication";
    let tree = compile(&format!("{}target:\n  unlockedSections: [{path}]\n", spec()));
    let web = file(&tree, "web.config");
    let (_, health) = web.split_once("<location path=\"images/kallithea-logo.svg\">").expect("a location");
    assert!(health.contains("<anonymousAuthentication enabled=\"true\""));
    let location = file(&tree, "applicationHost/location.config");
    let (_, health) =
        location.split_once("<location path=\"Kallithea/images/kallithea-logo.svg\">").expect("the rest");
    assert!(health.contains("<windowsAuthentication") && !health.contains("<anonymousAuthentication"));
}

#[test]
fn below_a_path_the_rule_takes_that_path_only() {
    let spec = format!("{}virtualDirectory:\n  path: /hg.git\n", spec());
    let tree = compile(&spec);
    assert!(
        file(&tree, "arr/applicationHost/globalRules.config").contains(r#"<match url="^hg\.git(/.*)?$"/>"#)
    );
    let farm = file(&tree, "arr/applicationHost/webFarms.config");
    assert!(
        farm.contains("url=\"http://kallithea.corp.example.com/hg.git/images/kallithea-logo.svg\""),
        "{farm}"
    );
    // Kallithea adds the path to its links on its own.
    assert!(
        file(&tree, "kallithea/auth.ini").contains("\ncanonical_url = https://kallithea.corp.example.com\n")
    );
}

#[test]
fn tls_ends_at_the_front_unless_the_nodes_speak_it_too() {
    let tree = compile(&spec());
    assert!(file(&tree, "applicationHost/location.config").contains("<access sslFlags=\"None\"/>"));
    assert!(file(&tree, "arr/applicationHost/globalRules.config").contains("pattern=\"^on$\""));
    let binding = "    - protocol: http\n";
    let secure = changed(
        binding,
        "    - protocol: https\n      certificate: { thumbprint: 5D1AC1C4E3A7F0B69E2D8C7A4B3F5E6071829304 }\n",
    );
    let tree = compile(&secure.replacen("farm:\n", "farm:\n  nodeProtocol: https\n", 1));
    assert!(file(&tree, "applicationHost/location.config").contains("<access sslFlags=\"Ssl\"/>"));
    let farm = file(&tree, "arr/applicationHost/webFarms.config");
    assert!(farm.contains("httpsPort=\"443\"") && farm.contains("url=\"https://kallithea.corp.example.com/"));
    assert!(
        file(&tree, "arr/applicationHost/globalRules.config")
            .contains("url=\"https://intranet-farm{UNENCODED_URL}\"")
    );
}

#[test]
fn the_farms_settings_reach_their_sections() {
    let spec = spec().replacen(
        "farm:\n  front:",
        "farm:\n  name: hg\n  nodePort: 80\n  timeout: \"02:00:00\"\n  affinity: { enabled: true, cookieName: hgnode }\n  \
         healthCheck: { path: /_admin/login, interval: \"00:00:10\", timeout: \"00:00:05\", expect: Kallithea }\n  front:",
        1,
    );
    let tree = compile(&spec);
    let farm = file(&tree, "arr/applicationHost/webFarms.config");
    for part in [
        "<webFarm name=\"hg\"",
        "timeout=\"02:00:00\"",
        "<affinity useCookie=\"true\" cookieName=\"hgnode\"/>",
        "/_admin/login\" interval=\"00:00:10\" timeout=\"00:00:05\" statusCodeMatch=\"200\" responseMatch=\"Kallithea\"",
    ] {
        assert!(farm.contains(part), "{part} is not in:\n{farm}");
    }
}

#[test]
fn a_new_rule_does_not_come_between_anothers_comment_and_its_rule() {
    let other = spec().replace("intranet-farm", "other-farm").replace("kallithea.corp", "other.corp");
    let other = deployment(&other).front().expect("a front");
    // Meanwhile somebody has put the file on one line.
    let squeezed: String = planned(&front_server()).text.lines().map(str::trim).collect();
    assert!(!planned(&squeezed).changes());
    let both =
        plan(&squeezed, &other, Strangers::Refuse).unwrap_or_else(|reasons| panic!("{reasons:#?}")).text;
    assert!(!planned(&both).changes(), "{:?}", planned(&both).warnings);
}
