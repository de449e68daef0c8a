//! Messages of Mercurial and Git, and what they mean.
//!
//! Mercurial's messages are those of its `url.py` and `httppeer.py` (5.8.1), which send a password only by Basic
//! or Digest; Git's `http.emptyAuth` and `http.postBuffer` are described in its documentation
//! (<https://git-scm.com/docs/git-config>).

use crate::diagnostic::Code;
use crate::diagnostic::symptoms::{Cause, Symptom};

pub(super) const SYMPTOMS: &[Symptom] = &[
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
                "Git looks for a name and a password before it tries the user's Kerberos ticket",
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
        ],
    },
];
