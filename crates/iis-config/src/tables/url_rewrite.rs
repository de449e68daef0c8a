//! What a front-end server adds to IIS to forward requests: rules of URL Rewrite.
//!
//! This extension is installed separately; its version 2 serves IIS 7.0 and later alike. Version 2.1 added
//! `useOriginalURLEncoding` and `responseCacheDirective` (Microsoft's post "URL Rewrite v2.1",
//! <https://blogs.iis.net/iisteam/url-rewrite-v2-1>). Absent: a site's own rules, and what rewrites responses.

use crate::schema::build::*;
use crate::schema::{Section, TextRule};

/// Schema section `system.webServer/rewrite/globalRules`. These rules see a request before any site does.
pub(super) const GLOBAL_RULES: Section = host_only(
    "system.webServer/rewrite/globalRules",
    "../extensions/url-rewrite-module/url-rewrite-module-configuration-reference",
    element("globalRules").with(&[boolean("useOriginalURLEncoding").or("true")]).of(&list(
        element("rule")
            .with(&[
                text("name").required().key(),
                boolean("enabled").or("true"),
                choice("patternSyntax", &[("ECMAScript", 0), ("Wildcard", 1), ("ExactMatch", 2)])
                    .or("ECMAScript"),
                boolean("stopProcessing").or("false"),
                choice(
                    "responseCacheDirective",
                    &[("Auto", 0), ("Always", 1), ("Never", 2), ("NotIfRuleMatched", 3)],
                )
                .or("Auto"),
            ])
            .holding(&[
                element("match").with(&[
                    non_empty("url"),
                    boolean("ignoreCase").or("true"),
                    boolean("negate").or("false"),
                ]),
                element("conditions")
                    .with(&[
                        choice("logicalGrouping", &[("MatchAll", 0), ("MatchAny", 1)]).or("MatchAll"),
                        boolean("trackAllCaptures").or("false"),
                    ])
                    .of(&list(
                        element("add").with(&[
                            text("input").combined_key(),
                            choice("matchType", &[("Pattern", 0), ("IsFile", 1), ("IsDirectory", 2)])
                                .or("Pattern")
                                .combined_key(),
                            text("pattern").combined_key(),
                            boolean("ignoreCase").or("true").combined_key(),
                            boolean("negate").or("false").combined_key(),
                        ]),
                    )
                    .directives(None, None)),
                element("serverVariables").of(&list(element("set").with(&[
                    named("name", TextRule::Trimmed).required().key(),
                    text("value"),
                    boolean("replace").or("true"),
                ]))
                .directives(None, None)),
                element("action").with(&[
                    choice(
                        "type",
                        &[
                            ("None", 0),
                            ("Rewrite", 1),
                            ("Redirect", 2),
                            ("CustomResponse", 3),
                            ("AbortRequest", 4),
                        ],
                    )
                    .or("None"),
                    named("url", TextRule::Trimmed),
                    boolean("appendQueryString").or("true"),
                    choice(
                        "redirectType",
                        &[("Permanent", 301), ("Found", 302), ("SeeOther", 303), ("Temporary", 307)],
                    )
                    .or("Permanent"),
                    uint("statusCode").outside(300, 307).or("0"),
                    uint("subStatusCode").within(0, 999).or("0"),
                    text("statusReason"),
                    text("statusDescription"),
                ]),
            ]),
    )),
);

/// Schema section `system.webServer/rewrite/allowedServerVariables`: the variables that rules of sites and folders
/// may set. Global rules do not need this permission.
pub(super) const ALLOWED_SERVER_VARIABLES: Section = locked(
    "system.webServer/rewrite/allowedServerVariables",
    "../extensions/url-rewrite-module/setting-http-request-headers-and-iis-server-variables",
    element("allowedServerVariables").of(&list(element("add").with(&[text("name").required().key()]))),
);
