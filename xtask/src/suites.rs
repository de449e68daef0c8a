//! `cargo xtask test`: every suite, and a table of what ran.
//!
//! In: the checkout, and perhaps the folder of the IIS checker. Out: whether everything passed. Three threads wait for each
//! other only if they must: one sets up the Linux machine; one sets up the Windows machine and then runs its suites; and one
//! builds everything, checks the sources, and then runs the suites of the Linux machine. The second takes some of those if it
//! finishes earlier. A suite that fails does not stop the next one. Absent: the tests themselves.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::scope;
use std::time::Instant;

use crate::command::{Log, command};
use crate::lane::{BUILD, Lane, cargo};
use crate::summary::{self, Counts, Outcome};
use crate::wheels::Wheels;
use crate::workshop::{Result, Workshop, announced, remove};
use crate::{checker, dist, ended, machines, matrix, others, rust, scripts, wine};

/// An environment variable that the tests read.
pub type Variable = (&'static str, PathBuf);

/// A suite's name, and its module in `tests/machines`.
pub type Suite = (&'static str, &'static str);

/// The test binary with all suites that need a machine.
const OF_MACHINES: &str = "machines";

/// The suites of the Linux machine, the longest first: the first free lane takes the next one.
const ON_LINUX: [Suite; 13] = [
    ("Kallithea's settings, with PostgreSQL and OpenLDAP", "settings_linux"),
    ("real clients through serve", "clients_linux"),
    ("Kallithea on Linux", "kallithea_linux"),
    ("the bridge on Linux", "bridge_linux"),
    ("tools on Linux", "tools_linux"),
    ("the running server and its promises", "verify_linux"),
    ("killed at every step", "killed"),
    ("what others put in the way", "planted"),
    ("an editor and the language server", "neovim"),
    ("completions in bash, zsh and fish", "shells"),
    ("toolchains of this machine", "toolchain"),
    ("use this ini file of Kallithea", "ini_linux"),
    ("every route of Kallithea through IIS", "route_kallithea"),
];

/// The suites of the Windows machine.
const ON_WINDOWS: [Suite; 5] = [
    ("the bridge under Wine", "bridge_wine"),
    ("Kallithea under Wine", "kallithea_wine"),
    ("tools under Wine", "tools_wine"),
    ("the running server, asked from Windows", "verify_wine"),
    ("a server's configuration under Wine", "server_wine"),
];

/// The test that compares the library's knowledge of IIS with Microsoft's files.
const OF_SCHEMAS: &str = "schemas";

/// The tests of sources, and those of their modules that need real files from servers.
const OF_SOURCES: (&str, &str) = ("it", "real::");

/// Our programs for Windows, as a debug build has them, and the environment variables that name them to the tests.
const PROGRAMS: [(&str, &str); 2] =
    [("KALLITHEA_IISC_HOST_WINDOWS", "isapi-host.exe"), ("KALLITHEA_IISC_WINDOWS", "kallithea-iisc.exe")];

/// The arguments that make cargo build the compiler, and little else, exactly as it does for all tests.
const SMALLEST: [&str; 2] = ["--bench", "build"];

/// The message of a thread that stops because one that it waits for has failed, and says why.
const LEFT_OUT: &str = "something that had to come first failed";

/// What the threads of a run share.
struct Run<'a> {
    workshop: &'a Workshop,
    facts: Option<PathBuf>,
    variables: Vec<Variable>,
    /// The suites of [`ON_LINUX`] that no lane has taken yet.
    left: Mutex<VecDeque<Suite>>,
}

/// Sets up what is missing, runs everything, and prints the table.
pub fn run(workshop: &Workshop, facts: Option<&Path>) -> Result<bool> {
    let facts =
        facts.map(|facts| facts.canonicalize().map_err(|error| format!("{}: {error}", facts.display())));
    let left = Mutex::new(VecDeque::from(ON_LINUX));
    let run = Run { workshop, facts: facts.transpose()?, variables: variables(workshop)?, left };
    println!("Setting up (once) and testing (logs in {})", workshop.machines().join("*.log").display());
    rust::setup_lints(workshop)?;
    let begin = Instant::now();
    let mut sources = Lane::new(workshop, "test.log")?;
    let mut linux = Lane::new(workshop, "test-linux.log")?;
    let mut windows = Lane::new(workshop, "test-windows.log")?;
    let _shutdown = wine::Shutdown(wine::folder(workshop));
    let ended = run.side_by_side(&mut sources, &mut linux, &mut windows);
    let mut outcomes =
        [sources, linux, windows].map(Lane::outcomes).into_iter().flatten().collect::<Vec<_>>();
    if ended.is_err() {
        // What ran until then is still reported.
        let failures = "    The error is below.\n".to_owned();
        outcomes.push(Outcome {
            name: "setting up".to_owned(),
            counts: Counts::one(false),
            failures,
            seconds: 0.0,
        });
    }
    println!("{}", matrix::gathered(workshop)?);
    print!("{}", ended::gathered(workshop));
    println!("{}", summary::table(&outcomes, begin.elapsed()));
    ended?;
    Ok(summary::passed(&outcomes))
}

