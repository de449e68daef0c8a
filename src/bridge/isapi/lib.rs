//! What loader and engine share: the ISAPI interface, the deployment's settings, the log.

pub mod config;
pub mod settings;
