//! `cargo xtask demo`: runs the main job on an example, from the spec to both DLLs, and shows the result.
//!
//! In: `examples/intranet-sso`. Out: `target/demo/intranet-sso`, shown. Absent: the test machines; no Python is needed.

use std::path::Path;

use crate::command::command;
use crate::rust;
use crate::workshop::{Result, Workshop, announced, fresh_folder};

/// The example, and where its output goes.
const SPEC: &str = "examples/intranet-sso/deploy.yaml";
const OUT: &str = "target/demo/intranet-sso";

/// How many lines of web.config are shown.
const HEAD: usize = 40;

/// Builds the example and shows it.
pub fn run(workshop: &Workshop) -> Result<bool> {
    println!("Setting up (once; logs in {})", workshop.log().path().display());
    rust::setup(workshop)?;
    announced("The compiler, in release", || {
        let mut cargo = command("cargo", ["build", "--release", "--quiet", "--bin", "kallithea-iisc"]);
        workshop.log().run(cargo.current_dir(workshop.root()))
    })?;
    let out = workshop.root().join(OUT);
    fresh_folder(out.parent().unwrap_or(&out))?;
    println!("\n$ kallithea-iisc build {SPEC} --out {OUT}");
    let mut cargo = command("cargo", ["run", "--release", "--quiet", "--bin", "kallithea-iisc", "--"]);
    let status = cargo.args(["build", SPEC, "--out", OUT]).current_dir(workshop.root()).status();
    let status = status.map_err(|error| format!("cannot run cargo: {error}"))?;
    if !status.success() {
        return Err(format!("kallithea-iisc ended with {status}"));
    }
    println!("\n{OUT}");
    show_tree(&out, 1)?;
    show_head(&out.join("web.config"))?;
    for entry in sorted(&out.join("bin"))? {
        show_exports(&entry)?;
    }
    Ok(true)
}

/// Shows a folder's files with their sizes, without those that cargo leaves behind.
fn show_tree(folder: &Path, depth: usize) -> Result<()> {
    for path in sorted(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            println!("{:indent$}{name}/", "", indent = depth * 2);
            if name != "target" {
                show_tree(&path, depth + 1)?;
            }
        } else {
            let size = path.metadata().map_or(0, |metadata| metadata.len());
            println!("{:indent$}{name:<width$}{size:>10}", "", indent = depth * 2, width = 46 - depth * 2);
        }
    }
    Ok(())
}

fn show_head(file: &Path) -> Result<()> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    println!("\nweb.config begins:");
    for line in text.lines().take(HEAD) {
        println!("  {line}");
    }
    Ok(())
}

/// Shows the names that a DLL exports, as MinGW's objdump lists them.
fn show_exports(library: &Path) -> Result<()> {
    let output = command("x86_64-w64-mingw32-objdump", ["-p"]).arg(library).output();
    let output = output.map_err(|error| format!("cannot run x86_64-w64-mingw32-objdump: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("\n{} exports:", library.file_name().unwrap_or_default().to_string_lossy());
    for name in exports(&text) {
        println!("  {name}");
    }
    Ok(())
}

/// The names in objdump's table of exports. Its lines have the form `[   0] +base[   1]  0000 Name`.
fn exports(listing: &str) -> impl Iterator<Item = &str> {
    let table = listing.lines().skip_while(|line| !line.contains("[Ordinal/Name Pointer] Table"));
    let entries = table.skip(1).take_while(|line| line.trim_start().starts_with('['));
    entries.filter_map(|line| line.split_whitespace().last())
}

fn sorted(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let trouble = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(trouble)? {
        paths.push(entry.map_err(trouble)?.path());
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exports_are_read_from_the_listing() {
        let listing = "noise\n[Ordinal/Name Pointer] Table -- Ordinal Base 1\n\t[   0] +base[   1]  0000 GetExtensionVersion\n\
                       \t[   1] +base[   2]  0001 HttpExtensionProc\n\nThe Function Table\n[ 9] not one\n";
        assert_eq!(exports(listing).collect::<Vec<_>>(), ["GetExtensionVersion", "HttpExtensionProc"]);
    }
}
