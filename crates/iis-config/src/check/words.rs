//! The words of an XML parser, as an administrator would say them.
//!
//! In: what the parser says. Out: what to write. Absent: where it is.

/// What each of the parser's words means.
const MEANINGS: [(&str, &str); 16] = [
    ("after '&'", "write `&amp;` for a `&`"),
    ("reference not closed", "write `&amp;` for a `&`"),
    ("unrecognized entity", "write `&amp;` for a `&`"),
    ("must be enclosed in", "put the value of the attribute into quotation marks"),
    ("missing closing quote", "the quotation mark after a value is missing"),
    ("attribute value not closed", "the quotation mark after a value is missing"),
    ("followed by `=`", "an attribute must have a value: write name=\"value\""),
    ("followed by an attribute value", "an attribute must have a value: write name=\"value\""),
    (
        "missed symbol in markup",
        "`<!` is not the beginning of a comment: write <!-- before it and --> after it",
    ),
    ("tag not closed", "a `>` is missing"),
    ("comment not closed", "the `-->` after a comment is missing"),
    ("document type declaration", "delete <!DOCTYPE>, which no configuration file may have"),
    (
        "declaration that is not at the beginning",
        "delete what is before `<?xml`, such as a space or an empty line",
    ),
    ("found in a comment", "a comment must not contain `--`"),
    ("no white space before an attribute", "a space is missing between two attributes"),
    ("there is no root element", "the file is empty; it needs at least <configuration />"),
];

/// What an administrator can do with the words of an XML parser.
pub(super) fn in_words(detail: &str) -> String {
    if let Some((_, meaning)) = MEANINGS.iter().find(|(words, _)| detail.contains(words)) {
        return (*meaning).to_owned();
    }
    let rest = detail.trim_start_matches("ill-formed document: ").trim_start_matches("syntax error: ");
    let tags = rest.strip_prefix("expected `").and_then(|rest| rest.strip_suffix("` was found"));
    match tags.and_then(|tags| tags.split_once("`, but `")) {
        Some((expected, found)) => format!("`{found}` is where `{expected}` must be"),
        None => rest.to_owned(),
    }
}
