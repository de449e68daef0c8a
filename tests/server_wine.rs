//! `apply`, `remove` and `ini` as the Windows program that they are on a server, under Wine: files that others hold open, access
//! lists, and processes that are killed.
#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "no test file uses all of it")]
#[path = "kallithea/machine.rs"]
mod machine;
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use machine::{Machine, wine};

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::wine);

const SERVER: &str = include_str!("merge/server.config");

fn server() -> (tempfile::TempDir, PathBuf) {
    support::file_alone("applicationHost.config", SERVER)
}

fn compiler(command: &str, file: &Path) -> Command {
    let mut compiler = MACHINE.compiler();
    compiler.args([command, &MACHINE.path_of(&support::example("intranet-sso"))]);
    compiler.args(["--host-config", &MACHINE.path_of(file)]).stdin(Stdio::null());
    compiler
}

/// A process that a test ends by itself.
fn start(command: &str, file: &Path) -> Child {
    let mut compiler = compiler(command, file);
    compiler.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wine runs")
}

/// Runs it to its end.
fn run(command: &str, file: &Path) -> Output {
    wine::output(&mut compiler(command, file)).expect("wine runs")
}

/// A Python that has opened the file and waits until it may end; `how` opens it.
fn holder(file: &Path, how: &str) -> Child {
    let script = format!("import sys, msvcrt\n{how}\nprint('held', flush=True)\nsys.stdin.read()\n");
    let mut python = MACHINE.python();
    python.args(["-c", &script, &MACHINE.path_of(file)]);
    let mut holder = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("wine runs");
    let mut line = String::new();
    let output = holder.stdout.as_mut().expect("its output");
    BufReader::new(output).read_line(&mut line).expect("a line");
    assert_eq!(line.trim_end(), "held");
    holder
}

fn let_go(mut holder: Child) {
    drop(holder.stdin.take());
    let status = holder.wait().expect("wine runs");
    assert!(status.success() || wine::ended(status), "{status}");
}

/// Wine shows the access list of a file as the mode that it has on this system.
#[test]
fn the_access_list_of_a_file_is_that_of_the_new_one_and_of_its_backup() {
    for (mode, others) in [(0o600, 0), (0o644, 0o4)] {
        let (folder, file) = support::file_alone("my.ini", include_str!("ini/template.ini"));
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("rights");
        let backups = folder.path().join("kept");
        let mut compiler = MACHINE.compiler();
        compiler.args(["ini", &MACHINE.path_of(&support::example("intranet-sso"))]);
        compiler.args(["--config", &MACHINE.path_of(&file), "--backup", &MACHINE.path_of(&backups)]);
        let output = compiler.stdin(Stdio::null()).output().expect("wine runs");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let backup = backups.join(&support::names_in(&backups)[0]);
        for path in [file, backup] {
            let found = fs::metadata(&path).expect("the file").permissions().mode();
            assert_eq!(found & 0o4, others, "{}: {found:o}", path.display());
        }
    }
}

#[test]
fn a_file_that_another_process_holds_is_reported_and_whole() {
    // As an editor holds it; and locked by its bytes, as a backup program does.
    let ways = [
        "f = open(sys.argv[1], 'r+b')",
        "f = open(sys.argv[1], 'r+b'); msvcrt.locking(f.fileno(), msvcrt.LK_NBLCK, 1 << 20)",
    ];
    for how in ways {
        let (folder, file) = server();
        let holder = holder(&file, how);
        let refused = run("apply", &file);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{how}: {said}");
        assert!(
            said.contains("applicationHost.config: ") && said.contains("close what has the file open"),
            "{how}: {said}"
        );
        let_go(holder);
        assert_eq!(fs::read_to_string(&file).expect("the file"), SERVER, "{how}");
        let left = support::names_in(folder.path());
        assert!(left.iter().all(|name| !name.ends_with("-new")), "{how}: {left:?}");
        assert_eq!(run("apply", &file).status.code(), Some(0), "{how}");
        assert!(fs::read_to_string(&file).expect("the file").contains("kallithea-iisc: intranet"));
        assert_eq!(run("remove", &file).status.code(), Some(0), "{how}");
        assert_eq!(fs::read_to_string(&file).expect("the file"), SERVER, "{how}");
    }
}

#[test]
fn a_killed_process_leaves_a_whole_file() {
    let (_folder, file) = server();
    let begin = Instant::now();
    assert_eq!(run("apply", &file).status.code(), Some(0));
    let whole = begin.elapsed();
    let applied = fs::read_to_string(&file).expect("the file");
    const MOMENTS: u32 = 24;
    let mut ends = Vec::new();
    for moment in 0..MOMENTS {
        fs::write(&file, SERVER).expect("the file");
        let mut process = start("apply", &file);
        std::thread::sleep(whole * moment / (MOMENTS - 1));
        process.kill().expect("it can be killed");
        process.wait().expect("it ends");
        // wineserver comes to the end of what it was asked for.
        std::thread::sleep(Duration::from_millis(50));
        let left = fs::read_to_string(&file).expect("the file is there");
        assert!(left == SERVER || left == applied, "{left}");
        ends.push(left == applied);
    }
    println!(
        "killed at {MOMENTS} moments of {whole:?}; the new file stood there {} times",
        ends.iter().filter(|new| **new).count()
    );
    assert!(ends.contains(&false), "no process was killed in time");
    assert_eq!(run("apply", &file).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&file).expect("the file"), applied);
}
