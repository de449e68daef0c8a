//! Forks, gists, user groups, searches and pull requests: who owns them, and what they reveal about repositories.
//!
//! In: a deployment with its own repositories, in which IIS authenticates users. Out: a table. Absent: comparisons, journals
//! and followed items, which `rights` has. Everybody may read `hg1`; only user2 may read `hg2`.

use serde_json::{Value, json};

use super::Table;
use super::repositories::Key;
use super::rights::{commit_to, form_by_key, number, page, permit, prepare, python, row, serve, status};
use super::sign_on::names_of;
use crate::kallithea::parallel::{populated, query};
use crate::kallithea::{Deployment, Run, Scenario};

/// A search index as `kallithea-cli index-create` makes it, with a file of each of two repositories.
const INDEX: &str = "import os; from whoosh.index import create_in; from kallithea.lib.indexers import SCHEMA, IDX_NAME; \
    os.makedirs('data/index', exist_ok=True); writer = create_in('data/index', SCHEMA, indexname=IDX_NAME).writer(); \
    [writer.add_document(fileid=name, owner='x', repository_rawname=name, repository=name, path=name + '/notes', \
     content='plans of ' + name, modtime=1, extension='') for name in ('hg1', 'hg2')]; writer.commit()";

/// The table.
pub fn kept(extras: &Deployment) {
    let scenario = populated(extras);
    let mut table = Table::new(scenario.machine(), "What is somebody's");
    prepare(&scenario);
    commit_to(&scenario, "hg1");
    commit_to(&scenario, "hg2");
    for right in ["hg.fork.repository", "hg.create.repository", "hg.usergroup.create.true"] {
        query(
            &scenario,
            &format!(
                "insert into user_to_perm (user_id, permission_id) select user_id, (select permission_id from permissions \
                 where permission_name = '{right}') from users where username in ('user6', 'user7')"
            ),
        );
    }
    permit(&scenario, "user7", "read", "hg2");
    forks(&mut table, &scenario);
    gists(&mut table, &scenario);
    groups(&mut table, &scenario);
    searches(&mut table, &scenario);
    pull_requests(&mut table, &scenario);
    feeds(&mut table, &scenario);
    table.end();
}

/// The result of forms whose hidden field names the repository to fork.
fn forks(table: &mut Table, scenario: &Scenario<'_>) {
    let (first, second) = (number(scenario, "hg1"), number(scenario, "hg2"));
    let fork = |who: &str, name: &str, parent: &str| {
        let form = format!(
            "repo_name={name}&repo_group=-1&repo_type=hg&description=x&landing_rev=rev:tip&fork_parent_id={parent}"
        );
        form_by_key(scenario, who, "/hg1/fork", &form)
    };
    let create = format!(
        "repo_name=made&repo_group=-1&repo_type=hg&repo_description=x&repo_landing_rev=rev:tip&clone_uri=&fork_parent_id={second}"
    );
    let rows = [
        row("forks what he may read", fork("user6", "fork-of-first", &first), "302 Found", status),
        row("forks what he may not read", fork("user6", "fork-of-second", &second), "302 Found", status),
        row("the same by its name", fork("user6", "fork-by-name", "hg2"), "302 Found", status),
        row("makes one of it", form_by_key(scenario, "user6", "/_admin/repos", &create), "302 Found", status),
        row("forks what he alone may read", fork("user7", "fork-of-own", &second), "302 Found", status),
    ];
    serve(table, scenario, &rows);
    let forks = "select repo_name || ' of ' || (select repo_name from repositories as origins where origins.repo_id = repositories.fork_id) \
                 from repositories where fork_id is not null order by repo_name";
    let expected = "fork-of-first of hg1, fork-of-own of hg2";
    table.row("forks afterwards", "", expected, &names_of(&query(scenario, forks)).join(", "));
    removed(table, scenario);
}

