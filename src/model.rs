//! What to deploy: every default is resolved, and nothing is left to decide.
//!
//! [`lower`](crate::lower) makes it from a sound spec; the emitters read nothing else. Enumerations with the
//! words of IIS or Kallithea are those of the spec.

mod contents;
mod farm;
mod python;
pub(crate) mod role_services;
pub(crate) mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub use contents::LOCKABLE_SECTIONS;
pub(crate) use contents::RESPONSE_HEADERS;
pub use farm::{Database, Farm, HealthCheck, Machine, Node};
pub use python::{Driver, Python};

pub use crate::spec::{
    AccountName, HostName, ListeningAddress, MachineName, PoolName, PythonVersion, SiteName, Thumbprint,
    WindowsPath,
};
pub use crate::spec::{
    ActivationSpec as Activation, ArchitectureSpec as Architecture, ClonedFromSpec as ClonedFrom,
    CreatedBySpec as CreatedBy, DatabaseKindSpec as DatabaseKind,
    ExtendedProtectionFlagSpec as ExtendedProtectionFlag, ExtendedProtectionSpec as ExtendedProtection,
    IdentityTypeSpec as IdentityType, LdapCertificateSpec as LdapCertificate, LdapScopeSpec as LdapScope,
    LdapSecuritySpec as LdapSecurity, LogLevelSpec as LogLevel, ProtocolSpec as Protocol,
    ProviderSpec as Provider, StartModeSpec as StartMode, StaticFilesSpec as StaticFiles,
};
pub use iis_config::{TimeSpan, Version};

/// One deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// Its name.
    pub name: String,
    /// What it was compiled from.
    pub origin: Origin,
    /// The kind of machine that the parts of applicationHost.config are for.
    pub machine: Machine,
    /// The server's IIS.
    pub target: Target,
    /// Kallithea's paths.
    pub kallithea: Kallithea,
    /// The Python.
    pub python: Python,
    /// The site.
    pub site: Site,
    /// The application within the site.
    pub application: Application,
    /// The application pool.
    pub pool: Pool,
    /// Who signs users on.
    pub authentication: Authentication,
    /// What happens to new users.
    pub activation: Activation,
    /// Whether repositories may be read without signing on.
    pub anonymous_access: bool,
    /// Transport security.
    pub tls: Tls,
    /// Request filtering.
    pub limits: RequestLimits,
    /// Failed request tracing, if it is wanted.
    pub tracing: Option<FailedRequestTracing>,
    /// The bridge.
    pub bridge: Bridge,
    /// The page, below the application, that IIS requests when it starts the worker process, if Kallithea is to start before the
    /// first visitor. Without such a request the worker process loads no ISAPI extension, whatever `startMode` says. IIS 8.0 and
    /// later (page `system.webserver/applicationinitialization`).
    pub warm_up_page: Option<String>,
    /// The web farm, if there is more than one machine.
    pub farm: Option<Farm>,
}

/// What a deployment was compiled from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The spec's file name, without its folder.
    pub file: String,
    /// SHA-256 of the spec with line feeds as line ends, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The files that it extends, the nearest first.
    pub bases: Vec<BaseFile>,
    /// The spec with all that it extends, as one YAML text; `None` if it extends nothing.
    pub merged: Option<String>,
}

/// A file that a spec extends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseFile {
    /// Its path from the spec's folder, with forward slashes.
    pub path: String,
    /// SHA-256 of it, as that of the spec.
    pub sha256: String,
}

/// The name of the merged spec in the output folder.
pub(crate) const MERGED: &str = "spec.yaml";

impl Origin {
    /// The name of the file that the commands on the server read: the merged spec in the output folder, or the spec itself.
    pub(crate) fn on_server(&self) -> &str {
        if self.merged.is_some() { MERGED } else { &self.file }
    }

    /// The same as a path from the output folder, for a person at a prompt.
    pub(crate) fn path_on_server(&self) -> String {
        format!("{}\\{}", if self.merged.is_some() { "." } else { ".." }, self.on_server())
    }
}

/// The server's IIS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its version.
    pub version: Version,
    /// The architecture of the worker process.
    pub architecture: Architecture,
    /// Sections that the server allows in a web.config although IIS locks them by default.
    pub unlocked: BTreeSet<String>,
}

