//! What the bridge's tests and its fuzz targets stand on: a server behind a control block.
//!
//! In: what a request consists of. Out: what the bridge did with it. Absent: strictness, which the strict host has, and
//! Python.

pub mod server;
