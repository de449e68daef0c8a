//! What the files of every deployment contain, whatever its spec says.

/// Sections of a deployment that IIS locks by default and that a server can unlock.
pub const LOCKABLE_SECTIONS: &[&str] = &[
    "system.webServer/handlers",
    "system.webServer/modules",
    "system.webServer/security/access",
    "system.webServer/security/authentication/anonymousAuthentication",
    "system.webServer/security/authentication/basicAuthentication",
    "system.webServer/security/authentication/windowsAuthentication",
    "system.webServer/serverRuntime",
];

/// Headers of every response of the application, from Kallithea and from IIS. Kallithea 0.7.0 sends none of them; the
/// bridge sends headers that differ between responses.
pub(crate) const RESPONSE_HEADERS: &[(&str, &str)] = &[
    // A browser takes the type of a repository's file from the header, and does not guess it (Fetch, section 3.6).
    ("X-Content-Type-Options", "nosniff"),
    // No page of another site can show Kallithea in a frame and make its visitors click there (RFC 7034).
    ("X-Frame-Options", "SAMEORIGIN"),
    // Addresses contain names of repositories, so other sites get none (W3C, Referrer Policy).
    ("Referrer-Policy", "same-origin"),
];
