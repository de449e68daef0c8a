//! The comment before each node of a deployment: its deployment, its node, and what the elements around the node were before.
//!
//! IIS and its tools keep comments, so the file itself says what belongs to which deployment, and nothing is stored beside it.
//! They do not keep a comment with its element: if an element is deleted or moved, its comment stays. So a comment names its
//! node, and counts for no other. Absent: what follows from a comment, which [`ownership`](super::ownership) knows, and
//! comments of others.

use std::fmt;

use iis_config::markup::{Attribute, Comment, Document, Element};
use iis_config::names::is_same;
use iis_config::paths;

use super::noun;
use super::ownership::Identity;
use crate::emit::Kind;

/// The beginning of the comment.
const MAKER: &str = "kallithea-iisc: ";
const SERVES: &str = "serves ";
const FROM: &str = " from ";
const MADE: &str = "made with it ";
const STOOD: &str = "around it stood ";
const SET: &str = "set around it ";

/// How an empty element was written, so that it can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Empty {
    /// One tag, a space before its end.
    SpacedTag,
    /// One tag.
    Tag,
    /// A start tag, and the end tag directly after it.
    TwoTags,
}

impl Empty {
    const WORDS: [(Self, &str); 3] =
        [(Self::SpacedTag, "<.. />"), (Self::Tag, "<../>"), (Self::TwoTags, "<..></..>")];

    fn words(self) -> &'static str {
        Self::WORDS.iter().find(|(empty, _)| *empty == self).map_or("", |(_, words)| words)
    }

    fn read(words: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == words).map(|(empty, _)| *empty)
    }
}

/// What was around a node before it was added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Around {
    /// The elements that were created around it, the outermost first.
    pub made: Vec<String>,
    /// How the element around those, or around the node, was written if it was empty.
    pub empty: Option<Empty>,
    /// The attribute that was set on the element around the node, which did not have it: its name and its value.
    pub set: Option<(String, String)>,
}

impl Around {
    /// Whether an attribute of the element around the node is the one that was set with the node, unchanged.
    pub(crate) fn has_set(&self, attribute: &Attribute<'_>) -> bool {
        self.set
            .as_ref()
            .is_some_and(|(name, value)| attribute.name == name && is_same(&attribute.value, value))
    }

    /// Whether it contains nothing.
    pub(crate) fn is_nothing(&self) -> bool {
        self.made.is_empty() && self.empty.is_none() && self.set.is_none()
    }
}

/// What distinguishes two deployments with the same name: the application's place in IIS, and its folder. A site may be
/// renamed or a folder moved; if neither is the same, it is another deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    /// `Site`, or `Site/name`.
    pub location: String,
    /// The application's folder.
    pub folder: String,
}

impl Home {
    /// Whether both are homes of one deployment.
    pub fn is_same(&self, other: &Self) -> bool {
        paths::same(&self.folder, &other.folder) || is_same(&self.location, &other.location)
    }
}

impl fmt::Display for Home {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} from {}", self.location, self.folder)
    }
}

/// What a comment says about the node after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Which node it is, and the deployment's home.
    Node(Identity, Home),
    /// Nothing: earlier versions wrote only the deployment's name.
    Former,
    /// Words that no version wrote.
    Unreadable,
}

/// What a comment of this program says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The deployment.
    pub deployment: String,
    /// What it claims.
    pub claim: Claim,
    /// What was around the node before.
    pub around: Around,
}

impl Mark {
    /// Reads a comment's words; `None` for a comment that this program did not write.
    pub(crate) fn read(words: &str) -> Option<Self> {
        let said = words.strip_prefix(MAKER)?;
        let (name, mut rest) = said.split_once("; ").unwrap_or((said, ""));
        let (mut node, mut home, mut around) = (None, None, Around::default());
        let mut is_readable = true;
        while !rest.is_empty() && is_readable {
            (is_readable, rest) = match field(rest) {
                Some((Field::Node(identity), rest)) => (node.replace(identity).is_none(), rest),
                Some((Field::Home(found), rest)) => (home.replace(found).is_none(), rest),
                Some((Field::Made(names), rest)) => {
                    around.made = names;
                    (true, rest)
                }
                Some((Field::Stood(empty), rest)) => {
                    around.empty = Some(empty);
                    (true, rest)
                }
                Some((Field::Set(name, value), rest)) => {
                    around.set = Some((name, value));
                    (true, rest)
                }
                None => (false, ""),
            };
        }
        let claim = match (node, home) {
            (Some(node), Some(home)) if is_readable => Claim::Node(node, home),
            (None, None) if is_readable => Claim::Former,
            _ => Claim::Unreadable,
        };
        Some(Self { deployment: unescaped(name), claim, around })
    }

