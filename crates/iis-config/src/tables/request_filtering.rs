//! Request filtering: what IIS refuses before any handler sees it.

use crate::Version::V10_0;
use crate::schema::build::*;
use crate::schema::{Attribute, Element, Section};

/// Schema section `system.webServer/security/requestFiltering`. In 7.0 the always-allowed lists, the query string
/// sequences and the filtering rules came with an update (KB 957508); we assume that it is installed.
pub(super) const REQUEST_FILTERING: Section = open(
    "system.webServer/security/requestFiltering",
    "system.webserver/security/requestfiltering",
    element("requestFiltering")
        .with(&[
            boolean("allowDoubleEscaping").or("false"),
            boolean("allowHighBitCharacters").or("true"),
            boolean("unescapeQueryString").or("true"),
            // Microsoft's schema misspells the attribute that would give the default, so there is none.
            boolean("removeServerHeader").since(V10_0),
        ])
        .holding(&[
            element("fileExtensions").with(UNLISTED).of(&list(element("add").with(&[
                non_empty("fileExtension").required().key(),
                boolean("allowed").required().or("true"),
            ]))),
            REQUEST_LIMITS,
            element("verbs").with(UNLISTED).of(&list(element("add").with(&[
                non_empty("verb").case_sensitive().required().key(),
                boolean("allowed").required(),
            ]))),
            element("hiddenSegments")
                .with(&[boolean("applyToWebDAV").or("true")])
                .of(&list(element("add").with(&[non_empty("segment").required().key()]))),
            element("alwaysAllowedUrls").of(&list(element("add").with(&[non_empty("url").required().key()]))),
            element("alwaysAllowedQueryStrings")
                .of(&list(element("add").with(&[non_empty("queryString").required().key()]))),
            element("denyUrlSequences")
                .of(&list(element("add").with(&[non_empty("sequence").required().key()]))),
            element("denyQueryStringSequences")
                .of(&list(element("add").with(&[non_empty("sequence").required().key()]))),
            FILTERING_RULES,
        ]),
);

const UNLISTED: &[Attribute] = &[boolean("allowUnlisted").or("true"), boolean("applyToWebDAV").or("true")];

/// Page `system.webserver/security/requestfiltering/requestlimits`. All three count bytes; see `limits`.
const REQUEST_LIMITS: Element = element("requestLimits")
    .with(&[
        uint("maxAllowedContentLength").or("30000000"),
        uint("maxUrl").or("4096"),
        uint("maxQueryString").or("2048"),
    ])
    .holding(&[element("headerLimits").of(&list(
        element("add").with(&[non_empty("header").required().key(), uint("sizeLimit").required()]),
    ))]);

/// Page `system.webserver/security/requestfiltering/filteringrules`.
const FILTERING_RULES: Element = element("filteringRules").of(&list(
    element("filteringRule")
        .with(&[
            text("name").required().key(),
            boolean("scanUrl").or("false"),
            boolean("scanQueryString").or("false"),
            boolean("scanAllRaw").or("false"),
            boolean("denyUnescapedPercent").or("true"),
        ])
        .holding(&[
            element("scanHeaders")
                .of(&list(element("add").with(&[non_empty("requestHeader").required().key()]))),
            element("appliesTo")
                .of(&list(element("add").with(&[non_empty("fileExtension").required().key()]))),
            element("denyStrings").of(&list(element("add").with(&[non_empty("string").required().key()]))),
        ]),
));
