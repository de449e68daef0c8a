//! Kallithea and what it runs on, as wheels for Linux and for Windows.
//!
//! In: `requirements-3.11.txt`. Out: two folders of wheels, from which both machines are installed without asking the
//! package index again. Absent: compilers: where a package would build C code, its pure Python form is taken.

use std::path::{Path, PathBuf};

use crate::command::{Log, command};
use crate::python::Python;
use crate::workshop::{Result, Workshop, fresh_folder};

/// The exact versions, one a line.
pub const REQUIREMENTS: &str = include_str!("../requirements-3.11.txt");

/// What builds wheels from the sources of that age: newer pips refuse celery's metadata, newer setuptools lack
/// pkg_resources.
const BUILDER: [&str; 3] = ["pip==24.0", "setuptools==69.5.1", "wheel==0.43.0"];

/// Packages whose C code either does not compile on Python 3.11 (Mercurial) or would need a compiler and Python's
/// headers, with what their setup.py wants to hear to leave it out.
const PURE: [(&str, &[&str], (&str, &str)); 2] = [
    ("mercurial", &["--pure"], ("FORCE_SETUPTOOLS", "1")),
    ("SQLAlchemy", &[], ("DISABLE_SQLALCHEMY_CEXT", "1")),
];

/// The folders of wheels, and the Python that made them.
pub struct Wheels {
    builder: PathBuf,
    requirements: PathBuf,
    linux: PathBuf,
    windows: PathBuf,
}

/// Makes the wheels.
pub fn setup(workshop: &Workshop, python: &Python) -> Result<Wheels> {
    let folder = workshop.machines().join("wheels");
    let wheels = Wheels {
        builder: folder.join("builder/bin/python"),
        requirements: workshop.root().join("xtask/requirements-3.11.txt"),
        linux: folder.join("linux"),
        windows: folder.join("windows"),
    };
    let inputs = format!("{BUILDER:?}\n{PURE:?}\n{}\n{REQUIREMENTS}", python.program.display());
    workshop.step("wheels", "Kallithea 0.7.0 and its dependencies as wheels (pip)", &inputs, |log| {
        fresh_folder(&folder)?;
        log.run(command(&python.program, ["-m", "venv"]).arg(folder.join("builder")))?;
        log.run(&mut wheels.pip(&["install", "--quiet"], &BUILDER))?;
        let pure = folder.join("pure");
        for (package, arguments, variable) in PURE {
            wheels.build_pure(
                log,
                &folder.join("sources").join(package),
                &pure,
                package,
                arguments,
                variable,
            )?;
        }
        wheels.collect(log, &pure)
    })?;
    Ok(wheels)
}

impl Wheels {
    /// Installs everything into a virtual environment of the Linux machine.
    pub fn install_on_linux(&self, log: &Log, python: &Path) -> Result<()> {
        log.run(
            command(&self.builder, ["-m", "pip", "--python"])
                .arg(python)
                .args(["install", "--quiet", "--no-deps", "--no-index", "--find-links"])
                .arg(&self.linux)
                .arg("-r")
                .arg(&self.requirements),
        )
    }

    /// Installs packages that are no part of Kallithea into a virtual environment of the Linux machine, building from
    /// source what has no wheel.
    pub fn install_others_on_linux(&self, log: &Log, packages: &[&str], python: &Path) -> Result<()> {
        let mut pip = command(&self.builder, ["-m", "pip", "--disable-pip-version-check", "--python"]);
        log.run(pip.arg(python).args(["install", "--quiet", "--no-deps"]).args(packages))
    }

    /// Lays everything into a `site-packages` of the Windows machine.
    pub fn install_on_windows(&self, log: &Log, site_packages: &Path) -> Result<()> {
        let mut pip = self.pip(&["install", "--quiet", "--no-deps", "--no-index", "--no-compile"], &[]);
        pip.arg("--find-links").arg(&self.windows).arg("--target").arg(site_packages);
        log.run(pip.args(WINDOWS).arg("-r").arg(&self.requirements))
    }

    /// Lays a package that is no part of Kallithea into a `site-packages` of the Windows machine.
    pub fn install_another_on_windows(&self, log: &Log, package: &str, site_packages: &Path) -> Result<()> {
        let mut pip = self.pip(&["install", "--quiet", "--no-deps", "--no-compile", "--target"], &[]);
        log.run(pip.arg(site_packages).args(WINDOWS).arg(package))
    }

