//! The targets of the bridge, and whether it reaches them.
//!
//! In: what was measured. Out: a [`Target`] for each. A bound holds at the median. "Not more than another server" fails only if
//! the ranges of the rounds are apart: otherwise the difference is noise. Absent: tolerance beyond that.

use super::machine::System;
use super::measure::{Figure, Measured};
use super::report::find;
use super::rows::{HELLO, HELLO_AT_ONCE, KALLITHEA, Row, STYLE, Scenario, Server, UPLOAD, rows};

const FLOOR_OF_HELLO: &str =
    "Linux, hello world, one worker, 1 client: less than 10 µs of processor time over the bare application's";

/// One target.
pub struct Target {
    /// The target in words.
    pub what: &'static str,
    /// The measured figures.
    pub found: String,
    /// Whether it is reached.
    pub met: bool,
}

impl Target {
    fn new(what: &'static str, found: String, met: bool) -> Self {
        Self { what, found, met }
    }

    fn unknown(what: &'static str) -> Self {
        Self::new(what, "could not be measured".into(), false)
    }
}

/// All targets.
pub fn all(measured: &[Measured]) -> Vec<Target> {
    vec![
        faster(
            measured,
            "hello world, 8 clients: at least 10 times the requests of the thread pool",
            (8, Server::Pool, 10.0),
        ),
        faster(
            measured,
            "hello world, 1 client: at least 3 times the requests of the simple handler",
            (1, Server::Simple, 3.0),
        ),
        never_more(
            measured,
            "no fewer requests than isapi-wsgi, in every row",
            |_| true,
            |figures| -figures.rate,
        ),
        never_more(measured, "no higher p99, in every row", |_| true, |figures| figures.p99),
        never_more(
            measured,
            "no more processor time for Kallithea's page and style sheet",
            |scenario| [&KALLITHEA, &STYLE].contains(&scenario),
            |figures| figures.cpu,
        ),
        never_more(
            measured,
            "no more memory on upload",
            |scenario| *scenario == UPLOAD,
            |figures| figures.growth,
        ),
        part_of(
            measured,
            "Linux, Kallithea's GET /: processor time within 3 % of the bare application's",
            (&KALLITHEA, Server::Floor, 1.03),
        ),
        part_of(
            measured,
            "Linux, Kallithea's style sheet: at most half of the processor time with `staticFiles: application`",
            (&STYLE, Server::Application, 0.5),
        ),
        floor_of_hello(measured, &HELLO, 1, FLOOR_OF_HELLO),
        floor_of_hello(measured, &HELLO, 8, "the same with 8 clients"),
        floor_of_hello(
            measured,
            &HELLO_AT_ONCE,
            1,
            "the same with 1 client that waits for 32 answers together",
        ),
    ]
}

fn faster(
    measured: &[Measured],
    what: &'static str,
    (clients, incumbent, times): (usize, Server, f64),
) -> Target {
    let of = |server| find(measured, System::Wine, &HELLO, clients, server, |figures| figures.rate);
    match (of(Server::Bridge), of(incumbent)) {
        (Some(bridge), Some(incumbent)) => {
            let ratio = bridge.over(incumbent).median;
            Target::new(what, format!("{ratio:.1} times"), ratio >= times)
        }
        _ => Target::unknown(what),
    }
}

