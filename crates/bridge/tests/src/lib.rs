//! The basis of the bridge's tests and fuzz targets: a server behind a control block.
//!
//! In: the parts of a request. Out: what the bridge did with it. Absent: strictness, which the strict host adds, and
//! Python.

pub mod server;
