//! `install.ps1` and `uninstall.ps1` read by a PowerShell grammar. They parse for any name of a deployment, and no text of
//! a spec leaves its literal. Nothing changes the machine unasked, and every exit code is checked. `scripts_run` runs them.

mod analyzer;
mod install;
pub(crate) mod powershell;
mod runbook;

use std::collections::BTreeSet;
use std::fs;
use std::str::FromStr;

use iis_config::Version;
use kallithea_iisc::emit::emit;
use kallithea_iisc::model::{Deployment, WindowsPath};
use kallithea_iisc::tree::{self, Tree, Versions};
use proptest::prelude::*;
use tree_sitter::Node;

use crate::support;
use crate::support::deployment_of;
use powershell::{Script, ancestors, unquote};

const SCRIPTS: [&str; 2] = ["install.ps1", "uninstall.ps1"];

/// Functions that change the machine themselves: their callers must ask first.
const CHANGING: [&str; 9] = [
    "Stop-Pool",
    "Start-Pool",
    "Restore-Pool",
    "Restore-Former",
    "Invoke-FileChange",
    "Set-DeployedFile",
    "Remove-LooseFile",
    "Start-Record",
    "Set-BoundCertificate",
];

/// Commands that change nothing.
const READING: &str = "ConvertFrom-Json ForEach-Object Get-Acl Get-ChildItem Get-CimInstance Get-Command \
    Add-Type Get-Content Get-Credential Get-Date Test-ADServiceAccount \
    Get-FileHash Get-Item Get-ItemProperty Get-LocalGroupMember Get-Service Get-WindowsFeature \
    Get-WindowsOptionalFeature \
    New-Object Out-Null Pop-Location Push-Location Select-Object Set-StrictMode Split-Path Start-Sleep \
    Stop-Transcript \
    Test-Path Where-Object \
    Write-Host Write-Verbose Write-Warning";

/// Functions for files and folders that change nothing.
const READING_FILES: [&str; 4] = [
    "[IO.File]::ReadAllBytes(",
    "[IO.File]::ReadAllLines(",
    "[IO.File]::ReadAllText(",
    "[IO.File]::GetAttributes(",
];

/// Commands that run only after a question.
const ASKED: &str =
    "Import-Module New-Item New-ItemProperty Remove-ItemProperty Set-ItemProperty Start-Transcript";

/// Variables that PowerShell itself sets.
const AUTOMATIC: &str = "$_ $true $false $null $PSBoundParameters $PSCmdlet $PSHOME $PSScriptRoot $LASTEXITCODE $Matches $WhatIfPreference";

/// The deployments of the examples.
fn examples() -> Vec<(String, Deployment)> {
    let names = support::examples().into_iter();
    names.map(|name| (name.clone(), deployment_of(&name))).collect()
}

/// The letters of a text that a name of this kind accepts.
fn name<T: FromStr>(text: &str) -> T {
    let is_taken = |letter: &char| format!("a{letter}a").parse::<T>().is_ok();
    let taken: String = text.chars().filter(is_taken).take(48).collect();
    let name = format!("a{taken}a").parse();
    name.unwrap_or_else(|_| panic!("each letter of {taken:?} is taken"))
}

/// A deployment in which every name and path contains this text.
fn called(example: &str, value: &str) -> Deployment {
    let mut hostile = deployment_of(example);
    let text = || value.to_owned();
    let path = || "C:\\".parse::<WindowsPath>().expect("a path").below(value);
    (hostile.name, hostile.origin.file) = (text(), text());
    (hostile.site.name, hostile.pool.name) = (name(value), name(value));
    (hostile.application.path, hostile.application.physical_path) = (text(), path());
    (hostile.bridge.directory, hostile.bridge.log_file) = (path(), path());
    hostile.kallithea.distribution = path();
    (hostile.kallithea.ini, hostile.kallithea.repositories) = (path(), path());
    hostile.python.home = path();
    hostile.python.virtual_environment = Some(path());
    if let Some(own) = &mut hostile.pool.own {
        own.user_name = Some(value.into());
    }
    for binding in hostile.site.own.iter_mut().flat_map(|own| &mut own.bindings) {
        binding.host_name = name(value);
        let certificate = binding.certificate.as_mut();
        certificate.into_iter().for_each(|certificate| certificate.store = text());
    }
    hostile
}

