//! What other products, other programs and other places bring into a file: what is declared, what is only elsewhere, what is in
//! another encoding, and what is in a file beside it.

use super::cases::{HOST, alone, below, codes};
use super::web;
use crate::support;
use crate::support::program;

fn none(of: (Vec<String>, String)) {
    assert!(of.0.is_empty(), "{}", of.1);
}

/// A folder with the schema of one section: a server without the schemas of what it declares.
fn schemas() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let schema = "<configSchema><sectionSchema name=\"system.webServer/staticContent\" />\
        <sectionSchema name=\"system.applicationHost/sites\"><collection addElement=\"site\">\
        <attribute name=\"name\" type=\"string\" /></collection></sectionSchema></configSchema>";
    std::fs::write(folder.path().join("IIS_schema.xml"), schema).expect("a schema");
    folder
}

/// Lints a file with these schemas, and below a server's file if there is one.
fn with_schemas(name: &str, text: &str, server: Option<&str>) -> (Vec<String>, String) {
    let (schemas, (_folder, file)) = (schemas(), support::file_alone(name, text));
    let server = server.map(|text| support::file_alone("applicationHost.config", text));
    let mut arguments = vec!["lint", support::text(&file), "--schema-dir", support::text(schemas.path())];
    if let Some((_, server)) = &server {
        arguments.extend(["--host-config", support::text(server)]);
    }
    codes(&arguments)
}

fn declaring(group: &str, section: &str) -> String {
    format!(
        "<configSections><sectionGroup name=\"{group}\"><section name=\"{section}\" /></sectionGroup></configSections>"
    )
}

#[test]
fn a_section_that_is_declared_needs_no_schema() {
    let used = "<system.webServer><wdeploy><backup enabled=\"true\" /></wdeploy></system.webServer>";
    let own = format!("<configuration>{}{used}</configuration>", declaring("system.webServer", "wdeploy"));
    none(alone("web.config", &own));
    none(with_schemas("web.config", &own, None));
    none(with_schemas("web.config", &own, Some(HOST)));
    none(with_schemas("applicationHost.config", &own, None));
    let group = declaring("BlogEngine", "blogProvider");
    none(below(
        HOST,
        &[],
        &format!("<configuration>{group}<BlogEngine><blogProvider /></BlogEngine></configuration>"),
    ));
    let environment = "<httpPlatform><environmentVariables><environmentVariable name=\"a\" /></environmentVariables>\
        </httpPlatform>";
    let (found, said) = below(HOST, &[], &web(environment));
    assert!(found == ["KI503"] && said.contains("httpPlatform: the server"), "{said}");
    let ftp = "<system.applicationHost><sites><site name=\"a\" id=\"1\"><application path=\"/\"><virtualDirectory path=\"/\" \
        physicalPath=\"D:\\a\" /></application><bindings><binding protocol=\"ftp\" bindingInformation=\"*:21:\" /></bindings>\
        <ftpServer serverAutoStart=\"true\" /></site></sites></system.applicationHost>\
        <system.ftpServer><log /></system.ftpServer>";
    let ftp = format!("<configuration>{}{ftp}</configuration>", declaring("system.ftpServer", "log"));
    let (found, said) = with_schemas("applicationHost.config", &ftp, None);
    assert!(!said.contains("ftpServer: ") && !said.contains("system.ftpServer"), "{found:?} {said}");
    let above = HOST.replacen(
        "<section name=\"httpErrors\"",
        "<section name=\"iisnode\" /><section name=\"httpErrors\"",
        1,
    );
    none(with_schemas("web.config", &web("<iisnode node_env=\"production\" />"), Some(&above)));
    let (found, said) = with_schemas("web.config", &web("<cors enabled=\"true\" />"), Some(&above));
    assert_eq!(found, ["KI503"], "one finding for one section: {said}");
    assert!(said.contains("does not declare"), "{said}");
    let (found, said) = with_schemas("web.config", &web("<iisnode />"), None);
    assert_eq!(found, ["KI503"], "{said}");
}

