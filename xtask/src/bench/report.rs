//! The figures as tables, with their targets and a description of the machine.
//!
//! In: the measurements. Out: Markdown. Absent: measuring.

use std::fmt::Write;

use super::machine::System;
use super::measure::{Figure, Measured};
use super::rows::{Row, Scenario, Server};
use super::spread::Spread;
use super::targets;

/// The whole report. Writing to a String cannot fail, so the result of `writeln!` is ignored.
pub fn text(measured: &[Measured], rounds: usize, python: &str, load_before: &str) -> String {
    let mut text = String::from("## Targets\n\n| target | found | |\n|---|---|---|\n");
    for target in targets::all(measured) {
        let verdict = if target.met { "met" } else { "**not met**" };
        let _ = writeln!(text, "| {} | {} | {verdict} |", target.what, target.found);
    }
    text.push_str("\n## Under Wine: bridge and incumbent\n\n");
    table(&mut text, measured, System::Wine);
    text.push('\n');
    text.push_str(&notes(measured));
    text.push_str("\n## On Linux: bridge with one worker, and bare application\n\n");
    table(&mut text, measured, System::Linux);
    text.push_str("\n## Where\n\n");
    text.push_str(&place(rounds, python, load_before));
    text
}

/// This system's load averages.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(", ")
}

/// A figure of one server under one load, if it was measured.
pub fn find(
    measured: &[Measured],
    system: System,
    scenario: &Scenario,
    clients: usize,
    server: Server,
    figure: Figure,
) -> Option<Spread> {
    let same = |one: &&Measured| {
        one.system == system
            && one.row.scenario == scenario
            && one.row.clients == clients
            && one.server == server
    };
    Spread::of(measured.iter().find(same)?.outcome.as_ref().ok()?.iter().map(figure))
}

fn table(text: &mut String, measured: &[Measured], system: System) {
    text.push_str(
        "| request | clients | | requests a second | bridge to this | median, ms | p99, ms | processor, µs | memory, MiB |\n\
         |---|--:|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for one in measured.iter().filter(|one| one.system == system) {
        let Row { scenario, clients, .. } = one.row;
        let of = |server, figure| find(measured, system, scenario, clients, server, figure);
        let cells = cells(one.server, of).unwrap_or_else(|| "fails | | | | |".to_owned());
        let _ = writeln!(text, "| {} | {clients} | {} | {cells} |", scenario.name, one.server.name());
    }
}

/// The cells of one server, unless it failed.
fn cells(server: Server, of: impl Fn(Server, Figure) -> Option<Spread>) -> Option<String> {
    let rate = of(server, |figures| figures.rate)?;
    let is_compared = server.is_incumbent() || matches!(server, Server::Application | Server::Floor);
    let bridge = of(Server::Bridge, |figures| figures.rate).filter(|_| is_compared);
    let ratio = bridge.map(|bridge| format!("{:.2}", bridge.over(rate).median)).unwrap_or_default();
    let [median, p99] =
        [of(server, |figures| figures.median / 1e3)?, of(server, |figures| figures.p99 / 1e3)?];
    let cpu = of(server, |figures| figures.cpu)?;
    let memory = match server {
        Server::Floor => String::new(),
        _ => format!("{:.1}", of(server, |figures| figures.growth / f64::from(1 << 20))?.median),
    };
    Some(format!("{rate:.0} | {ratio} | {:.3} | {p99:.3} | {cpu:.1} | {memory}", median.median))
}

/// Notes that a reader needs to understand the tables.
fn notes(measured: &[Measured]) -> String {
    let mut notes = String::from(
        "- isapi-wsgi 0.4.2 does not import on Python 3. It was translated by 2to3, and one line was put right, without which \
         every request with a body fails: `from io import StringIO` became `from io import BytesIO as StringIO`.\n\
         - The dispatch.py that Kallithea writes fails as it is loaded, since win32traceutil's streams have no `buffer`. In \
         the one that is measured, standard output and error go nowhere; and the thread pool does not take on the client's \
         identity, since the host has no token to give, which spares it four system calls a request.\n\
         - The simple handler runs on the thread of the caller; the host never has to wait for it.\n",
    );
    for failure in failures(measured) {
        let _ = writeln!(notes, "- {failure}.");
    }
    for one in measured.iter().filter(|one| one.row.clients == 1) {
        let rounds = one.outcome.iter().flatten();
        let violation = rounds.filter_map(|round| round.violation.as_ref()).next();
        let (row, server) = (one.row.scenario.name, one.server.name());
        if let Some(violation) = violation {
            let _ = writeln!(notes, "- {row}, {server}: the host objects: {violation}.");
        }
    }
    notes
}

/// Which servers failed, and why.
pub fn failures(measured: &[Measured]) -> Vec<String> {
    let failed = |one: &Measured| {
        let (why, row, server) = (one.outcome.as_ref().err()?, one.row, one.server.name());
        Some(format!("{}, clients: {}, {server}: fails with `{why}`", row.scenario.name, row.clients))
    };
    measured.iter().filter_map(failed).collect()
}

/// This system: its processors, memory and kernel.
pub fn system() -> String {
    let processor = line_of("/proc/cpuinfo", "model name");
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = line_of("/proc/meminfo", "MemTotal");
    let system = line_of("/etc/os-release", "PRETTY_NAME");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let system = system.trim_matches('"');
    format!("{processors} processors ({processor}), {memory} of memory; {system}, kernel {}", kernel.trim())
}

/// The machine, and its load.
fn place(rounds: usize, python: &str, load_before: &str) -> String {
    let wine = std::process::Command::new("wine").arg("--version").output();
    let wine =
        wine.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned());
    format!(
        "{}; {}; CPython 3.13.2 for Windows, this system's CPython {python} on Linux. Each figure is the median of {rounds} rounds; the \
         brackets have the least and the most. Each measurement is a process of its own, and the servers of a row take turns. Load average before: {load_before}; after: {}.\n",
        system(),
        wine.trim(),
        load()
    )
}

/// The text after a key in one of the system's files.
fn line_of(file: &str, key: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.map_or(String::new(), |line| line.trim_start_matches([':', '=', ' ', '\t']).trim().to_owned())
}
