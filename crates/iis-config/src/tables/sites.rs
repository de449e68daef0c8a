//! Sites, their bindings, applications and virtual directories.

use super::{LOGON_METHODS, NO_PASSWORD};
use crate::Version::{V7_5, V8_0, V8_5};
use crate::schema::build::*;
use crate::schema::{Attribute, Element, Section, TextRule};

/// Schema section `system.applicationHost/sites`. A binding's certificate is not here: HTTP.sys keeps it. `netsh http
/// add sslcert` or the binding's AddSslCertificate method sets it.
pub(super) const SITES: Section = host_only(
    "system.applicationHost/sites",
    "system.applicationhost/sites",
    element("sites").of(&list(SITE).directives(None, None)).holding(&[
        element("siteDefaults")
            .with(&[named("name", TextRule::SiteName), uint("id")])
            .sharing(SERVER_AUTO_START)
            .holding(&[BINDINGS, LIMITS, LOG_FILE_DEFAULTS, TRACE_LOGGING_DEFAULTS]),
        APPLICATION_DEFAULTS.with(&[
            named("path", TextRule::ApplicationPath),
            named("applicationPool", TextRule::ApplicationPoolName),
            text("enabledProtocols").or("http"),
        ]),
        VIRTUAL_DIRECTORY_DEFAULTS,
    ]),
);

/// Page `system.applicationhost/sites/site`. The name and the id must each be unique.
const SITE: Element = element("site")
    .with(&[named("name", TextRule::SiteName).required().key(), uint("id").required().key()])
    .sharing(SERVER_AUTO_START)
    .of(&list(APPLICATION).directives(None, None))
    .holding(&[
        BINDINGS,
        LIMITS,
        LOG_FILE,
        TRACE_LOGGING,
        APPLICATION_DEFAULTS
            .with(&[named("path", TextRule::ApplicationPath)])
            .sharing(APPLICATION_ATTRIBUTES),
        VIRTUAL_DIRECTORY_DEFAULTS,
    ]);

const SERVER_AUTO_START: &[Attribute] = &[boolean("serverAutoStart").or("true")];

/// Page `system.applicationhost/sites/site/bindings/binding`. The values of `sslFlags` are in `limits`.
const BINDINGS: Element = element("bindings").of(&list(element("binding").with(&[
    non_empty("protocol").required().combined_key(),
    non_empty("bindingInformation").required().combined_key(),
    uint("sslFlags").or("0").since(V8_0),
]))
.directives(None, Some("clear")));

/// Page `system.applicationhost/sites/site/limits`. IIS refuses a bandwidth below 1024 bytes per second.
const LIMITS: Element = element("limits").with(&[
    uint("maxBandwidth").outside(0, 1023).or("4294967295"),
    uint("maxConnections").or("4294967295"),
    time_span("connectionTimeout").within(0, 65_535).or("00:02:00"),
    uint("maxUrlSegments").within(0, 16_383).or("32").since(V8_0),
]);

/// Page `system.applicationhost/sites/site/application`.
const APPLICATION: Element = element("application")
    .with(&[named("path", TextRule::ApplicationPath).required().key()])
    .sharing(APPLICATION_ATTRIBUTES)
    .of(&list(
        element("virtualDirectory")
            .with(&[named("path", TextRule::VirtualDirectoryPath).key()])
            .sharing(VIRTUAL_DIRECTORY),
    )
    .directives(None, None))
    .holding(&[VIRTUAL_DIRECTORY_DEFAULTS]);

const APPLICATION_ATTRIBUTES: &[Attribute] = &[
    named("applicationPool", TextRule::ApplicationPoolName),
    text("enabledProtocols").or("http"),
    boolean("serviceAutoStartEnabled").or("false").since(V7_5),
    text("serviceAutoStartProvider").since(V7_5),
    boolean("preloadEnabled").or("false").since(V8_0),
];

const APPLICATION_DEFAULTS: Element = element("applicationDefaults");

/// Page `system.applicationhost/sites/site/application/virtualdirectory`.
const VIRTUAL_DIRECTORY: &[Attribute] = &[
    text("physicalPath"),
    text("userName"),
    text("password").case_sensitive().or(NO_PASSWORD),
    choice("logonMethod", LOGON_METHODS).or("ClearText"),
    boolean("allowSubDirConfig").or("true"),
];

const VIRTUAL_DIRECTORY_DEFAULTS: Element = element("virtualDirectoryDefaults")
    .with(&[named("path", TextRule::VirtualDirectoryPath)])
    .sharing(VIRTUAL_DIRECTORY);

