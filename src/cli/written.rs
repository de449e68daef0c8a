//! What a spec that a command has written still needs from its author.

use crate::yaml::Open;

/// The places to fill in, in words; `more` continues the first line.
pub fn needs(name: &str, open: &[Open], more: &str) -> String {
    let mut text = match open.len() {
        0 => format!("{name}: complete"),
        1 => format!("{name}: fill in one place"),
        count => format!("{name}: fill in {count} places"),
    };
    text.push_str(more);
    open.iter().for_each(|open| text.push_str(&format!("\n  line {}: {}", open.line, open.what)));
    text
}
