//! SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), with a rule for each kind of finding.
//!
//! GitHub's code scanning wants a place with a region in every result, so what is about a whole file is at its first line. A
//! path is a URI there (section 3.4.3). What `--fix` would change is in `fixes` (section 3.55).

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Finding, Region, Rule, fingerprints};
use crate::diagnostic::Code;

pub(super) fn render(findings: &[&Finding], exit_code: u8) -> String {
    let mut rules: Vec<Rule> = findings.iter().map(|finding| finding.rule).collect();
    rules.sort();
    rules.dedup();
    let results: Vec<Value> =
        findings.iter().zip(fingerprints(findings)).map(|(one, print)| result(one, &rules, &print)).collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "kallithea-iisc",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.into_iter().map(rule).collect::<Vec<_>>(),
            }},
            // 2 is trouble; findings alone are a success of the tool.
            "invocations": [{ "executionSuccessful": exit_code != 2, "exitCode": exit_code }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{}\n", serde_json::to_string_pretty(&log).expect("plain data is always JSON"))
}

/// A rule; what `explain` says of a code is its description.
fn rule(rule: Rule) -> Value {
    let mut descriptor = json!({ "id": rule.id(), "shortDescription": { "text": rule.summary() } });
    if let Rule::Code(code) = rule {
        descriptor["defaultConfiguration"] = json!({ "level": code.severity().word() });
        descriptor["fullDescription"] = json!({ "text": code.explain().meaning });
        descriptor["help"] = json!({ "text": help(code), "markdown": help(code) });
    }
    descriptor
}

/// The explanation of a code with its examples, as Markdown.
fn help(code: Code) -> String {
    let explained = code.explain();
    let mut text = format!("{}\n", explained.meaning);
    for (title, examples) in [("Wrong", explained.wrong), ("Right", explained.right)] {
        for example in examples {
            let language = example.language.name();
            write!(text, "\n{title}:\n\n```{language}\n{}```\n", example.text).expect("writing to memory");
        }
    }
    text + &format!("\n`kallithea-iisc explain {}` prints this.\n", code.id())
}

fn result(finding: &Finding, rules: &[Rule], fingerprint: &str) -> Value {
    let mut result = json!({
        "ruleId": finding.rule.id(),
        "ruleIndex": rules.iter().position(|rule| *rule == finding.rule),
        "level": finding.severity.word(),
        "message": { "text": finding.text() },
        "partialFingerprints": { "kallitheaIisc/v1": fingerprint },
    });
    if let Some(file) = &finding.file {
        let place = json!({ "uri": uri(file) });
        result["locations"] = json!([{ "physicalLocation": {
            "artifactLocation": place,
            "region": region(finding.region.unwrap_or(Region::line(1))),
        }}]);
        if let Some(fix) = &finding.fix {
            result["fixes"] = json!([{
                "description": { "text": "what `--fix` changes" },
                "artifactChanges": [{ "artifactLocation": place, "replacements": [{
                    "deletedRegion": region(fix.region),
                    "insertedContent": { "text": fix.text },
                }]}],
            }]);
        }
    }
    result
}

fn region(Region { line, column, end_line, end_column }: Region) -> Value {
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

/// What is not escaped in a relative path as a URI (RFC 3986, section 4.2).
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same behind `file:///`, where a drive has its colon.
const ABSOLUTE: &AsciiSet = &PATH.remove(b':');

/// A path as a URI: relative if the path is.
fn uri(path: &str) -> String {
    let is_drive = path.get(1..3) == Some(":/");
    match path.strip_prefix('/').or(is_drive.then_some(path)) {
        Some(whole) => format!("file:///{}", utf8_percent_encode(whole, ABSOLUTE)),
        None => utf8_percent_encode(path, PATH).to_string(),
    }
}
