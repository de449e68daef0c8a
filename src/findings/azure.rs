//! Logging commands of Azure Pipelines: a line for each finding, which the summary of the run shows.
//!
//! The form and its escapes are those of Microsoft's page "Logging commands" (`##vso[task.logissue]`, "Formatting commands").

use super::{Finding, escaped};

/// In properties and in the text. The agent reads `%AZP25` as `%`.
const ESCAPES: &[(char, &str)] = &[('%', "%AZP25"), ('\r', "%0D"), ('\n', "%0A"), (';', "%3B"), (']', "%5D")];

pub(super) fn render(findings: &[&Finding]) -> String {
    findings.iter().map(|finding| line(finding)).collect()
}

fn line(finding: &Finding) -> String {
    let kind = finding.severity.word();
    let mut properties = format!("type={kind};");
    if let Some(file) = &finding.file {
        properties += &format!("sourcepath={};", escaped(file, ESCAPES));
    }
    if let Some(region) = &finding.region {
        properties += &format!("linenumber={};columnnumber={};", region.line, region.column);
    }
    let text = escaped(&finding.text(), ESCAPES);
    format!("##vso[task.logissue {properties}code={};]{text}\n", finding.rule.id())
}
