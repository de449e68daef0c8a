//! The layers of the project: which crate and which module of the compiler may need which, and no cycles between files.
//!
//! In: the sources and manifests. Out: every dependency on a higher layer. Absent: what each part is for, which
//! `docs/architecture.md` says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::support;

/// The compiler's modules. A module needs only those of earlier lines, and none of its own line. A part of a module has
/// its own line if others that the module needs, or that need the module, need it.
pub const LAYERS: [&[&str]; 12] = [
    &["kallithea/facts"],
    &["bridge", "characters", "hash", "manifest", "parallel", "source", "spec", "trace"],
    &["defaults", "diagnostic", "escape", "model", "schema"],
    &["files", "findings", "ini", "lint", "node", "serve", "template"],
    &["check/context", "deployed", "tree", "yaml/scalar"],
    &["kallithea"],
    &["check", "probe", "toolchain"],
    &["yaml"],
    &["emit", "lower", "show"],
    &["binaries", "init", "merge", "route"],
    &["dsc", "import", "lsp", "verify"],
    &["cli"],
];

/// The crates, and which crates of the workspace each one may need.
const CRATES: [(&str, &[&str]); 11] = [
    ("crates/iis-config", &[]),
    ("crates/bridge/isapi", &[]),
    ("crates/bridge/loader", &["kallithea-bridge-isapi"]),
    ("crates/bridge/engine", &["kallithea-bridge-isapi"]),
    ("crates/bridge/tests", &["kallithea-bridge-isapi"]),
    ("crates/isapi-host", &["kallithea-bridge-isapi"]),
    ("crates/isapi-host/misbehaving", &[]),
    (".", &["iis-config", "isapi-host", "kallithea-bridge-isapi"]),
    ("benches/driver", &["isapi-host"]),
    ("benches/null", &[]),
    ("xtask", &[]),
];

/// Files that need each other because they are parts of one thing.
const HALVES: [(&str, &[&[&str]]); 5] = [
    (
        "src",
        &[
            &["merge/locate", "merge/mark", "merge/ownership", "merge/pools", "merge/served"],
            &["import/draft", "import/server", "import/version"],
        ],
    ),
    (
        "crates/iis-config/src",
        &[&[
            "schema",
            "tables",
            "tables/application_pools",
            "tables/authentication",
            "tables/handlers",
            "tables/request_filtering",
            "tables/request_routing",
            "tables/server",
            "tables/sites",
            "tables/static_files",
            "tables/tracing",
            "tables/url_rewrite",
        ]],
    ),
    (
        "crates/isapi-host/src",
        &[
            &["blocks", "callbacks", "exchange", "support", "table", "trace", "vector"],
            &["abilities", "habits", "protocol"],
            &["outcome", "response"],
            &["load", "play"],
        ],
    ),
    (
        "crates/bridge/isapi/src",
        &[&[
            "abi",
            "abi/accounts",
            "abi/pieces",
            "abi/server",
            "abi/session",
            "abi/tracing",
            "account",
            "client",
            "fallback",
            "log",
            "log/writer",
            "trace_channel",
        ]],
    ),
    (
        "crates/bridge/engine/src",
        &[&[
            "admission",
            "crew",
            "exchange",
            "post",
            "python",
            "python/application",
            "python/body",
            "python/environ",
            "python/input",
            "python/interrupt",
            "python/response",
            "python/start",
            "startup",
            "watch",
        ]],
    ),
];

/// A file without its extension, as its place among the modules.
pub type Module = Vec<String>;

/// Which files need which.
pub type Arrows = BTreeMap<Module, BTreeSet<Module>>;

/// The line of a file in [`LAYERS`], and the module, or the part of one, that it belongs to there.
fn layer(file: &Module) -> Option<(usize, &'static str)> {
    let lines = LAYERS.iter().enumerate();
    let all = lines.flat_map(|(line, modules)| modules.iter().map(move |module| (line, *module)));
    let around = all.filter(|(_, module)| {
        file.join("/")
            .split_at_checked(module.len())
            .is_some_and(|(begin, rest)| begin == *module && (rest.is_empty() || rest.starts_with('/')))
    });
    around.max_by_key(|(_, module)| module.len())
}

