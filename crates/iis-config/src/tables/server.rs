//! How the server handles requests and responses: errors, headers, compression, runtime, WebSocket, warm-up.

use crate::Version::{V7_5, V8_0};
use crate::schema::build::*;
use crate::schema::{Collection, Section};

/// How IIS answers with an error page.
const RESPONSE_MODES: &[(&str, u32)] = &[("File", 0), ("ExecuteURL", 1), ("Redirect", 2)];

/// Schema section `system.webServer/httpErrors`.
pub(super) const HTTP_ERRORS: Section = open(
    "system.webServer/httpErrors",
    "system.webserver/httperrors",
    element("httpErrors")
        .with(&[
            choice("errorMode", &[("DetailedLocalOnly", 0), ("Custom", 1), ("Detailed", 2)])
                .or("DetailedLocalOnly"),
            choice("existingResponse", &[("Auto", 0), ("Replace", 1), ("PassThrough", 2)]).or("Auto"),
            text("defaultPath"),
            choice("defaultResponseMode", RESPONSE_MODES).or("File"),
            text("detailedMoreInformationLink").or("http://go.microsoft.com/fwlink/?LinkID=62293"),
            boolean("allowAbsolutePathsWhenDelegated").or("false"),
        ])
        .of(&list(element("error").with(&[
            uint("statusCode").within(400, 999).required().combined_key(),
            int("subStatusCode").within(-1, 999).or("-1").combined_key(),
            text("prefixLanguageFilePath").or(""),
            non_empty("path").required(),
            choice("responseMode", RESPONSE_MODES).or("File"),
        ]))),
);

/// Schema section `system.webServer/httpProtocol`.
pub(super) const HTTP_PROTOCOL: Section = open(
    "system.webServer/httpProtocol",
    "system.webserver/httpprotocol",
    element("httpProtocol")
        .with(&[boolean("allowKeepAlive").or("true")])
        .holding(&[element("customHeaders").of(HEADERS), element("redirectHeaders").of(HEADERS)]),
);

const HEADERS: &Collection =
    &list(element("add").with(&[text("name").key(), text("value").case_sensitive()]));

/// Schema section `system.webServer/urlCompression`.
pub(super) const URL_COMPRESSION: Section = open(
    "system.webServer/urlCompression",
    "system.webserver/urlcompression",
    element("urlCompression").with(&[
        boolean("doStaticCompression").or("true"),
        boolean("doDynamicCompression").or("false").or_from(V7_5, "true"),
        boolean("dynamicCompressionBeforeCache").or("false"),
    ]),
);

/// Schema section `system.webServer/serverRuntime`.
pub(super) const SERVER_RUNTIME: Section = locked(
    "system.webServer/serverRuntime",
    "system.webserver/serverruntime",
    element("serverRuntime").with(&[
        boolean("enabled").or("true"),
        uint("appConcurrentRequestLimit").or("5000"),
        uint("maxRequestEntityAllowed").or("4294967295"),
        uint("uploadReadAheadSize").within(0, 2_147_483_647).or("49152"),
        text("alternateHostName"),
        boolean("enableNagling").or("false"),
        uint("frequentHitThreshold").within(1, 2_147_483_647).or("2"),
        time_span("frequentHitTimePeriod").or("00:00:10"),
        choice("authenticatedUserOverride", &[("UseAuthenticatedUser", 1), ("UseWorkerProcessUser", 2)])
            .or("UseAuthenticatedUser")
            .since(V7_5),
    ]),
);

/// Schema section `system.webServer/webSocket`.
pub(super) const WEB_SOCKET: Section = locked(
    "system.webServer/webSocket",
    "system.webserver/websocket",
    element("webSocket").since(V8_0).with(&[
        boolean("enabled").or("true"),
        uint("receiveBufferLimit").within(4096, 2_147_483_647).or("4194304"),
        time_span("pingInterval").within(0, 86_400).or("00:00:00"),
    ]),
);

/// Schema section `system.webServer/applicationInitialization`.
pub(super) const APPLICATION_INITIALIZATION: Section = open(
    "system.webServer/applicationInitialization",
    "system.webserver/applicationinitialization",
    element("applicationInitialization")
        .since(V8_0)
        .with(&[
            text("remapManagedRequestsTo").or(""),
            boolean("skipManagedModules").or("false"),
            boolean("doAppInitAfterRestart").or("false"),
        ])
        .of(&list(
            element("add").with(&[text("initializationPage").required().key(), text("hostName").or("")]),
        )),
)
.down_to_application();
