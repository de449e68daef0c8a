//! Clients that say who they are in a header which Kallithea's settings read: the bridge alone keeps it from Kallithea.
//!
//! In: a deployment in which IIS signs people on. Out: a table. Absent: the settings that the compiler makes, with which
//! Kallithea reads no header of a client's; `attack` has those.

use serde_json::Value;

use super::attack::CLAIMS;
use super::sign_on::pull;
use super::{REFUSED, Table, by, page, with};
use crate::kallithea::parallel::query;
use crate::kallithea::{Deployment, Scenario};

/// The variables of the settings `auth_container_header` and `auth_container_fallback_header`. The second counts where the
/// first names nobody. The first pair is Kallithea's own.
const READ: [[&str; 2]; 4] = [
    ["REMOTE_USER", "HTTP_X_FORWARDED_USER"],
    ["HTTP_REMOTE_USER", "REMOTE_USER"],
    ["HTTP_X_REMOTE_USER", "HTTP_X_FORWARDED_LOGIN"],
    ["HTTP_AUTH_USER", "HTTP_X_ELSEWHERE"],
];

/// Of the last pair, a header that is nobody's: who is let in by it shows that Kallithea would believe the others.
const UNKNOWN: &str = "X-Elsewhere";

/// Whom the headers name: nobody whom Kallithea knows, whom it would make an account and sign on.
const CLAIMED: &str = "carol";

/// The table of one deployment, whose first page is at `home`.
pub fn headers(deployment: &Deployment, home: &str) {
    let scenario = deployment.scenario();
    let mut table = Table::new(scenario.machine(), "Headers that Kallithea reads");
    // The bridge is the same under Wine, where each worker process takes its time to start.
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

/// Brings two settings to this, as somebody does on Kallithea's page.
fn read(scenario: &Scenario<'_>, [header, fallback]: [&str; 2]) {
    for (setting, value) in [("header", header), ("fallback_header", fallback)] {
        let set = format!(
            "update settings set app_settings_value = '{value}' where app_settings_name = 'auth_container_{setting}'"
        );
        query(scenario, &set);
    }
}

/// The headers that would become one of the two variables, from nobody; and, where Kallithea would ask for the server's word
/// after them only, from alice.
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

/// What a header is called in environ.
fn variable(name: &str) -> String {
    format!("HTTP_{}", name.to_uppercase().replace('-', "_"))
}
