//! Paths on the server: absolute Windows paths, and none that IIS would serve by mistake.

use super::{Rule, refusal};
use crate::check::context::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::iis::names;
use crate::lower;
use crate::spec::Spec;

pub(super) const RULES: &[Rule] = &[bad_path, bad_virtual_directory, public_folder, writable_program];

/// Paths of a spec: where each stands, what it says, and whether IIS itself expands `%SystemDrive%` in it.
fn paths(spec: &Spec) -> Vec<(&'static str, &str, bool)> {
    let mut paths = vec![
        ("/kallithea/distribution", spec.kallithea.distribution.as_str(), false),
        ("/kallithea/repositories", spec.kallithea.repositories.as_str(), false),
        ("/python/home", spec.python.home.as_str(), false),
    ];
    let optional = [
        ("/kallithea/ini", &spec.kallithea.ini, false),
        ("/python/virtualEnvironment", &spec.python.virtual_environment, false),
        ("/site/physicalPath", &spec.site.physical_path, true),
        ("/virtualDirectory/physicalPath", &spec.virtual_directory.physical_path, false),
        ("/bridge/directory", &spec.bridge.directory, false),
        ("/bridge/log/file", &spec.bridge.log.file, false),
    ];
    paths.extend(
        optional
            .into_iter()
            .filter_map(|(pointer, path, expanded)| Some((pointer, path.as_deref()?, expanded))),
    );
    if let Some(folder) = spec.farm.as_ref().and_then(|farm| farm.front.physical_path.as_deref()) {
        paths.push(("/farm/front/physicalPath", folder, true));
    }
    if let Some(tracing) = &spec.failed_request_tracing {
        paths.push(("/failedRequestTracing/directory", &tracing.directory, true));
    }
    paths
}

fn bad_path(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    for (pointer, path, expanded) in paths(context.spec) {
        if path.is_empty() && !context.written(pointer) {
            continue;
        }
        if let Some((what, help)) = fault(path, expanded).or_else(|| rootless(pointer, path)) {
            let message = format!("`{path}` {what}");
            problems.push(Diagnostic::new(Code::BadPath, context.span(pointer), message).help(help));
        }
    }
}

/// What is wrong with a file that lies in a drive's root: the account of the pool gets rights on a file's folder, and others
/// lose theirs.
fn rootless(pointer: &str, path: &str) -> Option<(&'static str, &'static str)> {
    let is_file = matches!(pointer, "/kallithea/ini" | "/bridge/log/file");
    let is_in_root = path.get(1..3) == Some(":\\") && !path[3..].contains('\\');
    (is_file && is_in_root).then_some((
        "lies in the root of its drive",
        "give it a folder, on which the pool can be given rights",
    ))
}

/// What is wrong with a path, and what to do. The rules are Windows' own ("Naming Files, Paths, and
/// Namespaces"); `%` is refused besides, since IIS and Python would expand it differently.
fn fault(path: &str, expanded: bool) -> Option<(&'static str, &'static str)> {
    let path = if expanded {
        path.strip_prefix("%SystemDrive%")
            .map_or(path, |rest| if rest.starts_with('\\') { rest } else { path })
    } else {
        path
    };
    let bytes = path.as_bytes();
    let drive = bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    let rest = if drive { &path[2..] } else { path };
    if rest.contains('/') {
        return Some(("is not a Windows path", "write backslashes, such as C:\\inetpub\\kallithea"));
    }
    if rest.contains('%') {
        return Some(("holds a `%`, which not every reader of the path expands", "write the path out"));
    }
    let rooted = if drive {
        rest.starts_with('\\')
    } else {
        rest.starts_with("\\\\") || (expanded && rest.starts_with('\\'))
    };
    if !rooted {
        return Some((
            "is not an absolute path",
            "begin with a drive or a share, such as C:\\inetpub\\kallithea or \\\\server\\share",
        ));
    }
    if rest.contains(|found: char| found.is_control() || "<>:\"|?*".contains(found)) {
        return Some((
            "holds a character that no Windows path can have",
            "take out < > : \" | ? * and control characters",
        ));
    }
    let mut parts = rest.trim_start_matches('\\').split('\\');
    if parts.any(|part| part == "." || part == "..") {
        return Some(("goes through `.` or `..`", "write the path out"));
    }
    let odd = |part: &str| part.ends_with(['.', ' ']) || part.starts_with(' ');
    if rest.split('\\').any(odd) {
        return Some((
            "has a part that begins or ends with a space or ends with a dot",
            "Windows drops those: take them out",
        ));
    }
    (rest.trim_start_matches('\\').contains("\\\\"))
        .then_some(("has an empty part", "take out the doubled backslash"))
}

