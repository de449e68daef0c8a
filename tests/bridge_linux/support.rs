//! Builds the shipped workspace as shared objects, and runs it in `isapi-host` for one deployment after the other.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use kallithea_iisc::bridge::FILES;
use serde_json::{Value, json};

/// The Python 3.11 that these tests embed, with its shared library: the test machine's where `cargo xtask test` has
/// laid one down, else the system's.
fn python_home() -> PathBuf {
    let machine = std::env::var_os("KALLITHEA_IISC_MACHINE_LINUX").map(PathBuf::from);
    machine.map_or_else(|| PathBuf::from("/usr"), |machine| machine.join("drive_c/Python311"))
}

const CONFIG: &str = r#"//! The settings of a deployment that only the tests know.

use crate::settings::{Application, Identity, Level, Log, Python, Settings, Workers};

/// What this deployment's spec decided.
pub static SETTINGS: Settings = Settings {
    deployment: "test",
    engine: "kallithea_engine.dll",
    python: Python { home: r"C:\Python311", version: (3, 11), virtual_environment: Some(r"C:\kallithea\venv") },
    application: Application {
        ini: r"C:\kallithea\my.ini",
        distribution: r"C:\kallithea",
        path: "/kallithea",
    },
    identity: Identity::Server,
    trusted_proxies: &[],
    workers: Workers {
        threads: 4,
        queue_length: 8,
        drain_seconds: 20,
        preload: true,
        synchronous: false,
        slow_seconds: 60,
    },
    log: Log {
        file: r"C:\kallithea\logs\bridge.log",
        level: Level::Info,
        max_megabytes: 10,
        keep: 5,
        failed_request_tracing: false,
    },
    environment: &[("KALLITHEA_TEST", "set by the bridge")],
};
"#;

/// What one run of the host brought.
pub struct Run {
    pub code: Option<i32>,
    pub report: Value,
    pub log: String,
    pub errors: String,
}

impl Run {
    /// The response to the request of this number, in the first life.
    pub fn response(&self, number: usize) -> &Value {
        &self.report["responses"][number]
    }

    pub fn body(&self, number: usize) -> &str {
        self.response(number)["body"].as_str().unwrap_or_default()
    }

    pub fn status(&self, number: usize) -> &str {
        self.response(number)["status"].as_str().unwrap_or_default()
    }

    pub fn header(&self, number: usize, name: &str) -> Option<&str> {
        let headers = self.response(number)["headers"].as_array()?;
        let found =
            headers.iter().find(|pair| pair[0].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
        found[1].as_str()
    }

    /// Fails the test unless the host found nothing to complain about.
    pub fn clean(self) -> Self {
        assert_eq!(self.report["violations"], json!([]), "{}", self.log);
        assert_eq!(self.code, Some(0), "{}\n{}", self.errors, self.log);
        self
    }
}

/// A server's drive C: with Python, a virtual environment and an ini file.
pub struct Deployment {
    folder: PathBuf,
}

impl Deployment {
    pub fn new(name: &str) -> Self {
        let folder = temporary().join("deployments").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("kallithea")).expect("a folder below target can be made");
        symlink(python_home(), folder.join("Python311")).expect("a link below target can be made");
        symlink(virtual_environment(), folder.join("kallithea/venv"))
            .expect("a link below target can be made");
        let deployment = Self { folder };
        deployment.ini("");
        deployment
    }

    /// Writes the ini file, with further lines for the application.
    pub fn ini(&self, lines: &str) {
        let logging = "[loggers]\nkeys = root\n[handlers]\nkeys = console\n[formatters]\nkeys = plain\n\
            [logger_root]\nlevel = INFO\nhandlers = console\n\
            [handler_console]\nclass = StreamHandler\nargs = (sys.stderr,)\nformatter = plain\n\
            [formatter_plain]\nformat = %(levelname)s %(name)s %(message)s\n";
        let ini = format!("[app:main]\nuse = call:bridge_test_app:make\n{lines}\n{logging}");
        fs::write(self.folder.join("kallithea/my.ini"), ini).expect("the ini file can be written");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Serves requests, one after the other.
    pub fn serve(&self, requests: Value) -> Run {
        self.run(json!({"requests": requests}))
    }

    /// Runs a whole script.
    pub fn run(&self, script: Value) -> Run {
        self.run_library(&bridge().join("_dispatch.dll"), script)
    }

    pub fn run_library(&self, library: &Path, script: Value) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_isapi-host"))
            .arg(library)
            .env("KALLITHEA_IISC_DRIVES", format!("C:={}", self.folder.display()))
            .env("PYTHONPATH", "/nonexistent")
            .env("PYTHONSTARTUP", "/nonexistent")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the host runs");
        let mut input = child.stdin.take().expect("standard input is a pipe");
        input.write_all(script.to_string().as_bytes()).expect("the host reads its script");
        drop(input);
        let output = child.wait_with_output().expect("the host ends");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        let log = fs::read_to_string(self.folder.join("kallithea/logs/bridge.log")).unwrap_or_default();
        Run { code: output.status.code(), report, log, errors }
    }
}

/// A GET request below the application.
pub fn get(path: &str) -> Value {
    json!({"url": format!("/kallithea/{path}")})
}

/// A POST request below the application.
pub fn post(path: &str, body: &str) -> Value {
    json!({"url": format!("/kallithea/{path}"), "method": "POST", "body": body})
}

/// A request with more keys.
pub fn with(mut request: Value, more: Value) -> Value {
    let more = more.as_object().cloned().unwrap_or_default();
    request.as_object_mut().expect("a request is an object").extend(more);
    request
}

/// The folder with the built bridge: `_dispatch.dll` and the engine.
pub fn bridge() -> &'static Path {
    static BIN: OnceLock<PathBuf> = OnceLock::new();
    BIN.get_or_init(|| {
        let workspace = temporary().join("dispatch");
        for (path, contents) in FILES {
            write_if_changed(&workspace.join(path), contents);
        }
        write_if_changed(&workspace.join("isapi/src/config.rs"), CONFIG);
        let target = temporary().join("dispatch-target");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--release", "--locked", "--quiet", "--target-dir"])
            .arg(&target)
            .current_dir(&workspace)
            .env_remove("RUSTFLAGS")
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the shipped workspace does not build");
        let bin = temporary().join("dispatch-bin");
        fs::create_dir_all(&bin).expect("a folder below target can be made");
        for (built, staged) in [("loader", "_dispatch.dll"), ("engine", "kallithea_engine.dll")] {
            let built = target.join(format!("release/libkallithea_bridge_{built}.so"));
            fs::copy(built, bin.join(staged)).expect("what was built can be copied");
        }
        bin
    })
}

/// A virtual environment with paste.deploy and the tests' application.
fn virtual_environment() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = temporary().join("venv-3.11");
        let ready = folder.join("ready");
        if !ready.exists() {
            let python = python_home().join("bin/python3.11").canonicalize();
            let python = python.expect("a Python 3.11: run `cargo xtask setup`");
            run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder));
            run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "PasteDeploy==3.1.0"]));
            fs::write(ready, "").expect("a file below target can be written");
        }
        let application = folder.join("lib/python3.11/site-packages/bridge_test_app.py");
        write_if_changed(&application, include_str!("bridge_test_app.py"));
        folder
    })
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?} failed");
}

fn write_if_changed(path: &Path, contents: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == contents) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a file has a folder"))
        .expect("a folder below target can be made");
    fs::write(path, contents).expect("a file below target can be written");
}

fn temporary() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}