fn scripts(deployment: &Deployment) -> Vec<(&'static str, Script)> {
    let tree = emit(deployment);
    SCRIPTS.into_iter().map(|path| (path, Script::parse(tree.get(path).expect(path)))).collect()
}

fn both() -> Vec<(&'static str, Script)> {
    scripts(&deployment_of("intranet-sso"))
}

const HOSTILE: &str = "K\u{f6}ln's \"$(Remove-Item *)\" `n [a] {b} @(c) #> <# %d% ; & | $env:x \u{2018}e\u{2019} \u{201a}f\u{201b} \u{1d4a6}";

#[test]
fn they_parse_at_every_version_that_has_them() {
    for (name, mut deployment) in examples() {
        for version in Version::ALL.into_iter().filter(|version| *version > Version::V7_0) {
            deployment.target.version = version;
            for (path, script) in scripts(&deployment) {
                assert_eq!(script.flaws(), Vec::<String>::new(), "{name}/{path} at {version}");
            }
        }
    }
}

#[test]
fn windows_server_2008_has_no_such_powershell_and_gets_none() {
    let mut old = deployment_of("minimal");
    old.target.version = Version::V7_0;
    let tree = emit(&old);
    assert!(SCRIPTS.into_iter().all(|path| tree.get(path).is_none()));
    assert!(!tree.get("RUNBOOK.md").expect("a runbook").contains("install.ps1"));
}

#[test]
fn a_hostile_name_stays_within_its_literals() {
    for example in support::examples() {
        let deployment = called(&example, HOSTILE);
        let bindings = deployment.site.own.iter().flat_map(|own| &own.bindings);
        let mut names = vec![HOSTILE, &*deployment.site.name, &*deployment.pool.name];
        names.extend(bindings.map(|binding| &*binding.host_name));
        for (path, script) in scripts(&deployment) {
            assert_eq!(script.flaws(), Vec::<String>::new(), "{example}/{path}");
            let literals: Vec<String> =
                script.literals().into_iter().filter(|literal| literal.contains("Remove-Item")).collect();
            assert!(literals.len() >= 12, "{example}/{path}: {literals:#?}");
            assert!(
                literals.iter().all(|literal| names.iter().any(|name| literal.contains(name))),
                "{example}/{path}: {literals:#?}"
            );
            let bare = script.without_literals();
            let bare = bare.replace("Remove-ItemProperty -LiteralPath $HttpParameters", "");
            let outside: Vec<&str> = bare.lines().filter(|line| line.contains("Remove-Item")).collect();
            assert!(matches!(*outside, [comment] if comment.starts_with("# Generated by")), "{outside:#?}");
        }
    }
}

/// The value of a key in the table of a script; nothing may be between the literal and the next key.
fn said<'a>(script: &'a Script, key: &str, next: &str) -> (String, &'a str) {
    let start = script.text.find(&format!("    {key} ")).expect(key);
    let start = start + script.text[start..].find("= ").expect("a value") + 2;
    let (value, length) = unquote(&script.text[start..]).expect("a literal");
    let rest = &script.text[start + length..];
    assert!(rest.starts_with(&format!("\n    {next} ")), "{key}: {rest:.80}");
    (value, rest)
}

