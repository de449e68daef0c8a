//! What depends on where a file or a section is: folders that are no applications, `<location>`s around, modules of the server.

use super::cases::{HOST, alone, below, codes};
use super::web;
use crate::support;

/// [`HOST`] with these sections, and with the site `Portal` that has the application `/crm`.
pub(super) fn host(sections: &str) -> String {
    let site = "<system.applicationHost><applicationPools><add name=\"Web\" /></applicationPools><sites>\
        <site name=\"Portal\" id=\"1\"><application path=\"/\" applicationPool=\"web\"><virtualDirectory path=\"/\" \
        physicalPath=\"D:\\portal\" /></application><application path=\"/crm\"><virtualDirectory path=\"/\" \
        physicalPath=\"E:\\crm\" /></application><bindings><binding protocol=\"http\" \
        bindingInformation=\"*:80:\" /></bindings></site></sites></system.applicationHost>";
    let text = HOST.replacen("<system.webServer>", &format!("{site}<system.webServer>"), 1);
    text.replacen("<defaultDocument>", &format!("{sections}<defaultDocument>"), 1)
}

#[test]
fn sections_of_applications_are_not_for_their_folders() {
    let modules = "<modules><remove name=\"DirectoryListingModule\" /></modules>";
    for (application, inner, codes) in [
        ("/crm/reports", modules, &["KI507"][..]),
        ("/files", modules, &["KI507"]),
        ("/crm/reports", "<staticContent />", &[]),
        ("/crm", modules, &[]),
        ("/CRM/", modules, &[]),
        ("/", modules, &[]),
    ] {
        let (found, said) = below(&host(""), &["--site", "Portal", "--app", application], &web(inner));
        assert_eq!(found, codes, "{application} {inner}: {said}");
    }
    let (found, said) = below(&host(""), &[], &web(modules));
    assert_eq!(found, [""; 0], "without a place nothing is known: {said}");
    let (found, _) = below(&host(""), &["--site", "Elsewhere"], &web(modules));
    assert_eq!(found, [""; 0], "a site that the file does not have");
    let within = format!(
        "<configuration>\n<location path=\"reports\"><system.webServer>{modules}</system.webServer></location>\n\
         </configuration>"
    );
    assert_eq!(below(&host(""), &["--site", "Portal", "--app", "/crm"], &within).0, ["KI507"]);
}

/// Lints a folder whose own web.config is above the other in `sub/deep`.
fn with_file_above(above: &str, own: &str) -> (Vec<String>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join("sub/deep")).expect("folders");
    std::fs::write(folder.path().join("web.config"), above).expect("the file above");
    std::fs::write(folder.path().join("sub/deep/web.config"), web(own)).expect("the file");
    codes(&["lint", support::text(folder.path())])
}

fn located(attributes: &str, inner: &str) -> String {
    format!(
        "<configuration>\n<location {attributes}><system.webServer>{inner}</system.webServer></location>\n</configuration>"
    )
}

/// The web.config of a folder above counts, as far as it hands its settings down.
#[test]
fn files_above_hand_down_their_keys() {
    let own = "<staticContent><mimeMap fileExtension=\".x\" mimeType=\"a/b\" /></staticContent>";
    let kept = located("path=\".\" inheritInChildApplications=\"false\"", own);
    let (found, said) = with_file_above(&web(own), own);
    assert_eq!(found, ["KI514"], "{said}");
    assert!(said.contains("web.config:2"), "{said}");
    assert_eq!(with_file_above(&kept, own).0, [""; 0]);
    assert_eq!(with_file_above(&web(""), own).0, [""; 0]);
}

/// Nothing says which sections a web.config above may lock, so it locks what it says.
#[test]
fn files_above_lock_their_sections() {
    let own = "<staticContent />";
    for path in ["path=\".\"", "path=\"\"", "", "path=\"sub\"", "path=\"sub/deep\""] {
        for lock in ["overrideMode=\"Deny\"", "allowOverride=\"false\""] {
            let (found, said) = with_file_above(&located(&format!("{path} {lock}"), own), own);
            assert_eq!(found, ["KI506"], "{path} {lock}: {said}");
            assert!(said.contains("the web.config of a folder above locks"), "{said}");
        }
        assert_eq!(with_file_above(&located(&format!("{path} overrideMode=\"Allow\""), own), own).0, [""; 0]);
    }
    assert_eq!(with_file_above(&located("path=\"other\" overrideMode=\"Deny\"", own), own).0, [""; 0]);
}