/// Kallithea's paths on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kallithea {
    /// Kallithea's folder.
    pub distribution: WindowsPath,
    /// The ini file.
    pub ini: WindowsPath,
    /// The folder of the repositories.
    pub repositories: WindowsPath,
    /// The database, if the spec describes it.
    pub database: Option<Database>,
    /// Who may create repositories outside groups.
    pub created_by: CreatedBy,
    /// From where repositories may be cloned.
    pub cloned_from: ClonedFrom,
}

/// The site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its name.
    pub name: SiteName,
    /// Its number.
    pub id: u32,
    /// The parts that this deployment owns; `None` if the site already existed.
    pub own: Option<OwnSite>,
}

/// A site that belongs to the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSite {
    /// What it listens on, in the author's order.
    pub bindings: Vec<Binding>,
    /// The folder of the site's own root application, if Kallithea's path is below `/`.
    pub root_folder: Option<WindowsPath>,
}

/// One address that a site listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The protocol.
    pub protocol: Protocol,
    /// The address, or all of them.
    pub ip_address: ListeningAddress,
    /// The TCP port.
    pub port: u16,
    /// The host name, or nothing for any.
    pub host_name: HostName,
    /// The certificate of an https binding.
    pub certificate: Option<Certificate>,
    /// Whether the certificate is chosen by host name.
    pub server_name_indication: bool,
}

/// A certificate in a store of the local machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-1 of the certificate.
    pub thumbprint: Thumbprint,
    /// The store's name.
    pub store: String,
}

/// The application within the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// `/`, or `/name`.
    pub path: String,
    /// The folder of its web.config.
    pub physical_path: WindowsPath,
}

/// The application pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Its name.
    pub name: PoolName,
    /// The parts that this deployment owns; `None` if the pool already existed.
    pub own: Option<OwnPool>,
}

/// A pool that belongs to the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPool {
    /// The account's kind.
    pub identity: IdentityType,
    /// The account's name, for `SpecificUser`.
    pub user_name: Option<AccountName>,
    /// When the worker process starts; `None` if the target supports only one way.
    pub start_mode: Option<StartMode>,
    /// How long an unused worker process stays; zero means for ever.
    pub idle_timeout: TimeSpan,
    /// When a healthy worker process is replaced.
    pub recycling: Recycling,
    /// Worker processes.
    pub max_processes: u32,
    /// Requests that HTTP.sys keeps waiting.
    pub queue_length: u32,
    /// How long a worker process may take to end.
    pub shutdown_time_limit: TimeSpan,
    /// Environment variables of the worker process.
    pub environment_variables: BTreeMap<String, String>,
}

/// When a healthy worker process is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recycling {
    /// After this time; zero never.
    pub time: TimeSpan,
    /// After this many requests; 0 never.
    pub requests: u32,
    /// At this much private memory in kilobytes; 0 never.
    pub private_memory: u32,
    /// At these times of day, sorted.
    pub schedule: Vec<TimeSpan>,
}

/// Who signs users on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// IIS.
    Windows(Windows),
    /// Kallithea, with a directory.
    Ldap(Ldap),
    /// Kallithea, with its own accounts.
    Internal,
}

/// Sign-on with IIS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    /// What IIS offers, in this order.
    pub providers: Vec<Provider>,
    /// Whether tickets are checked in the kernel.
    pub use_kernel_mode: bool,
    /// Whether this uses the pool's account.
    pub use_app_pool_credentials: bool,
    /// Channel bindings.
    pub extended_protection: ExtendedProtection,
    /// What a sign-on is bound to in addition to, or instead of, the TLS channel.
    pub extended_protection_flags: Vec<ExtendedProtectionFlag>,
    /// The names for which clients may have requested a ticket.
    pub service_principal_names: Vec<String>,
    /// The domains whose users are allowed; empty for all.
    pub domains: Vec<String>,
    /// Basic authentication in addition, if it is wanted.
    pub basic: Option<Basic>,
    /// Kallithea's container plugin.
    pub container: Container,
}

/// IIS's Basic authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basic {
    /// The realm, or nothing.
    pub realm: String,
    /// The domain for user names without one, or nothing.
    pub default_logon_domain: String,
}

/// Kallithea's container plugin: names of environ keys, empty for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// The user's name.
    pub header: String,
    /// Whether the domain is removed.
    pub clean_username: bool,
    /// The e-mail address.
    pub email_header: String,
    /// The first name.
    pub first_name_header: String,
    /// The last name.
    pub last_name_header: String,
    /// The environ key that is used if `header` is empty.
    pub fallback_header: String,
}

