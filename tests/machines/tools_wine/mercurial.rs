//! Mercurial's own client, from the Linux machine, with `serve` as a Windows program with the real DLLs.
//!
//! In: `extras.yaml` behind `serve`. Out: a table. Absent: Git, for which Kallithea needs a program that this Windows
//! machine does not have; and a Windows client.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use super::{CLIENTS, compiler};
use crate::clients_linux::client::{Client, Kind};
use crate::clients_linux::served::{folder, journal, pushed};
use crate::kallithea::machine::Machine;
use crate::kallithea::parallel::{populated, query};
use crate::matrix::Table;
use crate::server::Server;

const SIZE: u64 = 3 << 20;

#[test]
fn mercurial_clones_pushes_and_pulls() {
    let scenario = populated(&CLIENTS);
    let bridge = r"C:\deployed\extras\bridge";
    let home = folder("wine");
    let client = Client::new(Kind::Mercurial, &Machine::linux(), home.clone());
    let mut table = Table::new(scenario.machine(), "hg at /");

    let server = Server::start(compiler(&["serve", bridge, "--port", "0", "--user", r"CORP\alice"]));
    let done = round_trip(&client, &home, &format!("{}hg1", server.url));
    drop(server);
    let what = format!("single sign-on: a first push, a clone, a push of {} MiB, a pull", SIZE >> 20);
    let expected = done.map(|action| format!("alice {action}")).join(", ");
    table.row(&what, r"hg1, as CORP\alice", &expected, &journal(&scenario));

    query(&scenario, "delete from user_logs");
    let server = Server::start(compiler(&["serve", bridge, "--port", "0"]));
    let status = server.send("GET /hg1?cmd=capabilities", "Accept: application/mercurial-0.1\r\n", "").status;
    let clone = client.try_clone(&format!("{}hg1", server.url), &home.join("stranger"));
    drop(server);
    let seen = format!("{status}, {}", if clone.status.success() { "cloned" } else { "refused" });
    table.row("a clone by nobody", "hg1", "401 Unauthorized, refused", &seen);
    table.row("what the journal says of it", "hg1", "", &journal(&scenario));
    scenario.secrets().expect_kept("the bridge's log", &scenario.log());
    table.end();
}

/// A first push, a clone of it, and a large file from one to the other through the server. Returns the journal's entries.
fn round_trip(client: &Client, home: &Path, url: &str) -> [String; 4] {
    let (here, there) = (home.join("here"), home.join("there"));
    client.init(&here);
    fs::write(here.join("README"), "a beginning\n").expect("a file below target can be written");
    let first = client.commit(&here);
    client.push(&here, url);
    client.clone(url, &there);
    let name = "auf großer Reise";
    let noise = File::open("/dev/urandom").expect("Linux has noise");
    let mut file = File::create(here.join(name)).expect("a file below target can be made");
    io::copy(&mut noise.take(SIZE), &mut file).expect("the file can be written");
    let second = client.commit(&here);
    client.push(&here, url);
    client.pull(&there, url);
    let [sent, came] = [here, there].map(|folder| fs::read(folder.join(name)).expect("the file is there"));
    assert!(sent.len() as u64 == SIZE && sent == came, "{} bytes came of {SIZE}", came.len());
    [pushed(&first), "pull".to_owned(), pushed(&second), "pull".to_owned()]
}
