//! The SPEC arguments: specs by name, and every `deploy.yaml` below a folder.
//!
//! What leaves is in the order of the arguments, the specs of a folder sorted by path, even if they are processed in
//! parallel. If specs share what two deployments on one server must not share, the first one gets a warning. A spec that is
//! named twice is processed once. Links in a folder are not followed; hidden folders, and folders that contain outputs
//! (`out`, cargo's `target`), are left out.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::path::{Path, PathBuf};

use iis_config::names::folded;

use super::output::Output;
use super::spec::{self, Names, Report};
use super::{Outcome, Trouble};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::files;
use crate::parallel;
use crate::source::{Source, Span};

/// The file name of the specs that are searched for in a folder.
const FILE: &str = "deploy.yaml";
/// Folders that contain outputs.
const OUTPUTS: [&str; 2] = ["out", "target"];

/// One spec, or what prevents reading it.
struct Named {
    path: PathBuf,
    trouble: Option<String>,
}

/// The specs of a run.
pub(super) struct Specs {
    list: Vec<Named>,
    /// Whether the arguments name one file, so that nothing needs to say which spec it is about.
    pub is_one: bool,
}

impl Specs {
    /// The specs that the arguments name.
    pub(super) fn named(arguments: &[PathBuf]) -> Self {
        let is_one = matches!(arguments, [only] if !only.is_dir() && files::matching(only).is_ok_and(|all| all == [only.clone()]));
        let mut list: Vec<Named> = arguments.iter().flat_map(|argument| expanded(argument)).collect();
        let mut known = HashSet::new();
        list.retain(|named| named.trouble.is_some() || known.insert(files::real(&named.path)));
        Self { list, is_one }
    }

