//! What a front-end server adds to IIS to forward requests: the server farms of Application Request Routing.
//!
//! This extension is installed separately; its version 3 serves IIS 7.0 and later alike. The section `webFarms` is shared with
//! the Web Farm Framework, to which the upper half of a farm's attributes belongs. Absent: the disk cache.

use super::NO_PASSWORD;
use crate::schema::build::*;
use crate::schema::{Attribute, Element, Section, TextRule};

/// The attributes that the proxy of a whole server and that of one farm have in common.
const PASSING_ON: &[Attribute] = &[
    choice("httpVersion", &[("Http10", 0), ("Http11", 1), ("PassThrough", 2)]).or("PassThrough"),
    boolean("keepAlive").or("true"),
    text("xForwardedByHeaderName").or("X-Forwarded-By"),
    text("xForwardedByHeader"),
    text("xForwardedForHeaderName").or("X-Forwarded-For"),
    boolean("includePortInXForwardedFor").or("true"),
    boolean("arrResponseHeader").or("true"),
    text("sslHeaderName").or("X-ARR-SSL"),
    text("clientCertHeaderName").or("X-ARR-ClientCert"),
    text("logGuidName").or("X-ARR-LOG-ID"),
    text("logCacheHitName").or("X-ARR-CACHE-HIT"),
    uint("maxForwards").or("10"),
    uint("minResponseBuffer").within(0, 4_194_303).or("256"),
    uint("responseBufferLimit").within(0, 4_194_303).or("4096"),
    uint("maxResponseHeaderSize").or("65536"),
    text("proxy"),
    text("proxyBypass"),
    boolean("stealthMode").or("false"),
    text("clientCertFileName"),
    text("clientCertPassword").case_sensitive().or(NO_PASSWORD),
    text("clientCertHash"),
    boolean("bufferChunkedResponses").or("true"),
];

/// Schema section `system.webServer/proxy`: forwarding requests to servers outside any farm.
pub(super) const PROXY: Section = locked(
    "system.webServer/proxy",
    "../extensions/planning-for-arr/using-the-application-request-routing-module",
    element("proxy")
        .sharing(PASSING_ON)
        .with(&[
            boolean("enabled").or("false"),
            boolean("passConnectionCloseHeader").or("false"),
            choice("passServerHeader", &[("Replace", 0), ("Remove", 1), ("PassThrough", 2)]).or("Replace"),
            time_span("timeout").within(1, 86_400).or("00:02:00"),
            boolean("preserveHostHeader").or("false"),
            boolean("reverseRewriteHostInResponseHeaders").or("true"),
        ])
        .holding(&[CACHE]),
);

/// Schema section `webFarms`.
pub(super) const WEB_FARMS: Section = host_only(
    "webFarms",
    "../extensions/planning-for-arr/using-the-application-request-routing-module",
    element("webFarms")
        .with(&[boolean("onDemandHealthCheck").or("false")])
        .holding(&[element("applicationRequestRouting").holding(&[element("hostAffinityProviderList")
            .of(&list(element("add").with(&[non_empty("name").required().key()])).directives(None, None))])])
        .of(&list(FARM).directives(None, None)),
);

/// A farm.
const FARM: Element = element("webFarm")
    .with(&[
        boolean("serverAutoStart").or("true"),
        boolean("passConnectionCloseHeader").or("false"),
        choice("passServerHeader", &[("Replace", 0), ("Remove", 1), ("PassThrough", 2)]).or("Replace"),
        named("name", TextRule::SiteName).required().key(),
        boolean("enabled").or("true"),
        boolean("autoEnableAgent").or("true"),
        text("adminUserName"),
        text("adminPassword").or(NO_PASSWORD),
        int("minimumServers").or("0"),
        text("agentUrl").or("http://{0}:8173/WEBFARMAGENTSERVICE/"),
        boolean("restartServerOnConfigurationChange").or("true"),
        boolean("restartServerIfReady").or("true"),
        text("primaryServer"),
        text("loadBalancerProvider").or("Arr"),
        time_span("periodicRuntimeData").or("00:00:01"),
        boolean("enableRuntimeData").or("true"),
        int("maximumStoppedServers").or("1"),
        time_span("agentRetryTime").or("00:05:00"),
        text("frontEndUrl"),
    ])
    .holding(&[
        FARM_ROUTING,
        PLATFORM_PROVISION,
        APPLICATION_PROVISION,
        CUSTOM_PROVIDER_SETTINGS,
        RUN_PROVIDERS,
        element("autoRepair").with(&[
            boolean("enabled").or("true"),
            time_span("retryInterval").or("00:01:00"),
            int("retryAttempts").or("10"),
        ]),
        DEFAULT_PROXY,
    ])
    .of(&list(SERVER).directives(None, None));

