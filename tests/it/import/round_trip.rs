//! A deployment that was applied is imported as the spec that it was made from.

use iis_config::markup::{Document, Element, parse};
use iis_config::{TimeSpan, Version, schema};
use kallithea_iisc::emit::emit;
use kallithea_iisc::import::{BLANK, Wanted, import};
use kallithea_iisc::merge::{Action, Strangers, plan};

use super::{SERVER, assert_announced, imported, value};
use crate::support;
use crate::support::{deployment, spec_of};

/// What no IIS file knows, filled in as the author of the example would, in the order of the blanks.
fn filled(yaml: &str, original: &str, keys: &[&str]) -> String {
    let mut text = String::new();
    let mut values = keys.iter().map(|key| value(original, key).as_str().expect("a text").to_owned());
    for line in yaml.lines() {
        let blank = line.strip_suffix(BLANK).filter(|line| !line.trim_start().starts_with('#'));
        match blank {
            Some(key) => text
                .push_str(&format!("{key}'{}'\n", values.next().expect("one blank more than was expected"))),
            None => text.push_str(&format!("{line}\n")),
        }
    }
    assert_eq!(values.next(), None, "{yaml}");
    text
}

const UNKNOWN: [&str; 3] = ["/kallithea/repositories", "/python/home", "/python/version"];
const CERTIFICATE: &str = "/site/bindings/0/certificate/thumbprint";

/// Applies a spec, imports it from the server, fills the blanks in, and compares the plan of the result with the server.
fn comes_back(server: &str, original: &str, (site, application): (&str, &str), blanks: &[&str]) -> String {
    let compiled = deployment(original);
    let host =
        plan(server, &compiled, Strangers::Refuse).unwrap_or_else(|reasons| panic!("{reasons:#?}")).text;
    let web = emit(&compiled).get("web.config").expect("a web.config").to_owned();
    let found = imported(&host, Some(&web), site, application);
    assert_announced(&found, original);
    assert_eq!(found.left, 0, "{}", found.yaml);
    let again = deployment(&filled(&found.yaml, original, blanks));
    let planned = plan(&host, &again, Strangers::Refuse).unwrap_or_else(|reasons| panic!("{reasons:#?}"));
    let changes: Vec<_> = planned.steps.iter().filter(|step| step.action != Action::Nothing).collect();
    assert!(changes.is_empty(), "{changes:#?}\n{}", found.yaml);
    assert_eq!(emit(&again).get("web.config").map(body), Some(body(&web)), "{}", found.yaml);
    found.yaml
}

#[test]
fn every_example_comes_back() {
    // No file of a node says what makes a farm of the nodes.
    for name in support::examples().into_iter().filter(|name| name != "farm") {
        let (place, blanks) = match name.as_str() {
            "subfolder-x86" => (("Default Web Site", "/kallithea"), UNKNOWN.to_vec()),
            "intranet-sso" | "ldap" => {
                (("Kallithea", "/"), UNKNOWN.into_iter().chain([CERTIFICATE]).collect())
            }
            _ => (("Kallithea", "/"), UNKNOWN.to_vec()),
        };
        let original = spec_of(&name);
        let yaml = comes_back(SERVER, &original, place, &blanks);
        for key in ["/name", "/virtualDirectory", "/requestLimits", "/authentication/basicAuthentication"] {
            assert_eq!(value(&original, key), value(&yaml, key), "{name} {key}");
        }
    }
}

#[test]
fn a_node_of_a_farm_comes_back_as_a_server_by_itself() {
    let compiled = deployment(&spec_of("farm"));
    let host = plan(SERVER, &compiled, Strangers::Refuse).expect("no conflict").text;
    let web = emit(&compiled).get("web.config").expect("a web.config").to_owned();
    let found = imported(&host, Some(&web), "Kallithea", "/");
    assert_eq!(found.left, 1, "{}", found.yaml);
    let (_, end) = found.yaml.split_once("What was not imported.").expect("the end");
    assert!(end.contains("kallithea-logo.svg"), "{end}");
}

#[test]
fn every_way_to_deploy_comes_back() {
    let minimal = spec_of("minimal");
    let more = |text: &str| format!("{minimal}\n{text}");
    let root = ("Kallithea", "/");
    let pool = "applicationPool:\n  name: Code\n  identity: { type: NetworkService }\n  idleTimeout: \
        '00:10:00'\n  \
                maxProcesses: 2\n  queueLength: 50\n  shutdownTimeLimit: '00:03:00'\n  recycling: { time: \
        '2.00:00:00', \
                requests: 9, privateMemory: 1000000, schedule: ['01:00:00', '13:00:00'] }\n  \
                environmentVariables: { HGENCODING: utf-8 }\ntarget: { architecture: x86 }";
    let yaml = comes_back(SERVER, &more(pool), root, &UNKNOWN);
    assert_eq!(value(&yaml, "/applicationPool"), value(&more(pool), "/applicationPool"));
    comes_back(SERVER, &more("authentication: { mode: internal }"), root, &UNKNOWN);
    let below = more(
        "virtualDirectory: { path: /code, physicalPath: 'D:\\code site' }\nbridge: { directory: 'D:\\bridge' }",
    );
    let below =
        below.replace("  name: Kallithea\n", "  name: Kallithea\n  id: 77\n  physicalPath: 'D:\\root'\n");
    let blanks: Vec<&str> = ["/kallithea/distribution"].into_iter().chain(UNKNOWN).collect();
    comes_back(SERVER, &below, ("Kallithea", "/code"), &blanks);
    let open = SERVER.replace(
        "name=\"handlers\" overrideModeDefault=\"Deny\"",
        "name=\"handlers\" overrideModeDefault=\"Allow\"",
    );
    let unlocked = more("target: { unlockedSections: [system.webServer/handlers] }");
    comes_back(&open, &unlocked, root, &UNKNOWN);
}

