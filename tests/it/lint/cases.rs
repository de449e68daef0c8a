//! Mistakes that administrators make, and files that only look like one: each kind in several variants.
//!
//! `host.config` is the server's file. A case has the inside of `<system.webServer>` or a whole file, and the codes that `lint`
//! reports for it. What is said to be missed is what IIS answers with 500.19 or never uses.

use super::web;
use crate::support;
use crate::support::program;

pub(super) const HOST: &str = include_str!("host.config");

/// Lints a web.config below [`HOST`]: the codes and the whole output.
fn below_host(options: &[&str], text: &str) -> (Vec<String>, String) {
    below(HOST, options, text)
}

/// Lints a web.config below a server's file.
pub(super) fn below(server: &str, options: &[&str], text: &str) -> (Vec<String>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let host = folder.path().join("applicationHost.config");
    std::fs::write(&host, server).expect("the server's file");
    let file = folder.path().join("web.config");
    std::fs::write(&file, text).expect("the file");
    let fixed = ["lint", "--host-config", support::text(&host), support::text(&file)];
    codes(&[fixed.as_slice(), options].concat())
}

/// Lints one file on its own.
pub(super) fn alone(name: &str, text: &str) -> (Vec<String>, String) {
    let (_folder, file) = support::file_alone(name, text);
    codes(&["lint", support::text(&file)])
}

/// The codes that `lint` prints, and everything that it prints.
pub(super) fn codes(arguments: &[&str]) -> (Vec<String>, String) {
    let output = program::run(arguments);
    let said = program::error(&output);
    let marks = said.match_indices("[KI").map(|(at, _)| said[at + 1..at + 6].to_owned());
    (marks.collect(), said)
}

#[test]
fn what_the_server_locks_is_found() {
    for (options, inner, code) in [
        (&[][..], "<asp enableParentPaths=\"true\" />", "KI506"),
        (&[], "<security><ipSecurity allowUnlisted=\"false\" /></security>", "KI506"),
        (
            &[],
            "<security><authentication><windowsAuthentication enabled=\"true\" /></authentication></security>",
            "KI506",
        ),
        (
            &["--site", "Portal", "--app", "/crm"],
            "<security><authentication><windowsAuthentication enabled=\"true\" /></authentication></security>",
            "KI506",
        ),
        (&["--site", "Portal", "--app", "/old"], "<staticContent enableDocFooter=\"true\" />", "KI506"),
        (&["--site", "Portal", "--app", "/OLD/deeper"], "<staticContent />", "KI506"),
        (&[], "<fastCgi><application fullPath=\"C:\\php\\php-cgi.exe\" /></fastCgi>", "KI507"),
        (&[], "<globalModules><add name=\"a\" image=\"C:\\a.dll\" /></globalModules>", "KI507"),
        (&[], "<httpErrors defaultPath=\"D:\\e.htm\" />", "KI506"),
        (&[], "<httpErrors errorMode=\"DetailedLocalOnly\" />", "KI506"),
        (&[], "<httpProtocol><customHeaders><clear /></customHeaders></httpProtocol>", "KI506"),
        (
            &[],
            "<httpProtocol><customHeaders><remove name=\"x-served-by\" /></customHeaders></httpProtocol>",
            "KI506",
        ),
        (&[], "<modules><remove name=\"StaticFileModule\" /></modules>", "KI506"),
        (&[], "<modules><clear /></modules>", "KI506"),
        (&[], "<urlCompression doStaticCompression=\"true\" />", "KI506"),
        (&[], "<security><requestFiltering allowHighBitCharacters=\"true\" /></security>", "KI506"),
    ] {
        let (found, said) = below_host(options, &web(inner));
        assert!(!found.is_empty() && found.iter().all(|found| found == code), "{inner}: {said}");
        assert!(code == "KI507" || said.contains("applicationHost.config:"), "the lock has a place: {said}");
    }
}

