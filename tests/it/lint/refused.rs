//! The kinds of errors that public tests of Microsoft's own configuration API hold (project JexusManager, `Tests/Exceptions`), rebuilt
//! with names of our own: IIS's message, and the code that `lint` gives. `docs/iis-lint.md` has each message beside its code.

use super::cases::{alone, below};
use super::places::host;
use super::web;

/// What IIS says, the code, and what is replaced in the server's file by what.
const OF_SERVERS: [(&str, &str, &str, &str); 21] = [
    ("Configuration file is not well-formed XML", "KI501", "</sites>", ""),
    ("Missing required attribute 'name'", "KI511", "<add name=\"Web\" />", "<add autoStart=\"true\" />"),
    (
        "Invalid application pool name",
        "KI519",
        "<add name=\"Web\" />",
        "<add name=\"\" /><add name=\"Web\" />",
    ),
    ("Unrecognized attribute", "KI509", "<add name=\"Web\" />", "<add name=\"Web\" ours=\"true\" />"),
    (
        "with unique key attribute 'name' set to",
        "KI514",
        "<add name=\"Web\" />",
        "<add name=\"Web\" /><add name=\"web\" />",
    ),
    (
        "with combined key attributes",
        "KI514",
        BINDING,
        "<binding protocol=\"HTTP\" bindingInformation=\"*:80:\" />",
    ),
    (
        "Not a valid unsigned integer",
        "KI512",
        BINDING,
        "<binding protocol=\"http\" bindingInformation=\"*:81:\" sslFlags=\"Sni\" />",
    ),
    ("Unrecognized configuration path", "KI519", "<application path=\"/\"", "<application path=\"/other\""),
    (
        "Unrecognized configuration path",
        "KI519",
        "<virtualDirectory path=\"/\" physicalPath=\"E",
        "<virtualDirectory path=\"/x\" physicalPath=\"E",
    ),
    ("Cannot read configuration file", "KI519", "E:\\crm", "E:\\c?m"),
    ("Unrecognized attribute 'configSource'", "KI518", "</configuration>", SOURCE),
    (
        "missing a section declaration",
        "KI503",
        "<section name=\"applicationPools\" allowDefinition=\"AppHostOnly\" overrideModeDefault=\"Deny\" />",
        "",
    ),
    (
        "missing a section declaration",
        "KI503",
        "<section name=\"defaultDocument\" overrideModeDefault=\"Allow\" />",
        "",
    ),
    (
        "lockAttributes contains unknown attribute",
        "KI512",
        "lockAttributes=\"defaultPath",
        "lockAttributes=\"defaultFolder",
    ),
    (
        "section defined",
        "KI517",
        "<section name=\"asp\"",
        "<section name=\"caching\" /><section name=\"asp\"",
    ),
    ("", "KI520", BINDING, "<binding protocol=\"http\" bindingInformation=\"*:161902:\" />"),
    ("", "KI520", BINDING, "<binding protocol=\"http\" bindingInformation=\":\" />"),
    ("", "KI520", BINDING, "<binding protocol=\"http\" bindingInformation=\"::\" />"),
    ("", "KI520", "E:\\crm\"", "E:\\crm\" password=\"[enc:AesProvider:enc]\""),
    ("", "KI520", "E:\\crm\"", "E:\\crm\" password=\"[enc::enc]\""),
    ("", "KI520", "E:\\crm\"", "E:\\crm\" password=\"[enc:enc]\""),
];

const BINDING: &str = "<binding protocol=\"ftp\" bindingInformation=\"*:21:\" />";

const SOURCE: &str = "<location path=\"Portal\"><system.webServer><urlCompression configSource=\"a.config\" />\
    </system.webServer></location></configuration>";

/// The server's file with one more binding.
fn server() -> String {
    host("").replace("</bindings>", &format!("{BINDING}</bindings>"))
}

fn changed(from: &str, to: &str) -> String {
    let server = server();
    assert!(server.contains(from), "{from}");
    // The binding in question comes in addition to the usual one.
    let more = if from == BINDING { format!("{BINDING}{to}") } else { to.to_owned() };
    server.replacen(from, &more, 1)
}

