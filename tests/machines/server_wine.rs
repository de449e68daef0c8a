//! `apply`, `remove` and `ini` as the Windows program of a server, under Wine: files that others hold open, access
//! lists, and killed processes.

#[allow(dead_code, reason = "no test file uses all of it")]
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::kallithea::machine::Machine;
use crate::support;
use crate::wine;

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::wine);

const SERVER: &str = include_str!("../it/merge/server.config");

fn server() -> (tempfile::TempDir, PathBuf) {
    support::file_alone("applicationHost.config", SERVER)
}

fn compiler(command: &str, file: &Path) -> Command {
    let mut compiler = MACHINE.compiler();
    compiler.args([command, &MACHINE.path_of(&support::example("intranet-sso"))]);
    compiler.args(["--host-config", &MACHINE.path_of(file)]).stdin(Stdio::null());
    compiler
}

/// A process that the test itself ends.
fn start(command: &str, file: &Path) -> Child {
    let mut compiler = compiler(command, file);
    compiler.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wine runs")
}

/// Runs the command to its end.
fn run(command: &str, file: &Path) -> Output {
    wine::output(&mut compiler(command, file)).expect("wine runs")
}

/// A Python that has opened the file and waits until it may end; `how` opens the file.
fn holder(file: &Path, how: &str) -> Child {
    let script = format!("import sys, msvcrt\n{how}\nprint('held', flush=True)\nsys.stdin.read()\n");
    let mut python = MACHINE.python();
    python.args(["-c", &script, &MACHINE.path_of(file)]);
    let mut holder = wine::spawn(&mut python);
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

/// Wine shows a file's access list as its mode on this system.
#[test]
fn the_access_list_of_a_file_is_that_of_the_new_one_and_of_its_backup() {
    for (mode, others) in [(0o600, 0), (0o644, 0o4)] {
        let (folder, file) = support::file_alone("my.ini", include_str!("../it/ini/template.ini"));
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

/// Runs `ini` on a file with this folder for its backups; it exits with 2 and gives the reason.
fn refused(file: &Path, backups: &Path, code: &str) {
    let before = fs::read(file).expect("the file");
    let mut compiler = MACHINE.compiler();
    compiler.args(["ini", &MACHINE.path_of(&support::example("intranet-sso"))]);
    compiler.args(["--config", &MACHINE.path_of(file), "--backup", &MACHINE.path_of(backups)]);
    let output = wine::output(compiler.stdin(Stdio::null())).expect("wine runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(code), "{said}");
    assert_eq!(fs::read(file).expect("the file"), before, "{said}");
}

#[test]
fn what_is_in_the_way_of_a_file_or_its_backup_is_refused() {
    let (folder, file) = support::file_alone("my.ini", include_str!("../it/ini/template.ini"));
    let backups = folder.path().join("kept");
    fs::create_dir(&backups).expect("a folder");
    fs::set_permissions(&backups, fs::Permissions::from_mode(0o777)).expect("rights");
    refused(&file, &backups, "KI388");
    fs::set_permissions(&backups, fs::Permissions::from_mode(0o755)).expect("rights");
    let lock = backups.join(".my.ini.kallithea-iisc-lock");
    fs::create_dir(&lock).expect("a folder");
    refused(&file, &backups, "kept");
    fs::remove_dir(&lock).expect("it goes");
    let holder = fs::File::create(folder.path().join(".my.ini.kallithea-iisc-lock")).expect("a lock");
    drop(holder);
    assert_eq!(support::names_in(&backups), [""; 0]);
    let mut compiler = MACHINE.compiler();
    compiler.args(["ini", &MACHINE.path_of(&support::example("intranet-sso"))]);
    compiler.args(["--config", &MACHINE.path_of(&file), "--backup", &MACHINE.path_of(&backups)]);
    assert_eq!(wine::output(compiler.stdin(Stdio::null())).expect("wine runs").status.code(), Some(0));
    assert_eq!(support::names_in(folder.path()), ["kept", "my.ini"], "a lock that nobody holds goes");
    assert_eq!(support::names_in(&backups).len(), 1);
}

/// Windows cannot exchange two folders.
#[test]
fn a_folder_of_outputs_is_replaced_and_keeps_what_is_somebody_elses() {
    let folder = tempfile::tempdir().expect("a folder");
    let (spec, out) = (folder.path().join("deploy.yaml"), folder.path().join("out"));
    let build = |example: &str| {
        fs::write(&spec, support::spec_of(example)).expect("the spec");
        let mut compiler = MACHINE.compiler();
        compiler.args(["build", "--no-dll", &MACHINE.path_of(&spec)]).stdin(Stdio::null());
        let output = wine::output(&mut compiler).expect("wine runs");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(support::names_in(folder.path()), ["deploy.yaml", "out"]);
    };
    build("minimal");
    fs::write(out.join("notes.txt"), "mine").expect("a note");
    fs::create_dir_all(out.join("empty/folder")).expect("a folder");
    build("subfolder-x86");
    assert!(out.join("applicationHost/application.config").exists());
    assert!(!out.join("applicationHost/site.config").exists());
    assert_eq!(fs::read_to_string(out.join("notes.txt")).expect("the note"), "mine");
    assert!(out.join("empty/folder").is_dir());
    // This build was killed between the two renames.
    let killed = folder.path().join(".out.kallithea-iisc-0123456789abcdef");
    fs::create_dir(&killed).expect("a killed build");
    fs::write(killed.join("made-by-kallithea-iisc"), "").expect("its mark");
    fs::rename(&out, killed.join("old")).expect("a killed build");
    build("subfolder-x86");
    assert_eq!(fs::read_to_string(out.join("notes.txt")).expect("the note"), "mine");
}

#[test]
fn a_file_that_another_process_holds_is_reported_and_whole() {
    // This is how an editor holds the file; and with its bytes locked, as a backup program does.
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
            said.contains("applicationHost.config: ")
                && said.contains("close programs that have the file open"),
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
        // wineserver finishes what it was asked.
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
