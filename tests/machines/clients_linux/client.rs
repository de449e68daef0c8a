//! `hg` and `git` as people use them.
//!
//! In: a URL and a folder. Out: the result of the program. Absent: settings of the user who runs the tests, and prompts.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::kallithea::machine::Machine;

/// Git's branch.
const BRANCH: &str = "main";

#[derive(Clone, Copy)]
pub enum Kind {
    Mercurial,
    Git,
}

impl Kind {
    /// The name of the program. The names of its repositories begin with it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mercurial => "hg",
            Self::Git => "git",
        }
    }
}

/// A client program of one user, and the folder that is the user's home.
pub struct Client {
    kind: Kind,
    program: PathBuf,
    home: PathBuf,
}

impl Client {
    pub fn new(kind: Kind, machine: &Machine, home: PathBuf) -> Self {
        let program = match kind {
            Kind::Mercurial => machine.place("inetpub/kallithea/venv/bin/hg"),
            Kind::Git => PathBuf::from("git"),
        };
        Self { kind, program, home }
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Creates a repository.
    pub fn init(&self, folder: &Path) {
        match self.kind {
            Kind::Mercurial => self.run(&self.home, &["init", &text(folder)]),
            Kind::Git => {
                self.run(&self.home, &["init", "--quiet", "--initial-branch", BRANCH, &text(folder)])
            }
        };
    }

    /// Commits everything in a folder; returns the commit's hash.
    pub fn commit(&self, folder: &Path) -> String {
        match self.kind {
            Kind::Mercurial => {
                self.run(folder, &["commit", "--addremove", "--user", "somebody", "--message", "a change"]);
                self.run(folder, &["log", "--rev", ".", "--template", "{node}"])
            }
            Kind::Git => {
                self.run(folder, &["add", "."]);
                self.run(folder, &["commit", "--quiet", "--message", "a change"]);
                self.run(folder, &["rev-parse", "HEAD"]).trim().to_owned()
            }
        }
    }

    /// The next commit begins this branch.
    pub fn branch(&self, folder: &Path, name: &str) {
        match self.kind {
            Kind::Mercurial => self.run(folder, &["branch", name]),
            Kind::Git => self.run(folder, &["checkout", "--quiet", "-b", name]),
        };
    }

    pub fn push(&self, folder: &Path, url: &str) {
        succeeded(self.try_push(folder, url));
    }

    /// Tries to push.
    pub fn try_push(&self, folder: &Path, url: &str) -> Output {
        match self.kind {
            Kind::Mercurial => self.attempt(folder, &["push", url]),
            Kind::Git => self.attempt(folder, &["push", "--quiet", url, BRANCH]),
        }
    }

    /// Fetches what is new, and updates the folder's files.
    pub fn pull(&self, folder: &Path, url: &str) {
        match self.kind {
            Kind::Mercurial => self.run(folder, &["pull", "--update", url]),
            Kind::Git => self.run(folder, &["pull", "--quiet", "--ff-only", url, BRANCH]),
        };
    }

    pub fn clone(&self, url: &str, folder: &Path) {
        succeeded(self.try_clone(url, folder));
    }

    /// Tries to clone.
    pub fn try_clone(&self, url: &str, folder: &Path) -> Output {
        match self.kind {
            Kind::Mercurial => self.attempt(&self.home, &["clone", url, &text(folder)]),
            Kind::Git => {
                self.attempt(&self.home, &["clone", "--quiet", "--branch", BRANCH, url, &text(folder)])
            }
        }
    }

    /// Gives this client a name and a password for a whole server, in the place where each program keeps them.
    pub fn has_password(&self, server: &str, user: &str, password: &str) {
        let (file, text) = match self.kind {
            Kind::Mercurial => (
                ".hgrc",
                format!(
                    "[auth]\nit.prefix = {server}\nit.username = {user}\nit.password = {password}\nit.schemes = http\n"
                ),
            ),
            Kind::Git => (".git-credentials", format!("http://{}:{password}@{server}\n", escaped(user))),
        };
        std::fs::write(self.home.join(file), text).expect("a file below target can be written");
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> String {
        succeeded(self.attempt(folder, arguments))
    }

    fn attempt(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(folder).stdin(Stdio::null()).env("HOME", &self.home);
        command.env("HGRCPATH", self.home.join(".hgrc")).env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_TERMINAL_PROMPT", "0").env_remove("GIT_ASKPASS").env_remove("SSH_ASKPASS");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "somebody");
            command.env(format!("GIT_{role}_EMAIL"), "somebody@example.com");
        }
        // The tests send data that cannot be compressed, and the attempt would take longer than everything else.
        let config = [
            ("GIT_CONFIG_COUNT", "2"),
            ("GIT_CONFIG_KEY_0", "credential.helper"),
            ("GIT_CONFIG_VALUE_0", "store"),
            ("GIT_CONFIG_KEY_1", "core.compression"),
            ("GIT_CONFIG_VALUE_1", "0"),
        ];
        command.envs(config).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }
}

/// A name or a path, escaped for a URL.
pub fn escaped(text: &str) -> String {
    let escaped = |byte: u8| match char::from(byte) {
        letter @ ('/' | '.' | '-' | '_') => letter.to_string(),
        letter if letter.is_ascii_alphanumeric() => letter.to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}

fn succeeded(output: Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}\n{said}\n{errors}", output.status);
    said.into_owned()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
