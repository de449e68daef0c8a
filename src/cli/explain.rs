//! `explain`: says what a code, a status or an error number means here, and what to do.

use std::fmt::Write;

use super::answer::{Data, Explained};
use super::output::Output;
use super::{Outcome, Trouble};
use crate::diagnostic::symptoms::{Cause, Symptom};
use crate::diagnostic::{Code, Example};
use crate::kallithea::SYMPTOMS;
use anstyle::Style;
use clap::Args;

/// The arguments of `explain`.
#[derive(Args)]
pub(super) struct ExplainArguments {
    /// Codes, statuses, error numbers, events or symptoms; or the status fields of a line in IIS's log; or a message
    /// in quotation marks [default: list them all]
    #[arg(value_name = "CODE")]
    what: Vec<String>,
}

/// What is meant by a word on the command line.
enum Meaning {
    Code(Code),
    Symptoms(Vec<(&'static Symptom, Vec<&'static Cause>)>),
}

pub(super) fn run(arguments: &ExplainArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    if arguments.what.is_empty() {
        match output.is_text() {
            true => output.print(&overview())?,
            false => answer(everything(), output),
        }
        return Ok(Outcome::Fine);
    }
    let words = asked(&arguments.what);
    let meant: Vec<(&str, Option<Meaning>)> =
        words.iter().map(|word| (word.as_str(), meaning(word))).collect();
    let known = || meant.iter().filter_map(|(_, meaning)| meaning.as_ref());
    match output.is_text() {
        true => output.print(&known().map(as_text).collect::<Vec<_>>().join("\n"))?,
        false => answer(known().flat_map(explained).collect(), output),
    }
    let unknown: Vec<&str> =
        meant.iter().filter(|(_, meaning)| meaning.is_none()).map(|(word, _)| *word).collect();
    for word in &unknown {
        output.about_nothing();
        output.trouble(&not_known(word));
    }
    Ok(if unknown.is_empty() { Outcome::Fine } else { Outcome::Found })
}

fn answer(explained: Vec<Explained>, output: &mut Output) {
    for one in explained {
        output.about_nothing();
        output.result(Data::Explain(one));
    }
}

/// The words one by one. The fields of a line of the log are joined into one word, because the second field is smaller than
/// any status.
fn asked(words: &[String]) -> Vec<String> {
    let numbers: Vec<u32> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let is_line = numbers.len() == words.len()
        && matches!(numbers[..], [400..600, 0..100, _] | [400..600, 0..100, _, _]);
    if is_line { vec![words.join(" ")] } else { words.to_vec() }
}

fn meaning(word: &str) -> Option<Meaning> {
    if let Some(code) = Code::of(word) {
        return Some(Meaning::Code(code));
    }
    let found = SYMPTOMS.find(word);
    (!found.is_empty()).then_some(Meaning::Symptoms(found))
}

/// What to say about an unknown word, with the nearest known one.
fn not_known(word: &str) -> String {
    let numbers = SYMPTOMS.all().flat_map(|symptom| symptom.causes).map(|cause| cause.number);
    let names = SYMPTOMS.all().map(|symptom| symptom.name).chain(numbers.filter(|number| !number.is_empty()));
    let known = Code::ALL.iter().map(|code| code.id()).chain(names);
    let lower = word.to_ascii_lowercase();
    let near = known.map(|known| (strsim::osa_distance(&lower, &known.to_ascii_lowercase()), known)).min();
    match near {
        Some((distance, near)) if distance <= 2 => {
            format!("unknown code or symptom: {word}; did you mean {near}?")
        }
        _ => format!("unknown code or symptom: {word}; run `kallithea-iisc explain` for a list"),
    }
}

fn explained(meaning: &Meaning) -> Vec<Explained> {
    match meaning {
        Meaning::Code(code) => vec![Explained::code(*code)],
        Meaning::Symptoms(found) => {
            found.iter().map(|(symptom, causes)| Explained::symptom(symptom, causes)).collect()
        }
    }
}

