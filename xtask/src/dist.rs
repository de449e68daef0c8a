//! `cargo xtask dist`: everything that a release consists of, in `target/dist`.
//!
//! In: the checkout at its last commit. Out: for Windows an archive, an MSI and the manifests of winget and Scoop; for Linux an
//! archive; bills of materials and SHA256SUMS. Everything is packed as if at the time of the commit, so the same programs give the
//! same bytes. Absent: signatures, and any upload.

mod archive;
mod check;
mod contents;
mod dependencies;
mod licences;
mod linters;
mod manifests;
mod materials;
mod msi;
mod release;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::command::command;
use crate::lane::cargo;
use crate::rust;
use crate::workshop::{Result, Workshop, announced, fresh_folder, make_folder};

pub use check::run as check;
use release::Release;

/// The target of the release for Linux.
pub const LINUX: &str = "x86_64-unknown-linux-gnu";

/// The target of the release for Windows.
pub const WINDOWS: &str = rust::WINDOWS;

/// The programs of a release, and of `cargo install`.
const PROGRAMS: [&str; 2] = ["isapi-host", "kallithea-iisc"];

/// The folder of the release.
const DIST: &str = "target/dist";

/// Where the programs are that are packed, and what makes the texts that they print.
struct Programs {
    /// A folder with those for Linux.
    linux: PathBuf,
    /// A folder with those for Windows.
    windows: PathBuf,
}

/// Builds the programs, and packs them.
pub fn run(workshop: &Workshop, repository: Option<&str>) -> Result<bool> {
    let release = Release::of_checkout(workshop, repository)?;
    rust::setup(workshop)?;
    msi::install_tools(workshop)?;
    let programs = build(workshop)?;
    let folder = workshop.root().join(DIST);
    announced("Archives, MSI, manifests, bills of materials", || {
        pack(workshop, &release, &programs, &folder)
    })?;
    for (name, bytes) in files_of(&folder)? {
        println!("{DIST}/{name}  {} bytes", bytes.len());
    }
    if let Some(notice) = release.placeholder() {
        println!("{notice}");
    }
    Ok(true)
}

/// Builds the programs for both systems, without symbols and without paths of this machine.
fn build(workshop: &Workshop) -> Result<Programs> {
    let target = workshop.root().join("target");
    let build =
        ["build", "--quiet", "--locked", "--package", "kallithea-iisc", "--bins", "--profile", "dist"];
    let mut for_linux = cargo(workshop, &build);
    for_linux.args(["--target", LINUX]);
    let mut for_windows = rust::cargo_for_windows(&build);
    for_windows.current_dir(workshop.root());
    for (name, mut cargo) in [("Linux", for_linux), ("Windows", for_windows)] {
        cargo.env("RUSTFLAGS", remapped(workshop.root())).arg("--target-dir").arg(&target);
        announced(&format!("The programs for {name}"), || workshop.log().run(&mut cargo))?;
    }
    let of = |triple: &str| target.join(triple).join("dist");
    Ok(Programs { linux: of(LINUX), windows: of(WINDOWS) })
}

/// The flags that give the sources the same paths on every machine, for the messages of a panic.
fn remapped(root: &Path) -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cargo = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    format!(
        "--remap-path-prefix={}=/cargo --remap-path-prefix={}=/kallithea-iisc",
        cargo.display(),
        root.display()
    )
}

/// Writes everything that a release consists of into a folder, which is replaced.
fn pack(workshop: &Workshop, release: &Release, programs: &Programs, folder: &Path) -> Result<()> {
    fresh_folder(folder)?;
    let linux = contents::gather(workshop, release, programs, LINUX)?;
    let windows = contents::gather(workshop, release, programs, WINDOWS)?;
    for (triple, contents) in [(LINUX, &linux), (WINDOWS, &windows)] {
        let materials = contents::bytes(contents, contents::MATERIALS)?;
        put(folder, &release.file(triple, ".cdx.json"), materials)?;
    }
    put(folder, &release.file(LINUX, ".tar.gz"), &archive::tar(release, LINUX, &linux)?)?;
    let zip = archive::zip(release, WINDOWS, &windows)?;
    put(folder, &release.file(WINDOWS, ".zip"), &zip)?;
    let product = msi::Product::of(release, &windows);
    let msi = msi::make(workshop, release, &product, &windows)?;
    put(folder, &release.msi(), &msi)?;
    for (path, text) in manifests::of(release, &product, &hash(&zip), &hash(&msi)) {
        put(folder, &path, text.as_bytes())?;
    }
    let beside = files_of(folder)?.into_iter().filter(|(name, _)| !name.contains('/'));
    let sums: String = beside.map(|(name, bytes)| format!("{}  {name}\n", hash(&bytes))).collect();
    put(folder, "SHA256SUMS", sums.as_bytes())
}

/// Writes a file of the release.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    make_folder(path.parent().unwrap_or(folder))?;
    std::fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// The SHA-256 of a file, as `sha256sum` prints it.
fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All files in a folder and below it, by their paths with `/`, sorted.
fn files_of(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        let trouble = |error: std::io::Error| format!("{}: {error}", next.display());
        for entry in std::fs::read_dir(&next).map_err(trouble)? {
            let path = entry.map_err(trouble)?.path();
            if path.is_dir() {
                left.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).map_err(trouble)?;
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            found.push((name, bytes));
        }
    }
    found.sort();
    Ok(found)
}

/// What a program prints to standard output; the rest goes into the error if it fails.
fn answer(mut asked: std::process::Command) -> Result<String> {
    let name = format!("{asked:?}");
    let output = asked.output().map_err(|error| format!("cannot run {name}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{name}: {error}"))
}

/// What git says about the checkout.
fn git(workshop: &Workshop, arguments: &[&str]) -> Result<String> {
    // In a container, the checkout may belong to another user.
    let mut git = command("git", ["-c", "safe.directory=*"]);
    git.args(arguments).current_dir(workshop.root()).env("TZ", "UTC");
    answer(git)
}