impl Run<'_> {
    fn side_by_side(
        &self,
        sources: &mut Lane<'_>,
        linux: &mut Lane<'_>,
        windows: &mut Lane<'_>,
    ) -> Result<()> {
        let (compiler_built, compiler) = channel();
        let (tests_built, tests) = channel();
        let (wheels_fetched, wheels) = channel();
        let [(linux_laid_down, linux_machine), (linux_laid_down_too, linux_for_windows)] =
            [(); 2].map(|()| channel());
        let failures = scope(|scope| {
            let threads = [
                scope.spawn(move || {
                    self.set_up_linux(&compiler, wheels_fetched, [linux_laid_down, linux_laid_down_too])
                }),
                scope.spawn(move || self.on_windows(windows, &wheels, &linux_for_windows, &tests)),
                scope.spawn(move || {
                    self.build(sources, compiler_built, tests_built)?;
                    awaited(&linux_machine)?;
                    self.test_sources(sources)?;
                    self.test_on_linux(linux)
                }),
            ];
            threads.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).err())
        });
        let mut failures: Vec<_> = failures.into_iter().flatten().collect();
        failures.sort_by_key(|failure| failure == LEFT_OUT);
        failures.into_iter().next().map_or(Ok(()), Err)
    }

    /// Sets up the Linux machine, and tells the other threads how far it is.
    fn set_up_linux(
        &self,
        compiler: &Receiver<()>,
        fetched: Sender<Wheels>,
        done: [Sender<()>; 2],
    ) -> Result<()> {
        rust::setup(self.workshop)?;
        let (python, wheels) = machines::fetch(self.workshop, || awaited(compiler))?;
        tell(&fetched, wheels.clone());
        machines::setup_linux(self.workshop, &python, &wheels)?;
        done.iter().for_each(|done| tell(done, ()));
        Ok(())
    }

    /// Builds the compiler first, because it says what the machines consist of; then builds the tests, and runs the
    /// lints.
    fn build(&self, lane: &mut Lane<'_>, compiler: Sender<()>, tests: Sender<()>) -> Result<()> {
        let workshop = self.workshop;
        lane.check("formatting", cargo(workshop, &["fmt", "--all", "--", "--check"]));
        build_compiler(workshop)?;
        tell(&compiler, ());
        lane.check("building the tests", cargo(workshop, &[&["test", "--no-run"][..], &BUILD].concat()));
        let lints =
            ["clippy", "--workspace", "--all-targets", "--all-features", "--quiet", "--", "-D", "warnings"];
        lane.check("lints", cargo(workshop, &lints));
        // This must come after the lints, because cargo blocks all others during them.
        tell(&tests, ());
        Ok(())
    }

    /// Tests that need only the sources, the Linux machine's Python, and perhaps Microsoft's files.
    fn test_sources(&self, lane: &mut Lane<'_>) -> Result<()> {
        let machines = machines::variables(self.workshop);
        let tests = tests_of_sources(self.workshop)?;
        let mut arguments = [&BUILD[..], &["--lib", "--bins"]].concat();
        arguments.extend(tests.iter().flat_map(|test| ["--test", test]));
        arguments.extend(["--", "--skip", OF_SOURCES.1]);
        lane.cargo_test("unit, golden and command line tests", &arguments, &machines);
        lane.cargo_test("examples in the documentation", &[&BUILD[..], &["--doc"]].concat(), &machines);
        match &self.facts {
            Some(facts) => {
                let schemas = [
                    ("KALLITHEA_IISC_IIS_SCHEMAS", facts.join("iis-schema")),
                    ("KALLITHEA_IISC_IIS_SAMPLES", facts.join("samples/applicationHost")),
                ];
                lane.machine_test("our tables of IIS against the schema files", OF_SCHEMAS, &[], &schemas);
                let (test, real) = OF_SOURCES;
                lane.machine_test("real files of servers", test, &[real], &schemas);
            }
            None => println!(
                "    left out: our tables of IIS, and real files of servers: --facts names no folder"
            ),
        }
        Ok(())
    }

    /// Tests that do not need the Windows machine.
    fn test_on_linux(&self, lane: &mut Lane<'_>) -> Result<()> {
        let workshop = self.workshop;
        for name in examples(workshop)? {
            lane.suite(&format!("golden/{name}: both DLLs for Windows"), |log| golden(workshop, &name, log));
        }
        if let Some(facts) = &self.facts {
            let mut left_out = Vec::new();
            lane.suite("IIS files against the schema files", |log| {
                checker::check_all(workshop, facts, log, &mut left_out)
            });
            print!("{}", left_out.iter().map(|one| format!("    left out: {one}\n")).collect::<String>());
        }
        others::run(lane, workshop, &self.variables)?;
        self.test_what_is_left(lane);
        Ok(())
    }

    /// The suites of the Linux machine that no other lane has taken.
    fn test_what_is_left(&self, lane: &mut Lane<'_>) {
        let next = || self.left.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        while let Some(suite) = next() {
            run_suite(lane, suite, &self.variables);
        }
    }

    /// Sets up the Windows machine, builds our programs for it, and runs its suites.
    fn on_windows(
        &self,
        lane: &mut Lane<'_>,
        wheels: &Receiver<Wheels>,
        linux: &Receiver<()>,
        tests: &Receiver<()>,
    ) -> Result<()> {
        let workshop = self.workshop;
        machines::setup_windows(workshop, || awaited(wheels), || awaited(linux))?;
        lane.check("compiler and isapi-host for Windows", rust::programs_for_windows(workshop));
        awaited(tests)?;
        wine::start(&wine::folder(workshop))?;
        dist::check(lane, workshop);
        for suite in ON_WINDOWS {
            run_suite(lane, suite, &self.variables);
        }
        scripts::run_if_possible(lane, self.facts.as_deref(), &self.variables);
        self.test_what_is_left(lane);
        Ok(())
    }
}

