//! The incumbent: pywin32's ISAPI loader with isapi-wsgi, as far as it runs on Python 3.
//!
//! In: the package index. Out: `C:\deployed\bench-incumbent` on the Windows machine. isapi-wsgi is translated by
//! 2to3, and one line of it is corrected; without that no request body arrives. Absent: Kallithea's own dispatch.py,
//! which fails when it is loaded; `benches/incumbent/dispatch.py` is what remains of it.

use std::path::Path;
use std::process::Command;

use super::deploy::copy;
use super::machine::Machine;
use crate::apt;
use crate::command::Log;
use crate::wheels::Wheels;
use crate::workshop::{Result, Workshop, fresh_folder, write};

/// The loader, and the package that it passes requests to.
const LOADER: &str = "pywin32==312";
const HANDLERS: &str = "isapi-wsgi==0.4.2";
const ARCHIVE: &str = "isapi_wsgi-0.4.2.zip";

/// The translation keeps bodies in a StringIO, which does not accept bytes.
const WRONG: &str = "try: from io import StringIO\nexcept ImportError: from io import StringIO\n";
const RIGHT: &str = "from io import BytesIO as StringIO\n";

/// The incumbent's folder below `C:\`.
const FOLDER: &str = "deployed/bench-incumbent";

/// Sets up the incumbent.
pub fn setup(workshop: &Workshop, wheels: &Wheels, machine: &Machine) -> Result<()> {
    let folder = machine.place(FOLDER);
    let inputs = format!("{LOADER}\n{HANDLERS}\n{RIGHT}\n{}", folder.display());
    workshop.step(
        "bench-incumbent",
        "The incumbent: pywin32's loader and isapi-wsgi (pip)",
        &inputs,
        |log| {
            fresh_folder(&folder)?;
            let packages = folder.join("site-packages");
            wheels.install_another_on_windows(log, LOADER, &packages)?;
            copy(&packages.join("isapi/PyISAPI_loader.dll"), &folder.join("_dispatch.dll"))?;
            translated(workshop, wheels, &packages.join("isapi_wsgi.py"), log)
        },
    )?;
    copy(&workshop.root().join("benches/incumbent/dispatch.py"), &folder.join("dispatch.py"))
}

/// isapi-wsgi's one module, for Python 3.
fn translated(workshop: &Workshop, wheels: &Wheels, module: &Path, log: &Log) -> Result<()> {
    let sources = workshop.machines().join("wheels/sources/isapi-wsgi");
    fresh_folder(&sources)?;
    let mut pip = wheels.python();
    pip.args(["-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]);
    log.run(pip.args(["--no-binary", ":all:", "--no-build-isolation", HANDLERS, "--dest"]).arg(&sources))?;
    wheels.unzip(log, &sources.join(ARCHIVE), &sources)?;
    let source = sources.join("isapi_wsgi-0.4.2/isapi_wsgi.py");
    if !wheels.python().args(["-c", "import lib2to3"]).output().is_ok_and(|answer| answer.status.success()) {
        apt::install(log, &["python3-lib2to3"], "Translating isapi-wsgi to Python 3")?;
    }
    let mut translate = wheels.python();
    log.run(translate.args(["-W", "ignore", "-m", "lib2to3", "--write", "--nobackups"]).arg(&source))?;
    let text = std::fs::read_to_string(&source).map_err(|error| format!("{}: {error}", source.display()))?;
    let text = text.replace("\r\n", "\n");
    if !text.contains(WRONG) {
        return Err(format!("{} does not hold the line that is to be put right", source.display()));
    }
    write(module, &text.replace(WRONG, RIGHT))
}

/// The measuring program with the environment that the loader needs: Python on PATH, its location, and what to serve.
pub fn driver(machine: &Machine, handler: &str, deployment: &str) -> Command {
    let environment = match deployment {
        "bench-plain" => "deployed/bench-plain/venv",
        _ => "inetpub/kallithea/venv",
    };
    let mut driver = machine.driver();
    let packages = machine.path(&format!("{FOLDER}/site-packages"));
    let libraries = format!(r"{packages}\pywin32_system32");
    driver
        // The loader imports `isapi` before dispatch.py can say where it is.
        .env("PYTHONPATH", packages)
        .env("WINEPATH", format!(r"C:\Python;{libraries}"))
        .env("PYTHONHOME", r"C:\Python")
        .env("BENCH_HANDLER", handler)
        .env("BENCH_INI", machine.path(&format!("deployed/{deployment}/my.ini")))
        .env("BENCH_SITE_PACKAGES", machine.path(&machine.packages(environment)));
    driver
}

/// The library that the host loads.
pub fn library(machine: &Machine) -> String {
    machine.path(&format!("{FOLDER}/_dispatch.dll"))
}
