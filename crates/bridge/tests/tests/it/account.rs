//! The account of a request, for everything that a client may type and a server may know.

use std::time::{Duration, Instant};

use kallithea_bridge_isapi::account::cache::Cache;
use kallithea_bridge_isapi::account::{self, Account, Token};
use kallithea_bridge_isapi::environ::{Arrival, Environ};
use kallithea_bridge_isapi::settings::{Identity, Settings};
use proptest::prelude::*;

use crate::fake::{Fake, settings};

fn account(name: &str) -> Account {
    Account { sid: name.as_bytes().to_vec(), name: name.to_owned() }
}

/// What Windows finds: one of the two accounts called bob belongs to this server, and Robert signs on as bob@.
fn windows(name: &str) -> Option<Account> {
    let found = match name.to_lowercase().as_str() {
        r"corp\bob" | r"corp.example.com\bob" | r"corp\bób" => r"CORP\bob",
        "bob@corp.example.com" | r"corp\robert" => r"CORP\robert",
        r"server\bob" | r".\bob" => r"SERVER\bob",
        r"corp\pool" => r"CORP\pool",
        r"sales\alice" => r"SALES\alice",
        r"corp\odd@name" => r"CORP\odd@name",
        _ => return None,
    };
    Some(account(found))
}

fn name(said: &str, kind: &str, domain: &str, token: &Token) -> Option<String> {
    let client = Fake { token: Some(token.clone()), accounts: Some(windows), ..Fake::default() };
    account::name(said, kind.as_bytes(), domain, &client)
}

fn other(name: &str) -> Token {
    Token::Other(account(name))
}

fn worker() -> Token {
    Token::Worker(account(r"CORP\pool"))
}

#[test]
fn every_spelling_is_the_tokens_account() {
    for said in [r"CORP\bob", r"corp\BOB", "CORP/bob", r"corp.example.com\bob", r"CORP\bób", "bob", "BOB"] {
        assert_eq!(name(said, "Basic", "", &other(r"CORP\bob")).as_deref(), Some(r"CORP\bob"), "{said}");
    }
    let robert = other(r"CORP\robert");
    assert_eq!(name("bob@corp.example.com", "Basic", "", &robert).as_deref(), Some(r"CORP\robert"));
    assert_eq!(name(r"corp\ROBERT", "NTLM", "", &robert).as_deref(), Some(r"CORP\robert"));
    assert_eq!(name("bob", "Basic", "", &other(r"SERVER\bob")).as_deref(), Some(r"SERVER\bob"));
    assert_eq!(name(r".\bob", "Basic", "", &other(r"SERVER\bob")).as_deref(), Some(r"SERVER\bob"));
    // Windows no longer knows an account by that name, but the token's account has it.
    assert_eq!(name(r"CORP\Gone", "Basic", "", &other(r"CORP\gone")).as_deref(), Some(r"CORP\gone"));
}

#[test]
fn no_token_makes_somebody_else_of_a_user() {
    for token in [worker(), other(r"CORP\pool"), Token::Unknown] {
        for (said, kind, expected) in [
            (r"CORP\bob", "Basic", Some(r"CORP\bob")),
            (r"corp.example.com\BOB", "Basic", Some(r"CORP\bob")),
            (r"CORP\stranger", "Basic", Some(r"CORP\stranger")),
            (r"CORP\bob", "Negotiate", Some(r"CORP\bob")),
            (r"corp\Robert", "Kerberos", Some(r"CORP\robert")),
            ("bob", "NTLM", Some("bob")),
            ("bob", "Basic", Some("bob")),
            ("bob@corp.example.com", "Basic", None),
            ("SALES/alice", "Basic", None),
            ("bob@corp.example.com", "Digest", None),
            ("pool@elsewhere.example", "Basic", None),
        ] {
            let found = name(said, kind, "", &token);
            assert_eq!(found.as_deref(), expected, "{said} by {kind}, with {token:?}");
        }
    }
    // The worker's own account can sign on, too, and is recognised; a bare name may be anybody's.
    assert_eq!(name(r"corp\POOL", "Basic", "", &worker()).as_deref(), Some(r"CORP\pool"));
    assert_eq!(name("pool", "Basic", "", &worker()).as_deref(), Some("pool"));
}

