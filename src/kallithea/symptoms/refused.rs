//! Refused requests: 400, 401, 403.
//!
//! Below `https://learn.microsoft.com/en-us/troubleshoot/`: long headers,
//! `developer/webapps/iis/www-administration-management/http-bad-request-response-kerberos`; names and tickets,
//! `developer/webapps/iis/www-authentication-authorization/troubleshoot-kerberos-failures-ie`; the server's own names,
//! `windows-server/networking/accessing-server-locally-with-fqdn-cname-alias-denied` (the check is of loopback, and
//! `DisableLoopbackCheck` and `BackConnectionHostNames` are its values). 0x8009030e and 0x8009030c are SEC_E_NO_CREDENTIALS and
//! SEC_E_LOGON_DENIED of `winerror.h`; the first is in the log of every sign-on by NTLM, between 401.2 and 200
//! (`archive/blogs/david.wang/howto-diagnose-401-x-http-errors-on-iis`).

use crate::diagnostic::Code;
use crate::diagnostic::symptoms::{Cause, Symptom};

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "400",
        what: "the request was refused by HTTP.sys before IIS chose a site, or by the bridge",
        causes: &[
            Cause::new(
                "HTTP.sys refuses a part of a URL over 260 characters, and more than 255 parts: \"Invalid \
                 URL\"",
                "raise UrlSegmentMaxLength, or UrlSegmentMaxCount for the number of parts, as the runbook \
                 says, and restart the service HTTP",
                &[],
                &[],
                &["route"],
            ),
            Cause::new(
                "only one user is refused, on every page and with hg and git: HTTP.sys refuses a header over \
                 16 KB, and the Kerberos ticket of a user in many groups can be larger: \"Request Too \
                 Long\", or \"the size of the request headers is too long\"",
                "raise MaxFieldLength and MaxRequestBytes to 4/3 of the ticket plus 200 bytes, as the \
                 runbook says, and restart the service HTTP; or remove the user from groups",
                &["authentication.windowsAuthentication.providers"],
                &[],
                &["route"],
            ),
            Cause::new(
                "hg pull and hg incoming alone are refused, for a repository with many heads: hg sends their hashes in \
                 the headers X-HgArg, and about 190 of them exceed the 16 KB of HTTP.sys",
                "raise MaxRequestBytes and MaxFieldLength to 65534, as the runbook says, and restart the service HTTP: \
                 that suffices for about 750; close heads that nobody needs (hg commit --close-branch). Do not \
                 set experimental.httppostargs: users who may only read then get 403",
                &[],
                &[],
                &["route"],
            ),
            Cause::new(
                "no binding has the host name of the URL: \"Invalid Hostname\", or \"the request hostname is \
                 invalid\"",
                "give a binding that host name, or remove its host name",
                &["site.bindings"],
                &[Code::FarmAddress],
                &["route"],
            ),
            Cause::new(
                "Content-Length and Transfer-Encoding of the request contradict each other",
                "correct the client or the proxy that the bridge's log names",
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
                "this is the second of the three answers of every sign-on by NTLM, and normal if a 200 follows",
                "ignore it, or look for 401 1 2148074252, which is a failure",
                &[],
                &[],
                &[],
            )
            .numbered("0x8009030e"),
            Cause::new(
                "the name or the password is wrong, or the account is locked, disabled or expired",
                "sign on to Windows with it, and read the event 4625 in the server's security log, which gives the reason",
                &[],
                &[],
                &[],
            )
            .numbered("0x8009030c"),
            Cause::new(
                "the pool runs as a domain account, but Windows checks tickets with the machine's account",
                "leave useAppPoolCredentials at its default, and register the account's service principal \
                 name: setspn -S HTTP/host CORP\\account",
                &["applicationPool.identity", "authentication.windowsAuthentication.useAppPoolCredentials"],
                &[Code::IdentityUserName, Code::FarmIdentity],
                &[],
            ),
            Cause::new(
                "the client runs on the server itself and uses a name that is not the server's; Windows \
                 refuses that to prevent reflection attacks (the loopback check)",
                "test from another machine, or add the name to BackConnectionHostNames \
                 (HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\MSV1_0), and restart the server; leave \
                 DisableLoopbackCheck alone, which opens every name",
                &[],
                &[],
                &[],
            )
            .numbered("0x8009030c"),
            Cause::new(
                "the name belongs to another account than the pool's, or to two accounts, so the ticket is \
                 for another account",
                "run setspn -Q HTTP/host, which must name the pool's account exactly once; setspn -X finds \
                 duplicates",
                &["applicationPool.identity"],
                &[Code::FarmIdentity],
                &[],
            ),
            Cause::new(
                "extended protection is Allow or Require, and TLS ends at a proxy: IIS compares the client's \
                 TLS connection with its own",
                "add the flag Proxy and the names that users type, or set extendedProtection to None; Allow \
                 refuses these clients, too",
                &[
                    "authentication.windowsAuthentication.extendedProtection",
                    "authentication.windowsAuthentication.extendedProtectionFlags",
                    "authentication.windowsAuthentication.servicePrincipalNames",
                ],
                &[Code::ExtendedProtection],
                &[],
            ),
            Cause::new(
                "extended protection is on, and clients use plain http or a name that IIS does not list",
                "add the flags Proxy and ProxyCohosting, and every name that users type",
                &[
                    "authentication.windowsAuthentication.extendedProtectionFlags",
                    "authentication.windowsAuthentication.servicePrincipalNames",
                ],
                &[Code::ExtendedProtection],
                &[],
            ),
            Cause::new(
                "the provider is Negotiate:Kerberos, which does not exist in kernel mode, and kernel mode is on",
                "set useKernelMode to false",
                &["authentication.windowsAuthentication.useKernelMode"],
                &[Code::KerberosInKernelMode],
                &[],
            ),
        ],
    },
    Symptom {
        name: "401.2",
        what: "the client does not offer an authentication that IIS accepts",
        causes: &[
            Cause::new(
                "this is the first answer of every sign-on, and normal if a 200 follows",
                "ignore it, or add the site to the Local intranet zone if the browser asks for a password",
                &[],
                &[],
                &["route"],
            ),
            Cause::new(
                "hg and git do not sign on automatically",
                "offer them Basic authentication, with TLS",
                &["authentication.basicAuthentication.enabled", "tls.required"],
                &[Code::BasicWithoutTls],
                &["route"],
            ),
            Cause::new(
                "the role service of this authentication is not installed",
                "install it, as in step 1 of the runbook",
                &["authentication.mode"],
                &[Code::ModuleMissing],
                &["plan"],
            ),
            Cause::new(
                "its module is installed, but `modules` of the server does not name it",
                "enable it: appcmd add module /name:WindowsAuthenticationModule",
                &["authentication.mode"],
                &[Code::ModuleOff],
                &["plan", "route"],
            ),
            Cause::new(
                "URL authorization of the server or the site does not admit the user, or the method",
                "change the rules in system.webServer/security/authorization for this path",
                &[],
                &[],
                &["route"],
            ),
        ],
    },
    Symptom {
        name: "401.3",
        what: "Windows does not let the account read the folder of the virtual directory",
        causes: &[
            Cause::new(
                "the pool's account has no rights on it",
                "grant the rights in step 5 of the runbook",
                &["virtualDirectory.physicalPath", "applicationPool.identity"],
                &[Code::PublicFolder],
                &[],
            ),
            Cause::new(
                "IIS 7.0 opens the folder as the signed-on user",
                "let everyone who may sign on read it",
                &["target.iisVersion"],
                &[Code::LostOnTarget],
                &["check"],
            ),
        ],
    },
    Symptom {
        name: "403",
        what: "Kallithea knows the user, but denies access",
        causes: &[
            Cause::new(
                "this sign-on created the account, which waits for an administrator",
                "activate it in Kallithea, or make new accounts active at once",
                &["authentication.activation"],
                &[],
                &[],
            ),
            Cause::new(
                "with ldap or internal, auth_ret_code is 403, so hg and git are never asked for a password",
                "run ini: step 3 of the runbook",
                &["authentication.mode"],
                &[],
                &["ini"],
            ),
            Cause::new(
                "the user may connect only from certain addresses, and this is another one, or the proxy's",
                "check Admin, Users, IP Whitelist, and name the proxy",
                &["bridge.trustedProxies"],
                &[Code::FarmProxy],
                &[],
            ),
            Cause::new(
                "the spec does not list the user's domain; the bridge's log names it",
                "add its short name to admit its users",
                &["authentication.domains"],
                &[Code::BadDomain, Code::LongDomain],
                &[],
            ),
            Cause::new(
                "the user typed a name with an at sign or a slash, and its domain cannot be known",
                "sign on as DOMAIN\\name (docs/settings.md, \"Whose alice\")",
                &["authentication.basicAuthentication"],
                &[],
                &[],
            ),
            Cause::new(
                "a web page in a browser requests what only hg and git may request; the bridge's log names \
                 its site",
                "use hg or git; clients in a web page are not supported",
                &["authentication.mode"],
                &[],
                &[],
            ),
            Cause::new(
                "the user has no permission for the repository or the page",
                "change the permissions in Kallithea",
                &["authentication.anonymousAccess"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "403.1",
        what: "the handler mapping may not run scripts in this place",
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
        what: "TLS is required, but the request came without it",
        causes: &[
            Cause::new(
                "the URL begins with http:",
                "use https, and let another site redirect the old URL",
                &["tls.required"],
                &[Code::TlsWithoutHttps, Code::BasicWithoutTls],
                &["route"],
            ),
            Cause::new(
                "TLS ends at a proxy, which connects to IIS by http",
                "turn off the TLS requirement for the proxy's own connection",
                &["tls.required", "bridge.trustedProxies"],
                &[],
                &["route"],
            ),
        ],
    },
    Symptom {
        name: "403.6",
        what: "IIS admits no client from this address",
        causes: &[Cause::new(
            "a list of addresses (IP address and domain restrictions) refuses it; behind a proxy, that is the proxy's",
            "change the list, system.webServer/security/ipSecurity of the site or the server",
            &["bridge.trustedProxies"],
            &[],
            &["route"],
        )],
    },
    Symptom {
        name: "403.501",
        what: "too many requests of one client run at once",
        causes: &[Cause::new(
            "dynamic IP restrictions count the requests of an address; behind a proxy everybody has the proxy's",
            "raise maxConcurrentRequests in system.webServer/security/dynamicIpSecurity, or leave the proxy's address out",
            &["bridge.trustedProxies"],
            &[],
            &[],
        )],
    },
    Symptom {
        name: "403.502",
        what: "too many requests of one client came within a short time",
        causes: &[Cause::new(
            "dynamic IP restrictions count them; a page of Kallithea has about fifteen files, and hg sends several \
             requests for a pull",
            "raise maxRequests in system.webServer/security/dynamicIpSecurity, or leave the proxy's address out",
            &["bridge.trustedProxies"],
            &[],
            &[],
        )],
    },
    Symptom {
        name: "403.14",
        what: "IIS would list a folder; for other pages it then says 404.0, and 405 for POST",
        causes: &[
            Cause::new(
                "the handler mapping of the application is missing, or another one takes the request",
                "run apply",
                &["virtualDirectory.path"],
                &[Code::SectionTaken],
                &["plan", "route"],
            ),
            Cause::new(
                "the mapping exists, but IIS skips it because the pool has another bitness",
                "give the pool the bitness of Python",
                &["target.architecture", "applicationPool.enable32BitAppOnWin64"],
                &[Code::BitnessMismatch, Code::PoolBitness],
                &["route"],
            ),
        ],
    },
];
