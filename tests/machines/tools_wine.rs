//! The compiler itself as a Windows program, and its tools with the real Kallithea, under Wine.

#[allow(dead_code, reason = "the clients of clients_linux need more")]
mod mercurial;
#[allow(dead_code, reason = "the clients of clients_linux need more")]
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::kallithea;
use crate::kallithea::machine::Machine;
use crate::kallithea::{Deployment, Scenario, compile};
use crate::server::Server;
use crate::support;
use crate::wine;

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::wine);
static TOOLS: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "tools"));
static CLIENTS: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "extras"));

/// Waits until no other test here runs a bridge. A test that uses the trace channel holds this, because a machine has only
/// one channel, and every bridge on it writes there.
fn alone() -> [Scenario<'static>; 2] {
    [TOOLS.scenario(), CLIENTS.scenario()]
}

/// The Windows compiler, ready to run.
fn compiler(arguments: &[&str]) -> Command {
    let mut command = MACHINE.compiler();
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the Windows compiler to its end.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = wine::output(&mut compiler(arguments)).expect("wine runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The Windows path of the folder of the deployment's outputs.
fn outputs() -> String {
    LazyLock::force(&TOOLS);
    MACHINE.path_of(&outputs_here())
}

fn outputs_here() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("deployments/wine/tools")
}

#[test]
fn windows_compiles_to_the_same_bytes() {
    for name in support::examples() {
        let spec = MACHINE.path_of(&support::example(&name));
        let (code, text, errors) = run(&["check", &spec]);
        assert_eq!(code, Some(0), "{name}: {text}{errors}");

        let (here, there) = (fresh(&format!("here/{name}")), fresh(&format!("there/{name}")));
        let mut native = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
        native.arg("build").arg(support::example(&name)).arg("--no-dll").arg("--out").arg(&here);
        assert!(native.output().expect("the compiler runs").status.success());
        let out = MACHINE.path_of(&there);
        let (code, _, errors) = run(&["build", &spec, "--no-dll", "--out", &out]);
        assert_eq!(code, Some(0), "{name}: {errors}");
        let (here, there) = (support::files_below(&here), support::files_below(&there));
        let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&here), names(&there), "{name}");
        for (path, bytes) in &here {
            assert!(bytes == &there[path], "{name}/{path} differs");
        }

        let (code, text, errors) = run(&["diff", &spec, "--against", &out]);
        assert_eq!(code, Some(0), "{name}: {text}{errors}");
    }
}

#[test]
fn windows_says_what_is_wrong_and_what_differs() {
    let spec = MACHINE.path_of(Path::new("tests/it/diagnostics/ten-mistakes.yaml"));
    let (code, _, errors) = run(&["check", &spec]);
    assert_eq!(code, Some(1), "{errors}");
    assert!(errors.contains("error[KI"), "{errors}");

    let folder = fresh("edited");
    let (spec, out) = (MACHINE.path_of(&support::example("minimal")), MACHINE.path_of(&folder));
    assert_eq!(run(&["build", &spec, "--no-dll", "--out", &out]).0, Some(0));
    fs::write(folder.join("web.config"), "edited").expect("the file can be written");
    let (code, text, errors) = run(&["diff", &spec, "--against", &out]);
    assert_eq!(code, Some(1), "{text}{errors}");
    assert!(text.contains("web.config"), "{text}");
}

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("windows").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.parent().expect("it has a parent")).expect("a folder below target can be made");
    folder
}

#[test]
fn a_probe_of_kallithea_passes_every_step() {
    let folder = outputs();
    let _turn = TOOLS.scenario();
    let (code, text, errors) =
        run(&["probe", &folder, "--get", "/", "--get", "/calculator", "--user", r"CORP\alice"]);
    assert_eq!(code, Some(0), "{text}{errors}");
    for (step, words) in [
        ("bitness", "64-bit (x64) for Windows"),
        ("virtual environment", r"C:\inetpub\kallithea\venv"),
        ("ini file", r"C:\deployed\tools\my.ini"),
        ("Python", r"3.13.2 in C:\Python"),
        ("application", "loaded in"),
        ("application", "Kallithea 0.7.0 with Mercurial 7.2.4, adjustments 1"),
        ("database", "reached"),
        ("requests", "2 of 2"),
        ("rules of ISAPI", ""),
    ] {
        let begin = format!("  ok       {step:<20} ");
        assert!(text.lines().any(|line| line.starts_with(&begin) && line.contains(words)), "{begin}\n{text}");
    }
    assert!(
        text.lines().any(|line| line.contains("200 OK") && line.ends_with("GET /kallithea/calculator")),
        "{text}"
    );
    // This machine has no git, and none of its repositories needs it.
    assert!(text.contains("\n  skipped  git  ") && text.contains("No repository needs it."), "{text}");
}

