//! Application pools.

use crate::Version::{V7_5, V8_0, V8_5, V10_0};
use crate::schema::build::*;
use crate::schema::{Attribute, Collection, Element, Section, TextRule};

/// Schema section `system.applicationHost/applicationPools`.
pub(super) const APPLICATION_POOLS: Section = host_only(
    "system.applicationHost/applicationPools",
    "system.applicationhost/applicationpools",
    element("applicationPools")
        .of(&list(
            element("add")
                .with(&[named("name", TextRule::ApplicationPoolName).required().key()])
                .sharing(POOL)
                .holding(&[PROCESS_MODEL, RECYCLING, FAILURE, CPU, ENVIRONMENT_VARIABLES]),
        )
        .directives(None, None))
        .holding(&[element("applicationPoolDefaults")
            .with(&[named("name", TextRule::ApplicationPoolName)])
            .sharing(POOL)
            .holding(&[PROCESS_MODEL, RECYCLING, FAILURE_DEFAULTS, CPU_DEFAULTS, ENVIRONMENT_VARIABLES])]),
);

/// The attributes that a pool and the defaults of all pools have in common.
const POOL: &[Attribute] = &[
    uint("queueLength").within(10, 65_535).or("1000"),
    boolean("autoStart").or("true"),
    boolean("enable32BitAppOnWin64").or("false"),
    text("managedRuntimeVersion").or("v2.0").or_from(V8_0, ""),
    text("managedRuntimeLoader").or("webengine4.dll"),
    boolean("enableConfigurationOverride").or("true"),
    choice("managedPipelineMode", &[("Integrated", 0), ("Classic", 1)]).or("Integrated"),
    text("CLRConfigFile").or("").since(V7_5),
    boolean("passAnonymousToken").or("true"),
    choice("startMode", &[("OnDemand", 0), ("AlwaysRunning", 1)]).or("OnDemand").since(V7_5),
];

/// Page `system.applicationhost/applicationpools/add/processmodel`.
const PROCESS_MODEL: Element = element("processModel").with(&[
    choice(
        "identityType",
        &[
            ("LocalSystem", 0),
            ("LocalService", 1),
            ("NetworkService", 2),
            ("SpecificUser", 3),
            ("ApplicationPoolIdentity", 4),
        ],
    )
    .or("NetworkService")
    .or_from(V7_5, "ApplicationPoolIdentity"),
    text("userName"),
    text("password").case_sensitive().or("[enc:IISWASOnlyAesProvider::enc]"),
    boolean("loadUserProfile").or("false"),
    boolean("setProfileEnvironment").or("true").since(V7_5),
    choice("logonType", &[("LogonBatch", 0), ("LogonService", 1)]).or("LogonBatch").since(V7_5),
    boolean("manualGroupMembership").or("false"),
    time_span("idleTimeout").every(60, 0, 2_592_000).or("00:20:00"),
    choice("idleTimeoutAction", &[("Terminate", 0), ("Suspend", 1)]).or("Terminate").since(V8_5),
    // Zero, which means one process per NUMA node, came with 8.0.
    uint("maxProcesses").within(1, 2_147_483_647).within_from(V8_0, 0, 2_147_483_647).or("1"),
    time_span("shutdownTimeLimit").within(1, 4_294_967).or("00:01:30"),
    time_span("startupTimeLimit").within(1, 4_294_967).or("00:01:30"),
    boolean("pingingEnabled").or("true"),
    time_span("pingInterval").within(1, 4_294_967).or("00:00:30"),
    time_span("pingResponseTime").within(1, 4_294_967).or("00:01:30"),
    flags("logEventOnProcessModel", &[("IdleTimeout", 1)]).or("IdleTimeout").since(V8_0),
]);

