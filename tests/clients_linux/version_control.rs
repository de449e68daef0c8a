//! Mercurial and Git: clone, a large push, pull; whom Kallithea's journal names; and who is not let in.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::client::{Client, Kind};
use crate::kallithea::parallel::query;
use crate::kallithea::{Deployment, Scenario};
use crate::served::{PASSWORD, end, folder, populated, serve_to_user, serve_with_passwords};
use crate::server::Server;
use crate::{BELOW, ROOT};

const LARGE: u64 = 100 << 20;
const SMALL: u64 = 3 << 20;

#[test]
fn mercurial_at_the_root() {
    round_trips(&ROOT, Kind::Mercurial, "hg-at-the-root", LARGE);
}

#[test]
fn git_at_the_root() {
    round_trips(&ROOT, Kind::Git, "git-at-the-root", LARGE);
}

#[test]
fn mercurial_below_the_root() {
    round_trips(&BELOW, Kind::Mercurial, "hg-below-the-root", SMALL);
}

#[test]
fn git_below_the_root() {
    round_trips(&BELOW, Kind::Git, "git-below-the-root", SMALL);
}

/// Somebody whom Windows has signed on, then somebody with a password, each send a file there and get it back.
fn round_trips(deployment: &Deployment, kind: Kind, name: &str, size: u64) {
    let scenario = populated(deployment, 0, 1);
    let home = folder(name);
    let client = Client::new(kind, scenario.machine(), home.clone());

    let server = serve_to_user(&scenario, r"CORP\alice");
    let url = format!("{}{}1", server.url, kind.name());
    let first = first_push(&client, &home.join("first"), &url);
    let alices = round_trip(&client, &home.join("alice"), &url, size);
    end(server, &scenario);

    let server = serve_with_passwords(&scenario, [r"CORP\bob"]);
    let url = format!("{}{}1", server.url, kind.name());
    strangers_are_refused(&client, &home.join("stranger"), &server, &url);
    client.has_password(&server.address, r"CORP\bob", PASSWORD);
    let bobs = round_trip(&client, &home.join("bob"), &url, size);
    end(server, &scenario);

    let by = |user: &str, actions: [String; 4]| actions.map(|action| (user.to_owned(), action));
    let mut expected = vec![("alice".to_owned(), first)];
    expected.extend(by("alice", alices));
    expected.extend(by("bob", bobs));
    assert_eq!(journal(&scenario), expected);
    fs::remove_dir_all(&home).expect("what is large does not stay");
}

/// Fills an empty repository, which is nothing to clone; returns what the journal says of it.
fn first_push(client: &Client, folder: &Path, url: &str) -> String {
    client.init(folder);
    fs::write(folder.join("README"), "a beginning\n").expect("a file below target can be written");
    let change = client.commit(folder);
    client.push(folder, url);
    format!("push:{change}")
}

/// Two clones; a file goes from one to the other by way of the server. Returns what the journal says of it.
fn round_trip(client: &Client, folder: &Path, url: &str, size: u64) -> [String; 4] {
    fs::create_dir_all(folder).expect("a folder below target can be made");
    let (here, there) = (folder.join("here"), folder.join("there"));
    client.clone(url, &here);
    client.clone(url, &there);
    let name = folder.file_name().expect("a folder has a name");
    write_noise(&here.join(name), size);
    let change = client.commit(&here);
    client.push(&here, url);
    client.pull(&there, url);
    let [sent, came] = [here, there].map(|folder| fs::read(folder.join(name)).expect("the file is there"));
    assert!(sent.len() as u64 == size && sent == came, "{} bytes came of {size}", came.len());
    ["pull".to_owned(), "pull".to_owned(), format!("push:{change}"), "pull".to_owned()]
}

/// Writes what cannot be compressed.
fn write_noise(path: &Path, size: u64) {
    let noise = File::open("/dev/urandom").expect("Linux has noise");
    let mut file = File::create(path).expect("a file below target can be made");
    io::copy(&mut noise.take(size), &mut file).expect("the file can be written");
}

/// Who has no password, or a wrong one, is answered 401, and the client gives up.
fn strangers_are_refused(client: &Client, folder: &Path, server: &Server, url: &str) {
    let path = url.split_once(&server.address).expect("the server's own URL").1;
    assert_eq!(server.get(&format!("{path}/info/refs?service=git-upload-pack")).status, "401 Unauthorized");
    assert!(!client.try_clone(url, folder).status.success());
    client.has_password(&server.address, r"CORP\bob", "a guess");
    assert!(!client.try_clone(url, folder).status.success());
}

/// Who did what, in its order.
fn journal(scenario: &Scenario<'_>) -> Vec<(String, String)> {
    let said = query(scenario, "select username, action from user_logs order by user_log_id");
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}