    /// The Python that builds the wheels.
    pub fn python(&self) -> std::process::Command {
        std::process::Command::new(&self.builder)
    }

    /// Fetches a package's source distribution, unpacked, into a fresh folder.
    pub fn fetch_sources(&self, log: &Log, package: &str, folder: &Path) -> Result<()> {
        fresh_folder(folder)?;
        let arguments =
            ["download", "--quiet", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--dest"];
        log.run(self.pip(&arguments, &[]).arg(folder).arg(package))?;
        let archive = sole_entry(folder)?;
        log.run(command("tar", ["-x", "--strip-components=1", "-C"]).arg(folder).arg("-f").arg(archive))
    }

    /// Unpacks a zip archive.
    pub fn unzip(&self, log: &Log, archive: &Path, folder: &Path) -> Result<()> {
        log.run(command(&self.builder, ["-m", "zipfile", "-e"]).arg(archive).arg(folder))
    }

    fn build_pure(
        &self,
        log: &Log,
        sources: &Path,
        wheels: &Path,
        package: &str,
        arguments: &[&str],
        (variable, value): (&str, &str),
    ) -> Result<()> {
        self.fetch_sources(log, pinned(package)?, sources)?;
        let built = sources.join("wheel");
        log.run(
            command(&self.builder, ["setup.py", "--quiet"])
                .args(arguments)
                .args(["bdist_wheel", "--dist-dir"])
                .arg(&built)
                .current_dir(sources)
                .env(variable, value),
        )?;
        let tags = ["--remove", "--python-tag", "py3", "--abi-tag", "none", "--platform-tag", "any"];
        log.run(command(&self.builder, ["-m", "wheel", "tags"]).args(tags).arg(sole_entry(&built)?))?;
        let wheel = sole_entry(&built)?;
        crate::workshop::make_folder(wheels)?;
        let target = wheels.join(wheel.file_name().unwrap_or_default());
        std::fs::rename(&wheel, target).map_err(|error| format!("{}: {error}", wheel.display()))
    }

    /// Gathers all wheels for Linux, and from those and the index all for Windows.
    fn collect(&self, log: &Log, pure: &Path) -> Result<()> {
        let mut pip = self.pip(&["wheel", "--quiet", "--no-deps", "--no-build-isolation"], &[]);
        pip.arg("--find-links").arg(pure).arg("--wheel-dir").arg(&self.linux);
        log.run(pip.arg("-r").arg(&self.requirements))?;
        let mut pip = self.pip(&["download", "--quiet", "--no-deps"], &[]);
        pip.arg("--find-links").arg(&self.linux).arg("--dest").arg(&self.windows);
        log.run(pip.args(WINDOWS).arg("-r").arg(&self.requirements))
    }

    fn pip(&self, arguments: &[&str], more: &[&str]) -> std::process::Command {
        let mut pip = command(&self.builder, ["-m", "pip", "--disable-pip-version-check"]);
        pip.args(arguments).args(more);
        pip
    }
}

/// What makes pip take wheels for the Windows machine.
const WINDOWS: [&str; 6] = ["--platform", "win_amd64", "--python-version", "3.11", "--only-binary", ":all:"];

/// The requirement that pins a package.
fn pinned(package: &str) -> Result<&'static str> {
    let names_it = |line: &&str| line.split_once("==").is_some_and(|(name, _)| name == package);
    REQUIREMENTS.lines().find(names_it).ok_or_else(|| format!("requirements-3.11.txt does not pin {package}"))
}

/// The one file that a folder holds.
fn sole_entry(folder: &Path) -> Result<PathBuf> {
    let trouble = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut entries = std::fs::read_dir(folder).map_err(trouble)?;
    let first = entries.next().ok_or_else(|| format!("{} is empty", folder.display()))?;
    first.map(|entry| entry.path()).map_err(trouble)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_is_exact() {
        for line in REQUIREMENTS.lines().filter(|line| !line.starts_with('#')) {
            assert!(line.split_once("==").is_some(), "{line} names no exact version");
        }
    }

    #[test]
    fn what_is_built_pure_is_pinned() {
        for (package, ..) in PURE {
            assert!(pinned(package).is_ok_and(|line| line.starts_with(package)));
        }
    }
}
