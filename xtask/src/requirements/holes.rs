//! Compares the pins' known vulnerabilities with those that may stay.
//!
//! In: what `xtask/known_holes.py` finds in the package index or in a checkout of the advisory database, and
//! `xtask/known-holes.txt`. Out: a line for each vulnerability, and whether all of them may stay. Absent: fetching and comparing
//! versions, which the program does.

use std::path::Path;

use super::{NAMES, TABLES};
use crate::command::command;
use crate::workshop::{Result, Workshop, announced};

/// The vulnerabilities that may stay. A line has a pin, its names, why it stays, and whether a request can reach it.
const KNOWN: &str = include_str!("../../known-holes.txt");

/// What the program reads the advisory database with.
const YAML: &str = "PyYAML==6.0.3";

/// A vulnerability of a pin.
#[derive(Debug, PartialEq)]
struct Hole<'a> {
    /// The pin as in the tables, `package==version`; the package is in its normal form.
    pin: String,
    /// For which Pythons the pin is, or nothing.
    marker: &'a str,
    /// Its name and its other names.
    names: Vec<&'a str>,
    /// The first version that closes it, or nothing.
    closed_in: &'a str,
}

/// A vulnerability that may stay.
#[derive(Debug, PartialEq)]
struct Entry<'a> {
    pin: &'a str,
    names: Vec<&'a str>,
    why: &'a str,
    reach: &'a str,
}

/// Asks for the pins' vulnerabilities; returns whether all of them may stay. `python` has pip.
pub fn compare(workshop: &Workshop, python: &Path, advisories: Option<&Path>) -> Result<bool> {
    let log = workshop.log();
    announced("The program that reads advisories, and its own tests", || {
        log.run(&mut command(python, ["-m", "pip", "install", "--quiet", "--only-binary", ":all:", YAML]))?;
        let mut tests = command(python, ["-B", "-m", "unittest", "test_known_holes"]);
        log.run(tests.current_dir(workshop.root().join("xtask")))
    })?;
    let mut program = command(python, ["-B"]);
    program.arg(workshop.root().join("xtask/known_holes.py"));
    program.args(NAMES.map(|name| workshop.root().join(TABLES).join(name)));
    if let Some(folder) = advisories {
        program.arg("--advisories").arg(folder);
    }
    let (success, text) = log.attempt(&mut program)?;
    if !success {
        return Err(text.lines().last().unwrap_or("it says nothing").to_owned());
    }
    let (asked, found) = text.split_once('\n').unwrap_or((&text, ""));
    let (is_right, lines) = judged(asked, &holes(found)?, &entries(KNOWN)?)?;
    for line in lines {
        println!("  {line}");
    }
    Ok(is_right)
}

/// What the program found.
fn holes(text: &str) -> Result<Vec<Hole<'_>>> {
    let hole = |line| match *str::split(line, '\t').collect::<Vec<_>>() {
        [package, version, marker, names, closing] => Ok(Hole {
            pin: format!("{package}=={version}"),
            marker,
            names: names.split(' ').collect(),
            closed_in: closing.split(' ').next().unwrap_or_default(),
        }),
        _ => Err(format!("xtask/known_holes.py answers strangely: {line}")),
    };
    text.lines().map(hole).collect()
}

/// The list of those that may stay.
fn entries(text: &str) -> Result<Vec<Entry<'_>>> {
    let entry = |line| match *str::split(line, " | ").collect::<Vec<_>>() {
        [pin, names, why, reach] => Ok(Entry { pin, names: names.split(' ').collect(), why, reach }),
        _ => Err(format!("xtask/known-holes.txt has a line of other than four parts: {line}")),
    };
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(entry).collect()
}

/// Whether every vulnerability may stay, and a line for each of them and for each entry that the source does not know.
fn judged(asked: &str, holes: &[Hole<'_>], entries: &[Entry<'_>]) -> Result<(bool, Vec<String>)> {
    let mut lines = vec![format!("Known vulnerabilities, by {asked}:")];
    let mut is_right = true;
    for hole in holes {
        match entries.iter().find(|entry| concerns(entry, hole)) {
            Some(entry) => {
                let name = hole.names.first().copied().unwrap_or_default();
                lines.push(format!("  stays open: {} {name}: {}; {}", hole.pin, entry.why, entry.reach));
            }
            None => {
                is_right = false;
                lines.push(new(hole));
            }
        }
    }
    let unknown: Vec<_> =
        entries.iter().filter(|entry| !holes.iter().any(|hole| concerns(entry, hole))).collect();
    if !entries.is_empty() && unknown.len() == entries.len() {
        return Err(format!(
            "{asked} knows none of the vulnerabilities in xtask/known-holes.txt, so it serves none"
        ));
    }
    lines.extend(
        unknown.iter().map(|entry| format!("  not known to it: {} {}", entry.pin, entry.names.join(" "))),
    );
    if !unknown.is_empty() {
        lines.push(
            "  Remove what is not known to it from xtask/known-holes.txt and docs/python.md, unless the advisory is later or \
             stands in another database"
                .to_owned(),
        );
    }
    Ok((is_right, lines))
}

