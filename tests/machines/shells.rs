//! Completions in real shells, which are set up as `docs/install.md` says: somebody types a part of a word, and presses Tab and Enter.
//!
//! Absent: PowerShell, which `scripts_run` has.

use std::fs;
use std::process::Command;

use crate::support::program::{code, error, out, run};

/// Shells: how each starts, where its completions are, and how a command says what was typed. The words in it are cut so that
/// the echo of the line is not taken for its answer.
const SHELLS: [(&str, &str, &str, &str); 3] = [
    (
        "bash",
        "bash --noprofile --norc -i",
        ".local/share/bash-completion/completions/kallithea-iisc",
        r#". ~/.local/share/bash-completion/completions/kallithea-iisc; kallithea-iisc() { echo "G"OT:"$*":; }; echo "REA"DY"#,
    ),
    (
        "zsh",
        "zsh -f -i",
        ".zfunc/_kallithea-iisc",
        r#"fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit -u -D; kallithea-iisc() { echo "G"OT:"$*":; }; echo "REA"DY"#,
    ),
    (
        "fish",
        "fish -i",
        ".config/fish/completions/kallithea-iisc.fish",
        r#"function kallithea-iisc; echo "G"OT:"$argv":; end; echo "REA"DY"#,
    ),
];

#[test]
fn bash_zsh_and_fish_complete_commands_and_options() {
    for (shell, starts, place, setup) in SHELLS {
        let home = tempfile::tempdir().expect("a folder");
        let script = home.path().join(place);
        fs::create_dir_all(script.parent().expect("its folder")).expect("a folder");
        fs::write(&script, out(&run(&["completions", shell]))).expect("the script");
        // Without this folder, fish reads every manual page of the machine at its first start.
        let generated = home.path().join(".local/share/fish/generated_completions");
        fs::create_dir_all(generated).expect("a folder");
        for (typed, meant) in [
            (r"kallithea-iisc rou\t", "route"),
            (r"kallithea-iisc check --fi\t", "check --fix"),
            (r"kallithea-iisc dsc man\t", "dsc manifest"),
        ] {
            let mut driver = Command::new("zsh");
            driver.args(["-f", "tests/machines/shells/type.zsh", starts, setup, typed]);
            driver
                .env("HOME", home.path())
                .env("TERM", "xterm")
                .env_remove("XDG_CONFIG_HOME")
                .env_remove("XDG_DATA_HOME");
            let output = driver.output().expect("zsh starts");
            let said = out(&output);
            assert_eq!(code(&output), 0, "{shell}: {}{said}", error(&output));
            assert!(said.contains(&format!("GOT:{meant}")), "{shell} of {typed}: {said:?}");
        }
    }
}
