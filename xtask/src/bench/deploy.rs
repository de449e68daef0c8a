//! Sets up the deployments of the bridge that are measured, as their runbooks say.
//!
//! In: a machine and the compiler. Out: `C:\deployed\bench-plain` and `C:\deployed\bench-kallithea` on it, each with
//! `bridge` and `my.ini`, and in `C:\deployed\bench-application` a bridge that leaves static files to the second's Kallithea. Absent: the incumbent, which serves the same two ini files.

use std::fs;
use std::path::Path;

use super::machine::{self, Machine, System};
use crate::command::Log;
use crate::wine;
use crate::workshop::{Result, Workshop, fresh_folder, make_folder, write};

/// The ini file of the plain applications.
const PLAIN: &str = "\
[app:main]
use = call:bench_application:make

[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARN
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(levelname)s %(name)s %(message)s
";

/// Sets up the minimal applications, in a virtual environment that sees Kallithea's packages.
pub fn plain(workshop: &Workshop, machine: &Machine, compiler: &Path, log: &Log) -> Result<()> {
    bridge(workshop, machine, ["bench-plain", "plain"], &[], (compiler, log))?;
    write(&machine.place("deployed/bench-plain/my.ini"), PLAIN)?;
    let packages = machine.place(&machine.packages("deployed/bench-plain/venv"));
    make_folder(&packages)?;
    let others = machine.path(&machine.packages("inetpub/kallithea/venv"));
    write(&packages.join("kallithea.pth"), &format!("{others}\n"))?;
    copy(&workshop.root().join("benches/bench_application.py"), &packages.join("bench_application.py"))
}

/// Sets up Kallithea: the ini file as kallithea-cli wrote it, and a database with the settings of the spec.
pub fn kallithea(workshop: &Workshop, machine: &Machine, compiler: &Path, log: &Log) -> Result<()> {
    bridge(workshop, machine, ["bench-kallithea", "kallithea"], &[], (compiler, log))?;
    let key = ["staticFiles: application"];
    bridge(workshop, machine, ["bench-application", "kallithea"], &key, (compiler, log))?;
    let folder = machine.place("deployed/bench-kallithea");
    for name in ["my.ini", "kallithea.db"] {
        copy(&machine.place("inetpub/kallithea").join(name), &folder.join(name))?;
    }
    let mut python = machine.python();
    log.run(python.args(["settings/apply_settings.py", "-c", "my.ini"]).current_dir(&folder))
}

/// Compiles a spec with these keys of `bridge`, and copies its libraries to the folder of this name.
fn bridge(
    workshop: &Workshop,
    machine: &Machine,
    [name, spec]: [&str; 2],
    keys: &[&str],
    (compiler, log): (&Path, &Log),
) -> Result<()> {
    let (short, text) = (name.trim_start_matches("bench-"), text_of_spec(workshop, machine, spec, keys)?);
    let outputs = workshop.machines().join("bench-out").join(machine::name(machine.system));
    make_folder(&outputs)?;
    let (spec, out) = (outputs.join(format!("{short}.yaml")), outputs.join(short));
    write(&spec, &text)?;
    let mut compile = machine::compile(machine, compiler, &spec, &out);
    log.run(compile.env("KALLITHEA_IISC_CACHE", workshop.machines().join("cache")))?;
    let folder = machine.place("deployed").join(name);
    fresh_folder(&folder)?;
    copy_files(&out.join("bin"), &folder.join("bridge"))?;
    copy_files(&out.join("kallithea"), &folder.join("settings"))
}

/// A spec of `benches/deployments`, which names the Python of the Windows machine; on Linux with one worker, like the loop that it is
/// compared with.
fn text_of_spec(workshop: &Workshop, machine: &Machine, name: &str, keys: &[&str]) -> Result<String> {
    let spec = workshop.root().join(format!("benches/deployments/{name}.yaml"));
    let mut text = fs::read_to_string(&spec).map_err(|error| format!("{}: {error}", spec.display()))?;
    let mut keys = keys.to_vec();
    if machine.system == System::Linux {
        let named = |version: &str| format!("version: \"{version}\"");
        text = text.replace(&named(wine::VERSION), &named(machine.version));
        keys.push("threads: 1");
    }
    if !keys.is_empty() {
        text.push_str("\nbridge:\n");
    }
    keys.iter().for_each(|key| text.push_str(&format!("  {key}\n")));
    Ok(text)
}

/// Copies a folder's files, without the folders in it.
pub fn copy_files(from: &Path, to: &Path) -> Result<()> {
    make_folder(to)?;
    let trouble = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in fs::read_dir(from).map_err(trouble)? {
        let path = entry.map_err(trouble)?.path();
        if path.is_file() {
            copy(&path, &to.join(path.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}

/// Copies a file.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}