fn page() -> String {
    std::fs::read_to_string("docs/iis-lint.md").expect("the page")
}

/// The page says that IIS gives the message where it has the code.
fn assert_on_page(page: &str, code: &str, iis: &str) {
    let mut rows = page.lines().filter(|line| line.starts_with(&format!("| {code} ")));
    assert!(rows.any(|row| row.contains(iis)), "docs/iis-lint.md does not have `{iis}` with {code}");
}

#[test]
fn what_microsofts_api_refuses_in_a_servers_file_is_found() {
    assert_eq!(alone("applicationHost.config", &server()).0, [""; 0]);
    for (iis, code, from, to) in OF_SERVERS {
        let (found, said) = alone("applicationHost.config", &changed(from, to));
        assert!(found.contains(&code.to_owned()), "{iis}: {to}: {said}");
        assert_on_page(&page(), code, iis);
    }
}

/// What IIS says, the code, and a web.config below the server's file.
const OF_FOLDERS: [(&str, &str, &str); 14] = [
    (
        "cannot be used at this path",
        "KI506",
        "<system.webServer><security><authentication><windowsAuthentication /></authentication></security></system.webServer>",
    ),
    (
        "Unrecognized element",
        "KI503",
        "<system.webServer><own><inner inner=\"inner\" /></own></system.webServer>",
    ),
    ("Unrecognized element", "KI503", "<system.webServer><webFarms><inner /></webFarms></system.webServer>"),
    ("Only one <configSections> element allowed", "KI517", "<appSettings /><configSections />"),
    ("Only one <configSections> element allowed", "KI517", "<configSections /><configSections />"),
    (
        "section defined",
        "KI517",
        "<configSections><sectionGroup name=\"system.webServer\"><section name=\"caching\" /></sectionGroup></configSections>",
    ),
    (
        "Specified configSource cannot be parsed",
        "KI518",
        "<system.web><authentication configSource=\"none.config\" /></system.web>",
    ),
    (
        "Lock violation",
        "KI506",
        "<system.webServer><httpErrors defaultPath=\"own.htm\" /></system.webServer>",
    ),
    (
        "Lock violation",
        "KI506",
        "<location path=\".\" inheritInChildApplications=\"false\"><system.webServer><httpErrors defaultPath=\"a\" /></system.webServer></location>",
    ),
    (
        "Lock violation",
        "KI506",
        "<system.webServer><urlCompression doStaticCompression=\"true\" /></system.webServer>",
    ),
    (
        "Lock violation",
        "KI506",
        "<system.webServer><modules><remove name=\"StaticFileModule\" /></modules></system.webServer>",
    ),
    (
        "with unique key attribute",
        "KI514",
        "<system.webServer><modules><add name=\"DirectoryListingModule\" /></modules></system.webServer>",
    ),
    (
        "0xC00CEF03",
        "KI520",
        "<runtime><o:assemblyBinding xmlns:o=\"urn:schemas-microsoft-com:asm.v1\"><o:probing privatePath=\"a\" /></o:assemblyBinding></runtime>",
    ),
    (
        "Unrecognized attribute",
        "KI509",
        "<system.webServer><httpErrors existing=\"Auto\" /></system.webServer>",
    ),
];

#[test]
fn what_microsofts_api_refuses_in_a_folder_is_found() {
    for (iis, code, inner) in OF_FOLDERS {
        let (found, said) = below(&server(), &[], &format!("<configuration>\n{inner}\n</configuration>"));
        assert_eq!(found, [code], "{iis}: {said}");
        assert_on_page(&page(), code, iis);
    }
    assert_eq!(below(&server(), &[], "").0, ["KI501"]);
    let farms = web("<webFarms><inner /></webFarms>");
    assert!(below(&server(), &[], &farms).1.contains("Application Request Routing"));
}

