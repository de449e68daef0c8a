//! Specs made from a server's files: what is imported, what is left to the author, and that no secret is copied.
//!
//! `merge/server.config` is the server. With the feature `schemas`, every site of the real files in the folder of
//! `KALLITHEA_IISC_IIS_SAMPLES` is imported, too.

mod command;
mod others;
mod quoting;
#[cfg(feature = "schemas")]
mod real;
mod round_trip;

use kallithea_iisc::check::check_bytes;
use kallithea_iisc::diagnostic::Diagnostic;
use kallithea_iisc::import::{BLANK, Imported, Refusal, Wanted, import};
use kallithea_iisc::node::parse;
use kallithea_iisc::source::Source;

/// The server that most tests start from.
const SERVER: &str = include_str!("merge/server.config");

fn imported(host: &str, web: Option<&str>, site: &str, application: &str) -> Imported {
    let imported = import(host, web, Wanted { site, application, above: &[], name: None });
    imported.unwrap_or_else(|refusal| panic!("{refusal:#?}"))
}

fn refused(host: &str, site: &str, application: &str) -> Vec<Diagnostic> {
    match import(host, None, Wanted { site, application, above: &[], name: None }) {
        Err(Refusal::Host(diagnostics)) => diagnostics,
        other => panic!("{other:#?}"),
    }
}

/// A text with one part of it replaced. That part must exist.
fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not in {text}");
    text.replacen(from, to, 1)
}

/// A spec's value at a JSON pointer.
fn value(yaml: &str, pointer: &str) -> serde_json::Value {
    let root = parse(&Source::new("deploy.yaml", yaml)).root.unwrap_or_else(|| panic!("{yaml}"));
    root.to_json().pointer(pointer).cloned().unwrap_or_default()
}

/// Whether everything that `check` reports for a spec is announced: the line is a blank with a comment before it, or a comment
/// before it says the same.
fn assert_announced(imported: &Imported, case: &str) {
    let yaml = &imported.yaml;
    let lines: Vec<&str> = yaml.lines().collect();
    let (source, checked) = check_bytes("deploy.yaml", yaml.clone().into_bytes());
    let mut told = Vec::new();
    for diagnostic in &checked.diagnostics {
        let line = source.position(diagnostic.span.start).0;
        let comment = lines[..line - 1]
            .iter()
            .rev()
            .map(|line| line.trim_start())
            .take_while(|line| line.starts_with('#'));
        let comment: Vec<&str> = comment.collect();
        let is_blank = lines[line - 1].ends_with(BLANK);
        let code = format!("TO DO ({})", diagnostic.code.id());
        let is_said = comment.iter().any(|words| words.contains(&code));
        assert!(!comment.is_empty() && (is_blank || is_said), "{case}, line {line}: {diagnostic:#?}\n{yaml}");
        told.push(line);
    }
    let values = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with('#') && line.ends_with(BLANK));
    for (index, _) in values {
        assert!(told.contains(&(index + 1)), "{case}, line {}: `check` passes over it\n{yaml}", index + 1);
    }
    let open: Vec<usize> = imported.open.iter().map(|open| open.line).collect();
    assert_eq!(open, told, "{case}");
}
