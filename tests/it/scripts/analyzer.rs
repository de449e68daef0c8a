//! What PSScriptAnalyzer would say of the scripts, for the rules that matter here: PSReviewUnusedParameter,
//! PSUseDeclaredVarsMoreThanAssignments, PSUseApprovedVerbs, PSAvoidUsingEmptyCatchBlock, PSAvoidTrailingWhitespace and
//! PSAvoidOverwritingBuiltInCmdlets, from their pages below `learn.microsoft.com/powershell/utility-modules/psscriptanalyzer/rules`.
//!
//! `PSScriptAnalyzerSettings.psd1` names the rules that the scripts do not follow. Absent: the analyzer itself, which needs PowerShell.

use std::collections::BTreeMap;

use super::both;
use super::powershell::{Script, ancestors};

/// Windows PowerShell's approved verbs that the scripts use (page "Approved Verbs for PowerShell Commands").
const VERBS: &str = "Add Assert Confirm Copy Find Get Grant Install Invoke New Read Remove Resolve Restore Resume Set Show Start \
    Stop Suspend Test Undo Uninstall Update Wait Write";

/// Commands of Windows PowerShell 5.1 and of a server's modules with a verb and a noun that the scripts would like to use.
const BUILT_IN: &str = "Get-Certificate Get-Service Get-SmbShareAccess Import-Certificate Remove-Service \
    Restart-Service Set-Acl Set-Service Start-Service Stop-Service Start-Site Stop-Site Test-Certificate Test-Connection Test-Path";

#[test]
fn every_parameter_is_used() {
    for (path, script) in both() {
        let parameters = script.nodes("script_parameter");
        assert!(parameters.len() > 40, "{path}: {}", parameters.len());
        for parameter in parameters {
            let around = ancestors(parameter).into_iter().find(|above| above.kind() == "script_block");
            let own = around.map_or(&*script.text, |block| script.of(block));
            let variable = own_variable(script.of(parameter));
            assert!(uses(own, &variable) > 1, "{path}: {variable} is never used in\n{own}");
        }
    }
}

/// The variable that a parameter declares: the last one before its default value.
fn own_variable(parameter: &str) -> String {
    let declared = parameter.split(" = ").next().unwrap_or_default();
    declared.rsplit_once('$').map(|(_, name)| format!("${}", name.trim())).expect("a variable")
}

/// How often a text names a variable, in this spelling or in that of the script's scope.
fn uses(text: &str, variable: &str) -> usize {
    let name = variable.trim_start_matches('$');
    let is_end = |rest: &str| !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
    let after = |mark: &str| {
        text.match_indices(mark).filter(|(place, _)| is_end(&text[place + mark.len()..])).count()
    };
    after(&format!("${name}"))
        + after(&format!("${{{name}}}"))
        + after(&format!("$script:{name}"))
        + after(&format!("-{name}"))
}

#[test]
fn every_variable_is_read() {
    let both = both();
    for (path, script) in &both {
        let mut assigned: BTreeMap<String, usize> = BTreeMap::new();
        for place in script.nodes("left_assignment_expression") {
            let text = script.of(place);
            let is_variable = |word: &&str| word.starts_with('$') && !word.contains(['.', '[']);
            for word in text.split([' ', ',']).filter(is_variable) {
                let name = word.replacen("$script:", "$", 1);
                *assigned.entry(name).or_default() += 1;
            }
        }
        assert!(assigned.len() > 30, "{path}: {assigned:?}");
        for (variable, times) in assigned {
            // PowerShell itself reads these.
            if variable.starts_with("$env:") || variable.ends_with("Preference") {
                continue;
            }
            // The part that both have sets what only one of them reads.
            let read = |(_, script): &(&str, Script)| uses(&script.text, &variable) > times;
            assert!(both.iter().any(read), "{path}: {variable} is set, and nobody reads it");
        }
    }
}

#[test]
fn functions_have_approved_verbs_and_no_name_of_a_built_in_command() {
    for (path, script) in both() {
        for function in script.functions() {
            let (verb, noun) = function.split_once('-').expect("a verb and a noun");
            assert!(VERBS.split_whitespace().any(|known| known == verb), "{path}: {function}");
            assert!(
                !noun.ends_with('s') || noun.ends_with("ss") || noun == "Iis",
                "{path}: {function} is not singular"
            );
            let taken = BUILT_IN.split_whitespace().any(|built_in| built_in.eq_ignore_ascii_case(&function));
            assert!(!taken, "{path}: {function} is Windows' own");
        }
    }
}

#[test]
fn no_catch_is_empty_and_no_line_ends_in_a_space() {
    for (path, script) in both() {
        for block in script.nodes("catch_clause") {
            assert!(
                script.of(block).lines().count() > 1 || !script.of(block).ends_with("{ }"),
                "{path}: {}",
                script.of(block)
            );
        }
        for line in script.text.lines() {
            assert_eq!(line.trim_end(), line, "{path}");
        }
    }
}

#[test]
fn each_rule_that_is_not_followed_has_a_reason() {
    let settings = include_str!("../../../PSScriptAnalyzerSettings.psd1");
    let lines: Vec<&str> = settings.lines().map(str::trim).collect();
    let rules: Vec<usize> = (0..lines.len()).filter(|place| lines[*place].starts_with("'PS")).collect();
    assert!(!rules.is_empty(), "{settings}");
    for rule in rules {
        assert!(lines[rule - 1].starts_with("# "), "{}", lines[rule]);
    }
}
