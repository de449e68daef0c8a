//! More than one machine: `farm`.

use iis_config::TimeSpan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::readings::{Read, Reading};
use super::{BindingSpec, MachineName, ProtocolSpec, WindowsPath, forms};
use crate::kallithea::facts;

/// A web farm: machines that all run this deployment, behind a front server with Application Request Routing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["front", "nodes"]))]
pub struct FarmSpec {
    /// The farm's name in IIS Manager, Server Farms. Default: the deployment's name.
    #[schemars(transform = forms::Text(forms::NAME))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The front server, which clients connect to. It is not one of the nodes.
    pub front: FrontSpec,
    /// The machines that run Kallithea, two or more. Set all of them up in the same way.
    pub nodes: Vec<NodeSpec>,
    /// The protocol between the front and the nodes. `http` ends TLS at the front; `https` needs certificates on the nodes.
    pub node_protocol: ProtocolSpec,
    /// The port that the nodes listen on. Default: that of the site's first binding of this protocol, or 80 and 443.
    #[schemars(range(min = 1, max = 65535))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_port: Option<u16>,
    /// How long the front waits for a node, as `hh:mm:ss`. A large push or clone takes long; with ARR's default of 30
    /// seconds it fails with 502.3.
    #[schemars(with = "String", transform = forms::Text(forms::TIME_SPAN))]
    pub timeout: TimeSpan,
    /// How the front finds out which nodes are healthy.
    pub health_check: HealthCheckSpec,
    /// Whether a browser stays with one node.
    pub affinity: AffinitySpec,
}

impl Default for FarmSpec {
    fn default() -> Self {
        Self {
            name: None,
            front: FrontSpec::default(),
            nodes: Vec::new(),
            node_protocol: ProtocolSpec::default(),
            node_port: None,
            timeout: TimeSpan::from_minutes(60),
            health_check: HealthCheckSpec::default(),
            affinity: AffinitySpec::default(),
        }
    }
}

/// The front server's site.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["bindings"]))]
pub struct FrontSpec {
    /// The front's bindings: the host names that users type, and the certificate that browsers see.
    pub bindings: Vec<BindingSpec>,
    /// The site's root folder, an empty one. Default: `%SystemDrive%\inetpub\` and the farm's name.
    #[schemars(with = "Option<String>", transform = Read(Reading::PathOfIis))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_path: Option<WindowsPath>,
}

/// A machine that runs Kallithea.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["name", "address"]))]
pub struct NodeSpec {
    /// The node's name in outputs. Letters, digits, `-` and `_`.
    #[schemars(transform = forms::Text(forms::NAME), extend("examples" = ["node1"]))]
    pub name: String,
    /// The host name or IP address by which the front reaches the node.
    #[schemars(
        with = "String",
        transform = forms::Text(forms::MACHINE),
        extend("examples" = ["kallithea1.corp.example.com"])
    )]
    pub address: MachineName,
}

/// How the front finds out which nodes are healthy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct HealthCheckSpec {
    /// The path that the front requests, below the application; 200 means healthy. With Windows authentication IIS
    /// lets everyone through to this path. The default is a picture that Kallithea itself serves: it needs the
    /// bridge, Python and the application, and does not create a session.
    #[schemars(transform = forms::Text(forms::HEALTH_PATH))]
    pub path: String,
    /// How often the front tests a node, as `hh:mm:ss`.
    #[schemars(with = "String", transform = forms::Text(forms::TIME_SPAN))]
    pub interval: TimeSpan,
    /// How long an answer may take, as `hh:mm:ss`. Kallithea takes some seconds to start.
    #[schemars(with = "String", transform = forms::Text(forms::TIME_SPAN))]
    pub timeout: TimeSpan,
    /// A text that the answer must contain; case matters. Default: any answer is accepted.
    #[schemars(length(min = 1, max = 256))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
}

impl Default for HealthCheckSpec {
    fn default() -> Self {
        Self {
            path: facts::HEALTH_PAGE.to_owned(),
            interval: TimeSpan::from_seconds(30),
            timeout: TimeSpan::from_seconds(30),
            expect: None,
        }
    }
}

/// Whether a browser stays with one node. Kallithea does not need it: sessions are in the database. hg and git keep no
/// cookies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AffinitySpec {
    /// Whether the front keeps a browser on one node with a cookie.
    pub enabled: bool,
    /// The cookie's name.
    #[schemars(transform = forms::Text(forms::COOKIE_NAME))]
    pub cookie_name: String,
}

impl Default for AffinitySpec {
    fn default() -> Self {
        Self { enabled: false, cookie_name: "ARRAffinity".to_owned() }
    }
}
