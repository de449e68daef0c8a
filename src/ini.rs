//! An application's ini file: the author's file with the deployment's keys, otherwise unchanged.
//!
//! What enters: the file's text, the [`Key`]s, and the application's own [`Rules`]. What leaves: a [`Plan`], or every reason
//! against one, each at its place. Only lines of these keys change; every other byte stays. Absent: reading and writing
//! files, and the list of keys and rules, which [`kallithea`](crate::kallithea) has.
//!
//! An ini file here is what Python's `configparser.ConfigParser()` reads, as PasteDeploy, gearbox and the bridge call it: see
//! [`read`].

mod edit;
mod encoding;
mod faults;
mod filter;
pub(crate) mod heard;
pub(crate) mod interpolate;
mod mask;
pub(crate) mod read;
mod secret;

use std::io;

pub use encoding::{SAVE_AS, check_encoding};
pub use mask::hidden;
pub use secret::random_secret;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::kallithea::facts::PLACEHOLDERS;
use edit::Edits;
use interpolate::resolved;
use read::{Entry, Ini, Section, read};

/// The section of the application that PasteDeploy calls `main` by default.
pub const APPLICATION: &str = "app:main";

/// How a secret is shown.
const STARS: &str = "********";

/// A key that a deployment sets or requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its section.
    pub section: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The value that it must have.
    pub wanted: Wanted,
    /// Why, in one line.
    pub why: &'static str,
}

/// The value that a key must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Exactly this.
    Text(String),
    /// Yes or no, in any word that PasteDeploy accepts for it.
    Truth(bool),
    /// A value that nobody else knows: an existing one stays, a missing one is generated.
    Secret,
    /// A place below the ini file's folder.
    Below(&'static str),
    /// The address of a database of this kind, as SQLAlchemy names it. It contains a password, so the author must write it.
    Address(&'static str),
    /// Any filter except the one that gives requests another SCRIPT_NAME.
    OtherFilter,
    /// Nothing: the key must not exist.
    Absent,
}

impl Wanted {
    /// The value as it is written in an ini file, if the deployment knows it: a percent sign is doubled, since
    /// configparser interpolates.
    pub fn written(&self) -> Option<String> {
        match self {
            Wanted::Text(text) => Some(text.replace('%', "%%")),
            Wanted::Truth(value) => Some(value.to_string()),
            Wanted::Below(place) => Some(format!("%(here)s/{place}")),
            Wanted::Secret | Wanted::Address(_) | Wanted::OtherFilter | Wanted::Absent => None,
        }
    }

    /// Whether a value, as the application gets it, is as wanted.
    fn holds(&self, ini: &Ini<'_>, value: &str) -> bool {
        match self {
            Wanted::Text(text) => value == text,
            Wanted::Truth(wanted) => truth(value) == Some(*wanted),
            Wanted::Below(place) => value == format!("%(here)s/{place}"),
            Wanted::Secret => is_secret(value.trim()),
            // A wrong address is a fault, because only the author can write it.
            Wanted::Address(_) => true,
            Wanted::OtherFilter => !filter::sets_script_name(ini, value),
            Wanted::Absent => false,
        }
    }

    /// Whether a missing key is not added.
    fn may_lack(&self) -> bool {
        matches!(self, Wanted::Address(_) | Wanted::OtherFilter | Wanted::Absent)
    }
}

/// Whether a value is a real secret, and not a variable that nobody filled in, such as `${uuid()}` or the
/// `${app_instance_uuid}` of older templates.
fn is_secret(value: &str) -> bool {
    let is_variable = value.starts_with("${") && value.ends_with('}');
    !value.is_empty() && !is_variable && !PLACEHOLDERS.contains(&value)
}

/// The words of `paste.deploy.converters.asbool`, which TurboGears accepts, too (`tg.support.converters`).
fn truth(value: &str) -> Option<bool> {
    match value.trim().to_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "t" | "1" => Some(true),
        "false" | "no" | "off" | "n" | "f" | "0" => Some(false),
        _ => None,
    }
}

