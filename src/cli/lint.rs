//! `lint`: checks configuration files against the rules of IIS.

use std::cmp::Reverse;
use std::io;
use std::path::{Path, PathBuf};

use iis_config::Version;
use iis_config::check::{Beside, Level, LevelKind, not_looked_at};
use iis_config::markup::{self, Document};
use iis_config::names::is_same;
use iis_config::paths;
use iis_config::schema::{Tables, read_folder};

use super::above::{expanded, is_of_this_server, on_disk};
use super::answer::{Data, Linted};
use super::output::Output;
use super::written::write_fixed;
use super::{LintArguments, Outcome, Trouble};
use crate::diagnostic::has_errors;
use crate::files::{self, NotText, TextFile};
use crate::lint::fix::fixed;
use crate::lint::place::{FolderAbove, folders_above};
use crate::lint::{Kind, Surroundings, is_transformation, lint_below, not_text, place};
use crate::merge::host_config;

/// A file of the run.
struct ConfigFile {
    file: TextFile,
    kind: Kind,
    /// Its folder, in the spelling of the operating system.
    folder: PathBuf,
    /// Why it is not text.
    flaw: Option<NotText>,
}

impl ConfigFile {
    /// Writes the file with everything corrected that is certain, and says each change.
    fn fix(&mut self, version: Version, tables: &Tables, output: &mut Output) -> Result<(), Trouble> {
        if self.flaw.is_some() {
            return Ok(());
        }
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
    let (mut files, unread) = opened(&arguments.files)?;
    // A file that cannot be written does not keep the others from being corrected and checked.
    let fix = |linted: &mut ConfigFile| linted.fix(arguments.iis, &tables, output).err();
    let unwritten: Vec<Option<Trouble>> = match arguments.fix {
        true => files.iter_mut().map(fix).collect(),
        false => files.iter().map(|_| None).collect(),
    };
    let server = host.as_ref().zip(host_document.as_ref());
    let places: Vec<Place> =
        files.iter().map(|linted| Place::of(linted, &files, host_document.as_ref(), arguments)).collect();
    if let Some((_, document)) = server.filter(|(host, _)| is_of_this_server(host.path())) {
        let beyond = beyond(&files, &places, document)?;
        files.extend(beyond);
    }
    let documents: Vec<Option<Document<'_>>> =
        files.iter().map(|linted| markup::parse(&linted.file.text).ok()).collect();
    let mut reports = Vec::new();
    for ((linted, own), place) in files.iter().zip(&documents).zip(&places) {
        if let Some(words) = server.filter(|_| linted.kind == Kind::WebConfig).map(|_| place.told()) {
            output.say(&format!("{}: {words}", linted.file.path().display()));
        }
        let levels = levels((linted, place), &files, &documents, server);
        let around = Surroundings {
            kind: linted.kind,
            version: arguments.iis,
            tables: &tables,
            levels: &levels,
            unlocked: &[],
            is_utf16: linted.file.is_utf16(),
            beside: &|path: &str| beside(&linted.folder, path),
        };
        let found = match linted.flaw {
            Some(why) => vec![not_text(&linted.file.text, why.place(), why.said())],
            None => lint_below(&linted.file.text, own.as_ref(), &around),
        };
        reports.push((super::merge::shown(&linted.file, &found), found));
    }
    for ((own, (source, found)), trouble) in documents.iter().zip(&reports).zip(&unwritten) {
        output.about(&source.name);
        trouble.iter().for_each(|trouble| output.trouble(&trouble.to_string()));
        output.diagnostics(source, found);
        let Some(own) = own else { continue };
        let not_looked_at = not_looked_at(own, &tables);
        if found.is_empty() {
            output.say(&format!("{}: {}", source.name, verdict(&not_looked_at)));
        }
        output.result(Data::Lint(Linted { not_looked_at }));
    }
    let has_errors = reports.iter().any(|(_, found)| has_errors(found));
    for (path, error) in &unread {
        output.about(&path.display().to_string());
        output.trouble(&error.to_string());
    }
    let is_trouble = !unread.is_empty() || unwritten.iter().any(Option::is_some);
    let found = if has_errors { Outcome::Found } else { Outcome::Fine };
    Ok(if is_trouble { Outcome::Trouble } else { found })
}

/// A file that `configSource` names.
fn beside(folder: &Path, path: &str) -> Beside {
    match files::as_windows_finds(folder, path).filter(|file| file.is_file()) {
        Some(path) => TextFile::open(&path).map_or(Beside::Unread, |file| Beside::Text(file.text)),
        None => Beside::Missing,
    }
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

/// Files that cannot be read, with what prevents it.
type Unread = Vec<(PathBuf, io::Error)>;

/// The files that the arguments name, the files of a folder sorted by path. One that cannot be read does not keep the others from being
/// checked.
fn opened(arguments: &[PathBuf]) -> Result<(Vec<ConfigFile>, Unread), Trouble> {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    let mut open = |path: PathBuf, is_searched: bool| match linted(&path) {
        Ok(own) if is_searched && is_transformation(&own.file.text) => {}
        Ok(own) => found.push(own),
        Err(error) => unread.push((path, error)),
    };
    for argument in matching(arguments)? {
        if !argument.is_dir() {
            open(argument, false);
            continue;
        }
        let mut below = files::list(&argument)?;
        below.retain(|path| is_configuration(path) && !path.split('/').any(|part| part.starts_with('.')));
        below.sort();
        if below.is_empty() {
            let folder = argument.display();
            let why = "there is no web.config and no applicationHost.config in this folder; name another one";
            return Err(format!("{folder}: {why}").into());
        }
        for path in &below {
            open(argument.join(path), true);
        }
    }
    Ok((found, unread))
}

fn matching(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Trouble> {
    let found: Result<Vec<_>, _> = arguments.iter().map(|argument| files::matching(argument)).collect();
    Ok(found?.concat())
}

fn is_configuration(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["web.config", "applicationHost.config"].iter().any(|own| own.eq_ignore_ascii_case(name))
}

fn linted(path: &Path) -> io::Result<ConfigFile> {
    let (file, flaw) = TextFile::open_anyway(path)?;
    let name = file.path().file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_web = name.ends_with("web.config") || name.starts_with("web.");
    let folder = files::real(file.path()).parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(ConfigFile { file, kind: if is_web { Kind::WebConfig } else { Kind::HostConfig }, folder, flaw })
}

/// The place of a file on the server.
struct Place {
    /// The path that a `<location>` for its folder has; empty if it is not known.
    path: String,
    /// Whether its folder says so, and not the user.
    is_by_folder: bool,
}

impl Place {
    fn of(
        linted: &ConfigFile,
        files: &[ConfigFile],
        host: Option<&Document<'_>>,
        arguments: &LintArguments,
    ) -> Self {
        if let Some(site) = &arguments.site {
            let outermost = around(linted, files).into_iter().map(|(below, _)| below).next();
            let application = place::location(site, &arguments.app);
            let path = place::location(&application, &outermost.unwrap_or_default());
            return Self { path, is_by_folder: false };
        }
        let found = host.and_then(|host| place::of_folder(host, &linted.folder.to_string_lossy()));
        Self { is_by_folder: found.is_some(), path: found.unwrap_or_default() }
    }

    fn told(&self) -> String {
        match (self.path.as_str(), self.is_by_folder) {
            ("", _) => "checked without a site; name it with --site to count its <location>s".to_owned(),
            (path, true) => format!("checked for {path}, by its folder"),
            (path, false) => format!("checked for {path}, as --site says"),
        }
    }
}

/// The web.config files of the run that are in folders around a file, the outermost first, each with the path from its folder.
fn around<'f>(linted: &ConfigFile, files: &'f [ConfigFile]) -> Vec<(String, &'f ConfigFile)> {
    let others = files.iter().filter(|other| other.kind == Kind::WebConfig && other.folder != linted.folder);
    let below = |other: &'f ConfigFile| {
        let below = linted.folder.strip_prefix(&other.folder).ok()?;
        Some((below.to_string_lossy().replace('\\', "/"), other))
    };
    let mut found: Vec<_> = others.filter_map(below).collect();
    found.sort_by_key(|(below, _)| Reverse(below.len()));
    found
}

/// The file of a folder that the server's file gives, if it is in the run.
fn file_of<'f>(folder: &FolderAbove, files: &'f [ConfigFile]) -> Option<&'f ConfigFile> {
    let path = expanded(&folder.path());
    let is_it = |file: &&ConfigFile| {
        file.kind == Kind::WebConfig && paths::same(&file.folder.to_string_lossy(), &path)
    };
    files.iter().find(is_it)
}

