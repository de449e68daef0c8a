//! Real builds with this machine's toolchains: a small workspace like the generated one, through find, build and stage.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kallithea_iisc::toolchain::{
    Architecture, Artifacts, Fault, Inspection, Machine, Placement, Progress, PythonImport, StageError,
    Staged, Toolchain, build, find, stage,
};
use tempfile::TempDir;

const WORKSPACE: &str = r#"[workspace]
members = ["isapi", "loader", "engine"]
resolver = "3"

[profile.release]
panic = "unwind"
opt-level = 0 # what the tests look at does not depend on it, and the standard library is compiled three times
strip = true
"#;

/// Contains a path of its own source and a random hash map's keys, so that paths and Windows imports show.
const ISAPI: &str = r#"
pub fn half(text: &str) -> u32 { text.parse::<u32>().expect("a number") / 2 }

#[macro_export]
macro_rules! exports { () => {
    #[unsafe(no_mangle)] pub extern "system" fn GetExtensionVersion(block: *mut u8) -> i32 { answer(block) }
    #[unsafe(no_mangle)] pub extern "system" fn HttpExtensionProc(block: *mut u8) -> u32 { answer(block) as u32 }
    #[unsafe(no_mangle)] pub extern "system" fn TerminateExtension(_flags: u32) -> i32 { 1 }
} }
"#;

const LOADER: &str = r#"
kallithea_bridge_isapi::exports!();

fn answer(_block: *mut u8) -> i32 {
    std::panic::catch_unwind(|| kallithea_bridge_isapi::half(&std::env::args().next().unwrap())).unwrap_or(0) as i32
}
"#;

const ENGINE: &str = r#"
use pyo3::prelude::*;

kallithea_bridge_isapi::exports!();

fn answer(_block: *mut u8) -> i32 {
    Python::initialize();
    Python::attach(|python| python.import("sys").and_then(|sys| sys.getattr("maxsize")?.extract()).unwrap_or(0))
}
"#;

const PLACEMENTS: [Placement<'_>; 2] = [
    Placement { package: "kallithea-bridge-loader", file_name: "_dispatch.dll", python: PythonImport::None },
    Placement { package: "kallithea-bridge-engine", file_name: "engine.dll", python: PythonImport::Stable },
];

#[test]
fn a_64_bit_build_is_sound_and_the_same_everywhere() {
    let first = built_for_windows(Architecture::X64);
    let second = built_for_windows(Architecture::X64);
    for (one, other) in first.1.iter().zip(&second.1) {
        assert!(read(one) == read(other), "{} differs from folder to folder", one.package);
    }
    refuses_what_is_not_fit(&first.0);
    reports_what_rustc_says(&first.0);
}

#[test]
fn a_32_bit_build_is_sound() {
    built_for_windows(Architecture::X86);
}

#[test]
fn the_host_gets_a_shared_object() {
    let workspace = workspace();
    let toolchain = find(Architecture::X64, Some(&host()), &Machine).expect("a toolchain").toolchain;
    let artifacts = run(&toolchain, &workspace);
    let into = workspace.path().join("bin");
    let staged = stage(&artifacts, &toolchain.target, &PLACEMENTS, &into).expect("sound libraries");
    assert!(matches!(staged[0].inspection, Inspection::SharedObject { .. }), "{staged:?}");
}

/// This machine's target.
fn host() -> String {
    let machine = Command::new("rustc").arg("-vV").output().expect("rustc answers");
    let machine = String::from_utf8(machine.stdout).expect("text");
    machine.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}

/// Breaks the workspace after its build, so that only the broken part is compiled again.
fn reports_what_rustc_says(built: &Built) {
    let workspace = built.workspace.path();
    fs::write(workspace.join("loader/src/lib.rs"), "fn broken( {}").expect("written");
    let error = build(&built.toolchain, workspace, &workspace.join("target"), &mut |_| ());
    let error = error.expect_err("it is broken").to_string();
    assert!(error.contains("the bridge could not be compiled with"), "{error}");
    assert!(error.contains("loader/src/lib.rs:1:"), "{error}");
}

