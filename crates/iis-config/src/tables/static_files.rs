//! How the server answers with files: their types and caching, the page of a folder, and the list of its files.

use crate::Version::V8_0;
use crate::schema::Section;
use crate::schema::build::*;

/// Schema section `system.webServer/staticContent`.
pub(super) const STATIC_CONTENT: Section = open(
    "system.webServer/staticContent",
    "system.webserver/staticcontent",
    element("staticContent")
        .with(&[
            text("defaultDocFooter").case_sensitive(),
            boolean("isDocFooterFileName").or("false"),
            boolean("enableDocFooter").or("false"),
        ])
        .holding(&[element("clientCache").with(&[
            choice(
                "cacheControlMode",
                &[("NoControl", 0), ("DisableCache", 1), ("UseMaxAge", 2), ("UseExpires", 3)],
            )
            .or("NoControl"),
            time_span("cacheControlMaxAge").or("1.00:00:00"),
            text("httpExpires"),
            text("cacheControlCustom"),
            boolean("setEtag").or("true").since(V8_0),
        ])])
        .of(&list(element("mimeMap").with(&[
            non_empty("fileExtension").any_text_from(V8_0).required().key(),
            non_empty("mimeType").required(),
        ]))),
);

/// Schema section `system.webServer/defaultDocument`. The entries of a deeper level come first.
pub(super) const DEFAULT_DOCUMENT: Section = open(
    "system.webServer/defaultDocument",
    "system.webserver/defaultdocument",
    element("defaultDocument")
        .with(&[boolean("enabled").or("true")])
        .holding(&[element("files").of(&list(element("add").with(&[text("value").key()])).prepending())]),
);

/// Schema section `system.webServer/directoryBrowse`.
pub(super) const DIRECTORY_BROWSE: Section = open(
    "system.webServer/directoryBrowse",
    "system.webserver/directorybrowse",
    element("directoryBrowse").with(&[
        boolean("enabled").or("false"),
        flags(
            "showFlags",
            &[("None", 0), ("Date", 2), ("Time", 4), ("Size", 8), ("Extension", 16), ("LongDate", 32)],
        )
        .or("Date, Time, Size, Extension"),
    ]),
);
