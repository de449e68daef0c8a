//! What can be known before the bridge is loaded.
//!
//! What enters: a deployed bridge. What leaves: steps. Absent: running anything.

use super::Step;
use crate::deployed::{Deployed, DeployedError, Facts, local};
use crate::files;
use crate::kallithea::facts::CREATE_INI;

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
    Some(Step::ok(step, place.display().to_string()))
}

fn file(step: &'static str, path: &str, advice: &str) -> Step {
    let place = local(path);
    match files::check_readable(&place) {
        Ok(()) => Step::ok(step, place.display().to_string()),
        Err(error) => Step::failed(step, format!("{error}. {advice}.")),
    }
}