#[test]
fn a_token_may_be_the_workers_own_for_all_that_is_known() {
    let token = |own: Option<&[u8]>| Token::of(Some(account(r"CORP\pool")), own);
    assert_eq!(token(Some(br"CORP\pool")), worker());
    assert_eq!(token(None), worker());
    assert_eq!(token(Some(br"CORP\other")), other(r"CORP\pool"));
    assert_eq!(Token::of(None, Some(br"CORP\pool")), Token::Unknown);
}

#[test]
fn administrators_and_the_workers_own_account_may_hear() {
    let sid = |authority: u8, parts: &[u32]| {
        let mut sid = vec![1, parts.len() as u8, 0, 0, 0, 0, 0, authority];
        sid.extend(parts.iter().flat_map(|part| part.to_le_bytes()));
        sid
    };
    let own = sid(5, &[82, 1, 2, 3, 4, 5]);
    for heard in [sid(5, &[18]), sid(5, &[32, 544]), own.clone()] {
        assert!(account::may_hear(&heard, Some(&own)), "{heard:?}");
    }
    let pool = sid(5, &[82, 1, 2, 3, 4, 6]);
    for stranger in
        [pool, sid(5, &[19]), sid(5, &[20]), sid(5, &[32, 545]), sid(1, &[0]), sid(5, &[11]), vec![]]
    {
        assert!(!account::may_hear(&stranger, Some(&own)), "{stranger:?}");
        assert!(!account::may_hear(&stranger, None), "{stranger:?}");
    }
}

#[test]
fn a_bare_name_is_one_of_the_default_domain() {
    let none = Token::Unknown;
    assert_eq!(name("BOB", "Basic", "CORP", &none).as_deref(), Some(r"CORP\bob"));
    assert_eq!(name("carol", "Basic", "CORP", &none).as_deref(), Some(r"CORP\carol"));
    assert_eq!(name(r"SERVER\bob", "Basic", "CORP", &none).as_deref(), Some(r"SERVER\bob"));
    assert_eq!(name("bob@corp.example.com", "Basic", "CORP", &none), None);
    assert_eq!(name("carol", "NTLM", "CORP", &none).as_deref(), Some("carol"));
}

#[test]
fn what_can_be_read_twice_is_nobody() {
    let odd = [
        r"CORP\",
        r"\bob",
        r"\",
        "",
        "@",
        "/",
        "bob@",
        r"CORP\SALES\bob",
        r"CORP\bob@sales",
        "CORP/SALES/bob",
        "a\0b",
        "a\nb",
        r"CORP/a\b",
        r"CORP\odd@name",
    ];
    for said in odd {
        for kind in ["Basic", "Negotiate", "NTLM"] {
            assert_eq!(name(said, kind, "", &Token::Unknown), None, "{said:?} by {kind}");
        }
    }
    assert_eq!(
        name("CORP/odd@name", "Basic", "", &other(r"CORP\odd@name")),
        None,
        "an at sign that Windows itself knows"
    );
    assert_eq!(name(r"CORP\odd@name", "Negotiate", "", &other(r"CORP\odd@name")), None);
}

