//! Checks every IIS file of every golden against the schema files of every IIS version that it fits.
//!
//! In: the folder of the checker, its schema files and its sample server. Out: how many files were checked, and what
//! was found. An example is compiled again for each version. If a version lacks something that the example asks for,
//! it is left out when the compiler says so, but never the example's own version. Absent: the schema files.

use std::path::{Path, PathBuf};

use crate::command::{Log, command};
use crate::suites::{built_compiler, examples};
use crate::summary::Counts;
use crate::workshop::{Result, Workshop, fresh_folder, write};

/// The IIS versions, as specs and the folders of schema files name them.
const VERSIONS: [&str; 5] = ["7.0", "7.5", "8.0", "8.5", "10.0"];

/// What URL Rewrite 2.1 added, and what the checker says of it: its schema files are those of 2.0.
const NEWER: [&str; 1] = ["system.webServer/rewrite/globalRules: unknown attribute 'useOriginalURLEncoding'"];

/// Checks everything. The text says what was found, and `left_out` lists the versions that lack what an example asks
/// for.
pub fn check_all(
    workshop: &Workshop,
    facts: &Path,
    log: &Log,
    left_out: &mut Vec<String>,
) -> Result<(Counts, String)> {
    let mut counts = Counts::default();
    let mut report = String::new();
    for name in examples(workshop)? {
        let spec = workshop.root().join("examples").join(&name).join("deploy.yaml");
        let text = std::fs::read_to_string(&spec).map_err(|error| format!("{}: {error}", spec.display()))?;
        let own = version_of(&text);
        for version in VERSIONS {
            let folder = workshop.machines().join("checked").join(&name).join(version);
            fresh_folder(&folder)?;
            let spec = folder.join("deploy.yaml");
            write(&spec, &with_version(&text, version))?;
            let out = folder.join("out");
            let build = ["build", &spec.to_string_lossy(), "--no-dll", "--out", &out.to_string_lossy()];
            let (built, said) = log.attempt(&mut built_compiler(workshop, &build)?)?;
            if built {
                check_folder(facts, version, &out, log, &mut counts, &mut report)?;
            } else if version == own || !is_too_new(&said) {
                counts.failed += 1;
                report.push_str(&format!("{name} does not compile for IIS {version}:\n{said}\n"));
            } else {
                left_out.push(format!("{name} asks for more than IIS {version} has"));
            }
        }
    }
    Ok((counts, report))
}

/// Whether the compiler's only complaint about a spec is that this version of IIS lacks something.
fn is_too_new(said: &str) -> bool {
    let mut errors = said.lines().filter(|line| line.starts_with("error[")).peekable();
    errors.peek().is_some() && errors.all(|line| line.starts_with("error[KI314]"))
}

/// Whether the checker's only complaint about a file is that its schema files are older.
fn is_newer(said: &str) -> bool {
    let mut faults = said.lines().filter(|line| !line.trim().is_empty()).peekable();
    faults.peek().is_some() && faults.all(|line| NEWER.iter().any(|newer| line.ends_with(newer)))
}

/// Checks each XML file below a folder, and the web.config also against what a server locks.
fn check_folder(
    facts: &Path,
    version: &str,
    folder: &Path,
    log: &Log,
    counts: &mut Counts,
    report: &mut String,
) -> Result<()> {
    let schemas = facts.join("iis-schema").join(version);
    for file in xml_files(folder)? {
        // The front-end server of a farm has extensions, and not every folder holds their schema files.
        if file.starts_with(folder.join("arr")) && !schemas.join("arr_schema.xml").exists() {
            continue;
        }
        let mut checker = command("python3", [facts.join("tools/check_iis_config.py")]);
        checker.arg("--schema").arg(&schemas);
        if file.ends_with("web.config") {
            checker.arg("--host").arg(facts.join("samples/applicationHost/server-original.config"));
        }
        let (clean, said) = log.attempt(checker.arg(&file))?;
        let clean = clean || is_newer(&said);
        counts.passed += usize::from(clean);
        counts.failed += usize::from(!clean);
        if !clean {
            report.push_str(&format!("IIS {version}: {}\n{said}\n", file.display()));
        }
    }
    Ok(())
}

/// The configuration files of an output, without the bridge's sources.
fn xml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let trouble = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(trouble)? {
        let path = entry.map_err(trouble)?.path();
        if path.is_dir() {
            found.extend(xml_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "config" || extension == "xml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The IIS version that a spec names, or the default of the compiler if it names none.
fn version_of(spec: &str) -> &str {
    let value = spec.lines().find_map(|line| line.trim().strip_prefix("iisVersion:"));
    value.map_or("10.0", |value| value.split('#').next().unwrap_or_default().trim().trim_matches(['"', '\'']))
}

/// The same spec for another IIS version.
fn with_version(spec: &str, version: &str) -> String {
    let line = format!("  iisVersion: \"{version}\"");
    let mut lines: Vec<_> = spec.lines().filter(|line| !line.trim().starts_with("iisVersion:")).collect();
    match lines.iter().position(|line| line.trim_end() == "target:") {
        Some(place) => lines.insert(place + 1, &line),
        None => lines.extend(["target:", &line]),
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_given_another_version() {
        let with_target = "name: x\ntarget:\n  architecture: x86\n  iisVersion: \"8.5\" # ours\nsite: {}\n";
        assert_eq!(version_of(with_target), "8.5");
        let changed = with_version(with_target, "7.0");
        assert_eq!(changed, "name: x\ntarget:\n  iisVersion: \"7.0\"\n  architecture: x86\nsite: {}\n");
        assert_eq!(with_version("name: x\n", "7.5"), "name: x\ntarget:\n  iisVersion: \"7.5\"\n");
    }

    #[test]
    fn only_a_missing_feature_excuses_a_version() {
        assert!(is_too_new(
            "error[KI314]: SNI came with IIS 8.0\n  --> deploy.yaml:3:1\nwarning[KI337]: x\n"
        ));
        assert!(!is_too_new("error[KI314]: SNI came with IIS 8.0\nerror[KI201]: unknown key\n"));
        assert!(!is_too_new("cannot read the file\n"));
    }

    #[test]
    fn only_an_attribute_of_url_rewrite_2_1_excuses_a_file() {
        let newer = "out/globalRules.config:6: system.webServer/rewrite/globalRules: unknown attribute 'useOriginalURLEncoding'\n";
        let other = "out/globalRules.config:7: system.webServer/rewrite/globalRules: unknown attribute 'x'\n";
        assert!(is_newer(newer));
        assert!(!is_newer(&format!("{newer}{other}")) && !is_newer("Traceback\n") && !is_newer(""));
    }

    #[test]
    fn a_spec_without_a_version_is_for_the_newest() {
        assert_eq!(version_of("name: x\n"), "10.0");
    }
}
