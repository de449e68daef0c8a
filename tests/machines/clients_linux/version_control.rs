//! Mercurial and Git: clone, a large push, pull; the user in Kallithea's journal; and which users are refused.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::{BELOW, ROOT};
use crate::clients_linux::client::{Client, Kind, escaped};
use crate::clients_linux::served::{
    NAME, PASSWORD, end, folder, journal, populated, pushed, serve, serve_to_user, serve_with_passwords,
};
use crate::kallithea::parallel::query;
use crate::kallithea::{Deployment, secrets};
use crate::matrix::Table;
use crate::server::Server;

const LARGE: u64 = 100 << 20;
const SMALL: u64 = 3 << 20;

#[test]
fn mercurial_at_the_root() {
    round_trips(&ROOT, Kind::Mercurial, "/", LARGE);
}

#[test]
fn git_at_the_root() {
    round_trips(&ROOT, Kind::Git, "/", LARGE);
}

#[test]
fn mercurial_below_the_root() {
    round_trips(&BELOW, Kind::Mercurial, "/kallithea/", SMALL);
}

#[test]
fn git_below_the_root() {
    round_trips(&BELOW, Kind::Git, "/kallithea/", SMALL);
}

/// First a user that Windows has authenticated, then a user with a password, each push a file and pull it again. Below
/// the root, the user, the repository and the file have names with letters beyond ASCII.
fn round_trips(deployment: &Deployment, kind: Kind, place: &str, size: u64) {
    let scenario = populated(deployment, 0, 1);
    let mut table = Table::new(scenario.machine(), &format!("{} at {place}", kind.name()));
    let is_plain = place == "/";
    let home = folder(&format!("{} at {}", kind.name(), place.replace('/', "-")));
    let client = Client::new(kind, scenario.machine(), home.clone());
    let repository = format!("{}{}", kind.name(), if is_plain { "1" } else { NAME });
    // Mercurial's own client accepts only ASCII names for Basic.
    let (first, second) = match (is_plain, kind) {
        (true, _) => ("alice", "bob"),
        (false, Kind::Mercurial) => ("jörg", "bob"),
        (false, Kind::Git) => ("jörg", "zoë"),
    };

    let server = serve_to_user(&scenario, &format!(r"CORP\{first}"));
    let url = format!("{}{}", server.url, escaped(&repository));
    let mut done = vec![first_push(&client, &home.join("first"), &url)];
    done.extend(round_trip(&client, &home.join(first), &url, size));
    end(server, &scenario);
    let what = format!("single sign-on: a first push, two clones, a push of {} MiB, a pull", size >> 20);
    table.row(&what, &format!("{repository}, as CORP\\{first}"), &by(first, &done), &journal(&scenario));

    let user = format!(r"CORP\{second}");
    let server = serve_with_passwords(&scenario, [user.as_str()]);
    let url = format!("{}{}", server.url, escaped(&repository));
    let refusals = refusals(&client, &home.join("stranger"), &server, &url, &user);
    table.row(
        "a clone without a password, then with a wrong one",
        &repository,
        "401, refused, refused",
        &refusals,
    );
    client.has_password(&server.address, &user, PASSWORD);
    query(&scenario, "delete from user_logs");
    let done = round_trip(&client, &home.join(second), &url, size);
    end(server, &scenario);
    let what = format!("Basic: two clones, a push of {} MiB, a pull", size >> 20);
    table.row(&what, &format!("{repository}, as CORP\\{second}"), &by(second, &done), &journal(&scenario));
    fs::remove_dir_all(&home).expect("what is large does not stay");
    table.end();
}

/// Kallithea itself asks for a password if the server does not know the user.
#[test]
fn strangers_at_the_root() {
    let scenario = populated(&ROOT, 0, 1);
    let server = serve(&scenario, &[]);
    let mut table = Table::new(scenario.machine(), "Clients whom the server does not know");
    for kind in [Kind::Mercurial, Kind::Git] {
        let home = folder(&format!("strangers of {}", kind.name()));
        let client = Client::new(kind, scenario.machine(), home.clone());
        let repository = format!("{}1", kind.name());
        let url = format!("{}{repository}", server.url);
        let refusals = refusals(&client, &home.join("stranger"), &server, &url, "admin");
        let what = "a clone without a password, then with a wrong one";
        table.row(what, &repository, "401, refused, refused", &refusals);
        client.has_password(&server.address, "admin", secrets::ADMINISTRATORS);
        query(&scenario, "delete from user_logs");
        let done = [first_push(&client, &home.join("first"), &url), "pull".to_owned()];
        client.clone(&url, &home.join("clone"));
        let what = "a push and a clone with the password of Kallithea's own account";
        table.row(what, &format!("{repository}, as admin"), &by("admin", &done), &journal(&scenario));
    }
    end(server, &scenario);
    table.end();
}

/// The expected text of the journal.
fn by(user: &str, actions: &[String]) -> String {
    actions.iter().map(|action| format!("{user} {action}")).collect::<Vec<_>>().join(", ")
}

/// Pushes to an empty repository, from which there is nothing to clone; returns the journal's entry.
fn first_push(client: &Client, folder: &Path, url: &str) -> String {
    client.init(folder);
    fs::write(folder.join("README"), "a beginning\n").expect("a file below target can be written");
    let change = client.commit(folder);
    client.push(folder, url);
    pushed(&change)
}

/// Two clones; a file goes from one to the other through the server. Returns the journal's entries.
fn round_trip(client: &Client, folder: &Path, url: &str, size: u64) -> [String; 4] {
    fs::create_dir_all(folder).expect("a folder below target can be made");
    let (here, there) = (folder.join("here"), folder.join("there"));
    client.clone(url, &here);
    client.clone(url, &there);
    let name = &format!("{} auf großer Reise", folder.file_name().expect("a folder has a name").display());
    write_noise(&here.join(name), size);
    let change = client.commit(&here);
    client.push(&here, url);
    client.pull(&there, url);
    let [sent, came] = [here, there].map(|folder| fs::read(folder.join(name)).expect("the file is there"));
    assert!(sent.len() as u64 == size && sent == came, "{} bytes came of {size}", came.len());
    ["pull".to_owned(), "pull".to_owned(), pushed(&change), "pull".to_owned()]
}

/// Writes data that cannot be compressed.
fn write_noise(path: &Path, size: u64) {
    let noise = File::open("/dev/urandom").expect("Linux has noise");
    let mut file = File::create(path).expect("a file below target can be made");
    io::copy(&mut noise.take(size), &mut file).expect("the file can be written");
}

/// The result for a user without a password, and for a user with a wrong one.
fn refusals(client: &Client, folder: &Path, server: &Server, url: &str, user: &str) -> String {
    let path = url.split_once(&server.address).expect("the server's own URL").1;
    let (question, accepted) = match client.kind() {
        Kind::Mercurial => ("?cmd=capabilities", "application/mercurial-0.1"),
        Kind::Git => ("/info/refs?service=git-upload-pack", "*/*"),
    };
    let status = server.send(&format!("GET {path}{question}"), &format!("Accept: {accepted}\r\n"), "").status;
    let attempt = || if client.try_clone(url, folder).status.success() { "cloned" } else { "refused" };
    let unknown = attempt();
    client.has_password(&server.address, user, "a guess");
    format!("{}, {unknown}, {}", status.split(' ').next().unwrap_or_default(), attempt())
}
