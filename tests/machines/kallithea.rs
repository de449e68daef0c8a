//! Kallithea on a test machine: a spec compiled by the real compiler, deployed according to its runbook, served by the
//! project's own ISAPI host.
//!
//! In: a machine that `cargo xtask test` has laid down, and the name of a spec in `tests/deployments`. Out: what the
//! host reports. Absent: the expected results, which are in [`scenarios`], [`parallel`] and [`views`].

pub mod machine;
pub mod parallel;
pub mod scenarios;
pub mod secrets;
pub mod views;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::host;
use crate::specs::spec;
use crate::wine;
use machine::Machine;
use secrets::Secrets;

/// How much of an unexpected page a failed test shows.
const SHOWN: usize = 2000;

/// One spec, compiled and deployed on a machine.
pub struct Deployment {
    machine: &'static Machine,
    name: &'static str,
    spec: PathBuf,
    turn: Mutex<()>,
}

impl Deployment {
    /// Compiles a spec, puts its libraries in their place, and applies its settings to Kallithea.
    pub fn with_kallithea(machine: &'static Machine, name: &'static str) -> Self {
        Self::of_spec(machine, name, spec(name, machine.is_wine()))
    }

    /// The same for a spec in another folder.
    pub fn of_spec(machine: &'static Machine, name: &'static str, spec: PathBuf) -> Self {
        let deployment = Self::laid(machine, name, spec);
        deployment.configure();
        deployment
    }

    /// Compiles a spec and puts its libraries in their place, without Kallithea.
    pub fn of_bridge(machine: &'static Machine, name: &'static str) -> Self {
        Self::laid(machine, name, spec(name, machine.is_wine()))
    }

    fn laid(machine: &'static Machine, name: &'static str, spec: PathBuf) -> Self {
        let out = compile_to(machine, name, &spec);
        let deployment = Self { machine, name, spec, turn: Mutex::new(()) };
        let folder = deployment.place("");
        let _ = fs::remove_dir_all(&folder);
        copy(&out.join("bin"), &folder.join("bridge"));
        fs::copy(out.join("manifest.json"), folder.join("bridge/manifest.json"))
            .expect("the manifest can be copied");
        copy(&out.join("kallithea"), &folder.join("settings"));
        deployment
    }

    /// Follows the runbook for the ini file and the database, and keeps that database for the scenarios.
    fn configure(&self) {
        let pristine = self.machine.place("inetpub/kallithea");
        fs::copy(pristine.join("my.ini"), self.place("my.ini")).expect("the ini file can be copied");
        let mut ini = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
        run(ini.arg("ini").arg(&self.spec).arg("--config").arg(self.place("my.ini")));
        fs::copy(pristine.join("kallithea.db"), self.place("kallithea.db"))
            .expect("the database can be copied");
        run(&mut self.settings());
        let checked = self.settings().arg("--check").output().expect("Python starts");
        // The machine has made its database for its own folder; `populate.py` uses another one.
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert!(said.lines().all(|line| line.starts_with("repositories: ")), "{said}");
        assert_eq!(checked.status.code(), Some(i32::from(!said.is_empty())), "{checked:?}");
        fs::rename(self.place("kallithea.db"), self.place("prepared.db"))
            .expect("the database can be renamed");
    }

    fn settings(&self) -> Command {
        let mut python = self.machine.python();
        python.args(["settings/apply_settings.py", "-c", "my.ini"]).current_dir(self.place(""));
        python
    }

    /// Waits until this deployment is free, and takes it with a fresh database.
    pub fn scenario(&self) -> Scenario<'_> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = fs::remove_dir_all(self.place("data"));
        let _ = fs::remove_dir_all(self.place("logs"));
        if self.place("prepared.db").exists() {
            fs::copy(self.place("prepared.db"), self.place("kallithea.db"))
                .expect("the database can be copied");
        }
        Scenario { deployment: self, _turn: turn }
    }

    /// The spec's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// A path in the folder that the spec calls `kallithea.distribution`.
    pub fn place(&self, path: &str) -> PathBuf {
        self.machine.place("deployed").join(self.name).join(path)
    }
}

/// One test's use of a deployment.
pub struct Scenario<'a> {
    deployment: &'a Deployment,
    _turn: MutexGuard<'a, ()>,
}

