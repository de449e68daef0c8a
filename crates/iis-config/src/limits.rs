//! Numbers that every application under IIS has to live with, and where each comes from.
//!
//! What a section's own attribute limits is in the tables; here is what they leave unsaid.

use super::Version;

/// Where request filtering is left alone, a larger request body is answered 413.1, or 404.13 by older versions: a
/// push of 30 MB. Attribute `maxAllowedContentLength` on page
/// `system.webserver/security/requestfiltering/requestlimits`.
pub const DEFAULT_MAX_ALLOWED_CONTENT_LENGTH: u32 = 30_000_000;

/// The most that `maxAllowedContentLength` can say, for its type is uint: 4 GiB less one byte. No setting of request
/// filtering lets a request through whose Content-Length is larger.
pub const MAX_ALLOWED_CONTENT_LENGTH_CEILING: u32 = u32::MAX;

/// The most that `maxUrl`, `maxQueryString` and a header's `sizeLimit` can say, for their type is uint.
pub const MAX_REQUEST_LIMIT: u32 = u32::MAX;

/// How many segments a site's URLs may have by default (`maxUrlSegments`, since 8.0). A repository whose folders lie
/// deeper needs more. Page `system.applicationhost/sites/site/limits`.
pub const DEFAULT_MAX_URL_SEGMENTS: u32 = 32;

/// The longest single URL segment in characters that HTTP.sys takes by default; beyond it 400, before IIS sees the
/// request. Registry value `UrlSegmentMaxLength`; "Http.sys registry settings for Windows" (KB 820129).
pub const HTTP_SYS_URL_SEGMENT_LENGTH: u32 = 260;

/// How many segments HTTP.sys takes by default. Registry value `UrlSegmentMaxCount`, as above.
pub const HTTP_SYS_URL_SEGMENTS: u32 = 255;

/// The longest request line with all headers, in bytes, that HTTP.sys takes by default (`MaxRequestBytes`, as
/// above). A Kerberos ticket of a user in many groups can exceed it: 400.
pub const HTTP_SYS_REQUEST_BYTES: u32 = 16_384;

/// Server Name Indication, as a bit of a binding's `sslFlags`: the certificate is found by host name.
/// `Microsoft.Web.Administration.SslFlags`.
pub const SSL_FLAG_SNI: u32 = 1;

/// The first version whose bindings have `sslFlags`, and so Server Name Indication.
pub const SNI_SINCE: Version = Version::V8_0;

/// The first version whose handlers can run as the worker process for an authenticated user
/// (`authenticatedUserOverride`). Page `system.webserver/serverruntime`.
pub const AUTHENTICATED_USER_OVERRIDE_SINCE: Version = Version::V7_5;