#[test]
fn the_application_hears_the_accounts_name_and_the_domain_is_the_accounts() {
    let request =
        |said: &str, token: Token, domains: &'static [&'static str], default_domain: &'static str| {
            let fake = Fake { token: Some(token), accounts: Some(windows), ..Fake::get("/") };
            let fake = fake.with("AUTH_TYPE", "Basic").with_wide("UNICODE_REMOTE_USER", said);
            let settings = Settings { domains, default_domain, ..settings("/", Identity::Server) };
            let mut environ = Environ::default();
            environ.read_line(&fake, &settings);
            assert_eq!(environ.user(), Some(said), "before anybody is asked");
            (environ.arrive(&fake, &settings), environ.user().unwrap_or_default().to_owned())
        };
    let named = |name: &str| (Arrival::Application, name.to_owned());
    assert_eq!(request("bob@corp.example.com", other(r"CORP\robert"), &["CORP"], ""), named(r"CORP\robert"));
    assert_eq!(request(r"corp.example.com\bob", worker(), &["CORP"], ""), named(r"CORP\bob"));
    assert_eq!(request("bob", Token::Unknown, &["CORP"], "CORP"), named(r"CORP\bob"));
    let (unclear, forbidden) = (Arrival::Unclear, Arrival::Forbidden);
    assert_eq!(request("SALES/alice", Token::Unknown, &["CORP"], "CORP").0, unclear);
    assert_eq!(request("SALES/alice", other(r"SALES\alice"), &["CORP"], "CORP").0, forbidden);
    assert_eq!(request("bob@corp.example.com", worker(), &["CORP", "corp.example.com"], "CORP").0, unclear);
    assert_eq!(request("bob", Token::Unknown, &["CORP"], "").0, forbidden);
    assert_eq!(request(r"corp.\bob", Token::Unknown, &["CORP"], "CORP").0, forbidden);
    assert_eq!(request(r"CORP \bob", Token::Unknown, &["CORP"], "CORP").0, forbidden);
}

#[test]
fn nobody_is_asked_where_nobody_signed_on() {
    fn nobody(name: &str) -> Option<Account> {
        panic!("Windows is asked for {name}");
    }
    let anonymous = Fake { accounts: Some(nobody), ..Fake::get("/") }.with("REMOTE_USER", "IUSR");
    let mut environ = Environ::default();
    let settings = settings("/", Identity::Server);
    environ.read_line(&anonymous, &settings);
    assert_eq!((environ.arrive(&anonymous, &settings), environ.user()), (Arrival::Application, None));
}

#[test]
fn an_answer_is_asked_for_once_in_its_time() {
    let (cache, now) = (Cache::new(), Instant::now());
    let asked = std::cell::Cell::new(0);
    let get = |key: &str, later: u64, answer: Option<u32>| {
        cache.get(key.to_owned(), now + Duration::from_secs(later), |_| {
            asked.set(asked.get() + 1);
            answer
        })
    };
    assert_eq!(get("known", 0, Some(1)), Some(1));
    assert_eq!(get("known", 599, Some(2)), Some(1));
    assert_eq!(get("known", 600, Some(2)), Some(2));
    assert_eq!(get("unknown", 0, None), None);
    assert_eq!(get("unknown", 29, Some(3)), None);
    assert_eq!(get("unknown", 30, Some(3)), Some(3));
    assert_eq!(asked.get(), 4);
}

#[test]
fn ever_new_spellings_fill_no_memory() {
    let (cache, now) = (Cache::new(), Instant::now());
    for key in 0..10_000 {
        assert_eq!(cache.get(key, now, |key| Some(*key)), Some(key));
        assert!(cache.count() <= 1024);
    }
    assert_eq!(cache.get(9_999, now, |_| None), Some(9_999), "the last is still known");
}

proptest! {
    /// Whatever is typed, with any token: the result is a domain and an account, or a bare name. An account that differs
    /// from the typed one always comes from Windows.
    #[test]
    fn no_name_can_be_read_twice(said in r"[CORPcorpbobalicpool\\/@. ]{0,14}", basic: bool, which in 0..4, domain in "(CORP)?") {
        let token = match which {
            0 => Token::Unknown,
            1 => worker(),
            2 => other(r"CORP\bob"),
            _ => other(r"SALES\alice"),
        };
        let kind = if basic { "Basic" } else { "Negotiate" };
        if let Some(name) = name(&said, kind, &domain, &token) {
            let parts: Vec<&str> = name.split('\\').collect();
            prop_assert!(parts.len() <= 2 && parts.iter().all(|part| !part.is_empty()), "{said} is {name}");
            prop_assert!(!name.contains(['@', '/']), "{said} is {name}");
            let typed = said.rsplit(['\\', '/']).next().unwrap_or_default();
            let is_typed = parts.last().is_some_and(|account| account.eq_ignore_ascii_case(typed));
            prop_assert!(is_typed || windows(&said).is_some_and(|found| found.name == name), "{said} is {name}");
        }
    }
}
