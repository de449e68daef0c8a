//! Paths on the server: absolute Windows paths, and none that IIS would serve by mistake.

use iis_config::names;
use iis_config::names::is_device;
use iis_config::paths::{has_short_name, is_within};

use super::{Rule, refusal};
use crate::check::context::Context;
use crate::defaults;
use crate::diagnostic::{Code, Diagnostic};
use crate::kallithea;
use crate::spec::{Pointer, Spec, pointer};

pub(super) const RULES: &[Rule] = &[bad_path, bad_virtual_directory, public_folder, writable_program];

/// Paths of a spec: where each stands, what it says, and whether IIS itself expands `%SystemDrive%` in it.
fn paths(spec: &Spec) -> Vec<(Pointer, &str, bool)> {
    let mut paths = vec![
        (pointer!(kallithea.distribution), spec.kallithea.distribution.as_str(), false),
        (pointer!(kallithea.repositories), spec.kallithea.repositories.as_str(), false),
        (pointer!(python.home), spec.python.home.as_str(), false),
    ];
    let optional = [
        (pointer!(kallithea.ini), &spec.kallithea.ini, false),
        (pointer!(python.virtual_environment), &spec.python.virtual_environment, false),
        (pointer!(site.physical_path), &spec.site.physical_path, true),
        (pointer!(virtual_directory.physical_path), &spec.virtual_directory.physical_path, false),
        (pointer!(bridge.directory), &spec.bridge.directory, false),
        (pointer!(bridge.log.file), &spec.bridge.log.file, false),
    ];
    paths.extend(
        optional
            .into_iter()
            .filter_map(|(pointer, path, expanded)| Some((pointer, path.as_deref()?, expanded))),
    );
    if let Some(folder) = spec.farm.as_ref().and_then(|farm| farm.front.physical_path.as_deref()) {
        paths.push((pointer!(farm?.front.physical_path), folder, true));
    }
    if let Some(tracing) = &spec.failed_request_tracing {
        paths.push((pointer!(failed_request_tracing?.directory), &tracing.directory, true));
    }
    paths
}

fn bad_path(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    for (pointer, path, expanded) in paths(context.spec) {
        if path.is_empty() && !context.written(&pointer) {
            continue;
        }
        let of_its_own =
            || rootless(&pointer, path).or_else(|| kallithea::unfit_path(context.spec, &pointer, path));
        if let Some((what, help)) = fault(path, expanded).or_else(of_its_own) {
            let message = format!("`{path}` {what}");
            problems.push(Diagnostic::new(Code::BadPath, context.span(&pointer), message).help(help));
        }
    }
}

/// What is wrong with a file that lies in a drive's root: the account of the pool gets rights on a file's folder, and others
/// lose theirs.
fn rootless(pointer: &Pointer, path: &str) -> Option<(&'static str, &'static str)> {
    let is_file = [pointer!(kallithea.ini), pointer!(bridge.log.file)].contains(pointer);
    let is_in_root = path.get(1..3) == Some(":\\") && !path[3..].contains('\\');
    (is_file && is_in_root).then_some((
        "is in the root of its drive",
        "put it into a folder, so that the pool can be granted rights on that folder",
    ))
}

/// What is wrong with a path, and what to do. The rules are Windows' own ("Naming Files, Paths, and
/// Namespaces"); `%` is refused besides, since IIS and Python would expand it differently.
fn fault(path: &str, expanded: bool) -> Option<(&'static str, &'static str)> {
    let system_drive = path.strip_prefix("%SystemDrive%").filter(|rest| expanded && rest.starts_with('\\'));
    let bytes = path.as_bytes();
    let has_letter = bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    let drive = system_drive.or_else(|| path.get(2..).filter(|_| has_letter));
    let rest = drive.unwrap_or(path);
    if rest.contains('/') {
        return Some(("is not a Windows path", "write backslashes, such as C:\\inetpub\\kallithea"));
    }
    if rest.contains('%') {
        return Some((
            "contains a `%`, and not every reader of the path expands variables",
            "write the full path",
        ));
    }
    if !rest.starts_with(if drive.is_some() { "\\" } else { "\\\\" }) {
        return Some((
            "is not an absolute path",
            "begin it with a drive or a share, such as C:\\inetpub\\kallithea or \\\\server\\share",
        ));
    }
    if rest.contains(|found: char| found.is_control() || "<>:\"|?*".contains(found)) {
        return Some((
            "contains a character that Windows does not allow in a path",
            "remove < > : \" | ? * and control characters",
        ));
    }
    rest.split('\\').find_map(fault_of_part).or_else(|| fault_of_root(rest, drive.is_some()))
}

