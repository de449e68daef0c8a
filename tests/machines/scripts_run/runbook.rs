//! Every command of every runbook, run in order in one window. By hand it leads to the server that `install.ps1` leads to.

use super::stage::{Run, Stage};

/// Blocks that are not run by hand here, by words in them, and why.
const LEFT_OUT: [(&str, &str); 3] = [
    ("-File install.ps1", "it does by script what follows by hand, and is run as a second way"),
    ("--front", "it belongs to the server in front, which is another machine"),
    ("Headers @{ Host", "it asks the other nodes from the server in front"),
];

/// Commands whose exit code may be 1, and why.
const MAY_END_WITH_1: [(&str, &str); 3] = [
    (" plan ", "1 says that something would change"),
    ("--check", "1 says that something would change"),
    ("stop apppool", "a pool that has already stopped is an error, as the line says"),
];

/// Where the spec does not say the site's URL, the reader opens the page before the log is there.
const UNASKED: &str = r"\C\Kallithea\logs\bridge.log' because it does not exist";

fn is_left_out(block: &str) -> bool {
    LEFT_OUT.iter().any(|(words, _)| block.contains(words))
}

/// What is the same by hand and by script: the configuration with its pool and site, DLLs, ini file, certificates, and the rights of the
/// pool.
fn result(run: &Run) -> Vec<&str> {
    let lines = run.difference.iter().map(String::as_str);
    let same = lines.filter(|line| {
        let file = [r"\iis\web.config", r"\bridge\", r".ini = ", "applicationHost.config = "];
        let table = ["+ Pools", "+ Sites", "+ Certificates", "+ Settings applied"];
        let is_mine =
            line.starts_with("+ ") && !line.contains(r"\kallithea-iisc\") && !line.contains(".settings-");
        is_mine
            && (table.iter().any(|start| line.starts_with(start))
                || line.contains(" file ") && file.iter().any(|part| line.contains(part)))
    });
    same.collect()
}

fn every_command(example: &str, same: bool) {
    let stage = Stage::new(example, &format!("iisc-runbook-{example}"));
    let blocks = stage.blocks();
    let (by_hand, by_script): (Vec<_>, Vec<_>) = blocks.iter().partition(|block| !is_left_out(block));
    assert!(by_hand.len() > 12 && by_script.len() <= LEFT_OUT.len(), "{by_script:#?}");
    let undo = by_hand.iter().position(|block| block.contains("restore backup")).expect("the way back");
    let hand = stage.run_blocks(&by_hand.into_iter().map(String::as_str).collect::<Vec<_>>());
    for run in &hand {
        let errors = run.text.lines().filter(|line| line.contains("ERROR") && !line.contains(UNASKED));
        assert!(run.code != -1 && errors.count() == 0, "{run:#?}");
        let exits =
            run.exits.iter().filter(|exit| !MAY_END_WITH_1.iter().any(|(words, _)| exit.contains(words)));
        assert_eq!(exits.collect::<Vec<_>>(), Vec::<&String>::new(), "{run:#?}");
    }
    assert_eq!(hand[undo - 1].pool, "Started", "{:#?}", hand[undo - 1]);
    let script = blocks.iter().find(|block| block.contains("-File install.ps1")).expect("the script");
    let script = stage.run_blocks(&[&blocks[0], script]);
    let script = script.last().expect("a run");
    assert!(script.code == 0 && !script.text.contains("ERROR"), "{script:#?}");
    assert!(script.difference.iter().any(|line| line.starts_with("+ Settings applied")), "{script:#?}");
    if same {
        assert_eq!(result(&hand[undo - 1]), result(script));
    }
}

#[test]
fn every_command_of_minimal() {
    every_command("minimal", true);
}

#[test]
fn every_command_of_intranet_sso() {
    every_command("intranet-sso", false); // each way encrypts the password anew
}

#[test]
fn every_command_of_ldap() {
    every_command("ldap", true);
}

#[test]
fn every_command_of_subfolder_x86() {
    every_command("subfolder-x86", true);
}

#[test]
fn every_command_of_farm() {
    every_command("farm", false); // the front is on this server as well, with its certificate
}
