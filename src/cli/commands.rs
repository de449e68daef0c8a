//! Commands that a run tells a person to use. Each path in them is one word to the shell that reads it.
//!
//! What enters: paths as a user wrote them. What leaves: words of a command, or none if a shell could read the path
//! differently; then the run says in words what to do. Absent: which command is meant.

use std::path::Path;

use crate::characters::hidden_in;

/// What a shell interprets within double quotes: the characters of POSIX, and on Windows those of PowerShell and `cmd`.
/// PowerShell also treats some typographic quotes as quotes (page `about_Quoting_Rules`).
const READ: &[char] = if cfg!(windows) {
    &['"', '$', '`', '%', '^', '!', '\u{201c}', '\u{201d}', '\u{201e}']
} else {
    &['"', '$', '`', '\\', '!']
};

/// A path as one word of a command. None if it is not Unicode, contains invisible characters, or cannot be written for every
/// shell that may be in use.
pub fn word(path: &Path) -> Option<String> {
    // A word that begins with a hyphen would be an option.
    let is_option = path.as_os_str().to_string_lossy().starts_with('-');
    let path = if is_option { Path::new(".").join(path) } else { path.to_owned() };
    let text = path.to_str().filter(|text| hidden_in(text).is_none())?;
    if !text.contains(READ) {
        return Some(format!("\"{text}\""));
    }
    (!cfg!(windows)).then(|| format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_reads_a_word_as_the_path() {
        for name in [
            "deploy.yaml",
            "my deploy.yaml",
            "$(id)",
            "`id`",
            "a\"b",
            "it's",
            "\\",
            "x!y",
            "'; id; '",
            "\u{201c}&",
        ] {
            let word = word(Path::new(name)).expect("a word");
            let output =
                Command::new("sh").args(["-c", &format!("printf %s {word}")]).output().expect("sh runs");
            assert_eq!(String::from_utf8_lossy(&output.stdout), name, "{word}");
        }
        assert_eq!(word(Path::new("-rf")).as_deref(), Some("\"./-rf\""));
        assert_eq!(word(Path::new(OsStr::from_bytes(b"a\xff"))), None);
        assert_eq!(word(Path::new("a\nid")), None);
        assert_eq!(word(Path::new("a\u{202e}")), None);
    }
}
