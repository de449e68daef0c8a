//! The shipped DLLs under Wine, with the official Windows Python, serve the torture application.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::LazyLock;

use serde_json::json;

use crate::torture::machine::Machine;
use crate::torture::{PLAIN, Stage, get};

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::wine);

crate::torture::scenarios!(&super::MACHINE);

#[test]
fn a_python_of_another_version_or_without_its_library_is_named() {
    let deployment = Stage::new(&MACHINE, "another version").deployment(PLAIN);
    let (home, python) = (deployment.place("Python"), deployment.place("Python").read_link());
    let python = python.expect("the test has made a link");
    let lay = |names: &[(&str, &str)]| {
        let _ = fs::remove_file(&home).or_else(|_| fs::remove_dir_all(&home));
        fs::create_dir_all(&home).expect("a folder of the machine can be made");
        for (from, to) in names {
            fs::copy(python.join(from), home.join(to)).expect("a library can be copied");
        }
    };
    let refused = |words: &str| {
        let run = deployment.run(json!({"requests": [get("")]})).clean();
        assert_eq!(run.status(0), "500 Internal Server Error");
        run.logged(&[words]);
        let _ = fs::remove_dir_all(deployment.place("logs"));
    };
    lay(&[("python313.dll", "python312.dll"), ("python3.dll", "python3.dll")]);
    refused(r"Python\python313.dll is missing. The spec says that Python 3.13 is there");
    let libraries = ["python313.dll", "python3.dll", "vcruntime140.dll", "vcruntime140_1.dll"];
    lay(&libraries.map(|name| (name, name)));
    refused("Python's standard library is missing");
}

/// Git for Windows starts a hook by the bare name of its interpreter, and finds it on the PATH.
#[test]
fn the_python_of_the_deployment_is_the_first_on_the_path_of_what_it_starts() {
    let deployment = Stage::new(&MACHINE, "path").deployment(PLAIN);
    let found = deployment.run(json!({"requests": [get("child")]})).clean().page(0);
    assert_eq!(found["path"][0], json!(deployment.seen("venv/Scripts")), "{found}");
    assert!(found["path"].as_array().is_some_and(|path| path.len() > 1), "the system's own is left: {found}");
    let python = found["python"].as_str().unwrap_or_default().to_lowercase();
    assert_eq!(python, deployment.seen("venv/Scripts/python.exe").to_lowercase());
}

/// A program started by C code gets the standard handles: they must be files at least.
#[test]
fn standard_handles_that_are_no_files_become_nothing() {
    let deployment = Stage::new(&MACHINE, "standard handles").deployment(PLAIN);
    for handles in ["invalid", "null", "stale", "event"] {
        let script = json!({"standard_handles": handles, "requests": [get("standard-handles")]});
        let report = deployment.seen("report.json");
        let run = deployment.play("bridge/_dispatch.dll", script, &["--report", &report]).clean();
        // The type of NUL is FILE_TYPE_CHAR.
        assert_eq!(run.page(0), json!([2, 2, 2]), "{handles}");
    }
}

/// Modules that import `python3XX.dll`, and one that imports `python3.dll`.
const EXTENSIONS: &str = "_cffi_backend,bcrypt._bcrypt";

#[test]
fn libraries_in_site_packages_are_never_loaded() {
    let deployment = Stage::new(&MACHINE, "planted libraries").deployment(PLAIN);
    let (home, packages) = (deployment.place("Python"), deployment.place("venv/Lib/site-packages"));
    for library in ["python3.dll", "python313.dll"] {
        // A library without any function of Python: loading it as Python fails.
        fs::copy(home.join("vcruntime140.dll"), packages.join(library)).expect("a library can be copied");
    }
    // Windows first looks for imports beside the module.
    let everything = deployment.drive().join("inetpub/kallithea/venv/Lib/site-packages");
    for (from, to) in [
        ("_cffi_backend.cp313-win_amd64.pyd", "_cffi_backend.cp313-win_amd64.pyd"),
        ("bcrypt/_bcrypt.pyd", "_bcrypt.pyd"),
    ] {
        fs::copy(everything.join(from), packages.join(to)).expect("a module can be copied");
    }
    let modules = format!("libraries?modules=_cffi_backend,_bcrypt,{EXTENSIONS}");
    let run = deployment.run(json!({"requests": [get(&modules)]})).clean();
    assert_eq!(
        run.page(0),
        json!([deployment.seen("Python/python3.dll"), deployment.seen("Python/python313.dll")])
    );
}

#[test]
fn the_embeddable_distribution_runs_beside_the_libraries_that_mercurial_brings() {
    let deployment = Stage::new(&MACHINE, "embeddable-39").deployment("torture-embeddable");
    let (original, home) = (deployment.drive().join("Python39"), deployment.place("Python39"));
    let packages = home.join("Lib/site-packages");
    fs::create_dir_all(&packages).expect("a folder of the machine can be made");
    for entry in fs::read_dir(&original).expect("the machine has an embeddable Python: `cargo xtask setup`") {
        let entry = entry.expect("an entry");
        let name = entry.file_name();
        if name != "Lib" && name != "python39._pth" {
            symlink(entry.path(), home.join(name)).expect("a link can be made");
        }
    }
    let paths = "python39.zip\n.\nLib\\site-packages\nC:\\Python39\\Lib\\site-packages\nimport site\n";
    fs::write(home.join("python39._pth"), paths).expect("a file can be written");
    fs::copy("tests/machines/torture/torture_app.py", packages.join("torture_app.py"))
        .expect("a file can be copied");
    for stray in ["python3.dll", "python39.dll"] {
        let stray = original.join("Lib/site-packages").join(stray);
        assert!(stray.is_file(), "{} is Mercurial's no more: this test shows nothing", stray.display());
    }
    let modules = format!("libraries?modules=mercurial.cext.parsers,{EXTENSIONS}");
    let run = deployment.run(json!({"requests": [get(&modules), get("environment")]})).clean();
    assert_eq!(
        run.page(0),
        json!([deployment.seen("Python39/python3.dll"), deployment.seen("Python39/python39.dll")])
    );
    let process = &run.page(1)["process"];
    assert_eq!(process["executable"], json!(deployment.seen("Python39/python.exe")));
}
