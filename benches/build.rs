//! Measures how long the compiler takes as a whole process, compared with the same program doing nothing (`--version`).
//!
//! `cargo bench --bench build` builds the release program and prints four tables. Each run is a new process.
//!
//! - `build --no-dll` of each example, into a new folder and into one that an earlier run has filled, as in daily use; `check` of it; and
//!   `diff` with what was built.
//! - `plan` on an applicationHost.config of 213 KB with 140 locations.
//! - `lint` on an applicationHost.config of 700 KB, also with Microsoft's schema files if `KALLITHEA_IISC_IIS_SCHEMAS` names them; on a
//!   web.config and a server's file with 500 and 5,000 `<location>`s each; and on one element with 20,000 and 200,000 attributes. A ratio
//!   of 1.00 is linear.
//! - Folders of 250, 500 and 1,000 specs: checked; built into new folders; built again when everything is up to date; compared.
//!   The table also shows the time of a program that only writes the same files. The time for one spec is also given relative
//!   to that in the smallest folder: 1.00 is linear.
//!
//! `KALLITHEA_IISC_BESIDE` may name another build of the program, such as the one before a change. A fifth table then compares
//! the two, run in turn.

#[path = "build/beside.rs"]
mod beside;
#[path = "build/folders.rs"]
mod folders;
#[path = "build/lint.rs"]
mod lint;
#[path = "build/measure.rs"]
mod measure;
#[path = "../tests/it/merge/variants.rs"]
mod variants;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use measure::{Runs, measure, run};

/// How often each command runs for one row of a table.
const RUNS: usize = 31;

/// The spec that `plan` adds to a server's file.
const PLANNED: &str = "examples/intranet-sso/deploy.yaml";

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    println!("{:<28} {:>9} {:>9} {:>9} {:>7}", "whole process, ms", "least", "median", "most", "ratio");
    let floor = measure(RUNS, || run(&["--version"]));
    floor.show("--version", &floor);
    let examples = examples();
    build_examples(folder.path(), &examples, &floor);
    let host_config = plan(folder.path(), &floor);
    lint::show(folder.path(), &floor);
    beside::show(folder.path(), &examples, &host_config);
    folders::measure_all(folder.path());
}

fn examples() -> Vec<PathBuf> {
    let entries = fs::read_dir("examples").expect("the examples");
    let mut examples: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    examples.retain(|example| example.join("deploy.yaml").is_file());
    examples.sort();
    examples
}

fn build_examples(folder: &Path, examples: &[PathBuf], floor: &Runs) {
    for example in examples {
        let name = example.file_name().expect("a name").to_string_lossy().into_owned();
        let spec = example.join("deploy.yaml");
        let fresh = measure(RUNS, || {
            let out = folder.join("fresh");
            fs::remove_dir_all(&out).ok();
            run(&build_arguments(&spec, &out))
        });
        fresh.show(&format!("{name}, first"), floor);
        let again = measure(RUNS, || run(&build_arguments(&spec, &folder.join(&name))));
        again.show(&format!("{name}, again"), floor);
        let check: [&OsStr; 3] = ["check".as_ref(), "-q".as_ref(), spec.as_ref()];
        measure(RUNS, || run(&check)).show(&format!("{name}, check"), floor);
        let built = folder.join(&name);
        let diff: [&OsStr; 5] =
            ["diff".as_ref(), "-q".as_ref(), spec.as_ref(), "--against".as_ref(), built.as_ref()];
        measure(RUNS, || run(&diff)).show(&format!("{name}, diff"), floor);
    }
}

/// The arguments of a build without the DLLs.
fn build_arguments(spec: &Path, out: &Path) -> Vec<PathBuf> {
    vec!["build".into(), "--no-dll".into(), "-q".into(), spec.into(), "--out".into(), out.into()]
}

/// The arguments of a plan for a server's file.
fn plan_arguments(host_config: &Path) -> Vec<PathBuf> {
    vec!["plan".into(), "-q".into(), PLANNED.into(), "--host-config".into(), host_config.into()]
}

/// A server's file with many sites, and a deployment that it does not contain yet.
fn plan(folder: &Path, floor: &Runs) -> PathBuf {
    let all = variants::variants(include_str!("../tests/it/merge/server.config"));
    let (_, text) = all.into_iter().find(|(name, _)| *name == "many locations").expect("it is there");
    let file = folder.join("applicationHost.config");
    fs::write(&file, &text).expect("the file");
    let planned = measure(RUNS, || run(&plan_arguments(&file)));
    planned.show(&format!("plan, {} KB", text.len().div_ceil(1000)), floor);
    file
}
