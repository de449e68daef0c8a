//! Compares this program with another build of it, such as the one before a change: one run of each in turn.

use std::env;
use std::path::{Path, PathBuf};

use crate::measure::{PROGRAM, Runs, milliseconds, run_of};
use crate::{RUNS, build_arguments, plan_arguments};

/// The variable that names the other program.
const OTHER: &str = "KALLITHEA_IISC_BESIDE";

/// Prints a table of commands if the variable names a program. 1.00 means that both take the same time; less means that this
/// program is faster.
pub fn show(folder: &Path, examples: &[PathBuf], host_config: &Path) {
    let Some(other) = env::var_os(OTHER) else { return };
    let other = Path::new(&other);
    println!("\n{:<28} {:>9} {:>9} {:>7}", "beside another, median, ms", "other", "this", "ratio");
    for example in examples {
        let (spec, name) =
            (example.join("deploy.yaml"), example.file_name().unwrap_or_default().to_string_lossy());
        row(&format!("{name}, check"), other, |_| vec!["check".into(), spec.clone()]);
        row(&format!("{name}, build"), other, |program| {
            let out = folder.join(if program == other { "other" } else { "this" });
            std::fs::remove_dir_all(&out).ok();
            build_arguments(&spec, &out)
        });
    }
    row("plan, many locations", other, |_| plan_arguments(host_config));
}

fn row(name: &str, other: &Path, arguments: impl Fn(&Path) -> Vec<PathBuf>) {
    let once = |program: &Path| run_of(program, &arguments(program));
    let this = Path::new(PROGRAM);
    let (others, own): (Vec<_>, Vec<_>) = (0..RUNS).map(|_| (once(other), once(this))).unzip();
    let [others, own] = [others, own].map(|runs| milliseconds(Runs::of(runs).median()));
    println!("{name:<28} {others:>9.2} {own:>9.2} {:>7.2}", own / others);
}