/// Page `system.applicationhost/sites/site/tracefailedrequestslogging`.
const TRACE_LOGGING: Element = element("traceFailedRequestsLogging")
    .with(&[text("directory").or(r"%SystemDrive%\inetpub\logs\FailedReqLogFiles")])
    .sharing(TRACE_LOGGING_ATTRIBUTES);

/// In the defaults of all sites the folder is different.
const TRACE_LOGGING_DEFAULTS: Element = element("traceFailedRequestsLogging")
    .with(&[text("directory").or(r"%SystemDrive%\inetpub\FailedReqLogFiles")])
    .sharing(TRACE_LOGGING_ATTRIBUTES);

const TRACE_LOGGING_ATTRIBUTES: &[Attribute] = &[
    boolean("enabled").or("false"),
    uint("maxLogFiles").within(1, 10_000).or("50"),
    uint("maxLogFileSizeKB").within(0, 1_048_576).or("512").or_from(V8_0, "1024"),
    boolean("customActionsEnabled").or("false"),
];

const LOG_FOLDER: &str = r"%SystemDrive%\inetpub\logs\LogFiles";

/// Page `system.applicationhost/sites/site/logfile`.
const LOG_FILE: Element = element("logFile")
    .with(&[non_empty("directory").or(LOG_FOLDER)])
    .sharing(LOG_FILE_ATTRIBUTES)
    .holding(&[CUSTOM_FIELDS]);

/// In the defaults of all sites the folder may be empty.
const LOG_FILE_DEFAULTS: Element = element("logFile")
    .with(&[text("directory").or(LOG_FOLDER)])
    .sharing(LOG_FILE_ATTRIBUTES)
    .holding(&[CUSTOM_FIELDS]);

const LOG_FILE_ATTRIBUTES: &[Attribute] = &[
    flags("logExtFileFlags", LOG_FIELDS)
        .or("Date, Time, ClientIP, UserName, ServerIP, Method, UriStem, UriQuery, TimeTaken, HttpStatus, \
             Win32Status, ServerPort, UserAgent, HttpSubStatus")
        .or_from(
            V8_0,
            "Date, Time, ClientIP, UserName, ServerIP, Method, UriStem, UriQuery, TimeTaken, HttpStatus, \
             Win32Status, ServerPort, UserAgent, HttpSubStatus, Referer",
        ),
    text("customLogPluginClsid").or(""),
    choice("logFormat", &[("IIS", 0), ("NCSA", 1), ("W3C", 2), ("Custom", 3)]).or("W3C"),
    flags("logTargetW3C", &[("File", 1), ("ETW", 2)]).or("File").since(V8_5),
    choice("period", &[("MaxSize", 0), ("Daily", 1), ("Weekly", 2), ("Monthly", 3), ("Hourly", 4)])
        .or("Daily"),
    int64("truncateSize").within(1_048_576, 4_294_967_295).or("20971520"),
    boolean("localTimeRollover").or("false"),
    boolean("enabled").or("true"),
    boolean("logSiteId").or("true").since(V8_0),
    uint("flushByEntryCountW3CLog").or("0").since(V8_5),
    uint("maxLogLineLength").within(2, 65_536).or("65536").since(V8_5),
];

const LOG_FIELDS: &[(&str, u32)] = &[
    ("Date", 1),
    ("Time", 2),
    ("ClientIP", 4),
    ("UserName", 8),
    ("SiteName", 16),
    ("ComputerName", 32),
    ("ServerIP", 64),
    ("Method", 128),
    ("UriStem", 256),
    ("UriQuery", 512),
    ("HttpStatus", 1024),
    ("Win32Status", 2048),
    ("BytesSent", 4096),
    ("BytesRecv", 8192),
    ("TimeTaken", 16_384),
    ("ServerPort", 32_768),
    ("UserAgent", 65_536),
    ("Cookie", 131_072),
    ("Referer", 262_144),
    ("ProtocolVersion", 524_288),
    ("Host", 1_048_576),
    ("HttpSubStatus", 2_097_152),
];

/// Page `system.applicationhost/sites/site/logfile/customfields`.
const CUSTOM_FIELDS: Element = element("customFields")
    .since(V8_5)
    .with(&[uint("maxCustomFieldLength").within(2, 65_536).or("4096")])
    .of(&list(
        element("add").with(&[
            non_empty("logFieldName").required().key(),
            non_empty("sourceName").required(),
            choice("sourceType", &[("RequestHeader", 0), ("ResponseHeader", 1), ("ServerVariable", 2)])
                .required(),
        ]),
    )
    .directives(None, Some("clear")));
