//! The comment before each node of ours: whose it is, and what the element around it was before.
//!
//! IIS and its tools keep comments, so that the file itself says what belongs to which deployment; nothing has to be kept
//! beside it. Absent: any other comment's meaning.

use std::fmt;

use crate::iis::markup::{Comment, Document, Element};

/// What begins the comment.
const MAKER: &str = "kallithea-iisc: ";

/// What an element looked like that had nothing in it, so that it can be so again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// One tag, a space before its end.
    SpacedTag,
    /// One tag.
    Tag,
    /// A start tag, and the end tag right behind it.
    TwoTags,
}

impl Empty {
    const WORDS: [(Self, &str); 3] =
        [(Self::SpacedTag, "<.. />"), (Self::Tag, "<../>"), (Self::TwoTags, "<..></..>")];

    fn words(self) -> &'static str {
        Self::WORDS.iter().find(|(empty, _)| *empty == self).map_or("", |(_, words)| words)
    }
}

/// What a comment of ours says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The deployment.
    pub deployment: String,
    /// What the element around was before, if it had nothing in it.
    pub around: Option<Empty>,
}

impl Mark {
    /// Reads a comment's words; `None` for a comment that is not ours.
    pub fn read(words: &str) -> Option<Self> {
        let said = words.strip_prefix(MAKER)?;
        let (name, around) = said.split_once("; around it stood ").unwrap_or((said, ""));
        let around = Empty::WORDS.iter().find(|(_, words)| *words == around).map(|(empty, _)| *empty);
        Some(Self { deployment: name.replace("-%2D", "--"), around })
    }
}

impl fmt::Display for Mark {
    /// The whole comment. No two hyphens may follow each other in one.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<!-- {MAKER}{}", self.deployment.replace("--", "-%2D"))?;
        if let Some(around) = self.around {
            write!(formatter, "; around it stood {}", around.words())?;
        }
        write!(formatter, " -->")
    }
}

/// A comment of ours and the element behind it.
#[derive(Debug)]
pub struct Marked<'d, 'a> {
    /// What it says.
    pub mark: Mark,
    /// Where it stands.
    pub comment: &'d Comment<'a>,
    /// What it marks.
    pub element: &'d Element<'a>,
}

/// Every element that one of our comments stands before; other comments may stand between them.
pub fn marked<'d, 'a>(document: &'d Document<'a>) -> Vec<Marked<'d, 'a>> {
    let next = |comment: &Comment<'_>| {
        let place = document.elements.partition_point(|element| element.offset < comment.span.end);
        let element = document.elements.get(place)?;
        (element.parent.is_some() && element.parent == comment.parent).then_some(element)
    };
    let found = document.comments.iter().filter_map(|comment| {
        Some(Marked { mark: Mark::read(comment.words)?, comment, element: next(comment)? })
    });
    found.collect()
}
