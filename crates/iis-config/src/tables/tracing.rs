//! Failed request tracing: which requests IIS traces, and what the trace contains.

use crate::Version::V10_0;
use crate::schema::Section;
use crate::schema::build::*;

/// Schema section `system.webServer/tracing/traceFailedRequests`. IIS traces nothing unless the site's
/// `traceFailedRequestsLogging` is also on.
pub(super) const TRACE_FAILED_REQUESTS: Section = open(
    "system.webServer/tracing/traceFailedRequests",
    "system.webserver/tracing/tracefailedrequests",
    element("traceFailedRequests").of(&list(
        element("add")
            .with(&[
                text("path").key(),
                text("customActionExe"),
                text("customActionParams"),
                uint("customActionTriggerLimit").within(0, 10_000).or("1"),
            ])
            .holding(&[
                element("traceAreas").of(&list(
                    element("add").with(&[
                        text("provider").required().key(),
                        text("areas"),
                        choice(
                            "verbosity",
                            &[
                                ("General", 0),
                                ("CriticalError", 1),
                                ("Error", 2),
                                ("Warning", 3),
                                ("Information", 4),
                                ("Verbose", 5),
                            ],
                        )
                        .or("Warning"),
                    ]),
                )),
                element("failureDefinitions").with(&[
                    time_span("timeTaken").or("00:00:00"),
                    text("statusCodes"),
                    choice("verbosity", &[("Ignore", 0), ("CriticalError", 1), ("Error", 2), ("Warning", 3)])
                        .or("Ignore"),
                    boolean("traceAllAfterTimeout").or("false").since(V10_0),
                ]),
            ]),
    )),
);