#[test]
fn no_module_of_the_compiler_needs_one_above_it() {
    let mut wrong = Vec::new();
    for (file, needed) in arrows(Path::new("src")) {
        let (below, own) = layer(&file).unwrap_or_else(|| panic!("{} is in no layer", file.join("/")));
        for other in &needed {
            let is_above = |(line, module)| module != own && line >= below;
            if layer(other).is_none_or(is_above) {
                wrong.push(format!("src/{} needs {}", file.join("/"), other.join("/")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_crate_needs_one_that_it_must_not_know() {
    let own =
        |name: &str| ["iis-config", "isapi-host", "kallithea-"].iter().any(|begin| name.starts_with(begin));
    let members: Vec<String> = members().into_iter().chain([".".to_owned()]).collect();
    assert!(members.iter().all(|member| CRATES.iter().any(|(folder, _)| folder == member)), "{members:?}");
    for (folder, allowed) in CRATES {
        let manifest = fs::read_to_string(Path::new(folder).join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("a manifest is TOML");
        let needed =
            manifest.get("dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        let needed: Vec<&String> = needed.keys().filter(|name| own(name)).collect();
        assert_eq!(needed, allowed, "{folder}");
    }
}

/// The packages of the workspace, as folders.
pub fn members() -> Vec<String> {
    let manifest: toml::Table =
        fs::read_to_string("Cargo.toml").expect("the manifest").parse().expect("a manifest is TOML");
    let members = manifest["workspace"]["members"].as_array().expect("the members").iter();
    members.filter_map(toml::Value::as_str).map(str::to_owned).collect()
}

/// The library about IIS is useful to other tools, so it mentions nothing else.
#[test]
fn the_library_about_iis_names_no_application() {
    let other = Regex::new(r"(?i)kallithea|deploy\.yaml|\bclap\b|\bspecs?\b").expect("a pattern");
    for (module, text) in sources(Path::new("crates/iis-config/src")) {
        let found = text.lines().find(|line| other.is_match(line));
        assert_eq!(found, None, "crates/iis-config/src/{}", module.join("/"));
    }
}

/// One module opens files, so that its guarantees hold for all of them. `toolchain` finds this machine's Rust, and
/// creates folders for cargo inside the one that the module has checked.
#[test]
fn only_the_file_module_opens_files() {
    let opens = Regex::new(r"\bfs::|\bstd::fs\b|\bFile::(?:open|create)|\bOpenOptions\b|\brustix\b")
        .expect("a pattern");
    let sources = sources(Path::new("src"));
    let opening =
        sources.iter().filter(|(_, text)| opens.is_match(text)).map(|(module, _)| module[0].as_str());
    assert_eq!(opening.collect::<BTreeSet<&str>>(), BTreeSet::from(["files", "toolchain"]));
}

/// A file and the files of its folder are one thing; all other files that need each other are listed.
#[test]
fn there_are_no_circles_of_files_but_those_that_are_named() {
    for (folder, named) in HALVES.into_iter().chain([("crates/bridge/loader/src", &[] as &[&[&str]])]) {
        let found: BTreeSet<Vec<String>> = circles(&without_parents(arrows(Path::new(folder))));
        let named: BTreeSet<Vec<String>> =
            named.iter().map(|files| files.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(found, named, "{folder}");
    }
}

#[test]
fn a_circle_is_found() {
    let module = |name: &str| vec![name.to_owned()];
    let arrows: Arrows = [("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")]
        .into_iter()
        .map(|(from, to)| (module(from), BTreeSet::from([module(to)])))
        .collect();
    assert_eq!(circles(&arrows), BTreeSet::from([vec!["b".to_owned(), "c".to_owned()]]));
    assert_eq!(expanded("crate::{a::{B, C as D}, e}"), ["crate::a::B", "crate::a::C", "crate::e"]);
}

/// The Rust files below a folder, without comments and test modules.
pub fn sources(folder: &Path) -> BTreeMap<Module, String> {
    static COMMENT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^\s*//.*$| // .*$").expect("a pattern"));
    let read = |(path, file): (String, PathBuf)| {
        let text = fs::read_to_string(file).expect("a source");
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let place = path.strip_suffix(".rs").unwrap_or(&path);
        (place.split('/').map(str::to_owned).collect(), COMMENT.replace_all(text, "").into_owned())
    };
    let paths = support::paths_below(folder).into_iter().filter(|(path, _)| path.ends_with(".rs"));
    let mut found: BTreeMap<Module, String> = paths.map(read).collect();
    found.retain(|module, _| !["lib", "main", "bin"].contains(&module[0].as_str()));
    assert!(found.len() > 2, "{}: nothing was read", folder.display());
    found
}

/// Which files of a folder need which, by their paths and their `use` lines.
pub fn arrows(folder: &Path) -> Arrows {
    static USE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?use ([^;]+);").expect("a pattern"));
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(?:crate|super|self)(?:::\w+)+").expect("a pattern"));
    static PART: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?mod (\w+);").expect("a pattern"));
    let sources = sources(folder);
    let mut arrows = Arrows::new();
    for (module, text) in &sources {
        let parts: BTreeSet<&str> =
            PART.captures_iter(text).filter_map(|found| Some(found.get(1)?.as_str())).collect();
        let mut paths: Vec<String> = USE.captures_iter(text).flat_map(|found| expanded(&found[1])).collect();
        paths.extend(PATH.find_iter(text).map(|found| found.as_str().to_owned()));
        paths.extend(
            parts
                .iter()
                .filter(|part| text.contains(&format!("{part}::")))
                .map(|part| format!("self::{part}")),
        );
        let needed = paths.iter().filter_map(|path| target(&sources, module, &parts, path));
        arrows.entry(module.clone()).or_default().extend(needed.filter(|other| other != module));
    }
    arrows
}

/// A `use` with braces as paths without them.
fn expanded(text: &str) -> Vec<String> {
    let Some((before, inner)) = text.trim().split_once('{') else {
        let path = text.trim().split(" as ").next().unwrap_or_default();
        return if path.is_empty() { Vec::new() } else { vec![path.to_owned()] };
    };
    let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for character in inner.chars() {
        depth += i32::from(character == '{') - i32::from(character == '}');
        match (character, depth) {
            (',', 0) => parts.push(String::new()),
            _ => parts.last_mut().expect("there is one").push(character),
        }
    }
    parts.iter().flat_map(|part| expanded(part)).map(|path| format!("{before}{path}")).collect()
}

/// The file that a path leads to, if it is one of these.
fn target(
    sources: &BTreeMap<Module, String>,
    own: &Module,
    parts: &BTreeSet<&str>,
    path: &str,
) -> Option<Module> {
    let mut steps: Vec<&str> = path.split("::").collect();
    let mut place: Module = match steps[0] {
        "crate" => Vec::new(),
        "self" | "super" => own.clone(),
        first if parts.contains(first) => own.clone(),
        _ => return None,
    };
    while let Some(step) = steps.first().filter(|step| ["crate", "self", "super"].contains(*step)) {
        if *step == "super" {
            place.pop();
        }
        steps.remove(0);
    }
    place.extend(steps.into_iter().map(str::to_owned));
    (1..=place.len()).rev().map(|length| place[..length].to_vec()).find(|file| sources.contains_key(file))
}

/// The dependencies without those of a part of a module on the module.
fn without_parents(mut arrows: Arrows) -> Arrows {
    for (file, needed) in &mut arrows {
        needed.retain(|other| !file.starts_with(other));
    }
    arrows
}

/// The files that can be reached from themselves; files that reach each other are grouped.
fn circles(arrows: &Arrows) -> BTreeSet<Vec<String>> {
    let reached = |from: &Module| {
        let (mut found, mut left) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(file) = left.pop() {
            for other in arrows.get(&file).into_iter().flatten() {
                if found.insert(other.clone()) {
                    left.push(other.clone());
                }
            }
        }
        found
    };
    let all: BTreeMap<&Module, BTreeSet<Module>> = arrows.keys().map(|file| (file, reached(file))).collect();
    let circle = |file: &Module| {
        let both = all[file].iter().filter(|other| all.get(other).is_some_and(|back| back.contains(file)));
        both.map(|other| other.join("/")).collect::<Vec<String>>()
    };
    arrows.keys().map(circle).filter(|circle| circle.len() > 1).collect()
}
