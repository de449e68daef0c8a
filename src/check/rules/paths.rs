//! Paths on the server: what each folder may contain, so that IIS serves nothing by mistake. The type of a path checks
//! whether a text is a path at all.

use iis_config::names;

use super::Rule;
use crate::check::context::Context;
use crate::defaults;
use crate::diagnostic::{Code, Diagnostic};
use crate::kallithea::facts;
use crate::spec::{Pointer, Spec, WindowsPath, pointer};
use crate::yaml::scalar;

pub(super) const RULES: &[Rule] =
    &[file_in_root, wrong_kind, bad_virtual_directory, no_program, public_folder, writable_program];

/// The pool's account gets rights on a file's folder, and other accounts lose theirs.
fn file_in_root(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let spec = context.spec;
    for (pointer, file) in
        [(pointer!(kallithea.ini), &spec.kallithea.ini), (pointer!(bridge.log.file), &spec.bridge.log.file)]
    {
        let Some(file) = file.as_ref().filter(|file| file.is_in_root()) else { continue };
        if is_folder(context, &pointer, file) {
            continue;
        }
        let message = format!("`{file}` is in the root of its drive");
        problems.push(
            Diagnostic::new(Code::BadPath, context.span(pointer), message)
                .help("put it into a folder, so that the pool can be granted rights on that folder"),
        );
    }
}

/// Whether the path of a file is that of a folder: it ends as one, or other keys have something in it.
fn is_folder(context: &Context<'_>, pointer: &Pointer, file: &WindowsPath) -> bool {
    let spec = context.spec;
    let others = [&spec.kallithea.distribution, &spec.kallithea.repositories, &spec.python.home];
    context.text(pointer).is_some_and(|text| text.ends_with('\\'))
        || others.iter().any(|other| other.is_within(file))
}

/// What the names of files end with that people name in place of their folders.
const FILES: [&str; 10] = [".exe", ".dll", ".ini", ".py", ".config", ".log", ".bat", ".cmd", ".ps1", ".yaml"];

/// A key that takes a folder names a file in it, or the other way round.
fn wrong_kind(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let spec = context.spec;
    let folders = [
        (pointer!(kallithea.distribution), Some(&spec.kallithea.distribution)),
        (pointer!(kallithea.repositories), Some(&spec.kallithea.repositories)),
        (pointer!(python.home), Some(&spec.python.home)),
        (pointer!(python.virtual_environment), spec.python.virtual_environment.as_ref()),
        (pointer!(site.physical_path), spec.site.physical_path.as_ref()),
        (pointer!(virtual_directory.physical_path), spec.virtual_directory.physical_path.as_ref()),
        (pointer!(bridge.directory), spec.bridge.directory.as_ref()),
    ];
    for (pointer, path) in folders {
        let Some(path) = path else { continue };
        let mut folder = path.clone();
        let name = |path: &WindowsPath| path.rsplit('\\').next().unwrap_or_default().to_lowercase();
        let is_file = FILES.iter().any(|ending| name(path).ends_with(ending));
        if is_file {
            folder = folder.folder();
        }
        // Both a Python and a virtual environment have their programs there.
        let is_scripts = pointer.as_ref().starts_with("/python/") && name(&folder) == "scripts";
        if is_scripts {
            folder = folder.folder();
        }
        if folder == *path {
            continue;
        }
        let key = pointer.key();
        let message = match is_file {
            true => format!("`{path}` is a file, and `{key}` is the folder that it belongs to"),
            false => format!("`{path}` has the programs of `{key}`, which is the folder above"),
        };
        problems.push(
            Diagnostic::new(Code::BadPath, context.span(&pointer), message)
                .help(format!("write `{key}: {}`", scalar::text(&folder))),
        );
    }
    let files = [
        (pointer!(kallithea.ini), &spec.kallithea.ini, facts::INI_FILE),
        (pointer!(bridge.log.file), &spec.bridge.log.file, "bridge.log"),
    ];
    for (pointer, file, name) in files {
        let Some(file) = file else { continue };
        if !is_folder(context, &pointer, file) {
            continue;
        }
        let written = context.text(&pointer).unwrap_or_default();
        let (key, whole) = (pointer.key(), file.below(name));
        let message = format!("`{written}` is a folder, and `{key}` is a file");
        problems.push(
            Diagnostic::new(Code::BadPath, context.span(&pointer), message)
                .help(format!("add the name of the file: `{key}: {}`", scalar::text(&whole))),
        );
    }
}

