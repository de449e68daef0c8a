//! Limits that apply to every application under IIS, and the source of each.
//!
//! The tables hold what a section's own attribute limits; this module holds the rest.

use super::Version;

/// The default limit of request filtering. IIS answers 404.13 or 413.1 to a larger request body, for
/// example to a push of more than 30 MB; its updates decide which. Attribute `maxAllowedContentLength` on page
/// `system.webserver/security/requestfiltering/requestlimits`.
pub const DEFAULT_MAX_ALLOWED_CONTENT_LENGTH: u32 = 30_000_000;

/// The largest value of `maxAllowedContentLength`, whose type is uint: 4 GiB less one byte. No setting of request
/// filtering allows a request with a larger Content-Length.
pub const MAX_ALLOWED_CONTENT_LENGTH_CEILING: u32 = u32::MAX;

/// The largest value of `maxUrl`, `maxQueryString` and a header's `sizeLimit`, whose type is uint.
pub const MAX_REQUEST_LIMIT: u32 = u32::MAX;

/// How many segments a site's URLs may have by default (`maxUrlSegments`, since 8.0). A repository with deeper
/// folders needs more. Page `system.applicationhost/sites/site/limits`.
pub const DEFAULT_MAX_URL_SEGMENTS: u32 = 32;

/// The longest single URL segment, in characters, that HTTP.sys accepts by default. To a longer one it answers 400,
/// before IIS sees the request. Registry value `UrlSegmentMaxLength`; "Http.sys registry settings for Windows" (KB
/// 820129).
pub const HTTP_SYS_URL_SEGMENT_LENGTH: u32 = 260;

/// How many segments HTTP.sys accepts by default. Registry value `UrlSegmentMaxCount`, same source as above.
pub const HTTP_SYS_URL_SEGMENTS: u32 = 255;

/// The longest request line with all headers, in bytes, that HTTP.sys accepts by default (`MaxRequestBytes`, same
/// source as above). The Kerberos ticket of a user in many groups can exceed it; the answer is then 400.
pub const HTTP_SYS_REQUEST_BYTES: u32 = 16_384;

/// Server Name Indication, as a bit of a binding's `sslFlags`: HTTP.sys finds the certificate by host name.
/// `Microsoft.Web.Administration.SslFlags`.
pub const SSL_FLAG_SNI: u32 = 1;

/// The first version that has `sslFlags` on bindings, and so Server Name Indication.
pub const SNI_SINCE: Version = Version::V8_0;

/// The first version in which handlers can run as the worker process for an authenticated user
/// (`authenticatedUserOverride`). Page `system.webserver/serverruntime`.
pub const AUTHENTICATED_USER_OVERRIDE_SINCE: Version = Version::V7_5;