#[test]
fn what_the_server_unlocks_is_not_called_locked() {
    let windows =
        "<security><authentication><windowsAuthentication enabled=\"true\" /></authentication></security>";
    for (options, inner) in [
        (&["--site", "Portal", "--app", "/hr"][..], windows),
        (&["--site", "portal", "--app", "/HR/"], windows),
        (&["--site", "Portal", "--app", "/hr/board"], windows),
        (
            &[],
            "<handlers><add name=\"Reports\" path=\"*.rpt\" verb=\"GET\" modules=\"StaticFileModule\" /></handlers>",
        ),
        (&["--site", "Portal", "--app", "/older"], "<staticContent enableDocFooter=\"true\" />"),
        (&[], "<modules><remove name=\"DirectoryListingModule\" /></modules>"),
        (&[], "<httpProtocol><customHeaders><remove name=\"X-Plain\" /></customHeaders></httpProtocol>"),
        (&[], "<security><requestFiltering allowDoubleEscaping=\"true\" /></security>"),
        (&[], "<httpErrors existingResponse=\"PassThrough\" />"),
        (&[], "<urlCompression />"),
        (&[], "<security /><tracing />"),
    ] {
        let (found, said) = below_host(options, &web(inner));
        assert!(found.is_empty(), "{inner}: {said}");
    }
}

#[test]
fn without_the_servers_file_a_lock_is_a_guess() {
    for inner in [
        "<handlers><add name=\"Py\" path=\"*.py\" verb=\"*\" modules=\"CgiModule\" /></handlers>",
        "<modules><remove name=\"WebDAVModule\" /></modules>",
        "<serverRuntime uploadReadAheadSize=\"1\" />",
        "<security><access sslFlags=\"Ssl\" /></security>",
        "<security><authentication><basicAuthentication enabled=\"true\" /></authentication></security>",
    ] {
        let (found, said) = alone("web.config", &web(inner));
        assert_eq!(found, ["KI516"], "{said}");
        assert!(said.contains("warning[KI516]") && said.contains("--host-config"), "{said}");
    }
}

#[test]
fn a_key_that_the_server_has_already_is_found_with_both_places() {
    for inner in [
        "<staticContent><mimeMap fileExtension=\".wasm\" mimeType=\"application/wasm\" /></staticContent>",
        "<staticContent><mimeMap fileExtension=\".WASM\" mimeType=\"a/b\" /></staticContent>",
        "<defaultDocument><files><add value=\"start.htm\" /></files></defaultDocument>",
        "<httpErrors><error statusCode=\"404\" path=\"/e\" /></httpErrors>",
        "<httpErrors><error statusCode=\"404\" subStatusCode=\"-1\" path=\"/e\" /></httpErrors>",
        "<httpProtocol><customHeaders><add name=\"X-Plain\" value=\"2\" /></customHeaders></httpProtocol>",
        "<handlers><add name=\"Files\" path=\"*.a\" verb=\"*\" /></handlers>",
        "<modules><add name=\"DirectoryListingModule\" /></modules>",
        "<security><requestFiltering><hiddenSegments><add segment=\"PRIVATE\" /></hiddenSegments></requestFiltering></security>",
        "<security><requestFiltering><fileExtensions><add fileExtension=\".bak\" allowed=\"true\" /></fileExtensions></requestFiltering></security>",
    ] {
        let (found, said) = below_host(&[], &web(inner));
        assert_eq!(found, ["KI514"], "{inner}: {said}");
        assert!(said.contains("see applicationHost.config:"), "{said}");
    }
    for inner in [
        "<staticContent><remove fileExtension=\".wasm\" /><mimeMap fileExtension=\".wasm\" mimeType=\"a/b\" /></staticContent>",
        "<staticContent><clear /><mimeMap fileExtension=\".wasm\" mimeType=\"a/b\" /></staticContent>",
        "<defaultDocument><files><remove value=\"START.HTM\" /><add value=\"Start.htm\" /></files></defaultDocument>",
        "<handlers><add name=\"files\" path=\"*.a\" verb=\"*\" /></handlers>",
        "<httpErrors><error statusCode=\"404\" subStatusCode=\"3\" path=\"/e\" /></httpErrors>",
    ] {
        let (found, said) = below_host(&[], &web(inner));
        assert!(found.is_empty(), "{inner}: {said}");
    }
}

