//! How long `build --no-dll` takes as a whole process, beside the same program doing nothing (`--version`).
//!
//! `cargo bench --bench build` builds the release program and prints a row per example. Each run is a new process
//! and writes into a folder that an earlier run has filled, as in daily use; a first row of each example writes
//! into none.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 31;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    println!("{:<28} {:>9} {:>9} {:>9} {:>7}", "whole process, ms", "least", "median", "most", "ratio");
    let floor = measure(|| run(&["--version".as_ref()]));
    show("--version", &floor, &floor);
    let mut examples: Vec<_> = fs::read_dir("examples")
        .expect("the examples")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    examples.sort();
    for example in examples {
        let name = example.file_name().expect("a name").to_string_lossy().into_owned();
        let spec = example.join("deploy.yaml");
        let fresh = measure(|| {
            let out = folder.path().join("fresh");
            fs::remove_dir_all(&out).ok();
            build(&spec, &out)
        });
        show(&format!("{name}, first"), &fresh, &floor);
        let again = measure(|| build(&spec, &folder.path().join(&name)));
        show(&format!("{name}, again"), &again, &floor);
    }
}

fn build(spec: &Path, out: &Path) -> Duration {
    run(&["build".as_ref(), "--no-dll".as_ref(), "-q".as_ref(), spec, "--out".as_ref(), out])
}

fn run(arguments: &[&Path]) -> Duration {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status().expect("the program starts");
    let taken = begun.elapsed();
    assert!(status.success(), "{arguments:?} failed");
    taken
}

/// Sorted times of the runs, after one that does not count.
fn measure(mut once: impl FnMut() -> Duration) -> Vec<Duration> {
    once();
    let mut times: Vec<Duration> = (0..RUNS).map(|_| once()).collect();
    times.sort();
    times
}

fn show(name: &str, times: &[Duration], floor: &[Duration]) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let median = |times: &[Duration]| milliseconds(times[times.len() / 2]);
    println!(
        "{name:<28} {:>9.2} {:>9.2} {:>9.2} {:>6.1}x",
        milliseconds(times[0]),
        median(times),
        milliseconds(times[times.len() - 1]),
        median(times) / median(floor)
    );
}
