//! Checks any configuration file of IIS against its rules, with diagnostics like those of a spec.
//!
//! What enters: a file's text, tables, and what a server's applicationHost.config locks. What leaves: a diagnostic for
//! everything that IIS would refuse, with a guess at what was meant. Absent: whether the values make sense on the server.

use iis_config::Version;
use iis_config::check::{self, Fault, Finding, Unknown, findings};
use iis_config::markup::{self, Document, Element};
use iis_config::names::is_at_or_below;
use iis_config::schema::{OverrideMode, Tables, section, sections};

use crate::diagnostic::{Code, Diagnostic};

/// Which file of IIS it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The file of a folder.
    WebConfig,
    /// The file of the server, or a part of it.
    HostConfig,
}

/// Which sections a server locks and which it has unlocked.
#[derive(Debug, Default)]
pub struct Locks {
    unlocked: Vec<&'static str>,
    /// Locked on this server although a new installation leaves them open.
    locked: Vec<&'static str>,
}

/// The locks of a new installation.
static AS_INSTALLED: Locks = Locks { unlocked: Vec::new(), locked: Vec::new() };

impl Locks {
    /// Reads a server's applicationHost.config.
    pub fn read(text: &str) -> Result<Self, markup::Flaw> {
        Ok(Self::of(&markup::parse(text)?))
    }

    /// Reads a server's applicationHost.config that has been parsed.
    pub fn of(document: &Document<'_>) -> Self {
        Self::at(document, "")
    }

    /// The same, for the web.config of one application (`Site/name`): a `<location>` around it may lock or unlock more.
    pub fn at(document: &Document<'_>, location: &str) -> Self {
        let mut locks = Self::default();
        for section in sections() {
            let lock = lock_at(document, section.path, location);
            match (lock.map(|lock| lock.locked), section.override_mode) {
                (Some(false), OverrideMode::Deny) => locks.unlocked.push(section.path),
                (Some(true), OverrideMode::Allow) => locks.locked.push(section.path),
                _ => {}
            }
        }
        locks
    }

    /// The locks of a new installation, with these sections unlocked.
    pub(crate) fn unlocking<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let known = paths.into_iter().filter_map(section).map(|section| section.path);
        Self { unlocked: known.collect(), locked: Vec::new() }
    }

    /// These locks, and the sections that another one has unlocked where these say nothing.
    pub(crate) fn or(mut self, other: Self) -> Self {
        self.unlocked.extend(other.unlocked);
        self
    }
}

/// Whether a section is locked for web.config files, and where the file says so.
pub struct Lock {
    /// Whether it is.
    pub locked: bool,
    /// Where.
    pub place: std::ops::Range<usize>,
    /// The path of the `<location>` that says so, if it is not for the whole server.
    pub location: Option<String>,
}

/// The lock of a section for every web.config of a server; `None` if the file does not say it.
pub fn lock(document: &Document<'_>, path: &str) -> Option<Lock> {
    lock_at(document, path, "")
}

/// The lock of a section for the web.config of one application (`Site/name`): according to `configSections`, and then to each
/// `<location>` around the application, the outermost first (page "How to Use Locking in IIS Configuration"). `None` if the
/// file neither declares the section nor locks it.
pub fn lock_at(document: &Document<'_>, path: &str, application: &str) -> Option<Lock> {
    let mut lock = declared(document, path).map(|section| Lock {
        locked: section.says("overrideModeDefault", "Deny"),
        place: section.tag(),
        location: None,
    });
    let parts: Vec<&str> = path.split('/').collect();
    let path_of = |location: &Element<'_>| match location.value("path") {
        None | Some("" | ".") => String::new(),
        Some(path) => path.trim_end_matches('/').to_owned(),
    };
    let is_around = |path: &str| path.is_empty() || is_at_or_below(application, path);
    let mut around: Vec<_> = document.named(document.root(), "location").collect();
    around.retain(|location| is_around(&path_of(location)));
    around.sort_by_key(|location| path_of(location).len());
    for location in around {
        let Some(section) = document.descend(location, &parts) else { continue };
        let mode = location.value("overrideMode").map(str::to_lowercase);
        let older = location.value("allowOverride").map(str::to_lowercase);
        let locked = match (mode.as_deref(), older.as_deref()) {
            (Some("allow"), _) | (None, Some("true")) => false,
            (Some("deny"), _) | (None, Some("false")) => true,
            _ => continue,
        };
        let location = Some(path_of(location)).filter(|path| !path.is_empty());
        // A file that does not declare its sections is an excerpt, and only what it says about this path counts.
        if lock.is_some() || location.is_some() {
            lock = Some(Lock { locked, place: section.tag(), location });
        }
    }
    lock
}

