//! The specs in the pages: `check` accepts each of them.

use kallithea_iisc::check::check_bytes;
use kallithea_iisc::diagnostic::render;
use kallithea_iisc::diagnostic::{Colors, has_errors};

use super::pages::pages;
use crate::support::completed_spec;

/// Where YAML in a page is not a spec: the first words of the block.
const NO_SPEC: [&str; 7] = [
    "# a workflow",
    "# a pipeline of GitLab",
    "# a pipeline of Azure",
    "# hooks",
    "# any CI",
    "$schema: https://aka.ms/dsc/",
    "- hosts:",
];

/// The sections of a block without `apiVersion` replace those of the shortest spec.
#[test]
fn every_spec_in_the_pages_is_sound() {
    let mut seen = 0;
    for page in pages() {
        for (_, block) in page.fences().into_iter().filter(|(language, _)| *language == "yaml") {
            if NO_SPEC.iter().any(|words| block.starts_with(words)) {
                continue;
            }
            let spec = match block.contains("apiVersion:") {
                true => block,
                false => completed_spec(&block),
            };
            let (source, checked) = check_bytes(&page.path.display().to_string(), spec.into_bytes());
            let said = render(&source, &checked.diagnostics, Colors::Plain);
            assert!(!has_errors(&checked.diagnostics), "{said}\n{}", source.text);
            seen += 1;
        }
    }
    assert!(seen > 1, "only {seen} specs were found");
}
