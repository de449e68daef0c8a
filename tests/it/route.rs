//! One request on its way through IIS, with the compiled files and with faults planted in them.

use kallithea_iisc::emit::emit;
use kallithea_iisc::kallithea::SYMPTOMS;
use kallithea_iisc::merge::{Strangers, plan};
use kallithea_iisc::model::Deployment;
use kallithea_iisc::route::{FileAbove, Files as Texts, Outcome, Request, Route, compiled_host, route};

use crate::support;

mod above;
mod server;

const SERVER: &str = include_str!("merge/server.config");

/// How messages call the file of the site.
const SITE_FILE: &str = r"C:\inetpub\wwwroot\web.config";

/// A deployment's two files, and those of folders around it, each with its name and the path of its folder.
struct Files {
    deployment: Deployment,
    host: String,
    above: Vec<(&'static str, &'static str, String)>,
    web: String,
}

impl Files {
    fn of(name: &str) -> Self {
        Self::compiled(support::deployment_of(name))
    }

    fn compiled(deployment: Deployment) -> Self {
        let web = emit(&deployment).get("web.config").expect("a web.config").to_owned();
        Self { host: compiled_host(&deployment), above: Vec::new(), web, deployment }
    }

    /// The same, on the server of the tests.
    fn on_server(name: &str) -> Self {
        Self::planned(support::deployment_of(name))
    }

    fn planned(deployment: Deployment) -> Self {
        let host = plan(SERVER, &deployment, Strangers::Refuse).expect("no conflict").text;
        Self { host, ..Self::compiled(deployment) }
    }

    fn with_host(mut self, from: &str, to: &str) -> Self {
        assert!(self.host.contains(from), "{from:?} is not in {}", self.host);
        self.host = self.host.replace(from, to);
        self
    }

    fn with_web(mut self, from: &str, to: &str) -> Self {
        assert!(self.web.contains(from), "{from:?} is not in {}", self.web);
        self.web = self.web.replace(from, to);
        self
    }