impl Scenario<'_> {
    /// The deployment's machine.
    pub fn machine(&self) -> &'static Machine {
        self.deployment.machine
    }

    /// A path in the deployment's folder.
    pub fn place(&self, path: &str) -> PathBuf {
        self.deployment.place(path)
    }

    /// Serves requests in one worker process, one after the other.
    pub fn serve(&self, requests: Value) -> Run {
        self.run(&json!({ "requests": requests })).clean()
    }

    /// Runs a whole script of the host. The output must contain no secret of the script and none of the deployment.
    pub fn run(&self, script: &Value) -> Run {
        let run = if self.machine().is_wine() {
            let places = ["kallithea.db", "data", "logs"].map(|name| self.place(name));
            wine::insist("the host", &places, || self.attempt(script), Run::was_ended)
        } else {
            self.attempt(script)
        };
        let secrets = self.secrets().and_of_requests(&script["requests"]);
        secrets.expect_kept("the bridge's log", &run.log);
        secrets.expect_kept("the host", &run.errors);
        run
    }

    /// The secrets that the deployment must not reveal.
    pub fn secrets(&self) -> Secrets {
        Secrets::of(&self.place("my.ini"))
    }

    /// The bridge's log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.place("logs/bridge.log")).unwrap_or_default()
    }

    fn attempt(&self, script: &Value) -> Run {
        let library = format!(r"C:\deployed\{}\bridge\_dispatch.dll", self.deployment.name);
        let output = host::feed(self.machine().host(&library), script);
        let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        Run {
            code: host::code(output.status, self.machine().is_wine(), &report),
            report,
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
            log: self.log(),
        }
    }
}

/// The result of one run of the host.
pub struct Run {
    pub code: Option<i32>,
    pub report: Value,
    pub errors: String,
    pub log: String,
}

impl Run {
    /// Whether Wine ended the host, which then runs again.
    pub fn was_ended(&self) -> bool {
        host::was_ended(self.code, &self.report, &self.errors, &self.log)
    }

    /// Fails the test if the host has reported a fault.
    fn clean(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}\n{}", self.errors, self.report_without_bodies(), self.log);
        self
    }

    /// The report as a reader of a failed test needs it.
    fn report_without_bodies(&self) -> Value {
        let mut report = self.report.clone();
        for response in report["responses"].as_array_mut().into_iter().flatten() {
            let parts = response.as_object_mut().into_iter();
            parts.for_each(|parts| parts.retain(|name, _| !name.starts_with("body")));
        }
        report
    }

    pub fn status(&self, number: usize) -> &str {
        self.report["responses"][number]["status"].as_str().unwrap_or_default()
    }

    pub fn body(&self, number: usize) -> &str {
        self.report["responses"][number]["body"].as_str().unwrap_or_default()
    }

    pub fn header(&self, number: usize, name: &str) -> &str {
        let headers = self.report["responses"][number]["headers"].as_array();
        let same = |pair: &&Value| pair[0].as_str().is_some_and(|found| found.eq_ignore_ascii_case(name));
        headers.and_then(|all| all.iter().find(same)?[1].as_str()).unwrap_or_default()
    }

    /// Fails the test unless the response has this status and its body contains this text.
    pub fn expect(&self, number: usize, status: &str, text: &str) {
        let (found, body) = (self.status(number), self.body(number));
        let beginning = body.chars().take(SHOWN).collect::<String>();
        assert_eq!(found, status, "request {number}: {beginning}\n{}", self.log);
        assert!(body.contains(text), "request {number} has no {text:?}: {beginning}\n{}", self.log);
    }

    /// The user that a page of Kallithea greets in its menu.
    pub fn user(&self, number: usize) -> Option<&str> {
        greeted(self.body(number))
    }
}

/// The user that a page of Kallithea greets in its menu.
pub fn greeted(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<span class=\"menu_link_user\">")?;
    rest.split_once('<').map(|(name, _)| name)
}

/// Compiles a spec as its author would; returns the folder of the outputs.
pub fn compile(machine: &Machine, name: &str) -> PathBuf {
    compile_to(machine, name, &spec(name, machine.is_wine()))
}

fn compile_to(machine: &Machine, name: &str, spec: &Path) -> PathBuf {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deployments").join(machine.name()).join(name);
    let mut compiler = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
    compiler.arg("build").arg(spec).arg("--out").arg(&out).args(machine.build_arguments());
    run(&mut compiler);
    out
}

/// Runs a program that may be run twice: it runs again if Wine ended it. Returns what it printed.
pub fn run(command: &mut Command) -> String {
    let output = wine::output(command.stdin(Stdio::null()));
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [&output.stdout[..], &output.stderr].concat();
    assert!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&said));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder of the machine can be made");
    let entries = fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        let place = to.join(path.file_name().expect("a file has a name"));
        if path.is_dir() {
            copy(&path, &place);
        } else {
            fs::copy(&path, place).expect("a file can be copied");
        }
    }
}