/// What happens to a user's fork, and to a user's additional address, when another user removes the fork's parent.
fn removed(table: &mut Table, scenario: &Scenario<'_>) {
    let address = "insert into user_email_map (user_id, email) select user_id, 'kept@example.com' from users where username = 'user7'";
    query(scenario, address);
    permit(scenario, "user5", "admin", "hg2");
    let remove = |who: &str, repository: &str| {
        form_by_key(scenario, who, &format!("/_admin/repos/{repository}/delete"), "forks=delete_forks")
    };
    let address = form_by_key(scenario, "user6", "/_admin/my_account/emails/delete", "del_email_id=1");
    let rows = [
        row("removes what another has a fork of", remove("user5", "hg2"), "302 Found", status),
        row("takes out an address of another's", address, "302 Found", status),
    ];
    serve(table, scenario, &rows);
    let left =
        "select repo_name from repositories where repo_name in ('hg2', 'fork-of-own') order by repo_name";
    let left = names_of(&query(scenario, left)).join(", ");
    table.row("what is left", "", "fork-of-own, hg2", &left);
    let addresses = names_of(&query(scenario, "select email from user_email_map")).concat();
    table.row("further addresses", "", "kept@example.com", &addresses);
}

/// Gists that programs make; `gists` has those of the pages.
fn gists(table: &mut Table, scenario: &Scenario<'_>) {
    let anothers = json!({"files": {"a.txt": {"content": "text", "lexer": null}}, "owner": "user7"});
    let asked = Key::of(scenario, "user6").ask("create_gist", &anothers);
    serve(table, scenario, &[row("makes a gist in another's name", asked, "refused", answer)]);
    let gists = names_of(&query(scenario, "select gist_description from gists")).join(", ");
    table.row("gists afterwards", "", "", &gists);
}

/// Two user groups. The name of the second is the number of the first.
fn groups(table: &mut Table, scenario: &Scenario<'_>) {
    let group =
        |who: &str, name: &str| Key::of(scenario, who).ask("create_user_group", &json!({"group_name": name}));
    let rows = [
        row("makes a group of users", group("user6", "own"), "done", answer),
        row("makes one with its number", group("user7", "1"), "done", answer),
    ];
    serve(table, scenario, &rows);
    let member = "insert into user_user_group_to_perm (user_id, permission_id, user_group_id) select users.user_id, \
                  (select permission_id from permissions where permission_name = 'usergroup.write'), users_group_id \
                  from users_groups, users where username = 'user5'";
    query(scenario, member);
    let user = names_of(&query(scenario, "select cast(user_id as text) from users where username = 'user5'"))
        .concat();
    let own = |url: &str, form: &str| form_by_key(scenario, "user6", url, form);
    let rows = [
        row(
            "gives its members a right",
            own("/_admin/user_groups/1/edit/default_perms", "create_repo_perm=1"),
            "403 Forbidden",
            status,
        ),
        row(
            "takes somebody's right to his own",
            own("/_admin/user_groups/1/edit/perms/delete", &format!("obj_type=user&user_id={user}")),
            "204 No Content",
            status,
        ),
    ];
    serve(table, scenario, &rows);
    let rights = "select users_group_name from users_groups where users_group_id in (select user_group_id from user_user_group_to_perm \
                  where user_id = (select user_id from users where username = 'user5'))";
    table.row("whose groups he has a right to", "", "1", &names_of(&query(scenario, rights)).join(", "));
    let everywhere =
        names_of(&query(scenario, "select cast(count(*) as text) from users_group_to_perm")).concat();
    table.row("rights of groups that count everywhere", "", "0", &everywhere);
}

fn searches(table: &mut Table, scenario: &Scenario<'_>) {
    python(scenario, INDEX, "hg1");
    let mut rows = Vec::new();
    for (who, both, second) in [("user1", "1", "0"), ("user2", "2", "1")] {
        rows.push(row("a word of two repositories", page(who, "/_admin/search?q=plans"), both, found));
        rows.push(row("a word of the second", page(who, "/_admin/search?q=hg2"), second, found));
        rows.push(row("within the first", page(who, "/hg1/search?q=plans"), "1", found));
        let within = if who == "user2" { "1" } else { "403 Forbidden" };
        rows.push(row("within the second", page(who, "/hg2/search?q=plans"), within, found));
    }
    serve(table, scenario, &rows);
}

