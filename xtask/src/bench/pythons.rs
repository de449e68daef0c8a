//! `cargo xtask bench --pythons`: the same Kallithea on Python 3.11 with Mercurial's Python code, on 3.11 with its C code, and on
//! 3.13 with its C code.
//!
//! In: the requirements that the compiler emits, and the Pythons of this machine. Out: for each operation and column the median of
//! the server's processor time. Absent: the bridge, which is the same in all; waitress serves instead, since a bridge needs a
//! Python with a shared library.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::spread::Spread;
use super::{Options, report};
use crate::command::{Log, command};
use crate::wheels::Wheels;
use crate::workshop::{Result, Workshop, announced, fresh_folder, remove};
use crate::{python, suites, wheels};

/// The operations, as `benches/pythons/visit.py` names them, and as the table does.
const OPERATIONS: [(&str, &str); 6] = [
    ("clone", "clone"),
    ("push", "push of 100 changesets"),
    ("pull", "pull of 100 changesets"),
    ("changelog", "page of the changelog"),
    ("changeset", "page of a changeset of 51 files"),
    ("annotate", "page of an annotated file"),
];

/// Kallithea's administrator, whom nobody can reach.
const ADMINISTRATOR: [&str; 3] = ["--user=admin", "--password=test-only", "--email=admin@example.com"];

/// One column of the table.
struct Column {
    name: &'static str,
    /// The version of Python.
    version: &'static str,
    /// What Mercurial's variables are set to, and the module that it then reads its indexes with.
    variables: [(&'static str, &'static str); 2],
    module: &'static str,
}

/// Mercurial's own variables, which leave the C code of its wheel unused.
const PURE: [(&str, &str); 2] = [("HGMODULEPOLICY", "py"), ("HGZSTDPOLICY", "none")];

/// The same variables, which insist on the C code.
const WITH_C: [(&str, &str); 2] = [("HGMODULEPOLICY", "c"), ("HGZSTDPOLICY", "vendored")];

/// The versions of Python that are measured.
const PYTHONS: [&str; 2] = ["3.11", "3.13"];

const COLUMNS: [Column; 3] = [
    Column {
        name: "3.11, Mercurial without C",
        version: PYTHONS[0],
        variables: PURE,
        module: "mercurial.pure.parsers",
    },
    Column {
        name: "3.11, Mercurial with C",
        version: PYTHONS[0],
        variables: WITH_C,
        module: "mercurial.cext.parsers",
    },
    Column {
        name: "3.13, Mercurial with C",
        version: PYTHONS[1],
        variables: WITH_C,
        module: "mercurial.cext.parsers",
    },
];

/// Seconds of each operation.
type Seconds = BTreeMap<String, Vec<f64>>;

/// Where everything is.
struct Place {
    folder: PathBuf,
    scripts: PathBuf,
}

impl Place {
    fn environment(&self, version: &str) -> PathBuf {
        self.folder.join(version).join("venv")
    }

    fn python(&self, version: &str) -> PathBuf {
        self.environment(version).join("bin/python")
    }

    fn ini(&self, version: &str) -> PathBuf {
        self.folder.join(version).join("my.ini")
    }

    fn repositories(&self) -> PathBuf {
        self.folder.join("repositories")
    }
}

/// Sets up what is missing, measures, and returns the section of the page.
pub fn run(workshop: &Workshop, options: Options) -> Result<String> {
    suites::build_compiler(workshop)?;
    let place = Place {
        folder: workshop.machines().join("bench-pythons"),
        scripts: workshop.root().join("benches/pythons"),
    };
    let columns = environments(workshop, &place)?;
    repositories(workshop, &place, columns[0].version)?;
    for version in PYTHONS {
        if columns.iter().any(|column| column.version == version) {
            kallithea(workshop.log(), &place, version)?;
        }
    }
    let before = report::load();
    let log = Log::create(workshop.machines().join("bench-pythons.log"))?;
    println!("Measuring, {} rounds (logs in {})", options.rounds, log.path().display());
    let measured = measure(&log, &place, &columns, options.rounds)?;
    Ok(text(&columns, &measured, &described(&place, &columns)?, options.rounds, &before))
}

