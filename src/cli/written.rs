//! What is said of a file that a command has written.

use super::Trouble;
use super::output::Output;
use crate::diagnostic::Change;
use crate::files::TextFile;
use crate::yaml::Open;

/// Writes a file in which something was corrected, and says each change.
pub fn write_fixed(
    file: &TextFile,
    text: &str,
    changes: &[Change],
    output: &mut Output,
) -> Result<(), Trouble> {
    let name = file.path().display().to_string();
    let written = file.write(text, None)?;
    for change in changes {
        output.say(&format!("{name}:{}: {}", change.line, change.words));
    }
    if let Some(backup) = written.backup {
        output.say(&format!("{name}: the old file is {}", backup.display()));
    }
    Ok(())
}

/// What a spec still needs from its author: the places to fill in, in words; `more` continues the first line.
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
