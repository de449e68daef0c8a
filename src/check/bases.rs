//! Reads a spec together with the files that it extends, as one tree.
//!
//! What enters: the spec's text, and a way to open a file. What leaves: the tree of the deployment, in which each value keeps
//! the place where it was written, and every problem of the files. Mappings are merged key by key; a list or a single value
//! replaces the one of the base. Absent: what the values mean.

use std::path::{Path, PathBuf};

use crate::characters::file_name_fault;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{self, Entry, MAX_BYTES, MAX_NODES, Node, Parsed, Value};
use crate::source::{Source, Span, beside};

/// How many files a spec can extend, one behind the other.
pub const MAX_BASES: usize = 8;

/// The key that names the file to extend.
const EXTENDS: &str = "extends";
/// The key that lists what is taken out of that file.
const UNSET: &str = "unset";

/// A file as it was opened.
#[derive(Debug)]
pub struct Opened {
    /// The path of the file itself, with every link followed: it tells whether two names are one file.
    pub real: PathBuf,
    /// Its bytes; at most [`MAX_BYTES`] and one more are looked at.
    pub bytes: Vec<u8>,
}

/// Opens a file that a spec extends, by a path that begins at the folder of the file that names it. An error says why it
/// cannot be read, in words for a person.
pub type Open<'a> = dyn Fn(&Path) -> Result<Opened, String> + 'a;

/// The tree of a spec and its bases.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// The merged tree; `None` if a file is broken or missing.
    pub(super) root: Option<Node>,
    /// Values of keys that occur twice in one file.
    pub(super) repeated: Vec<Entry>,
    /// What is wrong with the files.
    pub(super) problems: Vec<Diagnostic>,
}

/// What one file says about the file that it extends.
#[derive(Debug, Default)]
struct Lead {
    extends: Option<(String, Span)>,
    unset: Vec<(String, Span)>,
}

/// Reads the spec in `source`, opens each file that is extended, and adds its text to `source`. `real` is the path of the
/// spec itself.
pub(super) fn read(source: &mut Source, real: PathBuf, open: &Open<'_>) -> Merged {
    let mut found = Merged::default();
    let (mut stack, mut known, mut weight) = (Vec::new(), vec![real], 0);
    let mut path = PathBuf::from(&source.name);
    loop {
        let Parsed { root, repeated, problems } = node::parse_part(source.last());
        found.repeated.extend(repeated);
        found.problems.extend(problems);
        let Some(mut root) = root else { return found };
        // Also what another file replaces: a secret is one even then.
        found.problems.extend(super::text::check(&root, &source.text));
        weight += root.weight();
        let lead = lead(&mut root);
        stack.push((root, lead.unset));
        let Some((extends, span)) = lead.extends else { break };
        match next(source, &path, &extends, &known, weight, open) {
            Ok((name, from_spec, opened)) => {
                known.push(opened.real);
                path = path.with_file_name("").join(&extends);
                let (text, problem) = super::text_of(opened.bytes);
                source.add(name, from_spec, &text);
                if let Some(mut problem) = problem {
                    problem.shift(source.last().start);
                    found.problems.push(problem);
                    return found;
                }
            }
            Err((code, message, help)) => {
                found.problems.push(Diagnostic::new(code, span, message).help(help));
                return found;
            }
        }
    }
    found.root = merged(stack, source, &mut found.problems);
    found
}

/// Opens the next base, or says what prevents it: a code, a message, a help.
fn next(
    source: &Source,
    path: &Path,
    extends: &str,
    known: &[PathBuf],
    weight: usize,
    open: &Open<'_>,
) -> Result<(String, String, Opened), (Code, String, String)> {
    let example =
        "write a path from the folder of this file, with `/`, as in `extends: ../base/kallithea.yaml`";
    if let Some(fault) = fault(extends) {
        return Err((
            Code::BadExtends,
            format!("`{extends}` is not a valid path of a base: {fault}"),
            example.to_owned(),
        ));
    }
    if known.len() > MAX_BASES {
        let message = format!("more than {MAX_BASES} files extend each other");
        return Err((Code::ExtendsTooDeep, message, "put what they share into fewer files".to_owned()));
    }
    let from = source.last();
    let name = beside(from.name, extends);
    let opened = open(&path.with_file_name("").join(extends)).map_err(|why| {
        let help = "check the path: it begins at the folder of the file that names it".to_owned();
        (Code::BaseUnreadable, format!("`{name}` cannot be read: {why}"), help)
    })?;
    if known.contains(&opened.real) {
        let message = format!("`{name}` extends itself, through the files that it extends");
        let message = if known.len() == 1 { format!("`{name}` extends itself") } else { message };
        return Err((
            Code::ExtendsTooDeep,
            message,
            "remove one `extends`: the first base extends nothing".to_owned(),
        ));
    }
    if (source.text.len() + opened.bytes.len()) as u64 > MAX_BYTES || weight > MAX_NODES {
        let message = format!(
            "the spec and the files that it extends are together larger than {} KiB or {MAX_NODES} values",
            MAX_BYTES / 1024
        );
        return Err((
            Code::TooLarge,
            message,
            "check that this is the right file; a spec has a few dozen lines".to_owned(),
        ));
    }
    Ok((name, beside(from.path, extends), opened))
}

