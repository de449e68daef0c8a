//! Links, pipes, folders and files that others put at every name that a run uses. Their targets stay unchanged, and nobody else
//! can read what is written.
//!
//! strace lists these names, so a new name is tested automatically. Absent: Windows (its links: `tests/machines/server_wine.rs`).

mod lists;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support;
use crate::support::program::PROGRAM;
use crate::support::text;

const SERVER: &str = include_str!("../it/merge/server.config");
const INI: &str = include_str!("../it/ini/template.ini");
/// A user who is neither root nor the user who runs the tests.
const STRANGER: u32 = 12345;
/// The time limit of a run that finds a pipe in its way; it takes a fraction of a second.
const LONGEST: Duration = Duration::from_secs(60);

/// A folder in which a command can run again and again.
struct Stage {
    folder: TempDir,
    command: Vec<String>,
    /// Files that are there before the command runs.
    given: Vec<(&'static str, String)>,
}

impl Stage {
    fn new(command: &[&str], given: &[(&'static str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let here = text(folder.path()).to_owned();
        let command = command.iter().map(|word| word.replace("HERE", &here)).collect();
        let given = given.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        Self { folder, command, given }
    }

    /// Every command that writes, with the files that it needs.
    fn all() -> Vec<Self> {
        let spec = support::example("intranet-sso");
        let spec = text(&spec);
        let (ini, host) = ("HERE/own/my.ini", "HERE/own/applicationHost.config");
        let (given_ini, given_host) = ([("my.ini", INI)], [("applicationHost.config", SERVER)]);
        let deploy = support::spec_of("minimal");
        let new = [
            "init",
            "--site",
            "Kallithea",
            "--host-name",
            "k.corp.example.com",
            "--protocol",
            "http",
            "--yes",
            "-o",
            "HERE/own/new.yaml",
        ];
        vec![
            Self::new(&["ini", spec, "--config", ini], &given_ini),
            Self::new(&["ini", spec, "--config", ini, "--backup", "HERE/own/kept"], &given_ini),
            Self::new(&["apply", spec, "--host-config", host], &given_host),
            Self::new(&["apply", spec, "--host-config", host, "--backup", "HERE/own/kept"], &given_host),
            Self::new(&["build", "HERE/own/deploy.yaml", "--no-dll"], &[("deploy.yaml", &deploy)]),
            Self::new(&new, &[]),
            Self::new(
                &["import", "--host-config", host, "--site", "Wiki", "-o", "HERE/own/new.yaml"],
                &given_host,
            ),
            Self::new(&["schema", "-o", "HERE/own/deploy.schema.json"], &[]),
        ]
    }

    fn own(&self) -> PathBuf {
        self.folder.path().join("own")
    }

    /// The folder as it is before the command runs.
    fn prepare(&self) {
        for folder in ["own", "elsewhere"].map(|name| self.folder.path().join(name)) {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir(&folder).expect("a folder");
        }
        for (name, text) in &self.given {
            fs::write(self.own().join(name), text).expect("a file");
        }
        fs::write(self.victim(), "theirs").expect("a file");
        fs::set_permissions(self.victim(), fs::Permissions::from_mode(0o640)).expect("rights");
    }

    /// A file of another user that no run may touch.
    fn victim(&self) -> PathBuf {
        self.folder.path().join("elsewhere/victim")
    }

    /// Runs the command to its end. It must end.
    fn run(&self) -> Output {
        let mut command = Command::new(PROGRAM);
        command.args(&self.command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let begin = Instant::now();
        while child.try_wait().expect("its end").is_none() {
            if begin.elapsed() > LONGEST {
                child.kill().expect("it can be ended");
                panic!("{:?} waits for ever", self.command);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        child.wait_with_output().expect("its output")
    }

    /// The names that a run makes, relative to the folder: those that stay the same, and how many differ each time.
    fn names(&self) -> (BTreeSet<String>, usize) {
        self.prepare();
        let trace = self.folder.path().join("trace");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-y", "-s", "4096", "-o", text(&trace), "-e"]);
        strace.arg(
            "trace=openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat",
        );
        let output =
            strace.arg(PROGRAM).args(&self.command).stdin(Stdio::null()).output().expect("strace starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let calls = fs::read_to_string(&trace).expect("the trace");
        fs::remove_file(&trace).expect("it goes");
        let mut stable = BTreeSet::new();
        let mut passing = 0;
        for call in calls.lines().filter(|call| !call.contains("openat(") || call.contains("O_CREAT")) {
            for path in named(call).filter_map(|path| Some(path.strip_prefix(self.own()).ok()?.to_owned())) {
                let path = path.to_str().expect("UTF-8").to_owned();
                let is_random =
                    |part: &str| part.rsplit_once(".kallithea-iisc-").is_some_and(|(_, end)| end.len() == 16);
                match path.split('/').any(is_random) {
                    true => {
                        passing += 1;
                        assert!(!call.contains("openat(") || call.contains("O_EXCL"), "not made new: {call}");
                    }
                    false => drop(stable.insert(path)),
                }
            }
        }
        stable.retain(|name| !name.is_empty() && !self.given.iter().any(|(given, _)| name == given));
        (stable, passing)
    }
}

/// The paths of a traced call: each name follows an open folder, `4</tmp/x>, "name"`.
fn named(call: &str) -> impl Iterator<Item = PathBuf> + '_ {
    let ends = call.match_indices("\", ").map(|(at, _)| at).chain(call.rfind("\")"));
    ends.filter_map(|end| {
        let (before, name) = call[..end].rsplit_once('"')?;
        let folder = before.strip_suffix(", ").and_then(|before| before.strip_suffix('>'));
        let folder = folder.and_then(|before| before.rsplit_once('<')).map_or("", |(_, folder)| folder);
        Some(Path::new(folder).join(name))
    })
}

/// What others put in the way.
const WAYS: [&str; 9] = [
    "link",
    "dangling link",
    "link to a folder",
    "hard link",
    "pipe",
    "folder",
    "stranger's link",
    "stranger's dangling link",
    "stranger's link to a folder",
];

/// Puts it there; `false` if only root can.
fn plant(way: &str, stage: &Stage, place: &Path) -> bool {
    fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
    let elsewhere = stage.folder.path().join("elsewhere");
    match way.strip_prefix("stranger's ").unwrap_or(way) {
        "link" => symlink(stage.victim(), place).expect("a link"),
        "dangling link" => symlink(elsewhere.join("nothing"), place).expect("a link"),
        "link to a folder" => symlink(&elsewhere, place).expect("a link"),
        "hard link" => fs::hard_link(stage.victim(), place).expect("a link"),
        "pipe" => assert!(Command::new("mkfifo").arg(place).status().expect("mkfifo runs").success()),
        _ => {
            fs::create_dir(place).expect("a folder");
            fs::write(place.join("notes"), "theirs").expect("a file");
        }
    }
    !way.starts_with("stranger") || lchown(place, Some(STRANGER), Some(STRANGER)).is_ok()
}

#[test]
fn nothing_that_stands_at_a_name_leads_a_run_elsewhere() {
    let (mut tried, mut refused) = (0, 0);
    let mut without_root = 0;
    for stage in Stage::all() {
        let (names, passing) = stage.names();
        assert!(
            !names.is_empty() && passing > 0,
            "{:?}: {names:?}, {passing} names that pass",
            stage.command
        );
        for (name, way) in names.iter().flat_map(|name| WAYS.map(|way| (name, way))) {
            stage.prepare();
            let place = stage.own().join(name);
            if !plant(way, &stage, &place) {
                without_root += 1;
                continue;
            }
            let output = stage.run();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let about = || format!("{:?}, a {way} at {name}: {said}", stage.command);
            let victim = fs::metadata(stage.victim()).expect("the victim");
            assert_eq!(fs::read_to_string(stage.victim()).expect("the victim"), "theirs", "{}", about());
            assert_eq!(victim.mode() & 0o777, 0o640, "{}", about());
            // An administrator's own link is followed to its folder.
            let is_output =
                ["link to a folder", "dangling link"].contains(&way) && ["out", "kept"].contains(&&**name);
            assert!(
                is_output || support::names_in(&stage.folder.path().join("elsewhere")) == ["victim"],
                "{}",
                about()
            );
            if way == "folder" && name != "out" {
                assert_eq!(
                    fs::read_to_string(place.join("notes")).unwrap_or_default(),
                    "theirs",
                    "{}",
                    about()
                );
            }
            tried += 1;
            if !output.status.success() {
                refused += 1;
                assert_eq!(output.status.code(), Some(2), "{}", about());
                assert!(said.contains(text(stage.folder.path())), "it does not say where: {}", about());
            }
        }
    }
    println!(
        "{tried} plantings, {refused} refused; {without_root} could not be tried: only root makes files of others"
    );
    assert!(tried > 100 && refused > 60, "{tried}, {refused}");
}

/// Another user makes the file first, keeps it open, and waits.
#[test]
fn nobody_reads_from_a_file_that_he_made_first() {
    let mut tried = 0;
    for stage in Stage::all() {
        let (names, _) = stage.names();
        for name in &names {
            stage.prepare();
            let place = stage.own().join(name);
            fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
            if fs::write(&place, "waits").is_err() {
                continue;
            }
            fs::set_permissions(&place, fs::Permissions::from_mode(0o666)).expect("rights");
            if chown(&place, Some(STRANGER), Some(STRANGER)).is_err() {
                println!("not tried: only root makes files of others");
                return;
            }
            let mut theirs = fs::File::open(&place).expect("their file");
            let output = stage.run();
            let mut seen = String::new();
            theirs.read_to_string(&mut seen).expect("it is read");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(seen, "waits", "{:?}, {name}: {said}", stage.command);
            assert_eq!(output.status.code(), Some(2), "{:?}, {name}: {said}", stage.command);
            assert!(
                said.contains("KI387")
                    || said.contains("is a file")
                    || said.contains("already exists")
                    || said.contains("Not a directory"),
                "{name}: {said}"
            );
            tried += 1;
        }
    }
    assert!(tried > 10, "{tried}");
}
