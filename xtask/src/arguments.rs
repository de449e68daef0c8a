//! The command line of `cargo xtask`.
//!
//! In: the arguments. Out: a [`Chore`], or an error message. Absent: running it.

use std::path::PathBuf;

use crate::bench::{Options, Subject};

/// What `cargo xtask help` prints.
pub const HELP: &str = "\
The project's own chores.

Usage: cargo xtask <CHORE>

Chores:
  demo                   Build examples/intranet-sso down to both DLLs, and show what came out
  test [--facts FOLDER]  Run every test: formatting, lints, unit, golden and command line tests, every golden's
                         bridge compiled for Windows, Kallithea on Linux and, at the same time, under Wine; a line
                         for each suite when it ends, and a table at the end. FOLDER holds
                         tools/check_iis_config.py, iis-schema/ and samples/; with it, every IIS file of every
                         golden is checked against the schema files of every IIS version that it fits
  test --scripts         Run install.ps1, uninstall.ps1 and the runbook of every golden on a stand-in server, failing at every step
                         in every way; about half an hour. KALLITHEA_IISC_PWSH names the program pwsh of a PowerShell for
                         Windows; `test --facts` runs a part of it
  test --kallithea       Run Kallithea's own tests, on Python 3.11 and 3.13 if this machine has them, with the packages
                         that a deployment names; about five minutes of one processor for each
  bench [--rounds N] [--record]
                         Measure the bridge beside pywin32's loader with isapi-wsgi, under Wine, and beside the bare
                         application, on Linux; about an hour for three rounds. --record keeps the figures in
                         docs/performance.md
  bench --pythons [--rounds N] [--record]
                         Measure Kallithea on Python 3.11 without and with Mercurial's C code, and on 3.13 if this
                         machine has it; about ten minutes for three rounds
  bench --clients [--rounds N] [--record]
                         Measure, on Linux, what Chromium, hg and git wait for, from the bridge behind `serve` and from waitress;
                         about ten minutes for three rounds
  dist [--repository URL]
                         Make a release in target/dist: archives for Windows and Linux, an MSI, the manifests of winget and
                         Scoop, bills of materials, SHA256SUMS. URL is where the project is kept, if not as Cargo.toml says
  docs                   Check the pages of docs/, and build the book with mdBook into target/book
  requirements [--advisories FOLDER]
                         Look up the distributions and hashes of the pins in src/kallithea/requirements, by pip; compare
                         the pins' known vulnerabilities with xtask/known-holes.txt; install the set of every Python
                         that this machine has, and open Kallithea's pages with it. The vulnerabilities are those that
                         the package index serves, or those in FOLDER, a checkout of
                         https://github.com/pypa/advisory-database
  setup                  Only lay down what the others need, under target/machines

Each chore installs what this machine lacks: Debian packages by apt-get (as root or through sudo), Rust's
Windows targets by rustup, Python packages by pip into target/.

Environment:
  KALLITHEA_IISC_PWSH
            the program that starts PowerShell for Windows, for `test --scripts`
  PYTHON    a Python 3.13 or 3.11 with its shared library, where the system's own will not do
";

/// One task that this program can do.
#[derive(Debug, PartialEq)]
pub enum Chore {
    /// Show the main job on an example.
    Demo,
    /// Run every test.
    Test {
        /// The folder of the checker and of its schema files.
        facts: Option<PathBuf>,
    },
    /// Run Kallithea's own tests.
    OwnTests,
    /// Run the scripts and runbooks of every golden, failing at every step.
    Scripts,
    /// Measure.
    Bench(Options),
    /// Make a release.
    Dist {
        /// The address of the project's repository, if not as Cargo.toml says.
        repository: Option<String>,
    },
    /// Check the pages, and build the book.
    Docs,
    /// Look up the distributions behind the pins of Kallithea's requirements, and prove them.
    Requirements {
        /// The folder of the advisory database, if the package index is not to be asked.
        advisories: Option<PathBuf>,
    },
    /// Set up what the other chores need.
    Setup,
    /// Print the help.
    Help,
}

/// Parses the arguments that follow the program's name.
pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Chore, String> {
    let chore = match arguments.next().as_deref() {
        Some("demo") => Chore::Demo,
        Some("dist") => Chore::Dist { repository: repository(&mut arguments)? },
        Some("docs") => Chore::Docs,
        Some("requirements") => Chore::Requirements { advisories: folder(&mut arguments, "--advisories")? },
        Some("setup") => Chore::Setup,
        Some("bench") => return bench(arguments),
        Some("test") => test(&mut arguments)?,
        Some("help" | "-h" | "--help") => Chore::Help,
        Some(other) => return Err(format!("unknown chore `{other}`; `cargo xtask help` names them")),
        None => return Err(HELP.to_owned()),
    };
    match arguments.next() {
        Some(extra) => Err(format!("unexpected argument `{extra}`; see `cargo xtask help`")),
        None => Ok(chore),
    }
}

