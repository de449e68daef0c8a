//! Files that are not YAML at all, though their author named one as a spec.
//!
//! What enters: a text. What leaves: in which language it is, if that is another one. Absent: mistakes in YAML.

use super::slips::Slip;

/// Finds a file that is no YAML at all.
pub(super) fn find(text: &str) -> Option<Slip> {
    let text_begins = text.len() - text.trim_start().len();
    let first = text[text_begins..].lines().next().unwrap_or_default().trim_end();
    let (language, help) = if first.starts_with("<?")
        || first.starts_with("<!")
        || first.starts_with("<configuration")
    {
        (
            "XML",
            "name a spec; `kallithea-iisc lint` checks files of IIS, and `kallithea-iisc import` makes a spec from them",
        )
    } else if first.starts_with('[') && first.ends_with(']') && text.contains('=') && !text.contains(": ") {
        ("an ini file", "name a spec; `kallithea-iisc ini` sets the keys of Kallithea's ini file")
    } else {
        return None;
    };
    Some(Slip {
        span: text_begins..text_begins + first.len(),
        message: format!("this is {language}, and a spec is YAML"),
        help: help.to_owned(),
        fix: None,
    })
}
