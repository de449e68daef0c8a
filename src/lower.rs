//! Turns a sound spec into the model: every default is decided here, once.
//!
//! Defaults that the rules also need are in [`defaults`](crate::defaults).

mod authentication;
mod farm;
mod pool;

use std::collections::BTreeMap;

use crate::check::{Drafted, Sound};
use crate::defaults;
use crate::hash::sha256;
use crate::model::{
    Application, BaseFile, Binding, Bridge, Certificate, Database, DatabaseKind, Deployment,
    FailedRequestTracing, Kallithea, Machine, Origin, OwnSite, Python, RequestLimits, Site, StartMode,
    StrictTransportSecurity, Target, TimeSpan, Tls, Version,
};
use crate::source::Source;
use crate::spec::{BindingSpec, DatabaseSpec, HealthCheckSpec, Spec};
use crate::template::provenance_of;
use crate::yaml;

/// Decides everything that a sound spec leaves open.
pub fn lower(spec: &Sound, source: &Source) -> Deployment {
    let pool = pool::pool(spec);
    let starts_with_pool = pool.own.as_ref().and_then(|own| own.start_mode) == Some(StartMode::AlwaysRunning);
    let is_warmed_up = starts_with_pool && spec.bridge.preload && spec.target.iis_version >= Version::V8_0;
    Deployment {
        name: spec.name.clone(),
        origin: origin(spec, source),
        machine: Machine::Node,
        target: target(spec),
        kallithea: Kallithea {
            distribution: spec.kallithea.distribution.clone(),
            ini: defaults::ini(spec),
            repositories: spec.kallithea.repositories.clone(),
            database: spec.kallithea.database.as_ref().map(database),
            created_by: spec.kallithea.created_by,
            cloned_from: spec.kallithea.cloned_from,
        },
        python: Python {
            home: spec.python.home.clone(),
            version: spec.python.version,
            virtual_environment: spec.python.virtual_environment.clone(),
        },
        site: site(spec),
        application: Application {
            path: spec.virtual_directory.path.clone(),
            physical_path: defaults::physical_path(spec),
        },
        authentication: authentication::authentication(spec, &pool),
        activation: spec.authentication.activation,
        anonymous_access: spec.authentication.anonymous_access,
        tls: tls(spec),
        limits: limits(spec),
        tracing: tracing(spec),
        // A page that neither user nor database decides, as for the health checks of a farm.
        warm_up_page: is_warmed_up.then(|| HealthCheckSpec::default().path),
        bridge: bridge(spec, pool::shutdown_time_limit(spec)),
        farm: spec
            .farm
            .as_ref()
            .zip(spec.read().front.as_ref())
            .map(|(farm, front)| farm::farm(spec, farm, front)),
        pool,
    }
}

/// The deployment that a draft would become, to compare it with a server's configuration.
pub(crate) fn drafted(draft: &Drafted) -> Deployment {
    lower(draft.as_it_is(), &Source::new("deploy.yaml", ""))
}

fn origin(spec: &Sound, source: &Source) -> Origin {
    let hash = |text: &str| sha256(text.replace("\r\n", "\n").as_bytes());
    let mut parts = source.parts();
    let own = parts.next().expect("a source has a file");
    let bases: Vec<BaseFile> =
        parts.map(|base| BaseFile { path: base.path.to_owned(), sha256: hash(base.text) }).collect();
    let file = source.file_name().to_owned();
    let merged = (!bases.is_empty()).then(|| {
        format!("# {}\n\n{}", provenance_of(&file), yaml::document(spec.written(), &BTreeMap::new()))
    });
    Origin { file, sha256: hash(own.text), bases, merged }
}

fn target(spec: &Spec) -> Target {
    Target {
        version: spec.target.iis_version,
        architecture: spec.target.architecture,
        unlocked: spec.target.unlocked_sections.iter().cloned().collect(),
    }
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

fn site(spec: &Spec) -> Site {
    let site = &spec.site;
    let own = (!site.existing).then(|| OwnSite {
        bindings: site.bindings.iter().map(binding).collect(),
        root_folder: defaults::root_folder(spec),
    });
    Site { name: site.name.clone(), id: site.id.unwrap_or_else(|| defaults::site_id(&site.name)), own }
}

fn binding(spec: &BindingSpec) -> Binding {
    Binding {
        protocol: spec.protocol,
        ip_address: spec.ip_address.clone(),
        port: defaults::port(spec),
        host_name: spec.host_name.clone(),
        certificate: spec.certificate.as_ref().map(|certificate| Certificate {
            thumbprint: certificate.thumbprint,
            store: certificate.store.clone(),
        }),
        server_name_indication: spec.server_name_indication,
    }
}

fn tls(spec: &Spec) -> Tls {
    Tls {
        required: defaults::tls_required(spec),
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
        directory: tracing.directory.clone(),
        max_log_files: tracing.max_log_files,
    })
}

fn bridge(spec: &Sound, shutdown_time_limit: TimeSpan) -> Bridge {
    Bridge {
        directory: defaults::bridge_directory(spec),
        threads: spec.bridge.threads,
        queue_length: spec.bridge.queue_length,
        drain_seconds: drain_seconds(shutdown_time_limit),
        preload: spec.bridge.preload,
        static_files: spec.bridge.static_files,
        synchronous: spec.bridge.synchronous,
        slow_clients: spec.bridge.slow_clients.unwrap_or((8 * spec.bridge.threads).max(64)),
        client_timeout: spec.bridge.client_timeout,
        request_time_limit: spec.bridge.request_time_limit,
        slow_request: spec.bridge.slow_request,
        form_size: spec.bridge.limits.form_size,
        form_fields: spec.bridge.limits.form_fields,
        argument_size: spec.bridge.limits.argument_size,
        trusted_proxies: spec.read().trusted_proxies.clone(),
        log_file: defaults::log_file(spec),
        log_level: spec.bridge.log.level,
        log_max_size: spec.bridge.log.max_size,
        log_keep: spec.bridge.log.keep,
        git: spec.bridge.git.clone(),
        environment_variables: spec.bridge.environment_variables.clone(),
    }
}

/// The seconds that running requests get: fifteen less than the pool allows the whole process, or half of a
/// short limit.
fn drain_seconds(shutdown_time_limit: TimeSpan) -> u64 {
    let limit = shutdown_time_limit.seconds();
    limit.saturating_sub(15).max(limit / 2).max(1)
}