#[test]
fn elements_of_other_products_in_sites_are_not_looked_at() {
    let sites = "<configuration><system.applicationHost><sites><site name=\"a\" id=\"1\"><application path=\"/\">\
        <virtualDirectory path=\"/\" physicalPath=\"D:\\a\" /></application><bindings><binding protocol=\"http\" \
        bindingInformation=\"*:80:\" /></bindings><ftpServer><connections /></ftpServer><hsts enabled=\"true\" /></site>\
        <siteDefaults><ftpServer /><hsts max-age=\"1\" /></siteDefaults></sites></system.applicationHost></configuration>";
    let (_folder, file) = support::file_alone("applicationHost.config", sites);
    let output = program::run(&["lint", support::text(&file)]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &program::error(&output);
    assert!(!said.contains("[KI"), "{said}");
    for name in ["site/ftpServer", "site/hsts", "siteDefaults/ftpServer", "siteDefaults/hsts"] {
        assert!(said.contains(name), "{name} is not looked at: {said}");
    }
    assert_eq!(alone("applicationHost.config", &sites.replace("hsts", "htst")).0, ["KI508", "KI508"]);
}

#[test]
fn a_section_at_another_place_is_found_without_the_servers_file() {
    let inside = |inner: &str| format!("<configuration>\n{inner}\n</configuration>");
    for (text, meant) in [
        (inside("<httpErrors />"), "system.webServer/httpErrors"),
        (inside("<location path=\"a\"><handlers /></location>"), "system.webServer/handlers"),
        (inside("<configsections />"), "configSections"),
        (inside("<Location path=\"a\" />"), "location"),
        (web("<requestFiltering />"), "system.webServer/security/requestFiltering"),
        (web("<authentication />"), "system.webServer/security/authentication"),
        (web("<security><windowsAuthentication /></security>"), "authentication/windowsAuthentication"),
        (web("<location path=\"a\"><httpErrors /></location>"), "child of <configuration>"),
    ] {
        let (found, said) = alone("web.config", &text);
        assert_eq!(found, ["KI503"], "{text}: {said}");
        assert!(said.contains(meant), "{text}: {said}");
    }
    for text in [
        inside("<log4net /><unity /><security /><nlog />"),
        inside("<configSections><section name=\"modules\" type=\"a\" /></configSections><modules />"),
        inside("<system.web><authorization /><authentication /><caching /></system.web>"),
        web("<rewrite><rules /></rewrite><heliconZoo /><caching />"),
    ] {
        none(alone("web.config", &text));
    }
}

/// What a section was meant to be is not guessed from the groups around it.
#[test]
fn a_section_of_another_product_is_no_misspelling() {
    for (inner, help) in [
        ("<wdeploy />", None),
        ("<simpleLogging />", None),
        ("<defaultDocuments />", Some("did you mean \"defaultDocument\"?")),
        ("<staticcontent />", Some("write \"system.webServer/staticContent\"")),
        ("<customErrors />", Some("write <customErrors> in <system.web>")),
    ] {
        let (found, said) = below(HOST, &[], &web(inner));
        assert_eq!(found, ["KI503"], "{inner}: {said}");
        assert_eq!(said.contains("= help"), help.is_some(), "{inner}: {said}");
        assert!(said.contains(help.unwrap_or_default()), "{inner}: {said}");
    }
    let builders = "<configuration><configBuilders><builders /></configBuilders><appSettings configBuilders=\"a\" \
        /></configuration>";
    none(below(HOST, &[], builders));
}

/// A file that declares sections of its own program says nothing about what a server declares.
#[test]
fn the_file_of_a_program_is_not_the_file_of_a_server() {
    let text = "<configuration><configSections><section name=\"log4net\" type=\"a\" /></configSections><log4net />\
        <system.webServer><handlers accessPolicy=\"Read\" /></system.webServer></configuration>";
    none(alone("Portal.dll.config", text));
}

#[test]
fn a_transformation_declares_its_namespace() {
    let text = "<configuration ATTRIBUTE><appSettings><add key=\"a\" value=\"b\" x:Transform=\"Insert\" \
        /></appSettings></configuration>";
    let address = "http://schemas.microsoft.com/XML-Document-Transform";
    for attribute in
        [format!("xmlns:x='{address}'"), format!("xmlns:x = \"{address}\""), format!("xmlns:x=\"{address}\"")]
    {
        assert_eq!(alone("web.config", &text.replace("ATTRIBUTE", &attribute)).0, ["KI521"], "{attribute}");
    }
    let comment = format!("<configuration><!-- xmlns:xdt=\"{address}\" --><appsettings /></configuration>");
    let (found, said) = below(HOST, &[], &comment);
    assert_eq!(found, ["KI503"], "a comment declares nothing: {said}");
}

/// Lints a file of these bytes.
fn of_bytes(bytes: &[u8]) -> (Vec<String>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("web.config");
    std::fs::write(&file, bytes).expect("the file");
    codes(&["lint", support::text(&file)])
}

#[test]
fn the_bytes_of_a_file_are_in_the_encoding_that_it_declares() {
    let wide = |text: &str| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let declared = |name: &str| format!("<?xml version=\"1.0\" encoding=\"{name}\"?>\n<configuration />");
    let umlaut = |name: &str| {
        let mut bytes = declared(name).into_bytes();
        bytes.extend(b"<!-- \xfc -->");
        bytes
    };
    for right in ["iso-8859-1", "ISO-8859-15", "windows-1252", "windows-1251", "koi8-r"] {
        none(of_bytes(&umlaut(right)));
    }
    none(of_bytes(&wide(&declared("utf-16"))));
    none(of_bytes(&wide("<configuration />")));
    none(of_bytes(declared("us-ascii").as_bytes()));
    for (wrong, why) in [
        (wide(&declared("utf-8")), "is in UTF-16 and declares utf-8"),
        (wide(&declared("iso-8859-1")), "is in UTF-16 and declares iso-8859-1"),
        (declared("Unicode").into_bytes(), "declares Unicode and is not in UTF-16"),
        (declared("utf8").into_bytes(), "`utf8` is not the name of an encoding"),
        (declared("latin-eins").into_bytes(), "`latin-eins` is not the name of an encoding"),
        (umlaut("utf-8"), "bytes that are not in its encoding"),
        (b"<configuration><!-- \xe9 --></configuration>".to_vec(), "bytes that are not in its encoding"),
        (b"\xff\xfe<\0c".to_vec()[..5].to_vec(), "not valid UTF-16"),
        (wide(&declared("utf-16"))[2..].to_vec(), "seems to be UTF-16 and has no byte-order mark"),
        (
            wide("<configuration><!-- \u{fc} -->")[2..].to_vec(),
            "seems to be UTF-16 and has no byte-order mark",
        ),
    ] {
        let (found, said) = of_bytes(&wrong);
        assert_eq!(found, ["KI522"], "{said}");
        assert!(said.contains(why), "{said}");
    }
}

/// One file that is not text does not hide what is wrong with the others.
#[test]
fn a_folder_is_checked_whatever_one_file_is() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in [("a", &b"<configuration>\xe9</configuration>"[..]), ("b", b"<configuration>")] {
        std::fs::create_dir(folder.path().join(name)).expect("a folder");
        std::fs::write(folder.path().join(name).join("web.config"), bytes).expect("a file");
    }
    let (found, said) = codes(&["lint", "--fix", support::text(folder.path())]);
    assert_eq!(found, ["KI522", "KI501"], "{said}");
    let bytes = std::fs::read(folder.path().join("a/web.config")).expect("the file");
    assert_eq!(bytes, b"<configuration>\xe9</configuration>");
}

