//! The facts: one constant per section, one file per group of sections.
//!
//! Each fact is written in our own words and structure from Microsoft's reference pages. `tests/schemas.rs` compares
//! it with the schema files that IIS itself reads, for every version. A fact without a version has been true since
//! 7.0.

mod application_pools;
mod authentication;
mod handlers;
mod request_filtering;
mod request_routing;
mod server;
mod sites;
mod static_files;
mod tracing;
mod url_rewrite;

use super::schema::Section;

/// Every section that we know.
pub(super) const SECTIONS: &[&Section] = &[
    &application_pools::APPLICATION_POOLS,
    &sites::SITES,
    &server::APPLICATION_INITIALIZATION,
    &static_files::DEFAULT_DOCUMENT,
    &static_files::DIRECTORY_BROWSE,
    &handlers::HANDLERS,
    &server::HTTP_ERRORS,
    &server::HTTP_PROTOCOL,
    &handlers::MODULES,
    &request_routing::PROXY,
    &url_rewrite::ALLOWED_SERVER_VARIABLES,
    &url_rewrite::GLOBAL_RULES,
    &authentication::ACCESS,
    &authentication::ANONYMOUS_AUTHENTICATION,
    &authentication::AUTHORIZATION,
    &authentication::BASIC_AUTHENTICATION,
    &authentication::WINDOWS_AUTHENTICATION,
    &handlers::ISAPI_CGI_RESTRICTION,
    &request_filtering::REQUEST_FILTERING,
    &server::SERVER_RUNTIME,
    &tracing::TRACE_FAILED_REQUESTS,
    &static_files::STATIC_CONTENT,
    &server::URL_COMPRESSION,
    &server::WEB_SOCKET,
    &request_routing::WEB_FARMS,
];

/// The value of a password that is not set: the mark of the provider that would encrypt it, around nothing.
const NO_PASSWORD: &str = "[enc:AesProvider::enc]";

/// How Windows logs on an account when IIS has its name and password.
const LOGON_METHODS: &[(&str, u32)] = &[("Interactive", 0), ("Batch", 1), ("Network", 2), ("ClearText", 3)];
