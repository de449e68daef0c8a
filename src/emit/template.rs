//! Text with holes: minijinja with the escaping of each target ([`escape`]), and with an error for every unknown name.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::escape;

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
pub(super) fn fill(template: &'static str, context: impl Serialize) -> String {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_syntax(syntax());
    environment.add_filter("rust", |text: String| escape::rust_literal(&text));
    environment.add_filter("powershell", |text: String| escape::powershell_literal(&text));
    environment.add_filter("code", |text: String| escape::markdown_code(&text));
    environment.add_filter("words", |text: String| escape::markdown_words(&text));
    environment.add_filter("powershell_switch", |value: bool| if value { "$true" } else { "$false" });
    environment.add_filter("comment", |text: String| escape::comment(&text));
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
