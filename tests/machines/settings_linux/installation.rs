//! One Kallithea with its ini file and its database, and what the tests do with it: apply settings, request pages.
//!
//! In: a name for its folder, one of the two databases, and the authentication of a spec. Out: the programs' output.
//! Absent: the expected results.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{MACHINE, postgresql, python};
use crate::kallithea::{run, secrets};
use crate::support;

/// The password of `admin` in the machine's database.
pub const PASSWORD: &str = secrets::ADMINISTRATORS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgresql,
}

pub struct Installation {
    pub folder: PathBuf,
    pub database: Database,
    pub url: String,
}

/// The result of `apply_settings.py`.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
}

impl Installation {
    /// One on each database, with the settings for this `authentication:` of a spec beside it, not yet applied.
    pub fn on_both(name: &str, authentication: &str) -> [Self; 2] {
        [Database::Sqlite, Database::Postgresql].map(|database| Self::new(name, database, authentication))
    }

    pub fn new(name: &str, database: Database, authentication: &str) -> Self {
        let name = format!("{name}_{database:?}").to_lowercase();
        let folder = support::fresh(&format!("settings/{name}"));
        let url = match database {
            Database::Sqlite => {
                let file = folder.join("kallithea.db");
                fs::copy(MACHINE.place("inetpub/kallithea/kallithea.db"), &file)
                    .expect("there is a database");
                format!("sqlite:///{}?timeout=60", file.display())
            }
            Database::Postgresql => postgresql::database(&name),
        };
        with_database(&folder, &url);
        let installation = Self { folder, database, url };
        installation.compile(authentication);
        installation
    }

    /// Compiles the settings of another `authentication:`.
    pub fn compile(&self, authentication: &str) {
        let spec = format!("{SPEC}authentication:\n{authentication}");
        fs::write(self.folder.join("deploy.yaml"), spec).expect("a spec can be written");
        let mut compiler = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
        run(compiler.args(["build", "deploy.yaml", "--no-dll", "--force"]).current_dir(&self.folder));
    }

    /// The compiler's settings.json.
    pub fn settings(&self) -> Value {
        let text = fs::read_to_string(self.place_of_settings()).expect("there are settings");
        serde_json::from_str(&text).expect("they are JSON")
    }

    /// Writes other settings beside the script, as a user could by hand.
    pub fn write_settings(&self, settings: &Value) {
        fs::write(self.place_of_settings(), settings.to_string()).expect("settings can be written");
    }

    fn place_of_settings(&self) -> PathBuf {
        self.folder.join("out/kallithea/settings.json")
    }

    /// `apply_settings.py -c my.ini` with more arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = python();
        command.args(["-I", "out/kallithea/apply_settings.py", "-c", "my.ini"]).args(arguments);
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn apply(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments).spawn().expect("Python starts"))
    }

    /// Like [`apply`](Self::apply), but must succeed.
    pub fn applied(&self, arguments: &[&str]) -> Said {
        let said = self.apply(arguments);
        assert_eq!(said.code, Some(0), "{said:#?}");
        said
    }

    /// Like [`apply`](Self::apply), but must be refused without a change.
    pub fn refused(&self, arguments: &[&str], reason: &str) {
        let before = self.dump();
        let said = self.apply(arguments);
        assert_eq!(said.code, Some(2), "{said:#?}");
        assert!(said.errors.contains(reason) && said.errors.contains("nothing was changed"), "{said:#?}");
        assert_eq!(self.dump(), before);
    }

    /// The records beside the ini file, the oldest first.
    pub fn records(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).expect("the folder can be read");
        let paths = entries.map(|entry| entry.expect("the folder can be read").path());
        let is_record = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("my.settings-") && name.ends_with(".json")
        };
        let mut records: Vec<_> = paths.filter(is_record).collect();
        records.sort();
        records
    }

    /// Every row of the tables that a run may change.
    pub fn dump(&self) -> String {
        self.behind_its_back(&["dump"])
    }

    /// Executes one statement in the database.
    pub fn execute(&self, statement: &str) -> String {
        self.behind_its_back(&["execute", statement])
    }

    fn behind_its_back(&self, arguments: &[&str]) -> String {
        let mut database = python();
        run(database.arg(script("database.py")).arg(&self.url).args(arguments))
    }

    /// Asks Kallithea itself: see `ask.py`.
    pub fn ask(&self, wishes: &Value) -> Vec<Value> {
        let mut asking = python();
        asking.arg(script("ask.py")).arg(self.folder.join("my.ini")).current_dir(&self.folder);
        asking.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = asking.spawn().expect("Python starts");
        let mut input = child.stdin.take().expect("standard input is a pipe");
        input.write_all(wishes.to_string().as_bytes()).expect("it reads");
        drop(input);
        let said = said(child);
        assert_eq!(said.code, Some(0), "{}", said.errors);
        // Kallithea's log explains a failed test; it is shown nowhere else.
        eprintln!("{}", said.errors);
        secrets::Secrets::of(&self.folder.join("my.ini")).expect_kept("Kallithea", &said.errors);
        serde_json::from_str(&said.output).expect("it answers with JSON")
    }
}

/// Waits for a program to end.
pub fn said(child: Child) -> Said {
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), output: text(&output.stdout), errors: text(&output.stderr) }
}

/// Writes the machine's ini file with another database to a folder.
pub fn with_database(folder: &Path, url: &str) {
    let pristine =
        fs::read_to_string(MACHINE.place("inetpub/kallithea/my.ini")).expect("there is an ini file");
    let lines = pristine.lines().map(|line| match line.starts_with("sqlalchemy.url =") {
        true => format!("sqlalchemy.url = {url}\n"),
        false => format!("{line}\n"),
    });
    fs::write(folder.join("my.ini"), lines.collect::<String>()).expect("an ini file can be written");
}

/// A script of these tests.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines/settings_linux").join(name)
}

const SPEC: &str = r"apiVersion: kallithea-iisc/v1
name: settings
kallithea:
  distribution: C:\inetpub\kallithea
  repositories: D:\repositories
python:
  home: C:\Python
  version: '3.13'
site:
  name: Kallithea
  bindings:
    - protocol: http
      hostName: kallithea.corp.example.com
";