fn bad_virtual_directory(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let path = context.spec.virtual_directory.path.as_str();
    let why = match names::virtual_path(path) {
        Err(why) => refusal(why),
        Ok(()) if path.contains(['%', '#']) => "it holds `%` or `#`, which no URL holds as it is".to_owned(),
        Ok(()) => return,
    };
    let help = if path.starts_with('/') {
        "use letters, digits, `-`, `_` and `.` between single slashes, such as /kallithea".to_owned()
    } else {
        format!("write `/{path}`")
    };
    let message = format!("`{path}` cannot be a virtual directory: {why}");
    problems.push(
        Diagnostic::new(Code::BadVirtualDirectory, context.span("/virtualDirectory/path"), message)
            .help(help),
    );
}

/// What IIS must not hand out, and Kallithea's worker process must not be able to change.
fn program(spec: &Spec) -> Vec<(&'static str, String)> {
    vec![
        ("Kallithea's distribution", spec.kallithea.distribution.clone()),
        ("the ini file", lower::ini(spec)),
        ("the bridge", lower::bridge_directory(spec)),
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
    private.push(("the bridge's log", lower::log_file(spec)));
    let public = [
        (
            "/virtualDirectory/physicalPath",
            lower::physical_path(spec),
            "give the virtual directory a folder of its own, or leave `physicalPath` out",
        ),
        (
            "/site/physicalPath",
            lower::root_folder(spec).unwrap_or_default(),
            "give the site an empty folder with `site.physicalPath`, or put Kallithea elsewhere",
        ),
    ];
    for (pointer, folder, help) in public {
        if let Some(first) = held(&private, &folder) {
            let message = format!("`{folder}` is a folder that IIS serves, and it holds {first}");
            problems.push(Diagnostic::new(Code::PublicFolder, context.span(pointer), message).help(help));
        }
    }
}

/// The runbook lets the pool's account write into the folder of the repositories and into that of the log, with all that
/// is in them.
fn writable_program(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let spec = context.spec;
    let mut kept = program(spec);
    kept.push(("the folder that IIS serves", lower::physical_path(spec)));
    let log = lower::log_file(spec);
    let log_folder = log.rsplit_once('\\').map_or("", |(folder, _)| folder);
    // Of a drive, `C:` is whatever folder somebody stands in.
    let log_folder = if log_folder.ends_with(':') { &log[..=log_folder.len()] } else { log_folder };
    let written = [
        (
            "/kallithea/repositories",
            spec.kallithea.repositories.as_str(),
            r"give the repositories a folder of their own, such as D:\repositories",
        ),
        (
            "/bridge/log/file",
            log_folder,
            r"give the log a folder of its own, such as C:\inetpub\kallithea\logs",
        ),
    ];
    for (pointer, folder, help) in written {
        if let Some(first) = held(&kept, folder) {
            let message = format!("Kallithea may change all that is in `{folder}`, and it holds {first}");
            problems.push(Diagnostic::new(Code::WritableProgram, context.span(pointer), message).help(help));
        }
    }
}

/// The first of these things that lies in a folder. A folder that is no path has a diagnostic of its own.
fn held(things: &[(&'static str, String)], folder: &str) -> Option<&'static str> {
    let is_path = fault(folder, true).is_none();
    things.iter().find(|(_, path)| is_path && is_below(path, folder)).map(|(what, _)| *what)
}

/// Whether a path is a folder, or lies in it. Windows is on `C:` as good as always.
fn is_below(path: &str, folder: &str) -> bool {
    let plain = |text: &str| {
        format!("{}\\", text.to_lowercase().replace("%systemdrive%", "c:").trim_end_matches('\\'))
    };
    !path.is_empty() && plain(path).starts_with(&plain(folder))
}