/// A compiled file without the comment that names its source.
fn body(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("<!--") && !line.contains("sha256")).collect()
}

#[test]
fn drift_on_the_server_comes_over_as_it_is() {
    let compiled = deployment(&spec_of("minimal"));
    let host = plan(SERVER, &compiled, Strangers::Refuse).expect("no conflict").text;
    let host = super::with(
        &host,
        "idleTimeout=\"00:00:00\" maxProcesses=\"1\"",
        "idleTimeout=\"00:20:00\" maxProcesses=\"2\" loadUserProfile=\"true\"",
    );
    let found = imported(&host, None, "kallithea", "/");
    assert_eq!(value(&found.yaml, "/applicationPool/idleTimeout"), "00:20:00");
    assert_eq!(value(&found.yaml, "/applicationPool/maxProcesses"), 2);
    let line = host.lines().position(|line| line.contains("loadUserProfile")).expect("the line") + 1;
    assert!(
        found.yaml.contains(&format!("line {line}: pool/processModel@loadUserProfile=\"true\"")),
        "{}",
        found.yaml
    );
    assert!(found.yaml.contains("--web-config"), "{}", found.yaml);
    assert_eq!(value(&found.yaml, "/requestLimits"), serde_json::Value::Null);
}

/// What a user may have changed a value to.
fn otherwise(value: &str) -> String {
    match value {
        "true" => "false".to_owned(),
        "false" => "true".to_owned(),
        _ if value.parse::<TimeSpan>().is_ok() => "00:07:00".to_owned(),
        _ => match value.parse::<u64>() {
            Ok(number) => (number + 1).to_string(),
            Err(_) => format!("{value}x"),
        },
    }
}

/// The path of an element in IIS's schema.
fn path(document: &Document<'_>, element: &Element<'_>) -> String {
    let around = element.parent.map(|parent| path(document, &document.elements[parent]));
    match (element.name, around.unwrap_or_default()) {
        ("configuration" | "location", _) => String::new(),
        (name, around) if around.is_empty() => name.to_owned(),
        (name, around) => format!("{around}/{name}"),
    }
}

/// The text of a file after a user changed one attribute in one of these pieces of it, and what was changed. There is one text
/// for each attribute. Changes to the value that IIS has without the attribute are left out.
fn changed(text: &str, is_ours: impl Fn(&Element<'_>) -> bool) -> Vec<(String, String)> {
    let document = parse(text).expect("XML");
    let ours: Vec<_> = document.elements.iter().filter(|element| is_ours(element)).collect();
    let within = |element: &&Element<'_>| {
        ours.iter().any(|own| own.offset <= element.offset && element.end <= own.end)
    };
    let mut texts = Vec::new();
    for element in document.elements.iter().filter(within) {
        for attribute in &element.attributes {
            let (place, value) = (path(&document, element), otherwise(&attribute.value));
            let named = format!("{place}@{}", attribute.name);
            let usual = schema::attribute(&named).and_then(|known| known.default(Version::V10_0));
            if usual != Some(value.as_str()) {
                let mut other = text.to_owned();
                other.replace_range(attribute.written.clone(), &value);
                texts.push((other, format!("{named}={value:?}")));
            }
        }
    }
    texts
}

/// No list says which attributes `import` knows: an attribute that is new in `emit` is imported as well, or reported.
#[test]
fn whatever_is_changed_of_a_deployment_is_taken_over_or_told() {
    let compiled = deployment(&spec_of("intranet-sso"));
    let host = plan(SERVER, &compiled, Strangers::Refuse).expect("no conflict").text;
    let web = emit(&compiled).get("web.config").expect("a web.config").to_owned();
    let wanted = Wanted { site: "Kallithea", application: "/", above: &[], name: None };
    let before = import(&host, Some(&web), wanted).expect("an import").yaml;
    let pool = compiled.pool.name.to_string();
    let is_ours = |element: &Element<'_>| match element.name {
        "site" => element.says("name", "Kallithea"),
        "location" => element.says("path", "Kallithea"),
        "add" => element.says("name", &pool) && element.value("queueLength").is_some(),
        _ => false,
    };
    let hosts = changed(&host, is_ours).into_iter().map(|(host, what)| (host, web.clone(), what));
    let webs = changed(&web, |element| element.name == "configuration");
    let all: Vec<_> = hosts.chain(webs.into_iter().map(|(web, what)| (host.clone(), web, what))).collect();
    assert!(all.len() > 60, "{}", all.len());
    let silent = all.iter().filter(|(host, web, _)| {
        // If the site has another name, nothing is imported.
        import(host, Some(web), wanted).is_ok_and(|found| found.yaml == before)
    });
    let silent: Vec<_> = silent.map(|(_, _, what)| what).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}
