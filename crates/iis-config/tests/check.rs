//! Tests our knowledge of IIS as far as that is possible without external files: a planted fault for every kind of
//! problem, lookups, names, time spans, and the consistency of the tables.

use iis_config::check::{Fault, Kind, Problem, document};
use iis_config::effective::Effective;
use iis_config::markup;
use iis_config::names::{self, Refusal};
use iis_config::schema::{Element, OverrideMode, attribute};
use iis_config::{TimeSpan, Version, locked_by_default, section, sections, since};

/// A web.config on a server that has unlocked nothing.
const WEB: Kind<'_> = Kind::WebConfig { unlocked: &[], locked: &[] };

/// A typical deployment of this project, in one document.
const HOST: &str = include_str!("host.config");

fn faults(text: &str, kind: Kind<'_>, version: Version) -> Vec<Fault> {
    document(text, kind, version).into_iter().map(|problem| problem.what).collect()
}

/// The faults that the checker finds in a fragment of applicationHost.config for IIS 10.0.
fn host(inner: &str) -> Vec<Fault> {
    faults(&format!("<configuration>{inner}</configuration>"), Kind::HostFragment, Version::V10_0)
}

fn web_server(inner: &str) -> Vec<Fault> {
    host(&format!("<system.webServer>{inner}</system.webServer>"))
}

fn pools(inner: &str) -> Vec<Fault> {
    host(&format!(
        "<system.applicationHost><applicationPools>{inner}</applicationPools></system.applicationHost>"
    ))
}

#[test]
fn nothing_is_wrong_with_a_deployment() {
    assert_eq!(document(HOST, Kind::HostFragment, Version::V10_0), []);
    assert_eq!(document(&format!("\u{feff}{HOST}"), Kind::HostFragment, Version::V10_0), []);
}

#[test]
fn every_cut_of_a_document_is_a_problem_and_no_panic() {
    for (end, _) in HOST.trim_end().char_indices() {
        let problems = document(&HOST[..end], Kind::HostFragment, Version::V10_0);
        assert!(matches!(&problems[..], [Problem { what: Fault::Malformed(_), .. }]), "{end}: {problems:?}");
    }
}

#[test]
fn malformed_documents_say_where() {
    for (text, line, column) in [
        ("", 1, 1),
        ("text", 1, 1),
        ("<configuration>\n  <a>\n</configuration>", 3, 1),
        ("<configuration>\n  <a", 2, 3),
        ("<configuration/>\n<configuration/>", 2, 1),
        ("<configuration a=\"1\"b=\"2\"/>", 1, 21),
        ("<configuration a=\"<\"/>", 1, 16),
        ("<configuration a=\"&unknown;\"/>", 1, 16),
        ("<configuration a=\"1\" a=\"2\"/>", 1, 22),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><configuration/>", 1, 1),
        ("<configuration>\u{1}</configuration>", 1, 16),
        ("<configuration/><?xml version=\"1.0\"?>", 1, 17),
        ("<1/>", 1, 1),
    ] {
        let problems = document(text, WEB, Version::V10_0);
        let [Problem { line: found_line, column: found_column, what: Fault::Malformed(_), .. }] =
            &problems[..]
        else {
            panic!("{text:?}: {problems:?}");
        };
        assert_eq!((*found_line, *found_column), (line, column), "{text:?}: {}", problems[0]);
    }
}

#[test]
fn depth_and_size_end_quickly() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_eq!(faults(&deep, WEB, Version::V10_0), [Fault::NotConfiguration]);
    let wide =
        format!("<httpProtocol><customHeaders>{}</customHeaders></httpProtocol>", "<add/>".repeat(50_000));
    assert_eq!(web_server(&wide), []);
}

#[test]
fn places_count_lines_and_characters() {
    let text = "<configuration>\r\n  <system.webServer>\r\n<!-- ä --><urlCompression doStatic=\"1\" />\r\n  \
                </system.webServer>\r\n</configuration>";
    let problems = document(text, WEB, Version::V10_0);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].to_string(), "3:27: system.webServer/urlCompression@doStatic: unknown attribute");
}

