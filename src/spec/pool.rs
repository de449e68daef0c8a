//! The application pool: `applicationPool`.

use std::collections::BTreeMap;

use iis_config::TimeSpan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::forms;
use super::readings::{Read, Reading};
use super::words::words;
use super::{AccountName, PoolName};

/// The application pool whose worker process runs the bridge.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ApplicationPoolSpec {
    /// The pool's name. Default: the deployment's name.
    #[schemars(with = "Option<String>", length(min = 1, max = 64), transform = Read(Reading::PoolName))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PoolName>,
    /// `true` if the pool already exists, shared or not. The deployment then uses it as it is, and only `name` and
    /// `enable32BitAppOnWin64` may be given.
    pub existing: bool,
    /// The account that the worker process runs as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentitySpec>,
    /// Whether the pool runs 32-bit code. `target.architecture` decides it. Set it for an existing pool, so that the
    /// check finds a wrong bitness before the server does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_32_bit_app_on_win64: Option<bool>,
    /// When the worker process starts. Default: `OnDemand`, at the first request. With `AlwaysRunning` and `bridge.preload`, IIS
    /// 8.0 and later also requests a page then, without a user, so that Kallithea starts; that needs the role service Application
    /// Initialization. IIS 7.5 starts the worker process alone, and the first visitor waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_mode: Option<StartModeSpec>,
    /// How long an idle worker process stays, as `hh:mm:ss`; `00:00:00` for no limit. Default: no limit, because
    /// Kallithea takes seconds to start.
    #[schemars(
        with = "Option<String>",
        transform = forms::Text(forms::IDLE_TIME)
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<TimeSpan>,
    /// When IIS replaces a healthy worker process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recycling: Option<RecyclingSpec>,
    /// The number of worker processes; more than one makes the pool a web garden. Default: 1.
    #[schemars(range(min = 1, max = 64))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_processes: Option<u32>,
    /// The number of requests that HTTP.sys queues for the pool before it answers 503. Default: 1000, as in IIS.
    #[schemars(range(min = 10, max = 65535))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_length: Option<u32>,
    /// How long a worker process may take to finish its requests when IIS replaces it, as `hh:mm:ss`.
    /// Default: `00:01:30`, as in IIS.
    #[schemars(with = "Option<String>", transform = forms::Text(forms::TIME_SPAN))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown_time_limit: Option<TimeSpan>,
    /// Environment variables that IIS sets for the worker process. IIS 10.0 and later; for variables of Kallithea
    /// only, `bridge.environmentVariables` works on every version.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment_variables: BTreeMap<String, String>,
}

/// The account that a worker process runs as. The spec never contains a password: the runbook has the command that
/// asks for it on the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["type"]))]
pub struct IdentitySpec {
    /// The kind of account.
    pub r#type: IdentityTypeSpec,
    /// The account's name for `SpecificUser`: `DOMAIN\name`, or `DOMAIN\name$` for a group managed
    /// service account.
    #[schemars(
        with = "Option<String>",
        length(min = 1, max = 256),
        extend("examples" = ["CORP\\svc-kallithea"])
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<AccountName>,
}

words! {
    /// The kind of account that a worker process runs as.
    #[derive(Default)]
    pub enum IdentityTypeSpec, as_iis, from_iis {
        /// The pool's own virtual account, `IIS AppPool\<pool>`. IIS 7.5 and later by default.
        #[default]
        ApplicationPoolIdentity = "ApplicationPoolIdentity",
        /// The machine's account on the network.
        NetworkService = "NetworkService",
        /// A local account with few rights.
        LocalService = "LocalService",
        /// The operating system: every right on the machine.
        LocalSystem = "LocalSystem",
        /// The account in `userName`.
        SpecificUser = "SpecificUser",
    }
}

words! {
    /// When the worker process starts.
    #[derive(Default)]
    pub enum StartModeSpec, as_iis, from_iis {
        /// At the first request.
        #[default]
        OnDemand = "OnDemand",
        /// With the pool.
        AlwaysRunning = "AlwaysRunning",
    }
}

/// When IIS replaces a healthy worker process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RecyclingSpec {
    /// After this time, as `[d.]hh:mm:ss`; `00:00:00` for never. Default: never if `schedule` is given, else
    /// `1.05:00:00` (29 hours), as in IIS.
    #[schemars(
        with = "Option<String>",
        transform = forms::Text(forms::RESTART_TIME)
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeSpan>,
    /// After this many requests; 0 for never.
    pub requests: u32,
    /// When the process uses this much private memory, in kilobytes; 0 for never.
    #[schemars(extend("x-unit" = "kilobytes"))]
    pub private_memory: u32,
    /// At these times of day, as `hh:mm:ss`.
    #[schemars(with = "Vec<String>", transform = forms::Texts(forms::TIME_OF_DAY), extend("uniqueItems" = true))]
    pub schedule: Vec<TimeSpan>,
}
