//! `import`: a deployment spec from what a server has.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use super::output::Output;
use super::{ImportArguments, Outcome, Trouble};
use crate::diagnostic::Diagnostic;
use crate::import::{Imported, Refusal, Wanted, import};
use crate::merge::file::ConfigFile;

pub(super) fn run(arguments: &ImportArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let host = ConfigFile::open(&arguments.host_config)?;
    let web = arguments.web_config.as_deref().map(ConfigFile::open_exactly).transpose()?;
    let wanted =
        Wanted { site: &arguments.site, application: &arguments.app, name: arguments.name.as_deref() };
    let imported = match import(&host.text, web.as_ref().map(|web| web.text.as_str()), wanted) {
        Ok(imported) => imported,
        Err(Refusal::Host(diagnostics)) => return refused(&host, &diagnostics, output),
        Err(Refusal::WebConfig(diagnostics)) => {
            let web = web.as_ref().ok_or("a web.config that was not given is wrong")?;
            return refused(web, &diagnostics, output);
        }
    };
    match &arguments.out {
        Some(path) => {
            write_new(path, &imported.yaml).map_err(|error| format!("{}: {error}", path.display()))?;
            if output.json() {
                output.print(&as_json(&imported)?)?;
            }
        }
        None if output.json() => output.print(&as_json(&imported)?)?,
        None => output.print(&imported.yaml)?,
    }
    let name = arguments.out.as_deref().map_or("the spec".into(), |path| path.display().to_string());
    output.say(&message(&name, &imported));
    Ok(Outcome::Fine)
}

fn refused(file: &ConfigFile, diagnostics: &[Diagnostic], output: &mut Output) -> Result<Outcome, Trouble> {
    output.diagnostics(&[(&super::merge::shown(file, diagnostics), diagnostics)])?;
    Err("nothing was imported".into())
}

/// What the author has to do.
fn message(name: &str, imported: &Imported) -> String {
    let mut text = match imported.open.len() {
        0 => format!("{name}: complete"),
        1 => format!("{name}: one place needs you"),
        count => format!("{name}: {count} places need you"),
    };
    match imported.left {
        0 => {}
        1 => text.push_str("; 1 thing was not taken over: see its end"),
        count => text.push_str(&format!("; {count} things were not taken over: see its end")),
    }
    for open in &imported.open {
        text.push_str(&format!("\n  line {}: {}", open.line, open.what));
    }
    text
}

fn as_json(imported: &Imported) -> Result<String, Trouble> {
    let open: Vec<_> =
        imported.open.iter().map(|open| json!({ "line": open.line, "what": open.what })).collect();
    let whole = json!({ "yaml": imported.yaml, "open": open, "left": imported.left });
    Ok(format!("{}\n", serde_json::to_string_pretty(&whole)?))
}

/// Writes a file that is not there yet, whole or not at all: it is complete under another name before it gets its own.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let taken =
        || io::Error::new(io::ErrorKind::AlreadyExists, "it is there already, and is not overwritten");
    if path.symlink_metadata().is_ok() {
        return Err(taken());
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy().into_owned();
    let new = path.with_file_name(format!(".{name}.kallithea-iisc-new"));
    let written = fs::File::create(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let placed = written.and_then(|()| match path.symlink_metadata() {
        Ok(_) => Err(taken()),
        Err(_) => fs::rename(&new, path),
    });
    if placed.is_err() {
        fs::remove_file(&new).ok();
    }
    placed
}