#[test]
fn sections_and_groups() {
    assert_eq!(faults("<config/>", WEB, Version::V10_0), [Fault::NotConfiguration]);
    assert_eq!(web_server("<handler/>"), [Fault::UnknownSection]);
    assert_eq!(host("<system.web/>"), [Fault::UnknownSection]);
    assert_eq!(web_server("<urlCompression/><urlCompression/>"), [Fault::RepeatedSection]);
    assert_eq!(
        faults(
            "<configuration><system.webServer><webSocket/></system.webServer></configuration>",
            Kind::HostFragment,
            Version::V7_5
        ),
        [Fault::SectionSince(Version::V8_0)]
    );
}

#[test]
fn locks() {
    let text = "<configuration><system.webServer><handlers/></system.webServer></configuration>";
    assert_eq!(faults(text, WEB, Version::V10_0), [Fault::Locked]);
    let unlocked = Kind::WebConfig { unlocked: &["system.webServer/handlers"], locked: &[] };
    assert_eq!(faults(text, unlocked, Version::V10_0), []);
    let text = "<configuration><system.webServer><security><isapiCgiRestriction/></security></system.webServer>\
                </configuration>";
    let unlocked =
        Kind::WebConfig { unlocked: &["system.webServer/security/isapiCgiRestriction"], locked: &[] };
    assert_eq!(faults(text, unlocked, Version::V10_0), [Fault::AppHostOnly]);
}

#[test]
fn locations() {
    let inner = "<system.webServer><handlers/></system.webServer>";
    let located = |attributes: &str| host(&format!("<location {attributes}>{inner}</location>{inner}"));
    assert_eq!(located("path=\"Site/app\" overrideMode=\"allow\" inheritInChildApplications=\"False\""), []);
    assert_eq!(located("path=\".\""), [Fault::RepeatedSection]);
    assert!(matches!(located("path=\"Site\" overrideMode=\"Perhaps\"")[..], [Fault::BadValue { .. }]));
    assert_eq!(located("path=\"Site\" name=\"x\""), [Fault::UnknownAttribute]);
    assert_eq!(host("<location path=\"a\"><location path=\"b\"/></location>"), [Fault::MisplacedLocation]);
    assert_eq!(
        host("<location path=\"a\"><system.applicationHost><sites/></system.applicationHost></location>"),
        [Fault::ServerWide]
    );
    let outside = "<configuration><location path=\"../other\"/></configuration>";
    assert_eq!(faults(outside, WEB, Version::V10_0), [Fault::LocationPath("../other".to_owned())]);
}

#[test]
fn elements() {
    assert_eq!(web_server("<urlCompression><add/></urlCompression>"), [Fault::UnknownElement]);
    assert_eq!(web_server("<handlers><append/></handlers>"), [Fault::UnknownElement]);
    assert_eq!(web_server("<urlCompression>on</urlCompression>"), [Fault::StrayText]);
    assert_eq!(web_server("<urlCompression><![CDATA[on]]></urlCompression>"), [Fault::StrayText]);
    assert_eq!(
        web_server("<httpProtocol><customHeaders/><customHeaders/></httpProtocol>"),
        [Fault::RepeatedElement]
    );
    let text = "<configuration><system.applicationHost><applicationPools><add name=\"a\"><environmentVariables/>\
                </add></applicationPools></system.applicationHost></configuration>";
    assert_eq!(faults(text, Kind::HostFragment, Version::V8_5), [Fault::ElementSince(Version::V10_0)]);
    assert_eq!(faults(text, Kind::HostFragment, Version::V10_0), []);
}

#[test]
fn attributes() {
    assert_eq!(web_server("<urlCompression on=\"true\"/>"), [Fault::UnknownAttribute]);
    assert_eq!(web_server("<urlCompression lockItem=\"true\" lockAttributes=\"doStaticCompression\"/>"), []);
    assert!(matches!(web_server("<urlCompression lockItem=\"on\"/>")[..], [Fault::BadValue { .. }]));
    assert_eq!(
        web_server("<urlCompression doStaticCompression=\"true\" dostaticcompression=\"true\"/>"),
        [Fault::UnknownAttribute]
    );
    assert_eq!(pools("<add/>"), [Fault::MissingAttribute("name")]);
    assert_eq!(
        pools(
            "<add name=\"a\"><recycling><periodicRestart><schedule><clear x=\"\"/></schedule>\
                      </periodicRestart></recycling></add>"
        ),
        [Fault::UnknownAttribute]
    );
    assert_eq!(web_server("<handlers><remove/></handlers>"), [Fault::MissingAttribute("name")]);
    assert_eq!(web_server("<handlers><remove name=\"a\"/></handlers>"), []);
    assert_eq!(web_server("<handlers configSource=\"handlers.config\"/>"), []);
    let text = "<configuration><system.webServer><security><requestFiltering removeServerHeader=\"true\"/></security>\
                </system.webServer></configuration>";
    assert_eq!(faults(text, WEB, Version::V8_5), [Fault::AttributeSince(Version::V10_0)]);
    assert_eq!(faults(text, WEB, Version::V10_0), []);
}

