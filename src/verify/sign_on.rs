//! Who asks: nobody, a user with a password, or on Windows the user who runs this program.
//!
//! What enters: a connection and a request. What leaves: the answer that the user gets. A password goes only over TLS with a certificate
//! that this machine trusts, and is never shown. Absent: forms, cookies, and storing anything.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::client::{Answer, Ask, Connection, Failure};
#[cfg(windows)]
use super::windows::Negotiation;

/// Who asks.
pub(crate) enum Credentials {
    /// Nobody signs on.
    Nobody,
    /// The user who runs this program, by Windows.
    #[cfg(windows)]
    Caller,
    /// A user with a password, by Basic authentication.
    Password {
        /// The name, as the user types it: `CORP\alice`.
        user: String,
        /// The password.
        password: String,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.who())
    }
}

impl Credentials {
    /// Who it is, in words.
    pub(super) fn who(&self) -> String {
        match self {
            Self::Nobody => "a stranger, who does not sign on".to_owned(),
            #[cfg(windows)]
            Self::Caller => "you, signed on by Windows".to_owned(),
            Self::Password { user, .. } => format!("{user}, signed on by password"),
        }
    }

    /// The user's own name, without a domain; `None` if nobody signs on.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Nobody => None,
            #[cfg(windows)]
            Self::Caller => std::env::var("USERNAME").ok(),
            Self::Password { user, .. } => {
                let name = user.rsplit('\\').next().unwrap_or(user);
                Some(name.split('@').next().unwrap_or(name).to_owned())
            }
        }
    }
}

/// How a user was signed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// With a name and a password in every request.
    Basic,
    /// By a ticket, or by Negotiate without NTLM in it.
    #[cfg(windows)]
    Negotiate,
    /// By NTLM, which signs on a whole connection.
    #[cfg(windows)]
    Ntlm,
}

/// Sends a request as the user.
pub(super) async fn ask(
    connection: &mut Connection,
    ask: &Ask,
    credentials: &Credentials,
) -> Result<(Answer, Means), Failure> {
    match credentials {
        Credentials::Nobody => Err(Failure::Withheld("no user was named; use --user".to_owned())),
        Credentials::Password { user, password } => {
            may_see_password(connection)?;
            let encoded = STANDARD.encode(format!("{user}:{password}"));
            let ask = ask.clone().header("Authorization", &format!("Basic {encoded}"));
            Ok((connection.ask(&ask).await?, Means::Basic))
        }
        #[cfg(windows)]
        Credentials::Caller => negotiate(connection, ask).await,
    }
}

/// Whether a password may go over this connection.
fn may_see_password(connection: &Connection) -> Result<(), Failure> {
    let why = match &connection.presented {
        Some(presented) if presented.trusted.is_ok() => return Ok(()),
        Some(_) => "this machine does not trust the certificate",
        None => "the connection has no TLS",
    };
    Err(Failure::Withheld(format!("the password was not sent, because {why}")))
}

/// Signs the caller on, by as many requests on one connection as Windows needs (RFC 4559, section 4).
#[cfg(windows)]
async fn negotiate(connection: &mut Connection, ask: &Ask) -> Result<(Answer, Means), Failure> {
    const MOST_STEPS: usize = 5;
    let mut answer = connection.ask(&ask.clone().without_chunks()).await?;
    let Some(scheme) = ["Negotiate", "NTLM"].into_iter().find(|scheme| offered(&answer, scheme).is_some())
    else {
        return Err(Failure::Withheld(format!(
            "the server answered {} and offers neither Negotiate nor NTLM",
            answer.status()
        )));
    };
    let failed = |error| Failure::Withheld(format!("Windows does not sign you on: {error}"));
    let certificate = connection.presented.as_ref().map(|presented| presented.certificate.to_vec());
    let host = connection.host().to_owned();
    let mut negotiation = Negotiation::begin(scheme, &host, certificate.as_deref()).map_err(failed)?;
    let (mut received, mut means) = (Vec::new(), Means::Negotiate);
    for _ in 0..MOST_STEPS {
        let token = negotiation.step(&received).map_err(failed)?;
        if token.windows(NTLM.len()).any(|bytes| bytes == NTLM) {
            means = Means::Ntlm;
        }
        let signed = format!("{scheme} {}", STANDARD.encode(token));
        answer = connection.ask(&ask.clone().header("Authorization", &signed)).await?;
        match offered(&answer, scheme).and_then(|token| STANDARD.decode(token).ok()) {
            Some(token) if answer.code == 401 && !token.is_empty() => received = token,
            _ => break,
        }
    }
    Ok((answer, means))
}

/// The begin of every message of NTLM, also inside of Negotiate (MS-NLMP, section 2.2.1).
#[cfg(windows)]
const NTLM: &[u8] = b"NTLMSSP\0";

/// What follows a scheme in WWW-Authenticate, if the answer offers it.
#[cfg(windows)]
fn offered<'a>(answer: &'a Answer, scheme: &str) -> Option<&'a str> {
    answer.all("www-authenticate").into_iter().find_map(|offer| {
        let (name, rest) = offer.split_once(' ').unwrap_or((offer, ""));
        let name = name.split(':').next().unwrap_or(name);
        name.eq_ignore_ascii_case(scheme).then(|| rest.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let user = Credentials::Password { user: r"CORP\alice".to_owned(), password: "hunter2".to_owned() };
        let shown = format!("{user:?}");
        assert_eq!(shown, r"CORP\alice, signed on by password");
        assert_eq!(user.name().as_deref(), Some("alice"));
    }
}