/// The environments of the Pythons that this machine has; returns the columns that can be measured.
fn environments(workshop: &Workshop, place: &Place) -> Result<Vec<&'static Column>> {
    let wheels = wheels::setup(workshop, &python::find(workshop)?)?;
    let mut columns = Vec::new();
    for column in &COLUMNS {
        if let Some(program) = python::any(column.version) {
            environment(workshop, &wheels, place, column.version, &program)?;
            columns.push(column);
        } else {
            println!("  Python {} is not on this machine, and is not measured", column.version);
        }
    }
    if columns.is_empty() {
        Err(format!("this machine has none of the Pythons {PYTHONS:?}"))
    } else {
        Ok(columns)
    }
}

/// A virtual environment as on a server.
fn environment(
    workshop: &Workshop,
    wheels: &Wheels,
    place: &Place,
    version: &str,
    program: &Path,
) -> Result<()> {
    let environment = place.environment(version);
    let inputs = format!("{}\n{}\n{}", environment.display(), program.display(), wheels.of(version)?.text());
    let what = format!("Kallithea for Python {version}");
    workshop.step(&format!("bench-pythons-{version}"), &what, &inputs, |log| {
        fresh_folder(&place.folder.join(version))?;
        log.run(command(program, ["-m", "venv"]).arg(&environment))?;
        wheels.install_for_tests(workshop, version, &environment, &[])
    })
}

/// The repositories, made once by one of the Pythons, with Mercurial's C code.
fn repositories(workshop: &Workshop, place: &Place, version: &str) -> Result<()> {
    let folder = place.repositories();
    let script = place.scripts.join("repositories.py");
    let inputs =
        std::fs::read_to_string(&script).map_err(|error| format!("{}: {error}", script.display()))?;
    let inputs = format!("{}\n{inputs}", folder.display());
    workshop.step("bench-pythons-repositories", "A repository of 10,000 changesets", &inputs, |log| {
        fresh_folder(&folder)?;
        let mut make = command(place.python(version), [&script, &folder]);
        log.run(make.env("HGRCPATH", ""))
    })
}

/// An ini file and a database for one Python. Everybody may push: a client's password would be checked again with each request,
/// which takes more time than most of what is measured.
fn kallithea(log: &Log, place: &Place, version: &str) -> Result<()> {
    let folder = place.folder.join(version);
    let served = place.repositories().join("served");
    for leftover in ["my.ini", "kallithea.db", "data"] {
        remove(&folder.join(leftover))?;
    }
    announced(&format!("Kallithea's ini file and database for Python {version}"), || {
        let run = |arguments: &[&str]| {
            let mut python = command(place.python(version), arguments);
            log.run(python.current_dir(&folder).env("HGRCPATH", ""))
        };
        let cli = ["-c", "from kallithea.bin.kallithea_cli import cli; cli()"];
        run(&[&cli[..], &["config-create", "my.ini"]].concat())?;
        let repositories = format!("--repos={}", served.display());
        let create = ["db-create", "-c", "my.ini", "--force-yes", &repositories];
        run(&[&cli[..], &create, &ADMINISTRATOR].concat())?;
        run(&[&place.scripts.join("grant.py").to_string_lossy(), "my.ini"])
    })
}

