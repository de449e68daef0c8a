//! What the files of every deployment hold, whatever its spec says.

/// Sections of ours that IIS locks by default and that a server can unlock.
pub const LOCKABLE_SECTIONS: &[&str] = &[
    "system.webServer/handlers",
    "system.webServer/modules",
    "system.webServer/security/access",
    "system.webServer/security/authentication/anonymousAuthentication",
    "system.webServer/security/authentication/basicAuthentication",
    "system.webServer/security/authentication/windowsAuthentication",
    "system.webServer/serverRuntime",
];

/// Headers that every response of the application has, Kallithea's own and those of IIS. Kallithea 0.7.0 sends none of
/// them, and the bridge sends what is not the same for all.
pub(crate) const RESPONSE_HEADERS: &[(&str, &str)] = &[
    // What is in a repository is what its header says, and nothing that a browser finds in it (Fetch, section 3.6).
    ("X-Content-Type-Options", "nosniff"),
    // No page of another site shows Kallithea's in a frame and has its visitors click in there (RFC 7034).
    ("X-Frame-Options", "SAMEORIGIN"),
    // Addresses tell of repositories: other sites hear of none (W3C, Referrer Policy).
    ("Referrer-Policy", "same-origin"),
];