#[test]
fn a_file_of_config_source_is_the_section_alone() {
    let linted = |source: &str, name: &str, content: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("web.config");
        std::fs::write(&file, web(&format!("<httpErrors configSource=\"{source}\" />"))).expect("the file");
        std::fs::create_dir(folder.path().join("Parts")).expect("a folder");
        std::fs::write(folder.path().join(name), content).expect("the other file");
        codes(&["lint", support::text(&file)])
    };
    none(linted(
        "errors.config",
        "errors.config",
        "<?xml version=\"1.0\"?><httpErrors errorMode=\"Custom\" />",
    ));
    none(linted("ERRORS.Config", "errors.config", "<httpErrors />"));
    none(linted("parts\\errors.config", "Parts/Errors.config", "<httpErrors />"));
    for content in ["", "<httpErrors>", "<httperrors />", "<configuration><httpErrors /></configuration>"] {
        let (found, said) = linted("errors.config", "errors.config", content);
        assert_eq!(found, ["KI518"], "{content}: {said}");
        assert!(said.contains("the root element of `errors.config` is not <httpErrors>"), "{said}");
    }
}

/// Without the server's file, what Windows declares counts.
#[test]
fn a_new_installation_is_known_without_the_servers_file() {
    for inner in [
        "<fastCgi><application fullPath=\"C:\\php\\php-cgi.exe\" /></fastCgi>",
        "<globalModules><add name=\"a\" image=\"C:\\a.dll\" /></globalModules>",
    ] {
        let (found, said) = alone("web.config", &web(inner));
        assert_eq!(found, ["KI507"], "{inner}: {said}");
    }
    for inner in [
        "<asp enableParentPaths=\"true\" />",
        "<cgi />",
        "<security><ipSecurity allowUnlisted=\"false\" /></security>",
        "<security><authentication><digestAuthentication enabled=\"true\" /></authentication></security>",
        "<webdav><authoring enabled=\"false\" /></webdav>",
        "<isapiFilters />",
    ] {
        let (found, said) = alone("web.config", &web(inner));
        assert_eq!(found, ["KI516"], "{inner}: {said}");
        let location =
            format!("<location path=\"a\"><system.webServer>{inner}</system.webServer></location>");
        let within = format!("<configuration>{location}</configuration>");
        assert_eq!(alone("web.config", &within).0, ["KI516"], "{inner}");
    }
    for inner in ["<caching />", "<validation />", "<httpTracings />", "<webdav />", "<httpCompression />"] {
        none(alone("web.config", &web(inner)));
    }
}

