//! Which release is made: its version, its time, its home, and the names of its files.
//!
//! In: the last commit, `repository` in Cargo.toml, or another address. Out: a [`Release`]. Absent: what the files contain.

use super::git;
use crate::workshop::{Result, Workshop};

/// The owner in an address of which nobody has said whose it is.
const PLACEHOLDER: &str = "OWNER";

/// One release.
pub struct Release {
    /// The version in Cargo.toml, which all members of the workspace have.
    pub version: String,
    /// The address of the project's repository, without a slash at its end.
    pub home: String,
    /// The time of the last commit, in seconds since 1970.
    pub seconds: u64,
    /// The same time as `2026-11-30T12:34:56Z`.
    pub time: String,
}

impl Release {
    /// The release of the last commit. `repository` replaces the address in Cargo.toml.
    ///
    /// # Errors
    /// If git knows no commit, or if the checkout differs from it.
    pub fn of_checkout(workshop: &Workshop, repository: Option<&str>) -> Result<Self> {
        let changed = git(workshop, &["status", "--porcelain"])?;
        if !changed.is_empty() {
            return Err(format!(
                "a release is made of a commit. First commit or remove these files:\n{changed}"
            ));
        }
        let time = "--date=format-local:%Y-%m-%dT%H:%M:%SZ";
        let answer = git(workshop, &["log", "-1", "--format=%ct %cd", time])?;
        let (seconds, time) = answer.trim().split_once(' ').ok_or("git says no time of the last commit")?;
        let seconds = seconds.parse().map_err(|error| format!("the time of the last commit: {error}"))?;
        Self::at(seconds, time, repository)
    }

    /// The release of this checkout as of a time, which is given in seconds since 1970 and as text.
    pub fn at(seconds: u64, time: &str, repository: Option<&str>) -> Result<Self> {
        let home = match repository {
            Some(given) => given.to_owned(),
            None => home(include_str!("../../../Cargo.toml")).ok_or("Cargo.toml has no `repository`")?,
        };
        let home = home.trim_end_matches('/').to_owned();
        Ok(Self { version: env!("CARGO_PKG_VERSION").to_owned(), home, seconds, time: time.to_owned() })
    }

    /// The day of the last commit: `2026-11-30`.
    pub fn day(&self) -> &str {
        self.time.split('T').next().unwrap_or_default()
    }

    /// The name of a file of the release, and of the folder in an archive.
    pub fn file(&self, triple: &str, end: &str) -> String {
        format!("kallithea-iisc-{}-{triple}{end}", self.version)
    }

    /// The name of the MSI.
    pub fn msi(&self) -> String {
        format!("kallithea-iisc-{}-x64.msi", self.version)
    }

    /// Where a file of the release can be downloaded, as GitHub's releases have it.
    pub fn address(&self, file: &str) -> String {
        format!("{}/releases/download/v{}/{file}", self.home, self.version)
    }

    /// Who owns the repository.
    pub fn owner(&self) -> &str {
        self.home.rsplit('/').nth(1).unwrap_or(PLACEHOLDER)
    }

    /// What is not real yet in the release, in one line.
    pub fn placeholder(&self) -> Option<String> {
        (self.owner() == PLACEHOLDER).then(|| {
            format!(
                "{PLACEHOLDER} in {} is a placeholder: give the real address with --repository, or change `repository` in \
                 Cargo.toml. The manifests of winget and Scoop contain it.",
                self.home
            )
        })
    }
}

/// The address in a Cargo.toml.
fn home(manifest: &str) -> Option<String> {
    let manifest: toml::Table = toml::from_str(manifest).ok()?;
    Some(manifest.get("package")?.get("repository")?.as_str()?.to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A release with invented numbers.
    pub fn invented() -> Release {
        Release {
            version: "1.2.3".to_owned(),
            home: "https://github.com/example/kallithea-iisc".to_owned(),
            seconds: 1_764_000_000,
            time: "2025-11-24T16:00:00Z".to_owned(),
        }
    }

    #[test]
    fn an_owner_that_nobody_named_is_said_to_be_a_placeholder() {
        let known = invented();
        assert_eq!((known.owner(), known.placeholder()), ("example", None));
        let home = home(include_str!("../../../Cargo.toml")).expect("an address");
        let unknown = Release { home, ..invented() };
        assert!(unknown.placeholder().is_some_and(|notice| notice.contains("--repository")));
    }

    /// What `[package.metadata.binstall]` in Cargo.toml says, with cargo-binstall's names filled in.
    #[test]
    fn cargo_binstall_looks_for_the_archives_that_are_made() {
        let manifest: toml::Table = toml::from_str(include_str!("../../../Cargo.toml")).expect("TOML");
        let says = &manifest["package"]["metadata"]["binstall"];
        let windows = &says["overrides"]["x86_64-pc-windows-msvc"];
        let release = invented();
        let filled = |text: &toml::Value, triple: &str| {
            let text = text.as_str().expect("a text").replace("{ repo }", &release.home);
            text.replace("{ version }", &release.version).replace("{ target }", triple)
        };
        for (says, asked, triple, end) in [
            (says, super::super::LINUX, super::super::LINUX, ".tar.gz"),
            (windows, "x86_64-pc-windows-msvc", super::super::WINDOWS, ".zip"),
        ] {
            assert_eq!(filled(&says["pkg-url"], asked), release.address(&release.file(triple, end)));
            let folder = release.file(triple, "");
            assert_eq!(filled(&says["bin-dir"], asked), format!("{folder}/{{ bin }}{{ binary-ext }}"));
        }
    }
}
