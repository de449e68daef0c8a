//! Text with holes: minijinja with the escaping of each target, and with an error for every unknown name.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

/// What templates include.
const PARTS: [(&str, &str); 3] = [
    ("scripts.ps1.j2", include_str!("../templates/scripts.ps1.j2")),
    ("trust.ps1.j2", include_str!("../templates/trust.ps1.j2")),
    ("checks.ps1.j2", include_str!("../templates/checks.ps1.j2")),
];

/// Fills a template in.
///
/// # Panics
/// Where a template of ours is broken or names what the context does not have: a test renders each of them.
pub fn fill(template: &'static str, context: impl Serialize) -> String {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_syntax(syntax());
    environment.add_filter("rust", rust_literal);
    environment.add_filter("powershell", powershell_literal);
    environment.add_filter("powershell_switch", |value: bool| if value { "$true" } else { "$false" });
    environment.add_filter("comment", line_comment);
    environment.add_filter("slashes", |text: String| text.replace('\\', "/"));
    environment.add_test("none", |value: &Value| value.is_none());
    for (name, part) in PARTS {
        let added = environment.add_template(name, part);
        added.unwrap_or_else(|error| panic!("{name} is broken: {error:#}"));
    }
    environment
        .render_str(template, Serde(context))
        .unwrap_or_else(|error| panic!("a template is broken: {error:#}"))
}

/// Blocks on lines of their own leave no empty lines behind.
fn syntax() -> SyntaxConfig {
    let builder = &mut SyntaxConfig::builder();
    builder.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    builder.build().expect("the usual delimiters")
}

/// A string literal of Rust: raw where that reads better.
fn rust_literal(text: String) -> String {
    let plain = !text.contains(['"', '\n', '\r']) && !text.chars().any(char::is_control);
    if plain && text.contains('\\') { format!("r\"{text}\"") } else { format!("{text:?}") }
}

/// A string literal of PowerShell: single quotes, in which nothing is expanded. The typographic single quotes are quotes
/// to PowerShell, too: two in a row stand for the second (page `about_Quoting_Rules`), so each is doubled as it is.
fn powershell_literal(text: String) -> String {
    let mut literal = String::from("'");
    for character in text.chars() {
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            literal.push(character);
        }
        literal.push(character);
    }
    literal + "'"
}

/// What stands in a comment to the end of its line, and cannot end the line.
fn line_comment(text: String) -> String {
    let ends = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    text.replace(ends, "?")
}
