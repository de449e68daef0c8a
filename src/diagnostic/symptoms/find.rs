//! Finds the symptoms in a text that a user copied from a page, a log or a client.
//!
//! What enters: a name or a longer text. What leaves: symptoms, each with the matching causes. The fields of a line of IIS's
//! log are `sc-status`, `sc-substatus`, `sc-win32-status` and, if it is logged, `time-taken`; a Windows error number below
//! 65536 is the lower half of an error number that begins with 0x8007 (`HRESULT_FROM_WIN32`).

use super::{Cause, Symptom, Symptoms};

/// A symptom with the matching causes.
type Found = (&'static Symptom, Vec<&'static Cause>);

impl Symptoms {
    /// What is known under a name: a status (`404.8`; `404.0` is the bare one), all statuses of a kind (`404`), an error number
    /// (`0x80070021`, or `33` as in the log), an event (`5059`), a word; a line of the log (`500 19 33`); or a text that
    /// contains one of these, or a description in the user's words.
    pub fn find(self, name: &str) -> Vec<(&'static Symptom, Vec<&'static Cause>)> {
        let name = name.trim().to_ascii_lowercase();
        let ways: [fn(Symptoms, &str) -> Vec<Found>; 4] = [named, logged, numbered, mentioned];
        ways.iter().map(|way| way(self, &name)).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// The causes that match a condition, below their symptoms.
fn pick(symptoms: Symptoms, is_meant: impl Fn(&Symptom, &Cause) -> bool) -> Vec<Found> {
    let found = symptoms.all().map(|symptom| {
        let causes = symptom.causes.iter().filter(|cause| is_meant(symptom, cause));
        (symptom, causes.collect::<Vec<_>>())
    });
    found.filter(|(_, causes)| !causes.is_empty()).collect()
}

/// Whether a symptom has this name, or belongs to this kind.
fn is_called(symptom: &Symptom, name: &str) -> bool {
    symptom.name == name.strip_suffix(".0").unwrap_or(name)
        || symptom.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}

fn is_event(symptom: &Symptom, name: &str) -> bool {
    let number = name.trim_start_matches("event").trim_start_matches('-');
    symptom.name.strip_prefix("event-") == Some(number)
}

fn named(symptoms: Symptoms, name: &str) -> Vec<Found> {
    let number = format!("0x{}", name.trim_start_matches("0x"));
    pick(symptoms, |symptom, cause| {
        is_called(symptom, name) || is_event(symptom, name) || cause.number == number
    })
}

/// The last fields of a line of IIS's log. The third is used only if a cause of the status has it.
fn logged(symptoms: Symptoms, line: &str) -> Vec<Found> {
    let mut numbers: Vec<u32> = line.split_whitespace().rev().map_while(|word| word.parse().ok()).collect();
    numbers.reverse();
    let ([status, substatus, windows] | [status, substatus, windows, _]) = numbers[..] else {
        return Vec::new();
    };
    let name = if substatus == 0 { status.to_string() } else { format!("{status}.{substatus}") };
    let number = of_windows(windows);
    let narrowed = pick(symptoms, |symptom, cause| symptom.name == name && cause.number == number);
    if narrowed.is_empty() { pick(symptoms, |symptom, _| symptom.name == name) } else { narrowed }
}

/// A Windows error number in decimal digits, as the log and many programs show it.
fn numbered(symptoms: Symptoms, name: &str) -> Vec<Found> {
    name.parse()
        .map_or_else(|_| Vec::new(), |code| pick(symptoms, |_, cause| cause.number == of_windows(code)))
}

fn of_windows(code: u32) -> String {
    if code > u32::from(u16::MAX) { format!("0x{code:08x}") } else { format!("0x8007{code:04x}") }
}

/// The matches for a text, and for the statuses, error numbers and events in it. If the text matches some causes of a
/// status, only these causes of that status are returned.
fn mentioned(symptoms: Symptoms, text: &str) -> Vec<Found> {
    let words: Vec<&str> = text
        .split(|found: char| !found.is_ascii_alphanumeric() && found != '.')
        .map(|word| word.trim_matches('.'))
        .collect();
    let is_status = |symptom: &Symptom| {
        words.iter().any(|word| {
            word.starts_with(|first: char| first.is_ascii_digit())
                && word.len() > 2
                && is_called(symptom, word)
        })
    };
    let tells_of_events = text.contains("event");
    let is_event = |symptom: &Symptom| tells_of_events && words.iter().any(|word| is_event(symptom, word));
    let has_status = symptoms.all().any(is_status);
    let is_nearer = |symptom: &Symptom, cause: &Cause| {
        says(text, cause.why)
            || words.contains(&cause.number)
                && !cause.number.is_empty()
                && (!has_status || is_status(symptom))
    };
    let is_open = pick(symptoms, |symptom, cause| is_status(symptom) && is_nearer(symptom, cause)).is_empty();
    pick(symptoms, |symptom, cause| {
        is_nearer(symptom, cause)
            || says(text, symptom.what)
            || is_event(symptom)
            || is_open && is_status(symptom)
    })
}

/// Whether a text in lower case contains what the table has in quotation marks.
fn says(text: &str, known: &str) -> bool {
    let quoted = known.split('"').skip(1).step_by(2);
    quoted.map(str::to_ascii_lowercase).any(|words| text.contains(&words))
}
