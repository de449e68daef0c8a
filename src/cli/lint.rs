//! `lint`: checks configuration files against the rules of IIS.

use std::path::{Path, PathBuf};

use iis_config::Version;
use iis_config::check::{Level, LevelKind, not_looked_at};
use iis_config::markup::{self, Document};
use iis_config::schema::{Tables, read_folder};

use super::answer::{Data, Linted};
use super::output::Output;
use super::written::write_fixed;
use super::{LintArguments, Outcome, Trouble};
use crate::diagnostic::has_errors;
use crate::files::{self, TextFile};
use crate::lint::fix::fixed;
use crate::lint::{Kind, Surroundings, is_transformation, lint_below, place};
use crate::merge::host_config;

/// A file of the run.
struct ConfigFile {
    file: TextFile,
    kind: Kind,
    /// Its folder, in the spelling of the operating system.
    folder: PathBuf,
}

impl ConfigFile {
    /// Writes the file with everything corrected that is certain, and says each change.
    fn fix(&mut self, version: Version, tables: &Tables, output: &mut Output) -> Result<(), Trouble> {
        let (text, changes) = fixed(&self.file.text, self.kind, version, tables);
        if !changes.is_empty() {
            write_fixed(&self.file, &text, &changes, output)?;
            self.file = TextFile::open(self.file.path())?;
        }
        Ok(())
    }
}

pub(super) fn run(arguments: &LintArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let tables = arguments.schema_dir.as_deref().map(read_folder).transpose()?.unwrap_or_else(Tables::own);
    let tables = if arguments.strict { tables } else { tables.without_dot_net() };
    let host = arguments.host_config.as_deref().map(host_config::open).transpose()?;
    let host_document = host.as_ref().map(parsed).transpose()?;
    let mut files = opened(&arguments.files)?;
    if arguments.fix {
        for linted in &mut files {
            linted.fix(arguments.iis, &tables, output)?;
        }
    }
    let documents: Vec<Option<Document<'_>>> =
        files.iter().map(|linted| markup::parse(&linted.file.text).ok()).collect();
    let mut reports = Vec::new();
    for (linted, own) in files.iter().zip(&documents) {
        let above = above(linted, &files, &documents);
        let host = host.as_ref().zip(host_document.as_ref());
        let mut levels = levels(linted, above, host, arguments, output);
        levels.extend(read_twice(linted, own.as_ref(), &levels));
        let around = Surroundings {
            kind: linted.kind,
            version: arguments.iis,
            tables: &tables,
            levels: &levels,
            unlocked: &[],
            is_utf16: linted.file.is_utf16(),
            exists: &|path: &str| linted.folder.join(path.replace('\\', "/")).exists(),
        };
        let found = lint_below(&linted.file.text, own.as_ref(), &around);
        reports.push((super::merge::shown(&linted.file, &found), found));
    }
    for (own, (source, found)) in documents.iter().zip(&reports) {
        output.about(&source.name);
        output.diagnostics(source, found);
        let Some(own) = own else { continue };
        let not_looked_at = not_looked_at(own, &tables);
        if found.is_empty() {
            output.say(&format!("{}: {}", source.name, verdict(&not_looked_at)));
        }
        output.result(Data::Lint(Linted { not_looked_at }));
    }
    let has_errors = reports.iter().any(|(_, found)| has_errors(found));
    Ok(if has_errors { Outcome::Found } else { Outcome::Fine })
}

/// The server's file as a tree.
fn parsed(file: &TextFile) -> Result<Document<'_>, String> {
    markup::parse(&file.text).map_err(|flaw| format!("{}: {}", file.path().display(), flaw.detail))
}

/// What is said of a file without findings: also what nobody has looked at.
fn verdict(skipped: &[String]) -> String {
    match skipped.is_empty() {
        true => "nothing found".to_owned(),
        false => {
            let names: Vec<&str> =
                skipped.iter().map(|path| path.trim_start_matches("system.webServer/")).collect();
            format!("nothing found; not looked at: {} (no schema)", names.join(", "))
        }
    }
}