/// The files above those of the run that nobody named, and that are on this machine.
fn beyond(files: &[ConfigFile], places: &[Place], host: &Document<'_>) -> Result<Vec<ConfigFile>, Trouble> {
    let mut found: Vec<ConfigFile> = Vec::new();
    for folder in places.iter().flat_map(|place| folders_above(host, &place.path)) {
        if file_of(&folder, files).or(file_of(&folder, &found)).is_none()
            && let Some(path) = on_disk(&folder).filter(|path| path.is_file())
        {
            found.push(linted(&path)?);
        }
    }
    Ok(found)
}

/// The levels above a file: the server's, and those of the folders above. Which folders these are the server's file says, if it has the
/// folder of the file; otherwise the disk does as well.
fn levels<'d, 'a>(
    (linted, place): (&ConfigFile, &Place),
    files: &'d [ConfigFile],
    documents: &'d [Option<Document<'a>>],
    server: Option<(&TextFile, &'d Document<'a>)>,
) -> Vec<Level<'d, 'a>> {
    if linted.kind == Kind::HostConfig {
        return Vec::new();
    }
    let mut above = if place.is_by_folder { Vec::new() } else { around(linted, files) };
    for folder in server.map(|(_, host)| folders_above(host, &place.path)).unwrap_or_default() {
        let is_there = above.iter().any(|(below, _)| is_same(below, &folder.below));
        let file = file_of(&folder, files).filter(|_| !is_there);
        above.extend(file.map(|file| (folder.below, file)));
    }
    above.sort_by_key(|(below, _)| Reverse(below.split('/').count()));
    let below = place.path.clone();
    let host = |(file, document)| Level { name: name_of(file), document, below, kind: LevelKind::Host };
    let mut levels: Vec<_> = server.map(host).into_iter().collect();
    for (below, other) in above {
        let index = files.iter().position(|file| std::ptr::eq(file, other));
        let Some(document) = index.and_then(|index| documents[index].as_ref()) else { continue };
        let name = match other.folder == linted.folder {
            true => format!("{}, which IIS also reads for a folder above", name_of(&other.file)),
            false => other.file.path().display().to_string(),
        };
        levels.push(Level { name, document, below, kind: LevelKind::Web });
    }
    levels
}

fn name_of(file: &TextFile) -> String {
    file.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
