//! The SPEC arguments: specs by their names, and every `deploy.yaml` below a folder.
//!
//! What leaves is in the order of the arguments, the specs of a folder sorted by their paths, whatever is done with them
//! at once. A spec that is named twice comes once. Links in a folder are not followed; hidden folders, and those that
//! hold outputs (`out`, cargo's `target`), are left out.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::output::Output;
use super::spec::Report;
use super::{Outcome, Trouble, parallel};

/// The name of the specs that are looked for in a folder.
const FILE: &str = "deploy.yaml";
/// Folders that hold outputs.
const OUTPUTS: [&str; 2] = ["out", "target"];

/// One spec, or what keeps it from being looked at.
struct Named {
    path: PathBuf,
    trouble: Option<String>,
}

/// The specs of a run.
pub struct Specs {
    list: Vec<Named>,
    /// Whether the arguments name one file, so that nothing needs to say which spec it is about.
    pub is_one: bool,
}

impl Specs {
    /// The specs that the arguments name.
    pub fn named(arguments: &[PathBuf]) -> Self {
        let is_one = matches!(arguments, [only] if !only.is_dir());
        let mut list: Vec<Named> = arguments.iter().flat_map(|argument| below(argument)).collect();
        let mut known = HashSet::new();
        list.retain(|named| named.trouble.is_some() || known.insert(real(&named.path)));
        Self { list, is_one }
    }

    /// Refuses an option that gives a folder, where there are several specs: each has its own.
    pub fn each_beside(&self, option: &str, given: Option<&PathBuf>) -> Result<(), Trouble> {
        if self.is_one || given.is_none() {
            return Ok(());
        }
        Err(format!(
            "{option} is for one spec, and here are several or a folder: leave it out, since each has the folder `out` \
             beside it, or name one spec"
        )
        .into())
    }

    /// Leaves specs out whose outputs would take the place of another one's.
    pub fn each_its_folder(mut self) -> Self {
        let mut taken: HashMap<PathBuf, PathBuf> = HashMap::new();
        for named in self.list.iter_mut().filter(|named| named.trouble.is_none()) {
            let Some(folder) = real(&named.path).parent().map(Path::to_path_buf) else { continue };
            match taken.get(&folder) {
                Some(first) => {
                    named.trouble = Some(format!(
                        "{}: not built: its outputs would take the place of those of {}: give it a folder of its own, \
                         or build it alone with --out",
                        named.path.display(),
                        first.display()
                    ));
                }
                None => drop(taken.insert(folder, named.path.clone())),
            }
        }
        self
    }

    /// Does the work on every spec, several at once; the reports are in the order of the specs.
    pub fn map<T: Send>(&self, work: impl Fn(&Path) -> Report<T> + Sync) -> Vec<Report<T>> {
        parallel::map(&self.list, |named| match &named.trouble {
            Some(trouble) => Report::trouble(&named.path, trouble.as_str().into()),
            None => work(&named.path),
        })
    }

    /// Says how many specs came to which end, where there are several, and gives the worst.
    pub fn conclude(&self, outcomes: &[Outcome], words: [&str; 2], output: &mut Output) -> Outcome {
        if !self.is_one {
            let kinds = [Outcome::Fine, Outcome::Found, Outcome::Trouble];
            let counts = kinds.map(|kind| outcomes.iter().filter(|outcome| **outcome == kind).count());
            let words = [words[0], words[1], "with trouble"];
            let parts = counts.into_iter().zip(words).filter(|(count, _)| *count > 0);
            let parts: Vec<String> = parts.map(|(count, word)| format!("{count} {word}")).collect();
            output.say(&format!("specs: {}", parts.join(", ")));
        }
        outcomes.iter().copied().max().unwrap_or(Outcome::Fine)
    }
}

/// The file's real place, so that two names for it are told from two files.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// What an argument names.
fn below(argument: &Path) -> Vec<Named> {
    if !argument.is_dir() {
        return vec![Named { path: argument.to_path_buf(), trouble: None }];
    }
    let mut found = Vec::new();
    let trouble = match walk(argument, &mut found) {
        Err(error) => error.to_string(),
        Ok(()) if found.is_empty() => {
            format!("{}: there is no {FILE} in this folder or below", argument.display())
        }
        Ok(()) => {
            found.sort();
            return found.into_iter().map(|path| Named { path, trouble: None }).collect();
        }
    };
    vec![Named { path: argument.to_path_buf(), trouble: Some(trouble) }]
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let about = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.display()));
    for entry in fs::read_dir(folder).map_err(about)? {
        let entry = entry.map_err(about)?;
        let (name, kind) = (entry.file_name(), entry.file_type().map_err(about)?);
        let name = name.to_string_lossy();
        if kind.is_dir() && !name.starts_with('.') && !OUTPUTS.contains(&name.as_ref()) {
            walk(&entry.path(), found)?;
        } else if kind.is_file() && name == FILE {
            found.push(entry.path());
        }
    }
    Ok(())
}