/// The files that the arguments name, the files of a folder sorted by path.
fn opened(arguments: &[PathBuf]) -> Result<Vec<ConfigFile>, Trouble> {
    let mut found = Vec::new();
    for argument in matching(arguments)? {
        if !argument.is_dir() {
            found.push(linted(TextFile::open(&argument)?));
            continue;
        }
        let mut below = files::list(&argument)?;
        below.retain(|path| !path.split('/').any(|part| part.starts_with('.')));
        below.sort();
        for path in below.iter().filter(|path| is_configuration(path)) {
            let file = TextFile::open(&argument.join(path))?;
            found.extend((!is_transformation(&file.text)).then(|| linted(file)));
        }
    }
    Ok(found)
}

fn matching(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Trouble> {
    let found: Result<Vec<_>, _> = arguments.iter().map(|argument| files::matching(argument)).collect();
    Ok(found?.concat())
}

fn is_configuration(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["web.config", "applicationHost.config"].iter().any(|own| own.eq_ignore_ascii_case(name))
}

fn linted(file: TextFile) -> ConfigFile {
    let name = file.path().file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_web = name.ends_with("web.config") || name.starts_with("web.");
    let folder = files::real(file.path()).parent().map(Path::to_path_buf).unwrap_or_default();
    ConfigFile { file, kind: if is_web { Kind::WebConfig } else { Kind::HostConfig }, folder }
}

/// The web.config files of the run that are in folders above, the outermost first, each with the path from its folder.
fn above<'d, 'a>(
    linted: &ConfigFile,
    files: &'d [ConfigFile],
    documents: &'d [Option<Document<'a>>],
) -> Vec<(String, &'d ConfigFile, &'d Document<'a>)> {
    let mut found: Vec<_> = files
        .iter()
        .zip(documents)
        .filter(|(other, _)| other.kind == Kind::WebConfig && other.folder != linted.folder)
        .filter_map(|(other, document)| {
            let below = linted.folder.strip_prefix(&other.folder).ok()?;
            Some((below.to_string_lossy().replace('\\', "/"), other, document.as_ref()?))
        })
        .collect();
    found.sort_by_key(|(below, ..)| std::cmp::Reverse(below.len()));
    found
}

/// The levels above a file: the server's, and those of the folders above.
fn levels<'d, 'a>(
    linted: &ConfigFile,
    above: Vec<(String, &'d ConfigFile, &'d Document<'a>)>,
    host: Option<(&TextFile, &'d Document<'a>)>,
    arguments: &LintArguments,
    output: &mut Output,
) -> Vec<Level<'d, 'a>> {
    if linted.kind == Kind::HostConfig {
        return Vec::new();
    }
    let mut levels = Vec::new();
    if let Some((file, document)) = host {
        let below = above.first().map_or("", |(below, ..)| below);
        let found = place::of_folder(document, &linted.folder.to_string_lossy());
        let (place, why) = match &arguments.site {
            Some(site) => (place::location(&place::location(site, &arguments.app), below), "as --site says"),
            None => match found {
                Some(found) => (found, "by its folder"),
                None => (String::new(), ""),
            },
        };
        output.say(&match place.is_empty() {
            true => format!(
                "{}: checked without a site; name it with --site to count its <location>s",
                linted.file.path().display()
            ),
            false => format!("{}: checked for {place}, {why}", linted.file.path().display()),
        });
        levels.push(Level { name: name_of(file), document, below: place, kind: LevelKind::Host });
    }
    let webs = above.into_iter().map(|(below, other, document)| Level {
        name: other.file.path().display().to_string(),
        document,
        below,
        kind: LevelKind::Web,
    });
    levels.extend(webs);
    levels
}

/// The file as a level above itself, if its application has the folder of its site: IIS reads it for both.
fn read_twice<'d, 'a>(
    linted: &ConfigFile,
    own: Option<&'d Document<'a>>,
    levels: &[Level<'d, 'a>],
) -> Option<Level<'d, 'a>> {
    let host = levels.first().filter(|level| level.is_host() && linted.kind == Kind::WebConfig)?;
    place::has_folder_of_site(host.document, &host.below).then_some(())?;
    let name = format!("{}, which IIS also reads for the site", name_of(&linted.file));
    let below = host.below.split_once('/').map_or("", |(_, below)| below).to_owned();
    Some(Level { name, document: own?, below, kind: LevelKind::Web })
}

fn name_of(file: &TextFile) -> String {
    file.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
