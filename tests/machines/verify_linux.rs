//! `verify` with the real Kallithea behind the bridge as a shared object, and a stand-in of IIS in front of `serve`.
//!
//! In: deployments on the Linux machine. Out: a report that finds nothing, and one that finds what is missing. Absent: each fault alone,
//! which `tests/it/verify` has.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::clients_linux::served::{end, populated, serve, serve_to_user};
use crate::kallithea::Deployment;
use crate::support;
use crate::support::certificates::Authority;
use crate::support::iis::{Fault, Iis, PASSWORD, Role, USER, listener};
use crate::support::passed::behind;
use std::sync::LazyLock;

use crate::kallithea::machine::Machine;

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::linux);
static WINDOWS: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "clients"));
static INTERNAL: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "below"));

pub const HOST: &str = "kallithea.corp.example.com";

/// The spec of a deployment with TLS in front, on this port and with this certificate.
pub fn with_tls(name: &str, port: u16, thumbprint: &str) -> String {
    let text = fs::read_to_string(format!("tests/deployments/{name}.yaml")).expect("a spec");
    let site = text.find("site:\n").expect("a site");
    let after = text[site..].find("\n\n").expect("the next section") + site;
    let binding = format!(
        "site:\n  name: Kallithea\n  bindings:\n    - protocol: https\n      port: {port}\n      hostName: {HOST}\n      \
         certificate:\n        thumbprint: {thumbprint}\n"
    );
    let basic = "  basicAuthentication:\n    enabled: true\n    realm: kallithea.corp.example.com\n";
    let text = format!("{}{binding}{}", &text[..site], &text[after..]);
    text.replace("  mode: windows\n", &format!("  mode: windows\n{basic}"))
}

/// Runs `verify` against a server with this spec, behind which the application listens at an address.
fn verify(name: &str, address: &str, fault: Fault, further: &[&str]) -> (Output, Value) {
    let authority = Authority::new();
    let (secure, port) = listener();
    let served = authority.certificate(HOST, 365);
    let spec = with_tls(name, port, &served.thumbprint());
    let folder = tempfile::tempdir().expect("a folder");
    for (file, text) in
        [("deploy.yaml", spec.as_str()), ("authority.pem", &authority.pem()), ("password", PASSWORD)]
    {
        fs::write(folder.path().join(file), text).expect("a file");
    }
    let application = behind(address.to_owned());
    let _iis =
        Iis::start(support::deployment(&spec), vec![(secure, Role::Secure(served))], fault, application);
    let mut command = Command::new(support::program::PROGRAM);
    command.args(["verify", "deploy.yaml", "--address", "127.0.0.1", "--format", "json"]).args(further);
    command.current_dir(folder.path()).env_remove("SSL_CERT_DIR").stdin(Stdio::null());
    command.env("SSL_CERT_FILE", folder.path().join("authority.pem"));
    let output = command.output().expect("the program starts");
    let report = support::program::made(&output, "verify");
    (output, report)
}

/// The promises with a verdict.
pub fn promises(report: &Value, verdict: &str) -> Vec<String> {
    let lines = report["promises"].as_array().expect("promises").iter();
    let lines = lines.filter(|line| line["verdict"] == verdict);
    lines.map(|line| format!("{}: {}", line["promise"].as_str().expect("a promise"), line["seen"])).collect()
}

#[test]
fn the_real_kallithea_keeps_its_promises_where_iis_signs_on() {
    let scenario = populated(&WINDOWS, 0, 1);
    let server = serve_to_user(&scenario, USER);
    let further = ["--user", USER, "--password-file", "password", "--hg", "hg1", "--git", "git1"];
    let (output, report) = verify("clients", &server.address, Fault::None, &further);
    assert_eq!(promises(&report, "broken"), Vec::<String>::new());
    assert_eq!(output.status.code(), Some(0));
    let kept = promises(&report, "kept").join("\n");
    for promise in
        ["Kallithea knows the name", "cannot push", "hg can ask", "git can ask", "IIS leaves its pages"]
    {
        assert!(kept.contains(promise), "{promise}: {kept}");
    }
    let (_, report) = verify("clients", &server.address, Fault::ReplacesPages, &further);
    let broken = promises(&report, "broken");
    assert!(broken.len() == 1 && broken[0].starts_with("the bridge answers"), "{broken:#?}");
    end(server, &scenario);
}

#[test]
fn the_real_kallithea_keeps_its_promises_where_it_signs_on_itself() {
    let scenario = INTERNAL.scenario();
    let server = serve(&scenario, &[]);
    // The stand-in has HTTP.sys's usual limits, unless it is told otherwise; the bridge has none.
    let further = ["--hg", "calculator", "--git", "notes", "--long-headers"];
    let (output, report) = verify("below", &server.address, Fault::MostHeaders(65_534), &further);
    assert_eq!(promises(&report, "broken"), Vec::<String>::new());
    assert_eq!(output.status.code(), Some(0));
    let kept = promises(&report, "kept").join("\n");
    assert!(kept.contains("no header signs a stranger on") && kept.contains("cannot push"), "{kept}");
    for promise in
        ["bytes in chunks is allowed", "bytes in chunks is refused", "60000 bytes of headers", " leads to "]
    {
        assert!(kept.contains(promise), "{promise}: {kept}");
    }
    let (_, report) = verify("below", &server.address, Fault::None, &["--hg", "nowhere"]);
    let broken = promises(&report, "broken");
    assert!(broken.len() == 1 && broken[0].starts_with("hg can ask"), "{broken:#?}");
    end(server, &scenario);
}
