//! The faults: a table of promises that are broken alone.

mod limits;

use super::{Change, Presented, same};
use crate::support::iis::Fault;

/// A fault, the server that has it, further arguments, and the promises that are not kept then: the begin of each.
pub struct Planted {
    pub name: &'static str,
    pub example: &'static str,
    pub change: Change,
    pub presented: Presented,
    pub fault: Fault,
    pub as_user: bool,
    pub asked: &'static [&'static str],
    pub found: &'static [&'static str],
}

/// A fault of a server with TLS that signs users on.
const fn on_intranet(name: &'static str, fault: Fault, found: &'static [&'static str]) -> Planted {
    Planted {
        name,
        example: "intranet-sso",
        change: same,
        presented: Presented::Good,
        fault,
        as_user: true,
        asked: &[],
        found,
    }
}

/// The same, seen by a stranger.
const fn seen_by_strangers(name: &'static str, fault: Fault, found: &'static [&'static str]) -> Planted {
    Planted { as_user: false, ..on_intranet(name, fault, found) }
}

const fn on(
    example: &'static str,
    name: &'static str,
    fault: Fault,
    found: &'static [&'static str],
) -> Planted {
    Planted { example, as_user: false, ..on_intranet(name, fault, found) }
}

const fn presents(name: &'static str, presented: Presented, found: &'static [&'static str]) -> Planted {
    Planted { presented, as_user: false, ..on_intranet(name, Fault::None, found) }
}

/// The same site with a second binding, without TLS.
fn also_plain(spec: String) -> String {
    let binding =
        "    - protocol: http\n      port: PLAIN_PORT\n      hostName: kallithea.corp.example.com\n";
    spec.replacen("  bindings:\n", &format!("  bindings:\n{binding}"), 1)
}

pub fn planted() -> Vec<Planted> {
    let mut all = of_transport();
    all.extend(of_sign_on());
    all.extend(of_answers());
    all.extend(limits::of_urls());
    all.extend(limits::of_sizes());
    all.extend(of_farm());
    all
}

fn of_transport() -> Vec<Planted> {
    vec![
        Planted {
            change: also_plain,
            as_user: false,
            ..on_intranet(
                "plain http is served",
                Fault::Host("sslFlags=\"Ssl\"", "sslFlags=\"None\""),
                &["nothing is served without TLS"],
            )
        },
        seen_by_strangers(
            "port 80 asks for a sign-on",
            Fault::ServesWithoutTls,
            &["the pages are not at port 80"],
        ),
        on("ldap", "port 80 serves the pages", Fault::ServesWithoutTls, &["the pages are not at port 80"]),
        on_intranet(
            "browsers are not told to use TLS",
            Fault::Header("Strict-Transport-Security", None),
            &["browsers are told to use TLS only"],
        ),
        presents("a certificate of others", Presented::OfOthers, &["clients trust the certificate"]),
        presents(
            "a certificate for another name",
            Presented::WithOtherName,
            &["the certificate has the name"],
        ),
        presents(
            "a certificate that ends soon",
            Presented::ForTenDays,
            &["the certificate is valid for some time"],
        ),
        presents(
            "a certificate that has ended",
            Presented::Ended,
            &["the certificate is valid for some time"],
        ),
        presents(
            "another certificate than the spec's",
            Presented::NotOfSpec,
            &["the certificate is that of the spec"],
        ),
    ]
}

fn of_sign_on() -> Vec<Planted> {
    vec![
        seen_by_strangers(
            "NTLM is not offered",
            Fault::Host("<add value=\"NTLM\"/>", ""),
            &["strangers must sign on, in the ways of the spec"],
        ),
        on(
            "minimal",
            "passwords are asked for without TLS",
            Fault::Host("<basicAuthentication enabled=\"false\"", "<basicAuthentication enabled=\"true\""),
            &["strangers must sign on, in the ways of the spec"],
        ),
        on(
            "ldap",
            "IIS asks for a sign-on although Kallithea does",
            Fault::AsksAtFirstPage,
            &["IIS does not ask for a sign-on", "the bridge answers, and IIS leaves its pages"],
        ),
        on_intranet("another realm", Fault::OtherRealm, &["the password is asked for the realm"]),
        on_intranet(
            "Kallithea does not know who is signed on",
            Fault::Application("nobody is known"),
            &["IIS signs the user on, and Kallithea knows the name"],
        ),
        on(
            "ldap",
            "Kallithea does not start",
            Fault::Application("does not start"),
            &["the application answers"],
        ),
        on_intranet(
            "Kallithea does not start for users",
            Fault::Application("does not start"),
            &["the application answers"],
        ),
        on_intranet(
            "one sign-on for a whole connection",
            Fault::SignsOnConnections,
            &["a sign-on counts for one request"],
        ),
        on(
            "ldap",
            "a header signs on",
            Fault::BelievesHeader("Remote-User"),
            &["no header signs a stranger on"],
        ),
        on(
            "ldap",
            "a token signs on",
            Fault::BelievesHeader("Authorization"),
            &["no header signs a stranger on"],
        ),
        on(
            "ldap",
            "an underscore signs on",
            Fault::BelievesHeader("REMOTE_USER"),
            &["no header signs a stranger on"],
        ),
        on_intranet(
            "a header changes the user",
            Fault::BelievesHeader("X-Forwarded-User"),
            &["no header changes who is signed on"],
        ),
        on("ldap", "pages push", Fault::Application("pages push"), &["a page of another site cannot push"]),
    ]
}

fn of_answers() -> Vec<Planted> {
    vec![
        on(
            "ldap",
            "IIS's own error pages",
            Fault::ReplacesPages,
            &["the bridge answers, and IIS leaves its pages"],
        ),
        on("ldap", "connections end", Fault::ClosesConnections, &["a connection stays open"]),
        on(
            "minimal",
            "types are guessed",
            Fault::Header("X-Content-Type-Options", Some("sniff")),
            &["every answer has X-Content-Type-Options"],
        ),
        on(
            "minimal",
            "a header is missing",
            Fault::Header("X-Frame-Options", None),
            &["every answer has X-Frame-Options"],
        ),
        on(
            "minimal",
            "a header has another value",
            Fault::Header("Referrer-Policy", Some("unsafe-url")),
            &["every answer has Referrer-Policy"],
        ),
        on("ldap", "WebDAV is installed", Fault::HasWebDav, &["no WebDAV module answers"]),
        on(
            "ldap",
            "the web.config is served",
            Fault::ServesFile("/web.config"),
            &["no file of the server is served"],
        ),
        on(
            "ldap",
            "the source of a file is served",
            Fault::ServesFile("/web.config::$DATA"),
            &["no file of the server is served"],
        ),
        on_intranet(
            "the ini file is served",
            Fault::ServesFile("/my.ini"),
            &["no file of the server is served"],
        ),
        on(
            "ldap",
            "hg gets another reason phrase",
            Fault::Application("another reason phrase"),
            &["hg can ask the repository"],
        ),
        on(
            "ldap",
            "git does not start",
            Fault::Application("git does not start"),
            &["git can ask the repository"],
        ),
    ]
}

const OPEN: &str = "<location path=\"Kallithea/images/kallithea-logo.svg\">";

fn of_farm() -> Vec<Planted> {
    vec![
        on("farm", "a node is down", Fault::SecondNodeDown, &["node2 serves the page"]),
        on(
            "farm",
            "the picture is missing",
            Fault::Application("no picture"),
            &[
                "the page that IIS requests needs no sign-on",
                "node1 serves the page",
                "node2 serves the page",
            ],
        ),
        on(
            "farm",
            "more is open than the one page",
            Fault::Host(OPEN, "<location path=\"Kallithea/images\">"),
            &["a neighbour of that page needs a sign-on", "a neighbour of that page needs a sign-on"],
        ),
        Planted {
            change: of_users_by_tls,
            as_user: true,
            ..on(
                "farm",
                "each node has sessions of its own for users of Windows",
                Fault::Application("sessions of their own"),
                &["a session of node1 counts on node2"],
            )
        },
        Planted {
            change: of_accounts,
            ..on(
                "farm",
                "each node has sessions of its own",
                Fault::Application("sessions of their own"),
                &["a session of node1 counts on node2"],
            )
        },
    ]
}

/// The farm whose front asks the nodes by TLS, so that a user of these tests can sign on there by password.
pub fn of_users_by_tls(spec: String) -> String {
    let binding = "- protocol: https\n      hostName: kallithea.corp.example.com\n      certificate:\n        thumbprint: \
        5D1AC1C4E3A7F0B69E2D8C7A4B3F5E6071829304\n";
    let basic = "  basicAuthentication:\n    enabled: true\n    realm: kallithea.corp.example.com\n";
    spec.replacen("- protocol: http\n", binding, 1)
        .replace("  mode: windows\n", &format!("  mode: windows\n{basic}"))
        .replace("farm:\n", "farm:\n  nodeProtocol: https\n")
}

/// The farm with accounts of Kallithea, which the tests can see the pages of.
fn of_accounts(spec: String) -> String {
    let begin = spec.find("  mode: windows").expect("a mode");
    let end = spec.find("\nbridge:").expect("the next section");
    format!("{}  mode: internal\n{}", &spec[..begin], &spec[end..])
}