/// Builds, stages and inspects a workspace in its own folder.
fn built_for_windows(architecture: Architecture) -> (Built, Vec<Staged>) {
    let workspace = workspace();
    let found = find(architecture, None, &Machine).expect("a toolchain");
    for attempt in &found.search.tried {
        println!("{attempt}");
    }
    let artifacts = run(&found.toolchain, &workspace);
    let into = workspace.path().join("bin");
    let staged = stage(&artifacts, &found.toolchain.target, &PLACEMENTS, &into).expect("sound libraries");
    for library in &staged {
        println!("{} {} bytes {:?}", library.path.display(), library.size, library.inspection);
        names_no_path_of_this_machine(&read(library), workspace.path());
    }
    assert_eq!(fs::read_dir(&into).expect("a folder").count(), 2, "nothing but the libraries is left");
    (Built { workspace, toolchain: found.toolchain, artifacts }, staged)
}

struct Built {
    workspace: TempDir,
    toolchain: Toolchain,
    artifacts: Artifacts,
}

/// Builds, and checks the reported progress.
fn run(toolchain: &Toolchain, workspace: &TempDir) -> Artifacts {
    let (mut planned, mut counted) = (None, 0);
    let target = workspace.path().join("target");
    let artifacts = build(toolchain, workspace.path(), &target, &mut |progress| match progress {
        Progress::Begun { units } => planned = units,
        Progress::Compiled { finished, .. } => counted = finished,
    });
    let artifacts = artifacts.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(planned, Some(counted));
    artifacts
}

fn names_no_path_of_this_machine(library: &[u8], workspace: &Path) {
    let home = std::env::home_dir().expect("a home");
    for folder in [workspace, &home, Path::new("/usr/"), Path::new(env!("CARGO_MANIFEST_DIR"))] {
        let folder = folder.to_str().expect("text").as_bytes();
        assert!(
            !library.windows(folder.len()).any(|window| window == folder),
            "{} stands in the library",
            String::from_utf8_lossy(folder)
        );
    }
}

/// Passes unfit libraries to staging, which must then write nothing.
fn refuses_what_is_not_fit(built: &Built) {
    let into = built.workspace.path().join("refused");
    let fault = |placement: Placement<'_>, artifacts: &Artifacts| {
        let error = stage(artifacts, &built.toolchain.target, &[PLACEMENTS[0], placement], &into);
        assert!(!into.exists(), "nothing is written when one library is not fit");
        match error {
            Err(StageError::Faulty { fault, .. }) => fault,
            other => panic!("{other:?}"),
        }
    };
    let unbound = Placement { python: PythonImport::None, ..PLACEMENTS[1] };
    assert_eq!(fault(unbound, &built.artifacts), Fault::ForeignImports(vec!["python3.dll".to_owned()]));
    let bound = Placement { python: PythonImport::Stable, ..PLACEMENTS[0] };
    assert_eq!(fault(bound, &built.artifacts), Fault::NoPython);
    let mut text = built.artifacts.clone();
    let source = built.workspace.path().join("Cargo.toml");
    text.libraries.insert(PLACEMENTS[1].package.to_owned(), source);
    assert!(matches!(fault(PLACEMENTS[1], &text), Fault::Unreadable(_)));
}

/// A workspace like the generated one, in its own folder, with its lock file.
fn workspace() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    fs::write(root.join("Cargo.toml"), WORKSPACE).expect("written");
    let isapi = "kallithea-bridge-isapi = { path = \"../isapi\" }\n";
    let pyo3 = format!("{isapi}pyo3 = {{ version = \"=0.30.1\", features = [\"abi3-py39\"] }}\n");
    package(root, "isapi", "", "rlib", ISAPI);
    package(root, "loader", isapi, "cdylib", LOADER);
    package(root, "engine", &pyo3, "cdylib", ENGINE);
    let locked =
        Command::new("cargo").arg("generate-lockfile").current_dir(root).output().expect("cargo runs");
    assert!(locked.status.success(), "{}", String::from_utf8_lossy(&locked.stderr));
    folder
}

