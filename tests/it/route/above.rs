//! What the web.config of a site does to Kallithea below it.

use std::fs;

use super::{Files, Outcome, SERVER, SITE_FILE};
use crate::support::{self, program};

const URL: &str = "http://localhost:8080/kallithea/";

/// Kallithea below a site whose folder has a web.config with this content.
fn below(content: &str) -> Files {
    let text = format!("<configuration>{content}</configuration>");
    let modules = ["HttpRedirectionModule", "RewriteModule"]
        .map(|name| format!("<add name=\"{name}\" image=\"a.dll\" />"));
    let installed = format!("<globalModules>{}", modules.concat());
    const GROUP: &str = "<sectionGroup name=\"system.webServer\">";
    let sections = "<section name=\"httpRedirect\" overrideModeDefault=\"Allow\" />\
        <sectionGroup name=\"rewrite\"><section name=\"rules\" overrideModeDefault=\"Allow\" /></sectionGroup>";
    let files = Files::on_server("subfolder-x86").with_host("<globalModules>", &installed);
    Files { above: vec![(SITE_FILE, "/", text)], ..files.with_host(GROUP, &format!("{GROUP}{sections}")) }
}

fn server(content: &str) -> Files {
    below(&format!("<system.webServer>{content}</system.webServer>"))
}

#[track_caller]
fn ends(files: &Files, status: &str, words: &[&str]) {
    match files.get(URL) {
        Outcome::Bridge { .. } => assert_eq!((status, words), ("200", [].as_slice())),
        Outcome::Answered { status: seen, why } => {
            assert_eq!(seen, status, "{why}");
            words.iter().for_each(|words| assert!(why.contains(words), "{why}"));
        }
    }
}

#[test]
fn a_file_of_the_site_that_iis_cannot_read_stops_the_application() {
    ends(&below(""), "200", &[]);
    ends(&below("<system.webServer>"), "500.19", &[SITE_FILE, "above"]);
    ends(&server("<httpErrors errorMood=\"Detailed\" />"), "500.19", &[SITE_FILE, "httpErrors@errorMood"]);
    ends(&server("<handlers accessPolicy=\"Read\" />"), "500.19", &[SITE_FILE, "locks"]);
    // .NET's sections are .NET's.
    ends(&below("<system.web><httpRuntime newerThanThis=\"1\" /></system.web>"), "200", &[]);
}

#[test]
fn what_the_site_locks_stops_the_application() {
    let lock = |mode: &str| {
        below(&format!(
            "<location path=\"{mode}\" overrideMode=\"Deny\"><system.webServer><httpProtocol /></system.webServer></location>"
        ))
    };
    ends(&lock("."), "500.19", &["httpProtocol", SITE_FILE]);
    ends(&lock("kallithea"), "500.19", &["httpProtocol", SITE_FILE]);
    ends(&lock("elsewhere"), "200", &[]);
    ends(&lock(".\" inheritInChildApplications=\"false"), "200", &[]);
    let unlocked = "<location path=\"Default Web Site/kallithea\" overrideMode=\"Allow\"><system.webServer><httpProtocol />\
        </system.webServer></location></configuration>";
    ends(&lock(".").with_host("</configuration>", unlocked), "200", &[]);
}

#[test]
fn a_redirect_of_the_site_takes_the_request() {
    const ON: &str = "<httpRedirect enabled=\"true\" destination=\"https://www.example.com\" />";
    let words = ["https://www.example.com", "appcmd set config \"Default Web Site/kallithea\""];
    ends(&server(ON), "302", &words);
    ends(&server(&ON.replace("/>", "httpResponseStatus=\"Permanent\" />")), "301", &words);
    ends(&server(&ON.replace("true", "false")), "200", &[]);
    let location = |path: &str, more: &str| {
        below(&format!(
            "<location path=\"{path}\" {more}><system.webServer>{ON}</system.webServer></location>"
        ))
    };
    ends(&location("kallithea", ""), "302", &words);
    ends(&location("elsewhere", ""), "200", &[]);
    ends(&location(".", "inheritInChildApplications=\"false\""), "200", &[]);
    // What the message advises.
    let off = "<httpRedirect enabled=\"false\" /><serverRuntime ";
    let advised = server(ON).with_host("<serverRuntime ", off);
    ends(&advised, "200", &[]);
}

