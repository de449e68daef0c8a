//! The shipped DLLs under Wine, with the official Windows Python, serve the torture application.
#![cfg(target_os = "linux")]

mod torture;

use std::fs;
use std::sync::LazyLock;

use serde_json::json;
use torture::machine::Machine;
use torture::{PLAIN, Stage, get};

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::wine);

torture::scenarios!();

#[test]
fn a_python_of_another_version_or_without_its_library_is_named() {
    let deployment = Stage::new(&MACHINE, "another version").deployment(PLAIN);
    let (home, python) = (deployment.place("Python311"), deployment.place("Python311").read_link());
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
    lay(&[("python311.dll", "python312.dll"), ("python3.dll", "python3.dll")]);
    refused(r"Python311\python311.dll is missing. The spec says that Python 3.11 lies there");
    let libraries = ["python311.dll", "python3.dll", "vcruntime140.dll", "vcruntime140_1.dll"];
    lay(&libraries.map(|name| (name, name)));
    refused("Python's standard library is missing");
}
