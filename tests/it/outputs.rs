//! What the examples do not show: outputs of other specs, tested where a key of the spec must have an effect.

use kallithea_iisc::diagnostic::{Code, Severity};
use kallithea_iisc::emit::{emit, refused_by_iis};
use kallithea_iisc::model::LOCKABLE_SECTIONS;
use kallithea_iisc::tree::Tree;

use crate::support;

const PLACES: &str = "apiVersion: kallithea-iisc/v1\nname: t\n\
    kallithea:\n  distribution: C:\\kallithea\n  repositories: D:\\repositories\n\
    python:\n  home: C:\\Python313\n  version: \"3.13\"\n";
const SITE: &str = "site:\n  name: Kallithea\n  bindings:\n    - protocol: http\n";

/// Compiles a spec with the usual places and these lines; IIS accepts the result.
fn compile(lines: &str) -> Tree {
    compile_whole(&format!("{PLACES}{lines}"))
}

fn compile_whole(spec: &str) -> Tree {
    let deployment = support::deployment(spec);
    let tree = emit(&deployment);
    assert_eq!(refused_by_iis(&deployment, &tree), Vec::<String>::new(), "{spec}");
    tree
}

fn file<'a>(tree: &'a Tree, path: &str) -> &'a str {
    tree.get(path).unwrap_or_else(|| panic!("{path} is missing"))
}

#[track_caller]
fn has(text: &str, part: &str) {
    assert!(text.contains(part), "{part} is not in:\n{text}");
}

#[track_caller]
fn lacks(text: &str, part: &str) {
    assert!(!text.contains(part), "{part} is in:\n{text}");
}

#[test]
fn unlocked_sections_move_into_the_web_config() {
    let tree = compile(&format!(
        "{SITE}target:\n  unlockedSections: [system.webServer/handlers, \
         system.webServer/security/authentication/windowsAuthentication]\n"
    ));
    let (web, location) = (file(&tree, "web.config"), file(&tree, "applicationHost/location.config"));
    for element in ["<handlers", "<windowsAuthentication"] {
        has(web, element);
        lacks(location, element);
    }
    lacks(web, "<serverRuntime");
    has(location, "<basicAuthentication");
}

#[test]
fn with_everything_unlocked_the_location_holds_nothing_that_is_locked() {
    let sections: String = LOCKABLE_SECTIONS.iter().map(|section| format!("    - {section}\n")).collect();
    let tree = compile(&format!("{SITE}target:\n  unlockedSections:\n{sections}"));
    for section in LOCKABLE_SECTIONS {
        let element = format!("<{}", section.rsplit('/').next().expect("a name"));
        has(file(&tree, "web.config"), &element);
        lacks(file(&tree, "applicationHost/location.config"), &element);
    }
}

#[test]
fn internal_accounts_let_everyone_through_iis_and_no_name_to_kallithea() {
    let tree = compile(&format!("{SITE}authentication:\n  mode: internal\n  anonymousAccess: true\n"));
    let location = file(&tree, "applicationHost/location.config");
    has(location, "<anonymousAuthentication enabled=\"true\" userName=\"\"/>");
    has(location, "<windowsAuthentication enabled=\"false\"/>");
    has(file(&tree, "dispatch/isapi/src/config.rs"), "Identity::Application");
    let settings = file(&tree, "kallithea/settings.json");
    has(settings, "\"auth_plugins\": \"kallithea.lib.auth_modules.auth_internal\"");
    has(settings, "\"active\": true");
    lacks(settings, "auth_container");
}

#[test]
fn a_directory_is_asked_by_kallithea_and_its_password_stands_nowhere() {
    let tree = compile(&format!(
        "{SITE}authentication:\n  mode: ldap\n  activation: manual\n  ldap:\n    host: dc01.example.com\n    \
         baseDn: dc=example,dc=com\n    bindAccount: cn=reader,dc=example,dc=com\n"
    ));
    let settings = file(&tree, "kallithea/settings.json");
    has(settings, "kallithea.lib.auth_modules.auth_ldap");
    has(settings, "\"auth_ldap_port\": \"636\"");
    has(settings, "\"auth_ldap_tls_kind\": \"LDAPS\"");
    has(settings, "\"auth_ldap_attr_login\": \"sAMAccountName\"");
    has(settings, "hg.extern_activate.manual");
    lacks(settings, "dn_pass");
    let runbook = file(&tree, "RUNBOOK.md");
    has(runbook, "cn=reader,dc=example,dc=com");
    has(runbook, "inactive");
    has(
        runbook,
        "-m pip install --no-index --no-deps (Get-ChildItem -LiteralPath . -Filter 'python_ldap-*-cp313-cp313-win_amd64.whl').FullName",
    );
    has(file(&tree, "kallithea/drivers-requirements.txt"), "\npyasn1-modules==0.4.2 \\\n    --hash=sha256:");
    // Kallithea itself reads the Authorization header.
    let location = file(&tree, "applicationHost/location.config");
    has(location, "<anonymousAuthentication enabled=\"true\"");
    has(location, "<basicAuthentication enabled=\"false\"");
    has(location, "<windowsAuthentication enabled=\"false\"");
}

