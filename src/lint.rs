//! Checks any configuration file of IIS against its rules, with diagnostics like those of a spec.
//!
//! What enters: a file's text, tables, and what a server's applicationHost.config locks. What leaves: a diagnostic for
//! everything that IIS would refuse, with a guess at what was meant. Absent: whether the values make sense on the server.

use iis_config::Version;
use iis_config::check::{
    self, Beside, Fault, Finding, First, Level, Unknown, each_section_once, findings, findings_as_installed,
    findings_below, sources,
};
use iis_config::declared::declares;
use iis_config::locks::lock_at;
use iis_config::markup::{self, Document, Element};
use iis_config::schema::{OverrideMode, Tables, is_of_dot_net, section, sections};

use crate::diagnostic::{Code, Diagnostic, sort};

mod encoding;
pub mod fix;
mod help;
pub mod place;
pub(crate) mod redirect;

use encoding::encoding;
pub use encoding::not_text;
use help::help;

/// Which file of IIS it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The file of a folder.
    WebConfig,
    /// The file of the server, or a part of it.
    HostConfig,
}

impl Kind {
    fn checked(self, locks: &Locks) -> check::Kind<'_> {
        match self {
            Self::WebConfig => check::Kind::WebConfig { unlocked: &locks.unlocked, locked: &locks.locked },
            Self::HostConfig => check::Kind::HostFragment,
        }
    }
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
    fn unlocking<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let known = paths.into_iter().filter_map(section).map(|section| section.path);
        Self { unlocked: known.collect(), locked: Vec::new() }
    }

    /// These locks, and the sections that another one has unlocked where these say nothing.
    fn or(mut self, other: Self) -> Self {
        self.unlocked.extend(other.unlocked);
        self
    }
}

/// The list of native modules; only the server's own file has it.
pub(crate) fn global_modules<'d, 'a>(document: &'d Document<'a>) -> Option<&'d Element<'a>> {
    document.descend(document.root(), &["system.webServer", "globalModules"])
}

/// What is known of the place of a file.
pub struct Surroundings<'s, 'd, 'a> {
    /// Which file it is.
    pub kind: Kind,
    /// The version of IIS, for the project's own tables.
    pub version: Version,
    /// The tables.
    pub tables: &'s Tables,
    /// The files above it, the outermost first. Empty if they are not known.
    pub levels: &'s [Level<'d, 'a>],
    /// Sections that are unlocked although the part of the server's file that is known does not say it.
    pub unlocked: &'s [&'s str],
    /// Whether the file is in UTF-16.
    pub is_utf16: bool,
    /// Reads a file beside it.
    pub beside: &'s dyn Fn(&str) -> Beside,
}

/// Whether a file is a transformation, from which a program makes a configuration file. IIS does not read it.
pub fn is_transformation(text: &str) -> bool {
    const NAMESPACE: &str = "http://schemas.microsoft.com/XML-Document-Transform";
    // Only a declaration counts, not what a comment says.
    let declares = |document: Document<'_>| {
        let attributes = document.elements.iter().flat_map(|element| &element.attributes);
        attributes.into_iter().any(|own| own.name.starts_with("xmlns") && own.value == NAMESPACE)
    };
    text.contains(NAMESPACE) && markup::parse(text).map_or(true, declares)
}

/// Everything that IIS would refuse in a file, according to the files above it. `document` is the file as a tree; `None` if it is
/// not well-formed.
pub fn lint_below(
    text: &str,
    document: Option<&Document<'_>>,
    around: &Surroundings<'_, '_, '_>,
) -> Vec<Diagnostic> {
    if is_transformation(text) {
        let words = "IIS does not read a transformation";
        let help = "check the file that your build makes with it";
        return vec![Diagnostic::new(Code::ConfigTransformation, 0..0, words).help(help)];
    }
    let host = around.levels.iter().find(|level| level.is_host());
    let locks = host.filter(|_| around.kind == Kind::WebConfig).map(|host| match declares(host.document) {
        true => Locks::unlocking(sections().map(|section| section.path)),
        false => Locks::at(host.document, &host.below).or(Locks::unlocking(around.unlocked.iter().copied())),
    });
    let mut found = findings(
        text,
        around.kind.checked(locks.as_ref().unwrap_or(&AS_INSTALLED)),
        around.version,
        (around.tables, Unknown::Passed),
    );
    found.extend(document.into_iter().flat_map(|document| sources(document, around.beside)));
    if let Some(document) = document.filter(|_| around.kind == Kind::WebConfig) {
        found.extend(findings_below(document, around.tables, around.levels));
        if host.is_none() {
            found.extend(findings_as_installed(document));
        }
        each_section_once(&mut found, around.levels);
    }
    let mut found = diagnostics(text, around.tables, found, locks.is_none());
    found.extend(encoding(text, around));
    sort(&mut found);
    found
}

/// Everything that IIS would refuse in a file. Without locks, a lock of a new installation is a warning: servers unlock.
pub fn lint(
    text: &str,
    kind: Kind,
    version: Version,
    tables: &Tables,
    locks: Option<&Locks>,
) -> Vec<Diagnostic> {
    let checked = kind.checked(locks.unwrap_or(&AS_INSTALLED));
    let found = findings(text, checked, version, (tables, Unknown::Passed));
    diagnostics(text, tables, found, locks.is_none())
}

