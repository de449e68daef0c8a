//! `cargo xtask requirements`: looks up the distributions behind the pins in `src/kallithea/requirements`, compares the pins with
//! published vulnerabilities, and proves each set.
//!
//! In: the tables' pins and comments, and perhaps the folder of an advisory database. Out: the same tables with the distributions
//! that pip chooses for each pin, and their SHA-256; and whether the pins may stay and work. Nobody writes a hash by hand: change a
//! version, and run this. Absent: choosing versions.

mod holes;
mod prove;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::command::command;
use crate::python;
use crate::workshop::{Result, Workshop, announced, fresh_folder, write};

/// The folder of the tables.
const TABLES: &str = "src/kallithea/requirements";

/// The names of the tables: what pip needs for building, what it installs, and what a database or a directory additionally
/// requires.
const NAMES: [&str; 5] = ["build.txt", "kallithea.txt", "postgresql.txt", "mysql.txt", "ldap.txt"];

/// The Pythons that Kallithea is installed on.
const PYTHONS: [&str; 6] = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"];

/// The platforms: those of servers, and that of the Linux machine, which verifies the same file.
const PLATFORMS: [&str; 3] = ["win_amd64", "win32", "manylinux2014_x86_64"];

/// What the index has no wheel for, and no server needs: a table, the first Python of which that is true, and the platforms.
const WITHOUT_WHEELS: [(&str, &str, &[&str]); 2] =
    [("mysql.txt", "3.9", &["win32", "manylinux2014_x86_64"]), ("postgresql.txt", "3.13", &["win32"])];

/// Prints the lines of a table whose markers fit a version of Python. pip itself asks the Python that it runs on.
const FITTING: &str = "
import sys
from pip._vendor.packaging.markers import Marker
for line in open(sys.argv[1]):
    pin, _, marker = line.strip().partition(' ; ')
    if pin and not pin.startswith('#') and (not marker or Marker(marker).evaluate({'python_version': sys.argv[2]})):
        print(pin)
";

/// Prints the name and SHA-256 of every file in a folder, one per line.
const DIGEST: &str = "
import hashlib, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
";

/// Rewrites the tables, and returns whether their pins have only vulnerabilities that may stay, and work together.
pub fn derive(workshop: &Workshop, advisories: Option<&Path>) -> Result<bool> {
    let python = look_up(workshop)?;
    // Without advisories the sets can be proved nevertheless.
    let may_stay = holes::compare(workshop, &python, advisories).unwrap_or_else(|why| {
        println!("  error: {why}");
        false
    });
    Ok(prove::every_set(workshop)? && may_stay)
}

/// Rewrites the tables, and returns the Python whose pip was asked.
fn look_up(workshop: &Workshop) -> Result<PathBuf> {
    let folder = workshop.machines().join("requirements");
    let found = python::find(workshop)?;
    let python = folder.join("python/bin/python");
    for name in NAMES {
        let table = workshop.root().join(TABLES).join(name);
        let text =
            std::fs::read_to_string(&table).map_err(|error| format!("{}: {error}", table.display()))?;
        let pins = pins(&text);
        let list = folder.join(name);
        if name == NAMES[0] {
            announced("pip and what it builds with", || {
                fresh_folder(&folder)?;
                write(&list, &pins)?;
                workshop.log().run(command(&found.program, ["-m", "venv"]).arg(folder.join("python")))?;
                let mut pip = command(&python, ["-m", "pip", "install", "--quiet", "-r"]);
                workshop.log().run(pip.arg(&list))
            })?;
        }
        write(&list, &pins)?;
        let files = announced(&format!("The distributions of {name}"), || {
            let files = folder.join("files").join(name);
            download(workshop, &python, &list, &files)?;
            workshop.log().output(command(&python, ["-c", DIGEST]).arg(&files))
        })?;
        write(&table, &filled(&text, &files)?)?;
    }
    Ok(python)
}

/// Lets pip fetch, for every Python and platform, the one distribution of each pin that it would install there.
fn download(workshop: &Workshop, python: &Path, list: &Path, folder: &Path) -> Result<()> {
    for version in PYTHONS {
        let fitting = workshop.log().output(command(python, ["-c", FITTING]).arg(list).arg(version))?;
        let fitting_list = list.with_extension(version);
        write(&fitting_list, &fitting)?;
        for platform in PLATFORMS.into_iter().filter(|platform| has_wheels(list, version, platform)) {
            let mut pip = command(python, ["-m", "pip", "download", "--quiet", "--no-deps"]);
            pip.args(["--no-build-isolation", "--python-version", version, "--platform", platform]);
            // A wheel that was built here has a hash that no one else's wheel has.
            pip.env_remove("PIP_FIND_LINKS").arg("--dest").arg(folder).arg("-r").arg(&fitting_list);
            workshop.log().run(&mut pip)?;
        }
    }
    Ok(())
}

/// Whether the index has wheels of a table for a Python on a platform.
fn has_wheels(list: &Path, version: &str, platform: &str) -> bool {
    let place = |version| PYTHONS.iter().position(|python| *python == version);
    !WITHOUT_WHEELS.iter().any(|(table, first, without)| {
        list.ends_with(table) && place(version) >= place(*first) && without.contains(&platform)
    })
}

/// A table's lines without the distributions.
fn pins(table: &str) -> String {
    let lines = table.lines().filter(|line| !line.starts_with(' '));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

/// A table with these distributions below their pins. Each is a line `name sha256`.
fn filled(table: &str, files: &str) -> Result<String> {
    let mut text = String::new();
    let mut left: BTreeSet<&str> = files.lines().collect();
    for line in pins(table).lines() {
        text.push_str(line);
        text.push('\n');
        let Some((name, rest)) = line.split_once("==").filter(|_| !line.starts_with('#')) else { continue };
        let version = rest.split(' ').next().unwrap_or_default();
        let beginning = plain(&format!("{name}-{version}-"));
        let own: Vec<_> = left.iter().copied().filter(|file| plain(file).starts_with(&beginning)).collect();
        if own.is_empty() {
            return Err(format!("pip found nothing for {name} {version}"));
        }
        for file in own {
            left.remove(file);
            let (file, hash) = file.split_once(' ').ok_or_else(|| format!("strange line: {file}"))?;
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {hash} {file}");
        }
    }
    if left.is_empty() { Ok(text) } else { Err(format!("no pin has these files: {left:?}")) }
}

/// A package name in a form that compares equal: case, hyphens, dots and underscores make no difference.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_its_pins_and_changes_their_distributions() {
        let table = "# why\nExtra.One==1.0 --option\n  00 old.whl\nextra==1.0.1\n";
        let files = "extra-1.0.1.tar.gz bb\nextra_one-1.0-py3-none-any.whl aa\n";
        let text = "# why\nExtra.One==1.0 --option\n  aa extra_one-1.0-py3-none-any.whl\nextra==1.0.1\n  bb extra-1.0.1.tar.gz\n";
        assert_eq!(filled(table, files), Ok(text.to_owned()));
        assert_eq!(filled(text, files), Ok(text.to_owned()));
    }

    #[test]
    fn a_pin_without_a_distribution_is_named() {
        assert!(filled("extra==1.0\n", "").unwrap_err().contains("extra 1.0"));
        assert!(filled("", "extra-1.0.tar.gz aa\n").unwrap_err().contains("extra-1.0.tar.gz"));
    }
}
