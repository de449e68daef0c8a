//! Failed request tracing: the site's switch, and the rule for every path.

use iis_config::TimeSpan;
use iis_config::schema::attribute;

use super::draft::{Draft, File, Why};
use super::server::Server;
use crate::spec::{FailedRequestTracingSpec, pointer};

const SECTION: &str = "system.webServer/tracing/traceFailedRequests";
const SWITCH: &str = "system.applicationHost/sites/site/traceFailedRequestsLogging";

pub(super) fn read(server: &Server<'_, '_>, draft: &mut Draft) {
    let Some(written) = server.host.descend(server.site, &["traceFailedRequestsLogging"]) else { return };
    if !switch(server, "enabled").eq_ignore_ascii_case("true") {
        return;
    }
    let effective = server.effective();
    let rules = effective.entries(SECTION, "", "path");
    let Some(rule) = rules.into_iter().find(|rule| rule.value("path") == Some("*")) else {
        let what = "traceFailedRequestsLogging is on, but no rule for `*` defines what counts as failed";
        draft.leave(Why::Author, File::Host, written.offset, what);
        return;
    };
    let Some(level) = effective.level_of(rule) else { return };
    if server.owner.is_none() {
        let what = "traceFailedRequests for `*`: what it traces (traceAreas) and runs is the same in every \
            deployment";
        draft.leave(Why::Unknown, File::of(level), rule.offset, what);
    }
    let definitions = level.document.descend(rule, &["failureDefinitions"]);
    let said = |name| definitions.and_then(|definitions| definitions.value(name));
    let usual = FailedRequestTracingSpec::default();
    let time_taken = said("timeTaken").and_then(|text| text.parse::<TimeSpan>().ok());
    let directory = pointer!(failed_request_tracing?.directory);
    draft.spec.failed_request_tracing = Some(FailedRequestTracingSpec {
        status_codes: said("statusCodes").unwrap_or_default().replace(' ', ""),
        time_taken: time_taken.filter(|span| span.seconds() > 0),
        directory: draft.read(directory, &switch(server, "directory")).unwrap_or_default(),
        max_log_files: switch(server, "maxLogFiles").parse().unwrap_or(usual.max_log_files),
    });
}

/// An attribute of the switch: the site's own, that of all sites' defaults, or IIS's.
fn switch(server: &Server<'_, '_>, name: &str) -> String {
    let host = server.host;
    let defaults = ["system.applicationHost", "sites", "siteDefaults", "traceFailedRequestsLogging"];
    let levels =
        [host.descend(server.site, &["traceFailedRequestsLogging"]), host.descend(host.root(), &defaults)];
    let written = levels.into_iter().flatten().find_map(|level| level.value(name));
    let usual = || attribute(&format!("{SWITCH}@{name}")).and_then(|known| known.default(server.version));
    written.or_else(usual).unwrap_or_default().to_owned()
}