/// Visits each column's server in turn; a round in the order of the columns, the next one backwards.
fn measure(log: &Log, place: &Place, columns: &[&Column], rounds: usize) -> Result<Vec<Seconds>> {
    let mut measured = vec![Seconds::new(); columns.len()];
    for round in 0..rounds {
        let mut order: Vec<_> = (0..columns.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for number in order {
            let what = format!("Round {}: {}", round + 1, columns[number].name);
            let said = announced(&what, || visit(log, place, columns[0].version, columns[number]))?;
            read(&said, &mut measured[number]);
        }
    }
    Ok(measured)
}

/// Starts a server, visits it by a client with this version of Python, and returns what was printed.
fn visit(log: &Log, place: &Place, client: &str, column: &Column) -> Result<String> {
    let script = place.scripts.join("visit.py");
    let mut visit = command(place.python(client), [script]);
    visit.arg(place.python(column.version)).arg(place.ini(column.version)).arg(place.repositories());
    log.output(visit.arg(column.module).envs(column.variables).env("HGRCPATH", ""))
}

/// Reads lines `operation seconds`; what else a server prints is ignored.
fn read(said: &str, seconds: &mut Seconds) {
    for (operation, value) in said.lines().filter_map(|line| line.split_once(' ')) {
        let is_known = OPERATIONS.iter().any(|(name, _)| *name == operation);
        if let (true, Ok(value)) = (is_known, value.parse()) {
            seconds.entry(operation.to_owned()).or_default().push(value);
        }
    }
}

/// The versions of Python and Mercurial.
fn described(place: &Place, columns: &[&Column]) -> Result<String> {
    const ASK: &str = "import platform, importlib.metadata as m\n\
        print('CPython', platform.python_version(), 'with Mercurial', m.version('mercurial'))";
    let mut found = Vec::new();
    for column in columns {
        let output = command(place.python(column.version), ["-c", ASK]).output();
        let output = output.map_err(|error| format!("Python {}: {error}", column.version))?;
        found.push(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    found.dedup();
    Ok(found.join(", "))
}

/// The section of the page. Writing to a String cannot fail, so the result of `writeln!` is ignored.
fn text(columns: &[&Column], measured: &[Seconds], described: &str, rounds: usize, before: &str) -> String {
    let mut text = String::from("| the server's processor time, ms |");
    for column in &COLUMNS {
        let _ = write!(text, " {} |", column.name);
    }
    text.push_str("\n|---|--:|--:|--:|\n");
    for (operation, name) in OPERATIONS {
        let _ = write!(text, "| {name} |");
        let first = measured.first().and_then(|seconds| middle(seconds, operation));
        for column in &COLUMNS {
            let place = columns.iter().position(|one| one.name == column.name);
            let seconds = place.and_then(|place| Some((place, middle(&measured[place], operation)?)));
            let _ = write!(text, " {} |", cell(seconds, first));
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "\nEach cell has the median, in brackets the least and the most, and then the ratio of the median to the first \
         column's. Rounds: {rounds}. {}; {described}. Load average before: {before}; after: {}.",
        report::system(),
        report::load()
    );
    text
}

/// One cell: the median, the range, and the ratio to the first column.
fn cell(found: Option<(usize, Spread)>, first: Option<Spread>) -> String {
    let Some((place, seconds)) = found else {
        return "not measured".to_owned();
    };
    let ratio = first.filter(|_| place > 0).map(|first| format!("; {:.2}", seconds.over(first).median));
    format!("{:.0}{}", seconds.times(1e3), ratio.unwrap_or_default())
}

/// The spread of an operation's seconds.
fn middle(seconds: &Seconds, operation: &str) -> Option<Spread> {
    Spread::of(seconds.get(operation)?.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(clone: &[f64]) -> Seconds {
        let mut seconds = Seconds::new();
        for one in clone {
            read(&format!("loading\nclone {one}\nelse 1.0\n"), &mut seconds);
        }
        seconds
    }

    #[test]
    fn a_cell_has_the_median_the_range_and_the_ratio() {
        let measured = [of(&[2.0, 4.0, 3.0]), of(&[1.5, 1.0, 1.75])];
        let text = text(&[&COLUMNS[0], &COLUMNS[1]], &measured, "", 3, "");
        assert!(
            text.contains("| clone | 3000 (2000 to 4000) | 1500 (1000 to 1750); 0.50 | not measured |"),
            "{text}"
        );
    }
}
