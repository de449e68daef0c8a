//! What `verify` and the scripts find on a server.
//!
//! PowerShell's page `about_Execution_Policies` has the policies, their order and the words. RFC 6797, section 6.1, says that an answer has
//! one header Strict-Transport-Security, and section 7.2 that it has no effect without TLS; IIS adds one of its own by the element `<hsts>` of a
//! site (page `iis/configuration/system.applicationhost/sites/site/hsts`). That a deny goes before what is allowed, and that a share has rights
//! beside those of the folder, are facts of Windows (page "How AccessCheck Works"; `windows-server/storage/file-server/file-server-smb-overview`).

use crate::diagnostic::Code;
use crate::diagnostic::symptoms::{Cause, Symptom};

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "certificate-expired",
        what: "browsers, git or hg say that the certificate of the site \"has expired\", \"is not yet valid\" or is not \
            for this name: NET::ERR_CERT_DATE_INVALID, NET::ERR_CERT_COMMON_NAME_INVALID",
        causes: &[Cause::new(
            "the certificate that HTTP.sys shows was not renewed, or has no alternative name for the host",
            "import a newer one, and run install.ps1 -RenewCertificate THUMBPRINT (docs/how-to/renew-a-certificate.md)",
            &["site.bindings"],
            &[],
            &[],
        )],
    },
    Symptom {
        name: "scripts-refused",
        what: "PowerShell says of install.ps1 that it \"cannot be loaded\", because \"running scripts is disabled on \
            this system\", or because it \"is not digitally signed\"",
        causes: &[
            Cause::new(
                "the script was started without -ExecutionPolicy Bypass",
                "use the command at the beginning of the runbook",
                &[],
                &[],
                &[],
            ),
            Cause::new(
                "Group Policy decides about scripts, and goes before -ExecutionPolicy: run Get-ExecutionPolicy \
                 -List",
                "sign both scripts under AllSigned; follow the runbook by hand under Restricted (docs/server.md)",
                &[],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "certificate-differs",
        what: "the site shows another certificate than the one of the spec: verify says that the thumbprint differs",
        causes: &[
            Cause::new(
                "the certificate was renewed on the server, and the spec still has the old thumbprint",
                "write the thumbprint that verify shows into the spec, then run build",
                &["site.bindings", "farm.front.bindings"],
                &[],
                &[],
            ),
            Cause::new(
                "another binding of the same address and port has its own certificate, and HTTP.sys shows that one: \
                 netsh http show sslcert lists them all",
                "give the binding a host name and serverNameIndication, or the other one the same certificate",
                &["site.bindings"],
                &[Code::SniWithoutHostName],
                &["plan"],
            ),
            Cause::new(
                "TLS ends before the server: at a proxy, a balancer or a scanner with a certificate of its own",
                "ask the server itself: verify --address, with its own address",
                &["bridge.trustedProxies"],
                &[],
                &["verify"],
            ),
        ],
    },
    Symptom {
        name: "no-hsts",
        what: "the answers have no header \"Strict-Transport-Security\", have two of them, or one with another value",
        causes: &[
            Cause::new(
                "the compiled web.config is missing on the server, or was edited",
                "run build, and copy web.config again",
                &["tls.strictTransportSecurity", "virtualDirectory.physicalPath"],
                &[],
                &["diff", "plan"],
            ),
            Cause::new(
                "the site has an <hsts> of its own, which adds a second header (IIS 10.0 since version 1709)",
                "turn it off in IIS Manager, HSTS, or leave tls.strictTransportSecurity out of the spec",
                &["tls.strictTransportSecurity"],
                &[],
                &[],
            ),
            Cause::new(
                "a proxy before the server removes the header, or adds its own",
                "let the proxy pass the header on: run verify --address to see what the server itself sends",
                &["bridge.trustedProxies"],
                &[],
                &["verify"],
            ),
        ],
    },
    Symptom {
        name: "missing-rights",
        what: "install.ps1 says that the application pool \"lacks the right\", or that \"the list of rights\" denies it what it \
            needs; pages are 500, and the bridge's log has PermissionError",
        causes: &[
            Cause::new(
                "an entry that denies goes before every entry that allows; the message names its account or group",
                "remove that entry, by the icacls line of the message; granting more does not help",
                &["applicationPool.identity"],
                &[],
                &[],
            ),
            Cause::new(
                "on a share, the account needs the rights of the folder and those of the share. From another machine, an \
                 account of the application pool is that machine's own account, MACHINE$",
                "let an administrator of the file server run the icacls line of the message, and let the share change files",
                &["kallithea.repositories", "applicationPool.identity"],
                &[],
                &[],
            ),
            Cause::new(
                "a folder below does not inherit rights",
                "run icacls FOLDER /inheritance:e, as the message says",
                &["kallithea.repositories"],
                &[],
                &[],
            ),
        ],
    },
    redirect("301"),
    redirect("302"),
    redirect("307"),
    redirect("308"),
];

/// One of the statuses of `httpRedirect` (schema section `system.webServer/httpRedirect`, `httpResponseStatus`).
const fn redirect(name: &'static str) -> Symptom {
    Symptom { name, what: "the server sends the client to another address", causes: REDIRECT }
}

/// Who may do that.
const REDIRECT: &[Cause] = &[
    Cause::new(
        "Kallithea itself sends a user to its login page or to the page after a form",
        "leave it as it is; the log of the bridge has these requests",
        &[],
        &[],
        &["route"],
    ),
    Cause::new(
        "the site or the server has httpRedirect, or a rule of URL Rewrite, which the applications below inherit",
        "turn it off for the application: appcmd set config SITE/APPLICATION /section:httpRedirect /enabled:false /commit:apphost",
        &["site.existing"],
        &[Code::Redirected],
        &["route", "plan"],
    ),
];
