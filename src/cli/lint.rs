//! `lint`: checks configuration files against the rules of IIS.

use iis_config::schema::{Tables, read_folder};

use super::output::Output;
use super::{LintArguments, Outcome, Trouble};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::files::TextFile;
use crate::lint::{Kind, Locks, lint};
use crate::merge::host_config;
use crate::source::Source;

pub(super) fn run(arguments: &LintArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let tables = arguments.schema_dir.as_deref().map(read_folder).transpose()?.unwrap_or_else(Tables::own);
    let locks = match &arguments.host_config {
        Some(path) => {
            let file = host_config::open(path)?;
            let locks = Locks::read(&file.text);
            Some(locks.map_err(|flaw| format!("{}: {}", file.path().display(), flaw.detail))?)
        }
        None => None,
    };
    let mut linted = Vec::new();
    for path in &arguments.files {
        let file = TextFile::open(path)?;
        let is_web = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().to_lowercase().ends_with("web.config"));
        let kind = if is_web { Kind::WebConfig } else { Kind::HostConfig };
        let found = lint(&file.text, kind, arguments.iis, &tables, locks.as_ref());
        linted.push((super::merge::shown(&file, &found), found));
    }
    let reports: Vec<(&Source, &[Diagnostic])> =
        linted.iter().map(|(source, found)| (source, found.as_slice())).collect();
    output.diagnostics(&reports)?;
    for (source, found) in &reports {
        if found.is_empty() && !output.json() {
            output.say(&format!("{}: no errors", source.name));
        }
    }
    let found = reports.iter().any(|(_, found)| has_errors(found));
    Ok(if found { Outcome::Found } else { Outcome::Fine })
}
