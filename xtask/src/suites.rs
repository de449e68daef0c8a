//! `cargo xtask test`: every suite, one after the other, and a table of what ran.
//!
//! In: the checkout, and perhaps the folder of the IIS checker. Out: whether everything passed. A suite that fails
//! does not stop the next one. Absent: the tests themselves.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::command::{Log, command};
use crate::summary::{self, Counts, Outcome};
use crate::workshop::{Result, Workshop, announced, progress, remove};
use crate::{checker, machines, matrix, rust, wine};

/// How much of a failed suite's output is shown; the whole stands in the log.
const SHOWN: usize = 200;

/// Sets up what is missing, runs everything, and prints the table.
pub fn run(workshop: &Workshop, facts: Option<&Path>) -> Result<bool> {
    println!("Setting up (once; logs in {})", workshop.log().path().display());
    rust::setup_lints(workshop)?;
    rust::setup(workshop)?;
    machines::setup(workshop)?;
    let log = Log::create(workshop.machines().join("test.log"))?;
    let mut suites = Suites { workshop, log, outcomes: Vec::new() };
    println!("Testing (logs in {})", suites.log.path().display());
    suites.sources();
    suites.goldens()?;
    if let Some(facts) = facts {
        let facts = &facts.canonicalize().map_err(|error| format!("{}: {error}", facts.display()))?;
        suites.schemas(facts);
        suites.iis_files(facts);
    }
    suites.machines()?;
    println!("{}", matrix::gathered(workshop)?);
    println!("{}", summary::table(&suites.outcomes));
    Ok(summary::passed(&suites.outcomes))
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

fn cargo(workshop: &Workshop, arguments: &[&str]) -> Command {
    let mut cargo = command("cargo", arguments);
    cargo.current_dir(workshop.root()).env("CARGO_TERM_COLOR", "never");
    cargo.env("KALLITHEA_IISC_CACHE", workshop.machines().join("cache"));
    cargo
}

struct Suites<'a> {
    workshop: &'a Workshop,
    log: Log,
    outcomes: Vec<Outcome>,
}

