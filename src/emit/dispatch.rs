//! `dispatch/`: the bridge as a workspace that cargo builds. Every source is written byte for byte as in
//! [`bridge`](crate::bridge); only `isapi/src/config.rs` belongs to this deployment.

use serde::Serialize;

use crate::bridge;
use crate::hash::sha256;
use crate::model::{Authentication, Deployment, LogLevel, StaticFiles};
use crate::spec::WindowsPath;
use crate::template::{self, provenance};
use crate::tree::Tree;

/// The package whose library becomes [`DISPATCH_DLL`](crate::manifest::DISPATCH_DLL).
pub(crate) const LOADER_PACKAGE: &str = "kallithea-bridge-loader";
/// The package whose library becomes [`engine_file_name`].
pub(crate) const ENGINE_PACKAGE: &str = "kallithea-bridge-engine";

/// The settings, in the words of the template.
#[derive(Serialize)]
struct Settings<'a> {
    provenance: String,
    deployment: &'a str,
    engine: &'a str,
    python_home: &'a str,
    python_major: u8,
    python_minor: u8,
    virtual_environment: Option<&'a str>,
    ini: &'a str,
    distribution: &'a str,
    path: &'a str,
    static_files: &'static str,
    monitored: Vec<&'a str>,
    identity: &'static str,
    domains: &'a [String],
    default_domain: &'a str,
    threads: u32,
    queue_length: u32,
    drain_seconds: u64,
    preload: bool,
    synchronous: bool,
    slow_clients: u32,
    client_timeout: u32,
    request_time_limit: u32,
    slow_request: u32,
    form_size: u32,
    form_fields: u32,
    argument_size: u32,
    trusted_proxies: Vec<(String, u8)>,
    log_file: &'a str,
    log_level: &'static str,
    log_max_size: u32,
    log_keep: u32,
    failed_request_tracing: bool,
    programs: Option<WindowsPath>,
    environment: Vec<(&'a str, &'a str)>,
}

pub(super) fn emit(deployment: &Deployment, engine: &str, tree: &mut Tree) {
    for (path, text) in bridge::FILES {
        tree.insert(format!("dispatch/{path}"), *text);
    }
    tree.insert("dispatch/isapi/src/config.rs", config(deployment, engine));
}

/// The engine's file name. It ends in a hash of everything that the engine is built from. So a new build can be
/// put beside an older one that a worker process still holds open.
pub(crate) fn engine_file_name(deployment: &Deployment) -> String {
    let mut built_from = config(deployment, "");
    for (path, text) in bridge::FILES {
        built_from.push_str(path);
        built_from.push_str(text);
    }
    format!("kallithea_engine-{}.dll", &sha256(built_from.as_bytes())[..8])
}

fn config(deployment: &Deployment, engine: &str) -> String {
    let (kallithea, python, bridge) = (&deployment.kallithea, &deployment.python, &deployment.bridge);
    let (identity, domains, basic): (_, &[String], _) = match &deployment.authentication {
        Authentication::Windows(windows) => ("Server", &windows.domains, windows.basic.as_ref()),
        Authentication::Ldap(_) | Authentication::Internal => ("Application", &[], None),
    };
    let proxies = bridge.trusted_proxies.iter().map(|(address, prefix)| (address.to_string(), *prefix));
    let variables = bridge.environment_variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let settings = Settings {
        provenance: provenance(deployment),
        deployment: &deployment.name,
        engine,
        python_home: &python.home,
        python_major: python.version.major,
        python_minor: python.version.minor,
        virtual_environment: python.virtual_environment.as_deref(),
        ini: &kallithea.ini,
        distribution: &kallithea.distribution,
        path: &deployment.application.path,
        static_files: static_files(bridge.static_files),
        monitored: deployment.open_pages().into_iter().collect(),
        identity,
        domains,
        default_domain: basic.map_or("", |basic| &basic.default_logon_domain),
        threads: bridge.threads,
        queue_length: bridge.queue_length,
        drain_seconds: bridge.drain_seconds,
        preload: bridge.preload,
        synchronous: bridge.synchronous,
        slow_clients: bridge.slow_clients,
        client_timeout: bridge.client_timeout,
        request_time_limit: bridge.request_time_limit,
        slow_request: bridge.slow_request,
        form_size: bridge.form_size,
        form_fields: bridge.form_fields,
        argument_size: bridge.argument_size,
        trusted_proxies: proxies.collect(),
        log_file: &bridge.log_file,
        log_level: level(bridge.log_level),
        log_max_size: bridge.log_max_size,
        log_keep: bridge.log_keep,
        failed_request_tracing: deployment.tracing.is_some(),
        programs: bridge.git.as_ref().map(WindowsPath::folder),
        environment: variables.collect(),
    };
    template::fill(include_str!("../templates/config.rs.j2"), settings)
}

/// The name of a variant of the bridge's `StaticFiles`.
fn static_files(by: StaticFiles) -> &'static str {
    match by {
        StaticFiles::Bridge => "Bridge",
        StaticFiles::Application => "Application",
    }
}

/// The name of a variant of the bridge's `Level`.
fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "Error",
        LogLevel::Warning => "Warning",
        LogLevel::Info => "Info",
        LogLevel::Debug => "Debug",
    }
}
