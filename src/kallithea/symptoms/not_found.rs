//! Not found, or not available in this way: 404, 405, 411, 413.
//!
//! Without the bridge's mapping, the mapping for static files takes every request (page
//! `iis/configuration/system.webserver/handlers` of Microsoft's reference): 404.0, since there is no such file, 403.14 for the
//! folder itself, 405 for a method that it does not serve (page "HTTP Error 405.0",
//! <https://learn.microsoft.com/en-us/troubleshoot/developer/webapps/iis/health-diagnostic-performance/http-error-405-website>), and 404.3 only for a
//! file whose extension has no MIME type. For the limits of request filtering, the page
//! `iis/configuration/system.webserver/security/requestfiltering/requestlimits` has 413.1 and 431; it had 404.13 and 404.10 before, as "HTTP status
//! codes in IIS" still has. IIS 10.0 was seen with 404.13 (<https://github.com/MicrosoftDocs/iis-docs/issues/269>), and the page says that no version
//! changed the element: so the updates of the server decide, and no page names them.

use crate::diagnostic::Code;
use crate::diagnostic::symptoms::{Cause, Symptom};

/// What request filtering denies although the compiled web.config clears its lists.
const fn not_in_place(why: &'static str) -> Cause {
    Cause::new(
        why,
        "run build, and copy web.config again",
        &["virtualDirectory.physicalPath"],
        &[],
        &["route", "plan", "diff"],
    )
}

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "404",
        what: "Kallithea has no such page, or IIS has no such file",
        causes: &[
            Cause::new(
                "Kallithea does not know the path below the application; its own error page says so",
                "run route with the URL, which prints the SCRIPT_NAME and PATH_INFO that Kallithea gets",
                &["virtualDirectory.path"],
                &[Code::BadVirtualDirectory],
                &["route", "serve"],
            ),
            Cause::new(
                "sc-substatus is 0 in IIS's log, and the bridge's log has no line: the static file handler \
                 took the request, since the bridge's handler mapping is missing, or the pool has another bitness",
                "run apply, and give the pool the bitness of Python",
                &["site.name", "virtualDirectory.path", "applicationPool.enable32BitAppOnWin64"],
                &[Code::PoolBitness],
                &["plan", "route"],
            ),
        ],
    },
    Symptom {
        name: "404.2",
        what: "the ISAPI restriction does not allow the DLL",
        causes: &[Cause::new(
            "isapiCgiRestriction has no entry for exactly this path of the DLL",
            "run apply, or follow step 7 of the runbook",
            &["bridge.directory"],
            &[Code::ConfigServerOnly],
            &["plan", "route"],
        )],
    },
    Symptom {
        name: "404.3",
        what: "only the handler mapping for static files matches the request, and a file of this name exists; without a file \
            it is 404.0",
        causes: &[
            Cause::new(
                "the pool and the handler mapping do not have the same bitness, so IIS skips the mapping",
                "give the pool the bitness of Python",
                &["target.architecture", "applicationPool.enable32BitAppOnWin64"],
                &[Code::BitnessMismatch, Code::PoolBitness],
                &["route"],
            ),
            Cause::new(
                "the handler mapping is missing",
                "run apply",
                &[],
                &[Code::SectionTaken],
                &["plan", "route"],
            ),
        ],
    },
    Symptom {
        name: "404.4",
        what: "no handler mapping matches the request",
        causes: &[Cause::new(
            "the bridge's mapping is missing, or the pool has another bitness; the server has no mapping for static \
             files",
            "run apply, and give the pool the bitness of Python",
            &["target.architecture"],
            &[Code::BitnessMismatch, Code::PoolBitness],
            &["plan", "route"],
        )],
    },
    Symptom {
        name: "404.5",
        what: "request filtering denies a sequence in the URL",
        causes: &[not_in_place(
            "a level above the application denies it; the compiled web.config, which allows it, is missing \
             or was edited",
        )],
    },
    Symptom {
        name: "404.6",
        what: "request filtering denies the method",
        causes: &[not_in_place(
            "a level above the application denies it; the compiled web.config, which allows it, is missing \
             or was edited",
        )],
    },
    Symptom {
        name: "404.7",
        what: "request filtering denies the file extension",
        causes: &[not_in_place(
            "IIS denies .config, .cs and others, which can be files in a repository; the compiled \
             web.config, which allows them, is missing or was edited",
        )],
    },
    Symptom {
        name: "404.8",
        what: "request filtering hides a segment of the URL",
        causes: &[not_in_place(
            "IIS hides bin, App_Data, web.config and others, which can be names in a repository; the \
             compiled web.config, which clears the list, is missing or was edited",
        )],
    },
    Symptom {
        name: "404.10",
        what: "a header is longer than request filtering allows; IIS says 404.10 or 431, depending on the updates of the server",
        causes: &[Cause::new(
            "a level above the application limits the header (headerLimits)",
            "raise the limit there",
            &[],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "404.11",
        what: "the URL changes when it is decoded a second time",
        causes: &[not_in_place(
            "every + in a URL does, as in a branch c++; the compiled web.config, which allows it, is missing \
             or was edited",
        )],
    },
    Symptom {
        name: "404.12",
        what: "the URL contains letters beyond ASCII",
        causes: &[Cause::new(
            "a level above the application forbids them (allowHighBitCharacters)",
            "allow them for the application",
            &[],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "404.13",
        what: "the body is larger than IIS allows; IIS says 404.13 or 413.1, depending on the updates of the server",
        causes: &[Cause::new(
            "a push is one request, and this one is larger than the limit",
            "raise the limit",
            &["requestLimits.maxAllowedContentLength"],
            &[Code::BodyLimitTooSmall, Code::BodyLimitTooLarge],
            &["route"],
        )],
    },
    Symptom {
        name: "404.14",
        what: "the URL is too long",
        causes: &[Cause::new(
            "a path in a repository is longer than the limit",
            "raise the limit; HTTP.sys has its own limit, too",
            &["requestLimits.maxUrl"],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "404.15",
        what: "the query string is too long",
        causes: &[Cause::new(
            "a client sends a query that is longer than the limit",
            "raise the limit",
            &["requestLimits.maxQueryString"],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "404.18",
        what: "request filtering denies a sequence in the query string",
        causes: &[Cause::new(
            "a level above the application denies it (denyQueryStringSequences)",
            "allow it for the application, or remove it on that level",
            &[],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "404.19",
        what: "a filtering rule denies the request",
        causes: &[Cause::new(
            "a level above the application has a rule for the URL, query or headers (filteringRules)",
            "remove the rule on that level, or remove it for the application",
            &[],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "404.20",
        what: "the URL has too many parts",
        causes: &[Cause::new(
            "a path in a repository has more folders than the site allows (maxUrlSegments, 32 by default); \
             an existing site keeps its own limits",
            "raise maxUrlSegments of that site, or give the deployment a site of its own",
            &["site.existing"],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "405",
        what: "the method is not allowed",
        causes: &[
            Cause::new(
                "WebDAV answers PUT and its own methods before the bridge; the compiled <location>, which \
                 removes WebDAV, is missing",
                "run apply",
                &[],
                &[Code::SectionTaken],
                &["plan", "route"],
            ),
            Cause::new(
                "the bridge's handler mapping is missing, or the pool has another bitness: the static file handler \
                 takes the request, and refuses POST",
                "run apply, and give the pool the bitness of Python",
                &["applicationPool.enable32BitAppOnWin64"],
                &[Code::BitnessMismatch, Code::PoolBitness],
                &["plan", "route"],
            ),
        ],
    },
    Symptom {
        name: "411",
        what: "the client sends a body without its length",
        causes: &[Cause::new(
            "a proxy in front of IIS requires a length; IIS and the bridge accept bodies of unknown length",
            "set git config http.postBuffer above the size of the push, or change the proxy",
            &[],
            &[],
            &[],
        )],
    },
    Symptom {
        name: "413.1",
        what: "the body is larger than IIS allows; IIS says 404.13 or 413.1, depending on the updates of the server",
        causes: &[
            Cause::new(
                "a push is one request, and this one is larger than the limit; IIS's own limit is 30,000,000 \
                 bytes",
                "raise the limit; the maximum is 4,294,967,295",
                &["requestLimits.maxAllowedContentLength"],
                &[Code::BodyLimitTooSmall, Code::BodyLimitTooLarge],
                &["route"],
            ),
            Cause::new(
                "in a farm, the front has its own limit, and its log has the line",
                "run apply --front",
                &["requestLimits.maxAllowedContentLength"],
                &[],
                &["plan"],
            ),
            Cause::new(
                "a form, or a call of Kallithea's API, is larger than the bridge allows: the page says so, \
                 and IIS's log has 413 0",
                "raise the limit",
                &["bridge.limits.formSize", "bridge.limits.formFields"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "431",
        what: "a header is longer than request filtering allows; IIS says 404.10 or 431, depending on the updates of the server",
        causes: &[Cause::new(
            "a level above the application limits the header (headerLimits)",
            "raise the limit there",
            &[],
            &[],
            &["route"],
        )],
    },
];