/// What is wrong with a folder's or a file's name within a path.
fn fault_of_part(part: &str) -> Option<(&'static str, &'static str)> {
    if part == "." || part == ".." {
        return Some(("contains `.` or `..`", "write the full path"));
    }
    if part.ends_with(['.', ' ']) || part.starts_with(' ') {
        return Some((
            "has a part that begins or ends with a space or ends with a dot",
            "remove them; Windows drops them",
        ));
    }
    if is_device(part) {
        return Some(("has a part that Windows reserves for a device", "rename the folder or the file"));
    }
    has_short_name(part).then_some((
        "contains a short (8.3) name, which hides the folder that is meant",
        "write the long name; `dir /x` shows both",
    ))
}

/// What is wrong with the backslashes of a path: one behind a drive, two before a server, one between any two parts.
fn fault_of_root(rest: &str, on_drive: bool) -> Option<(&'static str, &'static str)> {
    let names = rest.trim_start_matches('\\');
    let begun = rest.len() - names.len();
    if begun > if on_drive { 1 } else { 2 } || names.contains("\\\\") {
        return Some((
            "contains a doubled backslash",
            "write each backslash once; YAML needs two only inside double quotes",
        ));
    }
    let has_share = names.split('\\').filter(|part| !part.is_empty()).count() > 1;
    (!on_drive && !has_share).then_some(("names a server but no share", "add the share: \\\\server\\share"))
}

fn bad_virtual_directory(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let path = context.spec.virtual_directory.path.as_str();
    let why = match names::virtual_path(path) {
        Err(why) => refusal(why),
        Ok(()) if path.contains(['%', '#']) => {
            "it contains `%` or `#`, which have another meaning in a URL".to_owned()
        }
        Ok(()) => return,
    };
    let help = if path.starts_with('/') {
        "use letters, digits, `-`, `_` and `.` between single slashes, such as /kallithea".to_owned()
    } else {
        format!("write `/{path}`")
    };
    let message = format!("`{path}` cannot be a virtual directory: {why}");
    problems.push(
        Diagnostic::new(Code::BadVirtualDirectory, context.span(pointer!(virtual_directory.path)), message)
            .help(help),
    );
}

/// What IIS must not hand out, and Kallithea's worker process must not be able to change.
fn program(spec: &Spec) -> Vec<(&'static str, String)> {
    vec![
        ("Kallithea's distribution", spec.kallithea.distribution.clone()),
        ("the ini file", defaults::ini(spec)),
        ("the bridge", defaults::bridge_directory(spec)),
        ("Python", spec.python.home.clone()),
        ("the virtual environment", spec.python.virtual_environment.clone().unwrap_or_default()),
    ]
}

/// A folder that IIS serves must hold none of Kallithea's but the web.config: were the handler mapping ever missing, IIS
/// would hand out whatever else is in it. The root folder of a site it serves all the time.
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

/// The runbook lets the pool's account write into the folder of the repositories and into that of the log, with all that
/// is in them.
fn writable_program(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let spec = context.spec;
    let mut kept = program(spec);
    kept.push(("the folder that IIS serves", defaults::physical_path(spec)));
    let log = defaults::log_file(spec);
    let log_folder = log.rsplit_once('\\').map_or("", |(folder, _)| folder);
    // Of a drive, `C:` is the current folder.
    let log_folder = if log_folder.ends_with(':') { &log[..=log_folder.len()] } else { log_folder };
    let written = [
        (
            pointer!(kallithea.repositories),
            spec.kallithea.repositories.as_str(),
            r"give the repositories a folder of their own, such as D:\repositories",
        ),
        (
            pointer!(bridge.log.file),
            log_folder,
            r"give the log a folder of its own, such as C:\inetpub\kallithea\logs",
        ),
    ];
    for (pointer, folder, help) in written {
        if let Some(first) = held(&kept, folder) {
            let message = format!("Kallithea may change everything in `{folder}`, and it contains {first}");
            problems.push(Diagnostic::new(Code::WritableProgram, context.span(pointer), message).help(help));
        }
    }
}

/// The first of these things that lies in a folder. A folder that is not a path has a diagnostic of its own.
fn held(things: &[(&'static str, String)], folder: &str) -> Option<&'static str> {
    let is_path = fault(folder, true).is_none();
    things.iter().find(|(_, path)| is_path && is_within(path, folder)).map(|(what, _)| *what)
}
