//! The table of `docs/hardening.md` has the guards that the bridge installs, each with its own description.

use std::fs;
use std::path::Path;

/// The lines of the table that come from the modules of the tree. Each guard has its function, its module here, the code
/// that it wraps, and what an attacker could do without it.
fn lines_of_the_tree() -> Vec<String> {
    let tree = fs::read_to_string("crates/bridge/engine/src/kallithea/hardening.py").expect("the tree");
    let order = tree.split_once("TREE = (").and_then(|(_, rest)| rest.split_once(')')).expect("its order").0;
    order.split(", ").flat_map(lines_of).collect()
}

fn lines_of(module: &str) -> Vec<String> {
    let path = Path::new("crates/bridge/engine/src/kallithea/hardening").join(format!("{module}.py"));
    let code = fs::read_to_string(path).expect("a module of the tree");
    let guards =
        code.split("\n    Guard(\n").skip(1).map(|rest| rest.split("\n    ),").next().unwrap_or(rest));
    let line = |guard: &str| {
        let parts: Vec<&str> = guard.lines().map(|line| line.trim().trim_end_matches(',')).collect();
        let [place, function, _, made_for, against] = parts[..] else { panic!("{module}: {guard}") };
        let text = |part: &str| part.trim_start_matches('r').trim_matches('"').to_owned();
        let (place, function) = (text(place), text(function));
        format!("| `{place}.{function}` | `{module}.py` | {} | {} |", text(made_for), text(against))
    };
    guards.map(line).collect()
}

#[test]
fn the_page_has_every_guard() {
    let page = fs::read_to_string("docs/hardening.md").expect("the page").replace("\r\n", "\n");
    let (before, rest) = page.split_once("|---|---|---|---|\n").expect("its table");
    let listed: Vec<&str> = rest.lines().take_while(|line| line.starts_with('|')).collect();
    let guards = lines_of_the_tree();
    assert!(guards.len() > 10, "{guards:#?}");
    if std::env::var_os("BLESS").is_some() {
        let after: Vec<&str> = rest.lines().skip(listed.len()).collect();
        let page = format!("{before}|---|---|---|---|\n{}\n{}\n", guards.join("\n"), after.join("\n"));
        fs::write("docs/hardening.md", page.trim_end().to_owned() + "\n").expect("the page can be written");
        return;
    }
    assert_eq!(listed, guards, "write the table anew: BLESS=1 cargo test docs::");
}
