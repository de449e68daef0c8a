//! The account that a request comes from: the name that Windows gives it, whatever the client has typed.
//!
//! What enters: REMOTE_USER, AUTH_TYPE, and what the server and Windows know of accounts, through [`Client`]. What leaves:
//! `DOMAIN\name`, or a bare name where no domain is known; or nothing, and then the request is refused. Absent: Windows
//! itself, which `abi` asks; groups, which Kallithea does not use.
//!
//! With Kerberos and NTLM, REMOTE_USER is Windows' own spelling. With Basic it is what the client has typed, in any form
//! with which Windows lets an account sign on: `CORP\bob`, `corp.example.com\BOB`, `CORP/bob`, `bob`, or the account's
//! user principal name, whose part before the at sign need not be the account's name.
//!
//! The token that the server holds names the account, and is trusted unless it contradicts REMOTE_USER. The two can differ:
//! IIS gives an extension the worker process's own token where `authenticatedUserOverride` is `UseWorkerProcessUser`
//! (Microsoft's page `system.webserver/serverruntime`), and could give the token of a virtual directory's user. With either
//! of these, all users would share one account.

pub mod cache;

use crate::client::Client;
use crate::fallback;

/// A Windows account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its SID.
    pub sid: Vec<u8>,
    /// `DOMAIN\name`, as Windows spells it: the domain's short name, and the account's `sAMAccountName`.
    pub name: String,
}

/// The token that the server holds for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// The server holds none, or Windows does not know its account.
    Unknown,
    /// The token of the worker process itself.
    Worker(Account),
    /// The token of another account.
    Other(Account),
}

impl Token {
    /// Compares a token's account with the worker process's own. Where that one is unknown, every token counts as the
    /// worker's own.
    #[must_use]
    pub fn of(account: Option<Account>, own: Option<&[u8]>) -> Self {
        match (account, own) {
            (None, _) => Self::Unknown,
            (Some(account), Some(own)) if account.sid != own => Self::Other(account),
            (Some(account), _) => Self::Worker(account),
        }
    }
}

/// SYSTEM (S-1-5-18) and Administrators (S-1-5-32-544), as binary SIDs.
const ADMINISTER: [&[u8]; 2] =
    [&[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0], &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]];

/// Whether an object with this owner may receive log lines: the machine's administrators and the worker process's own
/// account can read the log anyway.
#[must_use]
pub fn may_hear(owner: &[u8], own: Option<&[u8]>) -> bool {
    ADMINISTER.contains(&owner) || own == Some(owner)
}

/// The name of a request's user, in Windows' spelling where that can be found. `None` where it cannot be found and what
/// the client has typed is ambiguous. `domain` is the domain in which the server signs on bare names, empty where none is
/// set.
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
    // A bare name can mean several accounts, and hardly means the worker's own.
    let agrees = named.is_some_and(|named| named.sid == account.sid)
        || asked.eq_ignore_ascii_case(&account.name)
        || (!is_own && asked == said && said.eq_ignore_ascii_case(bare));
    if agrees {
        return Some(account.name.clone());
    }
    fallback::note_token(&account.name, is_own);
    None
}

/// What the client has typed, as IIS reads it: the first backslash or slash ends the domain. A name without either, and
/// without an at sign, belongs to the default domain. Windows' own spelling is left unchanged.
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

/// Whether AUTH_TYPE is a method with which Windows itself determines the name.
fn is_spelled_by_windows(kind: &[u8]) -> bool {
    ["Negotiate", "NTLM", "Kerberos"].iter().any(|known| kind.eq_ignore_ascii_case(known.as_bytes()))
}

/// Returns the name if it is unambiguous. Kallithea would cut any other at each of its marks, and so would also turn
/// `CORP\alice@elsewhere` into `alice`.
fn plain(name: String) -> Option<String> {
    let (domain, account) = name.split_once('\\').unwrap_or(("-", &name));
    let is_part = |part: &str| {
        let is_mark = |letter: char| matches!(letter, '\\' | '/' | '@') || letter.is_control();
        !part.is_empty() && !part.contains(is_mark)
    };
    (is_part(domain) && is_part(account)).then_some(name)
}