    fn route(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Route {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = Request::new(url, method, headers).expect("a URL");
        let above =
            self.above.iter().map(|(name, path, text)| FileAbove { name, path, text, is_utf16: false });
        let above: Vec<_> = above.collect();
        let texts = Texts { host: &self.host, above: &above, web: &self.web, is_web_utf16: false };
        route(texts, &self.deployment, &request).expect("XML")
    }

    fn send(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Outcome {
        self.route(method, url, headers).outcome
    }

    fn get(&self, url: &str) -> Outcome {
        self.send("GET", url, &[])
    }

    fn status(&self, url: &str) -> &'static str {
        match self.get(url) {
            Outcome::Answered { status, .. } => status,
            Outcome::Bridge { .. } => "200",
        }
    }
}

/// What follows the base, and PATH_INFO for it: pages of Kallithea, the protocols of Mercurial and Git, and names that
/// IIS would refuse by default.
const PATHS: [(&str, &str); 16] = [
    ("/", "/"),
    ("/_admin/login?came_from=%2F", "/_admin/login"),
    ("/hg/repo?cmd=capabilities", "/hg/repo"),
    ("/hg/repo?cmd=batch&cmds=heads+%3Bknown+nodes%3D", "/hg/repo"),
    ("/git/repo/info/refs?service=git-upload-pack", "/git/repo/info/refs"),
    ("/git/repo/git-receive-pack", "/git/repo/git-receive-pack"),
    ("/group/c++/files/tip/", "/group/c++/files/tip/"),
    ("/group/c%2B%2B/files/tip/", "/group/c++/files/tip/"),
    ("/a%20repository/changelog", "/a repository/changelog"),
    ("/caf%C3%A9/files/tip/na%C3%AFve.txt", "/café/files/tip/naïve.txt"),
    ("/repo/raw/tip/bin/web.config", "/repo/raw/tip/bin/web.config"),
    ("/repo/raw/tip/App_Data/Global.asax", "/repo/raw/tip/App_Data/Global.asax"),
    ("/repo/raw/tip/src/main.cs", "/repo/raw/tip/src/main.cs"),
    ("/repo/archive/tip.tar.gz?subrepos=1", "/repo/archive/tip.tar.gz"),
    ("/repo/files/tip/100%2525.txt", "/repo/files/tip/100%25.txt"),
    ("/repo/rss?api_key=abc", "/repo/rss"),
];

#[test]
fn every_url_of_kallithea_reaches_the_bridge_with_its_two_parts() {
    for (name, base, below) in support::BASES {
        for files in [Files::of(name), Files::on_server(name)] {
            for (path, path_info) in PATHS {
                for method in ["GET", "POST", "PUT", "PROPFIND"] {
                    let outcome = files.send(method, &format!("{base}{below}{path}"), &[]);
                    let Outcome::Bridge { script_name, path_info: found, .. } = &outcome else {
                        panic!("{name}: {method} {path}: {outcome:?}")
                    };
                    assert_eq!((script_name.as_str(), found.as_str()), (below, path_info), "{name}: {path}");
                }
            }
        }
    }
}

#[test]
fn a_push_goes_through_up_to_the_limit_of_the_spec() {
    let files = Files::of("intranet-sso");
    let most = files.deployment.limits.max_allowed_content_length;
    let push = |length: u64| {
        files.send(
            "POST",
            "https://kallithea.corp.example.com/c++?cmd=unbundle",
            &[("Content-Length", &length.to_string())],
        )
    };
    assert!(matches!(push(most.into()), Outcome::Bridge { .. }));
    assert!(matches!(push(u64::from(most) + 1), Outcome::Answered { status: "404.13 or 413.1", .. }));
}

#[test]
fn who_the_user_is_follows_from_authentication() {
    let user = |files: &Files| match files.get("https://kallithea.corp.example.com/") {
        Outcome::Bridge { remote_user, .. } => remote_user,
        other => panic!("{other:?}"),
    };
    assert_eq!(user(&Files::of("intranet-sso")), r"DOMAIN\user");
    let both = Files::of("intranet-sso").with_host(
        "<anonymousAuthentication enabled=\"false\"/>",
        "<anonymousAuthentication enabled=\"true\"/>",
    );
    assert_eq!(user(&both), "not set");
}

/// A cause of a known failure: its change to the two files, the request that fails, and the status.
type Planted = (fn(Files) -> Files, &'static str, &'static str);

/// The known failures.
const FAILURES: [Planted; 35] = [
    (
        |files| files.with_web("allowDoubleEscaping=\"true\"", "allowDoubleEscaping=\"false\""),
        "/c++",
        "404.11",
    ),
    (
        |files| files.with_web("allowDoubleEscaping=\"true\"", "allowDoubleEscaping=\"false\""),
        "/c%2B",
        "404.11",
    ),
    (
        |files| files.with_web(&cleared("<hiddenSegments>"), "<hiddenSegments><add segment=\"bin\"/>"),
        "/r/bin/x",
        "404.8",
    ),
    (
        |files| {
            files.with_web(
                &cleared(EXTENSIONS),
                &format!("{EXTENSIONS}<add fileExtension=\".cs\" allowed=\"false\"/>"),
            )
        },
        "/r/a.cs",
        "404.7",
    ),
    (|files| files.with_web(EXTENSIONS, "<fileExtensions allowUnlisted=\"false\">"), "/r/a.b", "404.7"),
    (
        |files| files.with_web(&cleared("<denyUrlSequences>"), "<denyUrlSequences><add sequence=\"..\"/>"),
        "/r/a..b",
        "404.5",
    ),
    (
        |files| files.with_web("<verbs allowUnlisted=\"true\">", "<verbs allowUnlisted=\"false\">"),
        "/",
        "404.6",
    ),
    (|files| files.with_web("maxUrl=\"8192\"", "maxUrl=\"4\""), "/long", "404.14"),
    (|files| files.with_web("maxQueryString=\"8192\"", "maxQueryString=\"4\""), "/?a=bcd", "404.15"),
    (
        |files| files.with_web("<requestFiltering ", "<requestFiltering allowHighBitCharacters=\"false\" "),
        "/caf%C3%A9",
        "404.12",
    ),
    (|files| files.with_web("<requestLimits ", "<requestLimits maxAllowedBody=\"1\" "), "/", "500.19"),
    (
        |files| files.with_web("<requestFiltering ", "<access sslFlags=\"None\" /><requestFiltering "),
        "/",
        "500.19",
    ),
    (|files| files.with_host(REQUEST_FILTERING, &REQUEST_FILTERING.replace("Allow", "Deny")), "/", "500.19"),
    (
        |files| {
            files.with_host(
                "allowed=\"true\" groupId=\"kallithea-iisc\"",
                "allowed=\"false\" groupId=\"kallithea-iisc\"",
            )
        },
        "/",
        "404.2",
    ),
    (|files| files.with_host("<add name=\"IsapiModule\"", "<add name=\"Other\""), "/", "500.21"),
    (|files| files.with_host("accessPolicy=\"Read, Script\"", "accessPolicy=\"Read\""), "/", "403.1"),
    (|files| files.with_host("preCondition=\"bitness64\"", "preCondition=\"bitness32\""), "/", "404.4"),
    (
        |files| files.with_host("enable32BitAppOnWin64=\"false\"", "enable32BitAppOnWin64=\"true\""),
        "/",
        "404.4",
    ),
    (
        |files| {
            files
                .with_host("enable32BitAppOnWin64=\"false\"", "enable32BitAppOnWin64=\"true\"")
                .with_host(" preCondition=\"bitness64\"", "")
        },
        "/",
        "500",
    ),
    (
        |files| files.with_host("<add name=\"Kallithea\" queueLength", "<add name=\"Other\" queueLength"),
        "/",
        "503",
    ),
    (
        |files| {
            files.with_host(
                "<add name=\"Kallithea\" queueLength",
                "<add name=\"Kallithea\" autoStart=\"false\" queueLength",
            )
        },
        "/",
        "503",
    ),
    (
        |files| {
            files
                .with_host(
                    "<windowsAuthentication enabled=\"true\"",
                    "<windowsAuthentication enabled=\"false\"",
                )
                .with_host("<basicAuthentication enabled=\"true\"", "<basicAuthentication enabled=\"false\"")
        },
        "/",
        "401.2",
    ),
    (|files| files.with_host("maxUrlSegments=\"255\"", "maxUrlSegments=\"3\""), "/a/b/c/d", "404.20"),
    (
        |files| {
            let denied = "<denyQueryStringSequences><add sequence=\"--\"/></denyQueryStringSequences>";
            files.with_web("</requestFiltering>", &format!("{denied}</requestFiltering>"))
        },
        "/?a=--",
        "404.18",
    ),
    (
        |files| files.with_web("</requestFiltering>", &format!("{RULE}</requestFiltering>")),
        "/a/evil.txt",
        "404.19",
    ),
    (|files| files, "/%07", "400"),
    (|files| files, "/c++/files/tip/%", "400"),
    (|files| files, "/c++/files/tip/100%zz", "400"),
    (|files| files, "/%C3%BC", "200"),
    (|files| files, "/%FC", "-"),
    (|files| files, "/D:/repositories", "404.0"),
    (|files| files, "/c++/files/tip/a:b.txt", "200"),
    (
        |files| {
            files.with_host(
                "<add name=\"Kallithea\" \
                path",
                "<add name=\"Mine\" path=\"*\" verb=\"GET\" modules=\"StaticFileModule\" /><add \
                    name=\"Kallithea\" path",
            )
        },
        "/",
        "403.14",
    ),
    (
        |files| {
            files.with_host(
                "<add name=\"Kallithea\" \
                path",
                "<add name=\"Mine\" path=\"*\" verb=\"GET\" modules=\"WebDAVModule\" /><add \
                    name=\"Kallithea\" path",
            )
        },
        "/",
        "405",
    ),
    (|files| files, "/c++/raw/tip/bin/web.config", "200"),
];

const RULE: &str = "<filteringRules><filteringRule name=\"no evil\" scanUrl=\"true\"><denyStrings><add \
    string=\"EVIL\"/></denyStrings>\
    </filteringRule></filteringRules>";
const EXTENSIONS: &str = "<fileExtensions allowUnlisted=\"true\">";
const REQUEST_FILTERING: &str = "<section name=\"requestFiltering\" overrideModeDefault=\"Allow\" />";

/// The list of enabled modules of a server: those of the deployment, and these.
fn modules(others: &[&str]) -> String {
    const OWN: [&str; 4] =
        ["RequestFilteringModule", "IsapiModule", "WindowsAuthenticationModule", "BasicAuthenticationModule"];
    let all = OWN.iter().chain(others).map(|name| format!("<add name=\"{name}\" />"));
    format!("<modules>{}</modules>", all.collect::<String>())
}

/// A list's start tag, and the `clear` behind it.
fn cleared(tag: &str) -> String {
    format!("{tag}\n                    <clear/>")
}

#[test]
fn each_known_failure_is_foreseen() {
    for (number, (plant, path, status)) in FAILURES.into_iter().enumerate() {
        let files = plant(Files::on_server("intranet-sso"));
        assert_eq!(
            files.status(&format!("https://kallithea.corp.example.com{path}")),
            status,
            "{number}: {path}"
        );
    }
    let long = format!("https://kallithea.corp.example.com/{}", "a".repeat(300));
    assert_eq!(Files::on_server("intranet-sso").status(&long), "400");
}

/// The compiled web.config allows what a level above denies. So if IIS still denies it, that file is not in place, and the
/// table of symptoms says so.
#[test]
fn what_a_server_denies_is_let_through_by_the_compiled_file_alone() {
    const DENIED: &str = "<requestFiltering><denyUrlSequences><add sequence=\"/raw/\"/></denyUrlSequences>\
        <verbs><add verb=\"PUT\" allowed=\"false\"/></verbs>\
        <fileExtensions><add fileExtension=\".cs\" allowed=\"false\"/></fileExtensions>\
        <hiddenSegments><add segment=\"bin\"/></hiddenSegments></requestFiltering>";
    let denying = || Files::on_server("minimal").with_host("<security>\n", &format!("<security>{DENIED}\n"));
    let cases = [
        ("GET", "/repo/raw/tip/a", "404.5"),
        ("PUT", "/repo", "404.6"),
        ("GET", "/repo/files/main.cs", "404.7"),
        ("GET", "/repo/files/bin/a", "404.8"),
        ("GET", "/repo/c++", "404.11"),
    ];
    for (method, path, status) in cases {
        let url = format!("http://kallithea.corp.example.com{path}");
        let let_in = denying().send(method, &url, &[]);
        assert!(matches!(let_in, Outcome::Bridge { .. }), "{status}: {let_in:?}");
        let bare = Files { web: "<configuration/>".to_owned(), ..denying() };
        let refused = bare.send(method, &url, &[]);
        assert!(
            matches!(&refused, Outcome::Answered { status: seen, .. } if *seen == status),
            "{status}: {refused:?}"
        );
        for (symptom, causes) in SYMPTOMS.find(status) {
            assert_eq!(symptom.name, status);
            for cause in causes {
                assert!(cause.why.contains("the compiled web.config"), "{status}: {}", cause.why);
                assert_eq!(
                    (cause.remedy, cause.commands),
                    ("run build, and copy web.config again", ["route", "plan", "diff"].as_slice()),
                    "{status}"
                );
            }
        }
    }
}

/// WebDAV, if installed, handles PROPFIND, PUT and others itself; the compiled files disable it.
#[test]
fn webdav_is_out_of_the_way() {
    let url = "https://kallithea.corp.example.com/repository";
    let installed = || {
        let files = Files::on_server("intranet-sso");
        let module = "<add name=\"WebDAVModule\" image=\"webdav.dll\" />";
        let files = files.with_host("</globalModules>", &format!("{module}</globalModules>"));
        files.with_host("</globalModules>", &format!("</globalModules>{}", modules(&["WebDAVModule"])))
    };
    assert!(matches!(installed().send("PUT", url, &[]), Outcome::Bridge { .. }));
    let in_the_way = installed().with_host("<remove name=\"WebDAVModule\" />", "");
    assert!(matches!(in_the_way.send("PUT", url, &[]), Outcome::Answered { status: "405", .. }));
    assert!(matches!(in_the_way.send("POST", url, &[]), Outcome::Bridge { .. }));
}

#[test]
fn plain_http_is_refused_where_tls_is_required() {
    let files = Files::of("intranet-sso").with_host(
        "<binding protocol=\"https\"",
        "<binding protocol=\"http\" bindingInformation=\"*:80:\"/><binding protocol=\"https\"",
    );
    assert_eq!(files.status("http://kallithea.corp.example.com/"), "403.4");
}

/// However its separators are spelled, this is one path, as HTTP.sys reads it. A path that leads out of the application
/// belongs to another application.
#[test]
fn a_path_is_read_as_iis_reads_it() {
    let below = Files::on_server("subfolder-x86");
    let reached = |path: &str| match below.get(&format!("http://localhost:8080{path}")) {
        Outcome::Bridge { script_name, path_info, .. } => format!("{script_name} {path_info}"),
        Outcome::Answered { status, .. } => status.to_owned(),
    };
    for path in [
        "/kallithea/notes",
        "//kallithea/notes",
        "/kallithea//notes",
        "/kallithea%5Cnotes",
        r"/kallithea\notes",
        r"\kallithea/notes",
        "/%5ckallithea/x/..%5cnotes",
        "/wiki/..//kallithea/./notes",
        "/%u006ballithea/notes",
    ] {
        assert_eq!(reached(path), "/kallithea /notes", "{path}");
    }
    assert_eq!(reached("/kallithea/a%255Cb//c?d=//e"), "/kallithea /a%5Cb/c");
    assert_eq!(reached("/kallithea/..%5cother"), "-");
    assert_eq!(reached("/kallithea/%5cinetpub%5cx"), "/kallithea /inetpub/x");
    assert_eq!(reached("/kallithea/%5c%5chost/share"), "/kallithea /host/share");
    assert_eq!(reached("/kallithea/C:%5cx"), "404.0");
}

#[test]
fn another_site_or_application_is_not_ours() {
    let files = Files::on_server("minimal");
    assert_eq!(files.status("http://wiki.corp.example.com/"), "-");
    assert_eq!(files.status("http://nobody.corp.example.com/"), "400");
    assert_eq!(files.status("http://kallithea.corp.example.com:81/"), "-");
    let below = Files::on_server("subfolder-x86");
    assert_eq!(below.status("http://localhost:8080/"), "-");
    assert_eq!(below.status("http://localhost:8080/kallithea-old/"), "-");
    assert_eq!(below.status("http://localhost:8080/KALLITHEA/x"), "200");
}

#[test]
fn a_request_is_read_as_a_client_would_send_it() {
    let request = |url: &str| Request::new(url, "get", Vec::new());
    let read = request("https://[::1]:8443/a?b#c").expect("a URL");
    assert_eq!((read.host.as_str(), read.port, read.path(), read.query()), ("[::1]", 8443, "/a", "b"));
    assert_eq!(request("http://host?x").expect("a URL").target, "/?x");
    for wrong in ["/path", "ftp://host/", "http:///x", "http://host:port/"] {
        assert!(request(wrong).is_err(), "{wrong}");
    }
}

/// HTTP.sys chooses the site by the header Host. The connection goes where the URL says.
#[test]
fn the_header_host_chooses_the_site() {
    let files = Files::on_server("minimal");
    let named = |host: &str, url: &str| match files.send("GET", url, &[("host", host)]) {
        Outcome::Bridge { .. } => "200",
        Outcome::Answered { status, .. } => status,
    };
    for host in ["kallithea.corp.example.com", "kallithea.corp.example.com:80", " KALLITHEA.corp.example.com"]
    {
        assert_eq!(named(host, "http://10.0.0.7/"), "200", "{host}");
    }
    assert_eq!(named("wiki.corp.example.com", "http://kallithea.corp.example.com/"), "-");
    assert_eq!(named("nobody.corp.example.com", "http://kallithea.corp.example.com/"), "400");
    assert_eq!(named("kallithea.corp.example.com:80", "http://10.0.0.7:81/"), "-");
    let twice = ["Host", "HOST"].map(|name| (name.to_owned(), "a.example.com".to_owned())).to_vec();
    assert!(Request::new("http://10.0.0.7/", "GET", twice).is_err());
}

/// What `route` reports for the sign-on.
fn sign_on(files: &Files) -> String {
    let passage = files.route("GET", "http://kallithea.corp.example.com/", &[]);
    passage.steps.iter().map(|step| step.says.as_str()).collect()
}

#[test]
fn whether_a_request_is_signed_on_or_a_connection_is_said() {
    const SAID: &str = "<windowsAuthentication enabled=\"true\" authPersistNonNTLM=\"false\"";
    assert!(
        sign_on(&Files::of("minimal")).contains("With NTLM, which Negotiate falls back to"),
        "{}",
        sign_on(&Files::of("minimal"))
    );
    let inherited = SAID.replace("false", "true");
    let files = Files::of("minimal").with_host(SAID, &inherited);
    assert!(sign_on(&files).contains("for the whole connection (authPersistNonNTLM)"), "{}", sign_on(&files));
    let kerberos =
        Files::of("minimal").with_host("<add value=\"Negotiate\"/>", "<add value=\"Negotiate:Kerberos\"/>");
    let kerberos = kerberos.with_host("<add value=\"NTLM\"/>", "");
    assert!(sign_on(&kerberos).contains("Each request is signed on separately"), "{}", sign_on(&kerberos));
}

/// IIS refuses a name in another case, and takes away nothing that is named in another case.
#[test]
fn upper_and_lower_case_count_as_they_do_for_iis() {
    let name = "minimal";
    assert_eq!(
        Files::of(name)
            .with_web("system.webServer>", "system.webserver>")
            .status("http://kallithea.corp.example.com/"),
        "500.19"
    );
    assert_eq!(
        Files::of(name)
            .with_web("requestLimits", "RequestLimits")
            .status("http://kallithea.corp.example.com/"),
        "500.19"
    );
}

/// IIS requests this page itself, without a user; it has a `<location>` of its own.
#[test]
fn a_page_with_a_location_of_its_own_is_routed_by_it() {
    for files in [Files::of("intranet-sso"), Files::on_server("intranet-sso")] {
        for (page, wanted) in [
            ("/images/kallithea-logo.svg", "not set"),
            ("/images/kallithea-logo.svg.map", r"DOMAIN\user"),
            ("/images/", r"DOMAIN\user"),
        ] {
            let outcome = files.get(&format!("https://kallithea.corp.example.com{page}"));
            assert!(
                matches!(&outcome, Outcome::Bridge { remote_user, .. } if remote_user == wanted),
                "{page}: {outcome:?}"
            );
        }
    }
}
