//! `kallithea/requirements.txt`, `build-requirements.txt` and, if the deployment has a database server or a directory,
//! `drivers-requirements.txt`: exact versions with hashes, for pip.
//!
//! In: the tables in `requirements/`, which `cargo xtask requirements` derives: a pin, why it is unusual, and its
//! distributions. Out: the distributions that pip may use for the spec's Python and architecture, and for Linux.
//! Absent: python-ldap itself, which has no wheel for Windows in the index.
//!
//! Names of wheels: <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>. Lines of
//! requirements: <https://pip.pypa.io/en/stable/reference/requirements-file-format/>.

use std::fmt::Write;

use crate::model::{Architecture, Deployment, Driver, PythonVersion};
use crate::template::provenance;
use crate::tree::Tree;

const BUILD: &str = include_str!("requirements/build.txt");
const KALLITHEA: &str = include_str!("requirements/kallithea.txt");
const POSTGRESQL: &str = include_str!("requirements/postgresql.txt");
const MYSQL: &str = include_str!("requirements/mysql.txt");
const LDAP: &str = include_str!("requirements/ldap.txt");

pub(super) fn emit(deployment: &Deployment, tree: &mut Tree) {
    let files = [
        ("build-requirements.txt", vec![BUILD]),
        ("requirements.txt", vec![KALLITHEA]),
        ("drivers-requirements.txt", deployment.drivers().into_iter().map(table).collect()),
    ];
    for (name, tables) in files.into_iter().filter(|(_, tables)| !tables.is_empty()) {
        let lines = |table| lines(table, deployment.python.version, deployment.target.architecture);
        let lines: String = tables.into_iter().map(lines).collect();
        tree.insert(format!("kallithea/{name}"), format!("# {}\n\n{lines}", provenance(deployment)));
    }
}

/// The table of what a driver needs.
fn table(driver: Driver) -> &'static str {
    match driver {
        Driver::Postgresql => POSTGRESQL,
        Driver::Mysql => MYSQL,
        Driver::Ldap => LDAP,
    }
}

/// A table in pip's format: each pin that this Python needs, with the hashes of the distributions that fit.
fn lines(table: &str, python: PythonVersion, architecture: Architecture) -> String {
    let mut text = String::new();
    let mut is_needed = true;
    for line in table.lines() {
        match line.strip_prefix("  ").and_then(|line| line.split_once(' ')) {
            Some(_) if !is_needed => {}
            Some((hash, file)) if suits(file, python, architecture) => {
                text.truncate(text.trim_end().len());
                // Writing to a string cannot fail.
                let _ = writeln!(text, " \\\n    --hash=sha256:{hash}");
            }
            Some(_) => {}
            None if line.starts_with('#') => {
                text.push_str(line);
                text.push('\n');
            }
            None => {
                let (pin, marker) = line.split_once(" ; ").unwrap_or((line, ""));
                is_needed = holds(marker, python);
                if is_needed {
                    text.push_str(pin);
                    text.push('\n');
                }
            }
        }
    }
    text
}

/// Whether a pin's marker holds for this Python. The tables use two comparisons of `python_version`
/// (<https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers>).
fn holds(marker: &str, python: PythonVersion) -> bool {
    let version = |text: &str| {
        let (major, minor) = text.strip_suffix('"')?.split_once('.')?;
        Some(PythonVersion::new(major.parse().ok()?, minor.parse().ok()?))
    };
    if let Some(before) = marker.strip_prefix("python_version < \"").and_then(version) {
        return python < before;
    }
    marker.strip_prefix("python_version >= \"").and_then(version).is_none_or(|first| python >= first)
}

/// Whether a distribution fits this Python, on Windows or on Linux. A source distribution fits everywhere.
fn suits(file: &str, python: PythonVersion, architecture: Architecture) -> bool {
    let Some(wheel) = file.strip_suffix(".whl") else { return true };
    let mut tags = wheel.rsplit('-');
    let (Some(platform), Some(abi), Some(language)) = (tags.next(), tags.next(), tags.next()) else {
        return false;
    };
    language.split('.').any(|language| runs(language, abi, python))
        && platform.split('.').any(|platform| is_ours(platform, architecture))
}