/// What prevents a text from being the path of a base on every system.
fn fault(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("it is empty".to_owned());
    }
    if path.contains('\\') {
        return Some("it has a `\\`".to_owned());
    }
    if path.starts_with('/') || path.contains(':') {
        return Some("it is not relative".to_owned());
    }
    if path.ends_with('/') {
        return Some("it names a folder".to_owned());
    }
    let steps = path.split('/').filter(|step| !matches!(*step, "." | ".." | ""));
    steps.filter_map(file_name_fault).next()
}

/// Takes `extends` and `unset` out of a file's tree. A value of a wrong type stays, and the schema reports it.
fn lead(root: &mut Node) -> Lead {
    let mut lead = Lead::default();
    let Value::Mapping(entries) = &mut root.value else { return lead };
    entries.retain(|entry| match (entry.key.as_str(), &entry.node.value) {
        (EXTENDS, Value::String(path)) => {
            lead.extends = Some((path.clone(), entry.node.span.clone()));
            false
        }
        (UNSET, Value::Sequence(items)) => match items.iter().map(text).collect::<Option<Vec<_>>>() {
            Some(paths) => {
                lead.unset = paths;
                false
            }
            None => true,
        },
        _ => true,
    });
    lead
}

fn text(node: &Node) -> Option<(String, Span)> {
    match &node.value {
        Value::String(text) => Some((text.clone(), node.span.clone())),
        _ => None,
    }
}

/// The files as one tree, the last file first.
fn merged(
    stack: Vec<(Node, Vec<(String, Span)>)>,
    source: &Source,
    problems: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let mut merged: Option<Node> = None;
    for (node, unset) in stack.into_iter().rev() {
        for (path, span) in unset {
            let is_there = merged.as_mut().map(|base| take_out(base, &path));
            let (message, help) = match is_there {
                Some(true) => continue,
                Some(false) => {
                    let base = source.parts().find(|part| part.start > span.start);
                    let base = base.map(|part| part.name).unwrap_or_default();
                    let message = format!("there is no `{path}` in {base}, so it cannot be taken out");
                    (message, "check the path, such as `authentication.ldap`; or remove this line")
                }
                None => {
                    let message = format!("`{path}` cannot be taken out: this file extends no other");
                    (message, "remove `unset`; it takes keys out of the file that `extends` names")
                }
            };
            problems.push(Diagnostic::new(Code::NothingToUnset, span, message).help(help));
        }
        merged = Some(match merged {
            None => node,
            Some(base) => over(base, node),
        });
    }
    merged
}

/// Removes the value at a path of keys joined by dots; whether there was one. A key itself can contain dots.
fn take_out(node: &mut Node, path: &str) -> bool {
    let Value::Mapping(entries) = &mut node.value else { return false };
    if let Some(at) = entries.iter().position(|entry| entry.key == path) {
        entries.remove(at);
        return true;
    }
    let inner = entries.iter_mut().filter_map(|entry| {
        let rest = path.strip_prefix(&entry.key)?.strip_prefix('.')?;
        Some((&mut entry.node, rest))
    });
    inner.into_iter().any(|(node, rest)| take_out(node, rest))
}

/// A base with what another file says on top of it.
fn over(base: Node, top: Node) -> Node {
    let value = match (base.value, top.value) {
        (Value::Mapping(mut entries), Value::Mapping(own)) => {
            for entry in own {
                match entries.iter_mut().find(|known| known.key == entry.key) {
                    Some(known) => {
                        let nothing = Node { value: Value::Null, span: 0..0 };
                        let below = std::mem::replace(&mut known.node, nothing);
                        *known = Entry { node: over(below, entry.node), ..entry };
                    }
                    None => entries.push(entry),
                }
            }
            Value::Mapping(entries)
        }
        (_, value) => value,
    };
    Node { value, span: top.span }
}