/// What the ini file of an application must satisfy, in addition to PasteDeploy's requirements for every file.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// What is wrong with an entry of a section.
    pub(crate) entry: fn(&Ini<'_>, &Section, &Entry, &[Key]) -> Option<Diagnostic>,
    /// What is wrong with the file, apart from single entries.
    pub(crate) file: fn(&Ini<'_>, &[Key]) -> Vec<Diagnostic>,
    /// What the author should look at, although the file can be used.
    pub(crate) warnings: fn(&Ini<'_>) -> Vec<Diagnostic>,
    /// What to do about a percent sign in the value of this key, if doubling it does not help.
    pub(crate) percent: fn(&str) -> Option<&'static str>,
}

/// The change to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "IniAction")]
pub enum Action {
    /// It is added.
    Add,
    /// Its value is changed.
    Change,
    /// Its value is generated; nobody sees it.
    Generate,
    /// Its line becomes a comment.
    #[serde(rename = "comment out")]
    CommentOut,
}

/// The changes to an ini file.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Each key that is not as wanted.
    pub steps: Vec<(Key, Action)>,
    /// What the author should look at. Show them over [`hidden`] text.
    pub warnings: Vec<Diagnostic>,
    /// The old text as far as it may be shown, with every place unchanged.
    shown: String,
    edits: Edits,
}

impl Plan {
    /// The new text, each missing secret as `secret` creates it.
    ///
    /// # Errors
    /// If `secret` fails.
    pub fn apply(&self, text: &str, secret: impl FnMut() -> io::Result<String>) -> io::Result<String> {
        self.edits.apply(text, secret)
    }

    /// A unified diff of only the lines that change: it shows no other line. Secrets are asterisks, and so are old
    /// secrets and every line that continues a value.
    pub fn diff(&self, name: &str) -> String {
        let after = self.apply(&self.shown, || Ok(STARS.to_owned())).expect("asterisks do not run out");
        // The diff would otherwise show a last line without a line end as changed.
        let lines = |text: &str| {
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            mask::without_passwords(text.trim_end_matches('\n')) + "\n"
        };
        let (before, after) = (lines(&self.shown), lines(&after));
        let diff = similar::TextDiff::from_lines(&before, &after);
        diff.unified_diff().context_radius(0).header(name, name).to_string()
    }
}

/// The changes that an ini file needs for a deployment.
///
/// # Errors
/// Everything that prevents them, each at its place. Show them over [`hidden`] text.
pub fn plan(text: &str, keys: &[Key], rules: &Rules) -> Result<Plan, Vec<Diagnostic>> {
    let ini = read(text)?;
    let faults = faults::faults(&ini, keys, rules);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut plan = Plan {
        steps: Vec::new(),
        warnings: faults::warnings(&ini, keys, rules),
        shown: mask::shown(&ini, keys),
        edits: Edits::of(text),
    };
    for key in keys {
        let action = match ini.section(key.section) {
            Some(section) => in_section(&ini, section, key, &mut plan.edits),
            None if key.wanted.may_lack() => None,
            None => {
                plan.edits.append(&ini, key);
                Some(added(key))
            }
        };
        plan.steps.extend(action.map(|action| (key.clone(), action)));
    }
    Ok(plan)
}

fn in_section(ini: &Ini<'_>, section: &Section, key: &Key, edits: &mut Edits) -> Option<Action> {
    match section.entry(ini, key.name) {
        Some(entry) => changed(ini, section, entry, key, edits),
        None if key.wanted.may_lack() => None,
        None => {
            edits.insert(ini, section, key);
            Some(added(key))
        }
    }
}

fn changed(ini: &Ini<'_>, section: &Section, entry: &Entry, key: &Key, edits: &mut Edits) -> Option<Action> {
    let value = resolved(ini, section, &ini.value(entry));
    if value.is_ok_and(|value| key.wanted.holds(ini, &value)) {
        return None;
    }
    Some(match key.wanted {
        Wanted::Absent | Wanted::OtherFilter | Wanted::Address(_) => {
            edits.comment_out(ini, entry);
            Action::CommentOut
        }
        Wanted::Secret => {
            edits.replace(ini, entry, key);
            Action::Generate
        }
        Wanted::Text(_) | Wanted::Truth(_) | Wanted::Below(_) => {
            edits.replace(ini, entry, key);
            Action::Change
        }
    })
}

fn added(key: &Key) -> Action {
    if key.wanted == Wanted::Secret { Action::Generate } else { Action::Add }
}