/// A pull request of the changes in `hg1` to `hg2`, and others that try to find out what exists.
fn pull_requests(table: &mut Table, scenario: &Scenario<'_>) {
    let pull_request = format!(
        "insert into pull_requests (title, description, status, created_on, updated_on, user_id, revisions, org_repo_id, org_ref, \
         other_repo_id, other_ref) select 'of-the-second', 'x', 'new', '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000', \
         user_id, '{one}', {}, 'branch:default:{one}', {}, 'branch:default:{one}' from users where username = 'user2'",
        number(scenario, "hg1"),
        number(scenario, "hg2"),
        one = "1".repeat(40)
    );
    query(scenario, &pull_request);
    let mut rows = Vec::new();
    for (who, title, told) in [("user1", "not named", "refused"), ("user2", "named", "done")] {
        rows.push(row("the list of the first", page(who, "/hg1/pull-request?from_=1"), title, named));
        let asked = Key::of(scenario, who).ask("get_pullrequest", &json!({"pullrequest_id": 1}));
        rows.push(row(&format!("a program of {who}"), asked, told, answer));
        let said = json!({"pull_request_id": 1, "comment_msg": "x"});
        let said = Key::of(scenario, who).ask("comment_pullrequest", &said);
        rows.push(row(&format!("a comment by a program of {who}"), said, told, answer));
    }
    for repository in ["hg2", "not-there"] {
        let form = format!(
            "org_repo={repository}&other_repo=hg1&org_ref=branch:default:{one}&other_ref=branch:default:{one}\
             &pullrequest_title=x&pullrequest_desc=x",
            one = "1".repeat(40)
        );
        let asked = form_by_key(scenario, "user1", "/hg1/pull-request/new", &form);
        rows.push(row("asks for a pull request of another", asked, "404 Not Found", status));
    }
    serve(table, scenario, &rows);
}

/// A feed that was cached under a name that now belongs to another repository.
fn feeds(table: &mut Table, scenario: &Scenario<'_>) {
    permit(scenario, "user2", "admin", "hg2");
    let settings = "repo_group=-1&repo_type=hg&repo_description=x&repo_landing_rev=rev:tip&clone_uri=";
    let rename = format!("repo_name=hg2-renamed&owner=user2&{settings}");
    let take = format!("repo_name=hg2&{settings}");
    let rows = [
        row("the feed", page("user2", "/hg2/feed/rss"), "told", told),
        row(
            "gives it another name",
            form_by_key(scenario, "user2", "/_admin/repos/hg2", &rename),
            "302 Found",
            status,
        ),
        row("takes the name", form_by_key(scenario, "user6", "/_admin/repos", &take), "302 Found", status),
        row("the feed of that name", page("user6", "/hg2/feed/rss"), "not told", told),
        row("the feed of the other name", page("user2", "/hg2-renamed/feed/rss"), "told", told),
    ];
    serve(table, scenario, &rows);
    let names = "select repo_name from repositories where repo_name like 'hg2%' order by repo_name";
    let names = names_of(&query(scenario, names)).join(", ");
    table.row("whose names these are", "", "hg2, hg2-renamed", &names);
}

fn told(run: &Run, number: usize) -> String {
    let is_told = run.body(number).contains("a change");
    if is_told { "told" } else { "not told" }.to_owned()
}

/// Whether the API has done what it was asked.
fn answer(run: &Run, number: usize) -> String {
    let answer: Value = serde_json::from_str(run.body(number)).unwrap_or_default();
    if answer["error"].is_null() && !answer["result"].is_null() {
        "done".to_owned()
    } else {
        "refused".to_owned()
    }
}

/// The number of search results.
fn found(run: &Run, number: usize) -> String {
    let count = run
        .body(number)
        .split(" results (")
        .next()
        .and_then(|before| before.rsplit(|letter: char| !letter.is_ascii_digit()).next());
    match (run.status(number), count) {
        ("200 OK", Some(count)) => count.to_owned(),
        (status, _) => status.to_owned(),
    }
}

fn named(run: &Run, number: usize) -> String {
    let is_named = run.body(number).contains("of-the-second");
    if run.status(number) == "200 OK" {
        if is_named { "named" } else { "not named" }.to_owned()
    } else {
        run.status(number).to_owned()
    }
}
