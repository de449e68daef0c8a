//! Clients that claim to be a user.
//!
//! In: a deployment in which IIS authenticates users. Out: a table. Absent: cookies, which `sessions` has.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::sign_on::{journal, names_of, pull};
use super::{REFUSED, Table, by, page, with};
use crate::kallithea::parallel::query;
use crate::kallithea::secrets::ADMINISTRATORS;
use crate::kallithea::{Deployment, Scenario};

/// Headers that a program might believe to come from the server.
pub const CLAIMS: [&str; 21] = [
    "X-Forwarded-User",
    "x-forwarded-user",
    "X_Forwarded_User",
    "X-Forwarded_User",
    "X-FORWARDED-USER",
    "Remote-User",
    "remote-user",
    "REMOTE_USER",
    "Remote_User",
    "X-Remote-User",
    "X_Remote_User",
    "Http-Remote-User",
    "HTTP_REMOTE_USER",
    "HTTP_X_FORWARDED_USER",
    "Auth-User",
    "Auth-Type",
    "Logon-User",
    "Unmapped-Remote-User",
    "Unicode-Remote-User",
    "X-Forwarded-Login",
    "Forwarded",
];

/// The table of one deployment, whose first page is at `home`.
pub fn claims(deployment: &Deployment, home: &str) {
    let scenario = deployment.scenario();
    let mut table = Table::new(scenario.machine(), "Attacks");
    // Kallithea would create an unknown user and sign it on; it would refuse `admin`, which is its own account.
    let claim = |request: Value, name: &str| with(request, name, "carol");
    let mut rows: Vec<_> =
        CLAIMS.iter().map(|name| ("a header says carol", claim(page(home), name), REFUSED)).collect();
    rows.extend(CLAIMS.iter().map(|name| {
        ("a header says carol, the server alice", claim(by(r"CORP\alice", home), name), "alice")
    }));
    let forwarded = |request: Value| claim(claim(request, "X-Forwarded-User"), "x-forwarded-user");
    let query = |request: Value| {
        let mut request = request;
        request["url"] = format!("{home}?REMOTE_USER=carol&AUTH_TYPE=Basic").into();
        request
    };
    rows.extend([
        ("a header says it twice", forwarded(page(home)), REFUSED),
        ("a header says it twice, the server alice", forwarded(by(r"CORP\alice", home)), "alice"),
        ("the query says it", query(page(home)), REFUSED),
        ("the query says it, the server alice", query(by(r"CORP\alice", home)), "alice"),
        ("a cookie says it", with(page(home), "Cookie", "REMOTE_USER=carol; kallithea=carol"), REFUSED),
        ("one after another on one thread: alice", by(r"CORP\alice", home), "alice"),
        ("then bob", by(r"CORP\bob", home), "bob"),
        ("then nobody", page(home), REFUSED),
        ("then alice again", by(r"CORP\alice", home), "alice"),
    ]);
    table.serve(&scenario, &rows);
    passwords(&mut table, &scenario, home);
    table.end();
}

