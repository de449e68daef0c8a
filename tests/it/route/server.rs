//! What the server around a deployment does to a request: what does not start, which modules run, what is locked, whom URL
//! authorization admits.

use super::{Files, Outcome, modules};

const URL: &str = "http://kallithea.corp.example.com/";
const BELOW: &str = "http://localhost:8080/kallithea/";

/// The status, and what `route` says about it.
fn answer(files: &Files, url: &str) -> (&'static str, String) {
    match files.get(url) {
        Outcome::Answered { status, why } => (status, why),
        Outcome::Bridge { .. } => ("200", String::new()),
    }
}

#[track_caller]
fn ends(files: &Files, url: &str, status: &str, words: &str) {
    let (seen, why) = answer(files, url);
    assert_eq!(seen, status, "{why}");
    assert!(why.contains(words), "{why}");
}

#[test]
fn a_pool_that_does_not_start_is_seen_whoever_says_so() {
    let defaults = |value: &str| format!("<applicationPoolDefaults autoStart=\"{value}\" ");
    let server =
        |value: &str| Files::on_server("minimal").with_host("<applicationPoolDefaults ", &defaults(value));
    ends(&server("false"), URL, "503", "autoStart of applicationPoolDefaults");
    ends(&server("true"), URL, "200", "");
    // The pool's own value counts more.
    let own =
        server("false").with_host("<add name=\"minimal\" ", "<add name=\"minimal\" autoStart=\"true\" ");
    ends(&own, URL, "200", "");
    let shared = "<add name=\"Shared 32-bit\" ";
    let shared =
        Files::on_server("subfolder-x86").with_host(shared, &format!("{shared}autoStart=\"FALSE\" "));
    ends(&shared, BELOW, "503", "\"Shared 32-bit\" does not start");
}

#[test]
fn a_site_that_does_not_start_is_seen_whoever_says_so() {
    const STARTS: &str = " serverAutoStart=\"true\"";
    let own = Files::on_server("subfolder-x86").with_host(STARTS, " serverAutoStart=\"false\"");
    ends(&own, BELOW, "-", "\"Default Web Site\" does not start together with IIS (serverAutoStart)");
    let defaults = || {
        Files::on_server("subfolder-x86")
            .with_host("<siteDefaults>", "<siteDefaults serverAutoStart=\"false\">")
    };
    ends(&defaults(), BELOW, "200", "");
    ends(&defaults().with_host(STARTS, ""), BELOW, "-", "serverAutoStart of siteDefaults");
}

/// The list of modules that run, after the list of those that are installed.
fn running(files: Files, list: &str) -> Files {
    files.with_host("</globalModules>", &format!("</globalModules>{list}"))
}

#[test]
fn a_module_that_is_installed_and_not_enabled_does_nothing() {
    let without = |name: &str| modules(&[]).replace(&format!("<add name=\"{name}\" />"), "");
    let server = || Files::on_server("minimal");
    ends(&running(server(), &modules(&[])), URL, "200", "");
    ends(&running(server(), &without("IsapiModule")), URL, "500.21", "`modules` does not name it");
    ends(
        &running(server(), &without("WindowsAuthenticationModule")),
        URL,
        "401.2",
        "`modules` does not name WindowsAuthenticationModule",
    );
    // What request filtering would deny passes without its module.
    let bare = |list: &str| Files { web: "<configuration/>".to_owned(), ..running(server(), list) };
    let plus = format!("{URL}c++");
    ends(&bare(&modules(&[])), &plus, "404.11", "");
    ends(&bare(&without("RequestFilteringModule")), &plus, "200", "");
    // A level below can take a module away, too.
    let taken = running(server(), &modules(&[]))
        .with_host("<remove name=\"WebDAVModule\" />", "<remove name=\"IsapiModule\" />");
    ends(&taken, URL, "500.21", "");
}

const FILTERING: &str = "<system.webServer><security><requestFiltering /></security></system.webServer>";

#[test]
fn a_section_that_is_locked_for_this_site_alone_is_500_19() {
    let with = |attributes: &str| {
        let location = format!("<location {attributes}>{FILTERING}</location></configuration>");
        Files::on_server("minimal").with_host("</configuration>", &location)
    };
    for attributes in
        ["path=\"Kallithea\" overrideMode=\"Deny\"", "path=\"kallithea/\" allowOverride=\"false\""]
    {
        ends(&with(attributes), URL, "500.19", "locks");
    }
    for attributes in [
        "path=\"Kallithea\" overrideMode=\"Allow\"",
        "path=\"Kallithea\"",
        "path=\"Wiki\" overrideMode=\"Deny\"",
        "path=\"Kallithea/below\" overrideMode=\"Deny\"",
    ] {
        ends(&with(attributes), URL, "200", "");
    }
    // The innermost location decides.
    let server = with("path=\"\" overrideMode=\"Deny\"");
    ends(&server, URL, "500.19", "locks");
    let opened =
        format!("<location path=\"Kallithea\" overrideMode=\"Allow\">{FILTERING}</location></configuration>");
    ends(&server.with_host("</configuration>", &opened), URL, "200", "");
    // An excerpt that does not declare its sections says as much.
    let excerpt = Files::of("minimal").with_host(
        "</configuration>",
        &format!("<location path=\"Kallithea\" overrideMode=\"Deny\">{FILTERING}</location></configuration>"),
    );
    ends(&excerpt, URL, "500.19", "locks");
}

