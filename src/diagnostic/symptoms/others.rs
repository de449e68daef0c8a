//! What has no status.
//!
//! That `existingResponse="PassThrough"` leaves a response as it is, is from Microsoft's reference of `<httpErrors>`
//! (<https://learn.microsoft.com/en-us/iis/configuration/system.webserver/httperrors>); what the directory's plugin does, and
//! what it logs, from Kallithea's `lib/auth_modules/auth_ldap.py`.

use super::{Cause, Symptom};
use crate::diagnostic::Code;

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "login-page",
        what: "Kallithea shows its login page to somebody who is signed on to Windows",
        causes: &[
            Cause::new(
                "anonymous authentication is on, so that REMOTE_USER stays empty",
                "turn it off in IIS; the compiled <location> does",
                &["authentication.mode", "authentication.anonymousAuthentication"],
                &[Code::AnonymousWithAuthentication],
                &["route", "plan"],
            ),
            Cause::new(
                "the container plugin is not enabled, or reads another key",
                "run apply_settings.py: step 3 of the runbook",
                &["authentication.container.header"],
                &[Code::UnsetIdentityKey, Code::ModeMismatch],
                &[],
            ),
            Cause::new(
                "the account waits for an administrator: the first page was 403",
                "activate it in Kallithea, or let accounts be active at once",
                &["authentication.activation"],
                &[],
                &[],
            ),
            Cause::new(
                "an internal account has the same name, which Kallithea never hands to a user of IIS",
                "rename it, or change its type in Kallithea",
                &["authentication.container.cleanUsername"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "wrong-user",
        what: "somebody is signed on as somebody else",
        causes: &[
            Cause::new(
                "a header that any client can send names the user",
                "blank the fallback; take REMOTE_USER",
                &["authentication.container.fallbackHeader", "authentication.container.header"],
                &[Code::SpoofableHeader],
                &[],
            ),
            Cause::new(
                "NTLM signs a connection on, and the front of a farm or another proxy sends several people's requests through one",
                "take Kerberos alone, with kernel mode off, and name each proxy: docs/farm.md",
                &["farm", "bridge.trustedProxies", "authentication.windowsAuthentication.providers"],
                &[Code::WindowsThroughProxy],
                &["route"],
            ),
            Cause::new(
                "authPersistNonNTLM is true, as IIS installs it for the whole server, so that Kerberos signs a connection on as well",
                "bring the location back to what the compiler wrote, which says false",
                &["authentication.windowsAuthentication"],
                &[],
                &["plan", "route"],
            ),
            Cause::new(
                "two domains have a user of this name, and Kallithea cuts the domain off",
                "name the domain whose users are meant, or keep the domain in the name",
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
                "it does not sign on by itself to a site outside of the Local intranet zone",
                "add the site to that zone by group policy",
                &["site.bindings"],
                &[],
                &[],
            ),
            Cause::new(
                "the name is an alias (CNAME): the browser asks for a ticket for the name behind it",
                "make it a host record (A or AAAA)",
                &["site.bindings"],
                &[],
                &[],
            ),
            Cause::new(
                "in a farm and behind a proxy Kerberos alone is offered, and the browser has no ticket",
                "setspn -Q HTTP/host must name the pool's account, once",
                &["applicationPool.identity", "authentication.windowsAuthentication.providers"],
                &[Code::WindowsThroughProxy, Code::FarmIdentity],
                &[],
            ),
            Cause::new(
                "as for 401.1",
                "see there",
                &["authentication.windowsAuthentication.providers"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "ldap-login",
        what: "with a directory or Kallithea's own accounts: \"Invalid username or password\", or 500 at the login page",
        causes: &[
            Cause::new(
                "the password is wrong, or the account belongs to another plugin, so that this one is not asked: Auth Type under Admin, Users",
                "take the account over with apply_settings.py --user NAME, or make one of the right kind",
                &["authentication.mode"],
                &[],
                &[],
            ),
            Cause::new(
                "python-ldap is not installed in Kallithea's Python: the log says \"LDAP not available\"",
                "step 2 of the runbook, and docs/python.md",
                &["authentication.mode", "python.virtualEnvironment"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "the search does not find the user: the log, at the level INFO, says \"with LDAP: User not found\"",
                "see that the base holds the account, that the filter lets it through, and that people type the attribute that is searched for",
                &[
                    "authentication.ldap.baseDn",
                    "authentication.ldap.filter",
                    "authentication.ldap.loginAttribute",
                ],
                &[],
                &["trace"],
            ),
            Cause::new(
                "500, and \"ldap.INVALID_CREDENTIALS\" in the log: the account that searches has no password in the database, so that it is tried with the user's",
                "apply_settings.py --ldap-password-from prompt",
                &["authentication.ldap.bindAccount"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "500, and \"ldap.INVALID_CREDENTIALS\" in the log: $login stands in the account that searches, beside a password, and is not replaced",
                "take the password out: apply_settings.py --ldap-password-from none",
                &["authentication.ldap.bindAccount"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "500: the certificate of the directory is not trusted, \"certificate verify failed\" beside \"Can't contact LDAP server\": it is of an authority that the LDAP library does not know, or of another host name",
                "put the authority's certificate into the folder, under the name that openssl x509 -hash gives, with .0 behind it; take the host name that the certificate has",
                &["authentication.ldap.caCertificates", "authentication.ldap.host"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "500: the filter or the host is none that the LDAP library reads: \"Bad search filter\" or ldap.FILTER_ERROR, \"Bad parameter to an ldap routine\"",
                "write a filter in parentheses, and a host without protocol and port; check refuses others",
                &["authentication.ldap.filter", "authentication.ldap.host"],
                &[Code::BadForm],
                &["check"],
            ),
            Cause::new(
                "500: the directory is down, or not at that host and port: \"Can't contact LDAP server\", \"LDAP can't connect to authentication server\"",
                "try the port from this server; meanwhile Kallithea's own accounts get in",
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
                "TLS ends at a proxy that speaks http to IIS, and no header tells Kallithea 0.7.0 of it",
                "name the proxy in bridge.trustedProxies, or ini sets it back; put force_https = true into [app:main] and recycle the pool; in a farm with tls.required, ini does",
                &["kallithea.ini", "bridge.trustedProxies", "tls.required"],
                &[Code::FarmMixedFront],
                &["ini"],
            ),
            Cause::new(
                "the ini file has another canonical_url",
                "run ini: step 3 of the runbook",
                &["site.bindings"],
                &[],
                &["ini"],
            ),
        ],
    },
    Symptom {
        name: "no-page",
        what: "the browser says that the site cannot be reached, and no log has a line",
        causes: &[
            Cause::new(
                "the https binding has no certificate",
                "run the runbook's netsh line",
                &["site.bindings"],
                &[Code::HttpsWithoutCertificate, Code::SniWithoutHostName, Code::CertificateWithoutHttps],
                &[],
            ),
            Cause::new(
                "another site took the binding, so that this one is stopped",
                "choose another binding",
                &["site.bindings"],
                &[Code::BindingTaken, Code::SameAddress, Code::BadAddress],
                &["plan"],
            ),
        ],
    },
    Symptom {
        name: "blank-page",
        what: "the page is empty, and its status is 400 or more",
        causes: &[Cause::new(
            "IIS itself refused the request, with a status that has no page: the compiled web.config says that error responses stay as they are, for Kallithea's sake, and by Microsoft's documentation IIS then adds none of its own",
            "look for sc-status, sc-substatus and sc-win32-status in the site's log, and explain those, as in explain 404 8 0; a trace names the module",
            &["failedRequestTracing"],
            &[],
            &["route", "explain"],
        )],
    },
    Symptom {
        name: "push-broken",
        what: "a large push or clone ends in the middle, and git says \"RPC failed\"",
        causes: &[
            Cause::new(
                "the body is larger than the limit; git shows 413, or 404 where IIS says 404.13",
                "raise the limit",
                &["requestLimits.maxAllowedContentLength"],
                &[Code::BodyLimitTooSmall],
                &["route"],
            ),
            Cause::new(
                "the worker process was recycled, and had less time to finish than the push takes",
                "recycle at night, and give it longer",
                &["applicationPool.recycling", "applicationPool.shutdownTimeLimit"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "a proxy or the front waits less long than it takes: git shows 502 or 504",
                "as for 502.3",
                &["farm.timeout"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "git.exe is not on the PATH of the pool's account",
                "put it on the machine's PATH, and restart the pool",
                &["applicationPool.environmentVariables"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "slow-start",
        what: "the first visitor waits for many seconds",
        causes: &[Cause::new(
            "the worker process starts at the first request, and with it Python and Kallithea",
            "let it start with the pool",
            &["applicationPool.startMode", "applicationPool.idleTimeout", "bridge.preload"],
            &[],
            &["trace"],
        )],
    },
    Symptom {
        name: "locked-dll",
        what: "_dispatch.dll cannot be replaced",
        causes: &[Cause::new(
            "the worker process holds it; the engine has a new name for every build, and can be copied at any time",
            "stop the pool, copy, start it: step 6 of the runbook",
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
                "/css/style.css is not there: Kallithea's packages bring no style sheets, front-end-build makes them",
                "run kallithea-cli front-end-build: step 2 of the runbook",
                &["python.virtualEnvironment"],
                &[],
                &["probe", "serve"],
            ),
            Cause::new(
                "the page is https, and its links are not, so that the browser blocks them",
                "as for http-links",
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
                "SQLite lets one program write at a time, and somebody wrote for longer than the others wait: 60 seconds by Kallithea's template (timeout in sqlalchemy.url)",
                "end what holds it, a backup or a tool for databases; take PostgreSQL where many write",
                &["kallithea.database.kind"],
                &[],
                &["trace"],
            ),
            Cause::new(
                "the file lies on a share, where SQLite's locks do not work",
                "put it on the server's own disk, or take a database server",
                &["kallithea.database.kind"],
                &[Code::FarmDatabase],
                &[],
            ),
        ],
    },
    Symptom {
        name: "ini-ignored",
        what: "a key was changed in the ini file, and Kallithea goes on as before",
        causes: &[
            Cause::new(
                "[DEFAULT] has the key, too, or it stands as get KEY: that counts",
                "take it out there",
                &["kallithea.ini"],
                &[Code::IniOverruled],
                &["ini"],
            ),
            Cause::new(
                "Kallithea reads the file when it starts",
                "recycle the pool",
                &["kallithea.ini"],
                &[],
                &[],
            ),
        ],
    },
];
