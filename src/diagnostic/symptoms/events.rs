//! What the event log says of an application pool: source WAS in the System log, W3SVC-WP in the Application log.
//!
//! The numbers and their texts are those of Microsoft's page "IIS Application Pool Availability"
//! (<https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-server-2008-R2-and-2008/cc735151(v=ws.10)>), and
//! "Event ID 2262" beside it; those of rapid-fail protection, that of `<failure>` in the reference of IIS.

use super::{Cause, Symptom};
use crate::diagnostic::Code;

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "event-2262",
        what: "the event log says that _dispatch.dll reported itself as unhealthy",
        causes: &[Cause::new(
            "Python or Kallithea did not come up, several times in a row; the bridge told IIS, and its log says why",
            "look with the bridge alone; as for 500",
            &["python.home", "kallithea.ini"],
            &[Code::PythonVersion],
            &["probe", "trace"],
        )],
    },
    Symptom {
        name: "event-5002",
        what: "the event log says that the pool is being disabled after a series of failures: 503",
        causes: &[Cause::new(
            "the worker process ended five times in five minutes, which are the limits of rapid-fail protection",
            "look what ended it: events 5009 to 5013 before this one, the bridge's log, then the Application log (a DLL is named there); then start the pool",
            &["python.home", "bridge.log.level"],
            &[],
            &["probe", "trace"],
        )],
    },
    Symptom {
        name: "event-5009",
        what: "the event log says that a worker process \"terminated unexpectedly\"; several of these end in event-5002",
        causes: &[Cause::new(
            "it crashed, in the C code of Python or of one of its packages, in a module of IIS or in the bridge, or somebody ended it",
            "look in the Application log at that minute: Application Error names the DLL; the bridge's log has the requests that ran",
            &["python.home", "bridge.log.level"],
            &[],
            &["probe", "trace"],
        )],
    },
    Symptom {
        name: "event-5010",
        what: "the event log says that a worker process \"failed to respond to a ping\"",
        causes: &[Cause::new(
            "the whole process stood still for longer than the pool's pingResponseTime, and IIS ended it: the machine was out of memory or processor time, or C code held everything up",
            "look at the machine's load at that minute, and at the bridge's log for what ran",
            &["bridge.threads", "bridge.slowRequest"],
            &[],
            &["trace"],
        )],
    },
    Symptom {
        name: "event-5011",
        what: "the event log says that a worker process \"suffered a fatal communication error\" with WAS; several of these end in event-5002",
        causes: &[Cause::new(
            "the process went away while WAS spoke with it, mostly by a crash",
            "as for event-5009",
            &["python.home", "bridge.log.level"],
            &[],
            &["probe", "trace"],
        )],
    },
    Symptom {
        name: "event-5012",
        what: "the event log says that a worker process \"exceeded time limits during start up\"",
        causes: &[Cause::new(
            "it was not ready within the pool's startupTimeLimit: a slow disk, a virus scanner or a module of IIS takes the time; bridge and Python are loaded later, for the application",
            "look at the machine's load at that minute, and at the modules of the whole server",
            &["applicationPool.identity"],
            &[],
            &[],
        )],
    },
    Symptom {
        name: "event-5013",
        what: "the event log says that a worker process \"exceeded time limits during shut down\"",
        causes: &[Cause::new(
            "requests still ran when it was recycled or stopped, for longer than the limit, and were cut off: a push, a clone",
            "recycle at night, and give it longer",
            &["applicationPool.shutdownTimeLimit", "applicationPool.recycling"],
            &[],
            &["trace"],
        )],
    },
    Symptom {
        name: "event-5021",
        what: "the event log says that the identity of the pool is invalid: 503 with the next request",
        causes: &[Cause::new(
            "the account's name or password is wrong, or it may not log on as a batch job",
            "type the password again: step 7 of the runbook; grant the right; then start the pool",
            &["applicationPool.identity"],
            &[Code::IdentityUserName],
            &[],
        )],
    },
    Symptom {
        name: "event-5057",
        what: "the event log says that the pool was disabled, since its identity is invalid: 503",
        causes: &[Cause::new(
            "as for event-5021",
            "see there",
            &["applicationPool.identity"],
            &[Code::IdentityUserName],
            &[],
        )],
    },
    Symptom {
        name: "event-5059",
        what: "the event log says that the pool was disabled, since a worker process did not start: 503",
        causes: &[Cause::new(
            "event 5021 or 5057 stands before it: the account cannot sign on; otherwise the event before it says what did not start",
            "see there, then start the pool",
            &["applicationPool.identity"],
            &[Code::IdentityUserName],
            &[],
        )],
    },
];
