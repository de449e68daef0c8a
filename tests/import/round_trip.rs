//! A deployment that was applied comes back as the spec that it was made from.

use kallithea_iisc::emit::emit;
use kallithea_iisc::lower::lower;
use kallithea_iisc::merge::{Action, Strangers, plan};
use kallithea_iisc::model::Deployment;
use serde_json::Value;

use crate::{SERVER, assert_announced, imported, support, value};
use kallithea_iisc::check::check_bytes;
use kallithea_iisc::import::BLANK;

fn deployment(spec: &str) -> Deployment {
    let (source, checked) = check_bytes("deploy.yaml", spec.as_bytes().to_vec());
    let spec = checked.spec.unwrap_or_else(|| panic!("{:#?}\n{spec}", checked.diagnostics));
    lower(&spec, &source)
}

/// What no file of IIS knows, as the author of the example would fill it in, in the order of the blanks.
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

#[test]
fn every_example_comes_back() {
    for (example, site, application) in [
        ("minimal", "Kallithea", "/"),
        ("intranet-sso", "Kallithea", "/"),
        ("subfolder-x86", "Default Web Site", "/kallithea"),
    ] {
        let original =
            std::fs::read_to_string(support::example(example)).expect("the spec").replace("\r\n", "\n");
        let compiled = deployment(&original);
        let host = plan(SERVER, &compiled, Strangers::Refuse).expect("no conflict").text;
        let web = emit(&compiled).get("web.config").expect("a web.config").to_owned();
        let found = imported(&host, Some(&web), site, application);
        assert_announced(&found, example);
        assert_eq!(found.left, 0, "{}", found.yaml);
        assert_eq!(value(&found.yaml, "/name"), example);
        let keys: Vec<&str> = match example {
            "intranet-sso" => UNKNOWN.into_iter().chain([CERTIFICATE]).collect(),
            _ => UNKNOWN.to_vec(),
        };
        let again = deployment(&filled(&found.yaml, &original, &keys));
        let planned = plan(&host, &again, Strangers::Refuse).unwrap_or_else(|reasons| panic!("{reasons:#?}"));
        let changes: Vec<_> = planned.steps.iter().filter(|step| step.action != Action::Nothing).collect();
        assert!(changes.is_empty(), "{example}: {changes:#?}");
        assert_eq!(emit(&again).get("web.config").map(body), Some(body(&web)), "{example}");
        for key in [
            "/site",
            "/virtualDirectory",
            "/applicationPool",
            "/authentication/basicAuthentication",
            "/requestLimits",
        ] {
            let (before, after) = (value(&original, key), value(&found.yaml, key));
            if key != "/site" || example != "intranet-sso" {
                let before =
                    if example == "minimal" && key == "/applicationPool" { Value::Null } else { before };
                assert_eq!(before, after, "{example} {key}");
            }
        }
    }
}

/// A compiled file without the comment that says what it was made from.
fn body(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("<!--") && !line.contains("sha256")).collect()
}

#[test]
fn drift_on_the_server_comes_over_as_it_is() {
    let compiled = deployment(&std::fs::read_to_string(support::example("minimal")).expect("the spec"));
    let host = plan(SERVER, &compiled, Strangers::Refuse).expect("no conflict").text;
    let host = crate::with(
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
    assert_eq!(value(&found.yaml, "/requestLimits"), Value::Null);
}