impl Suites<'_> {
    /// What needs nothing but the sources.
    fn sources(&mut self) {
        self.check("formatting", &["fmt", "--all", "--", "--check"], &[]);
        let lints =
            ["clippy", "--workspace", "--all-targets", "--all-features", "--quiet", "--", "-D", "warnings"];
        self.check("lints", &lints, &[]);
        let machines = machines::variables(self.workshop);
        self.cargo_test("unit, golden and command line tests", &["--workspace"], &machines);
    }

    /// The project's own knowledge of IIS, held to Microsoft's files.
    fn schemas(&mut self, facts: &Path) {
        let variables = [
            ("KALLITHEA_IISC_IIS_SCHEMAS", facts.join("iis-schema")),
            ("KALLITHEA_IISC_IIS_SAMPLES", facts.join("samples/applicationHost")),
        ];
        let arguments =
            ["--features", "schemas", "--test", "iis_schemas", "--test", "lint", "--test", "merge"];
        self.cargo_test("our tables of IIS against the schema files", &arguments, &variables);
    }

    /// Every IIS file of every golden, held to Microsoft's files; says which versions were left out, and why.
    fn iis_files(&mut self, facts: &Path) {
        let workshop = self.workshop;
        let mut left_out = Vec::new();
        self.counted("IIS files against the schema files", |log| {
            checker::check_all(workshop, facts, log, &mut left_out)
        });
        for sentence in left_out {
            println!("    left out: {sentence}");
        }
    }

    /// Every golden's bridge, compiled for Windows from the example that the golden belongs to.
    fn goldens(&mut self) -> Result<()> {
        let workshop = self.workshop;
        for name in examples(workshop)? {
            let spec = format!("examples/{name}/deploy.yaml");
            let out = workshop.machines().join("goldens").join(&name);
            remove(&out)?;
            let build = ["build", &spec, "--out", &out.to_string_lossy()];
            let diff = ["diff", &spec, "--against", &format!("golden/{name}")];
            self.counted(&format!("golden/{name}: both DLLs for Windows"), |log| {
                let (built, mut text) = log.attempt(&mut compiler(workshop, &build))?;
                let (same, differences) = log.attempt(&mut compiler(workshop, &diff))?;
                text.push_str(&differences);
                Ok((Counts::one(built && same && has_both_libraries(&out)), text))
            });
        }
        Ok(())
    }

    /// Kallithea on both machines.
    fn machines(&mut self) -> Result<()> {
        self.cargo_test(
            "toolchains of this machine",
            &["--features", "machines", "--test", "toolchain"],
            &[],
        );
        let mut variables = machines::variables(self.workshop).to_vec();
        variables.push(matrix::begun(self.workshop)?);
        for (name, test) in [
            ("killed at every step", "killed"),
            ("every route of Kallithea through IIS", "route_kallithea"),
            ("Kallithea's ini file", "ini_linux"),
            ("Kallithea on Linux", "kallithea_linux"),
            ("Kallithea's settings, with PostgreSQL and OpenLDAP", "settings_linux"),
            ("real clients through serve", "clients_linux"),
        ] {
            self.cargo_test(name, &["--features", "machines", "--test", test], &variables);
        }
        let _shutdown = wine::Shutdown(wine::folder(self.workshop));
        let folder = self.workshop.machines().join("host");
        let built = announced("compiler and isapi-host for Windows", || {
            let mut cargo = rust::cargo_for_windows(&["build", "--quiet", "--bins"]);
            cargo.current_dir(self.workshop.root()).arg("--target-dir").arg(&folder);
            // Nobody debugs it there, and the debug information takes longer than the rest.
            self.log.run(cargo.env("CARGO_PROFILE_DEV_DEBUG", "false"))
        });
        match built {
            Ok(()) => variables.extend(
                PROGRAMS.map(|(variable, program)| (variable, rust::windows_folder(&folder).join(program))),
            ),
            Err(message) => println!("{message}"),
        }
        for (name, test) in [
            ("the bridge under Wine", "bridge_wine"),
            ("Kallithea under Wine", "kallithea_wine"),
            ("tools under Wine", "tools_wine"),
            ("a server's configuration under Wine", "server_wine"),
        ] {
            self.cargo_test(name, &["--features", "machines", "--test", test], &variables);
        }
        Ok(())
    }

    fn check(&mut self, name: &str, arguments: &[&str], variables: &[(&str, PathBuf)]) {
        let mut command = cargo(self.workshop, arguments);
        command.envs(variables.iter().map(|(key, value)| (key, value)));
        self.counted(name, |log| {
            let (success, text) = log.attempt(&mut command)?;
            Ok((Counts::one(success), text))
        });
    }

    fn cargo_test(&mut self, name: &str, arguments: &[&str], variables: &[(&'static str, PathBuf)]) {
        let mut command = cargo(self.workshop, &["test", "--no-fail-fast"]);
        command.args(arguments).envs(variables.iter().map(|(key, value)| (key, value)));
        self.counted(name, |log| {
            let (success, text) = log.attempt(&mut command)?;
            let mut counts = Counts::of_cargo_test(&text);
            if !success && counts.failed == 0 {
                counts.failed = 1; // It did not get as far as running.
            }
            Ok((counts, text))
        });
    }

    /// Runs a suite, shows what it said if it failed, and notes what became of it.
    fn counted(&mut self, name: &str, suite: impl FnOnce(&Log) -> Result<(Counts, String)>) {
        let start = Instant::now();
        let (counts, said) = progress(name, || match suite(&self.log) {
            Ok((counts, said)) => (counts.all_passed(), (counts, said)),
            Err(message) => (false, (Counts::one(false), message)),
        });
        if !counts.all_passed() {
            println!("{}", tail(&said));
        }
        self.outcomes.push(Outcome { name: name.to_owned(), counts, seconds: start.elapsed().as_secs_f64() });
    }
}

/// Our programs for Windows, as a debug build has them, and the variables that name them to the tests.
const PROGRAMS: [(&str, &str); 2] = [
    ("KALLITHEA_IISC_HOST_WINDOWS", "debug/isapi-host.exe"),
    ("KALLITHEA_IISC_WINDOWS", "debug/kallithea-iisc.exe"),
];

fn has_both_libraries(out: &Path) -> bool {
    let libraries = std::fs::read_dir(out.join("bin")).into_iter().flatten().flatten();
    libraries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "dll")).count()
        >= 2
}

fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN)..].join("\n")
}
