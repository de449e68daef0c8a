//! The bridge's sources, as they go out with every deployment.
//!
//! What enters: nothing. What leaves: [`FILES`], byte for byte what stands in the folder `bridge` beside this module.
//! Absent: `isapi/src/config.rs`, the one source that the compiler writes for each deployment.

/// A file of the generated workspace: where it lies there, and which file here it is.
macro_rules! files {
    ($($path:literal = $source:literal,)+) => {
        &[$(($path, include_str!(concat!("bridge/", $source))),)+]
    };
}

/// Every file of the generated workspace but the deployment's own `isapi/src/config.rs`: its path inside `dispatch/`,
/// and its contents. Sorted by path.
pub const FILES: &[(&str, &str)] = files! {
    "Cargo.lock" = "Cargo.lock",
    "Cargo.toml" = "workspace.toml",
    "engine/Cargo.toml" = "engine.toml",
    "engine/src/adjustments.py" = "engine/adjustments.py",
    "engine/src/admission.rs" = "engine/admission.rs",
    "engine/src/bootstrap.py" = "engine/bootstrap.py",
    "engine/src/crew.rs" = "engine/crew.rs",
    "engine/src/exchange.rs" = "engine/exchange.rs",
    "engine/src/identity.py" = "engine/identity.py",
    "engine/src/lib.rs" = "engine/lib.rs",
    "engine/src/post.rs" = "engine/post.rs",
    "engine/src/python.rs" = "engine/python.rs",
    "engine/src/python/application.rs" = "engine/python/application.rs",
    "engine/src/python/body.rs" = "engine/python/body.rs",
    "engine/src/python/descriptors.rs" = "engine/python/descriptors.rs",
    "engine/src/python/environ.rs" = "engine/python/environ.rs",
    "engine/src/python/input.rs" = "engine/python/input.rs",
    "engine/src/python/interrupt.rs" = "engine/python/interrupt.rs",
    "engine/src/python/response.rs" = "engine/python/response.rs",
    "engine/src/python/start.rs" = "engine/python/start.rs",
    "engine/src/queue.rs" = "engine/queue.rs",
    "engine/src/service.rs" = "engine/service.rs",
    "engine/src/startup.rs" = "engine/startup.rs",
    "engine/src/threads.py" = "engine/threads.py",
    "engine/src/watch.rs" = "engine/watch.rs",
    "isapi/Cargo.toml" = "isapi.toml",
    "isapi/src/abi.rs" = "isapi/abi.rs",
    "isapi/src/abi/line.rs" = "isapi/abi/line.rs",
    "isapi/src/abi/pieces.rs" = "isapi/abi/pieces.rs",
    "isapi/src/abi/session.rs" = "isapi/abi/session.rs",
    "isapi/src/abi/tracing.rs" = "isapi/abi/tracing.rs",
    "isapi/src/body.rs" = "isapi/body.rs",
    "isapi/src/client.rs" = "isapi/client.rs",
    "isapi/src/domains.rs" = "isapi/domains.rs",
    "isapi/src/environ.rs" = "isapi/environ.rs",
    "isapi/src/fallback.rs" = "isapi/fallback.rs",
    "isapi/src/headers.rs" = "isapi/headers.rs",
    "isapi/src/lib.rs" = "isapi/lib.rs",
    "isapi/src/log.rs" = "isapi/log.rs",
    "isapi/src/log/writer.rs" = "isapi/log/writer.rs",
    "isapi/src/paths.rs" = "isapi/paths.rs",
    "isapi/src/proxies.rs" = "isapi/proxies.rs",
    "isapi/src/reply.rs" = "isapi/reply.rs",
    "isapi/src/reply/framing.rs" = "isapi/reply/framing.rs",
    "isapi/src/reply/head.rs" = "isapi/reply/head.rs",
    "isapi/src/settings.rs" = "isapi/settings.rs",
    "isapi/src/trace_channel.rs" = "isapi/trace_channel.rs",
    "isapi/src/url.rs" = "isapi/url.rs",
    "loader/Cargo.toml" = "loader.toml",
    "loader/src/lib.rs" = "loader/lib.rs",
    "loader/src/pe.rs" = "loader/pe.rs",
    "loader/src/platform.rs" = "loader/platform.rs",
    "loader/src/platform_elsewhere.rs" = "loader/platform_elsewhere.rs",
    "loader/src/platform_windows.rs" = "loader/platform_windows.rs",
    "loader/src/start.rs" = "loader/start.rs",
};
