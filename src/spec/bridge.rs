//! The bridge between IIS and Python: `bridge`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The bridge between IIS and Python.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct BridgeSpec {
    /// The folder of the bridge's DLLs, outside of any folder that IIS serves. Default: `bridge` in the
    /// distribution folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Requests that run at once in one worker process. One by default: Kallithea 0.7.0 hands its hooks
    /// the user's name through a variable of the whole process, so that two pushes at once can be logged
    /// under each other's names.
    #[schemars(range(min = 1, max = 256))]
    pub threads: u32,
    /// Requests that wait for a thread before the next one is answered 503.
    #[schemars(range(min = 1, max = 65535))]
    pub queue_length: u32,
    /// What the bridge writes down.
    pub log: LogSpec,
    /// Environment variables that Kallithea sees, and no other process. Names are upper case.
    pub environment_variables: BTreeMap<String, String>,
}

impl Default for BridgeSpec {
    fn default() -> Self {
        Self {
            directory: None,
            threads: 1,
            queue_length: 100,
            log: LogSpec::default(),
            environment_variables: BTreeMap::new(),
        }
    }
}

/// What the bridge writes down.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LogSpec {
    /// The log file. Default: `logs\bridge.log` in the distribution folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The least level that is written.
    pub level: LogLevelSpec,
}

/// Levels of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LogLevelSpec {
    /// Failures only.
    Error,
    /// Failures and oddities.
    Warning,
    /// One line per request besides.
    #[default]
    Info,
    /// Everything.
    Debug,
}
