//! A Python with a shared library for the Linux machine, since a bridge embeds that library; and whatever other Python this machine
//! has.
//!
//! In: `PYTHON`, the system's interpreters, apt, and as the last resort uv; for others PATH and pyenv. Out: a [`Python`], or a
//! program. Absent: Kallithea, and installing versions other than [`VERSIONS`].

use std::path::{Path, PathBuf};

use crate::apt;
use crate::command::{Log, command, find_program};
use crate::workshop::{Result, Workshop, announced, fresh_folder};

/// The versions of Python that the Linux machine may have, the preferred one first.
const VERSIONS: [&str; 2] = ["3.13", "3.11"];

/// Prints the interpreter, its standard library and its shared library, one per line.
const PROBE: &str = "
import os, sys, sysconfig, ensurepip, venv
get = sysconfig.get_config_var
version = '%d.%d' % sys.version_info[:2]
if version not in sys.argv[1:]:
    sys.exit('it is Python %s, not %s' % (version, ' or '.join(sys.argv[1:])))
names = [get('INSTSONAME') or '', get('LDLIBRARY') or '', 'libpython%s.so.1.0' % version]
folders = [get('LIBDIR') or '', os.path.join(sys.base_prefix, 'lib')]
found = [os.path.join(f, n) for f in folders for n in names if '.so' in n and os.path.isfile(os.path.join(f, n))]
if not found:
    sys.exit('it has no shared library (libpython%s.so)' % version)
if not os.path.isfile(os.path.join(sysconfig.get_path('include'), 'Python.h')):
    sys.exit('it has no headers (Python.h), with which python-ldap is built')
print(version)
print(getattr(sys, '_base_executable', sys.executable))
print(sysconfig.get_path('stdlib'))
print(os.path.realpath(found[0]))
";

/// A Python that can be embedded.
pub struct Python {
    /// One of [`VERSIONS`].
    pub version: &'static str,
    /// The interpreter.
    pub program: PathBuf,
    /// The folder of its standard library, `lib/python3.13`.
    pub standard_library: PathBuf,
    /// `libpython3.13.so.1.0`.
    pub shared_library: PathBuf,
}

/// A Python of this machine by its version, for virtual environments: the system's, one on PATH, or one of pyenv, whose programs on
/// PATH refuse versions that are not selected.
pub fn any(version: &str) -> Option<PathBuf> {
    let name = format!("python{version}");
    let answers = |program: &PathBuf| {
        command(program, ["-c", "import venv, ensurepip"])
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let of_pyenv = std::env::var_os("PYENV_ROOT").map(|root| PathBuf::from(root).join("versions"));
    let mut of_pyenv: Vec<_> = of_pyenv
        .and_then(|versions| std::fs::read_dir(versions).ok())
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&format!("{version}.")))
        .map(|entry| entry.path().join("bin").join(&name))
        .collect();
    of_pyenv.sort();
    let candidates = [Some(PathBuf::from("/usr/bin").join(&name)), find_program(&name)];
    candidates.into_iter().flatten().chain(of_pyenv).find(answers)
}

/// Finds a suitable Python, or installs one.
pub fn find(workshop: &Workshop) -> Result<Python> {
    if let Some(program) = std::env::var_os("PYTHON") {
        let program = PathBuf::from(program);
        return probe(&program).map_err(|why| format!("PYTHON={}: {why}", program.display()));
    }
    if let Some(python) = installed(workshop) {
        return Ok(python);
    }
    let log = workshop.log();
    for version in VERSIONS {
        let name = format!("python{version}");
        if apt::is_known(log, &name) {
            let packages = [&name, &format!("{name}-venv"), &format!("lib{name}"), &format!("lib{name}-dev")];
            announced(&format!("Python {version} (apt-get)"), || {
                apt::install(log, &packages.map(String::as_str), "The Linux machine")
            })?;
            return probe(&Path::new("/usr/bin").join(name));
        }
    }
    let version = VERSIONS[0];
    let folder = uv_folder(workshop);
    announced(&format!("Python {version} (uv)"), || install_by_uv(log, workshop, &folder)).map_err(|error| {
        format!(
            "This system's distribution has no Python {}, and uv could not fetch one. Install one with its shared library \
             and headers (for Ubuntu, the deadsnakes archive has python{version}-venv and python{version}-dev), or name \
             one in the environment variable PYTHON.\n{error}",
            VERSIONS.join(" or ")
        )
    })?;
    installed(workshop)
        .ok_or_else(|| format!("uv installed no usable Python {version} in {}", folder.display()))
}

/// The first suitable Python that is already installed.
fn installed(workshop: &Workshop) -> Option<Python> {
    let names = VERSIONS.map(|version| format!("python{version}"));
    let of_the_system = names.iter().map(|name| Path::new("/usr/bin").join(name));
    let on_the_path = names.iter().filter_map(|name| find_program(name));
    let by_uv = std::fs::read_dir(uv_folder(workshop)).into_iter().flatten().flatten();
    let by_uv = by_uv.flat_map(|entry| names.iter().map(move |name| entry.path().join("bin").join(name)));
    let candidates = of_the_system.chain(on_the_path).chain(by_uv);
    candidates.filter_map(|candidate| probe(&candidate).ok()).next()
}

/// Checks whether a Python is suitable; the error says why not.
fn probe(program: &Path) -> Result<Python> {
    let output = command(program, ["-c", PROBE])
        .args(VERSIONS)
        .output()
        .map_err(|error| format!("cannot be run: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(text.lines().last().unwrap_or("it says nothing").to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<_> = text.lines().collect();
    let python = match lines.as_slice() {
        [version, program, standard_library, shared_library] => {
            VERSIONS.into_iter().find(|known| known == version).map(|version| Python {
                version,
                program: program.into(),
                standard_library: standard_library.into(),
                shared_library: shared_library.into(),
            })
        }
        _ => None,
    };
    python.ok_or_else(|| format!("it answers strangely: {text}"))
}

fn uv_folder(workshop: &Workshop) -> PathBuf {
    workshop.machines().join("python")
}

fn install_by_uv(log: &Log, workshop: &Workshop, folder: &Path) -> Result<()> {
    apt::install(log, &["python3", "python3-venv"], "uv")?;
    let tools = workshop.machines().join("uv");
    fresh_folder(&tools)?;
    fresh_folder(folder)?;
    log.run(command("python3", ["-m", "venv"]).arg(&tools))?;
    log.run(&mut command(tools.join("bin/pip"), ["install", "--quiet", "uv"]))?;
    log.run(command(tools.join("bin/uv"), ["python", "install", VERSIONS[0], "--install-dir"]).arg(folder))
}