/// The same, on a server with this file, whose site `Portal` has the folder above.
fn on_server(server: &str, above: &str, own: &str) -> (Vec<String>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let [site, host] = ["site", "applicationHost.config"].map(|name| folder.path().join(name));
    std::fs::create_dir_all(site.join("sub/deep")).expect("folders");
    std::fs::write(&host, server).expect("the server's file");
    std::fs::write(site.join("web.config"), above).expect("the file above");
    std::fs::write(site.join("sub/deep/web.config"), web(own)).expect("the file");
    let [site, host] = [&site, &host].map(|path| support::text(path));
    codes(&["lint", site, "--host-config", host, "--site", "Portal"])
}

/// What counts for a deeper place comes later, whichever file says it.
#[test]
fn locks_count_place_by_place() {
    let own = "<staticContent />";
    let server = |mode: &str, path: &str| {
        let inner = format!("<system.webServer>{own}</system.webServer>");
        let location = format!("<location path=\"{path}\" overrideMode=\"{mode}\">{inner}</location>");
        host("").replace("</configuration>", &format!("{location}</configuration>"))
    };
    let above = |mode: &str, path: &str| located(&format!("path=\"{path}\" overrideMode=\"{mode}\""), own);
    for (server, above, codes) in [
        (server("Allow", "Portal/sub/deep"), above("Deny", "."), &[][..]),
        (server("Allow", "Portal/sub"), above("Deny", "."), &[]),
        (server("Allow", "Portal"), above("Deny", "sub"), &["KI506"]),
        (server("Deny", "Portal/sub/deep"), above("Allow", "."), &["KI506"]),
        (server("Deny", "Portal/sub/deep"), above("Allow", "sub"), &["KI506"]),
        (server("Deny", "Portal/other"), above("Allow", "."), &[]),
    ] {
        let (found, said) = on_server(&server, &above, own);
        assert_eq!(found, codes, "{server} {above}: {said}");
    }
}

/// Such a `<location>` counts for the folders of its application, and not for applications below.
#[test]
fn what_is_not_for_applications_below_is_for_their_folders() {
    let own = "<staticContent><mimeMap fileExtension=\".x\" mimeType=\"a/b\" /></staticContent>";
    let kept = |mode: &str| {
        located(&format!("path=\".\" inheritInChildApplications=\"false\" overrideMode=\"{mode}\""), own)
    };
    let server = |application: &str| host("").replace("path=\"/crm\"", &format!("path=\"{application}\""));
    for (application, codes) in
        [("/crm", &["KI506"][..]), ("/sub/deep/er", &["KI506"]), ("/sub", &[]), ("/sub/deep", &[])]
    {
        let (found, said) = on_server(&server(application), &kept("Deny"), own);
        assert_eq!(found, codes, "{application}: {said}");
        let (found, _) = on_server(&server(application), &kept("Inherit"), own);
        assert_eq!(found.is_empty(), codes.is_empty(), "{application}: the keys follow the lock");
    }
    assert_eq!(with_file_above(&kept("Deny"), own).0, [""; 0], "without a server nothing is known");
}

/// What the application `/a/b` of `Portal` inherits from a file that is in one of these folders: the site's, `a` in it, or
/// `other`. `directories` is what the server's file says between the site's folder and the application's.
fn between(root: &str, directories: &str, file: &str) -> (Vec<String>, String) {
    let own = web("<staticContent><mimeMap fileExtension=\".x\" mimeType=\"a/b\" /></staticContent>");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    for name in ["site/a", "other", "app"] {
        std::fs::create_dir_all(path(name)).expect("a folder");
    }
    std::fs::write(path(file).join("web.config"), &own).expect("the file above");
    std::fs::write(path("app/web.config"), &own).expect("the file");
    let text = support::text(folder.path());
    let directories = directories.replace("TEMP", text);
    let server = host("")
        .replace(
            "physicalPath=\"D:\\portal\" /></application>",
            &format!("physicalPath=\"{text}/site\" {root}/>{directories}"),
        )
        .replace("<application path=\"/crm\"", "<application path=\"/a/b\"")
        .replace("E:\\crm", &format!("{text}/app"));
    std::fs::write(path("applicationHost.config"), server).expect("the server's file");
    let files = [path("app/web.config"), path(file).join("web.config")];
    codes(&[
        "lint",
        support::text(&files[0]),
        support::text(&files[1]),
        "--host-config",
        support::text(&path("applicationHost.config")),
    ])
}

/// IIS also reads the web.config in the folder of `/a`, wherever the server's file says that this folder is.
#[test]
fn folders_between_the_site_and_the_application_count() {
    const END: &str = "</application>";
    let directory = format!("<virtualDirectory path=\"/a\" physicalPath=\"TEMP/other\" />{END}");
    let application = format!(
        "{END}<application path=\"/a\"><virtualDirectory path=\"/\" physicalPath=\"TEMP/other\" />{END}"
    );
    let hidden = format!("<virtualDirectory path=\"/a/b\" physicalPath=\"TEMP/other\" />{END}");
    const UNREAD: &str = "allowSubDirConfig=\"false\"";
    for (root, directories, file, counts) in [
        ("", END, "site/a", true),
        ("", END, "site", true),
        (UNREAD, END, "site/a", false),
        (UNREAD, END, "site", true),
        ("", END, "other", false),
        ("", &directory, "other", true),
        (UNREAD, &directory, "other", true),
        ("", &directory, "site/a", false),
        ("", &application, "other", true),
        ("", &application, "site/a", false),
        ("", &hidden, "other", false),
    ] {
        let (found, said) = between(root, directories, file);
        assert_eq!(found.contains(&"KI514".to_owned()), counts, "{root} {directories} {file}: {said}");
        assert!(!counts || said.contains(&format!("{file}/web.config:2")), "{said}");
    }
}

