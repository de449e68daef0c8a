//! What Kallithea's ini file must satisfy, in addition to PasteDeploy's requirements for every file.
//!
//! In: a parsed file, and the deployment's keys. Out: what is wrong, at its place; the folders that the file names.
//! Absent: the file's format, which [`ini`](crate::ini) knows. TurboGears (`tg/appwrappers/session.py`) reads
//! `beaker.session.name` as `session.name`.

mod database;
mod folders;
mod logging;

use crate::diagnostic::{Code, Diagnostic};
use crate::ini::read::{DEFAULT, Entry, Ini, Section};
use crate::ini::{APPLICATION, Key, Plan, Rules, plan};
pub use folders::{Written, written_folders};

const RULES: Rules = Rules {
    entry: |ini, section, entry, keys| is_of_beaker(ini, section, entry, keys).then(|| of_beaker(ini, entry)),
    file: database::faults,
    warnings: |ini| logging::warning(ini).into_iter().collect(),
    percent: database::percent_help,
};

/// The changes that Kallithea's ini file needs for a deployment.
///
/// # Errors
/// Everything that prevents them, each at its place. Show them over [`hidden`](crate::ini::hidden) text.
pub fn ini_plan(text: &str, keys: &[Key]) -> Result<Plan, Vec<Diagnostic>> {
    plan(text, keys, &RULES)
}

/// Whether an entry sets one of the session keys by TurboGears' other name for it. Such an entry in `[DEFAULT]`
/// comes before the application's own, which then overrides it. If the application has none, the key that is added
/// would override it.
fn is_of_beaker(ini: &Ini<'_>, section: &Section, entry: &Entry, keys: &[Key]) -> bool {
    let (place, name) = (&ini.text[section.name.clone()], &ini.text[entry.name.clone()]);
    let plain = name.strip_prefix("get ").map_or(name, str::trim);
    let meant = plain.strip_prefix("beaker.").filter(|meant| meant.starts_with("session."));
    let Some(key) = meant.and_then(|meant| keys.iter().find(|key| key.name == meant)) else { return false };
    let application = ini.section(APPLICATION);
    let is_alone = || application.is_some_and(|application| application.entry(ini, key.name).is_none());
    place == APPLICATION || place == DEFAULT && is_alone()
}

fn of_beaker(ini: &Ini<'_>, entry: &Entry) -> Diagnostic {
    let name = &ini.text[entry.name.clone()];
    let meant = name.split_once("beaker.").map_or(name, |(_, meant)| meant);
    let message = format!("TurboGears reads this as `{meant}`, too, and uses the later one of the two");
    let help = format!("rename it to `{meant}` in [{APPLICATION}], or comment this line out with `#`");
    Diagnostic::new(Code::IniOverruled, entry.name.clone(), message).help(help)
}