/// What is said of the findings. `is_guessed`: the locks are those of a new installation.
fn diagnostics(text: &str, tables: &Tables, found: Vec<Finding>, is_guessed: bool) -> Vec<Diagnostic> {
    let said = |finding: Finding| {
        // A lock with a place is known.
        let is_guess = is_guessed && finding.fault == Fault::Locked && finding.first.is_none();
        let mut diagnostic = diagnostic(text, tables, finding);
        if is_guess {
            diagnostic.code = Code::ConfigPerhapsLocked;
            diagnostic.message = diagnostic.message.split(": ").next().unwrap_or_default().to_owned()
                + ": a new installation of IIS locks this section, and yours may";
            diagnostic.help =
                Some("name the server's file with --host-config to know whether it does".to_owned());
        }
        diagnostic
    };
    let fixes = fix::corrections(text, &found, tables);
    let found = found.into_iter().zip(fixes);
    found.map(|(finding, fix)| Diagnostic { fix: fix.map(Box::new), ..said(finding) }).collect()
}

fn code_of(fault: &Fault) -> Code {
    match fault {
        Fault::Malformed(_) => Code::ConfigSyntax,
        Fault::NotConfiguration => Code::ConfigRoot,
        Fault::UnknownSection | Fault::NotDeclared => Code::ConfigUnknownSection,
        Fault::SectionSince(_) | Fault::ElementSince(_) | Fault::AttributeSince(_) => Code::ConfigTooNew,
        Fault::RepeatedSection | Fault::RepeatedElement => Code::ConfigRepeated,
        Fault::Locked | Fault::LockedByFolder | Fault::LockedPart | Fault::LocksAgain => Code::ConfigLocked,
        Fault::AppHostOnly | Fault::ApplicationOnly | Fault::ServerWide => Code::ConfigServerOnly,
        Fault::UnknownElement => Code::ConfigUnknownElement,
        Fault::UnknownAttribute => Code::ConfigUnknownAttribute,
        Fault::StrayText => Code::ConfigStrayText,
        Fault::MissingAttribute(_) => Code::ConfigMissingAttribute,
        Fault::BadValue { .. } | Fault::UnknownLock { .. } => Code::ConfigBadValue,
        Fault::OutOfRange { .. } => Code::ConfigOutOfRange,
        Fault::RepeatedKey { .. } => Code::ConfigRepeatedKey,
        Fault::MisplacedLocation | Fault::LocationPath(_) | Fault::BothOverrides => Code::ConfigLocation,
        Fault::DeclaredTwice | Fault::MisplacedDeclarations => Code::ConfigDeclaration,
        Fault::SourceInLocation | Fault::SourceMissing(_) | Fault::SourceUnreadable { .. } => {
            Code::ConfigSource
        }
        Fault::ModuleNotLoaded(_) | Fault::ModuleTakenAway(_) | Fault::ProgramNotListed(_) => {
            Code::ConfigHandler
        }
        Fault::EmptyPoolName
        | Fault::NoRootApplication
        | Fault::NoRootDirectory
        | Fault::ImpossiblePath(_) => Code::ConfigSite,
        Fault::NoBindings
        | Fault::DeadBinding(_)
        | Fault::DamagedSecret
        | Fault::ModuleNeeded { .. }
        | Fault::NoSuchPool(_)
        | Fault::WrongBitness
        | Fault::PrefixedRuntime
        | Fault::SourceOfHost => Code::ConfigNoEffect,
    }
}

/// Whether a code is about what is inside a section.
fn is_about_content(code: Code) -> bool {
    matches!(
        code,
        Code::ConfigRepeated
            | Code::ConfigUnknownElement
            | Code::ConfigUnknownAttribute
            | Code::ConfigStrayText
            | Code::ConfigMissingAttribute
            | Code::ConfigBadValue
            | Code::ConfigOutOfRange
            | Code::ConfigRepeatedKey
    )
}

fn diagnostic(text: &str, tables: &Tables, finding: Finding) -> Diagnostic {
    let Finding { offset, path, fault, first } = finding;
    // For an attribute it is the name before the equals sign: its element may be long.
    let ends: &[char] = if path.contains('@') { &['=', '>', '\n'] } else { &['>', '\n'] };
    let end_at = |offset: usize| text[offset..].find(ends).map_or(text.len(), |length| offset + length);
    let message = match &first {
        Some(First::Above { file, line }) => format!("{path}: {fault}; see {file}:{line}"),
        _ => format!("{path}: {fault}"),
    };
    let is_of_dot_net = is_of_dot_net(&path) && is_about_content(code_of(&fault));
    let code = if is_of_dot_net { Code::ConfigDotNet } else { code_of(&fault) };
    let mut diagnostic = Diagnostic::new(code, offset..end_at(offset), message);
    if let Some(First::Here(first)) = first {
        let words = if code == Code::ConfigSyntax { "its start tag is here" } else { "the first is here" };
        diagnostic = diagnostic.related(first..end_at(first), words);
    }
    if is_of_dot_net {
        return diagnostic
            .help("check it against the documentation of .NET, which may be newer than these schema files");
    }
    match help(tables, &path, &fault) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}
