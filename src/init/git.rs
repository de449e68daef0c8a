//! What git must know of a folder with a spec.
//!
//! What enters: the text of a file of git. What leaves: the text with the lines that were missing. Absent: files.

/// Files of git beside a spec, each with the lines that it needs. A name with a slash is that of the file's own folder (gitignore(5)).
///
/// - Outputs are compared byte for byte, so git must not change their line ends (`-text`, gitattributes(5)). GitHub folds them in a
///   pull request for `linguist-generated` (GitHub, "Customizing how changed files appear on GitHub"), GitLab for
///   `gitlab-generated` (GitLab, "Changes in merge requests").
/// - The DLLs are built anew on any machine.
pub const GIT_FILES: [(&str, &[&str]); 2] = [
    (".gitattributes", &["out/** -text linguist-generated gitlab-generated"]),
    (".gitignore", &["out/bin/"]),
];

/// The text with the lines that it lacks at its end, and these lines. Every line that is there stays, with its line end.
pub fn added<'l>(text: &str, lines: &[&'l str]) -> (String, Vec<&'l str>) {
    let missing: Vec<&str> =
        lines.iter().copied().filter(|line| text.lines().all(|there| there.trim() != *line)).collect();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut written = text.to_owned();
    for line in &missing {
        if !written.is_empty() && !written.ends_with('\n') {
            written.push_str(end);
        }
        written.push_str(line);
        written.push_str(end);
    }
    (written, missing)
}
