//! The faults: a table of promises that are broken alone.

use super::{Change, Presented, same};
use crate::support::iis::Fault;

/// A fault, the server that has it, and the promises that are not kept then: the begin of each.
pub struct Planted {
    pub name: &'static str,
    pub example: &'static str,
    pub change: Change,
    pub presented: Presented,
    pub fault: Fault,
    pub as_user: bool,
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
    all.extend(of_urls());
    all.extend(of_sizes());
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

/// IIS refuses URLs with this end.
fn refuses(end: &'static str, found: &'static str) -> Planted {
    let planted = on("ldap", end, Fault::RefusesUrl(end), &[]);
    Planted { found: Box::leak(Box::new([found])), ..planted }
}

fn of_urls() -> Vec<Planted> {
    let filtered = |from, to| Fault::Web(from, to);
    vec![
        seen_by_strangers(
            "IIS decodes twice and refuses",
            filtered("allowDoubleEscaping=\"true\"", "allowDoubleEscaping=\"false\""),
            &[
                "a URL with a plus sign",
                "a URL with an escaped plus sign",
                "a URL with an escaped percent sign",
                "a URL with a percent sign that is escaped twice",
            ],
        ),
        on_intranet(
            "web.config is hidden",
            filtered(
                "<hiddenSegments>\n                    <clear/>",
                "<hiddenSegments><add segment=\"web.config\"/>",
            ),
            &["a URL with a file web.config"],
        ),
        seen_by_strangers(
            "bin is hidden",
            filtered(
                "<hiddenSegments>\n                    <clear/>",
                "<hiddenSegments><clear/><add segment=\"bin\"/>",
            ),
            &["a URL with a folder bin"],
        ),
        on_intranet(
            "source files are denied",
            filtered(
                "<fileExtensions allowUnlisted=\"true\">\n                    <clear/>",
                "<fileExtensions allowUnlisted=\"true\"><clear/><add fileExtension=\".cs\" allowed=\"false\"/>",
            ),
            &["a URL with a source file"],
        ),
        on_intranet(
            "two dots are denied",
            filtered(
                "<denyUrlSequences>\n                    <clear/>",
                "<denyUrlSequences><add sequence=\"..\"/>",
            ),
            &["a URL with two dots"],
        ),
        on_intranet(
            "App_Data is hidden",
            filtered(
                "<hiddenSegments>\n                    <clear/>",
                "<hiddenSegments><add segment=\"App_Data\"/>",
            ),
            &["a URL with a folder App_Data"],
        ),
        refuses("/a.config", "a URL with a configuration file"),
        refuses("/a%20b", "a URL with a space"),
        refuses("//a", "a URL with two slashes"),
        refuses("/a%5Cb", "a URL with an escaped backslash"),
        refuses("/a.", "a URL with a dot at the end"),
        on("ldap", "a bare % is accepted", Fault::AcceptsUrl("/%zz"), &["a URL with a percent sign without"]),
        on(
            "ldap",
            "letters beyond ASCII are denied",
            filtered(
                "<requestFiltering allowDoubleEscaping=\"true\">",
                "<requestFiltering allowDoubleEscaping=\"true\" allowHighBitCharacters=\"false\">",
            ),
            &["a URL with a letter beyond ASCII"],
        ),
    ]
}

fn of_sizes() -> Vec<Planted> {
    let of = |name, from, to, found| seen_by_strangers(name, Fault::Web(from, to), found);
    vec![
        of("a smaller limit", "\"2147483648\"", "\"30000000\"", &["a body of 2147483648 bytes is allowed"]),
        of("a larger limit", "\"2147483648\"", "\"4294967295\"", &["a body of 2147483649 bytes is refused"]),
        on("ldap", "no limit of bodies", Fault::AcceptsAnyBody, &["a body of 4294967296 bytes is refused"]),
        on(
            "ldap",
            "IIS's own limit of bodies",
            Fault::Web("\"4294967295\"", "\"30000000\""),
            &["a body of 4294967295 bytes is allowed"],
        ),
        of(
            "shorter queries",
            "maxQueryString=\"8192\"",
            "maxQueryString=\"2048\"",
            &["a query of 8192 bytes is allowed"],
        ),
        of(
            "longer queries",
            "maxQueryString=\"8192\"",
            "maxQueryString=\"9000\"",
            &["a query of 8193 bytes is refused"],
        ),
        of("shorter URLs", "maxUrl=\"8192\"", "maxUrl=\"4096\"", &["a URL of 8192 bytes is allowed"]),
        of("longer URLs", "maxUrl=\"8192\"", "maxUrl=\"9000\"", &["a URL of 8193 bytes is refused"]),
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

/// The farm with accounts of Kallithea, which the tests can see the pages of.
fn of_accounts(spec: String) -> String {
    let begin = spec.find("  mode: windows").expect("a mode");
    let end = spec.find("\nbridge:").expect("the next section");
    format!("{}  mode: internal\n{}", &spec[..begin], &spec[end..])
}
