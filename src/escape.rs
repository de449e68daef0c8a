//! Escapes an author's text for each place in each target: a comment, a literal, a span of code.
//!
//! One function for each place. Whatever enters, what leaves is one piece of that language, ends where it must, and reads
//! as the author's own text if the language allows it. quick-xml escapes XML's values, and serde those of JSON.

use crate::characters::is_hidden;

/// The name of a file within a comment of any target: XML, Markdown, ini, Python, PowerShell, Rust. Every character except
/// letters, digits and a few marks is written as in a URL, `%2A`. So is each second hyphen of a row, since an XML comment
/// must not contain two. The result cannot contain an encoding declaration (`coding:`, PEP 263) or the end of any comment.
pub(super) fn file_name(text: &str) -> String {
    let mut name = String::new();
    for character in text.chars() {
        let is_plain = character.is_alphanumeric() || " ._-+,@()".contains(character);
        let is_second = character == '-' && name.ends_with('-');
        if is_plain && !is_second {
            name.push(character);
        } else {
            let mut bytes = [0; 4];
            character.encode_utf8(&mut bytes).bytes().for_each(|byte| name.push_str(&format!("%{byte:02X}")));
        }
    }
    name
}

/// A text within a comment that ends with its line.
pub(super) fn comment(text: &str) -> String {
    text.replace(is_hidden, "?")
}

/// A string literal of Rust: raw if that reads better, and without characters that rustc refuses.
pub(super) fn rust_literal(text: &str) -> String {
    let is_plain = |character: char| {
        let mut escaped = character.escape_debug();
        matches!(character, '\\' | '\'') || escaped.next() == Some(character) && escaped.next().is_none()
    };
    if text.contains('\\') && text.chars().all(is_plain) {
        format!("r\"{text}\"")
    } else {
        format!("{text:?}")
    }
}

/// A string literal of PowerShell, in single quotes, so that nothing is expanded. PowerShell also treats the typographic
/// single quotes as quotes. Two in a row mean the second one (page `about_Quoting_Rules`), so each is doubled unchanged.
pub(super) fn powershell_literal(text: &str) -> String {
    let mut literal = String::from("'");
    for character in text.chars() {
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            literal.push(character);
        }
        literal.push(character);
    }
    literal + "'"
}

/// A span of code in Markdown: fenced by one backtick more than the longest row of backticks in it (CommonMark, section 6.1).
pub(super) fn markdown_code(text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", comment(text))
}

/// Words in Markdown: characters that would begin markup get a backslash (CommonMark, section 2.4).
pub(super) fn markdown_words(text: &str) -> String {
    let mut words = String::new();
    for character in comment(text).chars() {
        if "\\`*_[]<>&|!#~".contains(character) {
            words.push('\\');
        }
        words.push(character);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_ends_no_comment_and_declares_nothing() {
        assert_eq!(file_name("deploy.yaml"), "deploy.yaml");
        assert_eq!(file_name("my--deploy.yaml"), "my-%2Ddeploy.yaml");
        assert_eq!(file_name("a\n#b -->.yaml"), "a%0A%23b -%2D%3E.yaml");
        assert_eq!(file_name("coding=utf-7 \u{2028}.yaml"), "coding%3Dutf-7 %E2%80%A8.yaml");
        assert_eq!(file_name("B\u{fc}ro (neu).yaml"), "B\u{fc}ro (neu).yaml");
    }

    #[test]
    fn literals_of_rust_hold_nothing_unseen() {
        assert_eq!(rust_literal(r"C:\x"), r#"r"C:\x""#);
        assert_eq!(rust_literal(r"C:\it's"), r#"r"C:\it's""#);
        assert_eq!(rust_literal("C:\\\u{202e}x"), r#""C:\\\u{202e}x""#);
        assert_eq!(rust_literal("a\"b\\"), r#""a\"b\\""#);
    }

    #[test]
    fn code_in_markdown_ends_where_it_should() {
        assert_eq!(markdown_code("C:\\x"), "`C:\\x`");
        assert_eq!(markdown_code("a`b``c"), "```a`b``c```");
        assert_eq!(markdown_code("`"), "`` ` ``");
        assert_eq!(markdown_words("a*b_[c](d)"), r"a\*b\_\[c\](d)");
    }
}
