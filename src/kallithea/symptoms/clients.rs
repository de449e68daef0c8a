//! Messages of Mercurial and Git, and what they mean.
//!
//! Mercurial's messages are those of its `url.py` and `httppeer.py` (5.8.1), which send a password only by Basic
//! or Digest; Git's `http.emptyAuth`, `http.postBuffer`, `http.sslBackend`, `safe.directory` and `safe.bareRepository` are
//! described in its documentation (<https://git-scm.com/docs/git-config>); what `auto` does is in its `http.c` (commits 4dbe664
//! and 40a18fc). Git for Windows 2.53.0(2) switched NTLM off
//! (CVE-2025-66413); 2.55.0 was built without it, and 2.55.0(2) has it again
//! (<https://github.com/git-for-windows/git/issues/6308>). HTTP/2 and Windows authentication: page
//! `iis/get-started/whats-new-in-iis-10/http2-on-iis`; the message is that of <https://github.com/curl/curl/issues/3341>, and
//! `http.version` is in Git's documentation. Mercurial's `web.cacerts` is in `hg help config.web`. Kallithea's
//! `config/middleware/pygrack.py` answers 417 if git fails.

use crate::diagnostic::Code;
use crate::diagnostic::symptoms::{Cause, Symptom};

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "http2",
        what: "git, git-lfs or curl says \"HTTP_1_1_REQUIRED\" or \"HTTP/2 stream was not closed cleanly\", or fails only \
            by HTTP/2",
        causes: &[
            Cause::new(
                "Windows authentication does not work with HTTP/2: IIS asks for HTTP/1.1, and an old client does not \
                    fall back",
                "update the client, or run git config --global http.version HTTP/1.1",
                &["authentication.windowsAuthentication"],
                &[],
                &[],
            ),
            Cause::new(
                "a farm's front passes the sign-on of a node on to a client that speaks HTTP/2 with the front",
                "disable HTTP/2 for the binding of the front, as docs/farm.md says",
                &["farm.front.bindings"],
                &[],
                &[],
            ),
        ],
    },
    Symptom {
        name: "hg-authorization",
        what: "hg says \"authorization failed\" or \"http authorization required\"",
        causes: &[
            Cause::new(
                "Mercurial on its own supports only Basic, and IIS offers only Negotiate and NTLM",
                "offer Basic authentication, with TLS",
                &["authentication.basicAuthentication.enabled", "tls.required"],
                &[Code::BasicWithoutTls],
                &["route"],
            ),
            Cause::new(
                "IIS does not know the name without its domain",
                "sign on as CORP\\alice, or set the default domain",
                &["authentication.basicAuthentication.defaultLogonDomain"],
                &[],
                &[],
            ),
            Cause::new(
                "the password is wrong, or the account belongs to another plugin (Auth Type under Admin, \
                 Users)",
                "try it in a browser; change the account's type with apply_settings.py --user NAME",
                &["authentication.mode"],
                &[],
                &[],
            ),
            Cause::new(
                "hg runs without a terminal, and [auth] in its configuration has no password for this URL",
                "add prefix, username and password to [auth] in that account's mercurial.ini",
                &[],
                &[],
                &[],
            ),
            Cause::new(
                "with ldap or internal, auth_ret_code is 403, so hg and git are never asked for a password",
                "run ini, as in step 3 of the runbook",
                &["authentication.mode"],
                &[],
                &["ini"],
            ),
        ],
    },
    Symptom {
        name: "git-authorization",
        what: "git says \"could not read Username\" or \"Authentication failed\", or asks for a name \
            although Windows knows it",
        causes: &[
            Cause::new(
                "Git looks for a name and a password before it tries the user's Kerberos ticket: its default, \
                 http.emptyAuth auto, tries the ticket first only where the server offers NTLM as well",
                "run git config --global http.https://kallithea.corp.example.com.emptyAuth true",
                &["authentication.windowsAuthentication.providers"],
                &[],
                &[],
            ),
            Cause::new(
                "git runs without a terminal, and there is no ticket",
                "offer Basic authentication, with TLS, and store the password in a credential helper",
                &["authentication.basicAuthentication.enabled"],
                &[Code::BasicWithoutTls],
                &["route"],
            ),
            Cause::new(
                "Git for Windows uses NTLM only for servers that you allow, since 2.53.0(2): \"NTLM authentication \
                 has been\"; and without a Kerberos ticket nothing else is left: \"SEC_E_NO_CREDENTIALS\"",
                "let Kerberos work: use the host name for which setspn -Q HTTP/host names the pool's account; or, with \
                 TLS, run git config --global http.https://kallithea.corp.example.com.allowNTLMAuth true (the first \
                 build of Git for Windows 2.55.0 has no NTLM at all)",
                &["authentication.windowsAuthentication.providers"],
                &[],
                &["route"],
            )
            .numbered("0x8009030e"),
        ],
    },
    Symptom {
        name: "client-certificate",
        what: "git or hg does not trust the site's certificate",
        causes: &[
            Cause::new(
                "your company's authority signed it, which Windows knows, but Git's own list does not: \"unable to get \
                 local issuer certificate\", \"self-signed certificate in certificate chain\" or \"self signed \
                 certificate\"",
                "run git config --global http.sslBackend schannel, so that git asks Windows",
                &["site.bindings"],
                &[],
                &[],
            ),
            Cause::new(
                "the same for Mercurial, which has a list of its own: \"certificate verify failed\" or \"unable to \
                 verify security of\"",
                "export the authority's certificate as Base64, and name the file in mercurial.ini: [web], cacerts",
                &["site.bindings"],
                &[],
                &[],
            ),
            Cause::new(
                "the certificate is for another host name: \"no alternative certificate subject name matches\" or \
                 \"certificate is for\"",
                "use a host name of the certificate, or give the binding another certificate",
                &["site.bindings"],
                &[Code::SniWithoutHostName],
                &[],
            ),
        ],
    },
    Symptom {
        name: "417",
        what: "a clone or push of a Git repository ends with 417, and its pages are empty",
        causes: &[
            Cause::new(
                "git.exe does not start: \"[WinError 2]\", \"No working git executable found\", or \"does not start (\" \
                 in the step git of probe",
                "install Git for all users, and write the path of git.exe into bridge.git; or add its folder to the \
                 server's PATH, and run net stop was /y and net start w3svc: services do not see the change before",
                &["bridge.git"],
                &[],
                &["probe"],
            ),
            Cause::new(
                "the repository belongs to another account than the pool's, as after a copy or a restore: \"dubious \
                 ownership\" or \"safe.directory\"",
                "update Git to 2.38 or newer, which reads from the bridge that it may open every repository; for an \
                 older Git, and for commands that you type, run git config --system --add safe.directory *",
                &["applicationPool.identity"],
                &[],
                &["probe"],
            ),
            Cause::new(
                "this server's Git, or Git 3.0, trusts no bare repository unless it is told to: \"cannot use bare repository\"",
                "let the bridge run git, which tells it to; for commands that you type, add --git-dir",
                &[],
                &[],
                &["probe"],
            ),
            Cause::new(
                "the repository is damaged: \"fatal: bad object\", \"fatal: loose object\" or \"not a git repository\"",
                "run git fsck in its folder, and restore it from a backup",
                &["kallithea.repositories"],
                &[],
                &["trace"],
            ),
        ],
    },
    Symptom {
        name: "empty-archive",
        what: "a downloaded archive of a Git repository has no bytes",
        causes: &[
            Cause::new(
                "Kallithea made it without the bridge, or with an older one: Git for Windows has no gzip and bzip2 on \
                 PATH",
                "delete the files of 0 bytes in archive_cache_dir of the ini file, and download it again",
                &[],
                &[],
                &[],
            ),
            Cause::new("git.exe does not start", "see 417", &["bridge.git"], &[], &["probe"]),
        ],
    },
    Symptom {
        name: "rewind",
        what: "git says \"unable to rewind rpc post data\", or hg sends a large push twice",
        causes: &[Cause::new(
            "IIS answers 401 after the client has begun to send, so the client must send everything again, and git \
             does not keep more than http.postBuffer",
            "run git config --global http.postBuffer 524288000; or sign on first, with http.emptyAuth true (see \
             git-authorization)",
            &["authentication.windowsAuthentication.providers"],
            &[],
            &["route"],
        )],
    },
];
