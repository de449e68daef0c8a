//! The style guide, applied to every text that a user reads: messages, helps, explanations, symptoms, the command line's
//! own help, the texts in the outputs, and the schema's descriptions.
//!
//! `style/guide.rs` has the rules, `style/texts.rs` finds the texts. A failure names the file, the line and the words.

pub mod guide;
mod texts;

use guide::{Length, begins_with_a_verb, faults};
use kallithea_iisc::diagnostic::Code;
use kallithea_iisc::kallithea::SYMPTOMS;
use texts::Text;

use crate::support::program::{commands, help};

fn assert_plain(texts: &[Text], length: Length) {
    let found: Vec<String> = texts
        .iter()
        .flat_map(|text| {
            faults(&text.words, length).into_iter().map(move |fault| format!("{}: {fault}", text.place))
        })
        .collect();
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

fn assert_verbs<'a>(helps: impl IntoIterator<Item = (String, &'a str)>) {
    let found: Vec<String> = helps
        .into_iter()
        .filter(|(_, help)| !begins_with_a_verb(help))
        .map(|(place, help)| format!("{place}: {help}"))
        .collect();
    assert!(
        found.is_empty(),
        "these do not say what to do. Begin them with a verb; if the first word is one, add it to VERBS in \
         tests/it/style/guide.rs:\n{}",
        found.join("\n")
    );
}

#[test]
fn messages_are_in_plain_english() {
    let texts = texts::rust_sources();
    assert!(texts.len() > 1_000, "only {} texts were found", texts.len());
    assert_plain(&texts, Length::Limited);
}

#[test]
fn explanations_are_in_plain_english() {
    let texts = texts::explanations();
    assert!(texts.len() >= Code::ALL.len(), "{} texts of {} codes", texts.len(), Code::ALL.len());
    assert_plain(&texts, Length::Limited);
}

#[test]
fn the_runbook_is_in_plain_english() {
    assert_plain(&texts::runbook(), Length::Limited);
}

/// Comments and messages of the other templates, and of the Python code in the bridge.
#[test]
fn scripts_are_in_plain_english() {
    assert_plain(&texts::templates(), Length::Any);
    assert_plain(&texts::python(), Length::Any);
}

#[test]
fn the_schema_is_in_plain_english() {
    let texts = texts::descriptions();
    assert!(texts.len() > 100, "{} descriptions", texts.len());
    assert_plain(&texts, Length::Limited);
}

#[test]
fn pages_are_in_plain_english() {
    assert_plain(&texts::pages(), Length::Any);
}

/// The help of every bad spec, and the helps of the rules for other files, taken from the sources.
#[test]
fn helps_begin_with_a_verb() {
    let shown = texts::shown_helps();
    let written = texts::written_helps();
    assert!(shown.len() > 100 && written.len() > 100, "{} and {}", shown.len(), written.len());
    assert_verbs(shown.iter().chain(&written).map(|text| (text.place.clone(), text.words.as_str())));
}

#[test]
fn remedies_begin_with_a_verb() {
    let remedies =
        SYMPTOMS.all().flat_map(|symptom| symptom.causes.iter().map(move |cause| (symptom.name, cause)));
    assert_verbs(remedies.map(|(name, cause)| (name.to_owned(), cause.remedy)));
}

#[test]
fn the_command_line_is_in_plain_english_and_every_command_begins_with_a_verb() {
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    assert_verbs(commands.iter().map(|(name, about)| (name.clone(), about.as_str())));
    let whole = help(&[]).expect("the program has a help");
    let mut texts = vec![Text { place: "--help".to_owned(), words: texts::prose(&whole) }];
    texts.extend(commands.iter().map(|(name, about)| Text { place: name.clone(), words: about.clone() }));
    let mut verbs = Vec::new();
    for (name, _) in commands.iter().filter(|(name, _)| name != "help") {
        let help = help(&[name]).expect("a command that the help lists");
        let about = help.lines().next().unwrap_or_default().to_owned();
        verbs.push((format!("{name} --help"), about));
        verbs.extend(texts::options(&help).into_iter().map(|option| (format!("{name} --help"), option)));
        texts.push(Text { place: format!("{name} --help"), words: texts::prose(&help) });
    }
    assert_verbs(verbs.iter().map(|(place, words)| (place.clone(), words.as_str())));
    assert_plain(&texts, Length::Limited);
}
