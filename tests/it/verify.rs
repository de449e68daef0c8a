//! `verify`, as a user runs it, against a stand-in of IIS that keeps every promise, and then breaks one at a time.

mod application;
mod faults;
mod planted;

use std::fs;
use std::process::{Command, Output, Stdio};

use kallithea_iisc::model::Protocol;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::certificates::{Authority, Served};
use crate::support::iis::{Fault, Iis, PASSWORD, Role, USER, listener};
use crate::support::program::{PROGRAM, code, error, made, out, said};
use crate::support::{self, text};

const HOST: &str = "kallithea.corp.example.com";

/// A server, and the spec that it was set up with.
struct Stand {
    _iis: Iis,
    folder: TempDir,
    arguments: Vec<String>,
}

/// What is presented for TLS in place of a good certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presented {
    Good,
    OfOthers,
    WithOtherName,
    ForTenDays,
    Ended,
    NotOfSpec,
}

/// How a test changes an example's spec.
type Change = fn(String) -> String;

impl Stand {
    /// A server for an example, with this fault.
    fn new(example: &str, change: Change, presented: Presented, fault: Fault) -> Self {
        let authority = Authority::new();
        let (secure, secure_port) = listener();
        let (plain, plain_port) = listener();
        let (nodes, node_ports): (Vec<_>, Vec<_>) = (0..2).map(|_| listener()).unzip();
        let host = if example == "ldap" { "code.corp.example.com" } else { HOST };
        let good = authority.certificate(host, 365);
        let served = match presented {
            Presented::Good => good.clone(),
            Presented::OfOthers => Authority::new().certificate(host, 365),
            Presented::WithOtherName => authority.certificate("www.example.org", 365),
            Presented::ForTenDays => authority.certificate(host, 10),
            Presented::Ended => authority.certificate(host, 0),
            Presented::NotOfSpec => authority.certificate(host, 365),
        };
        let named = if presented == Presented::NotOfSpec { &good } else { &served };
        let mut spec = support::spec_of(example)
            .replace("5D1AC1C4E3A7F0B69E2D8C7A4B3F5E6071829304", &named.thumbprint());
        if example != "farm" {
            spec =
                spec.replace("- protocol: http\n", &format!("- protocol: http\n      port: {plain_port}\n"));
        }
        for indent in ["      ", "        "] {
            let line = format!("\n{}- protocol: https\n", &indent[2..]);
            spec = spec.replace(&line, &format!("{line}{indent}port: {secure_port}\n"));
        }
        spec = change(spec).replace("PLAIN_PORT", &plain_port.to_string());
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("deploy.yaml"), &spec).expect("a spec");
        fs::write(folder.path().join("authority.pem"), authority.pem()).expect("an authority");
        fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).expect("a password");
        let mut arguments = vec!["--address".to_owned(), "127.0.0.1".to_owned()];
        if example == "subfolder-x86" {
            arguments = vec![
                "--url".to_owned(),
                format!("http://localhost:{plain_port}/kallithea"),
                arguments[0].clone(),
                arguments[1].clone(),
            ];
        }
        if example == "farm" {
            for (name, port) in ["node1", "node2"].iter().zip(&node_ports) {
                arguments.extend(["--node".to_owned(), format!("{name}=127.0.0.1:{port}")]);
            }
        }
        arguments.extend(["--http-address".to_owned(), format!("127.0.0.1:{plain_port}")]);
        arguments.extend(["--hg", "project", "--git", "tools"].map(str::to_owned));
        let mut listeners = vec![(secure, Role::Secure(Served::clone(&served))), (plain, Role::Plain)];
        let deployment = support::deployment(&spec);
        let is_secure = deployment.farm.as_ref().is_some_and(|farm| farm.protocol == Protocol::Https);
        let of_node = is_secure.then(|| Served::clone(&served));
        for (number, node) in nodes.into_iter().enumerate() {
            listeners.push((node, Role::Node(number, of_node.clone())));
        }
        let iis = Iis::start(deployment, listeners, fault, application::application());
        Self { _iis: iis, folder, arguments }
    }

    /// Runs the program with further arguments.
    fn verify(&self, further: &[&str]) -> Output {
        let mut command = Command::new(PROGRAM);
        command.arg("verify").arg("deploy.yaml").args(&self.arguments).args(further);
        command.current_dir(self.folder.path()).env_remove("SSL_CERT_DIR").stdin(Stdio::null());
        command.env("SSL_CERT_FILE", self.folder.path().join("authority.pem"));
        command.output().expect("the program starts")
    }

    /// Runs it, and reads its JSON.
    fn report(&self, further: &[&str]) -> Report {
        let output = self.verify(&[further, &["--format", "json"]].concat());
        Report { code: code(&output), report: made(&output, "verify") }
    }
}

struct Report {
    code: i32,
    report: Value,
}

impl Report {
    fn lines(&self, verdict: &str) -> Vec<&Value> {
        let lines = self.report["promises"].as_array().expect("promises").iter();
        lines.filter(|line| line["verdict"] == verdict).collect()
    }