    /// The node that it names.
    pub fn node(&self) -> Option<&Identity> {
        match &self.claim {
            Claim::Node(identity, _) => Some(identity),
            Claim::Former | Claim::Unreadable => None,
        }
    }
}

impl fmt::Display for Mark {
    /// The whole comment. A comment must not contain two hyphens in a row.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<!-- {MAKER}{}", escaped(&self.deployment))?;
        if let Claim::Node(Identity { kind, key }, Home { location, folder }) = &self.claim {
            write!(formatter, "; {} \"{}\"", noun(*kind), escaped(key))?;
            write!(formatter, "; {SERVES}\"{}\"{FROM}\"{}\"", escaped(location), escaped(folder))?;
        }
        if !self.around.made.is_empty() {
            write!(formatter, "; {MADE}\"{}\"", escaped(&self.around.made.join("/")))?;
        }
        if let Some(empty) = self.around.empty {
            write!(formatter, "; {STOOD}{}", empty.words())?;
        }
        if let Some((name, value)) = &self.around.set {
            write!(formatter, "; {SET}\"{}\"", escaped(&format!("{name}={value}")))?;
        }
        write!(formatter, " -->")
    }
}

enum Field {
    Node(Identity),
    Home(Home),
    Made(Vec<String>),
    Stood(Empty),
    Set(String, String),
}

/// The first of the remaining fields, and the rest.
fn field(text: &str) -> Option<(Field, &str)> {
    if let Some(said) = text.strip_prefix(STOOD) {
        let (words, rest) = said.split_once("; ").unwrap_or((said, ""));
        return Some((Field::Stood(Empty::read(words)?), rest));
    }
    if let Some(said) = text.strip_prefix(SET) {
        let (setting, rest) = quoted(said)?;
        let (name, value) = setting.split_once('=')?;
        return Some((Field::Set(name.to_owned(), value.to_owned()), behind(rest)?));
    }
    if let Some(said) = text.strip_prefix(MADE) {
        let (names, rest) = quoted(said)?;
        return Some((Field::Made(names.split('/').map(ToOwned::to_owned).collect()), behind(rest)?));
    }
    if let Some(said) = text.strip_prefix(SERVES) {
        let (location, rest) = quoted(said)?;
        let (folder, rest) = quoted(rest.strip_prefix(FROM)?)?;
        return Some((Field::Home(Home { location, folder }), behind(rest)?));
    }
    let (kind, said) = Kind::ALL
        .iter()
        .find_map(|kind| Some((*kind, text.strip_prefix(noun(*kind))?.strip_prefix(' ')?)))?;
    let (key, rest) = quoted(said)?;
    Some((Field::Node(Identity { kind, key }), behind(rest)?))
}

/// A text in quotation marks, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (inner, rest) = text.strip_prefix('"')?.split_once('"')?;
    Some((unescaped(inner), rest))
}

/// What follows a field, without the separator.
fn behind(rest: &str) -> Option<&str> {
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix("; ") }
}

/// The escapes of characters that would end the comment or the quotation, and of the percent sign that begins an escape.
const ESCAPES: [(&str, &str); 3] = [("%25", "%"), ("%2D", "-"), ("%22", "\"")];

fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let is_escape = || ESCAPES.iter().any(|(escape, _)| text[at..].starts_with(escape));
        match character {
            '"' => written.push_str("%22"),
            '%' if is_escape() => written.push_str("%25"),
            '-' if written.ends_with('-') => written.push_str("%2D"),
            other => written.push(other),
        }
    }
    written
}

