//! `cargo xtask bench --clients`: what a browser, hg and git wait for, from the bridge behind `serve` and from waitress.
//!
//! In: the Linux machine with Kallithea. Out: the tables that the scripts in `benches/clients` print. Absent: Wine, whose sockets
//! are not those of a server.

use super::machine::Machine;
use super::{Options, Programs, deploy, report};
use crate::command::{Log, command};
use crate::workshop::{Result, Workshop, announced};

/// Deploys Kallithea, measures, and returns the section of the page.
pub fn run(workshop: &Workshop, machine: &Machine, programs: &Programs, options: Options) -> Result<String> {
    let log = Log::create(workshop.machines().join("bench-clients.log"))?;
    deploy::kallithea(workshop, machine, &programs.compiler, &log)?;
    let before = report::load();
    println!("Measuring, {} rounds (logs in {})", options.rounds, log.path().display());
    let folder = workshop.machines().join("bench-streams");
    let script = |name: &str| {
        let mut python = machine.python();
        python.arg(workshop.root().join("benches/clients").join(name)).arg(&programs.compiler);
        python.arg(machine.place("deployed")).env("KALLITHEA_IISC_DRIVES", machine.drives());
        python
    };
    let rounds = options.rounds.to_string();
    let pages = announced("Pages, by Chromium", || log.output(script("pages.py").arg(&rounds)))?;
    // This changes the deployment's database, so it comes last.
    let streams =
        announced("Clones and pushes", || log.output(script("streams.py").arg(&folder).arg(&rounds)))?;
    let git = log.output(&mut command("git", ["--version"]))?;
    Ok(format!(
        "{}\n{}\nEach figure is the median of {rounds} rounds, in which the servers took turns; the brackets have the \
         least and the most. {}; CPython {}; {}. Load average before: {before}; after: {}.\n",
        table(&pages),
        table(&streams),
        report::system(),
        machine.version,
        git.trim(),
        report::load()
    ))
}

/// The lines of the table; a browser and its driver print others.
fn table(said: &str) -> String {
    said.lines().filter(|line| line.starts_with('|')).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn only_the_table_is_kept() {
        assert_eq!(table("[1:2] DevTools listening\n| a |\n|---|\nbye"), "| a |\n|---|\n");
    }
}
