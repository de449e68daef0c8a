//! What the examples do not show: outputs of other specs, looked at where a spec's key must show.

mod support;

use kallithea_iisc::emit::{LOCKABLE_SECTIONS, emit, refused_by_iis};
use kallithea_iisc::tree::Tree;

const PLACES: &str = "apiVersion: kallithea-iisc/v1\nname: t\n\
    kallithea:\n  distribution: C:\\kallithea\n  repositories: D:\\repositories\n\
    python:\n  home: C:\\Python311\n  version: \"3.11\"\n";
const SITE: &str = "site:\n  name: Kallithea\n  bindings:\n    - protocol: http\n";

/// Compiles a spec of the usual places and these lines; IIS takes what comes out.
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
        "{SITE}target:\n  unlockedSections: [system.webServer/handlers, system.webServer/security/authentication/windowsAuthentication]\n"
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
        "-m pip install --only-binary :all: (Get-Item 'python_ldap-*-cp311-cp311-win_amd64.whl').FullName",
    );
    // The Authorization header is Kallithea's.
    let location = file(&tree, "applicationHost/location.config");
    has(location, "<anonymousAuthentication enabled=\"true\"");
    has(location, "<basicAuthentication enabled=\"false\"");
    has(location, "<windowsAuthentication enabled=\"false\"");
}

#[test]
fn the_runbook_installs_the_driver_of_the_database() {
    for (kind, driver) in [
        ("postgresql\n    server: db.example.com", Some("psycopg2-binary==2.9.10")),
        ("mysql\n    server: db.example.com", Some("mysqlclient==2.2.7")),
        ("sqlite", None),
    ] {
        let places =
            PLACES.replacen("kallithea:\n", &format!("kallithea:\n  database:\n    kind: {kind}\n"), 1);
        let tree = compile_whole(&format!("{places}{SITE}"));
        let lines = file(&tree, "RUNBOOK.md").lines();
        let installed: Vec<_> = lines.filter(|line| line.contains("--only-binary :all:")).collect();
        let is_right = driver.map_or(installed.is_empty(), |driver| installed[0].ends_with(driver));
        assert!(is_right && installed.len() <= 1, "{kind}: {installed:?}");
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
        "site:\n  name: Tools\n  physicalPath: D:\\www\n  bindings:\n    - protocol: http\nvirtualDirectory:\n  path: /kallithea\n",
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
         - protocol: https\n      ipAddress: \"[2001:db8::1]\"\n      certificate: { thumbprint: 5d1ac1c4e3a7f0b69e2d8c7a4b3f5e6071829304 }\n",
    );
    let site = file(&tree, "applicationHost/site.config");
    has(site, "<binding protocol=\"http\" bindingInformation=\"192.0.2.1:8080:a.example.com\"/>");
    has(site, "<binding protocol=\"https\" bindingInformation=\"[2001:db8::1]:443:\" sslFlags=\"0\"/>");
    has(file(&tree, "applicationHost/location.config"), "<access sslFlags=\"None\"/>");
    has(
        file(&tree, "RUNBOOK.md"),
        "netsh http add sslcert ipport=[2001:db8::1]:443 certhash=5D1AC1C4E3A7F0B69E2D8C7A4B3F5E6071829304",
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
    has(&runbook(""), "icacls '\\\\files\\repositories' /grant \"${machine}:(OI)(CI)(M)\"");
    let named = "applicationPool:\n  identity:\n    type: SpecificUser\n    userName: CORP\\svc\n";
    has(&runbook(named), "icacls '\\\\files\\repositories' /grant \"${account}:(OI)(CI)(M)\"");
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
