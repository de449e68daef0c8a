//! Where each fragment of `applicationHost/` goes: the runbook's table for those who put it in by hand.
//!
//! In: the model. Out: rows. Absent: the fragments themselves.

use serde::Serialize;

use crate::escape::markdown_words;
use crate::model::Deployment;

const APPLICATION_POOLS: &str = "configuration/system.applicationHost/applicationPools";
const SITES: &str = "configuration/system.applicationHost/sites";

/// Where a fragment goes.
#[derive(Serialize)]
pub struct Fragment {
    file: &'static str,
    inside: &'static str,
    what: String,
}

pub fn fragments(deployment: &Deployment) -> Vec<Fragment> {
    let mut fragments = Vec::new();
    if deployment.pool.own.is_some() {
        fragments.push(fragment(
            "applicationPool.config",
            APPLICATION_POOLS,
            "the `<add>` element, before `<applicationPoolDefaults>`",
        ));
    }
    fragments.push(match deployment.site.own {
        Some(_) => fragment("site.config", SITES, "the `<site>` element, before `<siteDefaults>`"),
        None => Fragment {
            file: "application.config",
            inside: "configuration/system.applicationHost/sites/site",
            what: format!(
                "the `<application>` element, with what follows it, into the site \"{}\"",
                markdown_words(&deployment.site.name)
            ),
        },
    });
    fragments.push(fragment(
        "isapiCgiRestriction.config",
        "configuration/system.webServer/security/isapiCgiRestriction",
        "the `<add>` element",
    ));
    fragments.push(fragment(
        "location.config",
        "configuration",
        "the `<location>` element, at the end of the file",
    ));
    fragments
}

/// Those of a farm's front.
pub fn front_fragments() -> Vec<Fragment> {
    vec![
        fragment(
            "applicationPool.config",
            APPLICATION_POOLS,
            "the `<add>` element, before `<applicationPoolDefaults>`",
        ),
        fragment("site.config", SITES, "the `<site>` element, before `<siteDefaults>`"),
        fragment("webFarms.config", "configuration/webFarms", "the `<webFarm>` element"),
        fragment(
            "globalRules.config",
            "configuration/system.webServer/rewrite/globalRules",
            "the `<rule>` element, in front of all others",
        ),
        fragment("location.config", "configuration", "the `<location>` element, at the end of the file"),
    ]
}

fn fragment(file: &'static str, inside: &'static str, what: &str) -> Fragment {
    Fragment { file, inside, what: what.to_owned() }
}
