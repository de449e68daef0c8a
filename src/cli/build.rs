//! `build`: compiles each spec into its own folder, several at once, and then builds one bridge after the other.

use std::fmt;
use std::path::{Path, PathBuf};

use super::answer::{Built, BuiltLibrary, Data};
use super::output::Output;
use super::progress::Line;
use super::spec::Compiled;
use super::specs::Specs;
use super::{BuildArguments, Outcome, Trouble, folder_beside, spec};
use crate::binaries;
use crate::manifest::OURS;
use crate::model::Deployment;
use crate::toolchain::{self, FindError, Machine, Toolchain, Workshop};
use crate::tree::{self, Written};

/// What was written for a spec, and what to build the bridge from, if it is built.
struct Outputs {
    folder: PathBuf,
    written: Written,
    compiled: Option<Compiled>,
}

pub(super) fn run(arguments: &BuildArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let specs = Specs::named(&arguments.specs.spec);
    specs.each_a_file()?;
    specs.each_beside("--out", arguments.out.as_ref())?;
    let specs = specs.each_its_folder();
    let reports = specs.map(|path| {
        let folder = folder_beside(path, arguments.out.as_ref());
        spec::compile_and(path, |compiled| write(compiled, folder, arguments))
    });
    let mut outcomes = Vec::new();
    for mut report in reports {
        report.begin(output);
        if let Ok(Some(built)) = &report.result
            && let Err(trouble) = finish(arguments, built, &specs, output)
        {
            report.result = Err(trouble);
        }
        if matches!(report.result, Ok(None)) && !specs.is_one {
            output.say(&format!("{}: not built", report.source.name));
        }
        outcomes.push(report.outcome(output));
    }
    Ok(specs.conclude(&outcomes, ["built", "with errors"], output))
}

fn write(compiled: Compiled, folder: PathBuf, arguments: &BuildArguments) -> Result<Outputs, Trouble> {
    let written = tree::write(&compiled.tree, &folder, arguments.force);
    let written = written.map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(Outputs { folder, written, compiled: (!arguments.no_dll).then_some(compiled) })
}

/// Reports what was written, and builds the bridge.
fn finish(
    arguments: &BuildArguments,
    built: &Outputs,
    specs: &Specs,
    output: &mut Output,
) -> Result<(), Trouble> {
    let Outputs { folder, written, compiled } = built;
    let Written { files, changed, removed, replaced, made_by } = written;
    output.say(&format!("{}: {files} files, {changed} new or changed, {removed} removed", folder.display()));
    if let Some(theirs) = made_by {
        output.say(&format!("{}: these replace outputs made by {theirs}; this is {OURS}", folder.display()));
    }
    if let Some(name) = replaced {
        let folder = folder.display();
        output.say(&format!(
            "{folder}: these replace the outputs of the deployment `{name}`; build it into another folder"
        ));
    }
    let bridge = compiled.as_ref().map(|compiled| build_bridge(arguments, compiled, folder, output));
    let (libraries, trouble) = match bridge.transpose() {
        Ok(libraries) => (libraries.unwrap_or_default(), None),
        Err(trouble) => (Vec::new(), Some(trouble)),
    };
    output.result(Data::Build(Built {
        folder: folder.display().to_string(),
        files: *files,
        changed: *changed,
        removed: *removed,
        replaced: replaced.clone(),
        made_by: made_by.clone(),
        libraries,
    }));
    if let Some(trouble) = trouble {
        return Err(trouble);
    }
    if specs.is_one {
        output.say(&format!("next: {}", folder.join("RUNBOOK.md").display()));
    }
    Ok(())
}

fn build_bridge(
    arguments: &BuildArguments,
    compiled: &Compiled,
    folder: &Path,
    output: &mut Output,
) -> Result<Vec<BuiltLibrary>, Trouble> {
    let not_built = |error: &dyn fmt::Display| {
        format!("the bridge was not built, everything else is in {}: {error}", folder.display())
    };
    let toolchain = find(arguments, &compiled.deployment, output).map_err(|error| not_built(&error))?;
    let workshop = Workshop::open(binaries::workspace(&compiled.tree))?;
    let line = Line::begin(output);
    let built = workshop.build(&toolchain, &mut |step| line.show(step));
    line.end();
    let artifacts = built.map_err(|error| not_built(&error))?;
    let compiled = (&compiled.deployment, &compiled.tree);
    let mut libraries = Vec::new();
    for library in binaries::put(&artifacts, compiled, folder, &toolchain.target)? {
        let (path, size) = (binaries::shown(&library), library.size);
        let target = toolchain.target.triple.to_string();
        output.say(&format!("{path}: {} KB, {target}", size.div_ceil(1000)));
        libraries.push(BuiltLibrary { path, size, target });
    }
    Ok(libraries)
}

fn find(
    arguments: &BuildArguments,
    deployment: &Deployment,
    output: &mut Output,
) -> Result<Toolchain, FindError> {
    let found = toolchain::find(deployment.target.architecture, arguments.rust_target.as_deref(), &Machine);
    let search = match &found {
        Ok(found) => Some(&found.search),
        Err(FindError::NotFound(not_found)) => Some(&not_found.search),
        Err(FindError::WrongArchitecture { .. }) => None,
    };
    search
        .into_iter()
        .flat_map(|search| &search.tried)
        .for_each(|attempt| output.explain(&attempt.to_string()));
    let toolchain = found?.toolchain;
    output.explain(&format!("building with {toolchain}"));
    Ok(toolchain)
}
