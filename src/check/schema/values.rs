//! Words about a value that its key does not take: its type, its words, its form.

use serde_json::Value as Json;

use super::place::Place;
use super::{amounts, candidates, list, near};
use crate::diagnostic::{Certainty, Code, Diagnostic};
use crate::node::Value;
use crate::spec::{ADVICE, NOUN, Reading, Thumbprint, UNIT, pointer};

/// A value of another type than the key's.
pub(super) fn wrong_type(place: Place<'_>, pointer: &str) -> Diagnostic {
    let wanted = place.says("type");
    let (written, key) = (place.written(), place.name());
    let is = match &place.node.value {
        Value::Null => "is left empty".to_owned(),
        Value::Sequence(_) => "is a list".to_owned(),
        Value::Mapping(_) => "is a mapping".to_owned(),
        Value::String(text) if text.len() > 40 => "is text".to_owned(),
        Value::String(text) => format!("is the text `{text}`"),
        Value::Bool(_) => format!("is the truth value {written}"),
        Value::Number(_) => format!("is the number {written}"),
    };
    let needs = match (wanted, place.says(NOUN), place.says(UNIT)) {
        (Some("string"), Some(noun), _) => with_article(noun),
        (Some("string"), ..) => "text".to_owned(),
        (Some("boolean"), ..) => "`true` or `false`".to_owned(),
        (Some("integer"), _, Some(unit)) => format!("a whole number of {unit}"),
        (Some("integer"), ..) => "a whole number".to_owned(),
        (Some("array"), ..) => "a list".to_owned(),
        _ => "a mapping".to_owned(),
    };
    if is_iis6(pointer, written) {
        return iis6(place, written);
    }
    let message = format!("{key} {is}, but must be {needs}");
    let found = Diagnostic::new(Code::WrongType, place.span.clone(), message);
    match meant(place, wanted) {
        Some((help, right)) => {
            let certainty = certainty_of_type(place, wanted, &right);
            place.fix(found.help(help), &right, certainty)
        }
        None => found.help(otherwise(place, wanted)),
    }
}

/// Whether nothing else can be meant with a value of another type: the same letters and digits, a truth value in another word, or an
/// amount with its unit.
fn certainty_of_type(place: Place<'_>, wanted: Option<&str>, right: &Json) -> Certainty {
    let text = match &place.node.value {
        Value::String(text) => text.as_str(),
        _ => place.written(),
    };
    let is_amount = || place.says(UNIT).is_some() && amounts::has_units(text);
    let is_certain = match (wanted, &place.node.value, right) {
        (Some("string"), Value::Number(_), _) | (Some("boolean"), ..) => true,
        (Some("integer"), ..) => near::is_kept(text, &right.to_string()) || is_amount(),
        (Some("array"), Value::String(text), Json::Array(items)) => {
            matches!(items.as_slice(), [Json::String(only)] if near::is_kept(text, only))
        }
        _ => false,
    };
    if is_certain { Certainty::Certain } else { Certainty::Likely }
}

/// Whether nothing that the author wrote is lost: the letters and digits are the same, or a time has its units.
fn certainty_of_form(noun: &str, text: &str, right: &Json) -> Certainty {
    let is_time = noun == "time span" && amounts::has_units(text);
    // A host name with letters that DNS does not have.
    let is_host = noun.starts_with("host name") && !text.contains([':', '/', '?', '#', ' ']);
    let is_kept = right.as_str().is_some_and(|right| near::is_kept(text, right));
    // A name is its author's choice, and nobody knows what a variable means on the server.
    let is_open = noun == "name" || text.contains('%');
    match !is_open && (is_kept || is_time || is_host) {
        true => Certainty::Certain,
        false => Certainty::Likely,
    }
}

