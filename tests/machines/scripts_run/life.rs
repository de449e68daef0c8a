//! A whole life of every golden on a server that keeps state: tried, installed, installed again, upgraded, removed.

use super::stage::{Run, Stage};

/// WAS hears of the pool from `apply`, and the password follows a moment later.
pub const WITHOUT_PASSWORD: &str =
    "5059: the pool Kallithea was disabled, because its account has no password";

/// What `uninstall.ps1` leaves without naming its place: it says in words that database and logs stay.
pub const IN_WORDS: [&str; 5] = ["+ Settings applied", r"\kallithea-iisc", ".settings-", r"\data", r"\logs"];

struct Life {
    runs: Vec<Run>,
    /// The folder of the deployment's DLLs, and what its own account is.
    bridge: String,
}

impl Life {
    fn of(example: &str, folder: &str) -> Self {
        let stage = Stage::new(example, folder);
        Self { runs: stage.run(&["Life"], &[]), bridge: stage.bridge() }
    }

    fn run(&self, name: &str) -> &Run {
        self.runs.iter().find(|run| run.name == name).expect(name)
    }

    /// A run that succeeded, and during which nothing went wrong on the server.
    fn succeeded(&self, name: &str) -> &Run {
        let run = self.run(name);
        assert_eq!(run.code, 0, "{name}: {run:#?}");
        assert!(
            run.events.iter().all(|event| event == WITHOUT_PASSWORD && name == "install"),
            "{name}: {run:#?}"
        );
        run
    }

    fn changes_nothing(&self, name: &str) {
        let run = self.succeeded(name);
        assert_eq!(run.difference, Vec::<String>::new(), "{name}: {run:#?}");
        assert_eq!(run.steps, Vec::<String>::new(), "{name}: {run:#?}");
    }
}

fn whole_life(example: &str, folder: &str) {
    let life = Life::of(example, folder);
    life.changes_nothing("trial");
    let install = life.succeeded("install");
    assert_eq!((&*install.pool, &*install.site), ("Started", "Started"), "{install:#?}");
    let requests = install.requests.iter().filter(|request| request.starts_with("GET ")).count();
    assert_eq!(requests > 0, !install.text.contains("no request was made"), "{install:#?}");
    for name in ["again", "upgrade again"] {
        life.changes_nothing(name);
        assert!(life.run(name).text.contains("Nothing to do"), "{:#?}", life.run(name));
    }
    life.changes_nothing("trial of an upgrade");
    let upgrade = life.succeeded("upgrade");
    assert_eq!((&*upgrade.pool, &*upgrade.site), ("Started", "Started"), "{upgrade:#?}");
    for line in &upgrade.difference {
        assert!(line.contains(&life.bridge) || line.contains(r"\kallithea-iisc\"), "{line}: {upgrade:#?}");
    }
    life.changes_nothing("trial of a removal");
    let removed = life.succeeded("uninstall");
    let unsaid =
        removed.unsaid().into_iter().filter(|line| !IN_WORDS.iter().any(|words| line.contains(words)));
    assert_eq!(unsaid.collect::<Vec<_>>(), Vec::<&str>::new(), "{removed:#?}");
    life.changes_nothing("uninstall again");
    assert!(life.run("uninstall again").text.contains("Nothing to do"), "{:#?}", life.run("uninstall again"));
}

#[test]
fn minimal() {
    whole_life("minimal", "iisc-life-minimal");
}

#[test]
fn ldap() {
    whole_life("ldap", "iisc-life-ldap");
}

#[test]
fn subfolder_x86() {
    whole_life("subfolder-x86", "iisc-life-x86");
}

#[test]
fn farm() {
    whole_life("farm", "iisc-life-farm");
}

/// A folder may have any name that Windows allows.
#[test]
fn intranet_sso_in_odd_folders() {
    whole_life("intranet-sso", "iisc K [1] O'Brien $x & `y");
}
