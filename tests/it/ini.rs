//! Kallithea's ini file: it gets what a deployment needs, and nothing else changes.
//!
//! `BLESS=1` rewrites `ini/template-after.ini`. `ini/template.ini` has the lines of a file from `kallithea-cli config-create`
//! that matter here; `ini_linux` tests a whole file.

mod any;
mod command;
mod dialect;
mod files;

use std::path::Path;
use std::sync::LazyLock;

use kallithea_iisc::diagnostic::Diagnostic;
use kallithea_iisc::ini::{Action, Key, Plan};
use kallithea_iisc::kallithea::ini_keys;
use kallithea_iisc::kallithea::ini_plan as plan;

use crate::support;

/// A file as Kallithea makes it, shortened.
const TEMPLATE: &str = include_str!("ini/template.ini");

/// A site of its own at `/`, with TLS and Windows authentication.
const SPEC: &str = include_str!("../../examples/intranet-sso/deploy.yaml");

/// What a test generates in place of a missing secret.
const MADE: &str = "made-on-this-machine";

fn keys_of(spec: &str) -> Vec<Key> {
    ini_keys(&support::deployment(spec))
}

/// The keys of [`SPEC`].
fn keys() -> &'static [Key] {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| keys_of(SPEC));
    &KEYS
}

fn planned(text: &str) -> Plan {
    plan(text, keys()).unwrap_or_else(|faults| panic!("{faults:#?}\n{text}"))
}

fn brought(text: &str) -> String {
    planned(text).apply(text, || Ok(MADE.to_owned())).expect("no secret is lacking")
}

/// The codes of the faults of a file, and the text that each points at.
fn faults(text: &str) -> Vec<(&'static str, &str)> {
    let found = plan(text, keys()).err().unwrap_or_default();
    found.iter().map(|fault: &Diagnostic| (fault.code.id(), &text[fault.span.clone()])).collect()
}

#[test]
fn a_file_of_kallithea_gets_its_keys_and_keeps_the_rest() {
    let after = brought(TEMPLATE);
    assert!(support::matches(Path::new("tests/it/ini/template-after.ini"), &after), "{after}");
    assert!(planned(&after).steps.is_empty(), "a second run has nothing to do");
}

#[test]
fn line_ends_are_the_files_own() {
    for line_end in ["\r\n", "\r"] {
        let text = TEMPLATE.replace('\n', line_end);
        assert_eq!(brought(&text), brought(TEMPLATE).replace('\n', line_end));
    }
    let unended = TEMPLATE.trim_end();
    assert!(brought(unended).starts_with("## Kallithea"));
    assert!(planned(&brought(unended)).steps.is_empty());
}

#[test]
fn what_is_done_is_said_key_by_key() {
    let said: Vec<_> = planned(TEMPLATE).steps.into_iter().map(|(key, action)| (key.name, action)).collect();
    let expected = [
        ("remote_addr_variable", Action::Add),
        ("url_scheme_variable", Action::CommentOut),
        ("use_htsts", Action::Add),
        ("git_hook_interpreter", Action::Change),
        ("canonical_url", Action::Add),
        ("session.secure", Action::Add),
        ("session.secret", Action::Generate),
        ("debug", Action::Add),
    ];
    assert_eq!(said, expected);
}

#[test]
fn deployments_differ_in_what_they_need() {
    let names = |spec: &str| keys_of(spec).into_iter().map(|key| key.name).collect::<Vec<_>>();
    let below = names(include_str!("../../examples/subfolder-x86/deploy.yaml"));
    assert!(below.contains(&"session.key"), "beside another application on the host: {below:?}");
    assert!(!names(SPEC).contains(&"session.key"));
    assert!(!names(SPEC).contains(&"auth_ret_code"), "IIS asks for the password");
    let minimal = include_str!("../../examples/minimal/deploy.yaml");
    let own = format!("{minimal}\nauthentication:\n  mode: internal\n");
    assert!(names(&own).contains(&"auth_ret_code"), "Kallithea asks for it: {:?}", names(&own));
    let address = |spec: &str| {
        let key = keys_of(spec).into_iter().find(|key| key.name == "remote_addr_variable");
        key.and_then(|key| key.wanted.written())
    };
    assert_eq!(address(minimal).as_deref(), Some("REMOTE_ADDR"));
    let proxied =
        format!("{minimal}\nauthentication:\n  mode: internal\nbridge:\n  trustedProxies: [192.0.2.10]\n");
    assert_eq!(address(&proxied).as_deref(), Some("HTTP_X_FORWARDED_FOR"));
}

#[test]
fn nothing_of_https_is_left_where_nobody_listens_to_it() {
    let minimal = include_str!("../../examples/minimal/deploy.yaml");
    let text = "[app:main]\nforce_https = true\nsession.secure = yes\n";
    let after = |spec: &str| {
        let plan = plan(text, &keys_of(spec)).expect("a sound file");
        plan.apply(text, || Ok(MADE.to_owned())).expect("no secret is lacking")
    };
    let plain = after(minimal);
    assert!(plain.contains("force_https = false\nsession.secure = false\n"), "{plain}");
    for other in [
        SPEC.to_owned(),
        format!("{minimal}\nauthentication:\n  mode: internal\nbridge:\n  trustedProxies: [192.0.2.10]\n"),
        include_str!("../../examples/subfolder-x86/deploy.yaml").to_owned(),
    ] {
        let after = after(&other);
        assert!(after.contains("force_https = true\nsession.secure = yes\n"), "{after}");
    }
}