/// What to write for what the author most likely meant, as advice and as a value.
fn meant(place: Place<'_>, wanted: Option<&str>) -> Option<(String, Json)> {
    let schema = place.schema()?;
    let of_list = |items: &[crate::node::Node]| match items {
        [only] => match &only.value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    let (text, mut values) = match &place.node.value {
        Value::Null | Value::Mapping(_) => return None,
        Value::Sequence(items) => (of_list(items)?, vec![of_list(items)?.into(), place.written().into()]),
        // `3.10` is not the text of the number.
        Value::Number(_) | Value::Bool(_) => (place.written().to_owned(), vec![place.written().into()]),
        Value::String(text) => (text.clone(), Vec::new()),
    };
    values.extend(candidates::of(&text, schema));
    let right = place.first_right(values)?;
    let line = place.line(&right);
    let in_quotes = matches!(place.node.value, Value::Number(_) | Value::Bool(_)) && right == place.written();
    let help = match wanted {
        Some("string") if in_quotes => format!("put it in quotes: {line}"),
        Some("boolean" | "integer") if place.written().starts_with(['"', '\'']) => {
            format!("write it without quotes: {line}")
        }
        None | Some("object") => match keys(schema).as_slice() {
            [] | [_] => format!("write {line}"),
            keys => format!("use its keys {}: write {line}", keys.join(", ")),
        },
        _ => format!("write {line}"),
    };
    Some((help, right))
}

/// What to write where nobody knows what was meant.
fn otherwise(place: Place<'_>, wanted: Option<&str>) -> String {
    let key = place.steps.last().copied().unwrap_or_default();
    let help = match wanted {
        Some("string") => match (place.schema().and_then(|schema| schema.get("enum")), place.says(ADVICE)) {
            (Some(options), _) => format!("use one of {}", list(options)),
            (None, Some(advice)) => advice.to_owned(),
            (None, None) => format!("write `{key}: ` and then the text"),
        },
        Some("boolean") => format!("write `{key}: true` or `{key}: false`, without quotes"),
        Some("integer") => match place.says(UNIT) {
            Some(unit) => format!("write `{key}: ` and then the number of {unit}, without quotes"),
            None => format!("write `{key}: ` and then the number, without quotes"),
        },
        Some("array") => match &place.node.value {
            Value::Mapping(_) => {
                "write `- ` before its first key, and indent its other keys by two more spaces".to_owned()
            }
            _ => "write each entry on a line of its own, after `- `".to_owned(),
        },
        _ => match place.schema().map(keys).unwrap_or_default().as_slice() {
            keys @ [_, ..] if !place.steps.is_empty() => {
                format!("write its keys on lines of their own, indented: {}", keys.join(", "))
            }
            _ => "write each key on a line of its own, indented".to_owned(),
        },
    };
    if place.node.value == Value::Null { format!("{help}; or remove the key") } else { help }
}

fn keys(schema: &Json) -> Vec<String> {
    let keys = schema.get("properties").and_then(Json::as_object);
    keys.into_iter().flatten().map(|(key, _)| format!("`{key}`")).collect()
}

fn with_article(noun: &str) -> String {
    let is_vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']);
    format!("{} {noun}", if is_vowel { "an" } else { "a" })
}

fn is_iis6(pointer: &str, written: &str) -> bool {
    pointer == pointer!(target.iis_version).as_ref() && (written == "6" || written.starts_with("6."))
}

fn iis6(place: Place<'_>, written: &str) -> Diagnostic {
    let message = format!("IIS {written} cannot run this deployment");
    Diagnostic::new(Code::Iis6, place.span.clone(), message).help(
        "choose a target from \"7.0\" on; IIS 6 came with Windows Server 2003, which cannot run Python 3.9 or \
         later",
    )
}

/// A text that is none of the key's words.
pub(super) fn unknown_value(place: Place<'_>, pointer: &str, options: &Json) -> Option<Diagnostic> {
    let Value::String(word) = &place.node.value else { return None };
    if is_iis6(pointer, word) {
        return Some(iis6(place, word));
    }
    let key = place.steps.iter().rfind(|step| step.parse::<usize>().is_err()).copied().unwrap_or_default();
    let message = format!("`{word}` is not a valid value of `{key}`");
    let words: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let found = Diagnostic::new(Code::UnknownValue, place.span.clone(), message);
    Some(match near::word(word, &words) {
        Some(near) => {
            let help = format!("did you mean `{near}`? Use one of {}", list(options));
            place.fix(found.help(help), &near.into(), near::certainty(word, near, &words))
        }
        None => found.help(format!("use one of {}", list(options))),
    })
}

/// A text of another form than the key's.
pub(super) fn bad_form(place: Place<'_>) -> Diagnostic {
    let text = match &place.node.value {
        Value::String(text) => text.as_str(),
        _ => "",
    };
    let noun = place.says(NOUN).unwrap_or_default();
    let why = if noun == "certificate thumbprint" { Thumbprint::fault(text) } else { None };
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    let advice = place.says(ADVICE).unwrap_or_default();
    let found =
        Diagnostic::new(Code::BadForm, place.span.clone(), format!("`{text}` is not a valid {noun}{why}"));
    let right = place.schema().and_then(|schema| place.first_right(candidates::of(text, schema)));
    match right {
        Some(right) => {
            let certainty = certainty_of_form(noun, text, &right);
            place.fix(found.help(format!("write {}", place.line(&right))), &right, certainty)
        }
        None => found.help(advice),
    }
}

/// A text that its type does not read.
pub(super) fn unread(place: Place<'_>, format: &str) -> Option<Diagnostic> {
    let Value::String(text) = &place.node.value else { return None };
    let reading = Reading::ALL.into_iter().find(|reading| reading.format() == format)?;
    let refused = reading.read(text).err()?;
    let found = crate::check::context::unread(text, refused, place.span.clone());
    let right = place.schema().and_then(|schema| place.first_right(candidates::of(text, schema)));
    let noun = place.says(NOUN).unwrap_or_default();
    Some(match right {
        Some(right) => {
            let certainty = certainty_of_form(noun, text, &right);
            place.fix(found.help(format!("write {}", place.line(&right))), &right, certainty)
        }
        None => found,
    })
}