#[test]
fn a_location_does_not_repeat_the_keys_around_it() {
    let location = |path: &str, attributes: &str, inner: &str| {
        format!(
            "<location path=\"{path}\" {attributes}><system.webServer>{inner}</system.webServer></location>"
        )
    };
    let with = |locations: &str| {
        alone(
            "applicationHost.config",
            &HOST.replace("</configuration>", &format!("{locations}</configuration>")),
        )
    };
    let mime = |kind: &str| {
        format!(
            "<staticContent><mimeMap fileExtension=\"{kind}\" mimeType=\"application/x\" /></staticContent>"
        )
    };
    let header = "<httpProtocol><customHeaders><remove name=\"X-Served-By\" /><add name=\"X-Served-By\" value=\"2\" \
        /></customHeaders></httpProtocol>";
    let pair =
        |first: &str, second: &str| location(first, "", &mime(".own")) + &location(second, "", &mime(".own"));
    for locations in [
        location("Portal/hr/a", "", &mime(".wasm")),
        location("Portal/hr/a", "", &mime(".WASM")),
        pair("Portal", "portal/docs"),
        pair("Portal/a/b", "Portal"),
        location("Portal", "", "<modules><add name=\"DirectoryListingModule\" /></modules>"),
    ] {
        let (found, said) = with(&locations);
        assert_eq!(found, ["KI514"], "{locations}: {said}");
        assert!(said.contains("the first is here"), "{said}");
    }
    for locations in [
        location("Portal", "", &mime(".own")),
        pair("Portal/a", "Portal/ab"),
        location("Portal", "inheritInChildApplications=\"false\"", &mime(".own"))
            + &location("Portal/docs", "", &mime(".own")),
        location("Portal", "", header),
    ] {
        let (found, said) = with(&locations);
        assert_eq!(found, [""; 0], "{locations}: {said}");
    }
    let own = format!(
        "<configuration>\n<system.webServer>{0}</system.webServer>\n{1}\n</configuration>",
        mime(".own"),
        location("docs", "", &mime(".own"))
    );
    assert_eq!(alone("web.config", &own).0, ["KI514"]);
}

#[test]
fn handlers_need_modules_that_run() {
    let modules = "<globalModules><add name=\"StaticFileModule\" image=\"C:\\a.dll\" /><add name=\"DirectoryListingModule\" \
        image=\"C:\\d.dll\" /><add name=\"IsapiModule\" image=\"C:\\i.dll\" /></globalModules>";
    let server = host(modules).replace(
        "<add name=\"Files\"",
        "<add name=\"List\" path=\"*.dir\" verb=\"*\" modules=\"DirectoryListingModule\" /><add name=\"Files\"",
    );
    let list = "<handlers><remove name=\"List\" /></handlers>";
    let without = "<modules><remove name=\"DirectoryListingModule\" /></modules>";
    let mapped = |module: &str| {
        format!("<handlers><add name=\"own\" path=\"*.own\" verb=\"*\" modules=\"{module}\" /></handlers>")
    };
    for (inner, code) in [
        (mapped("IsapiModule"), "KI523"),
        (
            mapped("DirectoryListingModule")
                + "<modules><remove name=\"DirectoryListingModule\" /></modules>",
            "KI523",
        ),
        (without.to_owned(), "KI520"),
    ] {
        let (found, said) = below(&server, &["--site", "Portal"], &web(&inner));
        assert!(found.contains(&code.to_owned()) && said.contains("500.21"), "{inner}: {said}");
    }
    for inner in [
        format!("{list}{without}"),
        mapped("DirectoryListingModule"),
        mapped("StaticFileModule").replace("*.own", "*") + without,
        "<modules><add name=\"IsapiModule\" /></modules>".to_owned() + &mapped("IsapiModule"),
    ] {
        let (found, said) = below(&server, &["--site", "Portal"], &web(&inner));
        assert_eq!(found, [""; 0], "{inner}: {said}");
    }
}

