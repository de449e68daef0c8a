//! What runs the application today, and what this reveals about the folders of Kallithea and Python.

use std::sync::LazyLock;

use iis_config::markup::{Document, Element};
use iis_config::paths::{same, tidy};
use regex::Regex;

use super::draft::{Draft, File, Why};
use super::server::Server;
use crate::kallithea::facts::{self, INI_FILE, LOADER_SCRIPT};
use crate::manifest::DISPATCH_DLL;
use crate::merge::served::physical_path;
use crate::spec::{ArchitectureSpec, pointer};

const HANDLERS: &str = "system.webServer/handlers";

/// `Python313`, `Python39-32`, `python-3.10`: the folder names that Python's installer and users choose.
static PYTHON_FOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)python-?(3)\.?([0-9]{1,2})(-32)?(?:$|[\\.])").expect("a pattern of ours")
});

/// What runs the application.
enum Program {
    /// This project's bridge, in this folder.
    Bridge(String),
    /// pywin32's ISAPI loader, in the folder of `dispatch.py`.
    Loader(String),
    /// A Python process, by its `python.exe`.
    Python(String, &'static str),
    /// Something else, or nothing.
    Other(&'static str),
}

pub(super) fn read(server: &Server<'_, '_>, draft: &mut Draft) {
    let program = program(server);
    draft.blank(pointer!(kallithea.repositories), facts::REPOSITORIES_ARE_IN);
    match &program {
        Program::Bridge(folder) => bridge(folder, server, draft),
        Program::Loader(folder) => {
            draft.spec.kallithea.distribution =
                draft.read(pointer!(kallithea.distribution), folder).unwrap_or_default();
            let words = format!(
                "The folder of the `{DISPATCH_DLL}` and `{LOADER_SCRIPT}` that answer today. `ini` is assumed \
                 to be {INI_FILE} in it."
            );
            draft.remark(pointer!(kallithea.distribution), words);
        }
        Program::Python(_, by) => {
            let words =
                format!("{by} runs the application today; its settings do not name Kallithea's folder.");
            draft.blank(pointer!(kallithea.distribution), words);
        }
        Program::Other(by) => {
            draft.blank(pointer!(kallithea.distribution), format!("{by}: name Kallithea's folder."))
        }
    }
    python(&program, draft);
    fast_cgi(server, draft);
}

/// The first handler mapping for every path shows what runs the application.
fn program(server: &Server<'_, '_>) -> Program {
    let mappings = server.effective().entries(HANDLERS, "", "name");
    let all = |mapping: &&&Element<'_>| {
        let pattern = mapping.value("path").unwrap_or_default();
        pattern.split(',').any(|pattern| matches!(pattern.trim(), "*" | "*.*"))
    };
    for mapping in mappings.iter().filter(all) {
        let modules = mapping.value("modules").unwrap_or_default().to_lowercase();
        let script = mapping.value("scriptProcessor").unwrap_or_default();
        match modules.as_str() {
            "isapimodule" => return isapi(server, script),
            "fastcgimodule" => {
                return interpreter(script.split('|').next().unwrap_or_default(), "FastCGI (wfastcgi)");
            }
            "aspnetcoremodule" | "aspnetcoremodulev2" => {
                return process(server, "aspNetCore", "The ASP.NET Core module");
            }
            "httpplatformhandler" => return process(server, "httpPlatform", "HttpPlatformHandler"),
            _ => {}
        }
    }
    Program::Other("No program answers here today")
}

fn isapi(server: &Server<'_, '_>, script: &str) -> Program {
    let script = tidy(script);
    let Some((folder, file)) = script.rsplit_once('\\') else {
        return Program::Other("An ISAPI extension without a folder answers here today");
    };
    match file.eq_ignore_ascii_case(DISPATCH_DLL) {
        true if server.owner.is_some() => Program::Bridge(folder.to_owned()),
        true => Program::Loader(folder.to_owned()),
        false => Program::Other("An ISAPI extension other than Kallithea's answers here today"),
    }
}

/// The section of the module contains the process.
fn process(server: &Server<'_, '_>, section: &str, by: &'static str) -> Program {
    let path = server.effective().written(&format!("system.webServer/{section}"), "", "processPath");
    interpreter(&path.unwrap_or_default(), by)
}

fn interpreter(path: &str, by: &'static str) -> Program {
    let path = tidy(path.trim_matches('"'));
    let file = path.rsplit('\\').next().unwrap_or_default().to_lowercase();
    match file.starts_with("python") && path.contains('\\') {
        true => Program::Python(path, by),
        false => Program::Other("A program other than Python answers here today"),
    }
}

/// The bridge's folder is `bridge` in the distribution folder, and the virtual directory's is `iis`, unless the spec names
/// others.
fn bridge(folder: &str, server: &Server<'_, '_>, draft: &mut Draft) {
    let folder_of_site = physical_path(server.host, server.application);
    let around = |folder: &str, last: &str| {
        let (around, name) = folder.rsplit_once('\\')?;
        // Nobody keeps Kallithea in the root folder of a drive.
        (name.eq_ignore_ascii_case(last) && !around.ends_with(':')).then(|| around.to_owned())
    };
    let from_site = folder_of_site.and_then(|folder| around(folder, "iis"));
    let from_bridge = around(folder, "bridge");
    let distribution = from_bridge.clone().or(from_site.clone());
    match &distribution {
        Some(distribution) => {
            let words =
                format!("The folder that contains the bridge's; `ini` is assumed to be {INI_FILE} in it.");
            draft.remark(pointer!(kallithea.distribution), words);
            draft.spec.kallithea.distribution =
                draft.read(pointer!(kallithea.distribution), distribution).unwrap_or_default();
        }
        None => draft.blank(
            pointer!(kallithea.distribution),
            "The bridge is in a folder of its own, so this is not known.",
        ),
    }
    let distribution = distribution.unwrap_or_default();
    if from_bridge.is_none_or(|around| !same(&around, &distribution)) {
        draft.spec.bridge.directory = draft.read(pointer!(bridge.directory), folder);
    }
    if from_site.is_some_and(|around| same(&around, &distribution)) {
        draft.spec.virtual_directory.physical_path = None;
        draft.forget(&pointer!(virtual_directory.physical_path));
    }
}

fn python(program: &Program, draft: &mut Draft) {
    let Program::Python(path, _) = program else {
        draft.blank(pointer!(python.home), "The folder of python.exe; no file of IIS names it.");
        draft.blank(pointer!(python.version), "\"3.9\" to \"3.14\", in quotes.");
        return;
    };
    let folder = path.rsplit_once('\\').map_or(path.as_str(), |(folder, _)| folder);
    match folder.rsplit_once('\\') {
        Some((environment, last)) if last.eq_ignore_ascii_case("Scripts") => {
            draft.spec.python.virtual_environment =
                draft.read(pointer!(python.virtual_environment), environment);
            draft.blank(pointer!(python.home), format!("{environment}\\pyvenv.cfg says it, as `home`."));
        }
        _ => draft.spec.python.home = draft.read(pointer!(python.home), folder).unwrap_or_default(),
    }
    match PYTHON_FOLDER.captures(folder) {
        Some(found) => {
            let Ok(version) = format!("{}.{}", &found[1], &found[2]).parse();
            draft.spec.python.version = version;
            draft.remark(pointer!(python.version), "A guess from the folder's name.");
            if found.get(3).is_some() {
                draft.spec.python.architecture = Some(ArchitectureSpec::X86);
                draft.spec.target.architecture = ArchitectureSpec::X86;
            }
        }
        None => draft.blank(
            pointer!(python.version),
            format!("Run `{path} --version` and write what it prints without the third number, in quotes."),
        ),
    }
}

/// The FastCGI application that ran Kallithea stays on the server until the administrator removes it.
fn fast_cgi(server: &Server<'_, '_>, draft: &mut Draft) {
    let scripts = server.effective().entries(HANDLERS, "", "name");
    let scripts: Vec<_> = scripts.iter().filter_map(|mapping| mapping.value("scriptProcessor")).collect();
    let host: &Document<'_> = server.host;
    let known = host.descend(host.root(), &["system.webServer", "fastCgi"]);
    for application in known.into_iter().flat_map(|known| host.named(known, "application")) {
        let path = application.value("fullPath").unwrap_or_default();
        let runs = |script: &&str| {
            let (program, arguments) = script.split_once('|').unwrap_or((script, ""));
            same(program, path) && is_or_none(application, arguments)
        };
        if !path.is_empty() && scripts.iter().any(runs) {
            let what = format!(
                "fastCgi application {path}: the bridge does not use it; remove it when nothing else does"
            );
            draft.leave(Why::Author, File::Host, application.offset, what);
        }
    }
}

fn is_or_none(application: &Element<'_>, arguments: &str) -> bool {
    application.says("arguments", arguments)
        || (arguments.is_empty() && application.value("arguments").is_none())
}
