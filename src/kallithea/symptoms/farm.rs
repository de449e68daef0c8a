//! Failures that occur only in a farm.
//!
//! 502.3 and 502.4 are those of Microsoft's page "Troubleshooting 502 errors in ARR"
//! (<https://learn.microsoft.com/en-us/troubleshoot/developer/webapps/iis/application-request-routing/troubleshooting-502-errors-in-arr>);
//! the others are from what `docs/farm.md` says about each thing that the nodes share.

use crate::diagnostic::Code;
use crate::diagnostic::symptoms::{Cause, Symptom};

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "signed-out",
        what: "in a farm, users are signed out at every other click",
        causes: &[
            Cause::new(
                "the nodes have different secrets, so none accepts the sessions of another",
                "copy the first node's ini file to the others; never run config-create there",
                &["kallithea.ini", "farm.nodes"],
                &[],
                &["ini"],
            ),
            Cause::new(
                "each node has its own database for sessions or users, or session.url is not set",
                "give all nodes one database, and set session.url to the value of sqlalchemy.url",
                &["kallithea.database"],
                &[Code::FarmDatabase, Code::IniDatabase],
                &["ini"],
            ),
        ],
    },
    Symptom {
        name: "push-missing",
        what: "in a farm, a pushed change is in one clone but not in the next",
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
        what: "Kallithea's log shows every client as 0.0.0.0 or as the proxy, and Kallithea refuses users \
            that it admits by address",
        causes: &[Cause::new(
            "the bridge does not trust the front or the proxy, and removes its X-Forwarded-For",
            "add its address, then build and copy the engine",
            &["bridge.trustedProxies"],
            &[Code::FarmProxy, Code::BadProxy],
            &["trace"],
        )],
    },
    Symptom {
        name: "front-takes-all",
        what: "other sites of the front server show Kallithea",
        causes: &[Cause::new(
            "the farm's rule matches requests by host name, and it has none, or one with a *",
            "name the host, then run apply --front",
            &["farm.front.bindings"],
            &[Code::FarmHostName],
            &["plan"],
        )],
    },
    Symptom {
        name: "front-urls",
        what: "behind the front, names with %2F, %23, %3F, %25 or two slashes answer 404 or another page, and the same URL works at \
            a node; or every space arrives as %2520",
        causes: &[Cause::new(
            "a rule with {R:0} hands on the decoded path; one with {UNENCODED_URL} is encoded once more, unless \
                useOriginalURLEncoding of <globalRules> is false, which needs URL Rewrite 2.1",
            "install URL Rewrite 2.1, then run apply --front; route --front shows what a node gets",
            &["farm.front"],
            &[Code::ServerSetting, Code::ModuleMissing],
            &["plan", "route"],
        )],
    },
    Symptom {
        name: "farm-down",
        what: "the farm does not answer although only one machine has failed",
        causes: &[Cause::new(
            "there is only one node, or two names for one machine",
            "add a machine",
            &["farm.nodes"],
            &[Code::FarmNodes],
            &[],
        )],
    },
];
