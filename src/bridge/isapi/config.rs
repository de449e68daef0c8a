//! The settings of the example deployment `minimal`. Made by kallithea-iisc from its deploy.yaml.

use crate::settings::{Application, Identity, Level, Log, Python, Settings, Workers};

/// What this deployment's spec decided.
pub static SETTINGS: Settings = Settings {
    deployment: "minimal",
    engine: "kallithea_engine.dll",
    python: Python { home: r"C:\Python311", version: (3, 11), virtual_environment: None },
    application: Application {
        ini: r"C:\inetpub\kallithea\my.ini",
        distribution: r"C:\inetpub\kallithea",
        path: "/",
    },
    identity: Identity::Application,
    workers: Workers { threads: 1, queue_length: 100, drain_seconds: 60 },
    log: Log { file: r"C:\inetpub\kallithea\logs\bridge.log", level: Level::Info },
    environment: &[],
};
