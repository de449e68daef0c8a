//! What the event log reports about an application pool: source WAS in the System log, W3SVC-WP in the Application log.
//!
//! The numbers and their texts are those of Microsoft's page "IIS Application Pool Availability"
//! (<https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-server-2008-R2-and-2008/cc735151(v=ws.10)>),
//! and of "Event ID 2262" beside it; those of rapid-fail protection are from `<failure>` in the reference of IIS.

use crate::diagnostic::Code;
use crate::diagnostic::symptoms::{Cause, Symptom};

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "event-2262",
        what: "the event log says that _dispatch.dll reported itself as unhealthy",
        causes: &[Cause::new(
            "Python or Kallithea did not start several times in a row; the bridge told IIS, and its log says \
             why",
            "run probe, and read the bridge's log; see also 500",
            &["python.home", "kallithea.ini"],
            &[Code::PythonVersion],
            &["probe", "trace"],
        )],
    },
    Symptom {
        name: "event-5002",
        what: "the event log says that the pool is being disabled after a series of failures: 503",
        causes: &[Cause::new(
            "the worker process ended five times in five minutes, the limit of rapid-fail protection",
            "find the cause in events 5009 to 5013 before this one, in the bridge's log, and in the \
             Application log (it names a DLL); then start the pool",
            &["python.home", "bridge.log.level"],
            &[],
            &["probe", "trace"],
        )],
    },
    Symptom {
        name: "event-5009",
        what: "the event log says that a worker process \"terminated unexpectedly\"; several of these end in \
            event-5002",
        causes: &[Cause::new(
            "it crashed in C code of Python or of a package, in a module of IIS or in the bridge, or \
             somebody ended it",
            "read the Application log at that minute: Application Error names the DLL; the bridge's log \
             shows the running requests",
            &["python.home", "bridge.log.level"],
            &[],
            &["probe", "trace"],
        )],
    },
    Symptom {
        name: "event-5010",
        what: "the event log says that a worker process \"failed to respond to a ping\"",
        causes: &[Cause::new(
            "the whole process did not respond within the pool's pingResponseTime, and IIS ended it: the \
             machine had no memory or processor time left, or C code blocked everything",
            "check the machine's load at that minute, and the requests in the bridge's log",
            &["bridge.threads", "bridge.slowRequest"],
            &[],
            &["trace"],
        )],
    },
    Symptom {
        name: "event-5011",
        what: "the event log says that a worker process \"suffered a fatal communication error\" with WAS; \
            several of these end in event-5002",
        causes: &[Cause::new(
            "the process ended while WAS communicated with it, usually by a crash",
            "see event-5009",
            &["python.home", "bridge.log.level"],
            &[],
            &["probe", "trace"],
        )],
    },
    Symptom {
        name: "event-5012",
        what: "the event log says that a worker process \"exceeded time limits during start up\"",
        causes: &[Cause::new(
            "it was not ready within the pool's startupTimeLimit: a slow disk, a virus scanner or a module \
             of IIS takes the time; bridge and Python load later, with the application",
            "check the machine's load at that minute, and the modules of the server",
            &["applicationPool.identity"],
            &[],
            &[],
        )],
    },
    Symptom {
        name: "event-5013",
        what: "the event log says that a worker process \"exceeded time limits during shut down\"",
        causes: &[Cause::new(
            "requests such as a push or a clone ran past the limit when it was recycled or stopped, and were \
             cut off",
            "recycle at night, and raise the time limit",
            &["applicationPool.shutdownTimeLimit", "applicationPool.recycling"],
            &[],
            &["trace"],
        )],
    },
    Symptom {
        name: "event-5021",
        what: "the event log says that the identity of the pool is invalid: 503 with the next request",
        causes: &[Cause::new(
            "the account's name or password is wrong, or the account may not log on as a batch job",
            "type the password again (install.ps1 -ResetPassword, or step 7 of the runbook), or grant the right; then \
             start the pool; of a group managed service account run Test-ADServiceAccount",
            &["applicationPool.identity"],
            &[Code::IdentityUserName],
            &[],
        )],
    },
    Symptom {
        name: "event-5057",
        what: "the event log says that the pool was disabled because its identity is invalid: 503",
        causes: &[Cause::new(
            "the same as event-5021",
            "see event-5021",
            &["applicationPool.identity"],
            &[Code::IdentityUserName],
            &[],
        )],
    },
    Symptom {
        name: "event-5059",
        what: "the event log says that the pool was disabled because a worker process did not start: 503",
        causes: &[Cause::new(
            "after event 5021 or 5057, the account cannot sign on; otherwise the event before it says what \
             did not start",
            "correct what that event names, then start the pool",
            &["applicationPool.identity"],
            &[Code::IdentityUserName],
            &[],
        )],
    },
];
