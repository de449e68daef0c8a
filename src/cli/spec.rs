//! A spec's file read, checked and compiled, with its problems shown.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::Trouble;
use super::output::Output;
use crate::check::{Checked, check_bytes};
use crate::emit::{emit, refused_by_iis};
use crate::lower::lower;
use crate::model::Deployment;
use crate::source::{MAX_BYTES, Source};
use crate::tree::Tree;

/// A spec that compiled.
pub struct Compiled {
    /// The model.
    pub deployment: Deployment,
    /// The outputs.
    pub tree: Tree,
}

/// What standard output is for, where results are JSON and the spec is sound.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The diagnostics: there is no other result.
    Diagnostics,
    /// A result of the command's own; warnings then go to standard error as text.
    Other,
}

/// Compiles a spec and shows its problems; `None` where it has errors.
pub fn compile(path: &Path, answer: Answer, output: &mut Output) -> Result<Option<Compiled>, Trouble> {
    let (source, checked) = read_and_check(path)?;
    if checked.spec.is_some() && answer == Answer::Other {
        output.explain_problems(&source, &checked.diagnostics);
    } else {
        output.diagnostics(&[(&source, &checked.diagnostics)])?;
    }
    let Some(spec) = checked.spec else { return Ok(None) };
    let deployment = lower(&spec, &source);
    let tree = emit(&deployment);
    let refused = refused_by_iis(&deployment, &tree);
    if !refused.is_empty() {
        let list = refused.join("\n  ");
        return Err(format!(
            "IIS would refuse what was compiled, which is a mistake of this compiler:\n  {list}"
        )
        .into());
    }
    Ok(Some(Compiled { deployment, tree }))
}

/// Reads and checks a spec.
pub fn read_and_check(path: &Path) -> Result<(Source, Checked), Trouble> {
    let name = path.display().to_string();
    let bytes = read(path).map_err(|error| format!("{name}: {error}"))?;
    Ok(check_bytes(&name, bytes))
}

/// Reads a file, but never much more than a spec may have.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
