//! A release of the programs that the tests have built anyway, packed twice, read by others, and installed.
//!
//! In: debug programs of both systems, and the Windows machine. Out: the same files twice, and each of them readable by a program of
//! somebody else's. Absent: Windows itself, winget and Scoop.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{LINUX, PROGRAMS, Programs, Release, WINDOWS, answer, contents, files_of, linters, msi, pack};
use crate::apt;
use crate::command::{Log, command};
use crate::lane::Lane;
use crate::summary::Counts;
use crate::workshop::{Result, Workshop, fresh_folder};
use crate::{rust, wine};

/// The rest of what the check needs.
const TOOLS: [&str; 2] = ["binutils", "python3"];

/// Packs a release, and installs it on the Windows machine, which runs.
pub fn run(lane: &mut Lane<'_>, workshop: &Workshop) {
    lane.suite("a release: twice the same bytes, read by others", |log| packed(workshop, log));
    lane.suite("the workflows, by actionlint, zizmor and GitHub's schemas", |log| {
        linters::workflows(workshop, log)
    });
    lane.suite("the MSI, installed and uninstalled", |log| installed(workshop, log));
}

/// The release of this checkout, committed or not, as of a time that has passed.
fn release() -> Result<Release> {
    Release::at(1_764_000_000, "2025-11-24T16:00:00Z", None)
}

/// Packs the programs twice, and looks at the result.
fn packed(workshop: &Workshop, log: &Log) -> Result<(Counts, String)> {
    msi::install_tools(workshop)?;
    apt::install(workshop.log(), &TOOLS, "The check of a release")?;
    let folder = workshop.machines().join("dist");
    fresh_folder(&folder)?;
    let own =
        std::env::current_exe().map_err(|error| format!("cannot tell where this program is: {error}"))?;
    let (linux, windows) = (own.parent().unwrap_or(Path::new(".")), rust::programs_folder(workshop));
    let programs = Programs {
        linux: stripped(log, linux, &folder.join("linux"), "", "strip")?,
        windows: stripped(log, &windows, &folder.join("windows"), ".exe", "x86_64-w64-mingw32-strip")?,
    };
    let release = release()?;
    let [first, second] = ["first", "second"].map(|name| folder.join(name));
    pack(workshop, &release, &programs, &first)?;
    pack(workshop, &release, &programs, &second)?;
    same(&first, &second)?;
    let read = folder.join("read");
    fresh_folder(&read)?;
    read_archives(log, &release, &first, &read)?;
    read_msi(log, &release, &first, &read)?;
    for triple in [LINUX, WINDOWS] {
        linters::bill(workshop, log, &first.join(release.file(triple, ".cdx.json")))?;
    }
    has_no_path(workshop, &read)?;
    Ok((Counts::one(true), String::new()))
}

/// Copies the programs without their symbols, which are most of a debug program.
fn stripped(log: &Log, from: &Path, to: &Path, end: &str, strip: &str) -> Result<PathBuf> {
    fresh_folder(to)?;
    for name in PROGRAMS.map(|program| format!("{program}{end}")) {
        log.run(command(strip, ["-o"]).arg(to.join(&name)).arg(from.join(&name)))?;
    }
    Ok(to.to_owned())
}

/// Whether two folders have the same files.
fn same(first: &Path, second: &Path) -> Result<()> {
    let (one, other) = (files_of(first)?, files_of(second)?);
    let differ: Vec<_> =
        one.iter().filter(|file| !other.contains(file)).map(|(name, _)| name.as_str()).collect();
    if differ.is_empty() && one.len() == other.len() {
        return Ok(());
    }
    Err(format!("packed twice, these differ: {}", differ.join(", ")))
}

/// Reads both archives and the sums with other programs, and starts the packed program.
fn read_archives(log: &Log, release: &Release, made: &Path, read: &Path) -> Result<()> {
    let at = |program: &str, arguments: &[&str]| -> Command {
        let mut command = command(program, arguments);
        command.current_dir(made);
        command
    };
    log.run(&mut at("sha256sum", &["--check", "--strict", "--quiet", "SHA256SUMS"]))?;
    let unzip = ["-m", "zipfile", "--extract", &release.file(WINDOWS, ".zip")];
    log.run(at("python3", &unzip).arg(read))?;
    log.run(at("tar", &["--extract", "--file", &release.file(LINUX, ".tar.gz"), "--directory"]).arg(read))?;
    let program = read.join(release.file(LINUX, "")).join("kallithea-iisc");
    let says = answer(command(&program, ["--version"]))?;
    if says.trim() != format!("kallithea-iisc {}", release.version) {
        return Err(format!("{} says {says:?}", program.display()));
    }
    Ok(())
}

