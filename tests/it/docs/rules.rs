//! The page of the rules of `lint`: every code has a row, and every row has what IIS does and a source.

use std::collections::BTreeSet;
use std::path::PathBuf;

use kallithea_iisc::diagnostic::Code;

use super::pages::Page;

#[test]
fn the_page_of_rules_has_every_code_of_lint_with_its_source() {
    let page = Page::read(PathBuf::from("docs/iis-lint.md"));
    let is_of_lint = |id: &&str| id.starts_with("KI5");
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.id()).filter(is_of_lint).collect();
    let rows = page.text.lines().filter(|line| line.starts_with("| KI"));
    let mut described = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [code, rule, answer, sources] = cells[..] else { panic!("four cells: {row}") };
        assert!(known.contains(code), "{row}");
        assert!(!rule.is_empty() && !answer.is_empty(), "{row}");
        for source in sources.split(", ") {
            assert!(page.text.contains(&format!("\n{source}: https://")), "{source} has no address: {row}");
        }
        described.insert(code);
    }
    assert_eq!(described, known, "docs/iis-lint.md must have a row for each code");
}