#[test]
fn sections_that_nobody_declares_name_what_brings_them() {
    for (inner, product) in [
        ("<rewrite><rules /></rewrite>", "URL Rewrite"),
        ("<aspNetCore processPath=\"dotnet\" />", "ASP.NET Core Hosting Bundle"),
        ("<httpPlatform processPath=\"a\" />", "HttpPlatformHandler"),
        ("<iisnode nodeProcessCommandLine=\"a\" />", "iisnode"),
        ("<cors enabled=\"true\" />", "CORS Module"),
    ] {
        let (found, said) = below_host(&[], &web(inner));
        assert_eq!(found, ["KI503"], "{said}");
        assert!(
            said.contains(product) && said.contains("0x8007000d") && !said.contains("did you mean"),
            "{said}"
        );
    }
    let declared = "<configuration><configSections><section name=\"log4net\" type=\"a\" /></configSections>\
        <log4net><root /></log4net></configuration>";
    assert_eq!(below_host(&[], declared).0, [""; 0]);
    let host = |section: &str| HOST.replace("<defaultDocument>", &format!("{section}<defaultDocument>"));
    for section in
        ["<webSocket enabled=\"true\" />", "<serverRuntime />", "<rewrite><globalRules /></rewrite>"]
    {
        let (found, said) = alone("applicationHost.config", &host(section));
        assert_eq!(found, ["KI503"], "{section}: {said}");
    }
    assert_eq!(alone("applicationHost.config", HOST).0, [""; 0]);
}

#[test]
fn the_sections_of_net_are_declared_where_lint_does_not_look() {
    for inner in [
        "<appSettings><add key=\"a\" value=\"b\" /><add key=\"a\" value=\"c\" /></appSettings>",
        "<connectionStrings><add name=\"a\" connectionString=\"b\" /></connectionStrings>",
        "<system.web><compilation debug=\"false\" /></system.web>",
        "<system.net><mailSettings /></system.net>",
        "<system.serviceModel><services /></system.serviceModel>",
        "<runtime><gcServer enabled=\"true\" /></runtime>",
        "<location path=\"x\"><system.web><authorization /></system.web></location>",
    ] {
        let (found, said) = below_host(&[], &format!("<configuration>{inner}</configuration>"));
        assert_eq!(found, Vec::<String>::new(), "{inner}\n{said}");
    }
    for inner in ["<appsettings />", "<log4net />", "<system.webserver />", "<AppSettings />"] {
        let (found, said) = below_host(&[], &format!("<configuration>{inner}</configuration>"));
        assert!(found.iter().any(|code| code == "KI503"), "{inner}\n{said}");
    }
}

#[test]
fn declarations_are_first_and_once() {
    let section = "<section name=\"x\" type=\"y\" />";
    let group = "<sectionGroup name=\"system.webServer\"><section name=\"httpErrors\" /></sectionGroup>";
    for (file, text) in [
        ("web.config", format!("<appSettings /><configSections>{section}</configSections>")),
        ("web.config", format!("<configSections>{section}</configSections><configSections />")),
        ("web.config", format!("<configSections>{section}{section}</configSections>")),
        ("applicationHost.config", format!("<configSections>{group}{group}</configSections>")),
        (
            "applicationHost.config",
            format!("<location path=\"a\" /><configSections>{group}</configSections>"),
        ),
    ] {
        let (found, said) = alone(file, &format!("<configuration>\n{text}\n</configuration>"));
        assert_eq!(found, ["KI517"], "{said}");
    }
    let again = format!("<configuration>\n<configSections>{group}</configSections>\n</configuration>");
    let (found, said) = below_host(&[], &again);
    assert_eq!(found, ["KI517"], "{said}");
    assert!(said.contains("applicationHost.config:16"), "{said}");
}