/// The fault of one attribute of an element that the test writes, if its value has one.
fn value(element: &str, attribute: &str, value: &str) -> Option<Fault> {
    let attribute = format!("{attribute}=\"{value}\"");
    let found = match element {
        "processModel" | "cpu" => pools(&format!("<add name=\"a\"><{element} {attribute}/></add>")),
        "add" => pools(&format!("<add {attribute}/>")),
        "site" | "application" | "limits" => {
            let site = if element == "site" { attribute.as_str() } else { "name=\"a\"" };
            let inner = if element == "site" { String::new() } else { format!("<{element} {attribute}/>") };
            host(&format!(
                "<system.applicationHost><sites><site id=\"1\" {site}>{inner}</site></sites></system.applicationHost>"
            ))
        }
        _ => web_server(&format!("<{element} {attribute}/>")),
    };
    assert!(found.len() < 2, "{found:?}");
    found.into_iter().next()
}

#[test]
fn values_of_every_type() {
    for (element, attribute, good, bad) in [
        ("urlCompression", "doStaticCompression", "TRUE", "yes"),
        ("httpErrors", "existingResponse", "passthrough", "Pass"),
        ("httpErrors", "existingResponse", "2", "3"),
        ("handlers", "accessPolicy", "read, Script", "Read Script"),
        ("handlers", "accessPolicy", "513", "514000"),
        ("serverRuntime", "appConcurrentRequestLimit", "0xFFFF", "many"),
        ("serverRuntime", "appConcurrentRequestLimit", "5000", "+5000"),
        ("serverRuntime", "frequentHitTimePeriod", "1.05:00:00", "10"),
        ("site", "name", "Default Web Site", "a/b"),
        ("application", "path", "/intranet", "intranet"),
        ("application", "path", "/", "/intranet/"),
        ("application", "path", "/a/b", "/a/../b"),
        ("add", "name", "Intranet pool", "a\\b"),
    ] {
        assert_eq!(value(element, attribute, good), None, "{attribute}={good}");
        let found = value(element, attribute, bad);
        assert!(matches!(found, Some(Fault::BadValue { .. })), "{attribute}={bad}: {found:?}");
    }
}

#[test]
fn ranges() {
    for (element, attribute, good, bad) in [
        ("processModel", "idleTimeout", "30.00:00:00", "30.00:01:00"),
        ("processModel", "idleTimeout", "00:20:00", "00:20:30"),
        ("processModel", "maxProcesses", "0", "-1"),
        ("cpu", "limit", "100000", "100001"),
        ("limits", "maxBandwidth", "1024", "1023"),
        ("limits", "maxUrlSegments", "16383", "16384"),
        ("serverRuntime", "maxRequestEntityAllowed", "4294967295", "4294967296"),
        ("serverRuntime", "maxRequestEntityAllowed", "0", "99999999999999999999999999999999999999"),
    ] {
        assert_eq!(value(element, attribute, good), None, "{attribute}={good}");
        let found = value(element, attribute, bad);
        assert!(matches!(found, Some(Fault::OutOfRange { .. })), "{attribute}={bad}: {found:?}");
    }
    assert_eq!(
        value("processModel", "idleTimeout", "31.00:00:00").map(|fault| fault.to_string()).as_deref(),
        Some("31.00:00:00 is not between 00:00:00 and 30.00:00:00")
    );
}

