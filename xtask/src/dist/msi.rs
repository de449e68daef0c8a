//! The MSI: the program in Program Files, and its folder on the PATH of the machine.
//!
//! In: files of the archive for Windows. Out: an MSI, made by wixl and msibuild of msitools. Absent: services, sites, and anything
//! that a deployment needs.
//!
//! wixl 0.101 has no environment variables: msibuild adds the table `Environment`
//! (<https://learn.microsoft.com/windows/win32/msi/environment-table>) and the two actions that read it. Both programs write the time of
//! day and codes by chance; faketime and [`Product`] replace them.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::contents::{self, Entry, LICENCES, OF_RUST, RESOURCE};
use super::{Release, answer};
use crate::apt;
use crate::command::command;
use crate::workshop::{Result, Workshop, fresh_folder, write};

/// The code that all versions share: by it, Windows Installer finds the older one to replace. It must never change.
pub const UPGRADE: &str = "{5F0C6B0E-6F6B-8D0B-9C55-0E1B7B3A6C41}";

/// The Debian packages that make an MSI and read it.
const TOOLS: [&str; 3] = ["wixl", "msitools", "faketime"];

/// The files that are installed, the program first: its component also has the PATH.
const FILES: [&str; 8] = [
    "kallithea-iisc.exe",
    RESOURCE,
    "README.md",
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    LICENCES,
    OF_RUST,
];

/// The value `-*=PATH`: of the machine (`*`), created (`=`) at installation, removed (`-`) with the program. `[~]` is what is there.
const ENVIRONMENT: &str = "Environment\tName\tValue\tComponent_\r\n\
    s72\tl255\tL255\ts72\r\n\
    Environment\tEnvironment\r\n\
    Path\t=-*PATH\t[~];[INSTALLFOLDER]\tC0\r\n";

/// The actions that read the table, with the numbers that Microsoft suggests
/// (<https://learn.microsoft.com/windows/win32/msi/suggested-installexecutesequence>).
const ACTIONS: &str = "RemoveEnvironmentStrings\t\t3300\r\nWriteEnvironmentStrings\t\t5200\r\n";

/// The codes of an MSI.
pub struct Product {
    /// The code of this version.
    pub code: String,
    /// The code of these very bytes.
    package: String,
}

impl Product {
    /// The codes of a version with these files.
    pub fn of(release: &Release, entries: &[Entry]) -> Self {
        let hashes = entries.iter().map(|entry| super::hash(&entry.bytes)).collect::<String>();
        Self {
            code: code(&format!("product {} x64", release.version)),
            package: code(&format!("package {} {} {hashes}", release.version, release.seconds)),
        }
    }
}

/// A code of Windows Installer for a name: a UUID of version 8 (RFC 9562), of the name's SHA-256, in capital letters.
fn code(name: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(format!("kallithea-iisc {name}"))[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("{{{}-{}-{}-{}-{}}}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Installs what [`make`] needs.
pub fn install_tools(workshop: &Workshop) -> Result<()> {
    apt::install(workshop.log(), &TOOLS, "The MSI")
}

/// Makes the MSI.
pub fn make(workshop: &Workshop, release: &Release, product: &Product, entries: &[Entry]) -> Result<Vec<u8>> {
    let folder = workshop.machines().join("msi");
    fresh_folder(&folder)?;
    for path in FILES {
        stage(release, &folder.join(path), contents::bytes(entries, path)?)?;
    }
    write(&folder.join("product.wxs"), &source(release, product))?;
    let wixl = ["wixl", "--arch", "x64", "--output", "product.msi", "product.wxs"];
    workshop.log().run(&mut at(release, &folder, &wixl))?;
    let sequence =
        answer(at(release, &folder, &["msiinfo", "export", "product.msi", "InstallExecuteSequence"]))?;
    write(&folder.join("sequence.idt"), &format!("{sequence}{ACTIONS}"))?;
    write(&folder.join("environment.idt"), ENVIRONMENT)?;
    let subject = format!("kallithea-iisc {}", release.version);
    let mut arguments = vec!["msibuild", "product.msi", "-i", "environment.idt", "-i", "sequence.idt"];
    arguments.extend(["-s", &subject, release.owner(), "x64;1033", &product.package]);
    workshop.log().run(&mut at(release, &folder, &arguments))?;
    let made = folder.join("product.msi");
    fs::read(&made).map_err(|error| format!("{}: {error}", made.display()))
}

/// Puts a file beside the source of the MSI, with the time that its cabinet shows.
fn stage(release: &Release, path: &Path, bytes: &[u8]) -> Result<()> {
    let trouble = |error: std::io::Error| format!("{}: {error}", path.display());
    fs::write(path, bytes).map_err(trouble)?;
    let file = File::options().write(true).open(path).map_err(trouble)?;
    file.set_modified(UNIX_EPOCH + Duration::from_secs(release.seconds)).map_err(trouble)
}

/// A program that takes the time of the release for the time of day.
fn at(release: &Release, folder: &Path, words: &[&str]) -> Command {
    let mut faketime = command("faketime", ["-f", &release.time.replace('T', " ").replace('Z', "")]);
    faketime.args(words).current_dir(folder).env("TZ", "UTC");
    faketime
}

/// The source of the MSI, with a component for each file.
fn source(release: &Release, product: &Product) -> String {
    let component = |(number, path): (usize, &&str)| {
        let guid = code(&format!("component {path}"));
        format!(
            "          <Component Id=\"C{number}\" Guid=\"{}\" Win64=\"yes\">\
             <File Id=\"F{number}\" Name=\"{path}\" Source=\"{path}\" KeyPath=\"yes\"/></Component>",
            guid.trim_matches(['{', '}'])
        )
    };
    let components = FILES.iter().enumerate().map(component).collect::<Vec<_>>().join("\n");
    let references: Vec<_> =
        (0..FILES.len()).map(|number| format!("      <ComponentRef Id=\"C{number}\"/>")).collect();
    include_str!("product.wxs")
        .replace("@PRODUCT@", product.code.trim_matches(['{', '}']))
        .replace("@UPGRADE@", UPGRADE.trim_matches(['{', '}']))
        .replace("@VERSION@", &release.version)
        .replace("@OWNER@", release.owner())
        .replace("@HOME@", &release.home)
        .replace("@COMPONENTS@", &components)
        .replace("@REFERENCES@", &references.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::release::tests::invented;

    #[test]
    fn a_version_has_one_product_and_other_bytes_have_another_package() {
        let of = |version: &str, bytes: &[u8]| {
            let release = Release { version: version.to_owned(), ..invented() };
            let kind = contents::Kind::Program;
            Product::of(&release, &[Entry { path: FILES[0].to_owned(), bytes: bytes.to_owned(), kind }])
        };
        let (first, again, other, next) =
            (of("1.2.3", b"a"), of("1.2.3", b"a"), of("1.2.3", b"b"), of("1.2.4", b"a"));
        assert_eq!((&first.code, &first.package), (&again.code, &again.package));
        assert_eq!(first.code, other.code);
        assert_ne!(first.package, other.package);
        assert_ne!(first.code, next.code, "Windows Installer upgrades only to another product");
        assert_eq!(code("x").len(), UPGRADE.len());
    }
}