fn bench(mut arguments: impl Iterator<Item = String>) -> Result<Chore, String> {
    let mut options = Options { subject: Subject::Bridge, rounds: 3, record: false };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--pythons" => options.subject = Subject::Pythons,
            "--clients" => options.subject = Subject::Clients,
            "--record" => options.record = true,
            "--rounds" => {
                let number = arguments.next().and_then(|number| number.parse().ok());
                options.rounds = number.filter(|&rounds| rounds > 0).ok_or("--rounds needs a number")?;
            }
            extra => return Err(format!("unexpected argument `{extra}`; see `cargo xtask help`")),
        }
    }
    Ok(Chore::Bench(options))
}

fn test(arguments: &mut impl Iterator<Item = String>) -> Result<Chore, String> {
    match arguments.next() {
        None => Ok(Chore::Test { facts: None }),
        Some(flag) if flag == "--kallithea" => Ok(Chore::OwnTests),
        Some(flag) if flag == "--scripts" => Ok(Chore::Scripts),
        Some(flag) if flag == "--facts" => match arguments.next() {
            Some(folder) => Ok(Chore::Test { facts: Some(PathBuf::from(folder)) }),
            None => Err("--facts needs a folder".to_owned()),
        },
        Some(extra) => Err(format!("unexpected argument `{extra}`; see `cargo xtask help`")),
    }
}

/// The address behind `--repository`, if it is there. The names of a release are made of its last parts.
fn repository(arguments: &mut impl Iterator<Item = String>) -> Result<Option<String>, String> {
    match arguments.next() {
        None => Ok(None),
        Some(flag) if flag == "--repository" => {
            match arguments.next() {
                Some(url) if url.starts_with("https://") && url.split('/').count() > 4 => Ok(Some(url)),
                _ => Err("--repository needs an address such as https://github.com/OWNER/kallithea-iisc"
                    .to_owned()),
            }
        }
        Some(extra) => Err(format!("unexpected argument `{extra}`; see `cargo xtask help`")),
    }
}

/// The folder behind a flag, if the flag is there.
fn folder(arguments: &mut impl Iterator<Item = String>, flag: &str) -> Result<Option<PathBuf>, String> {
    match arguments.next() {
        None => Ok(None),
        Some(found) if found == flag => match arguments.next() {
            // The chore works in other folders.
            Some(folder) => {
                std::path::absolute(&folder).map(Some).map_err(|error| format!("{folder}: {error}"))
            }
            None => Err(format!("{flag} needs a folder")),
        },
        Some(extra) => Err(format!("unexpected argument `{extra}`; see `cargo xtask help`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Chore, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_chore_is_understood() {
        assert_eq!(parse_line("demo"), Ok(Chore::Demo));
        assert_eq!(parse_line("docs"), Ok(Chore::Docs));
        assert_eq!(parse_line("setup"), Ok(Chore::Setup));
        assert_eq!(parse_line("dist"), Ok(Chore::Dist { repository: None }));
        let home = "https://github.com/example/kallithea-iisc".to_owned();
        assert_eq!(
            parse_line(&format!("dist --repository {home}")),
            Ok(Chore::Dist { repository: Some(home) })
        );
        assert_eq!(parse_line("requirements"), Ok(Chore::Requirements { advisories: None }));
        let folder = Some(PathBuf::from("/x/y"));
        assert_eq!(
            parse_line("requirements --advisories /x/y"),
            Ok(Chore::Requirements { advisories: folder })
        );
        assert_eq!(parse_line("test"), Ok(Chore::Test { facts: None }));
        assert_eq!(parse_line("test --scripts"), Ok(Chore::Scripts));
        assert_eq!(parse_line("test --facts x/y"), Ok(Chore::Test { facts: Some(PathBuf::from("x/y")) }));
        let bench = Options { subject: Subject::Bridge, rounds: 3, record: false };
        assert_eq!(parse_line("bench"), Ok(Chore::Bench(bench)));
        assert_eq!(
            parse_line("bench --pythons"),
            Ok(Chore::Bench(Options { subject: Subject::Pythons, ..bench }))
        );
        assert_eq!(
            parse_line("bench --clients"),
            Ok(Chore::Bench(Options { subject: Subject::Clients, ..bench }))
        );
        let more = Options { rounds: 5, record: true, ..bench };
        assert_eq!(parse_line("bench --record --rounds 5"), Ok(Chore::Bench(more)));
        assert_eq!(parse_line("--help"), Ok(Chore::Help));
    }

    #[test]
    fn a_mistake_is_named() {
        assert!(parse_line("tset").unwrap_err().contains("`tset`"));
        assert!(parse_line("demo twice").unwrap_err().contains("`twice`"));
        assert!(parse_line("bench --rounds none").unwrap_err().contains("needs a number"));
        assert!(parse_line("test --facts").unwrap_err().contains("needs a folder"));
        assert!(parse_line("requirements --advisories").unwrap_err().contains("needs a folder"));
        assert!(parse_line("dist --repository example").unwrap_err().contains("https://"));
        assert!(parse_line("requirements all").unwrap_err().contains("`all`"));
    }
}
