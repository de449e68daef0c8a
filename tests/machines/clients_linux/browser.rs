//! Chromium signs on, browses a repository, downloads an archive of it, and opens a pull request; every page is styled.

use std::fs;

use serde_json::Value;

use super::{BELOW, ROOT};
use crate::clients_linux::client::{Client, Kind};
use crate::clients_linux::served::{PASSWORD, end, folder, populated, serve_to_user, serve_with_passwords};
use crate::kallithea::parallel::{query, script};
use crate::kallithea::{Deployment, run};
use crate::matrix;
use crate::matrix::Table;

#[test]
fn chromium_signs_on_browses_and_downloads() {
    let scenario = ROOT.scenario();
    query(&scenario, "update repositories set downloads = 1");
    let server = serve_with_passwords(&scenario, [r"CORP\carol"]);
    let folder = folder("browser");
    let mut python = scenario.machine().python();
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/machines/clients_linux/browser.py"));
    python.args([&server.url, r"CORP\carol", PASSWORD]).arg(&folder);
    let said = run(&mut python);
    assert!(said.ends_with("all seen\n"), "{said}");
    end(server, &scenario);
}

#[test]
fn chromium_walks_the_site_at_the_root() {
    walk(&ROOT, "/");
}

#[test]
fn chromium_walks_the_site_below_the_root() {
    walk(&BELOW, "/kallithea/");
}

/// Nothing that others wrote or pushed runs as a script in a user's browser.
#[test]
fn chromium_runs_nothing_that_people_write() {
    let scenario = populated(&ROOT, 4, 4);
    let said = script(&scenario, "written.py", &["my.ini", "http://127.0.0.1:9/"]);
    let said: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    let server = serve_to_user(&scenario, r"CORP\user2");
    let screenshots = matrix::folder().join("screenshots-of-scripts");
    fs::create_dir_all(&screenshots).expect("a folder below target can be made");
    let mut python = scenario.machine().python();
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/machines/clients_linux/scripts.py"));
    let tip = said["tip"].as_str().expect("the change's hash");
    let said = run(python.arg(&server.url).arg(&screenshots).arg(tip));
    let mut table = Table::new(scenario.machine(), "Scripts in Chromium");
    let pages: Vec<[String; 2]> =
        said.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    for [page, seen] in &pages {
        table.row(page, r"CORP\user2, by single sign-on", "runs nothing", seen);
    }
    assert_eq!(pages.len(), 11, "{said}");
    end(server, &scenario);
    table.end();
}

/// A user that Windows has authenticated goes from the list of repositories to a pull request of their own.
fn walk(deployment: &Deployment, place: &str) {
    let scenario = populated(deployment, 0, 1);
    let server = serve_to_user(&scenario, r"CORP\alice");
    let home = folder(&format!("walk{}", place.replace('/', "-")));
    let (client, work) = (Client::new(Kind::Mercurial, scenario.machine(), home.clone()), home.join("work"));
    client.init(&work);
    let beginning = "print(\"a beginning\")\n";
    for (branch, more) in [("default", ""), ("feature", "print(\"a feature\")\n")] {
        client.branch(&work, branch);
        fs::write(work.join("greeting.py"), format!("{beginning}{more}"))
            .expect("a file below target can be written");
        client.commit(&work);
    }
    client.push(&work, &format!("{}hg1", server.url));

    let mut table = Table::new(scenario.machine(), &format!("Chromium at {place}"));
    let screenshots = matrix::folder().join(format!("screenshots{}", place.replace('/', "-")));
    fs::create_dir_all(&screenshots).expect("a folder below target can be made");
    let mut python = scenario.machine().python();
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/machines/clients_linux/walk.py"));
    let said = run(python.args([&server.url, "hg1"]).arg(&screenshots));
    let pages: Vec<[String; 2]> =
        said.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    for [page, user] in &pages {
        table.row(page, r"CORP\alice, by single sign-on", "alice", user);
    }
    assert_eq!(pages.len(), 7, "{said}");
    end(server, &scenario);
    table.end();
}