fn runs(language: &str, abi: &str, PythonVersion { major, minor }: PythonVersion) -> bool {
    let Some(version) = language.strip_prefix(&format!("cp{major}")) else {
        return language == format!("py{major}") || language == format!("py{major}{minor}");
    };
    version.parse::<u8>().is_ok_and(|least| least == minor || abi == "abi3" && least <= minor)
}

fn is_ours(platform: &str, architecture: Architecture) -> bool {
    platform == "any"
        || platform == architecture.wheel_platform()
        || platform.starts_with("manylinux") && platform.ends_with("_x86_64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distributions_are_those_of_the_python_and_of_its_architecture() {
        let table = "# why\none==1\n  a one-1-cp39-cp39-win_amd64.whl\n  b one-1-cp39-cp39-win32.whl\n  c one-1.tar.gz\n\
                     two==2 --option\n  d two-2-cp36-abi3-win_amd64.whl\n  e two-2-cp311-cp311-win_amd64.whl\n\
                     \x20 f two-2-cp39-cp39-manylinux1_x86_64.manylinux_2_17_x86_64.whl\n\
                     three==3\n  g three-3-py2.py3-none-any.whl\n";
        let hash = |letter: &char| format!(" \\\n    --hash=sha256:{letter}");
        let text = |one: &[char], two: &[char]| {
            let hashes = |letters: &[char]| letters.iter().map(hash).collect::<String>();
            format!(
                "# why\none==1{}\ntwo==2 --option{}\nthree==3{}\n",
                hashes(one),
                hashes(two),
                hashes(&['g'])
            )
        };
        assert_eq!(lines(table, PythonVersion::new(3, 9), Architecture::X64), text(&['a', 'c'], &['d', 'f']));
        assert_eq!(lines(table, PythonVersion::new(3, 11), Architecture::X64), text(&['c'], &['d', 'e']));
        assert_eq!(lines(table, PythonVersion::new(3, 9), Architecture::X86), text(&['b', 'c'], &['f']));
    }

    #[test]
    fn a_pin_with_a_marker_is_for_the_pythons_that_it_names() {
        let table = "one==1 ; python_version < \"3.10\"\n  a one-1-py3-none-any.whl\n\
                     one==2 ; python_version >= \"3.10\"\n  b one-2-py3-none-any.whl\n";
        let text = |minor| lines(table, PythonVersion::new(3, minor), Architecture::X64);
        assert_eq!(text(9), "one==1 \\\n    --hash=sha256:a\n");
        assert_eq!(text(10), "one==2 \\\n    --hash=sha256:b\n");
    }

    #[test]
    fn every_marker_is_one_that_is_understood() {
        for line in [BUILD, KALLITHEA, POSTGRESQL, MYSQL, LDAP].into_iter().flat_map(str::lines) {
            let Some((_, marker)) = line.split_once(" ; ") else { continue };
            let answers = (9..=14).map(|minor| holds(marker, PythonVersion::new(3, minor)));
            assert!(answers.clone().any(|holds| holds) && answers.clone().any(|holds| !holds), "{line}");
        }
    }

    #[test]
    fn every_pin_is_exact_and_has_a_distribution_for_every_python() {
        for table in [BUILD, KALLITHEA, POSTGRESQL, MYSQL, LDAP] {
            for minor in 9..=14 {
                for architecture in [Architecture::X64, Architecture::X86] {
                    // There is none for 32 bits, and the rule `database_driver` says so.
                    if architecture == Architecture::X86
                        && (table == MYSQL || table == POSTGRESQL && minor >= 13)
                    {
                        continue;
                    }
                    let text = lines(table, PythonVersion::new(3, minor), architecture);
                    for pin in
                        text.split("\n").filter(|line| !line.starts_with(['#', ' ']) && !line.is_empty())
                    {
                        assert!(
                            pin.contains("==") && pin.ends_with(" \\"),
                            "3.{minor}, {architecture:?}: {pin}"
                        );
                    }
                }
            }
        }
    }
}
