//! From a sound spec to the model: every default that depends on other keys is decided here, once.
//!
//! The small functions are public to the rules, which must decide alike.

mod authentication;
mod farm;
mod pool;

pub use authentication::{extended_protection_flags, service_principal_names, tls_alone};

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use crate::check::Sound;
use crate::model::{
    Application, Binding, Bridge, Certificate, Database, DatabaseKind, Deployment, FailedRequestTracing,
    Kallithea, Machine, Origin, OwnSite, Python, RequestLimits, Site, StrictTransportSecurity, Target,
    TimeSpan, Tls,
};
use crate::source::Source;
use crate::spec::{BindingSpec, DatabaseSpec, FarmSpec, ProtocolSpec, Spec};

/// Decides everything that a sound spec leaves open.
pub fn lower(spec: &Sound, source: &Source) -> Deployment {
    let pool = pool::pool(spec);
    Deployment {
        name: spec.name.clone(),
        origin: origin(source),
        machine: Machine::Node,
        target: target(spec),
        kallithea: Kallithea {
            distribution: trim(&spec.kallithea.distribution),
            ini: ini(spec),
            repositories: trim(&spec.kallithea.repositories),
            database: spec.kallithea.database.as_ref().map(database),
            created_by: spec.kallithea.created_by,
            cloned_from: spec.kallithea.cloned_from,
        },
        python: Python {
            home: trim(&spec.python.home),
            version: (spec.python.version.major, spec.python.version.minor),
            virtual_environment: spec.python.virtual_environment.as_deref().map(trim),
        },
        site: site(spec),
        application: Application {
            path: spec.virtual_directory.path.clone(),
            physical_path: physical_path(spec),
        },
        authentication: authentication::authentication(spec, &pool),
        activation: spec.authentication.activation,
        anonymous_access: spec.authentication.anonymous_access,
        tls: tls(spec),
        limits: limits(spec),
        tracing: tracing(spec),
        bridge: bridge(spec, pool::shutdown_time_limit(spec)),
        farm: spec.farm.as_ref().map(|farm| farm::farm(spec, farm)),
        pool,
    }
}

fn origin(source: &Source) -> Origin {
    Origin {
        file: source.file_name().to_owned(),
        sha256: sha256(source.text.replace("\r\n", "\n").as_bytes()),
    }
}

/// SHA-256 in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn target(spec: &Spec) -> Target {
    Target {
        version: spec.target.iis_version,
        architecture: spec.target.architecture,
        unlocked: spec.target.unlocked_sections.iter().cloned().collect(),
    }
}

/// A path without the backslash that some people end a folder with.
fn trim(path: &str) -> String {
    match path.strip_suffix('\\') {
        Some(rest) if !rest.ends_with(':') => rest.to_owned(),
        _ => path.to_owned(),
    }
}

fn below(folder: &str, rest: &str) -> String {
    format!("{}\\{rest}", folder.trim_end_matches('\\'))
}

fn or_below(given: Option<&String>, spec: &Spec, rest: &str) -> String {
    given.map_or_else(|| below(&spec.kallithea.distribution, rest), |path| trim(path))
}

/// Kallithea's ini file.
pub fn ini(spec: &Spec) -> String {
    or_below(spec.kallithea.ini.as_ref(), spec, "my.ini")
}

/// The folder of the virtual directory.
pub fn physical_path(spec: &Spec) -> String {
    or_below(spec.virtual_directory.physical_path.as_ref(), spec, "iis")
}

/// The folder of the bridge's DLLs.
pub fn bridge_directory(spec: &Spec) -> String {
    or_below(spec.bridge.directory.as_ref(), spec, "bridge")
}

/// The bridge's log file.
pub fn log_file(spec: &Spec) -> String {
    or_below(spec.bridge.log.file.as_ref(), spec, "logs\\bridge.log")
}

fn database(spec: &DatabaseSpec) -> Database {
    let port = spec.port.unwrap_or(if spec.kind == DatabaseKind::Mysql { 3306 } else { 5432 });
    Database {
        kind: spec.kind,
        server: spec
            .server
            .clone()
            .filter(|_| spec.kind != DatabaseKind::Sqlite)
            .map(|server| (server, port)),
        name: spec.name.0.clone(),
        user: spec.user.0.clone(),
    }
}

/// The port that a farm's nodes listen on.
pub fn node_port(spec: &Spec, farm: &FarmSpec) -> u16 {
    let bindings = &spec.site.bindings;
    let port = || bindings.iter().find(|binding| binding.protocol == farm.node_protocol).map(port);
    farm.node_port.or_else(port).unwrap_or(farm.node_protocol.usual_port())
}

