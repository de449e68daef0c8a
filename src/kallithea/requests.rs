//! What a running Kallithea can be asked from outside, and what its answers show.
//!
//! In: names of repositories, and pages. Out: requests that change nothing, and what to look for in the answers. Absent: sending them,
//! which `verify` does.

use kallithea_bridge_isapi::url::encode;

/// A request of hg or git, and the answer that the client needs.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    /// What it is, in words.
    pub(crate) what: &'static str,
    /// Path and query below the application.
    pub(crate) below: String,
    /// The value of the header Accept.
    pub(crate) accept: &'static str,
    /// The reason phrase that the client gets.
    pub(crate) reason: &'static str,
    /// The content type that the client expects.
    pub(crate) content_type: &'static str,
    /// How the body begins, or what it contains.
    pub(crate) contains: &'static str,
    /// What `explain` knows about a client that does not get it.
    pub(crate) explain: &'static str,
}

/// What hg asks first (`mercurial/wireprotoserver.py`: type and reason phrase; every server has the capability `batch`).
pub(crate) fn hg_capabilities(repository: &str) -> Wire {
    Wire {
        what: "hg can ask the repository for its capabilities",
        below: format!("/{}?cmd=capabilities", encode(repository.as_bytes())),
        accept: "application/mercurial-0.1",
        reason: "Script output follows",
        content_type: "application/mercurial-0.1",
        contains: "batch",
        explain: "hg-authorization",
    }
}

/// What `git clone` asks first (page `http-protocol` of Git's documentation, "Smart Clients").
pub(crate) fn git_references(repository: &str) -> Wire {
    Wire {
        what: "git can ask the repository for its references",
        below: format!("/{}/info/refs?service=git-upload-pack", encode(repository.as_bytes())),
        accept: "*/*",
        reason: "OK",
        content_type: "application/x-git-upload-pack-advertisement",
        contains: "# service=git-upload-pack",
        explain: "417",
    }
}

/// A push to a repository that does not exist: the bridge's guard answers before Kallithea looks for it
/// (`hardening/identity.py`, `by_no_page`).
pub(crate) const PUSH: &str = "/kallithea-iisc-verify/git-receive-pack";

/// A word of the guard's answer to a web page that pushes.
pub(crate) const ONLY_CLIENTS: &str = "Only hg and git may request this";

/// The page about the account of whoever is signed on: a form, which changes nothing until it is sent (`controllers/admin/my_account.py`).
pub(crate) const ACCOUNT_PAGE: &str = "/_admin/my_account";

/// Files of Kallithea that nobody may be served. Some installations keep them where the site is.
pub(crate) const PRIVATE_FILES: [&str; 4] =
    ["/my.ini", "/production.ini", "/kallithea.db", "/development.ini"];

/// The token of the forms of a session (`lib/webutils.py`, `session_csrf_secret_token`): the same in each page of one session.
pub(crate) fn form_token(page: &str) -> Option<&str> {
    let at = page.split_once("_session_csrf_secret_token")?.1;
    let value = at.split_once("value=\"")?.1.split('"').next()?;
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_a_form_is_found() {
        let page = r#"<input id="x" name="_session_csrf_secret_token" type="hidden" value="123" />"#;
        assert_eq!(form_token(page), Some("123"));
        assert_eq!(form_token("<p>_session_csrf_secret_token"), None);
    }

    #[test]
    fn a_repositorys_name_is_written_for_a_url() {
        assert_eq!(hg_capabilities("a b/c++").below, "/a%20b/c++?cmd=capabilities");
    }
}
