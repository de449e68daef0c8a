//! Who a request comes from: the stand-in for IIS's authentication.
//!
//! What enters: a request's Authorization header. What leaves: the user and how IIS would call the method, or the wish that
//! the client say who it is. Absent: the request's body, which is not touched before this is settled.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;

use super::Accounts;

/// How people are signed on.
#[derive(Debug)]
pub(crate) enum SignOn {
    /// Nobody is.
    Nobody,
    /// Everybody is this user, as if Windows had authenticated them.
    Everybody(String),
    /// Users who give the password of one of these accounts.
    Basic(Accounts),
}

/// Whom a request is from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    pub user: String,
    pub auth_type: &'static str,
}

impl SignOn {
    /// Whom a request with this header is from; nothing where the client has to say that first.
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
