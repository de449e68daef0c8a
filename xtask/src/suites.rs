//! `cargo xtask test`: every suite, and a table of what ran.
//!
//! In: the checkout, and perhaps the folder of the IIS checker. Out: whether everything passed. What needs the sources
//! alone runs while the Windows machine is laid down; then the suites of the Linux machine and those of the Windows
//! machine run side by side. A suite that fails does not stop the next one. Absent: the tests themselves.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::scope;
use std::time::Instant;

use crate::command::{Log, command};
use crate::lane::{Lane, cargo};
use crate::summary::{self, Counts};
use crate::wheels::Wheels;
use crate::workshop::{Result, Workshop, remove};
use crate::{checker, machines, matrix, rust, wine};

/// A variable of the environment that the tests look at.
type Variable = (&'static str, PathBuf);

/// The suites of the Linux machine.
const ON_LINUX: [(&str, &str); 7] = [
    ("toolchains of this machine", "toolchain"),
    ("killed at every step", "killed"),
    ("every route of Kallithea through IIS", "route_kallithea"),
    ("Kallithea's ini file", "ini_linux"),
    ("Kallithea on Linux", "kallithea_linux"),
    ("Kallithea's settings, with PostgreSQL and OpenLDAP", "settings_linux"),
    ("real clients through serve", "clients_linux"),
];

/// The suites of the Windows machine.
const ON_WINDOWS: [(&str, &str); 4] = [
    ("the bridge under Wine", "bridge_wine"),
    ("Kallithea under Wine", "kallithea_wine"),
    ("tools under Wine", "tools_wine"),
    ("a server's configuration under Wine", "server_wine"),
];

/// The tests that hold the project's own knowledge of IIS to Microsoft's files.
const OF_SCHEMAS: [&str; 4] = ["iis_schemas", "import", "lint", "merge"];

/// Our programs for Windows, as a debug build has them, and the variables that name them to the tests.
const PROGRAMS: [(&str, &str); 2] = [
    ("KALLITHEA_IISC_HOST_WINDOWS", "debug/isapi-host.exe"),
    ("KALLITHEA_IISC_WINDOWS", "debug/kallithea-iisc.exe"),
];

/// Where they are built, below `target/machines`.
const PROGRAMS_FOLDER: &str = "host";

/// Sets up what is missing, runs everything, and prints the table.
pub fn run(workshop: &Workshop, facts: Option<&Path>) -> Result<bool> {
    let facts =
        facts.map(|facts| facts.canonicalize().map_err(|error| format!("{}: {error}", facts.display())));
    let facts = facts.transpose()?;
    println!("Setting up (once; logs in {})", workshop.log().path().display());
    rust::setup_lints(workshop)?;
    rust::setup(workshop)?;
    let wheels = machines::setup_linux(workshop)?;
    println!("Testing (logs in {})", workshop.machines().join("test*.log").display());
    let begin = Instant::now();
    let mut sources = Lane::new(workshop, "test.log")?;
    let mut linux = Lane::new(workshop, "test-linux.log")?;
    let mut windows = Lane::new(workshop, "test-windows.log")?;
    scope(|scope| {
        let other = scope.spawn(|| set_up_windows(workshop, &wheels, &mut windows));
        test_sources(workshop, &mut sources);
        joined(other)
    })?;
    let _shutdown = wine::Shutdown(wine::folder(workshop));
    let mut variables = machines::variables(workshop).to_vec();
    variables.push(matrix::begun(workshop)?);
    variables.extend(PROGRAMS.map(|(variable, program)| {
        (variable, rust::windows_folder(&workshop.machines().join(PROGRAMS_FOLDER)).join(program))
    }));
    scope(|scope| {
        let other =
            scope.spawn(|| ON_WINDOWS.map(|(name, test)| windows.machine_test(name, &[test], &variables)));
        let outcome = test_on_linux(workshop, &mut linux, facts.as_deref(), &variables);
        joined(other);
        outcome
    })?;
    let outcomes = [sources, linux, windows].map(Lane::outcomes).into_iter().flatten().collect::<Vec<_>>();
    println!("{}", matrix::gathered(workshop)?);
    println!("{}", summary::table(&outcomes, begin.elapsed()));
    Ok(summary::passed(&outcomes))
}

/// The examples' names, in order.
pub fn examples(workshop: &Workshop) -> Result<Vec<String>> {
    let folder = workshop.root().join("examples");
    let trouble = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(trouble)? {
        let entry = entry.map_err(trouble)?;
        if entry.path().join("deploy.yaml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The compiler, as cargo builds it, with these arguments.
pub fn compiler(workshop: &Workshop, arguments: &[&str]) -> Command {
    let mut cargo = cargo(workshop, &["run", "--quiet", "--bin", "kallithea-iisc", "--"]);
    cargo.args(arguments);
    cargo
}

/// The compiler as it was built with the tests, beside this program. It is for what runs side by side: cargo would build
/// it anew.
pub fn built_compiler(workshop: &Workshop, arguments: &[&str]) -> Result<Command> {
    let own =
        std::env::current_exe().map_err(|error| format!("cannot tell where this program is: {error}"))?;
    let mut compiler = command(own.with_file_name("kallithea-iisc"), arguments);
    compiler.current_dir(workshop.root()).env("KALLITHEA_IISC_CACHE", workshop.machines().join("cache"));
    Ok(compiler)
}

/// Waits for a thread, whose panic is this one's.
fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// What needs nothing but the sources and the Linux machine's Python; and then the other tests are built.
fn test_sources(workshop: &Workshop, lane: &mut Lane<'_>) {
    lane.check("formatting", cargo(workshop, &["fmt", "--all", "--", "--check"]));
    let lints =
        ["clippy", "--workspace", "--all-targets", "--all-features", "--quiet", "--", "-D", "warnings"];
    lane.check("lints", cargo(workshop, &lints));
    let machines = machines::variables(workshop);
    lane.cargo_test("unit, golden and command line tests", &["--workspace"], &machines);
    let on_machines = ON_LINUX.iter().chain(&ON_WINDOWS).map(|(_, test)| *test);
    lane.build_machine_tests("building the other tests", &on_machines.chain(OF_SCHEMAS).collect::<Vec<_>>());
}

/// Lays down the Windows machine, and builds our programs for it.
fn set_up_windows(workshop: &Workshop, wheels: &Wheels, lane: &mut Lane<'_>) -> Result<()> {
    machines::setup_windows(workshop, wheels)?;
    let mut cargo = rust::cargo_for_windows(&["build", "--quiet", "--bins"]);
    cargo.current_dir(workshop.root()).arg("--target-dir").arg(workshop.machines().join(PROGRAMS_FOLDER));
    // Nobody debugs it there, and the debug information takes longer than the rest.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "false");
    lane.check("compiler and isapi-host for Windows", cargo);
    Ok(())
}

/// What the Windows machine is not needed for.
fn test_on_linux(
    workshop: &Workshop,
    lane: &mut Lane<'_>,
    facts: Option<&Path>,
    variables: &[Variable],
) -> Result<()> {
    for name in examples(workshop)? {
        lane.suite(&format!("golden/{name}: both DLLs for Windows"), |log| golden(workshop, &name, log));
    }
    if let Some(facts) = facts {
        let schemas = [
            ("KALLITHEA_IISC_IIS_SCHEMAS", facts.join("iis-schema")),
            ("KALLITHEA_IISC_IIS_SAMPLES", facts.join("samples/applicationHost")),
        ];
        lane.machine_test("our tables of IIS against the schema files", &OF_SCHEMAS, &schemas);
        let mut left_out = Vec::new();
        lane.suite("IIS files against the schema files", |log| {
            checker::check_all(workshop, facts, log, &mut left_out)
        });
        print!("{}", left_out.iter().map(|one| format!("    left out: {one}\n")).collect::<String>());
    }
    for (name, test) in ON_LINUX {
        lane.machine_test(name, &[test], variables);
    }
    Ok(())
}

/// A golden's bridge, compiled for Windows from the example that the golden belongs to.
fn golden(workshop: &Workshop, name: &str, log: &Log) -> Result<(Counts, String)> {
    let spec = format!("examples/{name}/deploy.yaml");
    let out = workshop.machines().join("goldens").join(name);
    remove(&out)?;
    let build = ["build", &spec, "--out", &out.to_string_lossy()];
    let (built, mut text) = log.attempt(&mut built_compiler(workshop, &build)?)?;
    let diff = ["diff", &spec, "--against", &format!("golden/{name}")];
    let (same, differences) = log.attempt(&mut built_compiler(workshop, &diff)?)?;
    text.push_str(&differences);
    Ok((Counts::one(built && same && has_both_libraries(&out)), text))
}

fn has_both_libraries(out: &Path) -> bool {
    let libraries = std::fs::read_dir(out.join("bin")).into_iter().flatten().flatten();
    libraries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "dll")).count()
        >= 2
}
