//! A spec's file read, checked and compiled, with its problems shown.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::Trouble;
use super::output::Output;
use crate::check::{Checked, check};
use crate::diagnostic::{Code, Diagnostic};
use crate::emit::emit;
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

/// Compiles a spec and shows its problems; `None` where it has errors.
pub fn compile(path: &Path, output: &mut Output) -> Result<Option<Compiled>, Trouble> {
    let (source, checked) = read_and_check(path)?;
    let shown = checked.spec.is_none() || !output.json();
    if shown {
        output.diagnostics(&[(&source, &checked.diagnostics)])?;
    }
    Ok(checked.spec.map(|spec| {
        let deployment = lower(&spec, &source);
        let tree = emit(&deployment);
        Compiled { deployment, tree }
    }))
}

/// Reads and checks a spec.
pub fn read_and_check(path: &Path) -> Result<(Source, Checked), Trouble> {
    let name = path.display().to_string();
    let bytes = read(path).map_err(|error| format!("{name}: {error}"))?;
    let refused = |code, at, message: &str, help: &str, text: String| {
        let diagnostics = vec![Diagnostic::new(code, at..at + 1, message).help(help)];
        Ok((Source::new(&name, text), Checked { spec: None, diagnostics }))
    };
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("the file is larger than {} KiB, and no deployment is", MAX_BYTES / 1024);
        return refused(Code::TooLarge, 0, &message, "is it the right file?", String::new());
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return refused(Code::NotText, 0, "the file is UTF-16", "save it as UTF-8", String::new());
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            let source = Source::new(name, text.strip_prefix('\u{feff}').unwrap_or(&text));
            let checked = check(&source);
            Ok((source, checked))
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            refused(Code::NotText, at, "this byte is not UTF-8", "save the file as UTF-8", text)
        }
    }
}

/// Reads a file, but never much more than a spec may have.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
