//! Names with spaces and letters beyond ASCII: of files, of repository groups, and of repositories.
//!
//! In: a deployment behind `serve`. Out: a table. Absent: user names, which `version_control` has.

use std::fs;
use std::path::Path;

use super::{BELOW, ROOT};
use crate::clients_linux::client::{Client, Kind, escaped};
use crate::clients_linux::served::{
    IN_A_GROUP, WITH_A_SPACE, end, folder, journal, populated, pushed, serve_to_user,
};
use crate::kallithea::Deployment;
use crate::kallithea::parallel::query;
use crate::matrix::Table;
use crate::server::Server;

const FILES: [&str; 4] =
    ["größe und maß.txt", "日本語 file.txt", "a+b & c#1;x=y%20z.txt", "übel's Ordner/größe [1].txt"];

/// How many digits of a commit's hash the name of an archive has.
const SHOWN: usize = 12;

const PAGES: [&str; 4] = ["files", "annotate", "raw", "rawfile"];

#[test]
fn names_at_the_root() {
    names(&ROOT, "/");
}

#[test]
fn names_below_the_root() {
    names(&BELOW, "/kallithea/");
}

/// The content of each file is its name.
fn names(deployment: &Deployment, place: &str) {
    let scenario = populated(deployment, 0, 0);
    query(&scenario, "update repositories set downloads = 1");
    let server = serve_to_user(&scenario, r"CORP\alice");
    let home = folder(&format!("names at {}", place.replace('/', "-")));
    let mut table = Table::new(scenario.machine(), &format!("Names at {place}"));
    for kind in [Kind::Mercurial, Kind::Git] {
        let client = Client::new(kind, scenario.machine(), home.clone());
        let repository = format!("{}{IN_A_GROUP}", kind.name());
        let path = format!("{place}{}", escaped(&repository));
        query(&scenario, "delete from user_logs");
        let change = sent_and_fetched(&client, &home.join(kind.name()), &server, &path);
        let expected = format!("alice {}, alice pull", pushed(&change));
        table.row("a push and a clone", &repository, &expected, &journal(&scenario));
        for name in FILES {
            let expected = "files 200; annotate 200; raw 200, the same; rawfile 200, the same; linked";
            table.row(name, &repository, expected, &pages(&server, &path, &change, name));
        }
        downloads(&mut table, &server, &path, &repository, &change);
        let path = format!("{place}{}{}", kind.name(), escaped(WITH_A_SPACE));
        left_out(&mut table, &client, &home, &server, &path);
    }
    end(server, &scenario);
    table.end();
}

/// Pushes the files, and clones them; returns the commit's hash.
fn sent_and_fetched(client: &Client, folder: &Path, server: &Server, path: &str) -> String {
    let (here, there) = (folder.join("here"), folder.join("there"));
    fs::create_dir_all(folder).expect("a folder below target can be made");
    client.init(&here);
    for name in FILES {
        let file = here.join(name);
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("a folder can be made");
        fs::write(file, name).expect("a file below target can be written");
    }
    let change = client.commit(&here);
    let url = format!("http://{}{path}", server.address);
    client.push(&here, &url);
    client.clone(&url, &there);
    for name in FILES {
        assert_eq!(fs::read_to_string(there.join(name)).expect("the file is there"), name);
    }
    change
}

/// The status of the pages of a file, and whether the page of its folder links to it.
fn pages(server: &Server, path: &str, change: &str, name: &str) -> String {
    let mut seen = PAGES.map(|page| {
        let answer = server.get(&format!("{path}/{page}/{change}/{}", escaped(name)));
        let status = answer.status.split(' ').next().unwrap_or_default();
        let content = match (page.starts_with("raw"), answer.body == name) {
            (true, true) => ", the same",
            (true, false) => ", something else",
            (false, _) => "",
        };
        format!("{page} {status}{content}")
    });
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let listing = server.get(&format!("{path}/files/{change}/{}", escaped(folder)));
    let link = format!("href=\"{path}/files/{change}/{}\"", escaped(name));
    seen[PAGES.len() - 1] += if listing.body.contains(&link) { "; linked" } else { "; not linked" };
    seen.join("; ")
}

/// The names under which a browser saves downloads: in ASCII, and in the original letters.
fn downloads(table: &mut Table, server: &Server, path: &str, repository: &str, change: &str) {
    let disposition = |name: &str, plain: &str| {
        format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", escaped(name))
    };
    let name = "日本語 file.txt";
    let answer = server.get(&format!("{path}/rawfile/{change}/{}", escaped(name)));
    let seen = answer.header("Content-Disposition").unwrap_or_default();
    table.row("a download", repository, &disposition(name, "___ file.txt"), seen);

    let archive = format!("{}-{}.zip", repository.replace('/', "_"), &change[..SHOWN]);
    let plain = archive.replace(|letter: char| !letter.is_ascii(), "_");
    let answer = server.get(&format!("{path}/archive/{change}.zip"));
    let seen = answer.header("Content-Disposition").unwrap_or_default();
    table.row("an archive", repository, &disposition(&archive, &plain), seen);
    let held = FILES.iter().filter(|name| answer.body.contains(**name)).count();
    table.row("the files in it", repository, &FILES.len().to_string(), &held.to_string());
}

/// A repository whose own name has a space: Kallithea skips it when it scans the folder.
fn left_out(table: &mut Table, client: &Client, home: &Path, server: &Server, path: &str) {
    let cloned = client.try_clone(&format!("http://{}{path}", server.address), &home.join("two words"));
    let status = server.get(path).status;
    let seen = format!("{status}, {}", if cloned.status.success() { "cloned" } else { "refused" });
    table.row(
        "a repository with a space in its own name",
        WITH_A_SPACE.trim(),
        "403 Forbidden, refused",
        &seen,
    );
}