/// Runs the module of a suite that needs a machine.
pub fn run_suite(lane: &mut Lane<'_>, (name, module): Suite, variables: &[Variable]) {
    lane.machine_test(name, OF_MACHINES, &[&format!("{module}::")], variables);
}

/// Waits for another thread's message.
fn awaited<T>(receiver: &Receiver<T>) -> Result<T> {
    receiver.recv().map_err(|_| LEFT_OUT.to_owned())
}

/// Sends a message to another thread, which may have failed and no longer receive.
fn tell<T>(sender: &Sender<T>, what: T) {
    let _ = sender.send(what);
}

/// The environment variables for the tests on the machines.
pub fn variables(workshop: &Workshop) -> Result<Vec<Variable>> {
    let mut variables = machines::variables(workshop).to_vec();
    variables.push(matrix::begun(workshop)?);
    variables.push(ended::begun(workshop)?);
    variables.extend(
        PROGRAMS.map(|(variable, program)| (variable, rust::programs_folder(workshop).join(program))),
    );
    Ok(variables)
}

/// The names of the tests of all packages, except those that need a machine or Microsoft's files.
fn tests_of_sources(workshop: &Workshop) -> Result<Vec<String>> {
    let manifest = workshop.root().join("Cargo.toml");
    let text =
        std::fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let mut names = Vec::new();
    for package in members(&text).ok_or("Cargo.toml names no members")?.iter().chain([&"."]) {
        let folder = workshop.root().join(package).join("tests");
        // Not every package has tests.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            match name.strip_suffix(".rs") {
                Some(name) => names.push(name.to_owned()),
                None if entry.path().join("main.rs").is_file() => names.push(name),
                None => {}
            }
        }
    }
    names.retain(|name| ![OF_SCHEMAS, OF_MACHINES].contains(&name.as_str()));
    names.sort();
    names.dedup();
    Ok(names)
}

/// The members of the workspace, which its manifest lists in one line.
fn members(manifest: &str) -> Option<Vec<&str>> {
    let list = manifest.lines().find_map(|line| line.strip_prefix("members = [")?.strip_suffix(']'))?;
    Some(list.split(',').map(|member| member.trim().trim_matches('"')).collect())
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

/// Builds the compiler with the arguments that cargo would use for the tests, so that nothing is compiled twice.
pub fn build_compiler(workshop: &Workshop) -> Result<()> {
    announced("The compiler", || {
        let mut cargo = cargo(workshop, &[&["test", "--no-run"][..], &BUILD].concat());
        workshop.log().run(cargo.args(SMALLEST))
    })
}

/// The compiler as [`build_compiler`] left it, beside this program. It is run without cargo: threads that run at the same time
/// would wait for each other's builds.
pub fn built_compiler(workshop: &Workshop, arguments: &[&str]) -> Result<Command> {
    let own =
        std::env::current_exe().map_err(|error| format!("cannot tell where this program is: {error}"))?;
    let mut compiler = command(own.with_file_name("kallithea-iisc"), arguments);
    compiler.current_dir(workshop.root()).env("KALLITHEA_IISC_CACHE", workshop.machines().join("cache"));
    Ok(compiler)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_the_workspace_are_found() {
        assert_eq!(members("[workspace]\nmembers = [\"a\", \"b/c\"]\n"), Some(vec!["a", "b/c"]));
        let real = members(include_str!("../../Cargo.toml")).expect("members");
        assert!(real.contains(&"xtask") && real.len() > 3, "{real:?}");
    }

    /// A suite that is in no list would not run anywhere.
    #[test]
    fn every_module_of_the_machines_is_a_suite_or_a_part_of_one() {
        let text = include_str!("../../tests/machines/main.rs");
        let modules: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect();
        let rest = [scripts::SUITE, others::DSC.0, others::ANSIBLE.0];
        let suites = || ON_LINUX.iter().chain(&ON_WINDOWS).chain(&rest).map(|suite| suite.1);
        let parts: Vec<_> =
            modules.iter().filter(|module| !suites().any(|suite| suite == **module)).collect();
        assert_eq!(
            parts,
            [&"support", &"host", &"kallithea", &"matrix", &"server", &"specs", &"torture", &"wine"]
        );
        assert!(suites().all(|suite| modules.contains(&suite)), "{modules:?}");
    }
}