#[test]
fn a_location_is_unambiguous_and_does_not_lock_again() {
    let errors = "<system.webServer><staticContent /></system.webServer>";
    let host = |attributes: &str| {
        HOST.replace(
            "<location path=\"Portal/old\" allowOverride=\"false\"",
            &format!("<location path=\"Portal/old\" {attributes}"),
        )
    };
    for attributes in
        ["allowOverride=\"false\" overrideMode=\"Deny\"", "overrideMode=\"Allow\" allowOverride=\"true\""]
    {
        assert_eq!(alone("applicationHost.config", &host(attributes)).0, ["KI515"]);
    }
    let windows = "<system.webServer><security><authentication><windowsAuthentication \
        /></authentication></security></system.webServer>";
    let locking = |attribute: &str, inner: &str| {
        format!("<configuration>\n<location path=\".\" {attribute}>{inner}</location>\n</configuration>")
    };
    let hr = ["--site", "Portal", "--app", "/hr"];
    assert_eq!(below_host(&hr, &locking("overrideMode=\"Deny\"", windows)).0, ["KI506"]);
    assert_eq!(below_host(&hr, &locking("allowOverride=\"false\"", windows)).0, ["KI506"]);
    assert_eq!(below_host(&hr, &locking("overrideMode=\"Allow\"", windows)).0, [""; 0]);
    assert_eq!(below_host(&hr, &locking("overrideMode=\"Deny\"", errors)).0, [""; 0]);
    let (found, said) = alone("web.config", &web("<location path=\"a\"><httpErrors /></location>"));
    assert!(said.contains("child of <configuration>") || found.is_empty(), "{said}");
}

/// The server's own declaration counts, also for sections that no table has.
#[test]
fn a_section_of_the_whole_server_is_not_for_a_part_of_it() {
    let within = |path: &str, section: &str| {
        let location =
            format!("<location path=\"{path}\"><system.webServer>{section}</system.webServer></location>");
        alone(
            "applicationHost.config",
            &HOST.replace("</configuration>", &format!("{location}</configuration>")),
        )
        .0
    };
    assert_eq!(within("Portal", "<fastCgi />"), ["KI507"]);
    assert_eq!(within("Portal", "<globalModules />"), ["KI507"]);
    assert_eq!(within("", "<fastCgi />"), [""; 0]);
    assert_eq!(within("Portal", "<staticContent />"), [""; 0]);
}

#[test]
fn sites_are_complete_and_can_be_reached() {
    let site = |inner: &str| {
        format!(
            "<configuration>\n<system.applicationHost>\n<sites>\n<site name=\"Portal\" id=\"1\">\n{inner}\n</site>\n\
             </sites>\n</system.applicationHost>\n</configuration>"
        )
    };
    let root = "<application path=\"/\">\n<virtualDirectory path=\"/\" physicalPath=\"D:\\portal\" />\n</application>";
    let bound = "<bindings>\n<binding protocol=\"http\" bindingInformation=\"*:80:\" />\n</bindings>";
    let binding = |information: &str| format!("{root}{}", bound.replace("*:80:", information));
    for (inner, code) in [
        (format!("{}{bound}", root.replace("application path=\"/\"", "application path=\"/x\"")), "KI519"),
        (
            format!("{}{bound}", root.replace("virtualDirectory path=\"/\"", "virtualDirectory path=\"/x\"")),
            "KI519",
        ),
        (format!("{}{bound}", root.replace("D:\\portal", "D:\\por|tal")), "KI519"),
        (format!("{}{bound}", root.replace("D:\\portal", "D:\\a\\nul")), "KI519"),
        (format!("{}{bound}", root.replace("D:\\portal", "")), "KI519"),
        (root.to_owned(), "KI520"),
        (binding("*:161902:a.example.com"), "KI520"),
        (binding("*:0:"), "KI520"),
        (binding("*:http:"), "KI520"),
        (binding("1.1.1.1.1:80:"), "KI520"),
        (binding("a.example.com:80:"), "KI520"),
        (binding("80"), "KI520"),
    ] {
        let (found, said) = alone("applicationHost.config", &site(&inner));
        assert_eq!(found, [code], "{inner}: {said}");
    }
    for good in ["*:80:", ":80:a", "127.0.0.1:8080:", "[::1]:80:", "1.1.1:61902:a"] {
        let (found, said) = alone("applicationHost.config", &site(&binding(good)));
        assert!(found.is_empty(), "{good}: {said}");
    }
    let second =
        format!("{}{root}{bound}", root.replace("application path=\"/\"", "application path=\"/first\""));
    assert_eq!(
        alone("applicationHost.config", &site(&second)).0,
        [""; 0],
        "a root application may come second"
    );
}

