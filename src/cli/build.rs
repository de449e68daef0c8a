//! `build`: specs compiled into a folder each, several at once, and then one bridge after the other.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::output::Output;
use super::progress::Line;
use super::spec::Compiled;
use super::specs::Specs;
use super::{BuildArguments, Outcome, Trouble, folder_beside, spec};
use crate::emit::{ENGINE_PACKAGE, LOADER_PACKAGE, engine_file_name};
use crate::files::{self, Missing};
use crate::hash::sha256;
use crate::manifest::{DISPATCH_DLL, MANIFEST, with_binaries, without_binaries};
use crate::model::Deployment;
use crate::toolchain::{self, Artifacts, FindError, Machine, Placement, PythonImport, Staged, Toolchain};
use crate::tree::{self, BINARIES, Tree, Written};

/// What was written of a spec, and what the bridge is built from where it is.
struct Built {
    folder: PathBuf,
    written: Written,
    compiled: Option<Compiled>,
}

pub(super) fn run(arguments: &BuildArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let specs = Specs::named(&arguments.specs.spec);
    specs.each_beside("--out", arguments.out.as_ref())?;
    let specs = specs.each_its_folder();
    let reports = specs.map(|path| {
        let folder = folder_beside(path, arguments.out.as_ref());
        spec::compile_and(path, |compiled| write(compiled, folder, arguments))
    });
    if output.json() {
        spec::show_all(&reports, output)?;
    }
    let mut outcomes = Vec::new();
    for mut report in reports {
        if !output.json() {
            output.explain_problems(&report.source, &report.diagnostics);
        }
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

fn write(compiled: Compiled, folder: PathBuf, arguments: &BuildArguments) -> Result<Built, Trouble> {
    let written = tree::write(&compiled.tree, &folder, arguments.force);
    let written = written.map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(Built { folder, written, compiled: (!arguments.no_dll).then_some(compiled) })
}

/// Says what was written, and builds the bridge.
fn finish(
    arguments: &BuildArguments,
    built: &Built,
    specs: &Specs,
    output: &mut Output,
) -> Result<(), Trouble> {
    let Built { folder, written, compiled } = built;
    let Written { files, changed, removed } = written;
    output.say(&format!("{}: {files} files, {changed} new or changed, {removed} removed", folder.display()));
    if let Some(compiled) = compiled {
        build_bridge(arguments, compiled, folder, output)?;
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
) -> Result<(), Trouble> {
    let everything_else = || format!("everything else is in {}", folder.display());
    let toolchain = find(arguments, &compiled.deployment, output)
        .map_err(|error| format!("the bridge was not built, {}: {error}", everything_else()))?;
    let (cache, _alone) = lock(&cache_directory()?)?;
    let workspace = cache.join("dispatch");
    lay_down(&compiled.tree, &workspace)?;
    let line = Line::begin(output);
    let built = toolchain::build(&toolchain, &workspace, &cache.join("build"), &mut |step| line.show(step));
    line.end();
    let artifacts =
        built.map_err(|error| format!("the bridge was not built, {}: {error}", everything_else()))?;
    let staged = stage(&artifacts, compiled, folder, &toolchain)?;
    for library in &staged {
        let name = library.path.file_name().unwrap_or_default().to_string_lossy();
        output.say(&format!(
            "{BINARIES}/{name}: {} KB, {}",
            library.size.div_ceil(1000),
            toolchain.target.triple
        ));
    }
    Ok(())
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

/// Puts the libraries into the folder that this run has written, and their hashes into its manifest.
fn stage(
    artifacts: &Artifacts,
    compiled: &Compiled,
    folder: &Path,
    toolchain: &Toolchain,
) -> Result<Vec<Staged>, Trouble> {
    // The loader knows the engine by this name, so a shared object to try things with has it, too.
    let engine = engine_file_name(&compiled.deployment);
    let placements = [
        Placement { package: LOADER_PACKAGE, file_name: DISPATCH_DLL, python: PythonImport::None },
        Placement { package: ENGINE_PACKAGE, file_name: &engine, python: PythonImport::Stable },
    ];
    let _turn = tree::turn_at(folder)?;
    let wanted = compiled.tree.get(MANIFEST).unwrap_or_default();
    let there = fs::read_to_string(folder.join(MANIFEST)).unwrap_or_default();
    if without_binaries(&there.replace("\r\n", "\n")) != wanted {
        let folder = folder.display();
        return Err(format!(
            "{folder}: another run has written this folder; it does not contain the bridge yet, so run this \
             again"
        )
        .into());
    }
    let staged = toolchain::stage(artifacts, &toolchain.target, &placements, &folder.join(BINARIES))
        .map_err(|error| error.to_string())?;
    record(&staged, wanted, folder)?;
    Ok(staged)
}

/// Adds the binaries' hashes to the manifest.
fn record(staged: &[Staged], manifest: &str, folder: &Path) -> Result<(), Trouble> {
    let mut binaries = Map::new();
    for library in staged {
        let name = library.path.file_name().unwrap_or_default().to_string_lossy();
        let hash = sha256(&fs::read(&library.path)?);
        binaries.insert(format!("{BINARIES}/{name}"), Value::from(hash));
    }
    binaries.sort_keys();
    let manifest = with_binaries(manifest, binaries).ok_or("the manifest is not valid JSON")?;
    Ok(files::put(&folder.join(MANIFEST), manifest.as_bytes(), Missing::Refused)?)
}

/// Where cargo's own files go, shared by all deployments of a user so that the second build is quick:
/// `KALLITHEA_IISC_CACHE`, or a folder of ours in the system's folder for such files.
fn cache_directory() -> Result<PathBuf, Trouble> {
    let from = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let ours = "kallithea-iisc";
    from("KALLITHEA_IISC_CACHE")
        .or_else(|| from("LOCALAPPDATA").map(|folder| folder.join(ours)))
        .or_else(|| from("XDG_CACHE_HOME").map(|folder| folder.join(ours)))
        .or_else(|| from("HOME").map(|folder| folder.join(".cache").join(ours)))
        .ok_or_else(|| "there is no folder for cargo's files; set KALLITHEA_IISC_CACHE".into())
}

/// Puts the bridge's sources where cargo always finds them, whatever the output folder. The standard library and
/// the crates that it is built from are then compiled once, for all deployments; what did not change keeps its time.
fn lay_down(tree: &Tree, workspace: &Path) -> Result<(), Trouble> {
    for (path, text) in tree.iter().filter_map(|(path, text)| Some((path.strip_prefix("dispatch/")?, text))) {
        let place = workspace.join(path);
        if !fs::read_to_string(&place).is_ok_and(|there| there == text) {
            files::put(&place, text.as_bytes(), Missing::MadePrivate)?;
        }
    }
    Ok(())
}

/// Keeps two builds from taking each other's libraries, which have the same names in cargo's folder. cargo runs what it finds
/// there, so that the folder is this user's alone.
fn lock(cache: &Path) -> Result<(PathBuf, File), Trouble> {
    let folder = files::private_folder(cache)?;
    // From here on by the folder's own path: a link to it may lead elsewhere later.
    let cache = folder.path().to_owned();
    let place = cache.join("lock");
    let about = |error| files::named(error, &place);
    let file = folder.lock_file(OsStr::new("lock")).map_err(about)?;
    file.lock().map_err(about)?;
    Ok((cache, file))
}
