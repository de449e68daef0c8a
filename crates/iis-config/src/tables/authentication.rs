//! Access: TLS, and the ways to authenticate.

use super::{LOGON_METHODS, NO_PASSWORD};
use crate::schema::Section;
use crate::schema::build::*;

/// Schema section `system.webServer/security/access`. IIS answers 403.4 to a request without the required TLS.
pub(super) const ACCESS: Section = locked(
    "system.webServer/security/access",
    "system.webserver/security/access",
    element("access").with(&[flags(
        "sslFlags",
        &[("None", 0), ("Ssl", 8), ("SslNegotiateCert", 32), ("SslRequireCert", 64), ("Ssl128", 256)],
    )
    .or("None")]),
);

/// Schema section `system.webServer/security/authentication/anonymousAuthentication`. An empty user name means
/// the worker process's identity.
pub(super) const ANONYMOUS_AUTHENTICATION: Section = locked(
    "system.webServer/security/authentication/anonymousAuthentication",
    "system.webserver/security/authentication/anonymousauthentication",
    element("anonymousAuthentication").with(&[
        boolean("enabled").or("true"),
        text("userName").or("IUSR"),
        text("password").case_sensitive().or(NO_PASSWORD),
        choice("logonMethod", LOGON_METHODS).or("ClearText"),
    ]),
);

/// Schema section `system.webServer/security/authentication/basicAuthentication`.
pub(super) const BASIC_AUTHENTICATION: Section = locked(
    "system.webServer/security/authentication/basicAuthentication",
    "system.webserver/security/authentication/basicauthentication",
    element("basicAuthentication").with(&[
        boolean("enabled").or("false"),
        text("realm"),
        text("defaultLogonDomain"),
        choice("logonMethod", LOGON_METHODS).or("ClearText"),
    ]),
);

/// Schema section `system.webServer/security/authentication/windowsAuthentication`. Extended protection has its own
/// names for the directives of its collection.
pub(super) const WINDOWS_AUTHENTICATION: Section = locked(
    "system.webServer/security/authentication/windowsAuthentication",
    "system.webserver/security/authentication/windowsauthentication",
    element("windowsAuthentication")
        .with(&[
            boolean("enabled").or("false"),
            boolean("authPersistSingleRequest").or("false"),
            boolean("authPersistNonNTLM").or("false"),
            boolean("useKernelMode").or("true"),
            boolean("useAppPoolCredentials").or("false"),
        ])
        .holding(&[
            element("providers").of(&list(element("add").with(&[text("value").key()]))),
            element("extendedProtection")
                .with(&[
                    choice("tokenChecking", &[("None", 0), ("Allow", 1), ("Require", 2)]).or("None"),
                    flags(
                        "flags",
                        &[
                            ("None", 0),
                            ("Proxy", 1),
                            ("NoServiceNameCheck", 2),
                            ("AllowDotlessSpn", 4),
                            ("ProxyCohosting", 32),
                        ],
                    )
                    .or("None"),
                ])
                .of(&list(element("spn").with(&[non_empty("name").key()]))
                    .directives(Some("removeSpn"), Some("clearSpns"))),
        ]),
);

/// Schema section `system.webServer/security/authorization`: the rules of URL authorization. A rule is known by its users,
/// roles and verbs together.
pub(super) const AUTHORIZATION: Section = open(
    "system.webServer/security/authorization",
    "system.webserver/security/authorization/",
    element("authorization").with(&[boolean("bypassLoginPages").or("true")]).of(&list(element("add").with(
        &[
            choice("accessType", &[("Allow", 0), ("Deny", 1)]).required(),
            text("users").combined_key(),
            text("roles").combined_key(),
            text("verbs").case_sensitive().combined_key(),
        ],
    ))),
);