/// What the same tests hold to be no error in a server's file.
#[test]
fn what_microsofts_api_accepts_in_a_servers_file_says_nothing() {
    let root = "<application path=\"/\" applicationPool=\"web\">";
    let windows = |path: &str| {
        format!(
            "<location path=\"{path}\"><system.webServer><security><authentication><windowsAuthentication \
             enabled=\"true\" /></authentication></security></system.webServer></location></configuration>"
        )
    };
    for (from, to) in [
        ("</configuration>", windows("Nobody").as_str()),
        ("</configuration>", &windows("Portal/none.html")),
        ("</configuration>", &windows("Portal/crm/index.html")),
        (
            root,
            &format!(
                "<application path=\"/first\"><virtualDirectory path=\"/\" physicalPath=\"D:\\first\" /></application>{root}"
            ),
        ),
        (
            "<virtualDirectory path=\"/\" physicalPath=\"D",
            "<virtualDirectory path=\"/files\" physicalPath=\"D:\\files\" /><virtualDirectory path=\"/\" physicalPath=\"D",
        ),
        ("<applicationPools><add name=\"Web\" /></applicationPools>", ""),
        ("lockAttributes=\"defaultPath,errorMode\"", "lockAttributes=\"*\""),
        ("E:\\crm\"", "E:\\crm\" password=\"[enc:AesProvider::enc]\""),
        ("E:\\crm\"", "E:\\crm\" password=\"[encenc]\""),
        ("E:\\crm\"", "E:\\crm\" password=\"[]\""),
        (BINDING, "<binding protocol=\"http\" bindingInformation=\"1.1.1:61902:own\" />"),
        (
            "<location path=\"Portal/hr\" overrideMode=\"Allow\">",
            "<location path=\"Portal\"><system.webServer><modules><remove name=\"StaticFileModule\" /></modules></system.webServer></location><location path=\"Portal/hr\" overrideMode=\"Allow\">",
        ),
    ] {
        let (found, said) = alone("applicationHost.config", &changed(from, to));
        assert_eq!(found, [""; 0], "{to}: {said}");
    }
}

/// The same for a web.config.
#[test]
fn what_microsofts_api_accepts_in_a_folder_says_nothing() {
    let log = "<configSections><section name=\"ours\" type=\"Ours.Handler, Ours\" /></configSections><ours><root level=\"info\" /></ours>";
    let section = "<configSections><sectionGroup name=\"system.webServer\"><section name=\"aspNetCore\" /></sectionGroup></configSections>\
        <location path=\".\" inheritInChildApplications=\"false\"><system.webServer><handlers><add name=\"own\" path=\"*\" \
        verb=\"*\" modules=\"AspNetCoreModuleV2\" /></handlers><aspNetCore processPath=\"dotnet\" /></system.webServer></location>";
    for inner in [
        "<system.webServer></system.webServer>",
        "<system.webServer><security></security></system.webServer>",
        "<system.webServer><security><authentication /></security></system.webServer>",
        log,
        section,
        "<system.web><authorization><allow users=\"*\" /><deny users=\"?\" /></authorization></system.web>",
        "<system.net><mailSettings><smtp><network enableSsl=\"true\" host=\"mail\" /></smtp></mailSettings></system.net>",
        "<configSections><section name=\"configBuilders\" type=\"a\" /></configSections><configBuilders><builders><add name=\"a\" type=\"b\" /></builders></configBuilders><appSettings configBuilders=\"a\" />",
        "<system.webServer><httpErrors configBuilders=\"a\" /></system.webServer>",
        "<system.webServer><modules><remove name=\"DirectoryListingModule\" /></modules></system.webServer>",
        "<system.webServer><modules><add name=\"Own\" type=\"Own.Module\" /></modules></system.webServer>",
        "<system.webServer><defaultDocument><files><add value=\"own.htm\" /></files></defaultDocument></system.webServer>\
         <location path=\"docs\"><system.webServer><defaultDocument><files><add value=\"docs.htm\" /></files></defaultDocument></system.webServer></location>",
    ] {
        let (found, said) = below(&server(), &[], &format!("<configuration>\n{inner}\n</configuration>"));
        assert_eq!(found, [""; 0], "{inner}: {said}");
    }
    let open = server().replace(
        "<section name=\"windowsAuthentication\" overrideModeDefault=\"Deny\" />",
        "<section name=\"windowsAuthentication\" overrideModeDefault=\"Allow\" />",
    );
    let windows =
        "<security><authentication><windowsAuthentication enabled=\"true\" /></authentication></security>";
    assert_eq!(below(&open, &[], &web(windows)).0, [""; 0]);
}