#[test]
fn keys() {
    let repeated = |key: &str| vec![Fault::RepeatedKey { key: key.to_owned() }];
    assert_eq!(pools("<add name=\"A\"/><add name=\"a\"/>"), repeated("a"));
    let handler = |name| format!("<add name=\"{name}\" path=\"*\" verb=\"*\"/>");
    let handlers = |inner: String| web_server(&format!("<handlers>{inner}</handlers>"));
    assert_eq!(handlers(handler("A") + &handler("a")), []);
    assert_eq!(handlers(handler("a") + &handler("a")), repeated("a"));
    assert_eq!(handlers(handler("a") + "<remove name=\"a\"/>" + &handler("a")), []);
    assert_eq!(handlers(handler("a") + "<clear/>" + &handler("a")), []);
    let errors = |first: &str, second: &str| {
        let error = |key: &str| format!("<error {key} path=\"/\"/>");
        web_server(&format!("<httpErrors>{}{}</httpErrors>", error(first), error(second)))
    };
    assert_eq!(errors("statusCode=\"404\"", "statusCode=\"404\" subStatusCode=\"3\""), []);
    assert_eq!(errors("statusCode=\"404\"", "statusCode=\"404\" subStatusCode=\"-1\""), repeated("404, -1"));
    let sites = "<system.applicationHost><sites><site name=\"a\" id=\"1\"/><site name=\"b\" id=\"1\"/></sites>\
                 </system.applicationHost>";
    assert_eq!(host(sites), repeated("1"));
}

#[test]
fn facts_by_path() {
    assert_eq!(since("system.webServer/handlers"), Some(Version::V7_0));
    assert_eq!(since("system.webServer/webSocket@enabled"), Some(Version::V8_0));
    let pools = "system.applicationHost/applicationPools/add";
    assert_eq!(since(&format!("{pools}@startMode")), Some(Version::V7_5));
    assert_eq!(since(&format!("{pools}/environmentVariables/add@name")), Some(Version::V10_0));
    assert_eq!(since(&format!("{pools}@colour")), None);
    assert_eq!(since("system.webServer/handlersome"), None);
    let identity = attribute(&format!("{pools}/processModel@identityType")).expect("an attribute");
    assert_eq!(identity.default(Version::V7_0), Some("NetworkService"));
    assert_eq!(identity.default(Version::V8_5), Some("ApplicationPoolIdentity"));
}

#[test]
fn lock_knowledge() {
    assert!(locked_by_default("system.webServer/handlers"));
    assert!(!locked_by_default("system.webServer/security/requestFiltering"));
    assert!(locked_by_default("system.webServer/unknown"));
    assert!(
        section("system.webServer/handlers").is_some_and(|found| found.override_mode == OverrideMode::Deny)
    );
}

#[test]
fn defaults_are_values_that_their_attributes_take() {
    for version in Version::ALL {
        for section in sections().filter(|section| section.body.since <= version) {
            check_defaults(&section.body, section.path, version);
        }
    }
}

fn check_defaults(element: &Element, path: &str, version: Version) {
    for known in element.attributes().filter(|known| known.since <= version) {
        let Some(default) = known.default(version) else { continue };
        let text = document_with(path, known.name, default);
        let path = format!("{path}@{}", known.name);
        let problems = document(&text, Kind::HostFragment, version);
        assert!(problems.iter().all(|problem| problem.path != path), "{version}: {problems:?}");
    }
    for child in element.elements.iter().chain(element.collection.map(|collection| &collection.entry)) {
        if child.since <= version {
            check_defaults(child, &format!("{path}/{}", child.name), version);
        }
    }
}

/// A document that contains only the elements of the path, with the attribute on the last one.
fn document_with(path: &str, attribute: &str, value: &str) -> String {
    let parts: Vec<_> = path.split('/').collect();
    let opened: String = parts[..parts.len() - 1].iter().map(|part| format!("<{part}>")).collect();
    let closed: String = parts[..parts.len() - 1].iter().rev().map(|part| format!("</{part}>")).collect();
    let last = parts[parts.len() - 1];
    format!("<configuration>{opened}<{last} {attribute}=\"{value}\"/>{closed}</configuration>")
}

#[test]
fn versions() {
    for version in Version::ALL {
        assert_eq!(version.to_string().parse(), Ok(version));
        assert!(!version.windows_releases().is_empty());
    }
    assert!(Version::ALL.is_sorted());
    assert!("6.0".parse::<Version>().is_err());
}

