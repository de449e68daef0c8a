//! Specs that nobody would write on purpose: each is refused with a place, or compiles to what IIS accepts.

use std::fs;

use kallithea_iisc::check::check_bytes;
use kallithea_iisc::emit::{emit, refused_by_iis};
use kallithea_iisc::lower::lower;
use kallithea_iisc::schema::schema;
use serde_json::Value;

use crate::support;

/// Values that have broken programs before.
const VALUES: &[&str] = &[
    "",
    "~",
    "true",
    "-1",
    "0",
    "4294967296",
    "1e400",
    ".nan",
    "\"\"",
    "\" \"",
    "\"a\\nb\"",
    "\"\\0\"",
    "'<&\">'",
    "'{{ 7 * 7 }}'",
    "'%SystemDrive%'",
    "C:\\",
    "\\\\server\\share",
    "'../..'",
    "[[]]",
    "{a: {b: c}}",
    "*nothing",
    "!!int x",
    "'\u{202e}\u{feff}'",
    "'𝒦'",
];

/// Numbers that a schema accepts as integers or as small enough, and a type may not.
const NUMBERS: &[&str] = &[
    "8.0",
    "-0.0",
    "3e10",
    "1e300",
    "-1e300",
    "0.5",
    "4294967295",
    "4294967296",
    "9007199254740992",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
];

/// Compiles a text if possible. It must not panic, and IIS must accept the result.
fn survive(text: &str) -> bool {
    let (source, checked) = check_bytes("deploy.yaml", text.as_bytes().to_vec());
    for diagnostic in &checked.diagnostics {
        assert!(diagnostic.span.start <= source.text.len(), "{diagnostic:?} stands nowhere in:\n{text}");
    }
    let Some(spec) = checked.spec else {
        assert!(!checked.diagnostics.is_empty(), "refused without a word:\n{text}");
        return false;
    };
    let deployment = lower(&spec, &source);
    let tree = emit(&deployment);
    assert_eq!(refused_by_iis(&deployment, &tree), Vec::<String>::new(), "from:\n{text}");
    true
}

fn texts() -> impl Iterator<Item = String> {
    support::examples()
        .into_iter()
        .map(|name| fs::read_to_string(support::example(&name)).expect("an example"))
}

#[test]
fn any_value_in_any_place() {
    let mut compiled = 0;
    for text in texts() {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'))
        {
            let Some((key, _)) = line.split_once(": ") else { continue };
            for value in VALUES {
                let mut changed = lines.clone();
                let line = format!("{key}: {value}");
                changed[number] = &line;
                compiled += usize::from(survive(&changed.join("\n")));
            }
        }
    }
    assert!(compiled > 0, "some of these are sound");
}

/// Every key of the spec, including keys of lists and keys that no example has.
#[test]
fn any_value_of_any_key() {
    fn walk(schema: &Value, within: &dyn Fn(&str) -> String, seen: &mut usize) {
        for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let place = |value: &str| within(&format!("{{ {key}: {value} }}"));
            VALUES
                .iter()
                .chain(NUMBERS)
                .for_each(|value| assert!(!survive(&place(value)), "nothing else stands there"));
            *seen += 1;
            walk(property, &place, seen);
        }
        if let Some(items) = schema.get("items") {
            let place = |value: &str| within(&format!("[{value}]"));
            VALUES
                .iter()
                .chain(NUMBERS)
                .for_each(|value| assert!(!survive(&place(value)), "nothing else stands there"));
            walk(items, &place, seen);
        }
    }
    let mut seen = 0;
    walk(&schema(), &str::to_owned, &mut seen);
    assert!(seen > 80, "only {seen} keys were looked at");
}

#[test]
fn any_key_in_any_place() {
    let keys = ["a/b", "~1", "~0", "\"\"", "'%'", "0", "<<", "? x", "name", "\"a\\tb\"", "password"];
    for text in texts() {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'))
        {
            let Some((key, value)) = line.split_once(':') else { continue };
            let indent = &key[..key.len() - key.trim_start().len()];
            for (key, value) in keys.iter().flat_map(|key| [value, " 1", " [x]"].map(|value| (key, value))) {
                let mut changed = lines.clone();
                let line = format!("{indent}{key}:{value}");
                changed[number] = &line;
                survive(&changed.join("\n"));
            }
        }
    }
}

#[test]
fn any_line_missing_or_doubled_or_last() {
    for text in texts() {
        let lines: Vec<&str> = text.lines().collect();
        for number in 0..lines.len() {
            let mut changed = lines.clone();
            changed.remove(number);
            survive(&changed.join("\n"));
            changed = lines.clone();
            changed.insert(number, lines[number]);
            survive(&changed.join("\n"));
            survive(&lines[..number].join("\n"));
        }
    }
}

#[test]
fn any_line_indented_otherwise() {
    for text in texts() {
        let lines: Vec<&str> = text.lines().collect();
        for number in 0..lines.len() {
            for line in [
                format!("  {}", lines[number]),
                lines[number].trim_start().to_owned(),
                format!("\t{}", lines[number]),
            ] {
                let mut changed = lines.clone();
                changed[number] = &line;
                survive(&changed.join("\n"));
            }
        }
    }
}
