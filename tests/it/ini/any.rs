//! Properties: whatever is in an ini file, only lines of the deployment's keys change.

use proptest::prelude::*;

use super::{MADE, keys, planned};

/// One item of a section: its lines, and whether they belong to others.
#[derive(Debug, Clone)]
struct Item {
    lines: Vec<String>,
    foreign: bool,
}

/// Comments, empty lines and keys with values of one or more lines. None of them belongs to the deployment.
fn foreign() -> impl Strategy<Value = Item> {
    let key = (
        "[a-z]{1,6}",
        "[=:]|\t= ",
        "[ -~äß]{0,12}",
        prop::collection::vec("[ \t]{1,4}[a-z=:\\[#]{1,8}", 0..3),
    );
    let key = key.prop_map(|(name, delimiter, value, more)| {
        let value = value.replace('%', "%%");
        let first = format!("other.{name}{delimiter}{value}");
        std::iter::once(first).chain(more).collect::<Vec<_>>()
    });
    let lines = prop_oneof![
        key,
        "[#;][ -~]{0,12}".prop_map(|line| vec![line]),
        "[ \t]{0,3}".prop_map(|line| vec![line]),
    ];
    lines.prop_map(|lines| Item { lines, foreign: true })
}

/// A key of the deployment, with the wanted value or another one.
fn ours() -> impl Strategy<Value = Item> {
    let names: Vec<&str> = keys().iter().map(|key| key.name).collect();
    let value = prop_oneof![Just("true"), Just("False"), Just(""), Just("VERY-SECRET"), Just("a%%b")];
    let more = prop::collection::vec(" {1,3}[a-z]{1,5}", 0..2);
    (prop::sample::select(names), "=| = |: ", value, more).prop_map(|(name, delimiter, value, more)| {
        let first = format!("{name}{delimiter}{value}");
        Item { lines: std::iter::once(first).chain(more).collect(), foreign: false }
    })
}

/// The content of a file: the application's items, perhaps the items of a section after it, the line end, and whether the last
/// line has one.
fn file() -> impl Strategy<Value = (Vec<Item>, Option<Vec<Item>>, &'static str, bool)> {
    let application = prop::collection::vec(prop_oneof![3 => foreign(), 1 => ours()], 0..16);
    let line_end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    (application, prop::option::of(prop::collection::vec(foreign(), 0..4)), line_end, any::<bool>())
}

/// Keeps each key in its section once: configparser accepts no other file.
fn once(items: Vec<Item>, number: &mut usize) -> Vec<Item> {
    let mut seen = Vec::new();
    let mut kept = Vec::new();
    for mut item in items {
        if item.foreign {
            *number += 1;
            item.lines[0] = item.lines[0].replacen("other.", &format!("other{number}."), 1);
            kept.push(item);
            continue;
        }
        let name = item.lines[0].split(['=', ':', ' ']).next().unwrap_or_default().to_owned();
        if !seen.contains(&name) {
            seen.push(name);
            kept.push(item);
        }
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_our_lines_change((application, behind, line_end, ended) in file()) {
        let mut number = 0;
        let application = once(application, &mut number);
        let lines_of = |items: &[Item]| items.iter().flat_map(|item| item.lines.clone()).collect::<Vec<_>>();
        let header = |name: &str| vec![name.to_owned()];
        let behind = behind.map(|items| [header("[next]"), lines_of(&once(items, &mut number))].concat());
        let behind = behind.unwrap_or_default();
        let all = [header("# a file"), header("[app:main]"), lines_of(&application), behind.clone()].concat();
        let text = all.join(line_end) + if ended { line_end } else { "" };
        let plan = planned(&text);
        let after = plan.apply(&text, || Ok(MADE.to_owned())).expect("no secret is lacking");
        prop_assert!(planned(&after).steps.is_empty(), "a second run changes more:\n{after}");

        let mut rest = after.split(line_end);
        // A comment or an empty line among the lines of one of our values belongs to others, too.
        let foreign = application.iter().filter(|item| item.foreign).cloned().collect::<Vec<_>>();
        for line in [header("[app:main]"), lines_of(&foreign), behind].concat() {
            prop_assert!(rest.any(|found| found == line), "{line:?} is gone or moved:\n{after}");
        }
        for line in plan.diff("my.ini").lines().skip(2).filter(|line| !line.starts_with('@')) {
            prop_assert!(!line.contains("other"), "{line:?} is somebody else's");
            prop_assert!(!line.contains(MADE), "a secret is shown");
        }
    }

    #[test]
    fn no_text_is_too_odd(text in "[\\[\\]a=:%#; \t\r\n\u{feff}\u{85}é]{0,60}") {
        let text = format!("[app:main]\n{text}");
        if let Ok(plan) = kallithea_iisc::kallithea::ini_plan(&text, keys()) {
            let after = plan.apply(&text, || Ok(MADE.to_owned())).expect("no secret is lacking");
            prop_assert!(planned(&after).steps.is_empty(), "a second run changes more:\n{after}");
        }
    }
}