    /// The specs that there are.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.list.iter().filter(|named| named.trouble.is_none()).map(|named| named.path.as_path())
    }

    /// Refuses standard input: outputs name the spec's file and are beside it, and a correction is written into it.
    pub(super) fn each_a_file(&self) -> Result<(), Trouble> {
        self.list.iter().try_for_each(|named| spec::in_a_file(&named.path))
    }

    /// Refuses an option that names a folder if there are several specs: each has its own folder.
    pub(super) fn each_beside(&self, option: &str, given: Option<&PathBuf>) -> Result<(), Trouble> {
        if self.is_one || given.is_none() {
            return Ok(());
        }
        Err(format!(
            "{option} is for a single spec: leave it out, or name one spec. Each spec has the folder `out` \
             beside it"
        )
        .into())
    }

    /// Leaves out specs whose outputs would replace those of another.
    pub(super) fn each_its_folder(mut self) -> Self {
        let mut taken: HashMap<PathBuf, PathBuf> = HashMap::new();
        for named in self.list.iter_mut().filter(|named| named.trouble.is_none()) {
            let Some(folder) = files::real(&named.path).parent().map(Path::to_path_buf) else { continue };
            match taken.get(&folder) {
                Some(first) => {
                    named.trouble = Some(format!(
                        "{}: not built: it has the same output folder as {}. Move it to a folder of its own, \
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

    /// Processes every spec, several at once; the reports are in the order of the specs.
    pub(super) fn map<T: Send>(&self, work: impl Fn(&Path) -> Report<T> + Sync) -> Vec<Report<T>> {
        let mut reports = parallel::map(&self.list, |named| match &named.trouble {
            Some(trouble) => Report::trouble(&named.path, trouble.as_str().into()),
            None => work(&named.path),
        });
        let known = reports.iter().filter_map(|report| Some((&report.source, report.names.as_ref()?)));
        let shared = shared(&known.collect::<Vec<_>>());
        let known = reports.iter_mut().filter(|report| report.names.is_some());
        for (report, warnings) in known.zip(shared) {
            report.diagnostics.extend(warnings);
            diagnostic::sort(&mut report.diagnostics);
        }
        reports
    }

    /// Prints how many specs had which outcome, if there are several, and returns the worst.
    pub(super) fn conclude(&self, outcomes: &[Outcome], words: [&str; 2], output: &mut Output) -> Outcome {
        if !self.is_one {
            let kinds = [Outcome::Fine, Outcome::Found, Outcome::Trouble];
            let counts = kinds.map(|kind| outcomes.iter().filter(|outcome| **outcome == kind).count());
            let words = [words[0], words[1], "failed"];
            let parts = counts.into_iter().zip(words).filter(|(count, _)| *count > 0);
            let parts: Vec<String> = parts.map(|(count, word)| format!("{count} {word}")).collect();
            output.say(&format!("specs: {}", parts.join(", ")));
        }
        outcomes.iter().copied().max().unwrap_or(Outcome::Fine)
    }
}

/// What specs share with others, at the first spec that has it, in the order of the specs. It is not known whether two specs are for
/// one server, so these are warnings.
fn shared(specs: &[(&Source, &Names)]) -> Vec<Vec<Diagnostic>> {
    let deployment = |names: &Names| folded(&names.deployment);
    let pool = |names: &Names| names.pool.folded();
    let (by_name, by_pool) = (grouped(specs, deployment), grouped(specs, pool));
    let shared = specs.iter().enumerate().map(|(number, (_, names))| {
        let same_name = others(&by_name[&deployment(names)], number);
        let same_pool = others(&by_pool[&pool(names)], number);
        let name = same_name.map(|same| {
            // By default a pool has its deployment's name.
            let (has, runs) = if same.len() == 1 { ("has", "runs") } else { ("have", "run") };
            let pools = format!(", and {runs} in the same application pool");
            let pools = if same_pool == Some(same) { pools } else { String::new() };
            let places = places(specs, same, |names| &names.deployment_span);
            let message = format!("{places} {has} the same name, {:?}{pools}", names.deployment);
            let help = "give each deployment on one server its own `name`; apply refuses a second one with \
                the same name";
            Diagnostic::new(Code::SameName, names.deployment_span.clone(), message).help(help)
        });
        // Environments of one base have its pool in common, and are on servers of their own.
        let own_place = place(specs[number], |names| &names.pool_span);
        let elsewhere = |other: &&usize| place(specs[**other], |names| &names.pool_span) != own_place;
        let same_pool = same_pool.filter(|same| same_name != Some(same));
        let same_pool: Vec<usize> = same_pool.into_iter().flatten().filter(elsewhere).copied().collect();
        let pool = (!same_pool.is_empty()).then(|| {
            let places = places(specs, &same_pool, |names| &names.pool_span);
            let runs = if same_pool.len() == 1 { "runs" } else { "run" };
            let message = format!("{places} {runs} in the same application pool, {:?}", &*names.pool);
            let help = "give each deployment on one server its own pool (`applicationPool.name`); a worker \
                process can run only one Kallithea";
            Diagnostic::new(Code::SamePool, names.pool_span.clone(), message).help(help)
        });
        name.into_iter().chain(pool).collect()
    });
    shared.collect()
}

fn grouped<K: Eq + Hash>(specs: &[(&Source, &Names)], key: impl Fn(&Names) -> K) -> HashMap<K, Vec<usize>> {
    let mut groups: HashMap<K, Vec<usize>> = HashMap::new();
    for (number, (_, names)) in specs.iter().enumerate() {
        groups.entry(key(names)).or_default().push(number);
    }
    groups
}

/// The others of a group, if this one is its first.
fn others(group: &[usize], own: usize) -> Option<&[usize]> {
    group
        .split_first()
        .filter(|(first, others)| **first == own && !others.is_empty())
        .map(|(_, others)| others)
}

/// Where the specs of a group say it.
fn places(specs: &[(&Source, &Names)], group: &[usize], span: impl Fn(&Names) -> &Span) -> String {
    let places: Vec<String> = group.iter().map(|number| place(specs[*number], &span)).collect();
    places.join(" and ")
}

fn place((source, names): (&Source, &Names), span: impl Fn(&Names) -> &Span) -> String {
    source.line_of(span(names).start)
}

/// What an argument names, which may contain `*`.
fn expanded(argument: &Path) -> Vec<Named> {
    match files::matching(argument) {
        Ok(found) => found.iter().flat_map(|path| below(path)).collect(),
        Err(error) => vec![Named { path: argument.to_path_buf(), trouble: Some(error.to_string()) }],
    }
}

/// What a path names.
fn below(argument: &Path) -> Vec<Named> {
    if !argument.is_dir() {
        return vec![Named { path: argument.to_path_buf(), trouble: None }];
    }
    let is_left_out = |name: &str| name.starts_with('.') || OUTPUTS.contains(&name);
    let trouble = match files::find(argument, FILE, &is_left_out) {
        Err(error) => error.to_string(),
        Ok(found) if found.is_empty() => {
            let other = files::find(argument, "deploy.yml", &is_left_out).unwrap_or_default();
            let help = match other.first() {
                Some(other) => format!("rename {} to {FILE}, or name it", other.display()),
                None => "name a spec, or run `kallithea-iisc init` to make one".to_owned(),
            };
            format!("{}: no {FILE} in this folder or below; {help}", argument.display())
        }
        Ok(found) => return found.into_iter().map(|path| Named { path, trouble: None }).collect(),
    };
    vec![Named { path: argument.to_path_buf(), trouble: Some(trouble) }]
}
