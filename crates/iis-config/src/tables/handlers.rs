//! What answers a request: handler mappings, modules, and the list of ISAPI extensions that may run.

use crate::schema::Section;
use crate::schema::build::*;

/// Schema section `system.webServer/handlers`. The order of the entries matters; those of a deeper level come first.
pub(super) const HANDLERS: Section = locked(
    "system.webServer/handlers",
    "system.webserver/handlers",
    element("handlers")
        .with(&[flags(
            "accessPolicy",
            &[
                ("None", 0),
                ("Read", 1),
                ("Write", 2),
                ("Execute", 4),
                ("Source", 16),
                ("Script", 512),
                ("NoRemoteWrite", 1024),
                ("NoRemoteRead", 4096),
                ("NoRemoteExecute", 8192),
                ("NoRemoteScript", 16_384),
            ],
        )
        .or("Read")])
        .of(&list(
            element("add").with(&[
                non_empty("name").case_sensitive().required().key(),
                non_empty("path").required(),
                text("verb").case_sensitive().required(),
                text("type").case_sensitive(),
                text("modules").case_sensitive().or("ManagedPipelineHandler"),
                text("scriptProcessor"),
                choice("resourceType", &[("File", 0), ("Directory", 1), ("Either", 2), ("Unspecified", 3)])
                    .or("Unspecified"),
                choice(
                    "requireAccess",
                    &[("None", 0), ("Read", 1), ("Write", 2), ("Script", 3), ("Execute", 4)],
                )
                .or("Script"),
                boolean("allowPathInfo").or("false"),
                text("preCondition").case_sensitive(),
                uint("responseBufferLimit").or("4194304"),
            ]),
        )
        .prepending()),
);

/// Schema section `system.webServer/modules`. The entries of a deeper level go to the end, unlike those of `handlers`.
pub(super) const MODULES: Section = locked(
    "system.webServer/modules",
    "system.webserver/modules",
    element("modules")
        .with(&[
            boolean("runAllManagedModulesForAllRequests").or("false"),
            boolean("runManagedModulesForWebDavRequests").or("false"),
        ])
        .of(&list(element("add").with(&[
            non_empty("name").case_sensitive().required().key(),
            text("type").case_sensitive(),
            text("preCondition").case_sensitive(),
        ]))),
)
.down_to_application();

/// Schema section `system.webServer/security/isapiCgiRestriction`. IIS answers 404.2 if it does not allow an
/// extension.
pub(super) const ISAPI_CGI_RESTRICTION: Section = host_only(
    "system.webServer/security/isapiCgiRestriction",
    "system.webserver/security/isapicgirestriction",
    element("isapiCgiRestriction")
        .with(&[boolean("notListedIsapisAllowed").or("false"), boolean("notListedCgisAllowed").or("false")])
        .of(&list(element("add").with(&[
            non_empty("path").required().key(),
            boolean("allowed").required().or("false"),
            text("groupId"),
            text("description"),
        ]))),
);