/// Names that look like another user's, and Kallithea's own keys, which are as good as a password.
pub fn names(deployment: &Deployment, home: &str) {
    let scenario = deployment.scenario();
    let mut table = Table::new(scenario.machine(), "Names and keys");
    let key = names_of(&query(&scenario, "select api_key from users where username = 'admin'")).concat();
    let keyed = |request: Value, key: &str| {
        let mut request = request;
        request["url"] = format!("{home}?api_key={key}").into();
        request
    };
    let bearer = |request: Value| with(request, "Authorization", &format!("Bearer {key}"));
    // A key replaces the form's token, which another site cannot know. The owner of a key could put their own key in the form.
    let mut form = with(by(r"CORP\alice", home), "Content-Type", "application/x-www-form-urlencoded");
    form["url"] = format!("{home}_admin/login?api_key={key}").into();
    form["method"] = "POST".into();
    form["body"] = format!("username=admin&password={ADMINISTRATORS}").into();
    let rows = [
        ("alice", by(r"CORP\alice", home), "alice"),
        ("alice of another domain, where the spec names none", by(r"SALES\alice", home), "alice"),
        ("a name with a dot behind it", by(r"CORP\alice.", home), "alice."),
        ("a letter that looks like another", by(r"CORP\alıce", home), "alıce"),
        ("an accent of its own", by("CORP\\a\u{301}lice", home), "a\u{301}lice"),
        ("a domain and no name", by(r"CORP\", home), "403 Forbidden"),
        ("the account that stands for strangers", by(r"CORP\default", home), REFUSED),
        ("the same in capitals", by(r"CORP\DEFAULT", home), REFUSED),
        (
            "a key of Kallithea's that nobody has, the server alice",
            keyed(by(r"CORP\alice", home), &"0".repeat(40)),
            "403 Forbidden",
        ),
        ("an empty key, the server alice", keyed(by(r"CORP\alice", home), ""), "403 Forbidden"),
        ("an administrator's key", keyed(page(home), &key), "admin"),
        ("the sign-on form from another site, with a key in the place of its token", form, "403 Forbidden"),
        ("an administrator's key in a header, the server alice", bearer(by(r"CORP\alice", home)), "alice"),
    ];
    table.serve(&scenario, &rows);
    table.end();
}

/// A deployment with the name of its domain.
pub fn domains(deployment: &Deployment, home: &str) {
    let scenario = deployment.scenario();
    let mut table = Table::new(scenario.machine(), "Domains");
    let turned_away = "403 Forbidden";
    let rows = [
        ("of the domain", by(r"CORP\alice", home), "alice"),
        ("in another case", by(r"corp\alice", home), "alice"),
        ("by the domain's long name", by("alice@Corp.example.com", home), turned_away),
        ("of another domain", by(r"SALES\alice", home), turned_away),
        ("of another domain, by its long name", by("alice@sales.corp.example.com", home), turned_away),
        ("of the server itself", by(r".\alice", home), turned_away),
        ("without a domain", by("alice", home), turned_away),
        ("of both", by(r"CORP\alice@sales.example.com", home), turned_away),
        ("of both, the other way", by(r"SALES\alice@corp.example.com", home), turned_away),
        ("a domain and no name", by(r"CORP\", home), turned_away),
        ("nobody", page(home), REFUSED),
        ("hg, of another domain", pull(r"SALES\alice", home), turned_away),
    ];
    table.serve(&scenario, &rows);
    let accounts = query(&scenario, "select username from users order by username");
    table.row("accounts afterwards", "", "admin, alice, default", &names_of(&accounts).join(", "));
    table.end();
}

/// Basic credentials that the server has ignored, or read as another user.
fn passwords(table: &mut Table, scenario: &Scenario<'_>, home: &str) {
    let basic = |request: Value, credentials: &str| {
        with(request, "Authorization", &format!("Basic {}", STANDARD.encode(credentials)))
    };
    let unknown = |mut request: Value| {
        request["user"] = "".into();
        request["auth_type"] = "Basic".into();
        request
    };
    let hg = |user: &str| pull(user, home);
    let unasked = || {
        let mut request = hg("");
        request["auth_type"] = "".into();
        request
    };
    let right = &format!("admin:{ADMINISTRATORS}");
    let (wrong, other) = ("admin:a guess", r"CORP\alice:anything");
    let (served, challenged) = ("200 Script output follows", "401 Unauthorized");
    table.serve(
        scenario,
        &[
            ("a page, credentials that the server did not ask for", basic(page(home), right), REFUSED),
            (
                "a page, credentials and their kind, but no user of the server's",
                unknown(basic(page(home), other)),
                REFUSED,
            ),
            (
                "a page, an administrator's credentials, the server alice",
                basic(by(r"CORP\alice", home), right),
                "alice",
            ),
            ("hg without anything", unasked(), challenged),
            ("hg, a Windows user's name and any password", basic(unasked(), other), challenged),
            ("the same, and the server calls the kind Basic", unknown(basic(unasked(), other)), challenged),
            ("hg, a wrong password", basic(unasked(), wrong), challenged),
            ("hg, a header that says alice", with(unasked(), "X-Forwarded-User", "alice"), challenged),
            ("hg, an administrator's credentials, the server alice", basic(hg(r"CORP\alice"), right), served),
            ("hg, Kallithea's own account and its password", basic(unasked(), right), served),
        ],
    );
    table.row("who pulled, in the journal", "", "alice, admin", &journal(scenario));
}
