//! Any configuration file checked against the rules of IIS.
//!
//! With the feature `schemas`, against Microsoft's schema files (`KALLITHEA_IISC_IIS_SCHEMAS`) and with real files
//! (`KALLITHEA_IISC_IIS_SAMPLES`), too.

mod cases;
mod fixing;
mod foreign;
mod places;
#[cfg(feature = "schemas")]
mod real;
mod refused;

use iis_config::Version;
use iis_config::schema::Tables;
use kallithea_iisc::diagnostic::Diagnostic;
use kallithea_iisc::lint::{Kind, Locks, lint};

use crate::support;
use crate::support::program;

const SERVER: &str = include_str!("merge/server.config");

fn found(text: &str, kind: Kind, locks: Option<&Locks>) -> Vec<(&'static str, String)> {
    let found = lint(text, kind, Version::V10_0, &Tables::own(), locks);
    found.iter().map(|one: &Diagnostic| (one.code.id(), text[one.span.clone()].to_owned())).collect()
}

fn web(inner: &str) -> String {
    format!("<configuration>\n    <system.webServer>{inner}</system.webServer>\n</configuration>\n")
}

fn assert_one(text: &str, kind: Kind, code: &str, place: &str) {
    assert_eq!(found(text, kind, None), [(code_of(code), place.to_owned())], "{text}");
}

fn code_of(code: &str) -> &'static str {
    let known = kallithea_iisc::diagnostic::Code::ALL.iter().map(|known| known.id());
    known.into_iter().find(|known| *known == code).expect("a code")
}

#[test]
fn every_code_has_a_file_that_shows_it_at_its_place() {
    let web_config = |code, inner: &str, place| assert_one(&web(inner), Kind::WebConfig, code, place);
    assert_eq!(found("<configuration><a></configuration>", Kind::WebConfig, None)[0].0, "KI501");
    assert_one("<settings />", Kind::WebConfig, "KI502", "<settings /");
    web_config("KI505", "<httpErrors /><httpErrors />", "<httpErrors /");
    web_config("KI516", "<handlers />", "<handlers /");
    web_config("KI508", "<httpErrors><eror /></httpErrors>", "<eror /");
    web_config("KI509", "<httpErrors existingRespons=\"PassThrough\" />", "existingRespons");
    web_config("KI510", "<httpErrors>words</httpErrors>", "words</httpErrors");
    web_config("KI512", "<httpErrors existingResponse=\"Pass\" />", "existingResponse");
    web_config(
        "KI513",
        "<security><requestFiltering><requestLimits maxUrl=\"-1\" /></requestFiltering></security>",
        "maxUrl",
    );
    let segment =
        "<security><requestFiltering><hiddenSegments><add /></hiddenSegments></requestFiltering></security>";
    web_config("KI511", segment, "<add /");
    let twice = "<add name=\"a\" value=\"b\" /><add name=\"A\" value=\"c\" />";
    let twice = format!("<httpProtocol><customHeaders>{twice}</customHeaders></httpProtocol>");
    web_config("KI514", &twice, "<add name=\"A\" value=\"c\" /");
    let pools = "<configuration><system.applicationHost><applicationPools \
        /></system.applicationHost></configuration>";
    assert_one(pools, Kind::WebConfig, "KI507", "<applicationPools /");
    assert!(found(pools, Kind::HostConfig, None).is_empty());
    let location = "<configuration><location path=\"../up\"><system.webServer><httpErrors \
        /></system.webServer></location></configuration>";
    assert_one(location, Kind::WebConfig, "KI515", "<location path");
    let new = web("<applicationInitialization />");
    assert_eq!(lint(&new, Kind::WebConfig, Version::V7_5, &Tables::own(), None)[0].code.id(), "KI504");
}

#[test]
fn what_was_meant_is_guessed() {
    let help = |inner: &str| {
        let found = lint(&web(inner), Kind::WebConfig, Version::V10_0, &Tables::own(), None);
        found[0].help.clone().unwrap_or_default()
    };
    assert_eq!(help("<httpErrors existingRespons=\"PassThrough\" />"), "did you mean \"existingResponse\"?");
    assert_eq!(help("<httpProtocol><customHeader /></httpProtocol>"), "did you mean \"customHeaders\"?");
    assert!(help("<handlers />").contains("--host-config"));
    assert_eq!(help("<httpErrors something=\"else\" />"), "");
}

#[test]
fn what_is_somebody_elses_is_passed_over() {
    let dot_net = "<configuration><appSettings><add key=\"a\" value=\"b\" /></appSettings><system.web \
        /><runtime>x</runtime></configuration>";
    assert!(found(dot_net, Kind::WebConfig, None).is_empty());
    assert!(found(&web("<rewrite><rules /></rewrite>"), Kind::WebConfig, None).is_empty());
    assert!(found(SERVER, Kind::HostConfig, None).is_empty());
}

