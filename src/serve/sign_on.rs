//! Who sends a request: the substitute for IIS's authentication.
//!
//! What enters: a request's Authorization header. What leaves: the user and IIS's name of the method, or the need for a
//! challenge. Absent: the request's body, which is not read before this is decided.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;

use super::Accounts;

/// How users are signed on.
#[derive(Debug)]
pub(crate) enum SignOn {
    /// Nobody is signed on.
    Nobody,
    /// Everybody is this user, as if Windows had authenticated them.
    Everybody(String),
    /// Users who give the password of one of these accounts.
    Basic(Accounts),
}

/// The user who sends a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    pub user: String,
    pub auth_type: &'static str,
}

impl SignOn {
    /// The user who sends a request with this header; `None` if the client must sign on first.
    pub(super) fn identify(&self, authorization: Option<&HeaderValue>) -> Option<Identity> {
        match self {
            Self::Nobody => Some(Identity::default()),
            Self::Everybody(user) => Some(Identity { user: user.clone(), auth_type: "Negotiate" }),
            Self::Basic(accounts) => {
                let (user, password) = credentials(authorization?)?;
                accounts.fit(&user, &password).then_some(Identity { user, auth_type: "Basic" })
            }
        }
    }
}

fn credentials(authorization: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.to_str().ok()?.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("Basic"))?;
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_basic_credentials_are_taken() {
        let read = |text: &str| credentials(&HeaderValue::from_str(text).expect("a header"));
        assert_eq!(read("basic YWxpY2U6YTpi"), Some(("alice".into(), "a:b".into())));
        assert_eq!(read("Negotiate YWxpY2U6YTpi"), None);
        assert_eq!(read("Basic !"), None);
    }
}
