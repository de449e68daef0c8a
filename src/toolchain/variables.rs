//! cargo's environment: which of this process's environment variables it sees, and the flags that make its output
//! the same everywhere.
//!
//! In: a toolchain and the folders of one build. Out: a cargo command with everything except its arguments. Absent: running
//! it. What the user set for other builds (`RUSTFLAGS`, a target, a wrapper, a profile) and what cargo and rustup set for
//! their children must not reach this build; proxies, mirrors and the download cache must. Settings in the folders above the
//! workspace are ignored, since other users may put them there: every user may create a folder `.cargo` in `C:\` and in
//! `/tmp`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment::cargo_home;
use super::{Flavour, StandardLibrary, Toolchain};

/// The folders of one build.
pub(super) struct Folders<'a> {
    /// The generated workspace.
    pub(super) workspace: &'a Path,
    /// Where cargo keeps what it compiled.
    pub(super) target: &'a Path,
    /// Where rustc's startup objects are, for the target that needs them.
    pub(super) startup: Option<&'a Path>,
}

/// A cargo command in the workspace, without arguments yet.
pub(super) fn cargo(toolchain: &Toolchain, folders: &Folders<'_>) -> Command {
    let mut command = without_foreign_settings(&toolchain.cargo, toolchain.target.is_windows());
    command
        .current_dir(folders.workspace)
        .env("RUSTC", &toolchain.rustc)
        // cargo looks for settings in each folder above, up to this one; its own tests rely on it (cargo's
        // `cargo_util::paths`).
        .env("__CARGO_TEST_ROOT", real(folders.workspace))
        .env("CARGO_ENCODED_RUSTFLAGS", flags(toolchain, folders).join(OsStr::new("\u{1f}")))
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "never");
    if let Some(linker) = &toolchain.linker {
        let triple = toolchain.target.triple.to_uppercase().replace('-', "_");
        command.env(format!("CARGO_TARGET_{triple}_LINKER"), linker);
    }
    if toolchain.target.is_windows() {
        command.env("PYO3_NO_PYTHON", "1"); // no Python of this machine has a say in what the server's looks like
    }
    if matches!(toolchain.standard_library, StandardLibrary::FromSource(_)) {
        command.env("RUSTC_BOOTSTRAP", "1"); // a stable cargo compiles the standard library only when told so
    }
    command
}

/// A folder's path as cargo finds it: on Unix with links resolved.
fn real(folder: &Path) -> PathBuf {
    let found = cfg!(unix).then(|| fs::canonicalize(folder).ok()).flatten();
    found.unwrap_or_else(|| folder.to_owned())
}

/// A command that does not see the settings for other builds.
pub(super) fn without_foreign_settings(program: &Path, for_windows: bool) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if !passes(&name.to_string_lossy().to_uppercase(), for_windows) {
            command.env_remove(name);
        }
    }
    command
}

/// Whether cargo may see a variable of this process.
pub(super) fn passes(name: &str, for_windows: bool) -> bool {
    const KEPT: [&str; 8] = [
        "CARGO_HOME",
        "CARGO_NET_",
        "CARGO_HTTP_",
        "CARGO_REGISTRY_",
        "CARGO_REGISTRIES_",
        "CARGO_SOURCE_",
        "CARGO_BUILD_JOBS",
        "RUSTUP_HOME",
    ];
    let of_a_build = ["CARGO", "__CARGO", "RUST"].iter().any(|prefix| name.starts_with(prefix));
    let of_a_python = name.starts_with("PYO3_") && for_windows;
    !of_a_python && (!of_a_build || KEPT.iter().any(|kept| name.starts_with(kept)))
}

fn flags(toolchain: &Toolchain, folders: &Folders<'_>) -> Vec<OsString> {
    let mut flags = Vec::new();
    for (path, name) in renamed_paths(toolchain, folders) {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(path);
        flag.push("=");
        flag.push(name);
        flags.push(flag);
    }
    let linking: &[&str] = match toolchain.target.flavour {
        Flavour::Gnu => &["-Clink-arg=-Wl,--no-insert-timestamp"],
        // Static, so that the server needs no runtime library beside the DLL.
        Flavour::GnuLlvm => &["-Clink-arg=-Wl,--no-insert-timestamp", "-Ctarget-feature=+crt-static"],
        Flavour::Msvc => &["-Clink-arg=/Brepro", "-Ctarget-feature=+crt-static"],
        Flavour::Host => &[],
    };
    flags.extend(linking.iter().map(OsString::from));
    if let Some(startup) = folders.startup {
        let mut flag = OsString::from("-Lnative=");
        flag.push(startup);
        flags.push(flag);
    }
    flags
}

/// The folders of this machine that rustc would write into panic messages, and what replaces them; the deeper
/// folders are last, since rustc uses the last match.
fn renamed_paths(toolchain: &Toolchain, folders: &Folders<'_>) -> Vec<(PathBuf, &'static str)> {
    let source = toolchain.sysroot.join("lib").join("rustlib").join("src").join("rust");
    let mut paths = vec![(source, "/rust")];
    if let Some(home) = cargo_home() {
        // Each registry has one folder in it, named after the mirror if one is used.
        let registries = fs::read_dir(home.join("registry").join("src")).into_iter().flatten().flatten();
        paths.extend(registries.map(|registry| (registry.path(), "/crates")));
        paths.push((home, "/cargo"));
    }
    paths.push((folders.workspace.to_owned(), "/bridge"));
    paths.push((folders.target.to_owned(), "/target"));
    let real = paths.iter().filter(|_| cfg!(unix)).filter_map(|(path, name)| {
        let real = fs::canonicalize(path).ok().filter(|real| real != path)?;
        Some((real, *name))
    });
    let mut all: Vec<_> = real.chain(paths.iter().cloned()).collect();
    all.sort_by_key(|(path, _)| path.components().count());
    all
}
