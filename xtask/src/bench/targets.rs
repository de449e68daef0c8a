//! The targets of the bridge, and whether it reaches them.
//!
//! In: what was measured. Out: a [`Target`] for each. Absent: tolerance.

use super::machine::System;
use super::measure::{Figures, Measured};
use super::report::find;
use super::rows::{HELLO, HELLO_AT_ONCE, KALLITHEA, Scenario, Server, UPLOAD, rows};

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
        in_every_row(measured, "a lower p99 in every row", &|_| true, |figures| figures.p99),
        in_every_row(measured, "less memory on upload", &|scenario| *scenario == UPLOAD, |figures| {
            figures.growth
        }),
        floor_of_kallithea(measured),
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
    let of = |server| find(measured, System::Wine, &HELLO, clients, server).map(|figures| figures.rate);
    match (of(Server::Bridge), of(incumbent)) {
        (Some(bridge), Some(incumbent)) => {
            let ratio = bridge / incumbent;
            Target::new(what, format!("{ratio:.1} times"), ratio >= times)
        }
        _ => Target::unknown(what),
    }
}

/// Compares a figure of the bridge with those of both handlers of the incumbent.
fn in_every_row(
    measured: &[Measured],
    what: &'static str,
    concerns: &dyn Fn(&Scenario) -> bool,
    figure: fn(&Figures) -> f64,
) -> Target {
    let (mut compared, mut worse) = (0, Vec::new());
    for row in rows(System::Wine).into_iter().filter(|row| concerns(row.scenario)) {
        let of = |server| find(measured, System::Wine, row.scenario, row.clients, server).map(figure);
        let Some(bridge) = of(Server::Bridge) else {
            worse.push(format!("{} with {}: no figure", row.scenario.name, row.clients));
            continue;
        };
        for incumbent in [Server::Simple, Server::Pool] {
            let Some(found) = of(incumbent) else { continue };
            compared += 1;
            if bridge >= found {
                let name = incumbent.name();
                worse.push(format!("{} with {}: {name} has less", row.scenario.name, row.clients));
            }
        }
    }
    let met = compared > 0 && worse.is_empty();
    let found = if met { format!("in all {compared} comparisons") } else { worse.join("; ") };
    Target::new(what, found, met)
}

fn floor_of_kallithea(measured: &[Measured]) -> Target {
    let what = "Linux, Kallithea's GET /: processor time within 3 % of the bare application's";
    let of = |server| find(measured, System::Linux, &KALLITHEA, 1, server).map(|figures| figures.cpu);
    match (of(Server::Bridge), of(Server::Floor)) {
        (Some(bridge), Some(floor)) => {
            let more = (bridge / floor - 1.0) * 100.0;
            Target::new(what, format!("{more:+.1} % ({bridge:.0} and {floor:.0} µs)"), more <= 3.0)
        }
        _ => Target::unknown(what),
    }
}

/// If a client waits for each answer, host and worker wake each other for every request. That cost counts here too.
fn floor_of_hello(measured: &[Measured], scenario: &Scenario, clients: usize, what: &'static str) -> Target {
    let of = |scenario, clients, server| {
        find(measured, System::Linux, scenario, clients, server).map(|figures| figures.cpu)
    };
    let (bridge, host) = (of(scenario, clients, Server::Bridge), of(scenario, clients, Server::Null));
    match (bridge, of(&HELLO, 1, Server::Floor), host) {
        (Some(bridge), Some(floor), Some(host)) => {
            let over = bridge - floor;
            let found = format!("{over:.1} µs ({bridge:.1} and {floor:.1} µs; the host alone has {host:.1})");
            Target::new(what, found, over < 10.0)
        }
        _ => Target::unknown(what),
    }
}
