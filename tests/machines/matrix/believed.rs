//! Clients that claim to be a user in a header that Kallithea's settings read: only the bridge keeps it from Kallithea.
//!
//! In: a deployment in which IIS authenticates users. Out: a table. Absent: the settings that the compiler makes, with
//! which Kallithea reads no header of a client; `attack` has those.

use serde_json::Value;

use super::attack::CLAIMS;
use super::sign_on::pull;
use super::{REFUSED, Table, by, page, with};
use crate::kallithea::parallel::query;
use crate::kallithea::{Deployment, Scenario};

/// The variables of the settings `auth_container_header` and `auth_container_fallback_header`. The second applies if the
/// first names nobody. The first pair is Kallithea's own.
const READ: [[&str; 2]; 4] = [
    ["REMOTE_USER", "HTTP_X_FORWARDED_USER"],
    ["HTTP_REMOTE_USER", "REMOTE_USER"],
    ["HTTP_X_REMOTE_USER", "HTTP_X_FORWARDED_LOGIN"],
    ["HTTP_AUTH_USER", "HTTP_X_ELSEWHERE"],
];

/// A header of the last pair that the bridge does not know. It signs a user on, which shows that Kallithea would
/// believe the others.
const UNKNOWN: &str = "X-Elsewhere";

/// The user in the headers. Kallithea does not know this user, and would create an account and sign it on.
const CLAIMED: &str = "carol";

/// The table of one deployment, whose first page is at `home`.
pub fn headers(deployment: &Deployment, home: &str) {
    let scenario = deployment.scenario();
    let mut table = Table::new(scenario.machine(), "Headers that Kallithea reads");
    // The bridge is the same under Wine, but each worker process takes long to start there.
    let pairs = if scenario.machine().is_wine() { &READ[..1] } else { &READ[..] };
    for pair in pairs {
        read(&scenario, *pair);
        let rows = rows(*pair, home);
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, request, expected)| (name.as_str(), request.clone(), *expected))
            .collect();
        table.serve(&scenario, &rows);
    }
    table.end();
}

/// Sets these two settings, as an administrator does on Kallithea's page.
fn read(scenario: &Scenario<'_>, [header, fallback]: [&str; 2]) {
    for (setting, value) in [("header", header), ("fallback_header", fallback)] {
        let set = format!(
            "update settings set app_settings_value = '{value}' where app_settings_name = 'auth_container_{setting}'"
        );
        query(scenario, &set);
    }
}

/// The headers that would become one of the two variables, from nobody. If Kallithea would read the server's user only after
/// them, also from alice.
fn rows(pair: [&str; 2], home: &str) -> Vec<(String, Value, &'static str)> {
    let [header, fallback] = pair;
    let about = |what: &str| format!("{what}; Kallithea reads {header}, then {fallback}");
    let claim = |request: Value, name: &str| with(request, name, CLAIMED);
    let mut rows = Vec::new();
    for name in CLAIMS.iter().filter(|name| pair.contains(&&*variable(name))) {
        rows.push((about("a page"), claim(page(home), name), REFUSED));
        if fallback == "REMOTE_USER" {
            rows.push((about("the server says alice"), claim(by(r"CORP\alice", home), name), "alice"));
        }
    }
    let name = rows[0].1["headers"][0][0].as_str().unwrap_or_default().to_owned();
    rows.push((about("twice"), claim(claim(page(home), &name), &name.to_lowercase()), REFUSED));
    let mut hg = pull("", home);
    hg["auth_type"] = "".into();
    rows.push((about("hg"), claim(hg, &name), "401 Unauthorized"));
    if pair.contains(&&*variable(UNKNOWN)) {
        rows.push((about("a header that the bridge lets through"), claim(page(home), UNKNOWN), CLAIMED));
    }
    rows
}

/// The name of a header in environ.
fn variable(name: &str) -> String {
    format!("HTTP_{}", name.to_uppercase().replace('-', "_"))
}