#[test]
fn spans_of_time() {
    for (text, seconds, written) in [
        ("00:20:00", 1200, "00:20:00"),
        ("29:00:00", 104_400, "1.05:00:00"),
        ("1.05:00:00", 104_400, "1.05:00:00"),
        ("0:0:1", 1, "00:00:01"),
    ] {
        assert_eq!(text.parse(), Ok(TimeSpan::from_seconds(seconds)));
        assert_eq!(TimeSpan::from_seconds(seconds).to_string(), written);
    }
    for text in
        ["", "20", "00:20", "00:60:00", "00:00:60", "1.24:00:00", "-1:00:00", "00:00:00:00", "1..0:0:0"]
    {
        assert!(text.parse::<TimeSpan>().is_err(), "{text}");
    }
}

#[test]
fn names_that_iis_takes() {
    assert_eq!(names::application_pool("Intranet"), Ok(()));
    assert_eq!(names::application_pool(".NET v4.5"), Ok(()));
    assert_eq!(names::application_pool(""), Err(Refusal::Empty));
    assert_eq!(names::application_pool(&"a".repeat(64)), Ok(()));
    assert_eq!(names::application_pool(&"a".repeat(65)), Err(Refusal::TooLong(64)));
    assert_eq!(names::application_pool("a\\b"), Err(Refusal::Character('\\')));
    assert_eq!(names::application_pool("pool "), Err(Refusal::Edge));
    assert_eq!(names::application_pool("nul.pool"), Err(Refusal::Device));
    assert_eq!(names::site("Default Web Site"), Ok(()));
    assert_eq!(names::site("a:b"), Err(Refusal::Character(':')));
    assert_eq!(names::virtual_path("/"), Ok(()));
    assert_eq!(names::virtual_path("/intranet/code"), Ok(()));
    assert_eq!(names::virtual_path("intranet"), Err(Refusal::NoLeadingSlash));
    assert_eq!(names::virtual_path("/intranet/"), Err(Refusal::TrailingSlash));
    assert_eq!(names::virtual_path("/a//b"), Err(Refusal::Segment));
    assert_eq!(names::virtual_path("/a*"), Err(Refusal::Character('*')));
}

#[test]
fn names_match_exactly_and_values_in_any_case() {
    assert_eq!(host("<system.webserver><urlCompression/></system.webserver>"), [Fault::UnknownSection]);
    assert_eq!(web_server("<URLCompression/>"), [Fault::UnknownSection]);
    assert_eq!(web_server("<httpProtocol><CustomHeaders/></httpProtocol>"), [Fault::UnknownElement]);
    assert_eq!(web_server("<handlers><Clear/></handlers>"), [Fault::UnknownElement]);
    assert_eq!(web_server("<urlCompression DoStaticCompression=\"TRUE\"/>"), [Fault::UnknownAttribute]);
    assert_eq!(web_server("<urlCompression LockItem=\"true\"/>"), [Fault::UnknownAttribute]);
    assert_eq!(host("<location Path=\"a\"/>"), [Fault::UnknownAttribute]);
    assert_eq!(web_server("<urlCompression doStaticCompression=\"TRUE\"/>"), []);
}

/// `<remove>` takes away the entry whose key is the same to IIS: the exact name of a handler, any case of a header.
#[test]
fn remove_takes_away_what_is_the_same_to_iis() {
    let host = markup::parse(
        "<configuration><system.webServer>\
         <handlers><add name=\"StaticFile\" path=\"*\" verb=\"*\"/></handlers>\
         <httpProtocol><customHeaders><add name=\"X-Powered-By\" value=\"a\"/></customHeaders></httpProtocol>\
         </system.webServer></configuration>",
    )
    .expect("XML");
    let left = |name: &str, section: &str, below: &str, directive: &str| {
        let inner = match below {
            "" => format!("<{section}>{directive}</{section}>"),
            below => format!("<{section}><{below}>{directive}</{below}></{section}>"),
        };
        let text = format!("<configuration><system.webServer>{inner}</system.webServer></configuration>");
        let web = markup::parse(&text).expect("XML");
        let effective = Effective::new(&host, &web, "Site".to_owned(), Version::V10_0);
        effective.entries(&format!("system.webServer/{section}"), below, name).len()
    };
    assert_eq!(left("name", "handlers", "", "<remove name=\"staticfile\"/>"), 1);
    assert_eq!(left("name", "handlers", "", "<remove name=\"StaticFile\"/>"), 0);
    assert_eq!(left("name", "handlers", "", "<Remove name=\"StaticFile\"/>"), 1);
    assert_eq!(left("name", "httpProtocol", "customHeaders", "<remove name=\"x-powered-by\"/>"), 0);
}
