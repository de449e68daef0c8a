//! The files that an editor has open, with what its user has typed.
//!
//! What enters: what the editor tells of them. What leaves: texts, which win over the files on the disk. Absent: what they mean.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_types::{
    DidChangeTextDocumentParams, TextDocumentContentChangeEvent, TextDocumentItem,
    TextDocumentPositionParams, Uri,
};

use super::lines::Lines;
use crate::check::{Open, Opened};
use crate::files;

/// A file that is open.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) text: String,
    pub(super) version: i32,
    /// Where it is on the disk; `None` if it was never saved.
    pub(super) path: Option<PathBuf>,
}

impl Document {
    /// The text without a byte-order mark, as it is checked, and how many bytes that mark has.
    pub(super) fn unmarked(&self) -> (&str, usize) {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(&self.text);
        (text, self.text.len() - text.len())
    }
}

/// All files that are open, by the names that the editor gives them.
#[derive(Debug, Default)]
pub(super) struct Documents(BTreeMap<Uri, Document>);

impl Documents {
    pub(super) fn open(&mut self, opened: TextDocumentItem) {
        let path = opened.uri.to_file_path().ok();
        self.0.insert(opened.uri, Document { text: opened.text, version: opened.version, path });
    }

    pub(super) fn change(&mut self, changed: DidChangeTextDocumentParams) {
        let Some(document) = self.0.get_mut(&changed.text_document.text_document_identifier.uri) else {
            return;
        };
        document.version = changed.text_document.version;
        for change in changed.content_changes {
            match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    let lines = Lines::of(&document.text);
                    let (start, end) = (lines.offset(part.range.start), lines.offset(part.range.end));
                    document.text.replace_range(start..end.max(start), &part.text);
                }
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => {
                    document.text = whole.text;
                }
            }
        }
    }

    pub(super) fn close(&mut self, uri: &Uri) {
        self.0.remove(uri);
    }

    pub(super) fn get(&self, uri: &Uri) -> Option<&Document> {
        self.0.get(uri)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Uri, &Document)> {
        self.0.iter()
    }

    /// A file, and the byte offset of a place in it.
    pub(super) fn at(&self, place: &TextDocumentPositionParams) -> Option<(&Document, usize)> {
        let document = self.get(&place.text_document.uri)?;
        Some((document, Lines::of(&document.text).offset(place.position)))
    }

    /// The open file that a path leads to, whatever its links.
    pub(super) fn of_path(&self, path: &Path) -> Option<(&Uri, &Document)> {
        let real = files::real(path);
        self.iter().find(|(_, document)| document.path.as_deref().is_some_and(|own| files::real(own) == real))
    }

    /// Reads a file that a spec extends: what is typed, or else what is on the disk.
    pub(super) fn read(&self, path: &Path, open: &Open<'_>) -> Result<Opened, String> {
        match self.of_path(path) {
            Some((_, document)) => {
                Ok(Opened { real: files::real(path), bytes: document.text.clone().into_bytes() })
            }
            None => open(path),
        }
    }
}