/// A spec of mode `ldap` with these lines about the directory.
fn with_directory(lines: &str) -> String {
    let host = if lines.starts_with("host:") { "" } else { "    host: dc01\n" };
    format!("{PLACES}{SITE}authentication:\n  mode: ldap\n  ldap:\n{host}    baseDn: dc=x\n    {lines}\n")
}

/// The rows of `settings.json`.
fn rows(tree: &Tree) -> serde_json::Value {
    let settings: serde_json::Value =
        serde_json::from_str(file(tree, "kallithea/settings.json")).expect("JSON");
    settings["settings"].clone()
}

/// The words of Kallithea 0.7.0, `_tls_kind_values` and its neighbours in `lib/auth_modules/auth_ldap.py`. `getattr` finds
/// python-ldap's constant by each of them. Any other word is an `AttributeError` at the first sign-on, or no check at all.
const WORDS_OF_LDAP: [(&str, &str, &[&str]); 3] = [
    ("connectionSecurity", "auth_ldap_tls_kind", &["PLAIN", "LDAPS", "START_TLS"]),
    ("certificateChecks", "auth_ldap_tls_reqcert", &["NEVER", "ALLOW", "TRY", "DEMAND", "HARD"]),
    ("searchScope", "auth_ldap_search_scope", &["BASE", "ONELEVEL", "SUBTREE"]),
];

#[test]
fn a_directory_is_described_in_the_words_of_kallithea() {
    let schema = kallithea_iisc::schema::schema();
    for (key, row, words) in WORDS_OF_LDAP {
        let taken = kallithea_iisc::schema::at(&schema, &["authentication", "ldap", key]).expect("a key");
        assert_eq!(taken["enum"], serde_json::json!(words), "{key}");
        for word in words {
            let rows = rows(&compile_whole(&with_directory(&format!("{key}: {word}"))));
            assert_eq!(rows[row], *word, "{key}");
        }
    }
    let port = |lines: &str| rows(&compile_whole(&with_directory(lines)))["auth_ldap_port"].clone();
    assert_eq!(port("connectionSecurity: PLAIN"), "389");
    assert_eq!(port("connectionSecurity: START_TLS"), "389");
    assert_eq!(port("port: 3269"), "3269");
}

/// `auth_ldap.py` makes `ldaps://HOST:PORT` of each text between commas, and puts the filter before another one.
#[test]
fn hosts_and_filters_of_a_directory_are_handed_on_as_they_are() {
    for (key, texts) in [
        ("host", &["dc01.example.com", "dc01, dc02 ,192.0.2.1", "[2001:db8::1]", "_dc.example.com."][..]),
        (
            "filter",
            &[
                "",
                "(a=b)",
                "(a=b) (c=*)",
                "(&)",
                r"(a=b\5c, c)",
                "(&(objectClass=user)(!(objectClass=computer)))",
                "(| (a>=1) (memberOf:1.2.840.113556.1.4.1941:=cn=\\28all\\29,dc=x) )",
            ],
        ),
    ] {
        for text in texts {
            let rows = rows(&compile_whole(&with_directory(&format!("{key}: '{text}'"))));
            assert_eq!(rows[format!("auth_ldap_{key}")], *text);
        }
    }
}

#[test]
fn hosts_and_filters_that_no_directory_could_be_asked_with_are_refused() {
    for (key, texts) in [
        (
            "host",
            &["dc01,,dc02", "dc01,", "dc01 dc02", "dc01/", "dc01:389", "2001:db8::1", "ldap://dc01"][..],
        ),
        (
            "filter",
            &[
                "a=b",
                "()",
                "(a)",
                "(=b)",
                "(a=b",
                "(a=b))",
                ")(a=b)(",
                "(a=b)c",
                "((a=b))",
                "(x(a=b))",
                "(!)",
                r"(a=b\, c)",
                r"(a=\2)",
            ],
        ),
    ] {
        for text in texts {
            let spec = with_directory(&format!("{key}: '{text}'"));
            let (_, checked) = kallithea_iisc::check::check_bytes("deploy.yaml", spec.into_bytes());
            let errors: Vec<_> =
                checked.diagnostics.iter().filter(|one| one.severity() == Severity::Error).collect();
            assert_eq!(
                errors.iter().map(|one| one.code).collect::<Vec<_>>(),
                [Code::BadForm],
                "{key}: {text}"
            );
        }
    }
}

