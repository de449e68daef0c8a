//! Kallithea and its dependencies, installed as on a server: by pip, from the files that the compiler emits.
//!
//! In: `kallithea/requirements.txt` and `build-requirements.txt` of two specs, one for each Python of the machines, or of one for
//! any Python. Out: folders of distributions for Windows, and Kallithea installed on either machine or in another environment,
//! with the adjustments in `kallithea/compat`.
//! Absent: compilers; what has C code comes as a wheel.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Log, command};
use crate::python::Python;
use crate::suites::built_compiler;
use crate::wine;
use crate::workshop::{Result, Workshop, announced, fresh_folder, make_folder, write};

/// An environment variable for setup scripts, as the runbook sets it: SQLAlchemy without its C code.
const SWITCHES: [(&str, &str); 1] = [("DISABLE_SQLALCHEMY_CEXT", "1")];

/// The requirements that a spec compiles to.
#[derive(Clone)]
pub struct Requirements {
    /// The version of Python that the spec names.
    pub version: &'static str,
    folder: PathBuf,
    packages: PathBuf,
    text: String,
}

/// The requirements of both Pythons, and the Python that fetches the packages.
#[derive(Clone)]
pub struct Wheels {
    builder: PathBuf,
    /// The Python of the Linux machine.
    pub linux: Requirements,
    /// Python 3.13, on the Windows machine.
    pub windows: Requirements,
    /// The Pythons of [`wine::EMBEDDED`], on the Windows machine.
    pub embedded: Vec<Requirements>,
}

/// Emits the requirements with the compiler, which is already built, and fetches the packages for Windows.
pub fn setup(workshop: &Workshop, python: &Python) -> Result<Wheels> {
    let folder = workshop.machines().join("wheels");
    let wheels = announced("What the compiler says to install", || {
        Ok(Wheels {
            builder: folder.join("builder/bin/python"),
            linux: emitted(workshop, python.version)?,
            windows: emitted(workshop, wine::VERSION)?,
            embedded: wine::EMBEDDED
                .into_iter()
                .map(|version| emitted(workshop, version))
                .collect::<Result<_>>()?,
        })
    })?;
    let inputs = format!("{}\n{}", python.program.display(), wheels.on_windows_text());
    workshop.step("wheels", "Kallithea 0.7.0 and its dependencies for Windows (pip)", &inputs, |log| {
        fresh_folder(&folder)?;
        log.run(command(&python.program, ["-m", "venv"]).arg(folder.join("builder")))?;
        log.run(pip(&wheels.builder).args(["install", "--require-hashes", "-r"]).arg(wheels.linux.build()))?;
        wheels.on_windows().try_for_each(|requirements| wheels.fetch_for_windows(log, requirements))
    })?;
    Ok(wheels)
}

/// Compiles one of the tests' specs for its requirements, with this version of Python.
fn emitted(workshop: &Workshop, version: &'static str) -> Result<Requirements> {
    let out = workshop.machines().join("outputs").join(format!("root-{version}"));
    fresh_folder(&out)?;
    let written = workshop.root().join("tests/deployments/root.yaml");
    let text =
        std::fs::read_to_string(&written).map_err(|error| format!("{}: {error}", written.display()))?;
    let spec = out.with_extension("yaml");
    write(&spec, &text.replace("version: \"3.13\"", &format!("version: \"{version}\"")))?;
    let build = ["build", &spec.to_string_lossy(), "--no-dll", "--out", &out.to_string_lossy()];
    workshop.log().run(&mut built_compiler(workshop, &build)?)?;
    let packages = workshop.machines().join("wheels").join(format!("windows-{version}"));
    let mut requirements =
        Requirements { version, folder: out.join("kallithea"), packages, text: String::new() };
    let adjustments = requirements.adjustments();
    for file in [requirements.build(), requirements.kallithea()].into_iter().chain(files_below(&adjustments)?)
    {
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        requirements.text.push_str(&text);
    }
    Ok(requirements)
}

