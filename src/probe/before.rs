//! What can be known before the bridge is loaded.
//!
//! What enters: a deployed bridge. What leaves: steps. Absent: running anything.

use super::Step;
use crate::deployed::{Deployed, DeployedError, Facts, local};
use crate::files;
use crate::kallithea::facts::CREATE_INI;
use crate::spec::WindowsPath;

/// Whether this process can load the bridge at all.
pub(super) fn suits(deployed: &Deployed) -> Step {
    match deployed.suits_this_process() {
        Ok(kind) => Step::ok("bitness", format!("{kind}, as this program is")),
        Err(why) => Step::failed("bitness", why.to_string()),
    }
}

/// Whether the files that the bridge will look for exist.
pub(super) fn files(deployed: &Deployed) -> Result<Vec<Step>, DeployedError> {
    let (Some(facts), Some(engine)) = (&deployed.facts, deployed.engine()) else {
        let why = "the bridge's folder has no manifest.json, so its settings and its log are unknown. Name \
            the output folder of its build for a better answer.";
        return Ok(vec![Step::skipped("settings", why)]);
    };
    let mut steps = vec![match (deployed.is_of_its_manifest()?, engine.is_file()) {
        (true, true) => Step::ok("libraries", format!("both found, of the deployment {}", facts.deployment)),
        (true, false) => Step::failed(
            "libraries",
            format!("{} is missing. Copy all files of the deployment's folder bin.", engine.display()),
        ),
        (false, _) => Step::failed(
            "libraries",
            "the bridge was built from another spec than manifest.json. Build again, and copy all files.",
        ),
    }];
    steps.extend(virtual_environment(facts));
    steps.push(file("ini file", &facts.ini, &format!("Create it with `{CREATE_INI}`, or correct the spec")));
    Ok(steps)
}

fn virtual_environment(facts: &Facts) -> Option<Step> {
    let folder = facts.virtual_environment.as_ref()?;
    let step = "virtual environment";
    let place = local(folder);
    if !place.join("pyvenv.cfg").is_file() {
        let why = "has no pyvenv.cfg. Create the environment there, or correct the spec and build again.";
        return Some(Step::failed(step, format!("{} {why}", place.display())));
    }
    let settings = std::fs::read_to_string(place.join("pyvenv.cfg")).unwrap_or_default();
    Some(match stranger(&settings, &facts.python_version) {
        Some(why) => Step::failed(step, format!("{} {why}", place.display())),
        None => Step::ok(step, place.display().to_string()),
    })
}

/// What makes a virtual environment another Python's, from its pyvenv.cfg (PEP 405; `version` is written by venv, `version_info` by
/// virtualenv).
fn stranger(settings: &str, wanted: &str) -> Option<String> {
    let value = |key: &str| {
        let pairs = settings.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| *name == key)
    };
    if let Some((_, version)) = value("version").or_else(|| value("version_info"))
        && !version.starts_with(&format!("{wanted}."))
    {
        return Some(format!(
            "was made by Python {version}, but the spec says {wanted}. Make it again with that Python, or correct the spec."
        ));
    }
    let home = value("home")?.1.parse::<WindowsPath>().ok()?;
    home.is_of_one_user().then(|| {
        format!("was made by the Python in {home}, which other accounts cannot use. Make it again with one for all users.")
    })
}

fn file(step: &'static str, path: &str, advice: &str) -> Step {
    let place = local(path);
    match files::check_readable(&place) {
        Ok(()) => Step::ok(step, place.display().to_string()),
        Err(error) => Step::failed(step, format!("{error}. {advice}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_environment_of_another_python_is_told() {
        let venv = |home: &str, version: &str| format!("home = {home}\r\nversion = {version}\r\n");
        assert_eq!(stranger(&venv(r"C:\Python313", "3.13.2"), "3.13"), None);
        assert_eq!(stranger("version_info = 3.13.2.final.0\n", "3.13"), None);
        assert_eq!(stranger("", "3.13"), None);
        let of_another = stranger(&venv(r"C:\Python311", "3.11.9"), "3.13").expect("it is another's");
        assert!(of_another.contains("3.11.9") && of_another.contains("3.13"), "{of_another}");
        assert!(stranger("version = 3.1\n", "3.13").is_some());
        let profile = venv(r"C:\Users\alice\AppData\Local\Programs\Python\Python313", "3.13.2");
        assert!(stranger(&profile, "3.13").is_some_and(|why| why.contains("alice")));
    }
}
