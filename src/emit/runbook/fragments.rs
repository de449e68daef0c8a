//! Where each fragment of `applicationHost/` goes: the runbook's table for readers who insert it by hand.
//!
//! In: the model. Out: rows. Absent: the fragments themselves.

use serde::Serialize;

use crate::emit::application_host::{Kind, Part, by_file, parts};
use crate::escape::markdown_words;
use crate::model::Deployment;

/// Where a fragment goes.
#[derive(Serialize)]
pub(super) struct Fragment {
    file: String,
    inside: String,
    what: String,
}

/// The fragments of a deployment, in the order of their files.
pub(super) fn fragments(deployment: &Deployment) -> Vec<Fragment> {
    let parts = parts(deployment);
    by_file(&parts).map(|together| fragment(&together[0], deployment)).collect()
}

fn fragment(part: &Part, deployment: &Deployment) -> Fragment {
    let around = part.around.iter().map(|around| format!("/{}", around.name()));
    let place = match part.kind {
        Kind::ApplicationPool => ", before `<applicationPoolDefaults>`".to_owned(),
        Kind::Site => ", before `<siteDefaults>`".to_owned(),
        Kind::Application | Kind::Tracing => {
            format!(", with what follows it, into the site \"{}\"", markdown_words(&deployment.site.name))
        }
        Kind::Location => ", at the end of the file".to_owned(),
        Kind::GlobalRule => {
            ", in front of all others, and the attribute of the list around it, which counts for every rule of the server"
                .to_owned()
        }
        Kind::Restriction | Kind::WebFarm => String::new(),
    };
    Fragment {
        file: format!("{}.config", part.kind.file()),
        inside: format!("configuration{}", around.collect::<String>()),
        what: format!("the `<{}>` element{place}", part.element.name()),
    }
}
