//! What a shell and `man` get of the command line. In: the commands that the help lists. Out: the same in a shell's completions,
//! and in manual pages. Absent: zsh, fish and PowerShell themselves, which a tester's machine may not have.

use std::fs;
#[cfg(unix)]
use std::process::Command;

use crate::support::program::{code, commands, error, out, run};
use crate::support::text;

/// The commands of the program itself.
fn own_commands() -> Vec<String> {
    commands().into_iter().map(|(name, _)| name).filter(|name| !name.contains(' ')).collect()
}

#[test]
fn every_shell_gets_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = run(&["completions", shell]);
        assert_eq!(code(&output), 0, "{}", error(&output));
        let script = out(&output);
        for command in own_commands() {
            assert!(script.contains(&command), "{shell} does not complete {command}");
        }
        assert!(script.contains("--host-config"), "{shell} does not complete options");
    }
    let output = run(&["completions", "csh"]);
    assert_eq!(code(&output), 2);
    assert!(error(&output).contains("powershell"), "it lists the shells: {}", error(&output));
}

#[test]
#[cfg(unix)]
fn bash_completes_the_names_of_commands() {
    let script = out(&run(&["completions", "bash"]));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kallithea-iisc.bash");
    fs::write(&file, &script).expect("the script");
    let lines = r#"
        set -eu; . "$1"
        COMP_WORDS=(kallithea-iisc ro); COMP_CWORD=1; COMPREPLY=()
        registered=$(complete -p kallithea-iisc); registered=${registered#* -F }
        ${registered%% *} kallithea-iisc ro kallithea-iisc
        echo "${COMPREPLY[@]}""#;
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-c", lines, "bash", text(&file)])
        .output()
        .expect("bash starts");
    assert_eq!(code(&output), 0, "{}", error(&output));
    assert_eq!(out(&output), "route\n");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(&["man", "--out", text(folder.path())]);
    assert_eq!(code(&output), 0, "{}", error(&output));
    let of = |name: &str| fs::read_to_string(folder.path().join(format!("{name}.1"))).expect("a page");
    let main = of("kallithea-iisc");
    assert_eq!(main, out(&run(&["man"])), "the same page");
    for (command, about) in commands() {
        let page = of(&format!("kallithea-iisc-{}", command.replace(' ', "-")));
        let plain = page.replace("\\-", "-").replace("\\*(Aq", "'");
        let begin = about.split(", ").next().unwrap_or_default();
        assert!(plain.contains(begin), "{command}: {begin:?} is not in {plain}");
    }
    for command in own_commands() {
        assert!(main.replace("\\-", "-").contains(&format!("kallithea-iisc-{command}(1)")), "{command}");
    }
    let count = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(count, commands().len() + 1, "no other page, such as of `help`");
}

#[test]
fn the_manual_overwrites_only_its_own_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("kallithea-iisc.1");
    fs::write(&page, ".TH kallithea-iisc 1 \"\" \"kallithea-iisc 0.0.1\"\n").expect("an older page");
    assert_eq!(code(&run(&["man", "--out", text(folder.path())])), 0);
    assert!(fs::read_to_string(&page).expect("the page").contains("SYNOPSIS"));
    fs::write(&page, "a poem\n").expect("a file of somebody's");
    let output = run(&["man", "--out", text(folder.path())]);
    assert_eq!(code(&output), 2);
    assert!(error(&output).contains("kallithea-iisc.1"), "{}", error(&output));
    assert_eq!(fs::read_to_string(&page).expect("the file"), "a poem\n");
}
