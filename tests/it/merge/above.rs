//! What `plan` says of the web.config files above the application, before `apply`.

use std::fs;

use super::{SERVER, spec_of};
use crate::support::program::{code, error, out, run};
use crate::support::{file_alone, text};

/// The exit code of `plan` for Kallithea below a site, and everything that it says. `site` is the content of the site's web.config.
fn plan(server: &str, site: Option<&str>) -> (i32, String) {
    let (folder, host) = file_alone("applicationHost.config", server);
    let [spec, web] = ["deploy.yaml", "site.web.config"].map(|name| folder.path().join(name));
    fs::write(&spec, spec_of("subfolder-x86")).expect("the spec");
    let mut arguments = vec!["plan", text(&spec), "--host-config", text(&host)];
    if let Some(content) = site {
        fs::write(&web, format!("<configuration>{content}</configuration>")).expect("the site's file");
        arguments.extend(["--site-web-config", text(&web)]);
    }
    let output = run(&arguments);
    assert_eq!(fs::read_to_string(&host).expect("the server's file"), server, "plan writes nothing");
    (code(&output), error(&output) + &out(&output))
}

/// The server of the tests with these sections and modules.
fn server() -> String {
    const GROUP: &str = "<sectionGroup name=\"system.webServer\">";
    const MODULES: &str = "<globalModules>";
    let section = "<section name=\"httpRedirect\" overrideModeDefault=\"Allow\" />";
    let module = "<add name=\"HttpRedirectionModule\" image=\"redirect.dll\" />";
    SERVER.replace(GROUP, &format!("{GROUP}{section}")).replace(MODULES, &format!("{MODULES}{module}"))
}

const REDIRECT: &str = "<system.webServer><httpRedirect enabled=\"true\" destination=\"https://www.example.com\" /></system.webServer>";

#[test]
fn what_a_file_above_refuses_is_an_error_at_its_place() {
    let lock = |path: &str| {
        format!(
            "<location path=\"{path}\" overrideMode=\"Deny\"><system.webServer><httpProtocol /></system.webServer></location>"
        )
    };
    let headers = |name: &str| {
        format!(
            "<system.webServer><httpProtocol><customHeaders><add name=\"{name}\" value=\"x\" /></customHeaders>\
             </httpProtocol></system.webServer>"
        )
    };
    for (site, found, place) in [
        (lock("."), "KI506", "web.config:"),
        (lock("kallithea"), "KI506", "web.config:"),
        ("<system.webServer>".to_owned(), "KI501", "site.web.config:1"),
        (
            "<system.webServer><httpErrors errorMood=\"x\" /></system.webServer>".to_owned(),
            "KI509",
            "site.web.config:1",
        ),
        ("<system.webServer><handlers /></system.webServer>".to_owned(), "KI506", "site.web.config:1"),
    ] {
        let (code, said) = plan(&server(), Some(&site));
        assert_eq!(code, 2, "{site}: {said}");
        assert!(said.contains(found) && said.contains(place) && said.contains("500.19"), "{site}: {said}");
    }
    for site in [lock("elsewhere"), headers("X-Site"), String::new()] {
        let (code, said) = plan(&server(), Some(&site));
        assert!(code == 1 && !said.contains("KI5"), "{site}: {said}");
    }
}

#[test]
fn a_redirect_above_is_a_warning_at_its_place() {
    let on_server = |attributes: &str| {
        server().replace(
            "</globalModules>",
            &format!("</globalModules><httpRedirect enabled=\"true\" {attributes} />"),
        )
    };
    let of_server = on_server("destination=\"https://www.example.com\"");
    for (server, site, file) in [
        (server(), Some(REDIRECT), "site.web.config:1"),
        (of_server.clone(), None, "applicationHost.config:"),
    ] {
        let (code, said) = plan(&server, site);
        assert_eq!(code, 1, "a warning: {said}");
        for words in [
            "warning[KI424]",
            "https://www.example.com",
            file,
            "appcmd set config \"Default Web Site/kallithea\"",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
    let off = "<location path=\"Default Web Site/kallithea\"><system.webServer><httpRedirect enabled=\"false\" /></system.webServer></location>";
    let advised = |server: &str| server.replace("</configuration>", &format!("{off}</configuration>"));
    for (server, site) in [
        (advised(&server()), Some(REDIRECT)),
        (advised(&of_server), None),
        (
            server(),
            Some(
                "<location path=\".\" inheritInChildApplications=\"false\"><system.webServer><httpRedirect \
            enabled=\"true\" destination=\"https://www.example.com\" /></system.webServer></location>",
            ),
        ),
        (on_server("childOnly=\"true\" destination=\"https://www.example.com\""), None),
        (
            SERVER.replace(
                "</globalModules>",
                "</globalModules><httpRedirect enabled=\"true\" destination=\"x\" />",
            ),
            None,
        ),
    ] {
        let (code, said) = plan(&server, site);
        assert!(code == 1 && !said.contains("KI424"), "{server} {site:?}: {said}");
    }
}

#[test]
fn a_file_that_nobody_has_looked_at_is_named() {
    let (code, said) = plan(&server(), None);
    assert!(code == 1 && said.contains(r"not looked at: %SystemDrive%\inetpub\wwwroot\web.config"), "{said}");
    assert!(!plan(&server(), Some("")).1.contains("not looked at"));
}
