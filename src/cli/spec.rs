//! Reads, checks and compiles a spec's file, and keeps its problems for the caller to show.

use std::io::{self, Read};
use std::path::Path;

use super::commands;
use super::output::Output;
use super::{Outcome, Trouble};
use crate::check::{Checked, Opened, Sound, check_file, place_of};
use crate::diagnostic::Diagnostic;
use crate::emit::{emit, refused_by_iis};
use crate::files;
use crate::lower::lower;
use crate::model::Deployment;
use crate::node::{MAX_BYTES, Node};
use crate::source::{Source, Span};
use crate::spec::{PoolName, pointer};
use crate::tree::Tree;

/// A spec that compiled.
pub(super) struct Compiled {
    /// The model.
    pub deployment: Deployment,
    /// The outputs.
    pub tree: Tree,
}

/// What is wrong with a spec, and what was made from it.
pub(super) struct Report<T> {
    /// The spec's text and name; without text if it could not be read.
    pub source: Source,
    /// Its problems, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
    /// The name of the deployment and of its application pool; `None` if the spec has errors.
    pub names: Option<Names>,
    /// What was made from it; `None` if it has errors.
    pub result: Result<Option<T>, Trouble>,
}

/// What two deployments on one server must not have in common, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// The deployment's name.
    pub deployment: String,
    /// Its place.
    pub deployment_span: Span,
    /// The application pool's name.
    pub pool: PoolName,
    /// Its place.
    pub pool_span: Span,
}

impl Names {
    fn of(spec: &Sound, root: &Node) -> Self {
        Self {
            deployment: spec.name.clone(),
            deployment_span: place_of(root, &pointer!(name)),
            pool: spec.read().pool_name.clone(),
            pool_span: place_of(root, &pointer!(application_pool.name)),
        }
    }
}

impl<T> Report<T> {
    /// The report on a spec that could not be checked.
    pub(super) fn trouble(path: &Path, trouble: Trouble) -> Self {
        Self {
            source: Source::new(path.display().to_string(), ""),
            diagnostics: Vec::new(),
            names: None,
            result: Err(trouble),
        }
    }

    /// Begins the spec's result, with its problems.
    pub(super) fn begin(&self, output: &mut Output) {
        output.about(&self.source.name);
        output.diagnostics(&self.source, &self.diagnostics);
    }

    /// How it ended, if what was made from the spec is fine; trouble is reported.
    pub(super) fn outcome(&self, output: &mut Output) -> Outcome {
        match &self.result {
            Ok(Some(_)) => Outcome::Fine,
            Ok(None) => Outcome::Found,
            Err(trouble) => {
                output.trouble(&trouble.to_string());
                Outcome::Trouble
            }
        }
    }

    fn and_then<U>(self, next: impl FnOnce(T, &Source) -> Result<U, Trouble>) -> Report<U> {
        let result = self.result.and_then(|made| made.map(|made| next(made, &self.source)).transpose());
        Report { source: self.source, diagnostics: self.diagnostics, names: self.names, result }
    }
}

/// Compiles a spec in a file for a command about one, and begins its result. If the spec has errors, `None` is returned.
pub(super) fn compile(path: &Path, output: &mut Output) -> Result<Option<Compiled>, Trouble> {
    in_a_file(path)?;
    compile_or_read(path, output)
}

/// The same of a spec that may come on standard input.
pub(super) fn compile_or_read(path: &Path, output: &mut Output) -> Result<Option<Compiled>, Trouble> {
    let report = compile_and(path, Ok);
    report.begin(output);
    report.result
}

/// Reads and checks a spec, with the files that it extends.
pub(super) fn check(path: &Path) -> Report<Sound> {
    read(path).and_then(|(spec, _), _| Ok(spec))
}

/// Reads and checks a spec; what is made is the spec with the tree that it was read from.
pub(super) fn read(path: &Path) -> Report<(Sound, Node)> {
    match open_spec(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Report::trouble(path, missing(path).into()),
        Err(error) => Report::trouble(path, error.into()),
        Ok((name, file)) => {
            let (source, Checked { spec, root, diagnostics }) = check_file(&name, file, &opened_base);
            let made = spec.zip(root);
            let names = made.as_ref().map(|(spec, root)| Names::of(spec, root));
            Report { source, diagnostics, names, result: Ok(made) }
        }
    }
}

/// The argument that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Whether an argument stands for standard input.
pub(super) fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}

/// Refuses a spec on standard input, for a command whose answer names the spec's file, or that reads something else there.
pub(super) fn in_a_file(path: &Path) -> Result<(), Trouble> {
    match is_standard_input(path) {
        true => Err("this does not work with standard input: write the spec to a file, and name that".into()),
        false => Ok(()),
    }
}

/// Opens a spec. What a spec on standard input extends is searched for from the working directory.
fn open_spec(path: &Path) -> io::Result<(String, Opened)> {
    let name = "standard input";
    if !is_standard_input(path) {
        return Ok((path.display().to_string(), open(path)?));
    }
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok((name.to_owned(), Opened { bytes, real: files::real(Path::new(".")).join(name) }))
}

/// What to do about a spec that is not there: another file that may be meant, or how one is made.
fn missing(path: &Path) -> String {
    let other = if path.extension().is_some_and(|ending| ending == "yml") { "yaml" } else { "yml" };
    let (shown, other) = (path.display(), path.with_extension(other));
    if path.extension().is_some() && other.is_file() {
        return format!("{shown}: there is no such file; name {}, which exists", other.display());
    }
    let out = commands::word(path).unwrap_or_else(|| "FILE".to_owned());
    format!("{shown}: there is no such file; to make a spec, run `kallithea-iisc init --out {out}`")
}

/// Opens a file that a spec extends.
pub(super) fn opened_base(path: &Path) -> Result<Opened, String> {
    open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    })
}

fn open(path: &Path) -> io::Result<Opened> {
    Ok(Opened { bytes: files::read_at_most(path, MAX_BYTES + 1)?, real: files::real(path) })
}

/// Compiles a spec, and passes it to the next step.
pub(super) fn compile_and<T>(path: &Path, next: impl FnOnce(Compiled) -> Result<T, Trouble>) -> Report<T> {
    check(path).and_then(|spec, source| next(emitted(&spec, source)?))
}

fn emitted(spec: &Sound, source: &Source) -> Result<Compiled, Trouble> {
    let deployment = lower(spec, source);
    let tree = emit(&deployment);
    let refused = refused_by_iis(&deployment, &tree);
    if refused.is_empty() {
        return Ok(Compiled { deployment, tree });
    }
    let list = refused.join("\n  ");
    Err(format!(
        "{}: IIS would refuse the compiled files; report this as an error of kallithea-iisc:\n  {list}",
        source.name
    )
    .into())
}