/// Whether nobody but the machine itself can connect to a binding's address: a proxy that ends TLS, for example.
pub fn is_loopback(address: &str) -> bool {
    let bare = address.trim_start_matches('[').trim_end_matches(']');
    bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The application pool's name.
pub fn pool_name(spec: &Spec) -> String {
    spec.application_pool.name.clone().unwrap_or_else(|| spec.name.clone())
}

/// The port of a binding.
pub fn port(binding: &BindingSpec) -> u16 {
    binding.port.unwrap_or(binding.protocol.usual_port())
}

/// What clients connect to: the site's bindings, or those of the front of a farm.
pub fn public_bindings(spec: &Spec) -> &[BindingSpec] {
    spec.farm.as_ref().map_or(&spec.site.bindings, |farm| &farm.front.bindings)
}

/// Whether clients are refused without TLS: as the author says, or where they find https alone.
pub fn tls_required(spec: &Spec) -> bool {
    let bindings = public_bindings(spec);
    let https_alone =
        !bindings.is_empty() && bindings.iter().all(|binding| binding.protocol == ProtocolSpec::Https);
    spec.tls.required.unwrap_or(https_alone)
}

fn site(spec: &Spec) -> Site {
    let site = &spec.site;
    let own = (!site.existing).then(|| OwnSite {
        bindings: site.bindings.iter().map(binding).collect(),
        root_folder: root_folder(spec),
    });
    Site { name: site.name.clone(), id: site.id.unwrap_or_else(|| site_id(&site.name)), own }
}

/// The root folder of a site of its own whose Kallithea stands below `/`.
pub fn root_folder(spec: &Spec) -> Option<String> {
    let usual = || "%SystemDrive%\\inetpub\\wwwroot".to_owned();
    let is_below = !spec.site.existing && spec.virtual_directory.path != "/";
    is_below.then(|| spec.site.physical_path.as_deref().map_or_else(usual, trim))
}

/// The number of a site whose author gave none: 1 for the site that Windows comes with, else one from 1,000 to
/// 999,999 that follows from the name, so that every build of a spec says the same.
pub(crate) fn site_id(name: &str) -> u32 {
    if name.eq_ignore_ascii_case(crate::check::DEFAULT_WEB_SITE) {
        return 1;
    }
    let digest = Sha256::digest(name.to_lowercase().as_bytes());
    1000 + u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % 999_000
}

fn binding(spec: &BindingSpec) -> Binding {
    Binding {
        protocol: spec.protocol,
        ip_address: spec.ip_address.0.clone(),
        port: port(spec),
        host_name: spec.host_name.clone(),
        certificate: spec.certificate.as_ref().map(|certificate| Certificate {
            thumbprint: certificate.thumbprint.to_string(),
            store: certificate.store.clone(),
        }),
        server_name_indication: spec.server_name_indication,
    }
}

fn tls(spec: &Spec) -> Tls {
    Tls {
        required: tls_required(spec),
        strict_transport_security: spec.tls.strict_transport_security.as_ref().map(|header| {
            StrictTransportSecurity {
                max_age: header.max_age,
                include_sub_domains: header.include_sub_domains,
            }
        }),
    }
}

fn limits(spec: &Sound) -> RequestLimits {
    let limits = &spec.request_limits;
    RequestLimits {
        max_allowed_content_length: spec.read().max_allowed_content_length,
        max_url: limits.max_url,
        max_query_string: limits.max_query_string,
    }
}

fn tracing(spec: &Spec) -> Option<FailedRequestTracing> {
    spec.failed_request_tracing.as_ref().map(|tracing| FailedRequestTracing {
        status_codes: tracing.status_codes.clone(),
        time_taken: tracing.time_taken,
        directory: trim(&tracing.directory),
        max_log_files: tracing.max_log_files,
    })
}

fn bridge(spec: &Sound, shutdown_time_limit: TimeSpan) -> Bridge {
    Bridge {
        directory: bridge_directory(spec),
        threads: spec.bridge.threads,
        queue_length: spec.bridge.queue_length,
        drain_seconds: drain_seconds(shutdown_time_limit),
        preload: spec.bridge.preload,
        synchronous: spec.bridge.synchronous,
        slow_clients: spec.bridge.slow_clients.unwrap_or((8 * spec.bridge.threads).max(64)),
        client_timeout: spec.bridge.client_timeout,
        request_time_limit: spec.bridge.request_time_limit,
        slow_request: spec.bridge.slow_request,
        form_size: spec.bridge.limits.form_size,
        form_fields: spec.bridge.limits.form_fields,
        argument_size: spec.bridge.limits.argument_size,
        trusted_proxies: spec.read().trusted_proxies.clone(),
        log_file: log_file(spec),
        log_level: spec.bridge.log.level,
        log_max_size: spec.bridge.log.max_size,
        log_keep: spec.bridge.log.keep,
        environment_variables: spec.bridge.environment_variables.clone(),
    }
}

/// Seconds that running requests have: fifteen less than the pool grants the whole process, or half of a
/// limit that is short.
fn drain_seconds(shutdown_time_limit: TimeSpan) -> u64 {
    let limit = shutdown_time_limit.seconds();
    limit.saturating_sub(15).max(limit / 2).max(1)
}
