//! The addresses of databases, which contain a password and are written by the author: reports what is wrong
//! with them, and never shows a part of them.

use crate::diagnostic::{Code, Diagnostic};
use crate::ini::heard::{heard, heard_value};
use crate::ini::read::Ini;
use crate::ini::{APPLICATION, Key, Wanted};
use crate::kallithea::facts::DATABASE_ADDRESS as ADDRESS;

/// What to do about a percent sign in an address.
const NO_PERCENT: &str =
    "give the account a password without a percent sign, and write it literally, neither encoded nor doubled";

/// Placeholders for a password in a file of this project and in Kallithea's template.
const PLACEHOLDERS: [&str; 2] = ["<password>", "://kallithea:password@"];

/// What to do about a percent sign in the value of this key.
pub fn percent_help(key: &str) -> Option<&'static str> {
    (key == ADDRESS).then_some(NO_PERCENT)
}

pub fn faults(ini: &Ini<'_>, keys: &[Key]) -> Vec<Diagnostic> {
    let addresses = keys.iter().filter_map(|key| match key.wanted {
        Wanted::Address(kind) => address(ini, key.name, kind),
        _ => None,
    });
    percent(ini).into_iter().chain(addresses).collect()
}

/// A percent sign that remains after Python has read the value. Kallithea (`config/app_cfg.py`) passes the value to
/// Alembic, whose configparser reads it again and accepts only `%%` and `%(name)s`.
fn percent(ini: &Ini<'_>) -> Option<Diagnostic> {
    if heard_value(ini, "ignore_alembic_revision").is_some_and(|value| !value.is_empty()) {
        return None;
    }
    let (_, entry) = heard(ini, ADDRESS)?;
    let value = heard_value(ini, ADDRESS)?;
    let message = "a percent sign in this address keeps Kallithea from starting";
    is_refused(&value)
        .then(|| Diagnostic::new(Code::IniDatabasePercent, entry.name.clone(), message).help(NO_PERCENT))
}

/// What `configparser.BasicInterpolation.before_set` refuses.
fn is_refused(value: &str) -> bool {
    let mut rest = value;
    while let Some((_, behind)) = rest.split_once('%') {
        let name = behind.strip_prefix('(').and_then(|inside| inside.split_once(")s"));
        rest = match (behind.strip_prefix('%'), name) {
            (Some(behind), _) => behind,
            (None, Some((name, behind))) if !name.is_empty() && !name.contains(')') => behind,
            _ => return true,
        };
    }
    false
}

/// An address that is missing, or is not that of the deployment's database.
fn address(ini: &Ini<'_>, name: &str, kind: &str) -> Option<Diagnostic> {
    let entry = heard(ini, name).map(|(_, entry)| entry);
    let place = match (entry, ini.section(APPLICATION)) {
        (Some(entry), _) => entry.name.clone(),
        (None, Some(application)) => application.name.clone(),
        (None, None) => return None,
    };
    let value = heard_value(ini, name).unwrap_or_default();
    let scheme = value.split([':', '+']).next().unwrap_or_default();
    let (message, help) = if entry.is_none() || value.is_empty() {
        (format!("`{name}` is missing"), "copy it from auth.ini of the outputs, and fill in the password")
    } else if PLACEHOLDERS.iter().any(|placeholder| value.contains(placeholder)) {
        ("the password is not filled in".to_owned(), "write the account's password literally in its place")
    } else if scheme != kind && !(scheme == "postgres" && kind == "postgresql") {
        (
            format!("this is not the deployment's kind of database, {kind}"),
            "copy it from auth.ini of the outputs and fill in the password, or change `kallithea.database` \
             in the spec",
        )
    } else if name != ADDRESS && heard_value(ini, ADDRESS).is_some_and(|data| data != value) {
        (
            format!("this address differs from that of `{ADDRESS}`"),
            "give both the same value; sessions are in the deployment's database",
        )
    } else {
        return None;
    };
    Some(Diagnostic::new(Code::IniDatabase, place, message).help(help))
}
