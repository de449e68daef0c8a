//! The deployment spec as its author writes it: one struct per section of the YAML.
//!
//! What enters is JSON that the schema has accepted; what leaves is a [`Spec`] in which every key that
//! has a fixed default holds it. A default that depends on other keys stays `None` here and is
//! decided in [`lower`](crate::lower). The JSON schema in `schema/deploy.schema.json` is derived from
//! these types, so a doc comment here is what an editor shows.
//!
//! Fields that an author must give are `String`s that are empty when missing: the schema reports them,
//! and the cross-field rules still see the rest of the file.

mod authentication;
mod bridge;
mod farm;
mod forms;
mod names;
mod paths;
mod pointer;
mod pool;
mod readings;
mod server;
mod site;
mod texts;
mod values;
mod words;

pub use authentication::*;
pub use bridge::*;
pub use farm::*;
pub(crate) use forms::UNIT;
pub use forms::{ADVICE, NOUN};
pub use names::{AccountName, HostName, MachineName, NotOfItsForm, PoolName, SiteName};
pub use paths::{PathFault, WindowsPath};
pub use pointer::Pointer;
pub(crate) use pointer::pointer;
pub use pool::*;
pub(crate) use readings::{Reading, Unread};
pub use server::*;
pub use site::*;
pub use values::{ListeningAddress, PythonVersion, Thumbprint};

use readings::Read;
use schemars::JsonSchema;
use semver::VersionReq;
use serde::{Deserialize, Serialize};

/// The one version of the spec that this compiler reads.
pub(crate) const API_VERSION: &str = "kallithea-iisc/v1";

/// What is written where only the author knows the value; no key of the spec accepts it.
pub const BLANK: &str = "FILL-IN";

/// One deployment of Kallithea under Microsoft IIS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(title = "kallithea-iisc \
    deployment", extend("required" = ["apiVersion", "name", "kallithea", "python", "site"]))]
#[derive(Default)]
pub struct Spec {
    /// The version of this file's format.
    #[schemars(extend("const" = API_VERSION))]
    pub api_version: String,
    /// Another spec that this one extends: a path from this file's folder, with `/`, as in `../base/kallithea.yaml`. Mappings of
    /// both are merged key by key; a list or a single value of this file replaces that of the base.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["../base/kallithea.yaml"]))]
    pub extends: Option<String>,
    /// Keys that are taken out of the base before this file is put on top of it. Write each as a path of keys with dots.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("examples" = [["authentication.ldap"]]))]
    pub unset: Vec<String>,
    /// The versions of kallithea-iisc that may read this spec, as Cargo writes them: `>=0.2` or `>=0.2, <0.4`. Another version
    /// reports this alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", transform = Read(Reading::VersionRequirement), extend("examples" = [">=0.1"]))]
    pub requires_version: Option<VersionReq>,
    /// The deployment's name, for generated comments and the bridge's log. It is also the application pool's name
    /// unless `applicationPool.name` is given. Use letters, digits, `-` and `_`.
    #[schemars(transform = forms::Text(forms::NAME), extend("examples" = ["intranet"]))]
    pub name: String,
    /// The server for which the outputs are made.
    pub target: TargetSpec,
    /// Kallithea's folders and database on the server.
    pub kallithea: KallitheaSpec,
    /// The Python that runs Kallithea.
    pub python: PythonSpec,
    /// The IIS site that serves Kallithea.
    pub site: SiteSpec,
    /// Kallithea's place in the site.
    pub virtual_directory: VirtualDirectorySpec,
    /// The application pool whose worker process runs the bridge.
    pub application_pool: ApplicationPoolSpec,
    /// Who signs users on, and how.
    pub authentication: AuthenticationSpec,
    /// Transport security.
    pub tls: TlsSpec,
    /// Limits for requests, which IIS checks before Kallithea.
    pub request_limits: RequestLimitsSpec,
    /// IIS's failed request tracing; without this key nothing is traced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_request_tracing: Option<FailedRequestTracingSpec>,
    /// The bridge between IIS and Python.
    pub bridge: BridgeSpec,
    /// Several machines behind a front server; leave it out for a single machine. See `docs/farm.md`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub farm: Option<FarmSpec>,
}
