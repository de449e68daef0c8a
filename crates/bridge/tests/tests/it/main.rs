//! The bridge, part by part, without IIS and without Python.

mod account;
mod body;
mod environ;
mod exports;
mod fake;
mod headers;
mod properties;
mod proxies;
mod queue;
mod reply;
mod servers;
mod small;
mod static_files;
mod url;