/// The front is set up last, and its name leads to the front: a node is asked what the front will ask it.
#[test]
fn a_node_of_a_farm_looks_at_itself() {
    let url = |name: &str| {
        let deployment = deployment_of(name);
        let scripts = scripts(&deployment);
        let (_, install) = scripts.iter().find(|(path, _)| *path == "install.ps1").expect("a script");
        said(install, "Url", "WindowsSignOn").0
    };
    assert_eq!(url("farm"), "http://localhost:80/images/kallithea-logo.svg");
    assert_eq!(url("minimal"), "http://kallithea.corp.example.com/");
}

/// Step 5 of the runbook closes the folder of the ini file to all others.
#[test]
fn the_pool_may_read_the_folder_of_the_ini_file_wherever_it_is() {
    let mut deployment = deployment_of("minimal");
    deployment.kallithea.ini = r"E:\conf\my.ini".parse().expect("a path");
    let right = r"@{ Path = 'E:\conf'; Right = 'RX'; Holder = 'pool'; Below = $true }";
    for (path, script) in scripts(&deployment) {
        assert!(script.text.contains(right), "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn any_name_survives(value in "['\"`$(){}\\[\\]@#<>%&|; \\\\\u{2018}\u{2019}\u{201a}\u{201b}\u{201c}\u{201d}\u{2028}a-c\u{e9}\u{1d4a6}\n\r]{0,24}") {
        let deployment = called("minimal", &value);
        for (path, script) in scripts(&deployment) {
            prop_assert_eq!(script.flaws(), Vec::<String>::new(), "{} of {:?}", path, &value);
            prop_assert_eq!(said(&script, "Name", "Spec").0, value.clone());
            prop_assert_eq!(said(&script, "Site", "OwnSite").0, &*deployment.site.name);
            prop_assert_eq!(said(&script, "Pool", "OwnPool").0, &*deployment.pool.name);
            prop_assert_eq!(said(&script, "Ini", "PythonHome").0, &*deployment.kallithea.ini);
            let top = script.text.split('\n').next().unwrap_or_default();
            prop_assert!(top.starts_with("# ") && top.ends_with("are lost."), "{:?}", top);
        }
    }
}

#[test]
fn a_byte_order_mark_stands_where_windows_powershell_needs_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let compiled = |deployment: &Deployment| -> Tree { emit(deployment) };
    for (value, marked) in [("K\u{f6}ln", true), ("Koeln", false)] {
        let tree = compiled(&called("minimal", value));
        let place = folder.path().join(value);
        tree::write(&tree, &place, false).expect("written");
        for path in SCRIPTS {
            let bytes = fs::read(place.join(path)).expect("a script");
            assert_eq!(bytes.starts_with(b"\xef\xbb\xbf# Generated by"), marked, "{value}/{path}");
        }
        assert!(
            tree::compare(&tree, &place, Versions::Count).expect("compared").changes.is_empty(),
            "diff finds nothing"
        );
        let again = tree::write(&tree, &place, false).expect("nobody edited it");
        assert_eq!(again.changed, 0, "the manifest's hashes are those of the files");
    }
}

/// Commands with their names, and the names of the functions around them.
fn commands(script: &Script) -> Vec<(String, String, Node<'_>)> {
    let commands = script.nodes("command").into_iter();
    commands.map(|node| (script.name(node), script.function(node), node)).collect()
}

/// The text of a script's function.
fn function<'a>(script: &'a Script, name: &str) -> &'a str {
    let start = format!("function {name} ");
    let functions = script.nodes("function_statement").into_iter();
    functions.map(|node| script.of(node)).find(|text| text.starts_with(&start)).expect(name)
}

#[test]
fn every_command_is_known_and_one_that_changes_something_asks_first() {
    let reading: BTreeSet<&str> = READING.split_whitespace().collect();
    let asked: BTreeSet<&str> = ASKED.split_whitespace().collect();
    for (path, script) in both() {
        let functions = script.functions();
        for (name, function, node) in commands(&script).into_iter().filter(|(name, ..)| !name.is_empty()) {
            let what = format!("{path}: {}", script.of(node));
            if CHANGING.contains(&&*name) || asked.contains(&*name) {
                let asks = script.is_guarded(node) || function == "Invoke-Change";
                assert!(asks || CHANGING.contains(&&*function), "unasked, {what}");
            } else {
                assert!(functions.contains(&name) || reading.contains(&*name), "unknown, {what}");
            }
        }
    }
}

