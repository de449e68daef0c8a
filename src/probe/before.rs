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
    let Ok(settings) = files::read_text(&place.join("pyvenv.cfg")) else {
        let why = "has no pyvenv.cfg. Create the environment there, or correct the spec and build again.";
        return Some(Step::failed(step, format!("{} {why}", place.display())));
    };
    match version_in(&settings) {
        Some(version) if version != facts.python_version => Some(Step::failed(
            step,
            format!(
                "{} was made by Python {version}, and the spec names {}. Create another environment with that Python, \
                 or correct the spec and build again.",
                place.display(),
                facts.python_version
            ),
        )),
        _ => Some(match value(&settings, &["home"]).and_then(|home| home.parse::<WindowsPath>().ok()) {
            Some(home) if home.is_of_one_user() => Step::failed(
                step,
                format!(
                    "{} was made by the Python in {home}, which other accounts cannot use. Create another environment with \
                     a Python that is installed for all users.",
                    place.display()
                ),
            ),
            _ => Step::ok(step, place.display().to_string()),
        }),
    }
}

/// The value of the first of these keys in a pyvenv.cfg.
fn value<'s>(settings: &'s str, keys: &[&str]) -> Option<&'s str> {
    settings.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        keys.contains(&key.trim()).then(|| value.trim())
    })
}

/// The version of the Python that made an environment, such as `3.13`, as its pyvenv.cfg says it: `version` if venv wrote the
/// file, `version_info` if virtualenv did.
fn version_in(settings: &str) -> Option<String> {
    let (major, rest) = value(settings, &["version", "version_info"])?.split_once('.')?;
    Some(format!("{major}.{}", rest.split('.').next()?))
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
    use super::version_in;

    #[test]
    fn the_python_of_an_environment_is_read_from_its_settings() {
        let version = |text: &str| version_in(text).unwrap_or_default();
        assert_eq!(version("home = C:\\Python311\r\nversion = 3.11.9\r\n"), "3.11");
        assert_eq!(version("version_info = 3.13.2.final.0\nversion = 3.13.2\n"), "3.13");
        assert_eq!(version("version=3.14"), "3.14");
        for unknown in ["", "home = C:\\Python", "version = ", "base = 3.1.1", "version = 3"] {
            assert_eq!(version_in(unknown), None, "{unknown}");
        }
    }
}
