//! Runs every server under every load, in turn.
//!
//! In: a machine with everything set up. Out: for each row and server the figures of its rounds, or the reason why
//! there are none. Each measurement is a separate process. A round goes through the servers of a row one after the
//! other, and the next round goes in the opposite order. Absent: what the figures mean.

use std::process::Command;

use super::incumbent;
use super::machine::{Machine, System};
use super::rows::{Row, Scenario, Server, rows};
use crate::command::Log;
use crate::workshop::{Result, announced};

/// The result of one server under one load.
pub struct Measured {
    /// The machine.
    pub system: System,
    /// The load.
    pub row: Row,
    /// The server.
    pub server: Server,
    /// The figures of each round that gave some, or the reason why most gave none.
    pub outcome: Result<Vec<Figures>>,
}

/// The figures of one server in one round.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Requests per second.
    pub rate: f64,
    /// Microseconds from the call to completion, as the median.
    pub median: f64,
    /// The same at the 99th percentile.
    pub p99: f64,
    /// Microseconds of processor time per request, all processors together.
    pub cpu: f64,
    /// Bytes by which the process's memory grew at most; not measured for the floor.
    pub growth: f64,
    /// How often a server did something with a request that IIS would not forgive.
    pub violations: f64,
    /// The first of these, in the host's words.
    pub violation: Option<String>,
}

/// One of the figures.
pub type Figure = fn(&Figures) -> f64;

/// Measures everything on one machine.
pub fn all(machine: &Machine, rounds: usize, log: &Log) -> Result<Vec<Measured>> {
    let mut measured = Vec::new();
    for row in rows(machine.system) {
        let what = format!("{:?}: {}, clients: {}", machine.system, row.scenario.name, row.clients);
        measured.extend(announced(&what, || one_row(machine, row, rounds, log))?);
    }
    Ok(measured)
}

fn one_row(machine: &Machine, row: Row, rounds: usize, log: &Log) -> Result<Vec<Measured>> {
    let mut found: Vec<Vec<Result<Figures>>> = row.servers.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        let mut order: Vec<_> = (0..row.servers.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for number in order {
            let mut command = command(machine, row, row.servers[number]);
            let (success, said) = log.attempt(&mut command)?;
            found[number].push(if success { Ok(read(&said)) } else { Err(reason(&said)) });
        }
    }
    let measured = row.servers.iter().zip(found).map(|(&server, rounds)| Measured {
        system: machine.system,
        row,
        server,
        outcome: most(rounds),
    });
    Ok(measured.collect())
}

/// The program that measures one server.
fn command(machine: &Machine, row: Row, server: Server) -> Command {
    let Row { scenario, clients, .. } = row;
    let deployment = scenario.deployment;
    let (mut driver, library) = match server {
        Server::Bridge => {
            (machine.driver(), machine.path(&format!("deployed/{deployment}/bridge/_dispatch.dll")))
        }
        Server::Application => {
            (machine.driver(), machine.path("deployed/bench-application/bridge/_dispatch.dll"))
        }
        Server::Simple => (incumbent::driver(machine, "simple", deployment), incumbent::library(machine)),
        Server::Pool => (incumbent::driver(machine, "pool", deployment), incumbent::library(machine)),
        Server::Null => (machine.driver(), machine.null_extension()),
        Server::Floor => return floor(machine, scenario),
    };
    let number = |number: usize| number.to_string();
    driver.args(["serve", &library, "--first", scenario.first, "--url", scenario.url]);
    driver.args(["--clients", &number(clients), "--at-once", &number(scenario.at_once)]);
    driver.args(["--requests", &number(scenario.requests(machine.system))]);
    driver.args(["--warm-up", &number(scenario.warm_up(machine.system))]);
    if let Some(size) = scenario.upload {
        driver.args(["--upload", &number(size)]);
    }
    driver
}

/// The bare application, run in the library that the bridge embeds.
fn floor(machine: &Machine, scenario: &Scenario) -> Command {
    let environment = match scenario.deployment {
        "bench-plain" => "deployed/bench-plain/venv",
        _ => "inetpub/kallithea/venv",
    };
    let mut driver = machine.driver();
    driver.env("PYTHONHOME", machine.path("Python"));
    driver.args([
        "python",
        &machine.path(&format!("Python/lib/libpython{}.so.1.0", machine.version)),
        concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/floor.py"),
    ]);
    driver.arg(machine.path(&machine.packages(environment)));
    driver.arg(machine.path(&format!("deployed/{}/my.ini", scenario.deployment)));
    driver.arg(scenario.url);
    driver.arg(scenario.requests(machine.system).to_string());
    driver.arg(scenario.warm_up(machine.system).to_string());
    driver
}

/// Reads lines `name value`; other output of a program is ignored.
fn read(said: &str) -> Figures {
    let mut figures = Figures::default();
    for (name, value) in said.lines().filter_map(|line| line.split_once(' ')) {
        let number = value.trim().parse();
        match (name, number) {
            ("rate", Ok(number)) => figures.rate = number,
            ("median", Ok(number)) => figures.median = number,
            ("p99", Ok(number)) => figures.p99 = number,
            ("cpu", Ok(number)) => figures.cpu = number,
            ("growth", Ok(number)) => figures.growth = number,
            ("violations", Ok(number)) => figures.violations = number,
            ("violation", _) => figures.violation = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    figures
}

/// The last line that a failed program printed.
fn reason(said: &str) -> String {
    said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it ended without a word").to_owned()
}

/// The figures of the rounds that gave some, if most did; otherwise the last reason.
fn most(rounds: Vec<Result<Figures>>) -> Result<Vec<Figures>> {
    let (good, bad): (Vec<_>, Vec<_>) = rounds.into_iter().partition(Result::is_ok);
    match bad.into_iter().filter_map(Result::err).collect::<Vec<_>>() {
        bad if bad.len() >= good.len() => Err(bad.last().cloned().unwrap_or("nothing was measured".into())),
        _ => Ok(good.into_iter().flatten().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_among_other_words() {
        let said = "Redirecting output\nrate 1234.5\np99 80.25\nviolations 3\nviolation headers sent twice\n";
        let figures = read(said);
        assert_eq!((figures.rate, figures.p99, figures.violations), (1234.5, 80.25, 3.0));
        assert_eq!(figures.violation.as_deref(), Some("headers sent twice"));
    }

    #[test]
    fn a_lone_failure_does_not_count() {
        let round = |rate| Ok(Figures { rate, ..Figures::default() });
        let rounds = vec![round(1.0), Err("Wine".into()), round(9.0), round(2.0)];
        let rates = most(rounds).map(|rounds| rounds.iter().map(|round| round.rate).collect());
        assert_eq!(rates, Ok(vec![1.0, 9.0, 2.0]));
        assert_eq!(most(vec![Err("one".into()), Err("two".into()), round(1.0)]), Err("two".into()));
        assert!(most(Vec::new()).is_err());
    }
}