/// The declaration of a section in `configSections`.
fn declared<'d, 'a>(document: &'d Document<'a>, path: &str) -> Option<&'d Element<'a>> {
    let declared = document.descend(document.root(), &["configSections"])?;
    let (groups, name) = path.rsplit_once('/')?;
    let group = groups.split('/').try_fold(declared, |around, group| {
        let found =
            document.named(around, "sectionGroup").find(|found| found.value("name") == Some(group))?;
        document.elements.get(found.index)
    })?;
    document.named(group, "section").find(|found| found.value("name") == Some(name))
}

/// The list of native modules; only the server's own file has it.
pub(crate) fn global_modules<'d, 'a>(document: &'d Document<'a>) -> Option<&'d Element<'a>> {
    document.descend(document.root(), &["system.webServer", "globalModules"])
}

/// Everything that IIS would refuse in a file.
pub fn lint(
    text: &str,
    kind: Kind,
    version: Version,
    tables: &Tables,
    locks: Option<&Locks>,
) -> Vec<Diagnostic> {
    let locks = locks.unwrap_or(&AS_INSTALLED);
    let kind = match kind {
        Kind::WebConfig => check::Kind::WebConfig { unlocked: &locks.unlocked, locked: &locks.locked },
        Kind::HostConfig => check::Kind::HostFragment,
    };
    let found = findings(text, kind, version, (tables, Unknown::Passed));
    found.into_iter().map(|finding| diagnostic(text, tables, finding)).collect()
}

fn diagnostic(text: &str, tables: &Tables, finding: Finding) -> Diagnostic {
    let Finding { offset, path, fault } = finding;
    let code = match &fault {
        Fault::Malformed(_) => Code::ConfigSyntax,
        Fault::NotConfiguration => Code::ConfigRoot,
        Fault::UnknownSection => Code::ConfigUnknownSection,
        Fault::SectionSince(_) | Fault::ElementSince(_) | Fault::AttributeSince(_) => Code::ConfigTooNew,
        Fault::RepeatedSection | Fault::RepeatedElement => Code::ConfigRepeated,
        Fault::Locked => Code::ConfigLocked,
        Fault::AppHostOnly | Fault::ServerWide => Code::ConfigServerOnly,
        Fault::UnknownElement => Code::ConfigUnknownElement,
        Fault::UnknownAttribute => Code::ConfigUnknownAttribute,
        Fault::StrayText => Code::ConfigStrayText,
        Fault::MissingAttribute(_) => Code::ConfigMissingAttribute,
        Fault::BadValue { .. } => Code::ConfigBadValue,
        Fault::OutOfRange { .. } => Code::ConfigOutOfRange,
        Fault::RepeatedKey { .. } => Code::ConfigRepeatedKey,
        Fault::MisplacedLocation | Fault::LocationPath(_) => Code::ConfigLocation,
    };
    // For an attribute it is the name before the equals sign: its element may be long.
    let ends: &[char] = if path.contains('@') { &['=', '>', '\n'] } else { &['>', '\n'] };
    let end = text[offset..].find(ends).map_or(text.len(), |length| offset + length);
    let diagnostic = Diagnostic::new(code, offset..end, format!("{path}: {fault}"));
    match help(tables, &path, &fault) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// What was meant, if a name is close to a known one; and what to do about a lock.
fn help(tables: &Tables, path: &str, fault: &Fault) -> Option<String> {
    let meant = |name: &str, known: Vec<&'static str>| {
        let most = 1 + name.len() / 4;
        let near = known
            .into_iter()
            // The distance is at least the difference of the lengths.
            .filter(|known| known.len().abs_diff(name.len()) <= 2 * most)
            .map(|known| (strsim::osa_distance(&name.to_lowercase(), &known.to_lowercase()), known));
        let (distance, known) = near.min()?;
        (distance <= most).then(|| format!("did you mean {known:?}?"))
    };
    match fault {
        Fault::UnknownAttribute => {
            let (element, name) = path.split_once('@')?;
            let known = tables.element(element)?.attributes().map(|known| known.name).collect();
            meant(name, known)
        }
        Fault::UnknownElement => {
            let (around, name) = path.rsplit_once('/')?;
            let around = tables.element(around)?;
            let own = around.elements.iter().map(|known| known.name);
            let collection = around.collection.into_iter();
            let entries = collection
                .flat_map(|all| [Some(all.entry.name), all.remove, all.clear].into_iter().flatten());
            meant(name, own.chain(entries).collect())
        }
        Fault::UnknownSection => meant(path, tables.sections().map(|section| section.path).collect()),
        Fault::Locked => Some(format!(
            "move it into <location path=\"Site/application\"> of applicationHost.config, or unlock it: \
             appcmd unlock config -section:{path}"
        )),
        Fault::AppHostOnly => Some("move it to applicationHost.config".to_owned()),
        _ => None,
    }
}
