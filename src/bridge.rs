//! The bridge's sources, as they go out with every deployment.
//!
//! What enters: nothing. What leaves: [`FILES`], byte for byte what stands in the folder `bridge` beside this module.
//! Absent: `isapi/src/config.rs`, the one source that the compiler writes for each deployment.

/// Every file of the generated workspace but the deployment's own `isapi/src/config.rs`: its path inside `dispatch/`,
/// and its contents.
pub const FILES: &[(&str, &str)] = &[];
