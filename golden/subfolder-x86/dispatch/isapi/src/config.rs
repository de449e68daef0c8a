//! Made by kallithea-iisc 0.1.0 from deploy.yaml. Change that file and build again; edits here are lost.

use crate::settings::{Application, Identity, Level, Limits, Log, Python, Settings, Workers};

/// What the spec of this deployment decided.
#[rustfmt::skip]
pub static SETTINGS: Settings = Settings {
    deployment: "subfolder-x86",
    engine: "kallithea_engine-f3a1e163.dll",
    python: Python {
        home: r"C:\Python39-32",
        version: (3, 9),
        virtual_environment: None,
    },
    application: Application {
        ini: r"C:\Kallithea\my.ini",
        distribution: r"C:\Kallithea",
        path: "/kallithea",
    },
    identity: Identity::Server,
    domains: &[],
    default_domain: "",
    trusted_proxies: &[],
    workers: Workers {
        threads: 8,
        queue_length: 100,
        drain_seconds: 75,
        preload: true,
        synchronous: false,
        slow_clients: 64,
        client_seconds: 300,
        limit_seconds: 600,
        slow_seconds: 60,
    },
    limits: Limits {
        form_megabytes: 8,
        form_fields: 10000,
        argument_kilobytes: 1024,
    },
    log: Log {
        file: r"C:\Kallithea\logs\bridge.log",
        level: Level::Debug,
        max_megabytes: 10,
        keep: 5,
        failed_request_tracing: false,
    },
    environment: &[],
};