/// Installs what a deployment with this version of Python names into a virtual environment of this system.
pub fn install_set(workshop: &Workshop, version: &'static str, environment: &Path) -> Result<()> {
    emitted(workshop, version)?.install_here(workshop.log(), environment)
}

impl Requirements {
    /// The version of Python that they are for.
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// The contents of the files.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn build(&self) -> PathBuf {
        self.folder.join("build-requirements.txt")
    }

    fn kallithea(&self) -> PathBuf {
        self.folder.join("requirements.txt")
    }

    /// The folder of what goes into `site-packages` after that.
    fn adjustments(&self) -> PathBuf {
        self.folder.join("compat")
    }

    /// Installs everything into a virtual environment of this system, from the package index.
    fn install_here(&self, log: &Log, environment: &Path) -> Result<()> {
        let python = environment.join("bin/python");
        install(log, || command(&python, ["-m", "pip"]), self, &[])?;
        self.adjust(&environment.join(format!("lib/python{}/site-packages", self.version)))
    }

    /// Does what the runbook does after pip.
    fn adjust(&self, packages: &Path) -> Result<()> {
        let folder = self.adjustments();
        for file in files_below(&folder)? {
            let to = packages.join(file.strip_prefix(&folder).unwrap_or(&file));
            make_folder(to.parent().unwrap_or(packages))?;
            std::fs::copy(&file, &to).map_err(|error| format!("{}: {error}", to.display()))?;
        }
        Ok(())
    }
}

impl Wheels {
    /// What the Pythons of the Windows machine need.
    fn on_windows(&self) -> impl Iterator<Item = &Requirements> {
        self.embedded.iter().chain([&self.windows])
    }

    /// The contents of these files.
    pub fn on_windows_text(&self) -> String {
        self.on_windows().map(|requirements| requirements.text.as_str()).collect()
    }

    /// Installs everything into a virtual environment of the Linux machine, from the package index.
    pub fn install_on_linux(&self, log: &Log, environment: &Path) -> Result<()> {
        self.linux.install_here(log, environment)
    }

    /// Installs everything with a Python of the Windows machine; `packages` is its `site-packages`.
    pub fn install_on_windows(
        &self,
        log: &Log,
        requirements: &Requirements,
        packages: &Path,
        python: impl Fn() -> Command,
    ) -> Result<()> {
        let wheel = entry(&requirements.packages, "pip-")?;
        self.unzip(log, &wheel, packages)?;
        let from = ["--no-index".to_owned(), format!("--find-links={}", on_windows(&requirements.packages))];
        let pip = || {
            let mut pip = python();
            // This system's certificates and wheel folders do not apply to Windows.
            for variable in ["PIP_CERT", "PIP_FIND_LINKS"] {
                pip.env_remove(variable);
            }
            pip.args(["-m", "pip"]);
            pip
        };
        install(log, pip, requirements, &from)?;
        requirements.adjust(packages)
    }

    /// The requirements of one of the machines' Pythons.
    pub fn of(&self, version: &str) -> Result<&Requirements> {
        let mut all = [&self.linux].into_iter().chain(self.on_windows());
        let found = all.find(|requirements| requirements.version == version);
        found.ok_or_else(|| format!("no machine has Python {version}"))
    }

    /// Installs everything for one of the machines' Pythons, and other packages as well, into a virtual environment of this
    /// system.
    pub fn install_for_tests(
        &self,
        workshop: &Workshop,
        version: &str,
        environment: &Path,
        others: &[&str],
    ) -> Result<()> {
        self.of(version)?.install_here(workshop.log(), environment)?;
        if others.is_empty() {
            return Ok(());
        }
        let mut pip = pip(&environment.join("bin/python"));
        workshop.log().run(pip.args(["install", "--no-deps"]).args(others))
    }

    /// Installs packages that do not belong to Kallithea into a virtual environment of the Linux machine. Packages
    /// without a wheel are built from source.
    pub fn install_others_on_linux(&self, log: &Log, packages: &[&str], python: &Path) -> Result<()> {
        let mut pip = pip(&self.builder);
        log.run(pip.arg("--python").arg(python).args(["install", "--no-deps"]).args(packages))
    }

