//! What Mercurial and Git say, and what they mean by it.
//!
//! Mercurial's words are those of its `url.py` and `httppeer.py` (5.8.1), which send a password by Basic or Digest alone; Git's
//! `http.emptyAuth` and `http.postBuffer` those of its own documentation (<https://git-scm.com/docs/git-config>).

use super::{Cause, Symptom};
use crate::diagnostic::Code;

pub(super) const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "hg-authorization",
        what: "hg says \"authorization failed\" or \"http authorization required\"",
        causes: &[
            Cause::new(
                "Mercurial by itself sends a password by Basic alone, and IIS offers Negotiate and NTLM",
                "offer Basic, with TLS",
                &["authentication.basicAuthentication.enabled", "tls.required"],
                &[Code::BasicWithoutTls],
                &["route"],
            ),
            Cause::new(
                "IIS does not know the name without its domain",
                "sign on as CORP\\alice, or name the domain that counts where none is given",
                &["authentication.basicAuthentication.defaultLogonDomain"],
                &[],
                &[],
            ),
            Cause::new(
                "the password is wrong, or the account belongs to another plugin: Auth Type under Admin, Users",
                "try it in a browser; take the account over with apply_settings.py --user NAME",
                &["authentication.mode"],
                &[],
                &[],
            ),
            Cause::new(
                "it runs where nobody can be asked, and [auth] of its configuration has no password for this URL",
                "put prefix, username and password into [auth] of that account's mercurial.ini",
                &[],
                &[],
                &[],
            ),
            Cause::new(
                "with ldap or internal, auth_ret_code is 403, so that hg and git are never asked for a password",
                "run ini: step 3 of the runbook",
                &["authentication.mode"],
                &[],
                &["ini"],
            ),
        ],
    },
    Symptom {
        name: "git-authorization",
        what: "git says \"could not read Username\" or \"Authentication failed\", or asks for a name although Windows knows it",
        causes: &[
            Cause::new(
                "Git seeks a name and a password before it tries the ticket of whoever is signed on",
                "git config --global http.https://kallithea.corp.example.com.emptyAuth true",
                &["authentication.windowsAuthentication.providers"],
                &[],
                &[],
            ),
            Cause::new(
                "it runs where nobody can be asked, and no ticket is there",
                "offer Basic, with TLS, and let a credential helper hold the password",
                &["authentication.basicAuthentication.enabled"],
                &[Code::BasicWithoutTls],
                &["route"],
            ),
        ],
    },
];
