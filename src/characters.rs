//! Which characters of an author's text other programs and other people would read differently from the author.
//!
//! What enters: a character, a text, or a file's name. What leaves: what is wrong with it. Absent: what only one key or
//! one target forbids; each of those has a rule or an escaping of its own.

use iis_config::names::{Refusal, is_device};
use kallithea_bridge_isapi::visible;

/// What a file name must not contain on the systems that a spec is copied to (Microsoft, "Naming Files, Paths, and
/// Namespaces").
const REFUSED_IN_FILE_NAMES: &str = "<>:\"/\\|?*";

/// Whether a character is invisible, or changes how the text around it is read: a control character or another line end, a
/// direction mark (Unicode's UAX #9), a character of zero width, or a noncharacter (which XML cannot contain). The joiners
/// U+200C and U+200D are parts of words.
pub fn is_hidden(character: char) -> bool {
    let is_noncharacter = |code: u32| code & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&code);
    let is_joiner = matches!(character, '\u{200c}' | '\u{200d}');
    is_noncharacter(u32::from(character)) || (visible::is_hidden(character) && !is_joiner)
}

/// The first such character of a text.
pub(crate) fn hidden_in(text: &str) -> Option<char> {
    text.chars().find(|character| is_hidden(*character))
}

/// A text as a terminal or a single line may show it: invisible characters become `\u{..}`.
pub fn shown(text: &str) -> String {
    let one = |character: char| match is_hidden(character) {
        true => character.escape_unicode().to_string(),
        false => character.to_string(),
    };
    text.chars().map(one).collect()
}

/// What is wrong with a file's name, without its folder. The file is copied to Windows, and the outputs contain its
/// name. The words follow a colon.
pub(crate) fn file_name_fault(name: &str) -> Option<String> {
    if let Some(found) = hidden_in(name) {
        return Some(format!("it contains the invisible character U+{:04X}", u32::from(found)));
    }
    if name.contains('\u{fffd}') {
        return Some("it is not Unicode".to_owned());
    }
    if let Some(found) = name.chars().find(|found| REFUSED_IN_FILE_NAMES.contains(*found)) {
        return Some(format!("Windows does not allow `{found}` in it"));
    }
    if name.trim() != name || name.ends_with('.') {
        return Some(Refusal::Edge.to_string());
    }
    is_device(name).then(|| Refusal::Device.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_told_from_what_people_write() {
        for hidden in "\0\n\r\t\u{85}\u{ad}\u{200b}\u{200e}\u{202e}\u{2028}\u{2066}\u{feff}\u{fdd0}\u{fffe}\u{ffff}\u{1fffe}\u{e0041}".chars() {
            assert!(is_hidden(hidden), "{hidden:?}");
        }
        for seen in "aÄß𝒦日本\u{200d}\u{200c}\u{301}\u{a0} '\"`<>\u{fffd}🦀".chars() {
            assert!(!is_hidden(seen), "{seen:?}");
        }
        assert_eq!(shown("a\u{202e}b"), "a\\u{202e}b");
    }

    #[test]
    fn file_names_are_those_of_windows() {
        for fine in
            ["deploy.yaml", "my--deploy.yaml", "it's `{{ x }}` & [y].yaml", "Büro, 2 (neu).yaml", ".yaml"]
        {
            assert_eq!(file_name_fault(fine), None, "{fine}");
        }
        for bad in [
            "a\nb.yaml",
            "a\u{2028}.yaml",
            "a\u{fffe}",
            "\u{fffd}.yaml",
            "a*.yaml",
            "a\"b",
            "deploy.yaml ",
            "a.",
            "con.yaml",
            "Aux",
        ] {
            assert!(file_name_fault(bad).is_some(), "{bad:?}");
        }
    }
}