    /// Copies a package that does not belong to Kallithea into a `site-packages` of the Windows machine.
    pub fn install_another_on_windows(&self, log: &Log, package: &str, site_packages: &Path) -> Result<()> {
        let mut pip = pip(&self.builder);
        pip.args(["install", "--no-deps", "--no-compile", "--platform", "win_amd64"]);
        pip.args(["--python-version", self.windows.version, "--only-binary", ":all:", "--target"]);
        log.run(pip.arg(site_packages).arg(package))
    }

    /// The Python that fetches packages.
    pub fn python(&self) -> Command {
        Command::new(&self.builder)
    }

    /// Fetches a package's source distribution and unpacks it into a fresh folder.
    pub fn fetch_sources(&self, log: &Log, package: &str, folder: &Path) -> Result<()> {
        fresh_folder(folder)?;
        let arguments = ["download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--dest"];
        log.run(pip(&self.builder).args(arguments).arg(folder).arg(package))?;
        let archive = entry(folder, "")?;
        log.run(command("tar", ["-x", "--strip-components=1", "-C"]).arg(folder).arg("-f").arg(archive))
    }

    /// Unpacks a zip archive.
    pub fn unzip(&self, log: &Log, archive: &Path, folder: &Path) -> Result<()> {
        log.run(command(&self.builder, ["-m", "zipfile", "-e"]).arg(archive).arg(folder))
    }

    /// Does what `docs/python.md` says for a server that cannot reach the package index.
    fn fetch_for_windows(&self, log: &Log, requirements: &Requirements) -> Result<()> {
        for file in [requirements.build(), requirements.kallithea()] {
            let mut pip = pip(&self.builder);
            pip.args(["download", "--require-hashes", "--no-deps", "--no-build-isolation"]);
            pip.args(["--platform", "win_amd64", "--python-version", requirements.version]);
            log.run(pip.arg("--dest").arg(&requirements.packages).arg("-r").arg(file))?;
        }
        Ok(())
    }
}

/// Runs the runbook's two commands; `from` says where pip finds the distributions if not in the index.
fn install(log: &Log, pip: impl Fn() -> Command, requirements: &Requirements, from: &[String]) -> Result<()> {
    let files = [
        (requirements.build(), &["install", "--require-hashes", "-r"][..]),
        (
            requirements.kallithea(),
            &["install", "--require-hashes", "--no-deps", "--no-build-isolation", "--use-pep517", "-r"],
        ),
    ];
    for (file, arguments) in files {
        let file = if from.is_empty() { file.display().to_string() } else { on_windows(&file) };
        let mut pip = pip();
        pip.args(arguments)
            .arg(file)
            .args(from)
            .args(["--quiet", "--disable-pip-version-check"])
            .envs(SWITCHES);
        log.run(&mut pip)?;
    }
    Ok(())
}

fn pip(python: &Path) -> Command {
    let mut pip = command(python, ["-m", "pip", "--disable-pip-version-check", "--quiet"]);
    // What was built here has a hash that no one else's build has.
    pip.env_remove("PIP_FIND_LINKS").envs(SWITCHES);
    pip
}

/// Wine's name for a path of this system.
fn on_windows(path: &Path) -> String {
    format!("Z:{}", path.display().to_string().replace('/', r"\"))
}

/// The files in a folder and in the folders below it, in a stable order.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let trouble = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(trouble)? {
        let path = entry.map_err(trouble)?.path();
        if path.is_dir() { found.extend(files_below(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

/// The first file in a folder with a name that begins so.
fn entry(folder: &Path, beginning: &str) -> Result<PathBuf> {
    let trouble = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(trouble)? {
        let entry = entry.map_err(trouble)?;
        if entry.file_name().to_string_lossy().starts_with(beginning) {
            return Ok(entry.path());
        }
    }
    Err(format!("{} holds nothing that begins with `{beginning}`", folder.display()))
}