#[test]
fn a_probe_of_kallithea_without_its_database_tells_why() {
    let folder = outputs();
    let _turn = TOOLS.scenario();
    fs::remove_file(TOOLS.place("kallithea.db")).expect("there is a database");
    let (code, text, errors) = run(&["probe", &folder]);
    let _ = fs::remove_file(TOOLS.place("kallithea.db"));
    assert_eq!(code, Some(1), "{text}{errors}");
    assert!(text.contains("  failed   application ") || text.contains("  failed   database "), "{text}");
    assert!(text.ends_with("It will not run.\n"), "{text}");
}

#[test]
fn a_bridge_of_the_wrong_bitness_is_named_before_it_is_loaded() {
    let folder = MACHINE.path_of(&compile(&MACHINE, "x86"));
    let (code, text, errors) = run(&["probe", &folder]);
    assert_eq!(code, Some(1), "{text}{errors}");
    assert!(text.contains("  failed   bitness") && text.contains("32-bit (x86) for Windows"), "{text}");
    let (code, text, errors) = run(&["serve", &folder, "--port", "0"]);
    assert_eq!((code, text.as_str()), (Some(2), ""), "{errors}");
    assert!(errors.contains("32-bit (x86) for Windows"), "{errors}");
}

#[test]
fn a_browser_meets_kallithea_as_the_user_signed_on() {
    let folder = outputs();
    let _turn = TOOLS.scenario();
    let server = Server::start(compiler(&["serve", &folder, "--port", "0", "--user", r"CORP\alice"]));
    let page = server.get("/kallithea/");
    assert_eq!(page.status, "200 OK", "{}", page.body);
    assert!(page.body.contains("<span class=\"menu_link_user\">alice<"), "{}", page.body);
    let redirected = server.get("/kallithea");
    assert!(redirected.status.starts_with("30"), "{redirected:?}");
    let capabilities = server.send(
        "GET /kallithea/calculator?cmd=capabilities",
        "Accept: application/mercurial-0.1\r\n",
        "",
    );
    assert_eq!(capabilities.status, "200 Script output follows");
    assert!(capabilities.body.contains("unbundle"), "{}", capabilities.body);
}

#[test]
fn what_the_bridge_logs_is_traced_live() {
    let folder = outputs();
    let _turns = alone();
    let mut tracing = compiler(&["trace"]);
    let mut tracing = tracing.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wine runs");
    let mut notices = BufReader::new(tracing.stderr.take().expect("a pipe")).lines();
    let waits = |line: std::io::Result<String>| {
        line.is_ok_and(|line| line.contains("waiting for messages of the bridge"))
    };
    assert!(notices.any(waits), "trace did not begin");
    let (code, text, errors) = run(&["probe", &folder]);
    assert_eq!(code, Some(0), "{text}{errors}");
    let lines = BufReader::new(tracing.stdout.take().expect("a pipe")).lines();
    // The last line of a life. A trace that misses it would wait forever, so this ends together with the test.
    let mut traced = Vec::new();
    for line in lines {
        traced.push(line.expect("text"));
        if traced.last().is_some_and(|line| line.contains("the bridge has stopped")) {
            break;
        }
    }
    tracing.kill().expect("it runs until it is ended");
    let _ = tracing.wait();
    assert!(traced.iter().any(|line| line.contains("the application is up after")), "{traced:?}");
    assert!(traced.iter().any(|line| line.contains("GET /kallithea/ ")), "{traced:?}");
}

/// A program that creates the channel with an owner in SDDL, and reports how many bytes came while it waited; and one that
/// writes to an existing channel.
const CHANNEL: &str = r#"
import ctypes, sys
from ctypes import wintypes
kernel, security = ctypes.WinDLL("kernel32", use_last_error=True), ctypes.WinDLL("advapi32")
for name in ("CreateFileMappingW", "OpenFileMappingW", "MapViewOfFile", "CreateMutexW", "CreateEventW", "OpenEventW"):
    getattr(kernel, name).restype = ctypes.c_void_p
NAME = "PythonTraceOutput"
def view_of(mapping):
    kernel.MapViewOfFile.argtypes = [ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, ctypes.c_size_t]
    return kernel.MapViewOfFile(mapping, 6, 0, 0, 0x20000)