#[test]
fn locks_are_the_servers() {
    let handlers = web("<handlers />");
    let open = SERVER.replace(
        "name=\"handlers\" overrideModeDefault=\"Deny\"",
        "name=\"handlers\" overrideModeDefault=\"Allow\"",
    );
    let locks = |text: &str| Locks::read(text).expect("XML");
    assert_eq!(found(&handlers, Kind::WebConfig, Some(&locks(SERVER))).len(), 1);
    assert!(found(&handlers, Kind::WebConfig, Some(&locks(&open))).is_empty());
    let shut = SERVER.replace(
        "name=\"httpErrors\" overrideModeDefault=\"Allow\"",
        "name=\"httpErrors\" overrideModeDefault=\"Deny\"",
    );
    let errors = web("<httpErrors />");
    assert!(found(&errors, Kind::WebConfig, Some(&locks(SERVER))).is_empty());
    assert_eq!(found(&errors, Kind::WebConfig, Some(&locks(&shut)))[0].0, "KI506");
}

#[test]
fn the_command_ends_as_diff_does_and_hides_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("the file");
        let output = program::run(&["lint", support::text(&file)]);
        (program::code(&output), program::error(&output))
    };
    assert_eq!(run("applicationHost.config", SERVER).0, 0);
    let wrong = SERVER.replace(
        "password=\"planted-secret-1\"",
        "passwort=\"planted-secret-1\" password=\"planted-secret-2\"",
    );
    let (code, said) = run("applicationHost.config", &wrong);
    assert_eq!(code, 1);
    assert!(said.contains("KI509") && said.contains("did you mean \"password\"?"), "{said}");
    assert!(!said.contains("planted-secret-2"), "{said}");
    assert_eq!(run("my.web.config", &web("<handlers />")).0, 0, "a guess is a warning");
    assert_eq!(program::code(&program::run(&["lint", "missing.config"])), 2);
}

/// How many attributes an element of the big file below has: if the time grew with the square, no test would end.
const MANY: usize = 200_000;

/// Lints a file with the program: the exit code, and the output of both streams.
fn by_program(options: &[&str], text: &str) -> (i32, String, String) {
    let (_folder, file) = support::file_alone("web.config", text);
    let output = program::run(&[&["lint"], options, &[support::text(&file)]].concat());
    (program::code(&output), program::error(&output), program::out(&output))
}

fn each(many: usize, piece: fn(usize) -> String) -> String {
    (0..many).map(piece).collect()
}

/// 200,000 items of any kind are read once, not once for each of them, and the messages stay readable.
#[test]
fn an_element_of_many_attributes_is_gone_through_once() {
    let attributes = each(MANY, |number| format!(" a{number}=\"{number}\""));
    let text = web(&format!("<httpErrors{attributes} />"));
    let (code, shown, _) = by_program(&[], &text);
    assert_eq!((code, shown.matches("error[KI509]").count()), (1, 1000), "nobody reads more");
    assert!(shown.contains("199000 more are not shown; use --format json to see them all"));
    assert!(shown.lines().all(|line| line.len() < 1000), "a line of megabytes is cut");
    assert!(shown.contains("web.config:2:35"), "{}", &shown[..600]);
    let (code, _, json) = by_program(&["--format", "json"], &text);
    assert_eq!((code, json.matches("KI509").count()), (1, MANY));

    let twice = web(&format!("<httpErrors{attributes} a7=\"\" />"));
    assert_eq!(found(&twice, Kind::WebConfig, None), [("KI501", "a7=\"\" /".to_owned())]);
    let other_case = web(&format!("<httpErrors{attributes} A7=\"\" />"));
    assert!(found(&other_case, Kind::WebConfig, None).contains(&("KI509", "A7".to_owned())));
}

/// The same for everything else that a file can have many of.
#[test]
fn big_files_are_gone_through_once() {
    let many = MANY / 4;
    let within = |section: &str, inner: &str| web(&format!("<{section}>{inner}</{section}>"));
    let header = |number| format!("<add name=\"n{number}\" value=\"v\" bad=\"x\" />");
    let headers = format!("<customHeaders>{}</customHeaders>", each(many, header));
    let location = |number| {
        format!(
            "<location path=\"p{number}\" x=\"\"><system.webServer><httpErrors \
             /></system.webServer></location>"
        )
    };
    let secret = each(many, |number| format!(" password{number}=\"planted{number}\""));
    for (what, text) in [
        ("secrets", web(&format!("<httpErrors{secret} />"))),
        (
            "attributes on lines of their own",
            web(&format!("<httpErrors{} />", each(many, |number| format!("\n b{number}=\"\"")))),
        ),
        ("elements", within("httpErrors", &each(many, |number| format!("<x{number} />")))),
        ("entries", within("httpProtocol", &headers)),
        ("texts", within("httpErrors", &"<error statusCode=\"404\">x</error>".repeat(many))),
        ("locations", format!("<configuration>{}</configuration>", each(many, location))),
    ] {
        let (code, shown, _) = by_program(&[], &text);
        assert_eq!((code, shown.matches("error[KI").count()), (1, 1000), "{what}");
        assert!(!shown.contains("planted"), "{what}");
    }
    let value = "x".repeat(20 * MANY);
    for (what, text) in [
        ("comments", web(&"<!-- words -->".repeat(MANY))),
        (
            "a deep nest",
            format!("<configuration>{}{}</configuration>", "<a>".repeat(MANY), "</a>".repeat(MANY)),
        ),
        (
            "a long value",
            within(
                "httpProtocol",
                &format!("<customHeaders><add name=\"a\" value=\"{value}\" /></customHeaders>"),
            ),
        ),
    ] {
        assert_eq!(by_program(&[], &text).0, 0, "{what}");
    }
}
