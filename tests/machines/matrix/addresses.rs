//! Where Kallithea goes, and sends others, for addresses in a request: clones of this machine, and mails that reset a password.
//!
//! In: a deployment with its own repositories, in which every user may create some. Out: a table. Absent: the spellings of an
//! address, which `tests/machines/kallithea/parallel/addresses.py` has. The machine serves a page to itself, and receives mails.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use super::sign_on::names_of;
use super::{Table, sent, with};
use crate::kallithea::parallel::{populated, query};
use crate::kallithea::{Deployment, Run, Scenario};

/// The user whose password is reset; nobody signs on as this user.
const FORGETFUL: &str = "user5%40example.com";
const SITE: &str = "http://kallithea.corp.example.com/_admin/password_reset_confirmation";

/// The table.
pub fn named(extras: &Deployment) {
    let scenario = populated(extras);
    let mut table = Table::new(scenario.machine(), "Addresses that somebody names");
    let ini = fs::read_to_string(scenario.place("my.ini")).expect("the ini file can be read");
    let _guard = Ini(&scenario, ini.clone());
    clones(&mut table, &scenario, "", "not asked");
    settle(&scenario, &ini, "kallithea_iisc.clones_from_this_machine = true");
    clones(&mut table, &scenario, ", where the spec allows it", "asked");
    let mails = Mails::take();
    let lines = format!(
        "smtp_server = 127.0.0.1\nsmtp_port = {}\napp_email_from = kallithea@example.com",
        mails.port
    );
    settle(&scenario, &ini, &lines);
    let hosts =
        |names: &[(&str, &str)]| names.iter().map(|(name, value)| json!([name, value])).collect::<Value>();
    let own = "kallithea.corp.example.com";
    let asked = [
        ("a mail, asked for by another host's name", hosts(&[("Host", "other.example")])),
        ("by this site's", hosts(&[("Host", own)])),
        ("by a name with a port", hosts(&[("Host", "other.example:8080")])),
        (
            "by a name that begins as this site's",
            hosts(&[("Host", "kallithea.corp.example.com.other.example")]),
        ),
        ("by a header of a proxy", hosts(&[("Host", own), ("X-Forwarded-Host", "other.example")])),
    ];
    reset(&scenario, asked.iter().map(|(_, headers)| headers));
    let links = mails.links();
    assert_eq!(links.len(), asked.len(), "{links:#?}");
    for ((name, headers), link) in asked.iter().zip(links) {
        table.row(name, &sent(&json!({"url": "/_admin/password_reset", "headers": headers})), SITE, &link);
    }
    table.end();
}

/// Clones of what this machine serves to itself, requested in each way.
fn clones(table: &mut Table, scenario: &Scenario<'_>, when: &str, expected: &str) {
    let (asked, port) = listen();
    let key = names_of(&query(scenario, "select api_key from users where username = 'user3'")).concat();
    let hosts = ["127.0.0.1", "localhost", "somebody:word@127.0.0.1"];
    let wanted: Vec<_> = ["hg", "git"].into_iter().flat_map(|kind| hosts.map(|host| (kind, host))).collect();
    let call = |(number, (kind, host)): (usize, &(&str, &str))| {
        let call = json!({"id": 1, "api_key": key, "method": "create_repo", "args": {
            "repo_name": format!("clone{number}"), "repo_type": kind, "clone_uri": format!("http://{host}:{port}/x{number}"),
        }});
        json!({
            "url": "/_admin/api", "method": "POST", "headers": [["Content-Type", "application/json"]],
            "body": call.to_string(),
        })
    };
    let run = scenario.serve(wanted.iter().enumerate().map(call).collect());
    let asked = asked.lock().expect("the listener goes on");
    for (number, (kind, host)) in wanted.iter().enumerate() {
        assert!(run.body(number).contains("failed to create"), "{}", run.body(number));
        let is_asked = asked.iter().any(|line| line.contains(&format!("/x{number}")));
        let name = format!("{kind}, a clone of http://{host}/x by a program{when}");
        table.row(&name, "", expected, if is_asked { "asked" } else { "not asked" });
    }
}

/// A server on this machine, and the first line of each request to it.
fn listen() -> (Arc<Mutex<Vec<String>>>, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&asked);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut line = String::new();
            let _ = BufReader::new(&stream).read_line(&mut line);
            list.lock().expect("nobody has failed").push(line);
            let _ = stream.write_all(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        }
    });
    (asked, port)
}

