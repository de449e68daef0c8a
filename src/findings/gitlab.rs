//! GitLab's Code Quality report, which GitLab shows in the merge request.
//!
//! The keys are those of GitLab's page "Code Quality" ("Code Quality report format"): each entry must have a description, a check
//! name, a fingerprint that is its own, a path that does not begin with `./`, a line and a severity.

use serde_json::{Value, json};

use super::{Finding, fingerprints};
use crate::diagnostic::Severity;

pub(super) fn render(findings: &[&Finding]) -> String {
    let entries = findings.iter().zip(fingerprints(findings));
    let report: Vec<Value> = entries.map(|(finding, fingerprint)| entry(finding, &fingerprint)).collect();
    format!("{}\n", serde_json::to_string_pretty(&report).expect("plain data is always JSON"))
}

fn entry(finding: &Finding, fingerprint: &str) -> Value {
    let severity = match finding.severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
    };
    json!({
        "description": format!("{}: {}", finding.rule.id(), finding.text()),
        "check_name": finding.rule.id(),
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {
            "path": finding.file.as_deref().unwrap_or("."),
            "lines": { "begin": finding.region.map_or(1, |region| region.line) },
        },
    })
}
