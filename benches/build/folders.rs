//! Folders of many specs, compared with a program that only writes the same files.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::measure::{Run, Runs, milliseconds, own, run};

const SIZES: [usize; 3] = [250, 500, 1000];
const RUNS: usize = 3;

/// Prints a row per size and kind.
pub fn measure_all(folder: &Path) {
    println!(
        "\n{:<34} {:>9} {:>9} {:>12} {:>14} {:>9}",
        "folder of specs, ms", "least", "median", "processors", "µs a spec", "to first"
    );
    let rows: Vec<_> = SIZES.iter().map(|size| measure(folder, *size)).collect();
    let first: Vec<Duration> = rows[0].iter().map(|(_, runs)| runs.least() / 250).collect();
    for (kind, first) in first.iter().enumerate() {
        for (size, row) in SIZES.iter().zip(&rows) {
            let (name, runs) = &row[kind];
            show(&format!("{name}, {size}"), runs, *size, *first);
        }
    }
}

fn show(name: &str, runs: &Runs, size: usize, first: Duration) {
    let one = runs.least() / u32::try_from(size).expect("a small number");
    println!(
        "{name:<34} {:>9.0} {:>9.0} {:>12.0} {:>14.0} {:>9.2}",
        milliseconds(runs.least()),
        milliseconds(runs.median()),
        milliseconds(runs.processors()),
        milliseconds(one) * 1000.0,
        one.as_secs_f64() / first.as_secs_f64()
    );
}

/// The runs of each kind. Nothing is deleted between them: some file systems are slow to reuse the space of files that were
/// just deleted.
fn measure(folder: &Path, size: usize) -> Vec<(&'static str, Runs)> {
    let roots: Vec<PathBuf> =
        (0..RUNS).map(|number| specs(&folder.join(format!("{size}-{number}")), size)).collect();
    let each = |arguments: &[&str]| -> Runs {
        let words = arguments.iter().map(Path::new);
        Runs::of(
            roots
                .iter()
                .map(|root| run(&words.clone().chain([root.as_path()]).collect::<Vec<_>>()))
                .collect(),
        )
    };
    let checked = each(&["check", "-q"]);
    let built = each(&["build", "-q", "--no-dll"]);
    let again = each(&["build", "-q", "--no-dll"]);
    let compared = each(&["diff", "-q"]);
    let files = files(&roots[0].join("0000/out"));
    let bare = (0..RUNS).map(|number| write(&files, &folder.join(format!("{size}-bare-{number}")), size));
    vec![
        ("check", checked),
        ("build --no-dll, first", built),
        ("build --no-dll, again", again),
        ("diff", compared),
        ("nothing but the files", Runs::of(bare.collect())),
    ]
}

/// A folder of specs, each for a separate deployment.
fn specs(root: &Path, size: usize) -> PathBuf {
    let text = fs::read_to_string("examples/intranet-sso/deploy.yaml").expect("the example");
    for number in 0..size {
        let folder = root.join(format!("{number:04}"));
        fs::create_dir_all(&folder).expect("a folder");
        let own = text.replace("name: Kallithea\n", &format!("name: Kallithea {number}\n"));
        let own = own.replace("kallithea.corp", &format!("kallithea{number}.corp"));
        fs::write(folder.join("deploy.yaml"), own).expect("a spec");
    }
    root.to_owned()
}

/// Every file below a folder: its relative path and its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let bytes = fs::read(&path).expect("a file");
                    found.push((path.strip_prefix(folder).expect("below").to_owned(), bytes));
                }
            }
        }
    }
    found.sort();
    found
}

/// Writes these files the given number of times, on all processors.
fn write(files: &[(PathBuf, Vec<u8>)], root: &Path, size: usize) -> Run {
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let one = |number: usize| {
        let folder = root.join(format!("{number:04}/out"));
        for (path, bytes) in files {
            let place = folder.join(path);
            fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
            fs::write(place, bytes).expect("a file");
        }
    };
    own(|| {
        thread::scope(|scope| {
            for worker in 0..workers {
                scope.spawn(move || (worker..size).step_by(workers).for_each(one));
            }
        });
    })
}