/// Reads the MSI with other programs: its version, the PATH, and the very program of the zip.
fn read_msi(log: &Log, release: &Release, made: &Path, read: &Path) -> Result<()> {
    let msi = made.join(release.msi());
    let table = |name: &str| {
        let mut msiinfo = command("msiinfo", ["export"]);
        msiinfo.arg(&msi).arg(name);
        answer(msiinfo)
    };
    let version = format!("ProductVersion\t{}", release.version);
    for (name, wanted) in [
        ("Property", &*version),
        ("Environment", "=-*PATH\t[~];[INSTALLFOLDER]"),
        ("InstallExecuteSequence", "WriteEnvironmentStrings"),
        ("Upgrade", msi::UPGRADE),
    ] {
        let has = table(name)?;
        if !has.contains(wanted) {
            return Err(format!("the table {name} of the MSI lacks {wanted}:\n{has}"));
        }
    }
    let installed = read.join("installed");
    log.run(command("msiextract", ["--directory"]).arg(&installed).arg(&msi))?;
    let of_zip = read.join(release.file(WINDOWS, ""));
    for name in ["kallithea-iisc.exe", contents::RESOURCE] {
        let found = files_of(&installed)?.into_iter().find(|(path, _)| path.ends_with(name));
        let (path, bytes) = found.ok_or_else(|| format!("the MSI does not install {name}"))?;
        if !path.contains("kallithea-iisc/") || std::fs::read(of_zip.join(name)).ok().as_ref() != Some(&bytes)
        {
            return Err(format!("the MSI installs another {name} than that of the zip, to {path}"));
        }
    }
    Ok(())
}

/// Installs the MSI on the Windows machine, starts the program by its name alone, and uninstalls it.
fn installed(workshop: &Workshop, log: &Log) -> Result<(Counts, String)> {
    let release = release()?;
    let prefix = wine::folder(workshop);
    let msi = format!("Z:{}", workshop.machines().join("dist/first").join(release.msi()).display());
    let wine = |words: &[&str]| log.output(wine::headless("wine", &prefix).args(words));
    let installed = prefix.join("drive_c/Program Files/kallithea-iisc/kallithea-iisc.exe");
    wine(&["msiexec", "/i", &msi, "/qn"])?;
    let there = installed.is_file();
    let says = wine(&["kallithea-iisc", "--version"]);
    wine(&["msiexec", "/x", &msi, "/qn"])?;
    let says = says?;
    if !there || !says.contains(&release.version) {
        return Err(format!(
            "the MSI does not install the program on the PATH; `kallithea-iisc --version` says {says:?}"
        ));
    }
    if installed.is_file() || wine(&["kallithea-iisc", "--version"]).is_ok() {
        return Err("the program is still there after the MSI was uninstalled".to_owned());
    }
    Ok((Counts::one(true), String::new()))
}

/// Whether no text that was made here names a folder of this machine. (Debug programs do.)
fn has_no_path(workshop: &Workshop, read: &Path) -> Result<()> {
    let root = workshop.root().to_string_lossy().into_owned();
    let home = std::env::var("HOME").unwrap_or_else(|_| root.clone());
    for (path, bytes) in files_of(read)? {
        let inner = path.split_once('/').map_or("", |(_, inner)| inner);
        let made_here = !workshop.root().join(inner).is_file();
        let text = String::from_utf8(bytes).unwrap_or_default();
        if made_here && [&root, &home].iter().any(|folder| text.contains(&format!("{folder}/"))) {
            return Err(format!("{path} names a folder of this machine"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_differ_or_are_missing_are_named() {
        let folder = std::env::temp_dir().join(format!("kallithea-iisc-same-{}", std::process::id()));
        let [one, other] = ["one", "other"].map(|name| folder.join(name));
        for (folder, text) in [(&one, "a"), (&other, "a")] {
            fresh_folder(&folder.join("below")).expect("a folder");
            std::fs::write(folder.join("below/x"), text).expect("a file");
        }
        assert_eq!(same(&one, &other), Ok(()));
        std::fs::write(other.join("more"), "").expect("a file");
        assert!(same(&one, &other).is_err(), "one has a file more");
        std::fs::write(one.join("more"), "").expect("a file");
        std::fs::write(one.join("below/x"), "b").expect("a file");
        assert!(same(&one, &other).is_err_and(|said| said.ends_with(": below/x")));
        std::fs::remove_dir_all(&folder).expect("the folder");
    }
}
