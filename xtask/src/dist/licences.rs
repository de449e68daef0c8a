//! The licences of what is compiled in.
//!
//! In: the crates, with their sources. Out: one text with the licences of all, each text once. Absent: a judgement about them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::answer;
use super::dependencies::{Dependency, Name};
use crate::command::command;
use crate::workshop::Result;

/// Licences of repositories whose crates come without a text: the file `LICENSE` at their top.
const ELSEWHERE: [(&str, &str); 1] =
    [("https://github.com/Nugine/simd", include_str!("../../licences/nugine-simd.txt"))];

/// How names of files with licences and notices begin, in small letters.
const NAMES: [&str; 6] = ["licen", "copying", "copyright", "notice", "unlicense", "authors"];

/// The file of Rust's installation with the licences of its standard library.
const OF_RUST: &str = "share/doc/rust/COPYRIGHT-library.html";

/// The licences of all crates but the project's own.
///
/// # Errors
/// If a crate has no text, its repository has none in `xtask/licences`, and no other crate comes from that repository.
pub fn text(dependencies: &[Dependency]) -> Result<String> {
    let others = || dependencies.iter().filter(|dependency| dependency.hash.is_some());
    let mut by_text: BTreeMap<String, Vec<&Dependency>> = BTreeMap::new();
    for dependency in others() {
        let mut texts = texts(&dependency.folder)?;
        if texts.is_empty() {
            texts = from_repository(dependency, others())?;
        }
        for text in texts {
            by_text.entry(text).or_default().push(dependency);
        }
    }
    let mut groups: Vec<_> = by_text.into_iter().map(|(text, of)| (of, text)).collect();
    groups.sort_by_key(|(of, text)| (of[0].name.clone(), text.clone()));
    let mut all = String::from("kallithea-iisc contains these crates, under the licences below.\n\n");
    for Dependency { name: (name, version), licence, .. } in others() {
        all.push_str(&format!("{name} {version}: {licence}\n"));
    }
    for (of, text) in groups {
        let names: Vec<_> = of.iter().map(|dependency| shown(&dependency.name)).collect();
        all.push_str(&format!("\n{}\n{}\n\n{text}\n", "-".repeat(80), names.join(", ")));
    }
    Ok(all)
}

fn shown((name, version): &Name) -> String {
    format!("{name} {version}")
}

/// The texts of a crate's own files, sorted by their names.
fn texts(folder: &Path) -> Result<Vec<String>> {
    let trouble = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(trouble)? {
        let path = entry.map_err(trouble)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && NAMES.iter().any(|begin| name.starts_with(begin)) {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path| {
        let bytes = fs::read(path).map_err(trouble)?;
        let lines = String::from_utf8_lossy(&bytes);
        Ok(lines.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned())
    };
    paths.iter().map(read).collect()
}

/// The texts of another crate of the same repository, or of the repository itself.
fn from_repository<'d>(
    dependency: &Dependency,
    mut others: impl Iterator<Item = &'d Dependency>,
) -> Result<Vec<String>> {
    let missing = || {
        format!(
            "{} has no file with its licence. Put the one of its repository into xtask/licences, and name it in {}",
            shown(&dependency.name),
            file!()
        )
    };
    let repository = dependency.repository.as_deref().ok_or_else(missing)?;
    if let Some((_, text)) = ELSEWHERE.iter().find(|(address, _)| *address == repository) {
        return Ok(vec![text.trim_matches('\n').to_owned()]);
    }
    let others = others.try_fold(Vec::new(), |mut found, other| {
        if found.is_empty() && other.repository.as_deref() == Some(repository) {
            found = texts(&other.folder)?;
        }
        Ok(found)
    });
    others.and_then(|found: Vec<String>| if found.is_empty() { Err(missing()) } else { Ok(found) })
}

/// The licences of Rust's standard library, as Rust's installation has them.
pub fn of_rust() -> Result<Vec<u8>> {
    let root = answer(command("rustc", ["--print", "sysroot"]))?;
    let path = Path::new(root.trim()).join(OF_RUST);
    fs::read(&path).map_err(|error| {
        format!(
            "{}: {error}. Install Rust with rustup: it has the licences of the standard library",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(folder: &Path, name: &str, repository: &str) -> Dependency {
        Dependency {
            name: (name.to_owned(), "1.0.0".to_owned()),
            licence: "MIT".to_owned(),
            repository: Some(repository.to_owned()),
            hash: Some("00".to_owned()),
            folder: folder.join(name),
            uses: vec![],
        }
    }

    #[test]
    fn a_crate_without_a_text_gets_that_of_its_repository_or_is_an_error() {
        let folder = std::env::temp_dir().join(format!("kallithea-iisc-licences-{}", std::process::id()));
        for name in ["has", "lacks"] {
            fs::create_dir_all(folder.join(name)).expect("a folder");
        }
        fs::write(folder.join("has/LICENSE-MIT"), "\nCopyright of somebody \r\n\nas it is\n")
            .expect("a file");
        let of = |repository: &str| {
            text(&[dependency(&folder, "has", "https://a.example"), dependency(&folder, "lacks", repository)])
        };
        let same = of("https://a.example").expect("a text");
        assert!(same.contains("has 1.0.0, lacks 1.0.0\n\nCopyright of somebody\n\nas it is\n"), "{same}");
        assert_eq!(same.matches("Copyright").count(), 1, "each text once: {same}");
        let elsewhere = of(ELSEWHERE[0].0).expect("a text");
        assert!(elsewhere.contains(ELSEWHERE[0].1.trim()), "{elsewhere}");
        let missing = of("https://b.example").expect_err("no text");
        assert!(missing.contains("lacks 1.0.0") && missing.contains("xtask/licences"), "{missing}");
        fs::remove_dir_all(&folder).expect("the folder");
    }
}