if sys.argv[1] == "lay":
    class Attributes(ctypes.Structure):
        _fields_ = [("size", wintypes.DWORD), ("descriptor", ctypes.c_void_p), ("inherits", wintypes.BOOL)]
    attributes = Attributes(ctypes.sizeof(Attributes), None, 0)
    assert security.ConvertStringSecurityDescriptorToSecurityDescriptorW(
        sys.argv[2], 1, ctypes.byref(attributes, Attributes.descriptor.offset), None)
    there = ctypes.byref(attributes)
    mapping = kernel.CreateFileMappingW(ctypes.c_void_p(-1), there, 4, 0, 0x20000, "Global\\" + NAME + "Mapping")
    assert mapping and ctypes.get_last_error() != 183, ctypes.get_last_error()
    others = [kernel.CreateMutexW(there, 0, "Global\\" + NAME + "Mutex"),
              kernel.CreateEventW(there, 0, 0, "Global\\" + NAME + "Event"),
              kernel.CreateEventW(there, 0, 0, "Global\\" + NAME + "EmptyEvent")]
    assert all(others), others
    view = view_of(mapping)
    print("laid", flush=True)
    sys.stdin.readline()
    print("bytes", ctypes.c_uint32.from_address(view).value, flush=True)
else:
    mapping = kernel.OpenFileMappingW(6, 0, "Global\\" + NAME + "Mapping")
    view, text = view_of(mapping), b"seen \x1b]0;title\x07 \x9b31m\r\nTHE END\n"
    ctypes.memmove(view + 4, text, len(text))
    ctypes.c_uint32.from_address(view).value = len(text)
    kernel.SetEvent.argtypes = [ctypes.c_void_p]
    kernel.SetEvent(kernel.OpenEventW(2, 0, "Global\\" + NAME + "Event"))
    print("written")
"#;

/// How many bytes the bridge writes to a channel with this owner and access list.
fn heard_by(owner: &str) -> u32 {
    let mut python = MACHINE.python();
    python.args(["-c", CHANNEL, "lay", owner]);
    let mut laid = wine::spawn(&mut python);
    let mut lines = BufReader::new(laid.stdout.take().expect("a pipe")).lines();
    let first = lines.next().map(|line| line.expect("text"));
    assert_eq!(first.as_deref().map(str::trim_end), Some("laid"), "{owner}");
    let folder = outputs();
    let (code, text, errors) = run(&["probe", &folder]);
    assert_eq!(code, Some(0), "{text}{errors}");
    drop(laid.stdin.take());
    let said = lines.next().expect("a line").expect("text");
    let _ = laid.wait();
    said.trim_end()
        .strip_prefix("bytes ")
        .and_then(|bytes| bytes.parse().ok())
        .unwrap_or_else(|| panic!("{said}"))
}

#[test]
fn the_bridge_tells_administrators_what_it_logs_and_no_stranger() {
    let _turns = alone();
    for stranger in ["O:WDD:(A;;GA;;;WD)", "O:BUD:(A;;GA;;;WD)", "O:LSD:(A;;GA;;;WD)"] {
        assert_eq!(heard_by(stranger), 0, "{stranger}");
    }
    for administrator in ["O:BAD:(A;;GA;;;WD)", "O:SYD:(A;;GA;;;WD)"] {
        assert!(heard_by(administrator) > 100, "{administrator}");
    }
}

#[test]
fn what_another_program_writes_is_text_in_the_console() {
    let _turns = alone();
    let mut tracing = compiler(&["--color", "always", "trace"]);
    let mut tracing = tracing.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wine runs");
    let mut notices = BufReader::new(tracing.stderr.take().expect("a pipe")).lines();
    let waits = |line: std::io::Result<String>| {
        line.is_ok_and(|line| line.contains("waiting for messages of the bridge"))
    };
    assert!(notices.any(waits), "trace did not begin");
    let mut python = MACHINE.python();
    assert!(kallithea::run(python.args(["-c", CHANNEL, "write"])).contains("written"));
    let mut lines = BufReader::new(tracing.stdout.take().expect("a pipe")).lines();
    let seen = lines.next().expect("a line").expect("text");
    assert_eq!(seen.trim_end(), r"seen \u{1b}]0;title\u{7} \u{9b}31m");
    assert_eq!(lines.next().expect("a line").expect("text").trim_end(), "THE END");
    tracing.kill().expect("it runs until it is ended");
    let _ = tracing.wait();
}

#[test]
fn what_wine_ended_runs_once_more_from_where_it_began() {
    let folder = tempfile::tempdir().expect("a folder");
    let (log, new) = (folder.path().join("logs/bridge.log"), folder.path().join("new"));
    fs::create_dir(folder.path().join("logs")).expect("a folder");
    fs::write(&log, "before").expect("a file");
    let (mut attempts, mut told) = (0, 0);
    let attempt = || {
        assert_eq!((fs::read_to_string(&log).expect("the log"), new.exists()), ("before".to_owned(), false));
        fs::write(&log, "halfway").expect("a file");
        fs::write(&new, "halfway").expect("a file");
        attempts += 1;
    };
    wine::twice(&[folder.path().join("logs"), new.clone()], attempt, |()| true, || told += 1);
    assert_eq!((attempts, told), (2, 1));
    wine::twice(&[], || attempts += 1, |()| false, || told += 1);
    assert_eq!((attempts, told), (3, 1));
}