#[test]
fn a_program_that_changes_something_is_run_where_somebody_was_asked() {
    let harmless = [
        "'list', 'apppool'",
        "'list', 'site'",
        "'list', 'wp'",
        "'show', 'sslcert'",
        "'plan'",
        "'probe'",
        "'--check'",
        "'--folders'",
        "'-c', $words",
    ];
    let mut unasked = 0;
    for (path, script) in both() {
        for (name, function, node) in commands(&script) {
            if name != "Invoke-Program" || CHANGING.contains(&&*function) || script.is_guarded(node) {
                continue;
            }
            let text = script.of(node);
            assert!(harmless.iter().any(|words| text.contains(words)), "unasked, {path}: {text}");
            unasked += 1;
        }
    }
    assert!(unasked > 4, "the checks ask some programs");
}

#[test]
fn files_are_touched_where_somebody_was_asked() {
    let mut touched = 0;
    for (path, script) in both() {
        for call in script.nodes("invokation_expression") {
            let text = script.of(call);
            let files = text.starts_with("[IO.File]::") || text.starts_with("[IO.Directory]::");
            if !files || READING_FILES.iter().any(|reading| text.starts_with(reading)) {
                continue;
            }
            let asks = script.is_guarded(call) || CHANGING.contains(&&*script.function(call));
            assert!(asks, "unasked, {path}: {text}");
            touched += 1;
        }
    }
    assert!(touched > 6, "files are copied, put back and deleted");
}

#[test]
fn the_guard_asks_before_it_acts() {
    for (path, script) in both() {
        let guard = script
            .nodes("function_statement")
            .into_iter()
            .find(|function| script.of(*function).starts_with("function Invoke-Change "));
        let text = script.of(guard.expect("the guard"));
        let asks =
            text.find("if (-not $PSCmdlet.ShouldProcess($Target, $Action)) { return }").expect("a question");
        for change in ["Start-Record", "& $Do"] {
            assert!(asks < text.find(change).expect("the change"), "{path}");
        }
        assert!(script.text.contains("[CmdletBinding(SupportsShouldProcess)]"), "{path}");
    }
}

#[test]
fn every_program_is_run_by_the_one_function_that_looks_at_its_exit_code() {
    for (path, script) in both() {
        let mut run = 0;
        for call in script.nodes("command_invokation_operator") {
            let command =
                ancestors(call).into_iter().find(|above| above.kind() == "command").expect("a command");
            let text = script.of(command);
            if script.function(call) == "Invoke-Program" {
                run += 1;
            } else {
                let block =
                    ["& $Do ", "& $Write", "& $change.Undo "].iter().any(|block| text.starts_with(block));
                assert!(block, "{path}: {text}");
            }
        }
        assert_eq!(run, 1, "{path}");
        let text = &script.text;
        let (_, after) = text.split_once("& $Program @Arguments").expect("the call");
        let next = after.lines().nth(1).expect("the next line");
        assert_eq!(next.trim(), "$code = $LASTEXITCODE", "{path}");
        assert!(after.contains("$failed = $Codes -notcontains $code"), "{path}");
        assert!(after.contains("if ($failed) { throw "), "{path}");
    }
}