/// A server with the rules of URL authorization, for all its sites.
fn ruled(rules: &str) -> Files {
    let rules = format!("<security><authorization>{rules}</authorization>");
    let server =
        Files::on_server("minimal").with_host("<security>\n            <isapi", &format!("{rules}<isapi"));
    let declared = "<sectionGroup name=\"security\">";
    let section = format!("{declared}<section name=\"authorization\" overrideModeDefault=\"Allow\" />");
    server.with_host(declared, &section).with_host(
        "<globalModules>",
        "<globalModules><add name=\"UrlAuthorizationModule\" image=\"urlauthz.dll\" />",
    )
}

fn rule(access: &str, who: &str) -> String {
    format!("<add accessType=\"{access}\" {who} />")
}

/// Without the bridge's mapping, the mapping for static files takes the request: there is no such file, and it refuses POST.
#[test]
fn what_is_left_without_the_mapping_is_said_as_iis_says_it() {
    const MAPPING: &str = "<add name=\"Kallithea\" path";
    let files = Files::on_server("intranet-sso").with_host(
        MAPPING,
        &format!(
            "<add name=\"StaticFile\" path=\"*\" verb=\"*\" \
             modules=\"StaticFileModule,DefaultDocumentModule,DirectoryListingModule\" />{MAPPING}"
        ),
    );
    let url = "https://kallithea.corp.example.com/";
    let seen = |method: &str, path: &str| match files.send(method, &format!("{url}{path}"), &[]) {
        Outcome::Answered { status, .. } => status,
        Outcome::Bridge { .. } => "200",
    };
    assert_eq!(seen("GET", ""), "403.14");
    assert_eq!(seen("GET", "repository"), "404.0");
    assert_eq!(seen("POST", "repository"), "405");
}

#[test]
fn a_body_in_chunks_passes_and_its_size_is_said_to_be_unknown() {
    let files = Files::on_server("minimal");
    let said = |headers: &[(&str, &str)]| {
        let route = files.route("POST", URL, headers);
        assert!(matches!(route.outcome, Outcome::Bridge { .. }), "{:?}", route.outcome);
        route.steps.iter().any(|step| step.rule == "body in chunks" && step.says.contains("size is unknown"))
    };
    assert!(said(&[("Transfer-Encoding", "chunked")]));
    assert!(!said(&[("Content-Length", "5")]));
}

/// Which of the two statuses IIS gives depends on its updates.
#[test]
fn both_statuses_of_a_limit_are_said() {
    let files = Files::on_server("minimal");
    let large = files.send("POST", URL, &[("Content-Length", "99999999999")]);
    assert!(matches!(&large, Outcome::Answered { status: "404.13 or 413.1", .. }), "{large:?}");
    let limited = "<requestLimits ";
    let headers = "<headerLimits><add header=\"X-Long\" sizeLimit=\"2\"/></headerLimits>";
    let files = Files {
        web: format!(
            "<configuration><system.webServer><security><requestFiltering>{limited}>{headers}\
        </requestLimits></requestFiltering></security></system.webServer></configuration>"
        ),
        ..files
    };
    let long = files.send("GET", URL, &[("X-Long", "longer")]);
    assert!(matches!(&long, Outcome::Answered { status: "404.10 or 431", .. }), "{long:?}");
}

#[test]
fn url_authorization_is_followed() {
    let everybody = rule("Allow", "users=\"*\"");
    ends(&ruled(&everybody), URL, "200", "");
    ends(&ruled(""), URL, "401", "allows nobody");
    // A rule that denies counts first, wherever it is.
    ends(&ruled(&(everybody.clone() + &rule("Deny", "users=\"*\""))), URL, "401", "denies everybody");
    // Nobody is anonymous here, so a rule about strangers concerns nobody.
    ends(&ruled(&(rule("Deny", "users=\"?\"") + &everybody)), URL, "200", "");
    ends(&ruled(&rule("Allow", "users=\"?\"")), URL, "401", "allows nobody");
    ends(&ruled(&rule("Deny", "users=\"CORP\\mallory\"")), URL, "401", "allows nobody");
    ends(&ruled(&rule("Allow", "users=\"*\" verbs=\"POST\"")), URL, "401", "allows nobody");
    ends(&ruled(&(everybody.clone() + &rule("Deny", "users=\"*\" verbs=\"GET, POST\""))), URL, "401", "");
    ends(&ruled(&(everybody.clone() + &rule("Deny", "users=\"*\" verbs=\"POST\""))), URL, "200", "");
    // A level below removes a rule by its users, roles and verbs together.
    let below = |entry: &str| {
        let section = format!("<authorization>{entry}</authorization><requestFiltering ");
        ruled(&everybody).with_web("<requestFiltering ", &section)
    };
    ends(&below("<remove users=\"*\" roles=\"\" verbs=\"\" />"), URL, "401", "allows nobody");
    ends(&below("<remove users=\"*\" verbs=\"GET\" />"), URL, "200", "");
    ends(&below("<clear />"), URL, "401", "allows nobody");
    // Without the role service, nobody reads the rules.
    let unread = ruled(&rule("Deny", "users=\"*\""))
        .with_host("<add name=\"UrlAuthorizationModule\"", "<add name=\"X\"");
    ends(&unread, URL, "200", "");
}

#[test]
fn a_rule_for_some_users_is_said() {
    let files =
        ruled(&(rule("Allow", "roles=\"CORP\\devs, CORP\\ops\"") + &rule("Deny", "users=\"CORP\\mallory\"")));
    let said = super::sign_on(&files);
    let says = "allows only the role CORP\\devs, the role CORP\\ops, and answers 401 to others; denies the user CORP\\mallory";
    assert!(said.contains(says), "{said}");
}