fn unescaped(text: &str) -> String {
    let (mut read, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(character) = rest.chars().next() {
        let escape = ESCAPES.iter().find_map(|(escape, meant)| Some((rest.strip_prefix(escape)?, *meant)));
        match escape {
            Some((behind, meant)) => {
                read.push_str(meant);
                rest = behind;
            }
            None => {
                read.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
    }
    read
}

/// A comment of this program.
#[derive(Debug)]
pub(crate) struct Marked<'d, 'a> {
    /// What it says.
    pub mark: Mark,
    /// The comment itself.
    pub comment: &'d Comment<'a>,
    /// The element directly after it, whatever it is.
    pub element: Option<&'d Element<'a>>,
}

impl Marked<'_, '_> {
    /// Whether the element after it is the one that it names. A comment of an earlier version fits any element.
    pub fn fits(&self, document: &Document<'_>) -> bool {
        let found = self.element.and_then(|element| Identity::of(document, element));
        match &self.mark.claim {
            Claim::Node(claimed, _) => found.is_some_and(|found| found == *claimed),
            Claim::Former => found.is_some(),
            Claim::Unreadable => false,
        }
    }
}

/// Every comment of this program, with the element after it: only white space and other comments may be between them.
pub fn marked<'d, 'a>(document: &'d Document<'a>) -> Vec<Marked<'d, 'a>> {
    let found = document.comments.iter().enumerate().filter_map(|(number, comment)| {
        let mark = Mark::read(comment.words)?;
        Some(Marked { mark, comment, element: behind_comment(document, number) })
    });
    found.collect()
}

fn behind_comment<'d, 'a>(document: &'d Document<'a>, number: usize) -> Option<&'d Element<'a>> {
    let comment = &document.comments[number];
    let place = document.elements.partition_point(|element| element.offset < comment.span.end);
    let element = document.elements.get(place)?;
    let between = document.comments[number + 1..].iter().take_while(|other| other.span.end <= element.offset);
    let mut from = comment.span.end;
    for other in between {
        if !is_blank(&document.text[from..other.span.start]) {
            return None;
        }
        from = other.span.end;
    }
    let is_next = is_blank(&document.text[from..element.offset]);
    (is_next && element.parent.is_some() && element.parent == comment.parent).then_some(element)
}

/// Whether there is nothing but white space.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(name: &str, key: &str, folder: &str) -> Mark {
        let identity = Identity { kind: Kind::Site, key: key.to_owned() };
        let home = Home { location: key.to_owned(), folder: folder.to_owned() };
        let around = Around {
            made: vec!["security".into(), "list".into()],
            empty: Some(Empty::Tag),
            set: Some(("attribute".into(), "a--value".into())),
        };
        Mark { deployment: name.to_owned(), claim: Claim::Node(identity, home), around }
    }

    #[test]
    fn what_is_written_is_read() {
        for text in
            ["Kallithea", "a--b---", "50%25%2D\"; serves %", r"C:\x;y; made with it ", "%%2D-", "%252D"]
        {
            let mark = mark("other--one", text, text);
            let written = mark.to_string();
            let words =
                written.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")).expect("a comment");
            assert!(!words.contains("--"), "{written}");
            assert_eq!(Mark::read(words), Some(mark), "{written}");
        }
    }

    #[test]
    fn a_comment_of_a_former_version_is_known_and_another_is_not_believed() {
        let former = Mark::read("kallithea-iisc: other-%2Done; around it stood <.. />").expect("a mark");
        assert_eq!((former.deployment.as_str(), former.claim), ("other--one", Claim::Former));
        assert_eq!(former.around.empty, Some(Empty::SpacedTag));
        for words in [
            "x; site",
            "x; site \"a\"",
            "x; site \"a\"; serves \"a\"",
            "x; site \"a\" and more",
            "x; house \"a\"",
        ] {
            let mark = Mark::read(&format!("kallithea-iisc: {words}")).expect("a mark");
            assert_eq!(mark.claim, Claim::Unreadable, "{words}");
        }
        assert_eq!(Mark::read("made by kallithea-iisc: x"), None);
    }

    #[test]
    fn a_home_is_the_same_in_every_spelling_of_its_folder() {
        let home = |location: &str, folder: &str| Home { location: location.into(), folder: folder.into() };
        let own = home("Code", r"C:\inetpub\kallithea");
        for folder in
            [r"c:/inetpub\\Kallithea\", r"%SystemDrive%\inetpub\x\..\kallithea", r"\\?\C:\inetpub\kallithea."]
        {
            assert!(own.is_same(&home("Renamed", folder)), "{folder}");
        }
        assert!(!own.is_same(&home("Renamed", r"C:\inetpub\kallithea2")));
    }
}