/// Set-StrictMode stops a script that reads an unset variable, and it would stop in the middle of its work.
#[test]
fn every_variable_is_set_somewhere() {
    let bare = |text: &str| format!("${}", text.trim_start_matches(['$', '@']).trim_start_matches("script:"));
    for (path, script) in both() {
        let mut set: BTreeSet<String> = AUTOMATIC.split_whitespace().map(str::to_owned).collect();
        for kind in ["left_assignment_expression", "script_parameter"] {
            for place in script.nodes(kind) {
                set.extend(
                    script.of(place).split([' ', ',', '.']).filter(|word| word.starts_with('$')).map(bare),
                );
            }
        }
        for each in script.nodes("foreach_statement") {
            let variable = (0..each.child_count()).filter_map(|index| each.child(index));
            set.extend(variable.filter(|node| node.kind() == "variable").map(|node| bare(script.of(node))));
        }
        for variable in script.nodes("variable") {
            let text = script.of(variable).replace(['{', '}'], "");
            assert!(text.starts_with("$env:") || set.contains(&bare(&text)), "{path}: {text} is never set");
        }
    }
}

#[test]
fn every_fact_that_a_script_reads_stands_in_its_table() {
    for (path, script) in both() {
        let keys: BTreeSet<&str> =
            script.nodes("key_expression").into_iter().map(|key| script.of(key)).collect();
        let accesses = script.nodes("member_access").into_iter();
        let accesses: Vec<&str> = accesses.map(|access| script.of(access)).collect();
        let facts = accesses.iter().filter_map(|access| access.strip_prefix("$Deployment."));
        let unknown: Vec<&str> = facts.filter(|fact| !keys.contains(fact)).collect();
        assert_eq!(unknown, Vec::<&str>::new(), "{path}");
    }
}

#[test]
fn every_function_has_the_parameters_that_it_is_called_with_and_is_called() {
    let mut called = BTreeSet::new();
    let mut defined = BTreeSet::new();
    for (path, script) in both() {
        defined.extend(script.functions());
        for (name, _, node) in commands(&script) {
            called.insert(name.clone());
            let definition = script.nodes("function_statement").into_iter();
            let definition = definition.map(|function| script.of(function).to_owned());
            let start = format!("function {name} ");
            let Some(definition) = definition.into_iter().find(|text| text.starts_with(&start)) else {
                continue;
            };
            let parameters = definition.lines().take(2).last().unwrap_or_default().to_owned();
            for parameter in script.nodes("command_parameter") {
                let command = ancestors(parameter).into_iter().find(|above| above.kind() == "command");
                if command != Some(node) {
                    continue;
                }
                let variable = script.of(parameter).replacen('-', "$", 1);
                assert!(parameters.contains(&variable), "{path}: {name} has no {variable}");
            }
        }
    }
    assert_eq!(defined.difference(&called).collect::<Vec<_>>(), Vec::<&String>::new(), "nobody calls these");
}

#[test]
fn a_missing_role_service_has_its_command() {
    let always = ["Web-Server", "Web-ISAPI-Ext", "Web-Filtering", "Web-Http-Logging"];
    let needed = [
        ("farm", vec!["Web-Windows-Auth"]),
        (
            "intranet-sso",
            vec![
                "Web-Windows-Auth",
                "Web-Basic-Auth",
                "Web-AppInit",
                "Web-Http-Tracing",
                "Web-Scripting-Tools",
            ],
        ),
        ("ldap", vec![]),
        ("minimal", vec!["Web-Windows-Auth"]),
        ("subfolder-x86", vec!["Web-Windows-Auth"]),
    ];
    assert_eq!(needed.len(), support::examples().len(), "every example is here");
    for (example, more) in needed {
        let scripts = scripts(&deployment_of(example));
        let literals = scripts[0].1.literals();
        let commands =
            literals.iter().filter_map(|literal| literal.strip_prefix("Install-WindowsFeature -Name "));
        let wanted: BTreeSet<&str> = always.into_iter().chain(more).collect();
        assert_eq!(commands.collect::<BTreeSet<_>>(), wanted, "{example}");
        let client = "Enable-WindowsOptionalFeature -Online -All -FeatureName IIS-";
        let commands = literals.iter().filter(|literal| literal.starts_with(client)).count();
        assert_eq!(commands, wanted.len(), "{example}");
    }
}
