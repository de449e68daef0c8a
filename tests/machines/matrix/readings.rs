//! Requests that two parsers read differently: one decides who may send them, and the other what is done.
//!
//! In: a deployment with its own repositories, in which IIS authenticates users. Out: a table for hg and one for git. Every
//! request comes from nobody, from nobody where strangers may read, from a reader and from a writer. Absent: pages that push,
//! which `cross_site` has.

mod git;
mod hg;

use serde_json::Value;

use super::{Table, sent};
use crate::kallithea::parallel::{bundles, has_git, populated, query};
use crate::kallithea::{Deployment, Scenario};

/// Kallithea's answer to a user who may not do what it has read.
const FORBIDDEN: &str = "403 Forbidden";
/// The answer of hgweb if it would have done more than Kallithea has read.
const HELD: &str = "403 push not authorized";
const SIGN_ON: &str = "401 Unauthorized";
/// The answer of hgweb to everything that it has done.
const DONE: &str = "200 Script output follows";

/// A request, the answers to a user who may read and to one who may write, and what the writer has then written.
struct Way {
    name: &'static str,
    request: Value,
    reader: &'static str,
    writer: &'static str,
    writes: Option<String>,
    /// The journal's entry for it, behind `push:`; the journal has no entry for bookmarks and large files.
    journal: Option<String>,
}

impl Way {
    /// A request with which nobody writes.
    fn no_push(name: &'static str, request: Value, answer: &'static str) -> Self {
        Self { name, request, reader: answer, writer: answer, writes: None, journal: None }
    }

    fn answer(&self, who: Who) -> &'static str {
        let is_authorised = !matches!(self.reader.as_bytes()[..3], [b'4', b'0', b'0' | b'4' | b'5']);
        match who {
            Who::Writer => self.writer,
            Who::Reader => self.reader,
            Who::NobodyReading if self.reader == FORBIDDEN => SIGN_ON,
            Who::NobodyReading => self.reader,
            Who::Nobody if is_authorised => SIGN_ON,
            Who::Nobody => self.reader,
        }
    }
}

/// Who sends a request. Only the last one may write.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    Nobody,
    NobodyReading,
    Reader,
    Writer,
}

const EVERYBODY: [(Who, &str); 4] = [
    (Who::Nobody, "nobody"),
    (Who::NobodyReading, "nobody, where strangers may read"),
    (Who::Reader, "a reader"),
    (Who::Writer, "a writer"),
];

/// The tables.
pub fn two(extras: &Deployment) {
    let scenario = populated(extras);
    let mut table = Table::new(scenario.machine(), "Two readings of a request");
    permit(&scenario);
    table_of(&mut table, &scenario, "hg1", hg::ways(&scenario), hg::written);
    if has_git(scenario.machine()) {
        table_of(&mut table, &scenario, "git1", git::ways(&scenario), git::written);
    }
    table.end();
}

/// Everybody may read, user2 may write.
fn permit(scenario: &Scenario<'_>) {
    let permission = |name: &str| {
        format!("(select permission_id from permissions where permission_name = 'repository.{name}')")
    };
    query(scenario, &format!("update repo_to_perm set permission_id = {}", permission("read")));
    query(
        scenario,
        &format!(
            "insert into repo_to_perm (user_id, permission_id, repository_id) \
             select users.user_id, {}, repo_id from repositories, users where username = 'user2'",
            permission("write")
        ),
    );
}

fn table_of(
    table: &mut Table,
    scenario: &Scenario<'_>,
    repository: &str,
    ways: Vec<Way>,
    written: fn(&Scenario<'_>) -> Vec<String>,
) {
    for (who, name) in EVERYBODY {
        let active = u8::from(who == Who::NobodyReading);
        query(scenario, &format!("update users set active = {active} where username = 'default'"));
        let run = scenario.serve(ways.iter().map(|way| as_(who, &way.request)).collect());
        for (number, way) in ways.iter().enumerate() {
            let title = format!("{name}: {}", way.name);
            let expected = way.answer(who);
            // Which of two answers comes may depend on timing.
            let is_one = expected.split(" or ").any(|answer| answer == run.status(number));
            let seen = if is_one { expected } else { run.status(number) };
            table.row(&title, &sent(&as_(who, &way.request)), expected, seen);
        }
        let (mut new, mut pushes) = (Vec::new(), Vec::new());
        if who == Who::Writer {
            new = ways.iter().filter_map(|way| way.writes.clone()).collect();
            let hashes = ways.iter().filter_map(|way| way.journal.as_ref());
            pushes = hashes.map(|hashes| format!("user2 push:{hashes}")).collect();
        }
        let title = |what: &str| format!("{name}: {what} {repository}, afterwards");
        table.row(&title("what is new in"), "", &list(sorted(new)), &list(sorted(written(scenario))));
        let (pushes, found) = (sorted(pushes), sorted(journal(scenario, repository)));
        table.row(&title("what the journal has of"), "", &list(pushes), &list(found));
    }
}

/// A request of this sender.
fn as_(who: Who, request: &Value) -> Value {
    let mut request = request.clone();
    let name = match who {
        Who::Nobody | Who::NobodyReading => return request,
        Who::Reader => r"CORP\user1",
        Who::Writer => r"CORP\user2",
    };
    request["user"] = name.into();
    request["auth_type"] = "Negotiate".into();
    request
}

/// The journal's entries for pushes to a repository.
fn journal(scenario: &Scenario<'_>, repository: &str) -> Vec<String> {
    let pushes = format!(
        "select username || ' ' || action from user_logs \
         where repository_name = '{repository}' and action != 'pull'"
    );
    super::sign_on::names_of(&query(scenario, &pushes))
}

/// The number of a repository in Kallithea, as its address.
fn by_number(scenario: &Scenario<'_>, repository: &str) -> String {
    let number = format!("select '_' || repo_id from repositories where repo_name = '{repository}'");
    super::sign_on::names_of(&query(scenario, &number)).concat()
}

/// Commits that can be pushed: hash and bundle.
fn changes(scenario: &Scenario<'_>, count: usize) -> Vec<(String, String)> {
    let said = bundles(scenario, count);
    let changes: Vec<[String; 3]> =
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    changes.into_iter().map(|[_, hash, bundle]| (hash, bundle)).collect()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

fn list(lines: Vec<String>) -> String {
    if lines.is_empty() { "nothing".to_owned() } else { lines.join(", ") }
}