/// A server of a farm.
const SERVER: Element = element("server")
    .with(&[non_empty("address").required().key(), boolean("enabled").or("true")])
    .holding(&[element("applicationRequestRouting").with(&[
        non_empty("hostName"),
        uint("weight").within(1, 4_294_967_295).or("100"),
        uint("httpPort").within(1, 65_535).or("80"),
        uint("httpsPort").within(1, 65_535).or("443"),
        non_empty("healthCheckAlternateHostName"),
        uint("healthCheckAlternatePort").within(0, 65_535).or("0"),
    ])]);

/// A farm's routing.
const FARM_ROUTING: Element = element("applicationRequestRouting").holding(&[
    PROTOCOL,
    HEALTH_CHECK,
    AFFINITY,
    LOAD_BALANCING,
    element("publicKeys")
        .of(&list(element("publicKey").with(&[non_empty("bytes").key(), text("algorithmOid")]))
            .directives(None, None)),
]);

/// How requests are sent to a farm's servers.
const PROTOCOL: Element = element("protocol")
    .sharing(PASSING_ON)
    .with(&[
        time_span("timeout").within(1, 86_400).or("00:00:30"),
        boolean("preserveHostHeader").or("true"),
        text("alternateHostName"),
        boolean("reverseRewriteHostInResponseHeaders").or("false"),
    ])
    .holding(&[CACHE]);

/// Responses kept in memory.
const CACHE: Element = element("cache").with(&[
    boolean("enabled").or("true"),
    boolean("requestConsolidationEnabled").or("false"),
    time_span("requestConsolidationTimeout").or("00:00:00.1"),
    choice("queryStringHandling", &[("Ignore", 0), ("NoCaching", 1), ("Accept", 2)]).or("Ignore"),
    time_span("validationInterval").within(0, 86_400).or("00:01:00"),
]);

/// How the front-end server finds out which servers can serve.
const HEALTH_CHECK: Element = element("healthCheck").with(&[
    text("url"),
    uint("retries").or("3"),
    time_span("interval").within(0, 86_400).or("00:00:30"),
    time_span("timeout").within(1, 86_400).or("00:00:30"),
    text("statusCodeMatch").or("200-399"),
    text("responseMatch").case_sensitive(),
    text("liveTrafficFailureCodes").or("500-"),
    uint("maxLiveTrafficFailures").within(1, 4_294_967_295).or("10"),
    time_span("liveTrafficFailurePeriod").within(0, 86_400).or("00:00:00"),
    uint("minServers").or("0"),
]);

/// Which clients stay with one server.
const AFFINITY: Element = element("affinity")
    .with(&[
        boolean("useCookie").or("false"),
        non_empty("cookieName").case_sensitive().or("ARRAffinity"),
        boolean("useHostName").or("false"),
        boolean("hostCountersEnabled").or("true"),
        boolean("useServerProvider").or("false"),
        time_span("timeout").every(60, 60, 2_592_000).or("00:20:00"),
        boolean("useExternalCache").or("false"),
        boolean("ignoreSubDomain").or("false"),
        boolean("ignoreSubDomainClientAffinity").or("false"),
        int("ignoreSubDomainFragmentDepth").within(0, 32_767).or("2"),
        text("hostAffinityProvider").or("Microsoft.Web.Arr.HostNameRoundRobin"),
        text("serverProviderImage"),
    ])
    .of(&list(
        element("host")
            .with(&[non_empty("name").key(), uint("servers").within(1, 256).or("1")])
            .of(&list(element("equivalentHost").with(&[non_empty("name").key()])).directives(None, None)),
    )
    .directives(None, None));