/// Kallithea's LDAP plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ldap {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub connection_security: LdapSecurity,
    /// How strictly the certificate is checked.
    pub certificate_checks: LdapCertificate,
    /// The folder of the certificates that check it, or nothing.
    pub ca_certificates: String,
    /// The account that searches, or nothing.
    pub bind_account: String,
    /// Where the search begins.
    pub base_dn: String,
    /// The filter of the search, or nothing.
    pub filter: String,
    /// How deep the search goes.
    pub search_scope: LdapScope,
    /// The attribute of the login name.
    pub login_attribute: String,
    /// The attribute of the first name, or nothing.
    pub first_name_attribute: String,
    /// The attribute of the last name, or nothing.
    pub last_name_attribute: String,
    /// The attribute of the e-mail address, or nothing.
    pub email_attribute: String,
}

/// Transport security.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Whether IIS refuses requests without it.
    pub required: bool,
    /// Strict-Transport-Security, if it is wanted.
    pub strict_transport_security: Option<StrictTransportSecurity>,
}

/// The Strict-Transport-Security header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrictTransportSecurity {
    /// In seconds.
    pub max_age: u32,
    /// Whether it also applies to subdomains.
    pub include_sub_domains: bool,
}

/// Request filtering's limits, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLimits {
    /// The largest body.
    pub max_allowed_content_length: u32,
    /// The longest URL.
    pub max_url: u32,
    /// The longest query string.
    pub max_query_string: u32,
}

/// Failed request tracing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedRequestTracing {
    /// Statuses that count as failed.
    pub status_codes: String,
    /// Time that counts as failed.
    pub time_taken: Option<TimeSpan>,
    /// The folder.
    pub directory: WindowsPath,
    /// How many log files are kept.
    pub max_log_files: u32,
}

/// The bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bridge {
    /// The folder of its DLLs.
    pub directory: WindowsPath,
    /// Requests that run at once.
    pub threads: u32,
    /// Requests that wait.
    pub queue_length: u32,
    /// Seconds that running requests have when IIS stops the bridge.
    pub drain_seconds: u64,
    /// Whether Python starts before the first request.
    pub preload: bool,
    /// Who answers requests for static files.
    pub static_files: StaticFiles,
    /// Whether a request is answered in the call that brings it.
    pub synchronous: bool,
    /// The number of clients that may be slow without delaying others.
    pub slow_clients: u32,
    /// Seconds after which a client that neither sends nor receives is disconnected; 0 never.
    pub client_timeout: u32,
    /// Seconds that the application may compute without sending to or reading from the client; 0 for ever.
    pub request_time_limit: u32,
    /// Seconds after which a request's Python threads are logged; 0 never.
    pub slow_request: u32,
    /// Megabytes of a form that are read into memory.
    pub form_size: u32,
    /// Fields of a form.
    pub form_fields: u32,
    /// Kilobytes of a Mercurial command's arguments that come in a request's body.
    pub argument_size: u32,
    /// Networks of the trusted proxies: address and prefix length.
    pub trusted_proxies: Vec<(IpAddr, u8)>,
    /// The log file.
    pub log_file: WindowsPath,
    /// The lowest level that is written.
    pub log_level: LogLevel,
    /// The size in megabytes at which a new log file begins.
    pub log_max_size: u32,
    /// How many old log files are kept.
    pub log_keep: u32,
    /// The path of git.exe, if Kallithea does not find it on the server's `PATH`.
    pub git: Option<WindowsPath>,
    /// What `os.environ` contains.
    pub environment_variables: BTreeMap<String, String>,
}

impl Deployment {
    /// The pages below the application that IIS and a farm's front request without a user.
    pub fn open_pages(&self) -> BTreeSet<&str> {
        let of_farm = self.farm.as_ref().filter(|_| self.machine == Machine::Node);
        of_farm
            .map(|farm| farm.health_check.path.as_str())
            .into_iter()
            .chain(self.warm_up_page.as_deref())
            .collect()
    }

    /// The path of the `<location>` that applies to the application: `Site`, or `Site/name`.
    pub fn location(&self) -> String {
        self.location_of(&self.application.path)
    }

    /// The path of the `<location>` for a path of the site.
    pub(crate) fn location_of(&self, path: &str) -> String {
        format!("{}{}", self.site.name, path.trim_end_matches('/'))
    }

    /// The full path of the DLL that IIS loads.
    pub fn dispatch_dll(&self) -> WindowsPath {
        self.bridge.directory.below(crate::manifest::DISPATCH_DLL)
    }
}
