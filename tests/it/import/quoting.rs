//! Whatever a name or a path on the server contains, the spec gives it back unchanged.

use kallithea_iisc::characters::is_hidden;
use kallithea_iisc::import::{Wanted, import, quoted};
use proptest::prelude::*;

use super::{SERVER, imported, value, with};

/// A text as the value of an attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '"' | '\t' | '\n' | '\r' => {
                escaped.push_str(&format!("&#{};", u32::from(character)))
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Texts that have a meaning in YAML or in an editor.
const ODD: &[&str] = &[
    "",
    "~",
    "null",
    "Null",
    "TRUE",
    "no",
    "1.5",
    "0x1F",
    "1e3",
    ".inf",
    "- a",
    "a: b",
    "a #b",
    "#",
    "'",
    "\"",
    "''",
    "---",
    "...",
    "%TAG",
    "@a",
    "`a",
    "[a]",
    "{a}",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "a:",
    " a",
    "a ",
    "\\",
    "C:\\a b\\",
    "a\u{2028}b",
    "a\u{202e}b\u{200b}",
    "\u{ad}",
    "\u{feff}a",
    "a\u{85}b",
    "<<",
    "=",
    "FILL-IN",
    "a\nb",
    "\ta",
    "2026-01-01",
    "12:30:45",
    "\u{10000}",
    "\u{fffd}",
    "${a}",
];

/// Texts that XML can hold, including those that have a meaning in YAML.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(ODD.to_vec()).prop_map(ToOwned::to_owned),
        "[\\t\\n\\r -\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]{0,24}",
        "[ -~]{0,24}",
    ]
}

/// A character that makes a reader see something other than the text.
fn hidden(yaml: &str) -> Option<char> {
    yaml.chars().find(|found| *found != '\n' && is_hidden(*found))
}

proptest! {
    #[test]
    fn every_text_survives_the_way_through_yaml(text in texts()) {
        let yaml = format!("a: {}\nlist:\n  - {}\n", quoted(&text), quoted(&text));
        prop_assert_eq!(value(&yaml, "/a"), text.as_str());
        prop_assert_eq!(value(&yaml, "/list/0"), text.as_str());
        prop_assert_eq!(hidden(&yaml), None, "{:?}", yaml);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_broken_file_is_refused_or_read(at in 0..SERVER.len(), length in 0..60_usize, text in texts()) {
        let (start, end) = (SERVER.floor_char_boundary(at), SERVER.floor_char_boundary((at + length).min(SERVER.len())));
        let broken = format!("{}{}{}", &SERVER[..start], escaped(&text), &SERVER[end..]);
        for (site, application) in [("Wiki", "/"), ("Default Web Site", "/")] {
            if let Ok(found) = import(&broken, Some(&broken), Wanted { site, application, above: &[], name: None }) {
                prop_assert!(!value(&found.yaml, "/name").is_null());
            }
        }
    }

    #[test]
    fn names_and_folders_of_a_server_come_over_as_they_are(name in texts(), folder in texts(), host in texts()) {
        let server = with(SERVER, "<site name=\"Wiki\"", &format!("<site name=\"{}\"", escaped(&name)));
        let server = with(&server, "D:\\wiki", &escaped(&folder));
        let server = with(&server, "*:80:wiki.corp.example.com", &format!("*:80:{}", escaped(&host)));
        let yaml = imported(&server, None, &name, "/").yaml;
        prop_assert_eq!(value(&yaml, "/site/name"), name.as_str(), "{}", yaml);
        prop_assert_eq!(value(&yaml, "/virtualDirectory/physicalPath"), folder.as_str());
        if !host.contains(':') {
            let shown = value(&yaml, "/site/bindings/0/hostName");
            prop_assert_eq!(shown.as_str().unwrap_or_default(), host.as_str());
        }
    }
}