/// A `<location>` of the server's file for the application counts after the file of the site.
#[test]
fn the_servers_location_of_the_application_counts_more_than_the_file_of_the_site() {
    let mapping = "<handlers><clear /><add name=\"All\" path=\"*\" verb=\"*\" modules=\"StaticFileModule\" /></handlers>";
    let unlocked = "<section name=\"handlers\" overrideModeDefault=\"Allow\" />";
    let locked = unlocked.replace("Allow", "Deny");
    ends(&server(mapping).with_host(&locked, unlocked), "200", &[]);
    let limits = "<security><requestFiltering><requestLimits maxUrl=\"10\" /></requestFiltering></security>";
    ends(&server(limits), "200", &[]);
}

#[test]
fn rules_that_the_application_inherits_are_named() {
    let rules = |more: &str| {
        server(&format!(
            "<rewrite><rules><rule name=\"To https\"><match url=\".*\" /><action type=\"None\" /></rule>\
             <rule name=\"Old\"><match url=\"x\" /><action type=\"None\" /></rule>{more}</rules></rewrite>"
        ))
    };
    let said = |files: &Files| -> Vec<String> {
        let steps = files.route("GET", URL, &[]).steps;
        steps.into_iter().filter(|step| step.rule == "rewrite").map(|step| step.says).collect()
    };
    assert_eq!(
        said(&rules("")),
        ["route does not follow 2 rules of URL Rewrite that count for the application: To https, Old"]
    );
    assert_eq!(said(&rules("<clear />")), [""; 0]);
    assert!(said(&rules("<remove name=\"Old\" />"))[0].contains("not follow a rule of"));
}

/// They run before everything of the site.
#[test]
fn global_rules_of_the_server_are_named_first() {
    let rules = |more: &str| {
        let rules = format!("<rewrite><globalRules><rule name=\"To https\" />{more}</globalRules></rewrite>");
        below("").with_host("</globalModules>", &format!("</globalModules>{rules}"))
    };
    let said = |files: &Files| -> Vec<String> {
        let steps = files.route("GET", URL, &[]).steps;
        let place = |rule: &str| steps.iter().position(|step| step.rule == rule);
        assert!(place("global rules") < place("URL segments"), "{steps:?}");
        steps.into_iter().filter(|step| step.rule == "global rules").map(|step| step.says).collect()
    };
    let [one] = said(&rules("")).try_into().expect("one step");
    assert!(
        one.contains("a global rule of URL Rewrite")
            && one.ends_with("before everything of the site: To https"),
        "{one}"
    );
    let [two] = said(&rules("<rule name=\"Old\" />")).try_into().expect("one step");
    assert!(two.contains("2 global rules") && two.ends_with("To https, Old"), "{two}");
    let [one] = said(&rules("<rule name=\"Old\" enabled=\"false\" />")).try_into().expect("one step");
    assert!(one.ends_with("To https"), "{one}");
    assert_eq!(said(&below("")), [""; 0]);
    assert_eq!(said(&rules("").with_host("name=\"RewriteModule\"", "name=\"Other\"")), [""; 0]);
}

