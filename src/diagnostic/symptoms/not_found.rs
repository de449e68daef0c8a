//! Nothing there, or not to be had in this way: 404, 405, 411, 413.

use super::{Cause, Symptom};
use crate::diagnostic::Code;

/// What request filtering denies although the compiled web.config clears its lists.
const fn not_in_place(why: &'static str) -> Cause {
    Cause::new(
        why,
        "build, and copy web.config again",
        &["virtualDirectory.physicalPath"],
        &[],
        &["route", "plan", "diff"],
    )
}

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "404",
        what: "Kallithea has no such page, or IIS no such file",
        causes: &[
            Cause::new(
                "the path below the application is not Kallithea's; its own page of this status says so",
                "run route with the URL: it prints the SCRIPT_NAME and PATH_INFO that Kallithea gets",
                &["virtualDirectory.path"],
                &[Code::BadVirtualDirectory],
                &["route", "serve"],
            ),
            Cause::new(
                "sc-substatus is 0 in IIS's log, and the bridge's has no line: the request went to the static files, not to the bridge",
                "run apply",
                &["site.name", "virtualDirectory.path"],
                &[],
                &["plan", "route"],
            ),
        ],
    },
    Symptom {
        name: "404.2",
        what: "the ISAPI restriction does not let the DLL run",
        causes: &[Cause::new(
            "isapiCgiRestriction has no entry for exactly this path of the DLL",
            "run apply, or step 7 of the runbook",
            &["bridge.directory"],
            &[Code::ConfigServerOnly],
            &["plan", "route"],
        )],
    },
    Symptom {
        name: "404.3",
        what: "no handler mapping but that for static files takes the request",
        causes: &[
            Cause::new(
                "the pool's bitness is not that of the mapping, which is then passed over",
                "give the pool the bitness of Python",
                &["target.architecture", "applicationPool.enable32BitAppOnWin64"],
                &[Code::BitnessMismatch],
                &["route"],
            ),
            Cause::new(
                "the mapping is not there",
                "run apply",
                &[],
                &[Code::SectionTaken],
                &["plan", "route"],
            ),
        ],
    },
    Symptom {
        name: "404.4",
        what: "no handler mapping takes the request",
        causes: &[Cause::new(
            "as for 404.3, on a server without the static files' mapping",
            "run apply",
            &["target.architecture"],
            &[Code::BitnessMismatch],
            &["plan", "route"],
        )],
    },
    Symptom {
        name: "404.5",
        what: "request filtering denies a sequence in the URL",
        causes: &[not_in_place(
            "a level above the application denies it; the compiled web.config lets it through, and it is not in place, or was edited",
        )],
    },
    Symptom {
        name: "404.6",
        what: "request filtering denies the method",
        causes: &[not_in_place(
            "a level above the application denies it; the compiled web.config lets it through, and it is not in place, or was edited",
        )],
    },
    Symptom {
        name: "404.7",
        what: "request filtering denies the file extension",
        causes: &[not_in_place(
            "IIS denies .config, .cs and others, which are files in somebody's repository; the compiled web.config lets them through, and it is not in place, or was edited",
        )],
    },
    Symptom {
        name: "404.8",
        what: "request filtering hides a segment of the URL",
        causes: &[not_in_place(
            "IIS hides bin, App_Data, web.config and others, and a level above the application may hide more, which are folders in somebody's repository; the compiled web.config takes all off the list, and it is not in place, or was edited",
        )],
    },
    Symptom {
        name: "404.10",
        what: "a header is longer than request filtering lets in",
        causes: &[Cause::new(
            "a level above the application limits it (headerLimits)",
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
            "every + in a URL does, as in a branch c++; the compiled web.config allows it, and it is not in place, or was edited",
        )],
    },
    Symptom {
        name: "404.12",
        what: "the URL holds letters beyond ASCII",
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
        what: "the body is larger than IIS lets in; later versions log 413.1",
        causes: &[Cause::new(
            "a push is one request, and this is the largest",
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
            "raise it; HTTP.sys has a limit of its own",
            &["requestLimits.maxUrl"],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "404.15",
        what: "the query string is too long",
        causes: &[Cause::new(
            "a client asks with a longer query than the limit",
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
            "allow it for the application, or take it out there",
            &[],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "404.19",
        what: "a filtering rule denies the request",
        causes: &[Cause::new(
            "a level above the application has a rule for its URL, query or headers (filteringRules)",
            "take the rule out there, or remove it for the application",
            &[],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "404.20",
        what: "the URL has too many parts",
        causes: &[Cause::new(
            "a path in a repository has more folders than the site's limits let in (maxUrlSegments, 32 by default); an existing site keeps its own limits",
            "raise maxUrlSegments of that site, or give the deployment a site of its own",
            &["site.existing"],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "405",
        what: "the method is not allowed",
        causes: &[Cause::new(
            "WebDAV answers PUT and its own methods before the bridge; the compiled <location> takes it out",
            "run apply",
            &[],
            &[Code::SectionTaken],
            &["plan", "route"],
        )],
    },
    Symptom {
        name: "411",
        what: "the client sends a body without saying how long",
        causes: &[Cause::new(
            "a proxy before IIS wants a length; IIS and the bridge take bodies of unknown length",
            "set git config http.postBuffer above the push, or change the proxy",
            &[],
            &[],
            &[],
        )],
    },
    Symptom {
        name: "413.1",
        what: "the body is larger than IIS lets in",
        causes: &[
            Cause::new(
                "a push is one request, and this is the largest; IIS's own limit is 30,000,000 bytes",
                "raise the limit; 4,294,967,295 is the most",
                &["requestLimits.maxAllowedContentLength"],
                &[Code::BodyLimitTooSmall, Code::BodyLimitTooLarge],
                &["route"],
            ),
            Cause::new(
                "in a farm: the front has a limit of its own, and its log has the line",
                "apply --front",
                &["requestLimits.maxAllowedContentLength"],
                &[],
                &["plan"],
            ),
            Cause::new(
                "a form, or a call of Kallithea's API, is more than the bridge takes in: the page says so, and IIS's log has 413 0",
                "raise the limit",
                &["bridge.limits.formSize", "bridge.limits.formFields"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "431",
        what: "a header is longer than request filtering lets in; other versions log 404.10",
        causes: &[Cause::new(
            "a level above the application limits it (headerLimits)",
            "raise the limit there",
            &[],
            &[],
            &["route"],
        )],
    },
];