#[test]
fn pools_and_dlls_are_there_and_fit() {
    let lint = |text: &str| alone("applicationHost.config", text);
    assert_eq!(lint(&host("")).0, [""; 0]);
    let (found, said) = lint(&host("").replace("applicationPool=\"web\"", "applicationPool=\"Wbe\""));
    assert!(found == ["KI520"] && said.contains("503"), "{said}");
    for (image, condition, is_wrong) in [
        (r"%windir%\SysWOW64\inetsrv\own.dll", "bitness64", true),
        (r"%windir%\Microsoft.NET\Framework64\v4.0.30319\webengine4.dll", "integratedMode,bitness32", true),
        (r"%windir%\Microsoft.NET\Framework\v4.0.30319\webengine4.dll", "Bitness64", true),
        (r"%windir%\Microsoft.NET\Framework\v4.0.30319\webengine4.dll", "bitness32", false),
        (r"%windir%\System32\inetsrv\own.dll", "bitness32", false),
        (r"%windir%\SysWOW64\inetsrv\own.dll", "", false),
    ] {
        let module = format!(
            "<globalModules><add name=\"Own\" image=\"{image}\" preCondition=\"{condition}\" /></globalModules>"
        );
        let (found, said) = lint(&host(&module));
        assert_eq!(found.contains(&"KI520".to_owned()), is_wrong, "{image} {condition}: {said}");
    }
}

/// The schema files of IIS are older than .NET, whose sections are only looked at with --strict.
#[test]
fn sections_of_net_are_at_most_a_warning() {
    let schema = "<configSchema><sectionSchema name=\"appSettings\"><collection addElement=\"add\"><attribute name=\"key\" \
        type=\"string\" isUniqueKey=\"true\" /></collection></sectionSchema></configSchema>";
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("schema")).expect("a folder");
    std::fs::write(folder.path().join("schema/own.xml"), schema).expect("a schema");
    let [file, schemas] = ["web.config", "schema"].map(|name| folder.path().join(name));
    for inner in ["<add key=\"a\" newer=\"\" />", "<EncryptedData />", "<add key=\"a\" /><add key=\"A\" />"] {
        let text = format!("<configuration>\n<appSettings>{inner}</appSettings>\n</configuration>");
        std::fs::write(&file, text).expect("a file");
        let usual = ["lint", "--schema-dir", support::text(&schemas), support::text(&file)];
        assert_eq!(codes(&usual).0, [""; 0], "{inner}");
        let (found, said) = codes(&[usual.as_slice(), &["--strict"]].concat());
        assert!(found == ["KI524"] && said.contains("warning[KI524]"), "{inner}: {said}");
    }
}

/// A schema may let a time span be a number of minutes or seconds, and a number `Infinite`.
#[test]
fn numbers_are_read_in_the_unit_of_their_schema() {
    let schema = "<configSchema><sectionSchema name=\"system.webServer/own\">\
        <attribute name=\"minutes\" type=\"timeSpan\" timeSpanFormat=\"minutes\" allowInfinite=\"true\" \
        validationType=\"timeSpanRange\" validationParameter=\"60,86400,60\" />\
        <attribute name=\"seconds\" type=\"timeSpan\" timeSpanFormat=\"seconds\" validationType=\"timeSpanRange\" \
        validationParameter=\"0,100,1\" /><attribute name=\"most\" type=\"int\" allowInfinite=\"true\" />\
        <attribute name=\"span\" type=\"timeSpan\" /></sectionSchema></configSchema>";
    let lint = |attribute: &str, value: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("schema")).expect("a folder");
        std::fs::write(folder.path().join("schema/own.xml"), schema).expect("a schema");
        let file = folder.path().join("web.config");
        std::fs::write(&file, web(&format!("<own {attribute}=\"{value}\" />"))).expect("a file");
        let schemas = folder.path().join("schema");
        codes(&["lint", "--schema-dir", support::text(&schemas), support::text(&file)])
    };
    for (attribute, value) in [
        ("minutes", "20"),
        ("minutes", "1440"),
        ("minutes", "Infinite"),
        ("minutes", "00:20:00"),
        ("seconds", "100"),
        ("most", "Infinite"),
        ("span", "00:20:00"),
    ] {
        let (found, said) = lint(attribute, value);
        assert_eq!(found, [""; 0], "{attribute}={value}: {said}");
    }
    for (attribute, value, code, words) in [
        ("minutes", "1441", "KI513", "1441 is not between 00:01:00 and 1.00:00:00"),
        ("minutes", "0", "KI513", "0 is not between"),
        ("minutes", "soon", "KI512", "a number of minutes"),
        ("seconds", "Infinite", "KI512", "a number of seconds"),
        ("seconds", "101", "KI513", "101 is not between"),
        ("most", "many", "KI512", "a whole number"),
        ("span", "20", "KI512", "a time span"),
    ] {
        let (found, said) = lint(attribute, value);
        assert!(found == [code] && said.contains(words), "{attribute}={value}: {said}");
    }
}