/// Page `system.applicationhost/applicationpools/add/recycling`.
const RECYCLING: Element = element("recycling")
    .with(&[
        boolean("disallowOverlappingRotation").or("false"),
        boolean("disallowRotationOnConfigChange").or("false"),
        flags(
            "logEventOnRecycle",
            &[
                ("Time", 1),
                ("Requests", 2),
                ("Schedule", 4),
                ("Memory", 8),
                ("IsapiUnhealthy", 16),
                ("OnDemand", 32),
                ("ConfigChange", 64),
                ("PrivateMemory", 128),
            ],
        )
        .or("Time, Memory, PrivateMemory")
        .or_from(
            V10_0,
            "Time, Requests, Schedule, Memory, IsapiUnhealthy, OnDemand, ConfigChange, PrivateMemory",
        ),
    ])
    .holding(&[element("periodicRestart")
        .with(&[
            uint("memory").or("0"),
            uint("privateMemory").or("0"),
            uint("requests").or("0"),
            time_span("time").every(60, 0, 25_920_000).or("29:00:00"),
        ])
        .holding(&[element("schedule").of(SCHEDULE)])]);

/// Times of day, therefore below 24 hours.
const SCHEDULE: &Collection =
    &list(element("add").with(&[time_span("value").every(60, 0, 86_399).required().key()]))
        .directives(None, Some("clear"));

/// Page `system.applicationhost/applicationpools/add/failure`.
const FAILURE: Element = element("failure")
    .with(&[uint("rapidFailProtectionMaxCrashes").within(1, 2_147_483_647).or("5")])
    .sharing(RAPID_FAIL);

/// In the defaults of all pools, the number of crashes has had bounds only since 7.5.
const FAILURE_DEFAULTS: Element = element("failure")
    .with(&[uint("rapidFailProtectionMaxCrashes").within_from(V7_5, 1, 2_147_483_647).or("5")])
    .sharing(RAPID_FAIL);

const RAPID_FAIL: &[Attribute] = &[
    choice("loadBalancerCapabilities", &[("TcpLevel", 1), ("HttpLevel", 2)]).or("HttpLevel"),
    boolean("orphanWorkerProcess").or("false"),
    text("orphanActionExe"),
    text("orphanActionParams"),
    boolean("rapidFailProtection").or("true"),
    time_span("rapidFailProtectionInterval").every(60, 60, 8_640_000).or("00:05:00"),
    text("autoShutdownExe"),
    text("autoShutdownParams"),
];

/// Page `system.applicationhost/applicationpools/add/cpu`. The limit counts thousandths of a per cent.
const CPU: Element =
    element("cpu").with(&[uint("smpProcessorAffinityMask2").or("4294967295")]).sharing(CPU_ATTRIBUTES);

/// In the defaults of all pools, the mask of the upper 32 processors came with 7.5.
const CPU_DEFAULTS: Element = element("cpu")
    .with(&[uint("smpProcessorAffinityMask2").or("4294967295").since(V7_5)])
    .sharing(CPU_ATTRIBUTES);

const CPU_ATTRIBUTES: &[Attribute] = &[
    uint("limit").within(0, 100_000).or("0"),
    choice("action", &[("NoAction", 0), ("KillW3wp", 1)])
        .or("NoAction")
        .choice_from(V8_0, &[("NoAction", 0), ("KillW3wp", 1), ("Throttle", 2), ("ThrottleUnderLoad", 3)]),
    time_span("resetInterval").every(60, 0, 86_400).or("00:05:00"),
    boolean("smpAffinitized").or("false"),
    uint("smpProcessorAffinityMask").or("4294967295"),
    int("processorGroup").within(0, 2_147_483_647).or("0").since(V8_0),
    choice("numaNodeAssignment", &[("MostAvailableMemory", 0), ("WindowsScheduling", 1)])
        .or("MostAvailableMemory")
        .since(V8_0),
    choice("numaNodeAffinityMode", &[("Soft", 0), ("Hard", 1)]).or("Soft").since(V8_0),
];

/// Page `system.applicationhost/applicationpools/add/environmentvariables`. There is no `<clear/>`.
const ENVIRONMENT_VARIABLES: Element = element("environmentVariables")
    .since(V10_0)
    .of(&list(element("add").with(&[non_empty("name").required().key(), non_empty("value").required()]))
        .directives(Some("remove"), None));