/// How the next server is chosen.
const LOAD_BALANCING: Element = element("loadBalancing").with(&[
    choice(
        "algorithm",
        &[
            ("WeightedRoundRobin", 0),
            ("RequestHash", 4),
            ("LeastRequests", 1),
            ("LeastResponseTime", 2),
            ("WeightedTotalTraffic", 3),
        ],
    )
    .or("WeightedRoundRobin"),
    time_span("leastResponseTimePeriod").within(1, 86_400).or("00:00:05"),
    text("hashServerVariable").case_sensitive(),
    text("queryStringNames"),
    boolean("randomizeLBTies").or("false"),
]);

/// Web Farm Framework: the products that it installs.
const PLATFORM_PROVISION: Element = element("platformProvision")
    .with(&[
        boolean("stopOnInstall").or("true"),
        time_span("periodicSync").or("00:05:00"),
        boolean("syncPlatformFromPrimary").or("false"),
        boolean("deepDependencyInstall").or("false"),
        text("feedUrl").or("http://www.microsoft.com/web/webpi/3.0/WebproductList.xml"),
    ])
    .holding(&[element("customFeeds")
        .of(&list(element("customFeed").with(&[text("url").required().key()])).directives(None, None))])
    .of(&list(element("platform").with(&[text("productId").key()])).directives(None, None));

/// Web Farm Framework: the applications that it copies.
const APPLICATION_PROVISION: Element = element("applicationProvision")
    .with(&[
        boolean("offlineWhileSync").or("true"),
        boolean("syncWebServerFromPrimary").or("false"),
        time_span("periodicSync").or("00:00:30"),
    ])
    .holding(&[element("skipDirectives").of(&list(element("skip").with(&[
        text("name").required().key(),
        boolean("enabled").or("true"),
        non_empty("skipDirective").required(),
    ]))
    .directives(None, Some("clear")))])
    .of(&list(
        element("syncProvider")
            .with(&[non_empty("providerName").required(), non_empty("path").required()])
            .of(&list(element("add").with(&[text("name").required().key(), text("value")]))),
    )
    .directives(None, Some("clear")));

/// Web Farm Framework: the settings of its providers.
const CUSTOM_PROVIDER_SETTINGS: Element = element("customProviderSettings").of(&list(
    element("customProvider")
        .with(&[text("name").required().key()])
        .of(&list(element("setting").with(&[text("name").required().key(), text("value").required()]))
            .directives(None, None)),
)
.directives(None, None));

/// Web Farm Framework: the commands that it runs.
const RUN_PROVIDERS: Element = element("runProviders").of(&list(
    element("runProvider")
        .with(&[
            text("name").required().key(),
            text("friendlyName"),
            text("description"),
            text("commandToRun").required(),
            boolean("runRemote").or("true"),
            text("dependencies"),
            text("dependants"),
            int("retryAttempts").or("5"),
            int("retryInterval").or("1000"),
            time_span("periodicRun").or("00:00:00"),
            choice("scriptType", &[("command", 0), ("powershell", 1)]).or("command"),
            choice("operationType", &[("Server", 0), ("Webfarm", 1)]).or("Server"),
            flags(
                "disposition",
                &[
                    ("None", 0),
                    ("AllowMultipleCallers", 1),
                    ("StopOperation", 2),
                    ("AllowCrossServerCallers", 4),
                    ("DelegateTracing", 8),
                    ("StartOperation", 16),
                    ("IgnoreFailure", 32),
                    ("RuntimeDataProvider", 64),
                    ("Hidden", 128),
                    ("ServerOnly", 256),
                ],
            ),
        ])
        .of(&list(element("parameter").with(&[
            text("name").required().key(),
            text("type").required(),
            text("friendlyName"),
            text("description"),
            text("defaultValue"),
        ]))
        .directives(None, None)),
)
.directives(None, None));

/// Web Farm Framework: the proxy that it uses.
const DEFAULT_PROXY: Element = element("defaultProxy")
    .with(&[
        boolean("enabled").or("false"),
        text("proxyaddress"),
        boolean("bypassOnLocal").or("true"),
        text("userName"),
        text("password").or(NO_PASSWORD),
    ])
    .of(&list(element("bypass").with(&[non_empty("address").required().key()])).directives(None, None));
