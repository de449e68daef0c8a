//! What IIS listens on and lets through: `site`, `virtualDirectory`, `tls`, `requestLimits`,
//! `failedRequestTracing`.

use iis_config::TimeSpan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::forms;
use super::readings::{Read, Reading};
use super::words::words;
use super::{HostName, ListeningAddress, SiteName, Thumbprint, WindowsPath};

/// The IIS site that serves Kallithea.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct SiteSpec {
    /// The site's name in IIS Manager.
    #[schemars(
        with = "String",
        length(min = 1),
        transform = Read(Reading::SiteName),
        extend("examples" = ["Kallithea", "Default Web Site"])
    )]
    pub name: SiteName,
    /// `true` if the site already exists and Kallithea becomes an application below it. The spec then does not
    /// contain its bindings and root folder.
    pub existing: bool,
    /// The site's number, as IIS Manager lists it. An existing site with another name than `Default Web Site` needs
    /// it. Default: 1 for `Default Web Site`; for a new site a number derived from the name.
    #[schemars(range(min = 1, max = 4294967295u32))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// The root folder of a new site with Kallithea below `/`. Default:
    /// `%SystemDrive%\inetpub\wwwroot`. At `/` the root folder is `virtualDirectory.physicalPath`.
    #[schemars(with = "Option<String>", transform = Read(Reading::PathOfIis))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_path: Option<WindowsPath>,
    /// What the site listens on. A new site needs at least one binding.
    pub bindings: Vec<BindingSpec>,
}

/// One address that a site listens on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["protocol"]))]
pub struct BindingSpec {
    /// `http` or `https`.
    pub protocol: ProtocolSpec,
    /// The IP address, or `*` for all. Write IPv6 addresses in brackets.
    #[schemars(with = "String", transform = forms::Text(forms::LISTENING_ADDRESS))]
    pub ip_address: ListeningAddress,
    /// The TCP port. Default: 80 for http, 443 for https.
    #[schemars(range(min = 1, max = 65535))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The host name that clients request; empty for any.
    #[schemars(
        with = "String",
        transform = forms::Text(forms::HOST_NAME),
        extend("examples" = ["kallithea.example.com"])
    )]
    pub host_name: HostName,
    /// The server certificate of an https binding. It is not a part of applicationHost.config: the runbook has the
    /// command that registers it in Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateSpec>,
    /// Server Name Indication: several certificates on one address, chosen by host name. IIS 8.0 and later.
    pub server_name_indication: bool,
}

words! {
    /// The protocol of a binding.
    #[derive(Default)]
    pub enum ProtocolSpec, as_iis, from_iis {
        /// Without TLS.
        #[default]
        Http = "http",
        /// With TLS.
        Https = "https",
    }
}

impl ProtocolSpec {
    /// The port that a URL need not name.
    pub(crate) fn usual_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A certificate in one of the machine's stores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["thumbprint"]))]
pub struct CertificateSpec {
    /// The certificate's SHA-1 thumbprint: 40 hexadecimal digits without spaces.
    #[schemars(with = "String", transform = forms::Text(forms::THUMBPRINT))]
    pub thumbprint: Thumbprint,
    /// The store of the local machine that contains it.
    #[schemars(transform = forms::Text(forms::STORE))]
    pub store: String,
}

impl Default for CertificateSpec {
    fn default() -> Self {
        Self { thumbprint: Thumbprint::default(), store: "MY".to_owned() }
    }
}

/// Kallithea's place in the site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct VirtualDirectorySpec {
    /// `/` for the whole site, or `/kallithea` for an application below it.
    #[schemars(extend("examples" = ["/", "/kallithea"]))]
    pub path: String,
    /// The folder that contains only the web.config. Default: `iis` in the distribution folder.
    #[schemars(with = "Option<String>", transform = Read(Reading::Path))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_path: Option<WindowsPath>,
}

impl Default for VirtualDirectorySpec {
    fn default() -> Self {
        Self { path: "/".to_owned(), physical_path: None }
    }
}

/// Transport security.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TlsSpec {
    /// Whether IIS refuses requests without TLS (403.4). Default: `true` if the site has only https bindings, else `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// HTTP Strict Transport Security; without this key the header is not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict_transport_security: Option<StrictTransportSecuritySpec>,
}

/// The Strict-Transport-Security header (RFC 6797).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct StrictTransportSecuritySpec {
    /// How long browsers remember the rule, in seconds.
    #[schemars(range(min = 0, max = 63072000), extend("x-unit" = "seconds"))]
    pub max_age: u32,
    /// Whether the rule applies to every host below this one, too.
    pub include_sub_domains: bool,
}

impl Default for StrictTransportSecuritySpec {
    fn default() -> Self {
        Self { max_age: 31_536_000, include_sub_domains: false }
    }
}

/// Limits for requests, which IIS checks before Kallithea.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RequestLimitsSpec {
    /// The largest request body, in bytes; IIS answers 404.13 or 413.1 to a larger one. A push is one request, so this also
    /// limits pushes. The default is the maximum that IIS supports.
    #[schemars(range(min = 1), extend("x-unit" = "bytes"))]
    pub max_allowed_content_length: u64,
    /// The longest URL without its query, in bytes.
    #[schemars(range(min = 260, max = 16384), extend("x-unit" = "bytes"))]
    pub max_url: u32,
    /// The longest query string, in bytes.
    #[schemars(range(min = 260, max = 65534), extend("x-unit" = "bytes"))]
    pub max_query_string: u32,
}

impl Default for RequestLimitsSpec {
    fn default() -> Self {
        Self { max_allowed_content_length: 4_294_967_295, max_url: 8192, max_query_string: 8192 }
    }
}

/// IIS's failed request tracing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FailedRequestTracingSpec {
    /// The statuses that count as failed, separated by commas without spaces: codes such as `413`, sub-status codes
    /// such as `404.2`, ranges such as `500-599`. A range must not have sub-status codes.
    #[schemars(transform = forms::Text(forms::STATUS_CODES), extend("examples" = ["400,404.2,413,500-599"]))]
    pub status_codes: String,
    /// A request that takes longer counts as failed, too: `hh:mm:ss`. Default: no such limit.
    #[schemars(with = "Option<String>", transform = forms::Text(forms::TIME_SPAN), extend("examples" = ["00:01:00"]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_taken: Option<TimeSpan>,
    /// The folder of the traces; IIS adds a subfolder for the site.
    #[schemars(with = "String", transform = Read(Reading::PathOfIis))]
    pub directory: WindowsPath,
    /// The number of traces that IIS keeps.
    #[schemars(range(min = 1, max = 10000))]
    pub max_log_files: u32,
}

impl Default for FailedRequestTracingSpec {
    fn default() -> Self {
        Self {
            status_codes: "400,404.2,404.3,404.7,404.8,404.11,404.13,404.14,404.15,405,413,500-599"
                .to_owned(),
            time_taken: None,
            directory: "%SystemDrive%\\inetpub\\logs\\FailedReqLogFiles".parse().expect("a path of ours"),
            max_log_files: 50,
        }
    }
}
