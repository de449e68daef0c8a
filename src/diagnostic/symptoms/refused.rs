//! Refused requests: 400, 401, 403.
//!
//! Below `https://learn.microsoft.com/en-us/troubleshoot/`: long headers,
//! `developer/webapps/iis/www-administration-management/http-bad-request-response-kerberos`; names and tickets,
//! `developer/webapps/iis/www-authentication-authorization/troubleshoot-kerberos-failures-ie`; the server's own names,
//! `windows-server/networking/accessing-server-locally-with-fqdn-cname-alias-denied`.

use super::{Cause, Symptom};
use crate::diagnostic::Code;

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "400",
        what: "the request was refused before IIS chose a site, or by the bridge",
        causes: &[
            Cause::new(
                "HTTP.sys takes no part of a URL over 260 characters, and no more than 255 parts: \"Invalid URL\"",
                "raise UrlSegmentMaxLength, or UrlSegmentMaxCount for the parts, as the runbook says, and restart the service HTTP",
                &[],
                &[],
                &["route"],
            ),
            Cause::new(
                "one user alone is refused, on every page and with hg and git: HTTP.sys takes no header over 16 KB, and the Kerberos ticket of somebody in many groups is such a header: \"Request Too Long\", or \"the size of the request headers is too long\"",
                "raise MaxFieldLength and MaxRequestBytes to 4/3 of the ticket and 200 bytes, as the runbook says, and restart the service HTTP; or take the user out of groups",
                &["authentication.windowsAuthentication.providers"],
                &[],
                &["route"],
            ),
            Cause::new(
                "no binding has the host name of the URL: \"Invalid Hostname\", or \"the request hostname is invalid\"",
                "give a binding that name, or none",
                &["site.bindings"],
                &[Code::FarmAddress],
                &["route"],
            ),
            Cause::new(
                "Content-Length and Transfer-Encoding of the request contradict each other",
                "it is the client's or a proxy's mistake; the bridge's log has the line",
                &["bridge.trustedProxies"],
                &[],
                &["trace"],
            ),
        ],
    },
    Symptom {
        name: "401.1",
        what: "the name or the password is wrong, or the ticket cannot be read",
        causes: &[
            Cause::new(
                "the pool runs as a domain account, and Windows checks tickets with the machine's account",
                "leave useAppPoolCredentials to its default, and register the account's service principal name: setspn -S HTTP/host CORP\\account",
                &["applicationPool.identity", "authentication.windowsAuthentication.useAppPoolCredentials"],
                &[Code::IdentityUserName, Code::FarmIdentity],
                &[],
            ),
            Cause::new(
                "the site is asked for on the server itself by a name that is not the server's: Windows refuses that, lest somebody reflects the sign-on",
                "try from another machine, or list the name in BackConnectionHostNames (HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\MSV1_0), and restart the server",
                &[],
                &[],
                &[],
            ),
            Cause::new(
                "the name belongs to another account than the pool's, or to two, so that the ticket is for somebody else",
                "setspn -Q HTTP/host must name the pool's account, once; setspn -X finds what is there twice",
                &["applicationPool.identity"],
                &[Code::FarmIdentity],
                &[],
            ),
            Cause::new(
                "extended protection is on, by Allow or by Require, and a proxy ends TLS before the server: IIS compares the client's TLS connection with its own",
                "give the flag Proxy with the names that people type, or set extendedProtection to None; Allow refuses these clients as Require does",
                &[
                    "authentication.windowsAuthentication.extendedProtection",
                    "authentication.windowsAuthentication.extendedProtectionFlags",
                    "authentication.windowsAuthentication.servicePrincipalNames",
                ],
                &[Code::ExtendedProtection],
                &[],
            ),
            Cause::new(
                "extended protection is on, and clients come by plain http or by a name that IIS does not list",
                "give the flags Proxy and ProxyCohosting, and every name that people type",
                &[
                    "authentication.windowsAuthentication.extendedProtectionFlags",
                    "authentication.windowsAuthentication.servicePrincipalNames",
                ],
                &[Code::ExtendedProtection],
                &[],
            ),
            Cause::new(
                "the provider is Negotiate:Kerberos, and Windows checks tickets in the kernel, where there is no such provider",
                "set useKernelMode to false",
                &["authentication.windowsAuthentication.useKernelMode"],
                &[Code::KerberosInKernelMode],
                &[],
            ),
        ],
    },
    Symptom {
        name: "401.2",
        what: "the client offers no way to sign on that IIS takes",
        causes: &[
            Cause::new(
                "it is the first answer of every sign-on, and no fault where a 200 follows",
                "nothing; add the site to the Local intranet zone where the browser asks for a password",
                &[],
                &[],
                &["route"],
            ),
            Cause::new(
                "hg and git do not sign on by themselves",
                "offer Basic to them, with TLS",
                &["authentication.basicAuthentication.enabled", "tls.required"],
                &[Code::BasicWithoutTls],
                &["route"],
            ),
            Cause::new(
                "the role service of the authentication is not installed",
                "install it: step 1 of the runbook",
                &["authentication.mode"],
                &[Code::ModuleMissing],
                &["plan"],
            ),
        ],
    },
    Symptom {
        name: "401.3",
        what: "Windows does not let the account read the folder of the virtual directory",
        causes: &[
            Cause::new(
                "the pool's account has no rights on it",
                "step 5 of the runbook",
                &["virtualDirectory.physicalPath", "applicationPool.identity"],
                &[Code::PublicFolder],
                &[],
            ),
            Cause::new(
                "IIS 7.0 opens the folder as the user who is signed on",
                "let everyone who may sign on read it",
                &["target.iisVersion"],
                &[Code::LostOnTarget],
                &["check"],
            ),
        ],
    },
    Symptom {
        name: "403",
        what: "Kallithea knows the user, and does not let him in",
        causes: &[
            Cause::new(
                "the account was made by this very sign-on and waits for an administrator",
                "activate it in Kallithea, or let accounts be active at once",
                &["authentication.activation"],
                &[],
                &[],
            ),
            Cause::new(
                "hg or git, with ldap or internal: auth_ret_code is 403, so that they are never asked for a password",
                "run ini: step 3 of the runbook",
                &["authentication.mode"],
                &[],
                &["ini"],
            ),
            Cause::new(
                "the user may come from certain addresses only, and this is none of them, or the proxy's",
                "Admin, Users, IP Whitelist; name the proxy",
                &["bridge.trustedProxies"],
                &[Code::FarmProxy],
                &[],
            ),
            Cause::new(
                "the user's domain is none of those that the spec names; the bridge's log says which",
                "add its short name, if its users shall be let in",
                &["authentication.domains"],
                &[Code::BadDomain, Code::LongDomain],
                &[],
            ),
            Cause::new(
                "a name with an at sign or a slash was typed, of which nobody can tell whose account it is",
                "sign on as DOMAIN\\name: docs/settings.md, \"Whose alice\"",
                &["authentication.basicAuthentication"],
                &[],
                &[],
            ),
            Cause::new(
                "a page in a browser asks for what only hg and git may ask for; the bridge's log names its site",
                "use hg or git; a client that lives in a page is not served",
                &["authentication.mode"],
                &[],
                &[],
            ),
            Cause::new(
                "the user has no right on the repository or the page",
                "Kallithea's permissions",
                &["authentication.anonymousAccess"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "403.1",
        what: "the handler mapping may not run scripts here",
        causes: &[Cause::new(
            "somebody set the accessPolicy of the application's handlers to less than Read, Script",
            "run plan, which shows the line, then apply",
            &[],
            &[Code::SectionTaken, Code::NotOurs],
            &["plan", "route"],
        )],
    },
    Symptom {
        name: "403.4",
        what: "TLS is required, and the request came without it",
        causes: &[
            Cause::new(
                "the URL begins with http:",
                "use https; have the old URL redirected by another site",
                &["tls.required"],
                &[Code::TlsWithoutHttps, Code::BasicWithoutTls],
                &["route"],
            ),
            Cause::new(
                "TLS ends at a proxy, which speaks http to IIS",
                "do not require TLS of the proxy's own connection",
                &["tls.required", "bridge.trustedProxies"],
                &[],
                &["route"],
            ),
        ],
    },
    Symptom {
        name: "403.14",
        what: "IIS would list a folder",
        causes: &[
            Cause::new(
                "the handler mapping of the application is not there, or another one takes the request",
                "run apply",
                &["virtualDirectory.path"],
                &[Code::SectionTaken],
                &["plan", "route"],
            ),
            Cause::new(
                "the mapping is there, and passed over, since the pool's bitness is not its own",
                "give the pool the bitness of Python",
                &["target.architecture", "applicationPool.enable32BitAppOnWin64"],
                &[Code::BitnessMismatch],
                &["route"],
            ),
        ],
    },
];