/// The line about a vulnerability that is not listed.
fn new(Hole { pin, marker, names, closed_in }: &Hole<'_>) -> String {
    let cure = match *closed_in {
        "" => "no version closes it".to_owned(),
        version => format!("{version} closes it"),
    };
    let which = if marker.is_empty() { String::new() } else { format!(" ({marker})") };
    format!(
        "  NEW: {pin}{which} {}: {cure}. Change the pin, or add a line to xtask/known-holes.txt and docs/python.md",
        names.join(" ")
    )
}

/// Whether an entry is about a vulnerability of the same pin.
fn concerns(entry: &Entry<'_>, hole: &Hole<'_>) -> bool {
    entry.pin == hole.pin && entry.names.iter().any(|name| hole.names.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUND: &str = "example\t1.2\t\tPYSEC-2031-1 CVE-2031-1\t1.3 1.10\n\
                         other\t2\tpython_version < \"3.10\"\tPYSEC-2031-2\t\n";

    fn judge(known: &str) -> Result<(bool, Vec<String>)> {
        judged("a test", &holes(FOUND)?, &entries(known)?)
    }

    #[test]
    fn a_vulnerability_that_is_not_listed_fails_with_the_version_that_closes_it() {
        let known = "# comment\n\nother==2 | PYSEC-2031-2 | no newer one works | no request\n";
        let (is_right, lines) = judge(known).expect("a judgement");
        assert!(!is_right);
        assert!(lines[1].contains("NEW: example==1.2 PYSEC-2031-1 CVE-2031-1: 1.3 closes it."), "{lines:?}");
        assert!(
            lines[2].contains("stays open: other==2 PYSEC-2031-2: no newer one works; no request"),
            "{lines:?}"
        );
        let (_, lines) = judge("example==1.2 | CVE-2031-1 | why | reach\n").expect("a judgement");
        assert!(
            lines[2].contains("(python_version < \"3.10\") PYSEC-2031-2: no version closes it."),
            "{lines:?}"
        );
    }

    #[test]
    fn an_entry_is_for_one_version_and_goes_by_any_name() {
        let both = "example==1.2 | CVE-2031-1 | why | reach\nother==2 | PYSEC-2031-2 | why | reach\n";
        assert!(judge(both).expect("a judgement").0);
        assert!(!judge(&both.replace("1.2", "1.1")).expect("a judgement").0);
    }

    #[test]
    fn an_entry_that_the_source_does_not_know_is_reported() {
        let known = "example==1.2 | CVE-2031-1 | why | reach\nother==2 | PYSEC-2031-2 | why | reach\nolder==1 | CVE-2031-9 | why | reach\n";
        let (is_right, lines) = judge(known).expect("a judgement");
        assert!(is_right && lines[3].contains("not known to it: older==1 CVE-2031-9"), "{lines:?}");
        assert!(lines[4].contains("Remove"), "{lines:?}");
    }

    #[test]
    fn a_source_that_knows_nothing_is_not_believed() {
        let why = judged("a test", &[], &entries("older==1 | CVE-2031-9 | why | reach\n").expect("entries"));
        assert!(why.unwrap_err().contains("knows none"));
        assert!(entries("older==1 | CVE-2031-9\n").unwrap_err().contains("four parts"));
        assert!(holes("older\n").unwrap_err().contains("strangely"));
    }

    #[test]
    fn every_entry_is_about_a_pin_and_stands_in_the_documentation() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let read = |path: &str| std::fs::read_to_string(root.join(path)).expect(path);
        let pins: String = NAMES.map(|name| read(&format!("{TABLES}/{name}")).to_lowercase()).concat();
        let page = read("docs/python.md");
        for Entry { pin, names, why, reach } in entries(KNOWN).expect("the list") {
            assert!(
                pins.lines().any(|line| line.split(" ;").next() == Some(pin)),
                "{pin} is not pinned any more"
            );
            for name in names.iter().filter(|name| !name.starts_with("PYSEC") || names.len() == 1) {
                assert!(page.contains(name), "{name} is missing in docs/python.md");
            }
            assert!(!why.is_empty() && !reach.is_empty(), "{pin}");
        }
    }
}
