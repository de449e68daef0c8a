//! What a text may not say, and how long its sentences may be.

use std::sync::LazyLock;

use regex::Regex;

/// The most words of a sentence. A sentence ends at `.`, `!`, `?`, `:` or `;`, or at a line end that the text itself sets.
pub const LONGEST: usize = 25;

/// Whether sentences are counted: a table or a comment in a script is not prose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Length {
    Limited,
    Any,
}

/// Words that read as a translation or as unusual English, and what to write instead.
const AVOIDED: &[(&str, &str)] = &[
    (r"\bwhom(ever)?\b", "that"),
    (r"\blest\b", "so that ... not"),
    (r"\bbelongs? into\b", "belongs in, or: move it to"),
    (r"\b(of|to|by) whoever\b", "of the user who"),
    (r"\bby (itself|themselves)\b", "automatically, or: on its own"),
    (r"\bbesides\b", "also, except"),
    (r"\bstands? (in|at|for|there|here|above|below|behind|before|beside|on|between)\b", "is"),
    (r"\bthe end is \d", "exits with"),
    (r"\bsay --", "use --"),
    (r"\bshall\b", "must, will"),
    (r"\bis there already\b|\bthere already\b", "already exists"),
    (r"\bin the place of\b", "instead of"),
    (r"\bwithout a word\b", "without a message"),
    (r"\bl(ies|ie|ay) (in|below|on|beside|there|with|elsewhere)\b", "is"),
    (r"\bnothing is known\b", "unknown"),
    (r"\basks? nobody\b", "does not authenticate, or: does not ask"),
    (r"\blook (whether|yourself)\b", "check"),
    (r"\bneeds to be\b", "must be"),
    (r"\b(that is|nothing) wrong\b", "has errors, no errors"),
    (r"\bnobody can tell\b", "cannot be read"),
    (r"\bmeans nothing\b", "has no effect"),
    (r"\bno plain\b", "not a valid"),
];

static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let compile = |pattern: &str| Regex::new(&format!("(?i){pattern}")).expect("a pattern of ours");
    AVOIDED.iter().map(|(pattern, better)| (compile(pattern), *better)).collect()
});

/// "is no name", but not "is no longer" and not "there is no name".
static DENIED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)(\w+)[ ,]+(?:is|are|was|were) no (\w+)").expect("a pattern of ours"));

static HOLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{[^{}]*\}").expect("a pattern of ours"));

/// The faults of a text; empty if it follows the guide.
pub fn faults(text: &str, length: Length) -> Vec<String> {
    let plain = HOLE.replace_all(text, "X");
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found: Vec<String> = PATTERNS
        .iter()
        .filter_map(|(pattern, better)| Some((pattern.find(&words)?, better)))
        .map(|(hit, better)| format!("`{}`: write {better}: {words}", hit.as_str()))
        .collect();
    found.extend(denied(&words).map(|hit| format!("`{hit}`: write is not a ...: {words}")));
    if length == Length::Limited {
        found.extend(sentences(&plain).filter_map(|sentence| too_long(&sentence)));
    }
    found
}

fn denied(words: &str) -> impl Iterator<Item = String> {
    let hits = DENIED.captures_iter(words).filter(|hit| {
        let is = |group: usize, word: &str| hit[group].eq_ignore_ascii_case(word);
        !is(1, "there") && !is(2, "longer") && !is(2, "more")
    });
    hits.map(|hit| hit[0].to_owned())
}

/// A text's sentences. A line break is a space; an empty line ends a sentence.
fn sentences(text: &str) -> impl Iterator<Item = String> {
    static END: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[.!?;:]['\x22)]?\s|\n\s*\n|\\n").expect("a pattern of ours"));
    END.split(text)
        .map(|sentence| sentence.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .into_iter()
}

fn too_long(sentence: &str) -> Option<String> {
    let words = sentence.split(' ').filter(|word| word.contains(|letter: char| letter.is_alphabetic()));
    let count = words.count();
    (count > LONGEST).then(|| format!("{count} words in one sentence: {sentence}"))
}

/// The verbs that a help may begin with.
const VERBS: &str = "activate add admit adopt allow append apply ask begin build change check choose clear \
    close \
    comment compare compile \
    complete configure connect continue copy correct create decrypt delete did disable do enable explain \
    export fill find follow \
    generate get give grant ignore import increase indent install keep leave let list listen lock lower make \
    move name offer open \
    overwrite press print probe put raise read recycle reduce register remove rename repeat replace report \
    request \
    require restart \
    restore rotate run save say see separate serve set show sign skip split start stop test treat try turn \
    type unlock update \
    upgrade use wait write";

/// Whether the first word of a help tells the user what to do; `did you mean` is a question, and counts, too.
pub fn begins_with_a_verb(help: &str) -> bool {
    let first = help.split(|found: char| !found.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    VERBS.split_whitespace().any(|verb| verb == first)
}

#[test]
fn what_the_guide_forbids_is_found() {
    for text in [
        "Whom IIS signs on, Kallithea shows no login page",
        "`X` is no plain name",
        "{name:?} is no port",
        "it is there already, and is not overwritten",
        "sites belong into applicationHost.config",
        "the password of whoever asks",
        "the browser does not sign on by itself",
        "the reason stands in the log",
        "what is listed, and the end is 2 unless --prune is given",
        "IIS asks nobody who he is",
        "look yourself whether X is there",
        "say --prune, and it is deleted",
        "Windows refuses that, lest somebody reflects it",
        "a text that goes on\nand on and stands\nin two lines",
    ] {
        assert!(!faults(text, Length::Any).is_empty(), "{text}");
    }
}

#[test]
fn plain_english_is_let_through() {
    for text in [
        "the spec has errors; fix them first",
        "there is no root element, and the site is no longer in the spec",
        "`X` is not a valid name",
        "users signed on by IIS never see Kallithea's login page",
        "already exists and was not overwritten; name another file with --out",
        "the file belongs in the folder, which understands what it holds",
    ] {
        assert_eq!(faults(text, Length::Limited), [""; 0], "{text}");
    }
}

#[test]
fn a_long_sentence_is_found_and_two_short_ones_are_not() {
    let half = "the bridge waits for the worker process until it has loaded the application";
    assert_eq!(faults(&format!("{half}; {half}."), Length::Limited), [""; 0]);
    assert_eq!(faults(&format!("{half}.\n{half}"), Length::Limited), [""; 0]);
    assert_eq!(faults(&format!("{half}\nand {half}"), Length::Limited).len(), 1);
    assert_eq!(faults(&format!("{half} and {half}"), Length::Any), [""; 0]);
}

#[test]
fn a_help_without_a_verb_is_found() {
    assert!(begins_with_a_verb("write `*`, or an address") && begins_with_a_verb("did you mean `site`?"));
    for help in [
        "it is one of `a`, `b`",
        "the least is 3",
        "which pool is there already?",
        "",
        "`name` stands at the top",
    ] {
        assert!(!begins_with_a_verb(help), "{help}");
    }
}
