//! Workflow commands of GitHub Actions: a line for each finding, which GitHub shows in the pull request.
//!
//! The form and its escapes are those of GitHub's page "Workflow commands for GitHub Actions" and of its library
//! `@actions/core` (`command.ts`).

use super::{Finding, escaped};

const IN_TEXT: &[(char, &str)] = &[('%', "%25"), ('\r', "%0D"), ('\n', "%0A")];
const IN_PROPERTY: &[(char, &str)] =
    &[('%', "%25"), ('\r', "%0D"), ('\n', "%0A"), (':', "%3A"), (',', "%2C")];

pub(super) fn render(findings: &[&Finding]) -> String {
    findings.iter().map(|finding| line(finding)).collect()
}

fn line(finding: &Finding) -> String {
    let command = finding.severity.word();
    let mut properties = vec![format!("title={}", finding.rule.id())];
    if let Some(file) = &finding.file {
        properties.push(format!("file={}", escaped(file, IN_PROPERTY)));
    }
    if let Some(region) = &finding.region {
        properties.push(format!("line={}", region.line));
        properties.push(format!("endLine={}", region.end_line));
        properties.push(format!("col={}", region.column));
        properties.push(format!("endColumn={}", region.end_column));
    }
    format!("::{command} {}::{}\n", properties.join(","), escaped(&finding.text(), IN_TEXT))
}