fn package(root: &Path, name: &str, dependencies: &str, kind: &str, source: &str) {
    let folder: PathBuf = root.join(name);
    fs::create_dir_all(folder.join("src")).expect("made");
    let manifest = format!(
        "[package]\nname = \"kallithea-bridge-{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         rust-version = \"1.85\"\n[lib]\ncrate-type = [\"{kind}\"]\n[dependencies]\n{dependencies}"
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("written");
    fs::write(folder.join("src/lib.rs"), source).expect("written");
}

fn read(library: &Staged) -> Vec<u8> {
    fs::read(&library.path).expect("it stands there")
}

/// cargo runs the programs that its settings name, and reads settings in every folder above. In `/tmp` and in `C:\` any user may
/// create a folder `.cargo`.
#[cfg(unix)]
#[test]
fn settings_that_others_leave_above_cargos_folder_count_for_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let (theirs, ran) = (folder.path().join("theirs"), folder.path().join("ran"));
    let program = format!("#!/bin/sh\ntouch '{}'\nexec \"$@\"\n", ran.display());
    fs::write(&theirs, program).expect("their program");
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o755)).expect("rights");
    let settings = folder.path().join(".cargo");
    fs::create_dir(&settings).expect("a folder");
    let wrapper = format!("[build]\nrustc-wrapper = \"{}\"\n", theirs.display());
    fs::write(settings.join("config.toml"), wrapper).expect("their settings");
    let workspace = folder.path().join("dispatch");
    package(&workspace, "one", "", "cdylib", "");
    let manifest = "[workspace]\nmembers = [\"one\"]\nresolver = \"3\"\n";
    fs::write(workspace.join("Cargo.toml"), manifest).expect("written");
    let by_itself =
        || Command::new("cargo").arg("check").current_dir(&workspace).output().expect("cargo runs");
    assert!(by_itself().status.success() && ran.exists(), "cargo by itself believes them");
    fs::remove_file(&ran).expect("it goes");
    let toolchain = find(Architecture::X64, Some(&host()), &Machine).expect("a toolchain").toolchain;
    // Also through a link: cargo resolves the real path.
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&workspace, &link).expect("a link");
    for (number, place) in [&workspace, &link].into_iter().enumerate() {
        let target = folder.path().join(format!("target-{number}"));
        build(&toolchain, place, &target, &mut |_| ()).unwrap_or_else(|error| panic!("{error}"));
        assert!(!ran.exists(), "their program ran for {}", place.display());
    }
}

/// cargo runs files in its folder.
#[cfg(unix)]
#[test]
fn a_folder_for_cargo_that_others_may_write_into_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().expect("a folder");
    let (cache, out, theirs) =
        (folder.path().join("cache"), folder.path().join("out"), folder.path().join("theirs"));
    fs::create_dir(&cache).expect("a folder");
    fs::write(&theirs, "theirs").expect("a file");
    let refused_at = |cache: &Path, code: &str| {
        let mut build = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
        build.args(["build", "examples/minimal/deploy.yaml", "--out"]).arg(&out);
        let output = build.env("KALLITHEA_IISC_CACHE", cache).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(code), "{said}");
    };
    let refused = |code: &str| refused_at(&cache, code);
    for mode in [0o777, 0o1777] {
        fs::set_permissions(&cache, fs::Permissions::from_mode(mode)).expect("rights");
        refused("KI388");
        assert_eq!(fs::read_dir(&cache).expect("the folder").count(), 0);
    }
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o755)).expect("rights");
    symlink(&theirs, cache.join("lock")).expect("a link");
    refused("KI386");
    assert_eq!(fs::read_to_string(&theirs).expect("their file"), "theirs");
    fs::remove_file(cache.join("lock")).expect("the link goes");
    // A user who can move a folder above can replace it, even one created later; also in the home of sudo's caller.
    let above = folder.path().join("above");
    for there_already in [true, false] {
        fs::create_dir_all(above.join("private")).expect("folders");
        let inner = if there_already { "private" } else { "private/new/cache" };
        let rights = |mode| fs::set_permissions(&above, fs::Permissions::from_mode(mode)).expect("rights");
        rights(0o777);
        refused_at(&above.join(inner), "KI388");
        rights(0o755);
        if std::os::unix::fs::chown(&above, Some(12345), None).is_ok() {
            refused_at(&above.join(inner), "KI388: ");
        } else {
            println!("not tried: only root gives folders away");
        }
        assert_eq!(fs::read_dir(above.join("private")).expect("the folder").count(), 0, "nothing is made");
        fs::remove_dir_all(&above).expect("it goes");
    }
}