    fn promises(&self, verdict: &str) -> Vec<&str> {
        self.lines(verdict).iter().map(|line| line["promise"].as_str().expect("a promise")).collect()
    }
}

const AS_USER: [&str; 4] = ["--user", USER, "--password-file", "password"];

fn same(spec: String) -> String {
    spec
}

/// An application in a folder, with accounts of Kallithea, so that a stranger sees its pages.
fn of_accounts_below(spec: String) -> String {
    spec.replace("  mode: windows\n  activation: manual\n", "  mode: internal\n")
}

#[test]
fn a_server_that_is_as_its_spec_says_keeps_every_promise() {
    for (example, further, most_unseen) in [
        ("minimal", &[][..], 19),
        ("intranet-sso", &AS_USER[..], 12),
        ("intranet-sso", &[][..], 18),
        ("ldap", &[][..], 6),
        ("subfolder-x86", &[][..], 19),
        ("farm", &[][..], 19),
    ] {
        let stand = Stand::new(example, same, Presented::Good, Fault::None);
        let report = stand.report(further);
        assert_eq!(report.lines("broken"), Vec::<&Value>::new(), "{example}");
        assert_eq!(report.code, 0, "{example}");
        assert!(report.lines("kept").len() >= 20, "{example}: {:#?}", report.promises("kept"));
        let unseen = report.promises("unseen");
        assert!(unseen.len() <= most_unseen, "{example}: {unseen:#?}");
        assert!(report.lines("unseen").iter().all(|line| line["seen"].as_str() != Some("")), "{unseen:#?}");
    }
}

#[test]
fn a_report_for_people_says_what_was_asked_and_what_was_not() {
    let stand = Stand::new("intranet-sso", same, Presented::Good, Fault::Header("X-Frame-Options", None));
    let output = stand.verify(&AS_USER);
    let text = out(&output);
    assert_eq!(code(&output), 1, "{}", said(&output));
    for part in [
        "CORP\\alice, signed on by password\n",
        "\nkept:\n  tls.required: the pages are not at port 80, which has no TLS\n      asked    GET http://kallithea.corp.example.com/\n",
        "\nnot looked at:\n",
        "\nnot kept:\n  bridge: every answer has X-Frame-Options\n",
        "      seen     no X-Frame-Options\n",
        " kept, 1 not kept, ",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!said(&output).contains(PASSWORD), "{text}");
}

#[test]
fn a_password_goes_nowhere_that_is_not_trusted() {
    let stand = Stand::new("intranet-sso", same, Presented::OfOthers, Fault::None);
    let report = stand.report(&AS_USER);
    assert_eq!(report.promises("broken"), ["clients trust the certificate"]);
    let lines = report.lines("unseen");
    let signs_on = lines
        .iter()
        .find(|line| line["promise"].as_str().is_some_and(|text| text.contains("signs the user on")));
    let why = signs_on.expect("a line")["seen"].as_str().expect("a reason");
    assert_eq!(why, "the password was not sent, because this machine does not trust the certificate");
    let plain = Stand::new("minimal", same, Presented::Good, Fault::None).report(&AS_USER);
    let why = plain.report.to_string();
    assert!(why.contains("the password was not sent, because the connection has no TLS"), "{why}");
}

#[test]
fn a_wrong_password_is_a_finding_and_the_rest_is_asked_as_nobody() {
    let stand = Stand::new("intranet-sso", same, Presented::Good, Fault::None);
    fs::write(stand.folder.path().join("password"), "wrong\n").expect("a password");
    let report = stand.report(&AS_USER);
    assert_eq!(report.promises("broken"), ["IIS signs the user on, and Kallithea knows the name"]);
    assert_eq!(report.lines("broken")[0]["explain"], "401.1");
}

#[test]
fn a_server_that_does_not_answer_is_trouble_and_not_a_finding() {
    let (unused, port) = listener();
    drop(unused);
    let stand = Stand::new("subfolder-x86", same, Presented::Good, Fault::None);
    for (arguments, says) in [
        (vec!["--url", "http://localhost:1/kallithea"], "cannot be used"),
        (vec!["--address", "nothing at all"], "is not a valid address: write HOST or HOST:PORT"),
        (vec!["--node", "node1=127.0.0.1"], "the spec has no node \"node1\": use a name of `farm.nodes`"),
    ] {
        let says = if says == "cannot be used" {
            "http://localhost:1/kallithea/ cannot be asked: no connection: "
        } else {
            says
        };
        let mut command = Command::new(PROGRAM);
        command.args(["verify", "deploy.yaml"]).args(arguments).current_dir(stand.folder.path());
        if !says.starts_with("http") {
            command.args(["--url", &format!("http://localhost:{port}/")]);
        }
        let output = command.output().expect("the program starts");
        assert_eq!((code(&output), error(&output).contains(says)), (2, true), "{}", said(&output));
    }
    let output = Command::new(PROGRAM).args(["verify", text(&support::example("subfolder-x86"))]).output();
    let output = output.expect("the program starts");
    assert!(code(&output) == 2 && error(&output).contains("name it with --url"), "{}", said(&output));
}
