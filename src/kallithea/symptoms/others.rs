//! Symptoms without a status.
//!
//! Microsoft's reference of `<httpErrors>` says that `existingResponse="PassThrough"` leaves a response unchanged
//! (<https://learn.microsoft.com/en-us/iis/configuration/system.webserver/httperrors>). Kallithea's
//! `lib/auth_modules/auth_ldap.py` shows what the directory's plugin does and logs.

use crate::diagnostic::Code;
use crate::diagnostic::symptoms::{Cause, Symptom};

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "login-page",
        what: "Kallithea shows its login page to users who are signed on to Windows",
        causes: &[
            Cause::new(
                "anonymous authentication is on, so REMOTE_USER is empty",
                "turn it off in IIS, as the compiled <location> does",
                &["authentication.mode", "authentication.anonymousAuthentication"],
                &[Code::AnonymousWithAuthentication],
                &["route", "plan"],
            ),
            Cause::new(
                "the container plugin is not enabled, or reads another key",
                "run apply_settings.py, as in step 3 of the runbook",
                &["authentication.container.header"],
                &[Code::UnsetIdentityKey, Code::ModeMismatch],
                &[],
            ),
            Cause::new(
                "the account waits for an administrator: the first page was 403",
                "activate it in Kallithea, or make new accounts active at once",
                &["authentication.activation"],
                &[],
                &[],
            ),
            Cause::new(
                "an internal account has the same name, and Kallithea never gives it to a user of IIS",
                "rename the account, or change its type in Kallithea",
                &["authentication.container.cleanUsername"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "wrong-user",
        what: "a user is signed on as another user",
        causes: &[
            Cause::new(
                "a header that any client can send names the user",
                "clear the fallback header, and use REMOTE_USER",
                &["authentication.container.fallbackHeader", "authentication.container.header"],
                &[Code::SpoofableHeader],
                &[],
            ),
            Cause::new(
                "NTLM signs on a whole connection, and the front of a farm or another proxy sends the \
                 requests of several users through one",
                "use only Kerberos, with kernel mode off, and name each proxy (docs/farm.md)",
                &["farm", "bridge.trustedProxies", "authentication.windowsAuthentication.providers"],
                &[Code::WindowsThroughProxy],
                &["route"],
            ),
            Cause::new(
                "authPersistNonNTLM is true, IIS's default for the whole server, so Kerberos signs on a \
                 whole connection as well",
                "run apply, which sets authPersistNonNTLM to false in the <location>",
                &["authentication.windowsAuthentication"],
                &[],
                &["plan", "route"],
            ),
            Cause::new(
                "two domains have a user of this name, and Kallithea removes the domain from the name",
                "name the domain whose users you admit, or keep the domain in the name",
                &["authentication.domains", "authentication.container.cleanUsername"],
                &[Code::OneAccountForSeveral],
                &[],
            ),
        ],
    },
    Symptom {
        name: "password-asked",
        what: "the browser asks for a password again and again",
        causes: &[
            Cause::new(
                "it does not sign on automatically to a site outside the Local intranet zone",
                "add the site to that zone with a group policy",
                &["site.bindings"],
                &[],
                &[],
            ),
            Cause::new(
                "the name is an alias (CNAME), and the browser requests a ticket for the name behind it",
                "replace the alias with a host record (A or AAAA)",
                &["site.bindings"],
                &[],
                &[],
            ),
            Cause::new(
                "in a farm and behind a proxy only Kerberos is offered, and the browser has no ticket",
                "run setspn -Q HTTP/host, which must name the pool's account exactly once",
                &["applicationPool.identity", "authentication.windowsAuthentication.providers"],
                &[Code::WindowsThroughProxy, Code::FarmIdentity],
                &[],
            ),
            Cause::new(
                "the same as 401.1",
                "see 401.1",
                &["authentication.windowsAuthentication.providers"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "ldap-login",
        what: "with a directory or Kallithea's own accounts: \"Invalid username or password\", or 500 at the \
            login page",
        causes: &[
            Cause::new(
                "the password is wrong, or the account belongs to another plugin, so this one is not used \
                 (Auth Type under Admin, Users)",
                "change the account's type with apply_settings.py --user NAME, or create one of the right \
                 type",
                &["authentication.mode"],
                &[],
                &[],
            ),
            Cause::new(
                "python-ldap is not installed in Kallithea's Python: the log says \"LDAP not available\"",
                "install it as in step 2 of the runbook and docs/python.md",
                &["authentication.mode", "python.virtualEnvironment"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "the search does not find the user; the log says, at level INFO, \"with LDAP: User not \
                 found\"",
                "check that the base contains the account, that the filter matches it, and that users type \
                 the attribute that is searched",
                &[
                    "authentication.ldap.baseDn",
                    "authentication.ldap.filter",
                    "authentication.ldap.loginAttribute",
                ],
                &[],
                &["trace"],
            ),
            Cause::new(
                "500, and \"ldap.INVALID_CREDENTIALS\" in the log: the search account has no password in the \
                 database, so the user's password is tried",
                "run apply_settings.py --ldap-password-from prompt",
                &["authentication.ldap.bindAccount"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "500, and \"ldap.INVALID_CREDENTIALS\" in the log: the search account contains $login and \
                 has a password, so $login is not replaced",
                "remove the password with apply_settings.py --ldap-password-from none",
                &["authentication.ldap.bindAccount"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "500: the certificate of the directory is not trusted, \"certificate verify failed (\" beside \"Can't contact LDAP server\": it comes from an authority that the LDAP library does not know, or is for another host name",
                "copy the authority's certificate into the folder, named after the output of openssl x509 \
                 -hash plus .0; use the host name of the certificate",
                &["authentication.ldap.caCertificates", "authentication.ldap.host"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "500: the LDAP library cannot read the filter or the host: \"Bad search filter\" or \
                 ldap.FILTER_ERROR, \"Bad parameter to an ldap routine\"",
                "write the filter in parentheses, and the host without protocol and port; check refuses \
                 anything else",
                &["authentication.ldap.filter", "authentication.ldap.host"],
                &[Code::BadForm],
                &["check"],
            ),
            Cause::new(
                "500: the directory is down, or not at that host and port: \"Can't contact LDAP server\", \"LDAP can't connect to authentication server\"",
                "test the port from this server; meanwhile Kallithea's own accounts can sign on",
                &["authentication.ldap.host", "authentication.ldap.port"],
                &[],
                &["trace"],
            ),
        ],
    },
    Symptom {
        name: "http-links",
        what: "links and redirects begin with http: although the site is https",
        causes: &[
            Cause::new(
                "TLS ends at a proxy that connects to IIS by http, and Kallithea 0.7.0 does not read any \
                 header about it",
                "name the proxy in bridge.trustedProxies, so that ini keeps the key; set force_https = true \
                 in [app:main] and recycle the pool; in a farm with tls.required, ini sets it",
                &["kallithea.ini", "bridge.trustedProxies", "tls.required"],
                &[Code::FarmMixedFront],
                &["ini"],
            ),
            Cause::new(
                "the ini file has another canonical_url",
                "run ini, as in step 3 of the runbook",
                &["site.bindings"],
                &[],
                &["ini"],
            ),
        ],
    },
    Symptom {
        name: "no-page",
        what: "the browser cannot reach the site, and no log has a line",
        causes: &[
            Cause::new(
                "the https binding has no certificate",
                "run the netsh command of the runbook",
                &["site.bindings"],
                &[Code::HttpsWithoutCertificate, Code::SniWithoutHostName, Code::CertificateWithoutHttps],
                &[],
            ),
            Cause::new(
                "another site has the same binding, so this one is stopped; or IIS does not start it (serverAutoStart)",
                "choose another binding, or start the site as plan says",
                &["site.bindings"],
                &[Code::BindingTaken, Code::SameAddress, Code::BadAddress, Code::SiteAsleep],
                &["plan"],
            ),
        ],
    },
    Symptom {
        name: "blank-page",
        what: "the page is empty, and its status is 400 or more",
        causes: &[Cause::new(
            "IIS refused the request, and shows no page of its own: the compiled web.config passes error \
             responses through unchanged, for Kallithea's own pages",
            "find sc-status, sc-substatus and sc-win32-status in the site's log, and explain them, as in \
             explain 404 8 0; a failed request trace names the module",
            &["failedRequestTracing"],
            &[],
            &["route", "explain"],
        )],
    },
    Symptom {
        name: "push-broken",
        what: "a large push or clone ends in the middle, and git says \"RPC failed\", \"the remote end hung up\" or \"bad line \
            length character\"",
        causes: &[
            Cause::new(
                "the body is larger than the limit; git shows 413, or 404 if IIS says 404.13",
                "raise the limit",
                &["requestLimits.maxAllowedContentLength"],
                &[Code::BodyLimitTooSmall],
                &["route"],
            ),
            Cause::new(
                "the worker process was recycled, and its time limit was shorter than the push",
                "recycle at night, and raise the time limit",
                &["applicationPool.recycling", "applicationPool.shutdownTimeLimit"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "the time limit of a proxy or the front is shorter than the push: git shows 502 or 504",
                "raise its time limit; see 502.3",
                &["farm.timeout"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "the client sends or takes its data more slowly than HTTP.sys allows: HTTPERR says \
                 \"Timer_EntityBody\" or \"Timer_MinBytesPerSecond\"",
                "raise connectionTimeout, in seconds between two pieces of a body, or lower minBytesPerSecond (240 by \
                 default) in system.applicationHost/webLimits of the server",
                &[],
                &[],
                &["trace"],
            ),
            Cause::new("git fails on the server", "see 417", &["bridge.git"], &[], &["probe"]),
        ],
    },
    Symptom {
        name: "no-temporary-folder",
        what: "Kallithea's log says \"No usable temporary directory\"",
        causes: &[Cause::new(
            "the pool's account may not write to any folder that TEMP, TMP and Python name",
            "give it a folder of its own with Modify, and name the folder in TEMP and TMP",
            &["bridge.environmentVariables", "applicationPool.identity"],
            &[],
            &["probe"],
        )],
    },
    Symptom {
        name: "slow-start",
        what: "the first user waits for many seconds",
        causes: &[
            Cause::new(
                "the worker process, Python and Kallithea start with the first request",
                "set startMode to AlwaysRunning: from IIS 8.0 on, IIS then requests a page as soon as the pool starts",
                &["applicationPool.startMode", "applicationPool.idleTimeout", "bridge.preload"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "startMode is AlwaysRunning, but IIS requests no page: the role service Application Initialization is \
                 missing, or preloadEnabled of the application is false. Without a request the worker process loads no \
                 ISAPI extension",
                "install Web-AppInit, as in step 1 of the runbook, and run apply",
                &["applicationPool.startMode"],
                &[],
                &["plan"],
            ),
            Cause::new(
                "IIS 7.5 starts the worker process with the pool, and nothing in it",
                "request a page after each start of the pool, with a scheduled task for example",
                &["target.iisVersion"],
                &[Code::LostOnTarget],
                &["check"],
            ),
        ],
    },
    Symptom {
        name: "locked-dll",
        what: "_dispatch.dll cannot be replaced",
        causes: &[Cause::new(
            "the worker process has it open; only the engine can be copied at any time, because each build \
             gives it a new name",
            "stop the pool, copy the file, start the pool (step 6 of the runbook)",
            &["bridge.directory"],
            &[],
            &[],
        )],
    },
    Symptom {
        name: "no-styles",
        what: "pages have neither colours nor layout",
        causes: &[
            Cause::new(
                "/css/style.css is missing: Kallithea's packages contain no style sheets, and \
                 front-end-build creates them",
                "run kallithea-cli front-end-build, as in step 2 of the runbook",
                &["python.virtualEnvironment"],
                &[],
                &["probe", "serve"],
            ),
            Cause::new(
                "the page is https, but its links are not, so the browser blocks them",
                "see http-links",
                &["kallithea.ini"],
                &[Code::FarmMixedFront],
                &[],
            ),
        ],
    },
    Symptom {
        name: "database-locked",
        what: "Kallithea's log says \"database is locked\"",
        causes: &[
            Cause::new(
                "SQLite allows one writer at a time, and one wrote for longer than the others wait: 60 \
                 seconds in Kallithea's template (timeout in sqlalchemy.url)",
                "stop the program that locks it, such as a backup or a database tool; use PostgreSQL if many \
                 users write",
                &["kallithea.database.kind"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "the file is on a share, where SQLite's locks do not work",
                "move it to the server's own disk, or use a database server",
                &["kallithea.database.kind"],
                &[Code::FarmDatabase],
                &[],
            ),
        ],
    },
    Symptom {
        name: "ini-ignored",
        what: "you changed a key in the ini file, but Kallithea does not use it",
        causes: &[
            Cause::new(
                "the key is also in [DEFAULT], or is written as get KEY, and that takes precedence",
                "remove it there",
                &["kallithea.ini"],
                &[Code::IniOverruled],
                &["ini"],
            ),
            Cause::new(
                "Kallithea reads the file only when it starts",
                "recycle the pool",
                &["kallithea.ini"],
                &[],
                &[],
            ),
        ],
    },
];