/// Requests mails that reset a password, as a stranger.
fn reset<'a>(scenario: &Scenario<'_>, hosts: impl Iterator<Item = &'a Value>) {
    let pages: Vec<_> =
        hosts.map(|headers| json!({"url": "/_admin/password_reset", "headers": headers})).collect();
    let forms = scenario.serve(pages.clone().into());
    let post = |(number, page): (usize, &Value)| {
        forms.expect(number, "200 OK", "password");
        let body = format!("email={FORGETFUL}&_session_csrf_secret_token={}", token(&forms, number));
        let request = with(page.clone(), "Cookie", &cookie(&forms, number));
        let mut request = with(request, "Content-Type", "application/x-www-form-urlencoded");
        request["method"] = "POST".into();
        request["body"] = body.into();
        request
    };
    let run = scenario.serve(pages.iter().enumerate().map(post).collect());
    for number in 0..pages.len() {
        run.expect(number, "302 Found", "");
    }
}

/// The cookie that a response sets, as a client sends it back.
fn cookie(run: &Run, number: usize) -> String {
    run.header(number, "Set-Cookie").split(';').next().unwrap_or_default().to_owned()
}

/// The secret in a form.
fn token(run: &Run, number: usize) -> &str {
    let (_, rest) = run.body(number).split_once("_session_csrf_secret_token").expect("the page has a form");
    let (_, rest) = rest.split_once("value=\"").expect("the token has a value");
    rest.split_once('"').expect("a value ends").0
}

/// Adds these lines to the first section of the ini file.
fn settle(scenario: &Scenario<'_>, ini: &str, lines: &str) {
    let key = |line: &str| line.split_once('=').map(|(key, _)| key.trim().to_owned());
    let is_other =
        |line: &&str| key(line).is_none_or(|key| !lines.lines().any(|line| line.starts_with(&key)));
    let ini = ini.lines().filter(is_other).collect::<Vec<_>>().join("\n") + "\n";
    let ini = ini.replacen("[DEFAULT]\n", &format!("[DEFAULT]\n{lines}\n"), 1);
    assert!(ini.contains(lines), "{ini}");
    fs::write(scenario.place("my.ini"), ini).expect("the ini file can be written");
}

/// Restores the deployment's ini file at the end.
struct Ini<'a>(&'a Scenario<'a>, String);

impl Drop for Ini<'_> {
    fn drop(&mut self) {
        let _ = fs::write(self.0.place("my.ini"), &self.1);
    }
}

/// A server that receives mails.
struct Mails {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Mails {
    fn take() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&taken);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mail = talk(stream);
                list.lock().expect("nobody has failed").push(mail);
            }
        });
        Self { port, taken }
    }

    /// The addresses in the mails, without their arguments.
    fn links(&self) -> Vec<String> {
        let taken = self.taken.lock().expect("the server goes on");
        let link = |mail: &String| {
            // Soft line breaks of quoted-printable text.
            let mail = mail.replace("=\r\n", "");
            let link = mail.split_whitespace().find(|word| word.contains("password_reset_confirmation"));
            link.map_or_else(
                || format!("no link: {mail}"),
                |link| link.split('?').next().unwrap_or_default().to_owned(),
            )
        };
        taken.iter().map(link).collect()
    }
}

/// The part of SMTP that is needed to receive one mail.
fn talk(mut stream: TcpStream) -> String {
    let mut lines = BufReader::new(stream.try_clone().expect("a stream can be shared"));
    let (mut mail, mut is_mail) = (String::new(), false);
    let _ = stream.write_all(b"220 here\r\n");
    loop {
        let mut line = String::new();
        if !lines.read_line(&mut line).is_ok_and(|length| length > 0) {
            return mail;
        }
        let end = line.trim_end();
        let answer: &[u8] = match (is_mail, end) {
            (true, ".") => b"250 taken\r\n",
            (true, _) => b"",
            (false, "data" | "DATA") => b"354 go on\r\n",
            (false, "quit" | "QUIT") => b"221 bye\r\n",
            (false, _) => b"250 well\r\n",
        };
        if is_mail {
            mail.push_str(&line);
        }
        is_mail = if is_mail { end != "." } else { end.eq_ignore_ascii_case("data") };
        let _ = stream.write_all(answer);
    }
}
