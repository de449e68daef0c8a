//! Failures on the server and in front of it: 500, 502, 503, 504.
//!
//! The error numbers of 500.19 are those of Microsoft's page "HTTP Error 500.19"
//! (<https://learn.microsoft.com/en-us/troubleshoot/developer/webapps/iis/health-diagnostic-performance/http-error-500-19-webpage>).
//! 0x80070032 is what users report (<https://github.com/tjanczuk/iisnode/issues/107>); 0x80072ee2 is that of
//! <https://blogs.iis.net/richma/502-3-bad-gateway-the-operation-timed-out-with-iis-application-request-routing-arr>.
//! The words of HTTP.sys's log are those of "Types of Errors Logged by the HTTP Server API"
//! (<https://learn.microsoft.com/en-us/windows/win32/http/types-of-errors-logged-by-the-http-server-api>): "AppOffline" after errors
//! of the application, "Disabled" after an administrator. 503.2 is in "HTTP status codes in IIS".

use crate::diagnostic::Code;
use crate::diagnostic::symptoms::{Cause, Symptom};

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "500",
        what: "the application failed, or IIS could not run the bridge's DLL",
        causes: &[
            Cause::new(
                "Kallithea raised an exception; the traceback is in the bridge's log",
                "read the traceback",
                &["bridge.log.level"],
                &[Code::ManyThreads, Code::IniLogging],
                &["trace", "probe"],
            ),
            Cause::new(
                "Python or Kallithea does not start; the log says why, and the bridge tries again",
                "run probe, which starts the bridge without IIS",
                &["python.home", "python.virtualEnvironment", "kallithea.ini"],
                &[Code::PythonVersion, Code::TooOldForPython, Code::DatabaseDriver, Code::PythonOfOneUser],
                &["probe"],
            ),
            Cause::new(
                "a package is missing from the virtual environment, or belongs to another Python: the log says \"No module \
                 named\" or \"DLL load failed\"",
                "install the packages of requirements.txt into the environment of the spec, and run probe",
                &["python.virtualEnvironment", "python.version", "python.architecture"],
                &[Code::BitnessMismatch, Code::PythonOfOneUser],
                &["probe", "trace"],
            ),
            Cause::new(
                "Kallithea may not write to the folders of its ini file, usually right after the \
                 installation: its log says \"Permission denied\", \"[WinError 5]\" or \"attempt to write a \
                 readonly database\"",
                "grant the pool's account Modify on the folders of cache_dir, index_dir, beaker.cache.*, \
                 archive_cache_dir and the SQLite file (end of step 5 of the runbook)",
                &["applicationPool.identity", "kallithea.ini"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "the password in sqlalchemy.url has a percent sign, or a character that is percent-encoded: \
                 the log says \"invalid interpolation syntax\"",
                "give the account a password without a percent sign, and write it literally, neither encoded \
                 nor doubled",
                &["kallithea.ini"],
                &[Code::IniPercent, Code::IniDatabasePercent],
                &["ini", "probe", "trace"],
            ),
            Cause::new(
                "Python cannot read Kallithea's ini file",
                "run ini, which names the line",
                &["kallithea.ini"],
                &[
                    Code::IniSyntax,
                    Code::IniNotKallithea,
                    Code::IniRepeated,
                    Code::IniPercent,
                    Code::IniEncoding,
                    Code::IniCase,
                    Code::IniNotAscii,
                    Code::IniAmbiguous,
                ],
                &["ini"],
            ),
            Cause::new(
                "the DLL and the worker process do not have the same bitness",
                "give Python, the bridge and the pool one bitness",
                &["target.architecture", "python.architecture", "applicationPool.enable32BitAppOnWin64"],
                &[Code::BitnessMismatch],
                &["route", "probe"],
            )
            .numbered("0x800700c1"),
            Cause::new(
                "the DLL is not where the mapping expects it, or a DLL that it needs is missing: \"The specified module \
                 could not be found\"",
                "copy bin\\ again, as in step 6 of the runbook",
                &["bridge.directory"],
                &[Code::BadPath],
                &["probe"],
            )
            .numbered("0x8007007e"),
            Cause::new(
                "the worker process may not read the DLL",
                "grant the rights in step 5 of the runbook",
                &["applicationPool.identity"],
                &[Code::IdentityUserName],
                &[],
            )
            .numbered("0x80070005"),
        ],
    },
    Symptom {
        name: "500.19",
        what: "IIS cannot use its configuration; its page names file and line",
        causes: &[
            Cause::new(
                "a web.config contains a section that the server locks: the page says \"This configuration section cannot be \
                 used at this path\"",
                "move it to applicationHost.config, or add it to target.unlockedSections once it is unlocked",
                &["target.unlockedSections"],
                &[Code::ConfigLocked, Code::ConfigPerhapsLocked, Code::SectionLocked, Code::UnknownSection],
                &["lint", "plan"],
            )
            .numbered("0x80070021"),
            Cause::new(
                "the XML is malformed, or this IIS does not know a section, element, attribute or value",
                "run lint, which names the place",
                &["target.iisVersion"],
                &[
                    Code::ConfigSyntax,
                    Code::ConfigRoot,
                    Code::ConfigUnknownSection,
                    Code::ConfigTooNew,
                    Code::ConfigUnknownElement,
                    Code::ConfigUnknownAttribute,
                    Code::ConfigStrayText,
                    Code::ConfigMissingAttribute,
                    Code::ConfigBadValue,
                    Code::ConfigOutOfRange,
                    Code::ConfigLocation,
                    Code::ConfigSource,
                    Code::ConfigEncoding,
                    Code::ConfigHandler,
                    Code::ConfigSite,
                    Code::MalformedConfig,
                    Code::TooNewForTarget,
                    Code::BodyLimitTooLarge,
                    Code::OutOfRange,
                ],
                &["lint", "route"],
            )
            .numbered("0x8007000d"),
            Cause::new(
                "no file declares a section, since the module that brings it is not installed: the page says that it \
                 \"is missing a section declaration\"",
                "install the module, such as URL Rewrite, or remove the section",
                &[],
                &[Code::ConfigUnknownSection, Code::ModuleMissing],
                &["lint", "plan"],
            )
            .numbered("0x80070032"),
            Cause::new(
                "an entry, a section or an attribute occurs twice, perhaps once on a level above",
                "remove it before you add it",
                &[],
                &[Code::ConfigRepeated, Code::ConfigRepeatedKey, Code::ConfigDeclaration, Code::SectionTaken, Code::RepeatedItem],
                &["lint", "plan"],
            )
            .numbered("0x800700b7"),
            Cause::new(
                "the worker process may not read the web.config",
                "grant the rights in step 5 of the runbook",
                &["virtualDirectory.physicalPath", "applicationPool.identity"],
                &[],
                &[],
            )
            .numbered("0x80070005"),
            Cause::new(
                "a section is in a place where it is not allowed",
                "move sites, pools and the ISAPI restriction to applicationHost.config",
                &[],
                &[Code::ConfigServerOnly],
                &["lint"],
            ),
            Cause::new(
                "the folder or its share cannot be found",
                "create it, as in step 5 of the runbook",
                &["virtualDirectory.physicalPath"],
                &[Code::BadPath],
                &[],
            )
            .numbered("0x80070003"),
            Cause::new(
                "a module that a section needs is not installed",
                "install it in step 1 of the runbook",
                &[],
                &[Code::ModuleMissing],
                &["plan"],
            )
            .numbered("0x8007007e"),
            Cause::new(
                "the folder of the site or the application cannot be accessed, or is not a folder: the path is wrong, or the \
                 pool's account may not open it or the share",
                "compare the path with virtualDirectory.physicalPath, and grant the rights in step 5 of the runbook",
                &["virtualDirectory.physicalPath", "applicationPool.identity"],
                &[Code::BadPath],
                &[],
            )
            .numbered("0x8007010b"),
Cause::new(
"the server's global modules include one that does not have the pool's bitness",
"find the module in globalModules that is not Microsoft's, and give it the preCondition bitness32 or \
 bitness64",
&["applicationPool.enable32BitAppOnWin64"],
&[Code::BitnessMismatch],
&[],
).numbered("0x800700c1"),
Cause::new(
"the web.config is on a share that the pool's account may not read",
"put the folder on the server's own disk",
&["virtualDirectory.physicalPath", "applicationPool.identity"],
&[],
&[],
).numbered("0x8007052e"),
        ],
    },
    Symptom {
        name: "500.21",
        what: "the module of the handler mapping is not known",
        causes: &[
            Cause::new(
                "IsapiModule is not installed",
                "install Web-ISAPI-Ext, as in step 1 of the runbook",
                &[],
                &[Code::ModuleMissing],
                &["plan", "route"],
            ),
            Cause::new(
                "IsapiModule is installed, but `modules` of the server does not name it",
                "enable it: appcmd add module /name:IsapiModule",
                &[],
                &[Code::ModuleOff],
                &["plan", "route"],
            ),
        ],
    },
    Symptom {
        name: "502.3",
        what: "the front, or a proxy before the server, got no answer from it",
        causes: &[Cause::new(
"its time limit is shorter than a push or a clone (sc-win32-status 12002, \"The operation timed out\"); ARR's own \
 limit is 30 seconds",
"raise its time limit; in a farm, apply --front",
&["farm.timeout", "bridge.slowRequest"],
&[],
&["trace", "plan"],
)
.numbered("0x80072ee2"),
Cause::new(
"nothing listens where it connects, or the connection ended in the middle",
"connect from that machine, and read the log of the node",
&["farm.nodePort", "farm.nodeProtocol"],
&[Code::FarmAddress],
&[],
),
Cause::new(
"TLS with the node fails (sc-win32-status 12175, ERROR_WINHTTP_SECURE_FAILURE): the front does not trust the node's certificate, it has \
 ended, or it is for another name than the front asks for",
"give the node a certificate for the public host name and for its own name, of an authority that the front's machine account trusts",
&["farm.nodeProtocol", "farm.nodes"],
&[],
&["verify"],
)
.numbered("0x80072f8f"),
],
    },
    Symptom {
        name: "502.4",
        what: "the front has no healthy node",
        causes: &[Cause::new(
"no node passes the health test, or all are marked as unavailable",
"open the path of the test on each node, and check IIS Manager, Server Farms, Monitoring and Management",
&["farm.healthCheck.path", "farm.nodes"],
&[Code::FarmAddress],
&[],
),
],
    },
    Symptom {
        name: "503",
        what: "nothing is running to answer, or there are too many requests; HTTP.sys says \"Service \
            Unavailable\"",
        causes: &[
            Cause::new(
                "the pool has stopped, \"AppOffline\" in HTTP.sys's own log: its account cannot sign on, or \
                 the worker process ended too often; the event log says which (event-5002, event-5021, \
                 event-5057, event-5059)",
                "type the account's password again, then start the pool",
                &["applicationPool.identity"],
                &[Code::PoolMissing, Code::IdentityUserName],
                &["plan", "route"],
            ),
            Cause::new(
                "somebody stopped the pool, or IIS does not start it (autoStart): the reason in HTTP.sys's own log is Disabled",
                "start the pool: appcmd start apppool \"NAME\"; turn autoStart on if plan warns of it",
                &[],
                &[Code::PoolAsleep],
                &["plan", "route"],
            ),
            Cause::new(
                "more requests wait than fit into the bridge's queue; its log has a line for each",
                "find out what the slow requests do before you raise any limit",
                &["bridge.threads", "bridge.queueLength", "bridge.slowRequest"],
                &[Code::ManyThreads],
                &["trace"],
            ),
            Cause::new(
                "more requests wait than fit into the pool's queue, \"QueueFull\" in HTTP.sys's own log",
                "raise the queue length if the bridge's queue is not full",
                &["applicationPool.queueLength"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "503.2",
        what: "too many requests run at once in IIS",
        causes: &[Cause::new(
            "more requests than appConcurrentRequestLimit of system.webServer/serverRuntime, 5000 by default; the pool is not \
             stopped",
            "find out what the slow requests do before you raise it",
            &["bridge.slowRequest"],
            &[],
            &["trace"],
        )],
    },
    Symptom {
        name: "504",
        what: "a proxy before the server waited too long",
        causes: &[Cause::new(
"its time limit is shorter than a push or a clone",
"raise its time limit; for ARR see 502.3",
&["bridge.slowRequest"],
&[],
&["trace"],
),
],
    },
];