/// Compares a figure of the bridge with those of both handlers of the incumbent. The less the better.
fn never_more(
    measured: &[Measured],
    what: &'static str,
    concerns: impl Fn(&Scenario) -> bool,
    figure: Figure,
) -> Target {
    let (mut less, mut alike, mut worse) = (0, 0, Vec::new());
    for Row { scenario, clients, .. } in rows(System::Wine).into_iter().filter(|row| concerns(row.scenario)) {
        let of = |server| find(measured, System::Wine, scenario, clients, server, figure);
        let row = format!("{} with {clients}", scenario.name);
        let Some(bridge) = of(Server::Bridge) else {
            worse.push(format!("{row}: no figure"));
            continue;
        };
        for incumbent in [Server::Simple, Server::Pool] {
            match of(incumbent) {
                Some(other) if bridge.least > other.most => {
                    worse.push(format!("{row}: {} is better", incumbent.name()));
                }
                Some(other) if bridge.most < other.least => less += 1,
                Some(_) => alike += 1,
                None => {}
            }
        }
    }
    let mut found = format!("the bridge is better in {less} comparisons, and {alike} are noise");
    worse.iter().for_each(|row| found.push_str(&format!("; {row}")));
    Target::new(what, found, less + alike > 0 && worse.is_empty())
}

/// Compares the processor time with a share of another server's, on Linux.
fn part_of(
    measured: &[Measured],
    what: &'static str,
    (scenario, other, share): (&Scenario, Server, f64),
) -> Target {
    let of = |server| find(measured, System::Linux, scenario, 1, server, |figures| figures.cpu);
    match (of(Server::Bridge), of(other)) {
        (Some(bridge), Some(other)) => {
            let ratio = bridge.over(other);
            let found = format!("{ratio:.2} ({bridge:.0} and {other:.0} µs)");
            Target::new(what, found, ratio.median <= share)
        }
        _ => Target::unknown(what),
    }
}

/// If a client waits for each answer, host and worker wake each other for every request. That cost counts here too.
fn floor_of_hello(measured: &[Measured], scenario: &Scenario, clients: usize, what: &'static str) -> Target {
    let of = |scenario, clients, server| {
        find(measured, System::Linux, scenario, clients, server, |figures| figures.cpu)
    };
    let (bridge, host) = (of(scenario, clients, Server::Bridge), of(scenario, clients, Server::Null));
    match (bridge, of(&HELLO, 1, Server::Floor), host) {
        (Some(bridge), Some(floor), Some(host)) => {
            let over = bridge.median - floor.median;
            let found = format!("{over:.1} µs ({bridge:.1} and {floor:.1} µs; the host alone has {host:.1})");
            Target::new(what, found, over < 10.0)
        }
        _ => Target::unknown(what),
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::Figures;
    use super::*;

    /// One row with Kallithea's page, and the processor times of bridge and thread pool.
    fn page(bridge: [f64; 3], pool: [f64; 3]) -> Target {
        let of = |server, cpu: [f64; 3]| Measured {
            system: System::Wine,
            row: Row { scenario: &KALLITHEA, clients: 1, servers: &[] },
            server,
            outcome: Ok(cpu.map(|cpu| Figures { cpu, ..Figures::default() }).into()),
        };
        let measured = [of(Server::Bridge, bridge), of(Server::Pool, pool)];
        let here = |scenario: &Scenario| *scenario == KALLITHEA;
        let mut target = never_more(&measured, "", here, |figures| figures.cpu);
        // The rows with more clients were not measured here.
        target.found = target.found.replace("; Kallithea's GET / with 8: no figure", "");
        target.found = target.found.replace("; Kallithea's GET / with 32: no figure", "");
        target
    }

    #[test]
    fn only_rounds_that_are_apart_tell_servers_apart() {
        let found = |bridge, pool| page(bridge, pool).found;
        assert_eq!(
            found([5.0, 6.0, 7.0], [6.5, 8.0, 9.0]),
            "the bridge is better in 0 comparisons, and 1 are noise"
        );
        assert_eq!(
            found([5.0, 6.0, 7.0], [7.5, 8.0, 9.0]),
            "the bridge is better in 1 comparisons, and 0 are noise"
        );
        assert!(
            found([5.0, 6.0, 7.0], [1.0, 2.0, 3.0]).ends_with("with 1: isapi-wsgi, thread pool is better")
        );
        assert!(!page([5.0, 6.0, 7.0], [1.0, 2.0, 3.0]).met);
    }
}