#[test]
fn handlers_need_modules_and_programs_that_the_server_has() {
    let modules = "<globalModules><add name=\"StaticFileModule\" image=\"C:\\a.dll\" /><add name=\"FastCgiModule\" \
        image=\"C:\\f.dll\" /></globalModules><fastCgi><application fullPath=\"C:\\py\\python.exe\" \
        arguments=\"C:\\app\\wfastcgi.py\" /></fastCgi>";
    let host = HOST.replacen("<defaultDocument>", &format!("{modules}<defaultDocument>"), 1);
    let host = host.replace(
        "<add name=\"DirectoryListingModule\" />",
        "<add name=\"DirectoryListingModule\" /><add name=\"FastCgiModule\" />",
    );
    let mapped = |attributes: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let [server, file] = ["applicationHost.config", "web.config"].map(|name| folder.path().join(name));
        std::fs::write(&server, &host).expect("the server's file");
        let inner = format!("<handlers><add name=\"own\" path=\"*\" verb=\"*\" {attributes} /></handlers>");
        std::fs::write(&file, web(&inner)).expect("the file");
        codes(&["lint", "--host-config", support::text(&server), support::text(&file)])
    };
    for attributes in [
        "modules=\"IsapiModule\"",
        "modules=\"staticfilemodule\"",
        "modules=\"StaticFileModule,NoModule\"",
        "modules=\"ManagedPipelineHandler\" type=\"A.B\"",
        "modules=\"FastCgiModule\" scriptProcessor=\"C:\\py\\python.exe|C:\\other.py\"",
        "modules=\"FastCgiModule\" scriptProcessor=\"C:\\php\\php-cgi.exe\"",
    ] {
        let (found, said) = mapped(attributes);
        assert_eq!(found, ["KI523"], "{attributes}: {said}");
    }
    for attributes in [
        "modules=\"StaticFileModule\"",
        "modules=\"FastCgiModule\" scriptProcessor=\"c:\\PY\\python.exe|C:\\app\\wfastcgi.py\"",
    ] {
        assert_eq!(mapped(attributes).0, [""; 0], "{attributes}");
    }
}

#[test]
fn other_files_and_encodings_are_as_the_file_says() {
    let (found, said) = alone("web.config", &web("<httpErrors configSource=\"errors.config\" />"));
    assert_eq!(found, ["KI518"], "{said}");
    for declared in ["utf-16", "UTF-16", "utf-16LE"] {
        let text = format!("<?xml version=\"1.0\" encoding=\"{declared}\"?>\n<configuration />");
        assert_eq!(alone("web.config", &text).0, ["KI522"], "{declared}");
    }
    assert_eq!(
        alone("web.config", "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<configuration />").0,
        [""; 0]
    );
}

#[test]
fn xml_that_is_broken_says_what_to_write() {
    for (text, words) in [
        ("<configuration a=\"b&c\" />", "write `&amp;` for a `&`"),
        ("<configuration>a & b</configuration>", "write `&amp;` for a `&`"),
        ("<configuration><a></configuration>", "`</configuration>` is where `</a>` must be"),
        ("<configuration a=1 />", "quotation marks"),
        ("<configuration><a", "a `>` is missing"),
        ("", "the file is empty"),
        ("<configuration a />", "write name=\"value\""),
        ("<configuration a= />", "write name=\"value\""),
        ("<configuration a=\"1\"b=\"2\" />", "a space is missing"),
        ("<configuration><! -- a --></configuration>", "write <!-- before it"),
        ("<configuration><!-- a -- b --></configuration>", "must not contain `--`"),
        ("<configuration><!-- a </configuration>", "`-->`"),
        ("<!DOCTYPE configuration><configuration />", "delete <!DOCTYPE>"),
        ("\n<?xml version=\"1.0\"?><configuration />", "delete what is before `<?xml`"),
    ] {
        let (found, said) = alone("web.config", text);
        assert!(found == ["KI501"] && said.contains(words) && !said.contains("position"), "{text}: {said}");
    }
    let open = "<configuration>\n<system.webServer>\n<httpErrors>\n</system.webServer>\n</configuration>";
    let (_, said) = alone("web.config", open);
    assert!(said.contains("its start tag is here") && said.contains("3 | <httpErrors>"), "{said}");
}