/// All settings that the database gets if Kallithea's own accounts are the only ones.
#[test]
fn settings_of_internal_accounts_are_these() {
    let tree = compile(&format!("{SITE}authentication:\n  mode: internal\n  activation: manual\n"));
    let mut settings: serde_json::Value =
        serde_json::from_str(file(&tree, "kallithea/settings.json")).expect("JSON");
    settings.as_object_mut().expect("a mapping").remove("$comment");
    let expected = serde_json::json!({
        "repositories": r"D:\repositories",
        "settings": {
            "auth_plugins": "kallithea.lib.auth_modules.auth_internal",
            "auth_internal_enabled": "True",
        },
        "default_user": { "active": false, "extern_activate": "hg.extern_activate.manual", "create": "hg.create.none" },
    });
    assert_eq!(settings, expected);
}

/// The settings say who may create repositories; the ini file says from where they may be cloned.
#[test]
fn new_repositories_are_as_the_spec_says() {
    let key = "kallithea_iisc.clones_from_this_machine";
    let tree = compile(SITE);
    has(file(&tree, "kallithea/settings.json"), r#""create": "hg.create.none""#);
    has(file(&tree, "kallithea/auth.ini"), &format!("# {key}: must be missing or commented out."));
    let places =
        PLACES.replace("kallithea:\n", "kallithea:\n  createdBy: everybody\n  clonedFrom: everywhere\n");
    let tree = compile_whole(&format!("{places}{SITE}"));
    has(file(&tree, "kallithea/settings.json"), r#""create": "hg.create.repository""#);
    has(file(&tree, "kallithea/auth.ini"), &format!("\n{key} = true"));
}

/// Behind a binding that only the machine itself can reach, a proxy may end TLS.
#[test]
fn what_is_left_of_https_goes_where_nobody_can_end_tls() {
    for (binding, goes) in [
        ("protocol: http", true),
        ("protocol: http\n      ipAddress: 127.0.0.1", false),
        ("protocol: http\n      ipAddress: '[::1]'", false),
    ] {
        let site = format!("site:\n  name: Kallithea\n  bindings:\n    - {binding}\n");
        let tree = compile_whole(&format!("{PLACES}{site}"));
        for key in ["force_https = false", "session.secure = false"] {
            assert_eq!(file(&tree, "kallithea/auth.ini").contains(key), goes, "{binding}: {key}");
        }
    }
}

#[test]
fn the_runbook_installs_the_driver_of_the_database() {
    for (kind, driver) in [
        ("postgresql\n    server: db.example.com", Some("psycopg2-binary==2.9.12")),
        ("mysql\n    server: db.example.com", Some("mysqlclient==2.3.2")),
        ("sqlite", None),
    ] {
        let places =
            PLACES.replacen("kallithea:\n", &format!("kallithea:\n  database:\n    kind: {kind}\n"), 1);
        let tree = compile_whole(&format!("{places}{SITE}"));
        let lines = file(&tree, "RUNBOOK.md").lines();
        let installed =
            lines.filter(|line| line.contains("--require-hashes --no-deps --only-binary :all:")).count();
        let pins = tree.get("kallithea/drivers-requirements.txt").map(|text| {
            let pins: Vec<_> = text.lines().filter(|line| line.contains("==")).collect();
            assert!(text.contains("\n    --hash=sha256:"), "{text}");
            pins.join("\n")
        });
        let expected = driver.map(|driver| format!("{driver} \\"));
        assert_eq!((pins, installed), (expected, usize::from(driver.is_some())), "{kind}");
    }
}

#[test]
fn the_container_plugin_is_told_everything_and_the_fallback_is_blank() {
    let tree = compile(SITE);
    let settings: serde_json::Value =
        serde_json::from_str(file(&tree, "kallithea/settings.json")).expect("JSON");
    let rows = &settings["settings"];
    assert_eq!(rows["auth_container_header"], "REMOTE_USER");
    assert_eq!(rows["auth_container_fallback_header"], "");
    assert_eq!(rows["auth_container_clean_username"], "True");
    assert_eq!(settings["default_user"]["active"], false);
    assert_eq!(settings["repositories"], r"D:\repositories");
}

#[test]
fn a_site_of_its_own_with_kallithea_below_has_a_root_application_too() {
    let tree = compile(
        "site:\n  name: Tools\n  physicalPath: D:\\www\n  bindings:\n    - protocol: \
         http\nvirtualDirectory:\n  path: /kallithea\n",
    );
    let site = file(&tree, "applicationHost/site.config");
    has(site, "<application path=\"/\" applicationPool=\"t\">");
    has(site, "physicalPath=\"D:\\www\"");
    has(site, "<application path=\"/kallithea\" applicationPool=\"t\">");
    has(file(&tree, "applicationHost/location.config"), "<location path=\"Tools/kallithea\">");
}

#[test]
fn names_are_escaped_for_each_target() {
    let tree = compile("site:\n  name: Köln's 100% Repos\n  bindings:\n    - protocol: http\n");
    has(file(&tree, "applicationHost/site.config"), "name=\"Köln&apos;s 100% Repos\"");
    has(file(&tree, "RUNBOOK.md"), "start site 'Köln''s 100% Repos'");
}

#[test]
fn bindings_are_written_as_iis_writes_them() {
    let tree = compile(
        "site:\n  name: K\n  bindings:\n    - protocol: http\n      ipAddress: 192.0.2.1\n      port: 8080\n      hostName: a.example.com\n    \
         - protocol: https\n      ipAddress: \"[2001:db8::1]\"\n      certificate: { thumbprint: \
         5d1ac1c4e3a7f0b69e2d8c7a4b3f5e6071829304 }\n",
    );
    let site = file(&tree, "applicationHost/site.config");
    has(site, "<binding protocol=\"http\" bindingInformation=\"192.0.2.1:8080:a.example.com\"/>");
    has(site, "<binding protocol=\"https\" bindingInformation=\"[2001:db8::1]:443:\" sslFlags=\"0\"/>");
    has(file(&tree, "applicationHost/location.config"), "<access sslFlags=\"None\"/>");
    has(
        file(&tree, "RUNBOOK.md"),
        "netsh.exe http add sslcert ipport=[2001:db8::1]:443 \
         certhash=5D1AC1C4E3A7F0B69E2D8C7A4B3F5E6071829304",
    );
    has(file(&tree, "kallithea/auth.ini"), "canonical_url = http://a.example.com:8080");
}

#[test]
fn an_old_target_gets_nothing_that_it_does_not_know() {
    let tree = compile(&format!("{SITE}target:\n  iisVersion: \"7.0\"\n"));
    let pool = file(&tree, "applicationHost/applicationPool.config");
    lacks(pool, "startMode");
    has(pool, "identityType=\"NetworkService\"");
    let location = file(&tree, "applicationHost/location.config");
    lacks(location, "authenticatedUserOverride");
    lacks(location, "extendedProtection");
    lacks(file(&tree, "applicationHost/site.config"), "maxUrlSegments");
    has(file(&tree, "RUNBOOK.md"), "ServerManagerCmd.exe -install Web-ISAPI-Ext");
}

#[test]
fn a_pool_of_its_own_is_written_in_full() {
    let tree = compile(&format!(
        "{SITE}target:\n  architecture: x86\napplicationPool:\n  idleTimeout: 01:00:00\n  maxProcesses: 4\n  queueLength: 2000\n  \
         shutdownTimeLimit: 00:00:20\n  recycling:\n    privateMemory: 2000000\n    schedule: [\"23:00:00\", \"03:30:00\"]\n  \
         environmentVariables:\n    HGENCODING: utf-8\n"
    ));
    let pool = file(&tree, "applicationHost/applicationPool.config");
    has(pool, "enable32BitAppOnWin64=\"true\"");
    has(pool, "idleTimeout=\"01:00:00\" maxProcesses=\"4\" shutdownTimeLimit=\"00:00:20\"");
    has(pool, "<periodicRestart privateMemory=\"2000000\" time=\"00:00:00\">");
    assert!(pool.find("03:30:00") < pool.find("23:00:00"), "times of day are sorted");
    has(pool, "<add name=\"HGENCODING\" value=\"utf-8\"/>");
    has(file(&tree, "dispatch/isapi/src/config.rs"), "drain_seconds: 10,");
    has(file(&tree, "applicationHost/location.config"), "preCondition=\"bitness32\"");
}

#[test]
fn an_account_of_its_own_is_named_and_its_password_asked_for_on_the_server() {
    let identity = "applicationPool:\n  identity:\n    type: SpecificUser\n    userName: ";
    let tree = compile(&format!("{SITE}{identity}CORP\\svc\n"));
    let pool = file(&tree, "applicationHost/applicationPool.config");
    has(pool, "identityType=\"SpecificUser\" userName=\"CORP\\svc\"");
    lacks(pool, "password");
    has(file(&tree, "RUNBOOK.md"), "Get-Credential 'CORP\\svc'");
    has(file(&tree, "applicationHost/location.config"), "useAppPoolCredentials=\"true\"");

    let managed = compile(&format!("{SITE}{identity}CORP\\svc$\n"));
    lacks(file(&managed, "RUNBOOK.md"), "Get-Credential");
}

#[test]
fn repositories_on_a_share_are_opened_to_the_account_that_reaches_it() {
    let share = PLACES.replace("D:\\repositories", "\\\\files\\repositories");
    let runbook = |lines: &str| {
        let deployment = support::deployment(&format!("{share}{SITE}{lines}"));
        file(&emit(&deployment), "RUNBOOK.md").to_owned()
    };
    has(&runbook(""), "icacls.exe '\\\\files\\repositories' /grant \"${machine}:(OI)(CI)(M)\"");
    let named = "applicationPool:\n  identity:\n    type: SpecificUser\n    userName: CORP\\svc\n";
    has(&runbook(named), "icacls.exe '\\\\files\\repositories' /grant \"${account}:(OI)(CI)(M)\"");
}

#[test]
fn what_the_engine_is_built_from_decides_its_name() {
    let name = |lines: &str| {
        let tree = compile(lines);
        let config = file(&tree, "dispatch/isapi/src/config.rs");
        let start = config.find("kallithea_engine-").expect("a name");
        config[start..start + "kallithea_engine-00000000.dll".len()].to_owned()
    };
    assert_eq!(name(SITE), name(&format!("{SITE}requestLimits:\n  maxUrl: 4096\n")), "IIS's business");
    assert_ne!(name(SITE), name(&format!("{SITE}bridge:\n  queueLength: 7\n")), "the bridge's business");
}

/// A fresh IIS has `authPersistNonNTLM="true"` for the whole server, and a location inherits what it does not set.
#[test]
fn every_request_is_signed_on_by_itself_whatever_the_server_says() {
    let unlocked =
        "target:\n  unlockedSections: [system.webServer/security/authentication/windowsAuthentication]\n";
    for (spec, path) in [
        (compile(SITE), "applicationHost/location.config"),
        (compile(&format!("{SITE}{unlocked}")), "web.config"),
        (compile(&format!("{SITE}target:\n  iisVersion: \"7.0\"\n")), "applicationHost/location.config"),
        (compile_whole(&support::spec_of("farm")), "applicationHost/location.config"),
    ] {
        has(
            file(&spec, path),
            "<windowsAuthentication enabled=\"true\" authPersistNonNTLM=\"false\" useKernelMode=",
        );
    }
}

/// The scenarios of Microsoft's page on extended protection, and the sources of the names.
#[test]
fn extended_protection_fits_the_way_that_clients_come() {
    let http = "    - protocol: http\n      hostName: kallithea.example.com\n";
    let https = "    - protocol: https\n      hostName: code.example.com\n      certificate:\n        thumbprint: 5D1AC1C4E3A7F0B69E2D8C7A4B3F5E6071829304\n";
    let kerberos = "    providers: [\"Negotiate:Kerberos\"]\n    useKernelMode: false\n";
    let proxies = "bridge:\n  trustedProxies: [192.0.2.10]\n";
    let own = "    extendedProtectionFlags: [Proxy]\n    servicePrincipalNames: [HTTP/front.example.com]\n";
    let require = "authentication:\n  windowsAuthentication:\n    extendedProtection: Require\n";
    let cohosting = "flags=\"Proxy, ProxyCohosting\"";
    for (bindings, more, flags, names) in [
        (https.to_owned(), String::new(), "flags=\"None\"", &[][..]),
        (http.to_owned(), String::new(), cohosting, &["HTTP/kallithea.example.com"]),
        (
            format!("{http}{https}"),
            String::new(),
            cohosting,
            &["HTTP/kallithea.example.com", "HTTP/code.example.com"],
        ),
        (format!("{http}{https}"), "tls:\n  required: true\n".to_owned(), "flags=\"None\"", &[]),
        (
            https.to_owned(),
            format!("{kerberos}{own}{proxies}"),
            "flags=\"Proxy\"",
            &["HTTP/front.example.com"],
        ),
    ] {
        let tree = compile(&format!("site:\n  name: Kallithea\n  bindings:\n{bindings}{require}{more}"));
        let location = file(&tree, "applicationHost/location.config");
        has(location, &format!("<extendedProtection tokenChecking=\"Require\" {flags}>"));
        has(location, "<clearSpns/>");
        assert_eq!(location.matches("<spn ").count(), names.len(), "{location}");
        names.iter().for_each(|name| has(location, &format!("<spn name=\"{name}\"/>")));
    }
    let farm = support::spec_of("farm")
        .replace("useKernelMode: false", "useKernelMode: false\n    extendedProtection: Allow");
    let node = compile_whole(&farm);
    has(
        file(&node, "applicationHost/location.config"),
        "<extendedProtection tokenChecking=\"Allow\" flags=\"Proxy\">",
    );
    has(file(&node, "applicationHost/location.config"), "<spn name=\"HTTP/kallithea.corp.example.com\"/>");
    has(
        file(&compile(SITE), "applicationHost/location.config"),
        "<extendedProtection tokenChecking=\"None\"/>",
    );
}

#[test]
fn kerberos_alone_says_which_account_owns_the_names() {
    let kerberos = "authentication:\n  windowsAuthentication:\n    providers: [\"Negotiate:Kerberos\"]\n    useKernelMode: false\n";
    let site = "site:\n  name: Kallithea\n  bindings:\n    - protocol: http\n      hostName: \
        kallithea.example.com\n";
    let tree = compile(&format!("{site}{kerberos}bridge:\n  trustedProxies: [192.0.2.10]\n"));
    let runbook = file(&tree, "RUNBOOK.md");
    has(runbook, "setspn.exe -S HTTP/kallithea.example.com $env:COMPUTERNAME");
    has(runbook, "authPersistNonNTLM=\"false\"");
    lacks(runbook, "No reverse proxy may be in front of this site");
    has(file(&compile(SITE), "RUNBOOK.md"), "No reverse proxy may be in front of this site");
}

/// A level above may have a header of the same name, and two headers of one name are a 500.19. A front passes on those of its
/// nodes.
#[test]
fn each_header_is_removed_before_it_is_added_and_is_added_once() {
    let tls = "site:\n  name: Kallithea\n  bindings:\n    - protocol: https\n      hostName: k.example.com\n      certificate:\n        \
        thumbprint: \"0123456789abcdef0123456789abcdef01234567\"\ntls:\n  strictTransportSecurity:\n    maxAge: 600\n";
    for (spec, more) in [(SITE, 0), (tls, 1)] {
        let tree = compile(spec);
        let web = file(&tree, "web.config");
        let (_, rest) = web.split_once("<customHeaders>").expect("there are headers");
        let headers = rest.split_once("</customHeaders>").expect("they end").0;
        let lines: Vec<&str> = headers.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 2 * (3 + more), "{headers}");
        for pair in lines.chunks(2) {
            let name = pair[0].strip_prefix("<remove name=\"").and_then(|rest| rest.split('"').next());
            let added = format!("<add name=\"{}\" value=", name.expect("each is removed first"));
            assert!(pair[1].starts_with(&added), "{headers}");
        }
        for header in [
            r#"<add name="X-Content-Type-Options" value="nosniff""#,
            r#"<add name="X-Frame-Options" value="SAMEORIGIN""#,
            r#"<add name="Referrer-Policy" value="same-origin""#,
        ] {
            has(headers, header);
        }
        lacks(file(&tree, "applicationHost/location.config"), "customHeaders");
    }
}

#[test]
fn the_bridge_is_told_how_much_it_takes_in() {
    let settings = |lines: &str| {
        let tree = compile(&format!("{SITE}{lines}"));
        file(&tree, "dispatch/isapi/src/config.rs").to_owned()
    };
    let usual = settings("");
    for part in ["form_megabytes: 8,", "form_fields: 10000,", "argument_kilobytes: 1024,"] {
        has(&usual, part);
    }
    let own = settings("bridge:\n  limits:\n    formSize: 32\n    formFields: 500\n    argumentSize: 64\n");
    for part in ["form_megabytes: 32,", "form_fields: 500,", "argument_kilobytes: 64,"] {
        has(&own, part);
    }
}
