//! Runs of the program, measured in clock time and processor time.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The cost of one run.
#[derive(Clone, Copy)]
pub struct Run {
    /// Clock time.
    pub clock: Duration,
    /// Time of all processors, in user and system mode; zero if it is not measured.
    pub processors: Duration,
}

/// Runs, shortest first.
pub struct Runs(Vec<Run>);

/// The program that is measured.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_kallithea-iisc");

/// Runs the program. The measurement fails unless the exit code is 0 or 1 (something found).
pub fn run(arguments: &[impl AsRef<OsStr>]) -> Run {
    run_of(Path::new(PROGRAM), arguments)
}

/// As [`run`], for any build of the program.
pub fn run_of(program: &Path, arguments: &[impl AsRef<OsStr>]) -> Run {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (begun, before) = (Instant::now(), processors("self", 15));
    let status = command.status().expect("the program starts");
    let (clock, processors) = (begun.elapsed(), processors("self", 15).saturating_sub(before));
    assert!(matches!(status.code(), Some(0 | 1)), "{command:?} failed");
    Run { clock, processors }
}

/// Measures work in this process itself.
pub fn own(work: impl FnOnce()) -> Run {
    let (begun, before) = (Instant::now(), processors("self", 13));
    work();
    Run { clock: begun.elapsed(), processors: processors("self", 13).saturating_sub(before) }
}

/// Runs of one kind, after one warm-up run that does not count.
pub fn measure(runs: usize, mut once: impl FnMut() -> Run) -> Runs {
    once();
    Runs::of((0..runs).map(|_| once()).collect())
}

impl Runs {
    /// Sorts runs that are in any order.
    pub fn of(mut runs: Vec<Run>) -> Self {
        runs.sort_by_key(|run| run.clock);
        Self(runs)
    }

    /// The shortest clock time.
    pub fn least(&self) -> Duration {
        self.0[0].clock
    }

    /// The median clock time.
    pub fn median(&self) -> Duration {
        self.0[self.0.len() / 2].clock
    }

    /// The least processor time of all runs.
    pub fn processors(&self) -> Duration {
        self.0.iter().map(|run| run.processors).min().unwrap_or_default()
    }

    /// Prints a row of the first table.
    pub fn show(&self, name: &str, floor: &Runs) {
        let most = self.0[self.0.len() - 1].clock;
        println!(
            "{name:<28} {:>9.2} {:>9.2} {:>9.2} {:>6.1}x",
            milliseconds(self.least()),
            milliseconds(self.median()),
            milliseconds(most),
            milliseconds(self.median()) / milliseconds(floor.median())
        );
    }
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The processor time of a process so far, from proc(5), in hundredths of a second. The fields count from 0: its own
/// time starts at field 13, that of its ended children at field 15.
fn processors(process: &str, field: usize) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let behind_the_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let fields = behind_the_name.split(' ').skip(field - 2).take(2);
    Duration::from_millis(fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}