/// A folder between the site's and the application's has a file of its own.
#[test]
fn the_files_of_all_folders_above_count() {
    const FOLDER: &str = r"C:\inetpub\wwwroot\a\web.config";
    let spec = support::spec_of("subfolder-x86");
    let deployment = support::deployment(&spec.replace("path: /kallithea", "path: /a/kallithea"));
    let files = |[site, folder]: [&str; 2]| {
        let text = |inner: &str| format!("<configuration>{inner}</configuration>");
        let above = vec![(SITE_FILE, "/", text(site)), (FOLDER, "/a", text(folder))];
        Files { above, ..Files::planned(deployment.clone()) }
    };
    let ends = |contents: [&str; 2], status: &str, words: &[&str]| {
        let answer = files(contents).get("http://localhost:8080/a/kallithea/");
        match answer {
            Outcome::Bridge { .. } => assert_eq!((status, words), ("200", [].as_slice())),
            Outcome::Answered { status: seen, why } => {
                assert_eq!(seen, status, "{why}");
                words.iter().for_each(|words| assert!(why.contains(words), "{why}"));
            }
        }
    };
    let header = |name: &str| {
        format!(
            "<system.webServer><httpProtocol><customHeaders><add name=\"{name}\" value=\"1\" /></customHeaders></httpProtocol></system.webServer>"
        )
    };
    let lock = |path: &str, mode: &str| {
        format!(
            "<location path=\"{path}\" overrideMode=\"{mode}\"><system.webServer><httpProtocol /></system.webServer></location>"
        )
    };
    ends(["", ""], "200", &[]);
    ends(["", &lock("kallithea", "Deny")], "500.19", &["httpProtocol", FOLDER]);
    ends(["", &lock("a/kallithea", "Deny")], "200", &[]);
    ends([&lock("a/kallithea", "Deny"), ""], "500.19", &["httpProtocol", SITE_FILE]);
    // The file of the folder contradicts that of the site.
    ends([&header("X-Own"), &header("X-Own")], "500.19", &[FOLDER, SITE_FILE]);
    ends([&header("X-Own"), &header("X-Other")], "200", &[]);
}

/// What the program says, and its exit code, for a server whose site has this folder.
fn run(folder: &str, more: &[&str]) -> (String, Option<i32>) {
    let server = tempfile::tempdir().expect("a folder");
    let host = server.path().join("applicationHost.config");
    let text = SERVER.replace("%SystemDrive%\\inetpub\\wwwroot", folder);
    assert!(text.contains(folder), "{text}");
    fs::write(&host, text).expect("the server's file");
    let spec = support::example("subfolder-x86");
    let fixed = ["route", support::text(&spec), URL, "--host-config", support::text(&host)];
    let output = program::run(&[fixed.as_slice(), more].concat());
    (program::error(&output) + &String::from_utf8_lossy(&output.stdout), output.status.code())
}

/// A file in UTF-16 may declare that, and one in UTF-8 may not.
#[test]
fn a_file_in_utf_16_may_say_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("web.config");
    let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><configuration/>";
    let wide: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let spec = support::example("subfolder-x86");
    for option in ["--site-web-config", "--web-config"] {
        let run = |bytes: &[u8]| {
            fs::write(&file, bytes).expect("a file");
            program::run(&["route", support::text(&spec), URL, option, support::text(&file)])
        };
        for (bytes, is_wrong) in [(wide.as_slice(), false), (text.as_bytes(), true)] {
            let said = String::from_utf8_lossy(&run(bytes).stdout).into_owned();
            assert_eq!(said.contains("the file declares utf-16"), is_wrong, "{option}: {said}");
        }
    }
}

/// A folder of this machine is not the server's, whatever its name.
#[test]
fn the_file_is_named_or_said_to_be_missing() {
    let bad =
        "<configuration><system.webServer><httpErrors errorMood=\"x\" /></system.webServer></configuration>";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("web.config");
    fs::write(&file, bad).expect("a file");
    for place in [support::text(folder.path()), r"D:\sites\default"] {
        let (said, code) = run(place, &[]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(&format!(r"not looked at: {place}\web.config")), "{said}");
    }
    let (said, code) = run(r"D:\sites\default", &["--site-web-config", support::text(&file)]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("errorMood") && !said.contains("not looked at"), "{said}");
    let root = support::example("minimal");
    let url = "http://kallithea.corp.example.com/";
    let output =
        program::run(&["route", support::text(&root), url, "--site-web-config", support::text(&file)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(program::error(&output).contains("leave out --site-web-config"), "{}", program::error(&output));
}
