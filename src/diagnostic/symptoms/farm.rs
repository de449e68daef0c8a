//! What goes wrong in a farm alone.
//!
//! 502.3 and 502.4 are those of Microsoft's page "Troubleshooting 502 errors in ARR"
//! (<https://learn.microsoft.com/en-us/troubleshoot/developer/webapps/iis/application-request-routing/troubleshooting-502-errors-in-arr>);
//! the others are what `docs/farm.md` says of each thing that the nodes share.

use super::{Cause, Symptom};
use crate::diagnostic::Code;

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "signed-out",
        what: "in a farm, somebody is signed out at every other click",
        causes: &[
            Cause::new(
                "the nodes have other secrets, so that one knows no session of the other's",
                "copy the first node's ini file to the others; never config-create there",
                &["kallithea.ini", "farm.nodes"],
                &[],
                &["ini"],
            ),
            Cause::new(
                "sessions or users stand in a database of each node's own, or session.url is not set",
                "give all nodes one database, and session.url the value of sqlalchemy.url",
                &["kallithea.database"],
                &[Code::FarmDatabase, Code::IniDatabase],
                &["ini"],
            ),
        ],
    },
    Symptom {
        name: "push-missing",
        what: "in a farm, what was pushed is in one clone and not in the next",
        causes: &[Cause::new(
            "each node has its own folder of repositories",
            "put them on one share",
            &["kallithea.repositories"],
            &[Code::FarmRepositories],
            &[],
        )],
    },
    Symptom {
        name: "client-address",
        what: "Kallithea's log knows every client as 0.0.0.0, or as the proxy, and refuses those whom it lets in by address",
        causes: &[Cause::new(
            "the bridge does not trust the front or the proxy, and drops its X-Forwarded-For",
            "name its address, then build and copy the engine",
            &["bridge.trustedProxies"],
            &[Code::FarmProxy, Code::BadProxy],
            &["trace"],
        )],
    },
    Symptom {
        name: "front-takes-all",
        what: "other sites of the front server show Kallithea",
        causes: &[Cause::new(
            "the rule of the farm knows its requests by their host name, and has none, or one with a *",
            "name the host, then apply --front",
            &["farm.front.bindings"],
            &[Code::FarmHostName],
            &["plan"],
        )],
    },
    Symptom {
        name: "farm-down",
        what: "the farm answers nobody although one machine alone has failed",
        causes: &[Cause::new(
            "there is one node, or two names of one machine",
            "add a machine",
            &["farm.nodes"],
            &[Code::FarmNodes],
            &[],
        )],
    },
];