fn everything() -> Vec<Explained> {
    let codes = Code::ALL.iter().map(|code| Explained::code(*code));
    codes.chain(SYMPTOMS.all().map(|symptom| Explained::symptom(symptom, &all_causes(symptom)))).collect()
}

fn all_causes(symptom: &'static Symptom) -> Vec<&'static Cause> {
    symptom.causes.iter().collect()
}

/// One line for each code and each symptom.
fn overview() -> String {
    let mut text = String::new();
    let mut line = |name: &str, what: &str| {
        writeln!(text, "{name:<17} {what}").expect("writing to memory does not fail");
    };
    Code::ALL.iter().for_each(|code| line(code.id(), code.summary()));
    SYMPTOMS.all().for_each(|symptom| line(symptom.name, symptom.what));
    text
}

fn as_text(meaning: &Meaning) -> String {
    match meaning {
        Meaning::Code(code) => code_as_text(*code),
        Meaning::Symptoms(found) => {
            let texts: Vec<String> =
                found.iter().map(|(symptom, causes)| symptom_as_text(symptom, causes)).collect();
            texts.join("\n")
        }
    }
}

fn code_as_text(code: Code) -> String {
    let explained = code.explain();
    let bold = Style::new().bold();
    let mut text = format!("{bold}{}{bold:#}, {}: {}\n\n", code.id(), code.severity().word(), code.summary());
    text.push_str(&wrapped("", &explained.meaning));
    let prevented = SYMPTOMS.prevented_by(code);
    if !prevented.is_empty() {
        text.push_str(&format!("\nIt prevents: {}\n", prevented.join(", ")));
    }
    for (title, examples) in [("Wrong", explained.wrong), ("Right", explained.right)] {
        text.push_str(&format!("\n{bold}{title}{bold:#}\n"));
        for Example { note, text: example, .. } in examples {
            text.push_str(&if note.is_empty() { "\n".to_owned() } else { format!("\n  {note}\n\n") });
            example.lines().for_each(|line| text.push_str(&format!("    {line}\n")));
        }
    }
    text.push_str(&format!("\n{bold}Read on{bold:#}\n\n"));
    explained.pages.iter().for_each(|page| text.push_str(&format!("    {page}\n")));
    text
}

fn symptom_as_text(symptom: &Symptom, causes: &[&Cause]) -> String {
    let bold = Style::new().bold();
    let mut text = format!("{bold}{}{bold:#}: {}\n", symptom.name, symptom.what);
    for cause in causes {
        let number = if cause.number.is_empty() { String::new() } else { format!("{}: ", cause.number) };
        text.push_str(&format!("\n{}", wrapped("  ", &format!("{number}{}", cause.why))));
        let codes: Vec<&str> = cause.codes.iter().map(|code| code.id()).collect();
        let belongings = [
            ("do", cause.remedy.to_owned()),
            ("spec", cause.keys.join(", ")),
            ("codes", codes.join(", ")),
            (
                "check with",
                cause
                    .commands
                    .iter()
                    .map(|command| format!("kallithea-iisc {command}"))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        ];
        for (title, words) in belongings.into_iter().filter(|(_, words)| !words.is_empty()) {
            text.push_str(&wrapped("      ", &format!("{title}: {words}")));
        }
    }
    text
}

/// Words on lines of at most a hundred characters.
fn wrapped(indent: &str, words: &str) -> String {
    let (mut text, mut line) = (String::new(), String::new());
    for word in words.split_whitespace() {
        if !line.is_empty() && indent.len() + line.chars().count() + 1 + word.chars().count() > 100 {
            text.push_str(&format!("{indent}{line}\n"));
            line.clear();
        }
        line.push_str(if line.is_empty() { "" } else { " " });
        line.push_str(word);
    }
    format!("{text}{indent}{line}\n")
}