#[test]
fn a_module_that_the_server_lacks_names_what_brings_it() {
    let declared =
        "<section name=\"globalModules\" allowDefinition=\"AppHostOnly\" /><section name=\"httpErrors\"";
    let host = match HOST.contains("name=\"globalModules\"") {
        true => HOST.to_owned(),
        false => HOST.replacen("<section name=\"httpErrors\"", declared, 1),
    };
    let host = host.replacen(
        "<defaultDocument>",
        "<globalModules><add name=\"StaticFileModule\" image=\"a.dll\" /></globalModules><defaultDocument>",
        1,
    );
    for (module, product) in [
        ("iisnode", "install iisnode"),
        ("AspNetCoreModuleV2", "ASP.NET Core Hosting Bundle"),
        ("httpPlatformHandler", "HttpPlatformHandler"),
        ("FastCgiModule", "the role service CGI"),
        ("IsapiModule", "the role service ISAPI Extensions"),
        ("OurModule", "install the role service or the product"),
    ] {
        let mapping =
            format!("<handlers><add name=\"o\" path=\"*.o\" verb=\"*\" modules=\"{module}\" /></handlers>");
        let (found, said) = below(&host, &[], &web(&mapping));
        assert_eq!(found, ["KI523"], "{said}");
        assert!(said.contains(product), "{said}");
    }
}

#[test]
fn a_declaration_has_a_name_and_known_attributes() {
    let declaring =
        |inner: &str| format!("<configuration><configSections>{inner}</configSections></configuration>");
    for (inner, code) in [
        ("<section type=\"a\" />", "KI511"),
        ("<sectionGroup><section name=\"a\" /></sectionGroup>", "KI511"),
        ("<section name=\"\" />", "KI512"),
        ("<section name=\"a\" allowDefinition=\"Anywhere\" />", "KI512"),
        ("<section name=\"a\" overrideModeDefault=\"Denied\" />", "KI512"),
        ("<section name=\"a\" requirePermission=\"no\" />", "KI512"),
        ("<section name=\"a\" overridemodeDefault=\"Deny\" />", "KI509"),
        ("<add name=\"a\" />", "KI508"),
        ("<sectionGroup name=\"g\"><Section name=\"a\" /></sectionGroup>", "KI508"),
    ] {
        let (found, said) = alone("web.config", &declaring(inner));
        assert_eq!(found, [code], "{inner}: {said}");
    }
    let all = "<clear /><remove name=\"b\" /><sectionGroup name=\"g\" type=\"t\"><section name=\"a\" type=\"t\" \
        allowDefinition=\"MachineToWebRoot\" allowExeDefinition=\"MachineToApplication\" allowLocation=\"false\" \
        requirePermission=\"false\" restartOnExternalChanges=\"true\" overrideModeDefault=\"Allow\" /></sectionGroup>";
    none(alone("web.config", &declaring(all)));
}

#[test]
fn a_folder_without_a_file_of_iis_is_no_clean_bill() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("app.config"), "<configuration />").expect("a file");
    let output = program::run(&["lint", support::text(folder.path())]);
    assert_eq!(output.status.code(), Some(2));
    assert!(program::error(&output).contains("no web.config"), "{}", program::error(&output));
}