fn bad_virtual_directory(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let path = context.spec.virtual_directory.path.as_str();
    let why = match names::virtual_path(path) {
        Err(why) => why.to_string(),
        Ok(()) if path.contains(['%', '#']) => {
            "it contains `%` or `#`, which have another meaning in a URL".to_owned()
        }
        Ok(()) => return,
    };
    let rest = path.split_once("://").map_or(path, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    let parts: Vec<&str> = rest.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let mended = format!("/{}", parts.join("/"));
    let help = if names::virtual_path(&mended).is_ok() && !mended.contains(['%', '#']) {
        format!("write `path: {}`", scalar::text(&mended))
    } else {
        "use letters, digits, `-`, `_` and `.` between single slashes, such as /kallithea".to_owned()
    };
    let message = format!("`{path}` cannot be a virtual directory: {why}");
    problems.push(
        Diagnostic::new(Code::BadVirtualDirectory, context.span(pointer!(virtual_directory.path)), message)
            .help(help),
    );
}

/// Kallithea starts `git` by that name, so another program in the folder would not do.
fn no_program(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(git) = &context.spec.bridge.git else { return };
    if !git.is_in_root() && git.is_same(&git.folder().below("git.exe")) {
        return;
    }
    let message = format!("`{git}` is not the path of git.exe in a folder");
    problems.push(
        Diagnostic::new(Code::BadPath, context.span(pointer!(bridge.git)), message)
            .help(r"write the whole path, such as C:\Program Files\Git\cmd\git.exe"),
    );
}

/// What IIS must not serve, and what Kallithea's worker process must not be able to change.
fn program(spec: &Spec) -> Vec<(&'static str, WindowsPath)> {
    vec![
        ("Kallithea's distribution", spec.kallithea.distribution.clone()),
        ("the ini file", defaults::ini(spec)),
        ("the bridge", defaults::bridge_directory(spec)),
        ("Python", spec.python.home.clone()),
        ("git", spec.bridge.git.clone().unwrap_or_default()),
        ("the virtual environment", spec.python.virtual_environment.clone().unwrap_or_default()),
    ]
}

/// A folder that IIS serves must contain no file of Kallithea except the web.config. If the handler mapping were ever
/// missing, IIS would serve everything else in it. IIS always serves the root folder of a site.
fn public_folder(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let spec = context.spec;
    let mut private = program(spec);
    private.push(("the repositories", spec.kallithea.repositories.clone()));
    private.push(("the bridge's log", defaults::log_file(spec)));
    let traces = spec.failed_request_tracing.as_ref().map(|tracing| tracing.directory.clone());
    private.push(("the traces of failed requests", traces.unwrap_or_default()));
    let public = [
        (
            pointer!(virtual_directory.physical_path),
            defaults::physical_path(spec),
            "give the virtual directory a folder of its own, or remove `physicalPath`",
        ),
        (
            pointer!(site.physical_path),
            defaults::root_folder(spec).unwrap_or_default(),
            "give the site an empty folder with `site.physicalPath`, or move Kallithea",
        ),
    ];
    for (pointer, folder, help) in public {
        if let Some(first) = held(&private, &folder) {
            let message = format!("IIS serves the folder `{folder}`, and it contains {first}");
            problems.push(Diagnostic::new(Code::PublicFolder, context.span(pointer), message).help(help));
        }
    }
}

/// The runbook lets the pool's account write to the folder of the repositories and to the log's folder, and to
/// everything in them.
fn writable_program(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let spec = context.spec;
    let mut kept = program(spec);
    kept.push(("the folder that IIS serves", defaults::physical_path(spec)));
    let written = [
        (
            pointer!(kallithea.repositories),
            spec.kallithea.repositories.clone(),
            r"give the repositories a folder of their own, such as D:\repositories",
        ),
        (
            pointer!(bridge.log.file),
            defaults::log_file(spec).folder(),
            r"give the log a folder of its own, such as C:\inetpub\kallithea\logs",
        ),
    ];
    for (pointer, folder, help) in written {
        if let Some(first) = held(&kept, &folder) {
            let message = format!("Kallithea may change everything in `{folder}`, and it contains {first}");
            problems.push(Diagnostic::new(Code::WritableProgram, context.span(pointer), message).help(help));
        }
    }
}

/// The first of these items that is in a folder.
fn held(things: &[(&'static str, WindowsPath)], folder: &WindowsPath) -> Option<&'static str> {
    things.iter().find(|(_, path)| path.is_within(folder)).map(|(what, _)| *what)
}
