//! Whose account a request comes by: the name that Windows gives it, whatever the client has typed.
//!
//! What enters: REMOTE_USER, AUTH_TYPE, and what the server and Windows know of accounts, by way of [`Client`]. What
//! leaves: `DOMAIN\name`, or a bare name where nobody knows a domain; or nothing, and then the request is refused. Absent:
//! Windows itself, which `abi` asks; groups, which Kallithea asks nobody for.
//!
//! With Kerberos and NTLM, REMOTE_USER is Windows' own spelling. With Basic it is what the client has typed, in any of the
//! ways in which Windows lets one account sign on: `CORP\bob`, `corp.example.com\BOB`, `CORP/bob`, `bob`, or the account's
//! user principal name, whose part before the at sign need not be the account's name.
//!
//! The token that the server holds says whose account it is, and is believed as long as it does not contradict
//! REMOTE_USER. It may: IIS gives an extension the worker process's own token where `authenticatedUserOverride` is
//! `UseWorkerProcessUser` (Microsoft's page `system.webserver/serverruntime`), and could give that of a virtual directory's
//! user. Believing either would make one account of everybody.

pub mod cache;

use crate::client::Client;
use crate::fallback;

/// An account of Windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its SID.
    pub sid: Vec<u8>,
    /// `DOMAIN\name`, as Windows spells them: the domain's short name, and the account's `sAMAccountName`.
    pub name: String,
}

/// Whose token the server holds for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// The server holds none, or Windows cannot say whose it is.
    Unknown,
    /// That of the worker process itself.
    Worker(Account),
    /// That of another account.
    Other(Account),
}

impl Token {
    /// What a token is, seen from the worker process. Where the worker process does not know its own account, every token
    /// may be its own.
    #[must_use]
    pub fn of(account: Option<Account>, own: Option<&[u8]>) -> Self {
        match (account, own) {
            (None, _) => Self::Unknown,
            (Some(account), Some(own)) if account.sid != own => Self::Other(account),
            (Some(account), _) => Self::Worker(account),
        }
    }
}

/// SYSTEM (S-1-5-18) and Administrators (S-1-5-32-544), as Windows keeps SIDs.
const ADMINISTER: [&[u8]; 2] =
    [&[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0], &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]];

/// Whether an object of this owner can be told what the log says: the machine's administrators and the worker process's own
/// account can read the log in any case.
#[must_use]
pub fn may_hear(owner: &[u8], own: Option<&[u8]>) -> bool {
    ADMINISTER.contains(&owner) || own == Some(owner)
}

/// The name of a request's user, in Windows' spelling where that can be found out. `None` where it cannot, and what the
/// client has typed may be read in more ways than one. `domain` is the one in which the server signs bare names on, empty
/// where none is named.
#[must_use]
pub fn name(said: &str, kind: &[u8], domain: &str, client: &impl Client) -> Option<String> {
    let asked = qualified(said, kind, domain);
    let is_whole = asked.contains(['\\', '@']);
    let named = if is_whole { client.named_account(&asked) } else { None };
    if let Some(name) = of_token(said, &asked, named.as_ref(), client) {
        return plain(name);
    }
    if said.contains(['@', '/']) {
        return None;
    }
    plain(named.map_or(asked, |account| account.name))
}

/// The name of the token's account, if REMOTE_USER means the same one.
fn of_token(said: &str, asked: &str, named: Option<&Account>, client: &impl Client) -> Option<String> {
    let token = client.token();
    let (account, is_own) = match &token {
        Token::Unknown => return None,
        Token::Worker(account) => (account, true),
        Token::Other(account) => (account, false),
    };
    let (_, bare) = account.name.split_once('\\').unwrap_or(("", &account.name));
    // A bare name is one of several accounts, and the worker's own is hardly the one that is meant.
    let agrees = named.is_some_and(|named| named.sid == account.sid)
        || asked.eq_ignore_ascii_case(&account.name)
        || (!is_own && asked == said && said.eq_ignore_ascii_case(bare));
    if agrees {
        return Some(account.name.clone());
    }
    fallback::note_token(&account.name, is_own);
    None
}

/// What the client has typed as IIS reads it: the first backslash or slash ends the domain, and a name without one, and
/// without an at sign, is one of the default domain. Windows' own spelling is left as it is.
fn qualified(said: &str, kind: &[u8], domain: &str) -> String {
    if is_spelled_by_windows(kind) {
        return said.to_owned();
    }
    match said.find(['\\', '/']) {
        Some(place) => format!(r"{}\{}", &said[..place], &said[place + 1..]),
        None if said.contains('@') || domain.is_empty() || said.is_empty() => said.to_owned(),
        None => format!(r"{domain}\{said}"),
    }
}

/// Whether AUTH_TYPE names one of the ways in which Windows itself finds out the name.
fn is_spelled_by_windows(kind: &[u8]) -> bool {
    ["Negotiate", "NTLM", "Kerberos"].iter().any(|known| kind.eq_ignore_ascii_case(known.as_bytes()))
}

/// A name that can be read in one way only. Kallithea would cut another at each of its marks, and so make `alice` of
/// `CORP\alice@elsewhere`, too.
fn plain(name: String) -> Option<String> {
    let (domain, account) = name.split_once('\\').unwrap_or(("-", &name));
    let is_part = |part: &str| {
        let is_mark = |letter: char| matches!(letter, '\\' | '/' | '@') || letter.is_control();
        !part.is_empty() && !part.contains(is_mark)
    };
    (is_part(domain) && is_part(account)).then_some(name)
}
