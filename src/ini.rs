//! An application's ini file: the author's file with the deployment's keys, and without another change.
//!
//! What enters: the file's text, the [`Key`]s, and the application's own [`Rules`]. What leaves: a [`Plan`], or every reason
//! against one, each at its place. Only lines of these keys change; every other byte stays. Absent: reading and writing files;
//! and which keys and rules there are, which [`kallithea`](crate::kallithea) decides.
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

use crate::diagnostic::Diagnostic;
use crate::kallithea::facts::PLACEHOLDERS;
use edit::Edits;
use interpolate::resolved;
use read::{Entry, Ini, Section, read};

/// The section of the application: what PasteDeploy calls `main`, unless told otherwise.
pub const APPLICATION: &str = "app:main";

/// What a secret looks like in everything that is shown.
const STARS: &str = "********";

/// A key that a deployment has something to say about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its section.
    pub section: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is to say.
    pub wanted: Wanted,
    /// Why, in one line.
    pub why: &'static str,
}

/// What a key is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Exactly this.
    Text(String),
    /// Yes or no, in any of PasteDeploy's words for it.
    Truth(bool),
    /// Something that nobody else knows: what is there stays, what is missing is made up.
    Secret,
    /// A place below the ini file's folder.
    Below(&'static str),
    /// The address of a database of this kind, as SQLAlchemy calls it. It holds a password, and is the author's to write.
    Address(&'static str),
    /// Any filter but the one that gives requests another SCRIPT_NAME.
    OtherFilter,
    /// Nothing: it must not be there.
    Absent,
}

impl Wanted {
    /// The value as an ini file has it, where the deployment knows it: a percent sign is doubled, since configparser
    /// interpolates.
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
            // An address that is not as wanted is a fault: nobody else can write it.
            Wanted::Address(_) => true,
            Wanted::OtherFilter => !filter::sets_script_name(ini, value),
            Wanted::Absent => false,
        }
    }

    /// Whether nothing is put in where the key is not there.
    fn may_lack(&self) -> bool {
        matches!(self, Wanted::Address(_) | Wanted::OtherFilter | Wanted::Absent)
    }
}

/// Whether a value is somebody's secret, and no variable that was not filled in, such as `${uuid()}` or the
/// `${app_instance_uuid}` of older templates.
fn is_secret(value: &str) -> bool {
    let is_variable = value.starts_with("${") && value.ends_with('}');
    !value.is_empty() && !is_variable && !PLACEHOLDERS.contains(&value)
}

/// The words of `paste.deploy.converters.asbool`, which are also those of TurboGears (`tg.support.converters`).
fn truth(value: &str) -> Option<bool> {
    match value.trim().to_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "t" | "1" => Some(true),
        "false" | "no" | "off" | "n" | "f" | "0" => Some(false),
        _ => None,
    }
}

/// What the ini file of an application must keep to, beside what PasteDeploy asks of every file.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// What is wrong with an entry of a section.
    pub(crate) entry: fn(&Ini<'_>, &Section, &Entry, &[Key]) -> Option<Diagnostic>,
    /// What is wrong with the file, apart from single entries.
    pub(crate) file: fn(&Ini<'_>, &[Key]) -> Vec<Diagnostic>,
    /// What the author should see to, although the file can be used.
    pub(crate) warnings: fn(&Ini<'_>) -> Vec<Diagnostic>,
    /// What to do about a percent sign in the value of this key, where doubling it does not help.
    pub(crate) percent: fn(&str) -> Option<&'static str>,
}

/// What is done to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is put in.
    Add,
    /// Its value is changed.
    Change,
    /// Its value is made up; nobody sees it.
    Generate,
    /// Its line becomes a comment.
    CommentOut,
}

/// What is to be done to an ini file.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Each key that is not as wanted.
    pub steps: Vec<(Key, Action)>,
    /// What the author should see to. Show them over [`hidden`] text.
    pub warnings: Vec<Diagnostic>,
    /// The former text as far as it may be shown, byte for byte in the same places.
    shown: String,
    edits: Edits,
}

impl Plan {
    /// The text afterwards, each missing secret as `secret` makes it.
    ///
    /// # Errors
    /// Where `secret` has none.
    pub fn apply(&self, text: &str, secret: impl FnMut() -> io::Result<String>) -> io::Result<String> {
        self.edits.apply(text, secret)
    }

    /// A unified diff of the lines that change, and of no others: whatever else the file holds is not shown. Secrets are
    /// asterisks, and so is a former secret, and every line that goes on with a value.
    pub fn diff(&self, name: &str) -> String {
        let after = self.apply(&self.shown, || Ok(STARS.to_owned())).expect("asterisks do not run out");
        // A last line without an end would be shown for its want of one.
        let lines = |text: &str| {
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            mask::without_passwords(text.trim_end_matches('\n')) + "\n"
        };
        let (before, after) = (lines(&self.shown), lines(&after));
        let diff = similar::TextDiff::from_lines(&before, &after);
        diff.unified_diff().context_radius(0).header(name, name).to_string()
    }
}

/// What would bring an ini file to what a deployment needs.
///
/// # Errors
/// Everything that stands against it, each at its place. Show them over [`hidden`] text.
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
