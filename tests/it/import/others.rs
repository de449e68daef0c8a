//! Applications that no deployment made: pywin32's loader, wfastcgi, processes behind a module, static sites.

use serde_json::{Value, json};

use super::{BLANK, SERVER, assert_announced, imported, refused, value, with};

/// The server with a pool, a site and a location added.
fn server(pool: &str, site: &str, location: &str) -> String {
    let text = with(
        SERVER,
        "            <applicationPoolDefaults",
        &format!("{pool}\n            <applicationPoolDefaults"),
    );
    let text = with(&text, "            <siteDefaults>", &format!("{site}\n            <siteDefaults>"));
    with(&text, "</configuration>", &format!("{location}\n</configuration>"))
}

const SITE: &str = r#"<site name="Code" id="9">
    <application path="/" applicationPool="Code"><virtualDirectory path="/" physicalPath="D:\code\site" /></application>
    <bindings><binding protocol="https" bindingInformation="10.0.0.7:8443:code.example.com" sslFlags="1" />
    <binding protocol="net.tcp" bindingInformation="808:*" /></bindings></site>"#;
const POOL: &str = r#"<add name="Code" queueLength="2000" startMode="AlwaysRunning">
    <processModel identityType="SpecificUser" userName="CORP\svc" password="planted-secret-9" idleTimeout="00:05:00" shutdownTimeLimit="00:02:00" />
    <recycling><periodicRestart requests="5000" time="00:00:00"><schedule><add value="04:00:00" /></schedule></periodicRestart></recycling>
    <environmentVariables><add name="HGENCODING" value="utf-8" /><add name="DB_PASSWORD" value="planted-secret-8" /></environmentVariables></add>"#;

fn location(handlers: &str) -> String {
    format!(
        r#"<location path="Code"><system.webServer><handlers>{handlers}</handlers>
        <security><access sslFlags="Ssl" /><authentication><anonymousAuthentication enabled="false" />
        <basicAuthentication enabled="true" realm="code" /><windowsAuthentication enabled="true" useKernelMode="false">
        <providers><add value="NTLM" /></providers></windowsAuthentication></authentication></security></system.webServer></location>"#
    )
}

const WFASTCGI: &str = r#"<add name="Python" path="*" verb="*" modules="FastCgiModule" scriptProcessor="D:\code\venv310\Scripts\python.exe|D:\code\venv310\Lib\site-packages\wfastcgi.py" resourceType="Unspecified" />"#;
const LOADER: &str = r#"<add name="Py" path="*" verb="*" modules="IsapiModule" scriptProcessor="D:\code\kallithea\_dispatch.dll" />"#;

#[test]
fn a_span_that_is_none_is_left_to_the_author_as_it_stands() {
    let pool = POOL
        .replace("idleTimeout=\"00:05:00\"", "idleTimeout=\"soon\"")
        .replace("<add value=\"04:00:00\" />", "<add value=\"04:00:00\" /><add value=\"noon\" />");
    let found = imported(&server(&pool, SITE, &location(WFASTCGI)), None, "Code", "/");
    assert_eq!(value(&found.yaml, "/applicationPool/idleTimeout"), "soon");
    assert_eq!(value(&found.yaml, "/applicationPool/recycling/schedule"), json!(["04:00:00", "noon"]));
    assert_eq!(value(&found.yaml, "/applicationPool/recycling/requests"), 5000);
    for text in ["soon", "noon"] {
        assert!(found.open.iter().any(|open| open.what.contains(text)), "{text}: {:?}", found.open);
    }
}

#[test]
fn everything_that_the_spec_has_a_key_for_comes_over() {
    let found = imported(&server(POOL, SITE, &location(WFASTCGI)), None, "Code", "/");
    assert_announced(&found, "wfastcgi");
    let yaml = &found.yaml;
    assert_eq!(
        value(yaml, "/site"),
        json!({ "name": "Code", "id": 9, "bindings": [{
            "protocol": "https", "ipAddress": "10.0.0.7", "port": 8443, "hostName": "code.example.com",
            "certificate": { "thumbprint": BLANK }, "serverNameIndication": true,
        }] })
    );
    assert_eq!(
        value(yaml, "/applicationPool"),
        json!({
            "name": "Code", "identity": { "type": "SpecificUser", "userName": "CORP\\svc" },
            "startMode": "AlwaysRunning", "idleTimeout": "00:05:00",
            "recycling": { "requests": 5000, "schedule": ["04:00:00"] },
            "queueLength": 2000, "shutdownTimeLimit": "00:02:00",
            "environmentVariables": { "HGENCODING": "utf-8" },
        })
    );
    assert_eq!(
        value(yaml, "/authentication"),
        json!({
            "windowsAuthentication": { "providers": ["NTLM"], "useKernelMode": false, "useAppPoolCredentials": false },
            "basicAuthentication": { "enabled": true, "realm": "code" },
        })
    );
    assert_eq!(value(yaml, "/target/iisVersion"), Value::Null, "pools have environment variables since 10.0");
    assert_eq!(value(yaml, "/virtualDirectory/physicalPath"), r"D:\code\site");
    assert_eq!(value(yaml, "/python/virtualEnvironment"), r"D:\code\venv310");
    assert!(yaml.contains(r"D:\code\venv310\pyvenv.cfg says it"), "{yaml}");
    assert!(yaml.contains("binding net.tcp 808:*: Kallithea supports only http and https"), "{yaml}");
    assert!(yaml.contains("environment variable DB_PASSWORD"), "{yaml}");
    assert!(!yaml.contains("planted-secret"), "{yaml}");
}

#[test]
fn pythons_folder_and_version_come_from_the_handler() {
    let handler = with(WFASTCGI, r"D:\code\venv310\Scripts\python.exe", r"C:\Python39-32\python.exe");
    let yaml = imported(&server(POOL, SITE, &location(&handler)), None, "Code", "/").yaml;
    assert_eq!(value(&yaml, "/python/home"), r"C:\Python39-32");
    assert_eq!(value(&yaml, "/python/version"), "3.9");
    assert_eq!(value(&yaml, "/python/architecture"), "x86");
    assert_eq!(value(&yaml, "/target/architecture"), "x86");
}

#[test]
fn pywin32s_loader_tells_kallitheas_folder() {
    let found = imported(&server(POOL, SITE, &location(LOADER)), None, "Code", "/");
    assert_announced(&found, "loader");
    assert_eq!(value(&found.yaml, "/kallithea/distribution"), r"D:\code\kallithea");
    assert_eq!(value(&found.yaml, "/python/home"), BLANK);
    // This is what `iis-install` leaves: IIS serves the folder in which Kallithea is installed.
    let served = with(SITE, r"D:\code\site", r"D:\code\kallithea");
    let found = imported(&server(POOL, &served, &location(LOADER)), None, "Code", "/");
    assert_announced(&found, "loader in the folder that is served");
    assert!(found.yaml.contains("TO DO (KI330)"), "{}", found.yaml);
}

#[test]
fn processes_of_a_web_config_are_understood_and_their_settings_named() {
    let web = r#"<?xml version="1.0"?><configuration><system.webServer>
        <handlers><add name="http" path="*" verb="*" modules="httpPlatformHandler" /></handlers>
        <httpPlatform processPath="C:\Python313\python.exe" arguments="serve --token planted-secret-7">
        <environmentVariables><environmentVariable name="API_TOKEN" value="planted-secret-6" /></environmentVariables></httpPlatform>
        <security><requestFiltering><requestLimits maxAllowedContentLength="100000000" /></requestFiltering></security>
        </system.webServer><appSettings><add key="WSGI_HANDLER" value="planted-secret-5" /></appSettings></configuration>"#;
    let found = imported(&server(POOL, SITE, ""), Some(web), "Code", "/");
    assert_announced(&found, "httpPlatform");
    let yaml = &found.yaml;
    assert_eq!(value(yaml, "/python/home"), r"C:\Python313");
    assert_eq!(value(yaml, "/python/version"), "3.13");
    assert_eq!(value(yaml, "/requestLimits"), json!({ "maxAllowedContentLength": 100_000_000 }));
    assert_eq!(value(yaml, "/authentication/mode"), "internal", "anonymous authentication is IIS's default");
    assert!(yaml.contains("API_TOKEN") && yaml.contains("WSGI_HANDLER"), "{yaml}");
    assert!(yaml.contains("web.config, line 3: system.webServer/httpPlatform"), "{yaml}");
    assert!(!yaml.contains("planted-secret"), "{yaml}");
}

#[test]
fn a_pool_that_others_use_stays_theirs() {
    let site = with(SITE, "applicationPool=\"Code\"", "applicationPool=\"Shared 32-bit\"");
    let other =
        r#"<site name="Other" id="12"><application path="/" applicationPool="shared 32-bit" /></site>"#;
    let yaml = imported(&server(POOL, &format!("{site}{other}"), ""), None, "Code", "/").yaml;
    assert_eq!(
        value(&yaml, "/applicationPool"),
        json!({ "name": "Shared 32-bit", "existing": true, "enable32BitAppOnWin64": true })
    );
    assert_eq!(value(&yaml, "/target/architecture"), "x86");
    assert!(yaml.contains("1 other application uses this pool."), "{yaml}");
}

#[test]
fn strict_transport_and_tracing_come_over_from_both_of_their_places() {
    let traced = r#"<hsts enabled="true" max-age="86400" includeSubDomains="true" /><traceFailedRequestsLogging enabled="true" maxLogFiles="7" /></site>"#;
    let rules = r#"<location path="Code"><system.webServer><tracing><traceFailedRequests><add path="*">
        <failureDefinitions statusCodes="500, 502" timeTaken="00:00:30" /></add></traceFailedRequests></tracing></system.webServer></location>"#;
    let found = imported(&server(POOL, &with(SITE, "</site>", traced), rules), None, "Code", "/");
    assert_announced(&found, "tracing");
    let yaml = &found.yaml;
    assert_eq!(
        value(yaml, "/tls/strictTransportSecurity"),
        json!({ "maxAge": 86_400, "includeSubDomains": true })
    );
    assert_eq!(
        value(yaml, "/failedRequestTracing"),
        json!({ "statusCodes": "500,502", "timeTaken": "00:00:30", "maxLogFiles": 7 })
    );
    let header = r#"<location path="Code"><system.webServer><httpProtocol><customHeaders>
        <add name="strict-transport-security" value="max-age=600" /><add name="X-Key" value="planted-secret-4" />
        </customHeaders></httpProtocol></system.webServer></location>"#;
    let yaml = imported(&server(POOL, SITE, header), None, "Code", "/").yaml;
    assert_eq!(value(&yaml, "/tls/strictTransportSecurity/maxAge"), 600);
    assert!(yaml.contains("customHeaders/add X-Key") && !yaml.contains("planted-secret"), "{yaml}");
}

#[test]
fn a_header_that_every_deployment_sends_is_left_out_only_where_it_says_the_same() {
    let header = r#"<location path="Code"><system.webServer><httpProtocol><customHeaders>
        <remove name="x-content-type-options" /><add name="x-content-type-options" value="nosniff" />
        <remove name="X-Frame-Options" /><add name="X-Frame-Options" value="DENY" />
        </customHeaders></httpProtocol></system.webServer></location>"#;
    let yaml = imported(&server(POOL, SITE, header), None, "Code", "/").yaml;
    assert!(yaml.contains("customHeaders/add X-Frame-Options"), "{yaml}");
    assert!(!yaml.to_lowercase().contains("nosniff") && !yaml.contains("customHeaders/remove"), "{yaml}");
}

#[test]
fn unlocked_sections_come_over_unless_the_servers_file_decides_them() {
    let open = with(
        SERVER,
        "name=\"handlers\" overrideModeDefault=\"Deny\"",
        "name=\"handlers\" overrideModeDefault=\"Allow\"",
    );
    let yaml = imported(&open, None, "Wiki", "/").yaml;
    assert_eq!(value(&yaml, "/target/unlockedSections"), json!(["system.webServer/handlers"]));
    let whole = r#"<location path="" overrideMode="Allow"><system.webServer><modules /></system.webServer></location></configuration>"#;
    let yaml = imported(&with(SERVER, "</configuration>", whole), None, "Wiki", "/").yaml;
    assert_eq!(value(&yaml, "/target/unlockedSections"), json!(["system.webServer/modules"]));
    let own = r#"<location path="Wiki"><system.webServer><handlers /></system.webServer></location></configuration>"#;
    let yaml = imported(&with(&open, "</configuration>", own), None, "Wiki", "/").yaml;
    assert_eq!(value(&yaml, "/target/unlockedSections"), Value::Null);
}

#[test]
fn what_cannot_be_imported_says_what_could() {
    let said = |host: &str, site: &str, application: &str| {
        let found = refused(host, site, application);
        assert_eq!(found.len(), 1);
        (found[0].code.id(), found[0].help.clone().unwrap_or_default())
    };
    assert_eq!(
        said(SERVER, "Wikki", "/"),
        ("KI406", "use one of the sites on this server: Default Web Site, Wiki".to_owned())
    );
    assert_eq!(
        said(SERVER, "Wiki", "/code"),
        ("KI406", "use one of the applications on this server: /".to_owned())
    );
    assert_eq!(
        said("<configuration/>", "Wiki", "/"),
        ("KI406", "name another file; this one has no sites".to_owned())
    );
    assert_eq!(said("<configuration>", "Wiki", "/").0, "KI401");
}

#[test]
fn how_the_server_signs_on_comes_over_and_what_changes_is_said() {
    let before = r#"<windowsAuthentication enabled="true" useKernelMode="false">"#;
    let bound = r#"<windowsAuthentication enabled="true" useKernelMode="false"><extendedProtection tokenChecking="Allow"
        flags="Proxy"><spn name="HTTP/front.example.com" /></extendedProtection>"#;
    let host = with(&server(POOL, SITE, &location(WFASTCGI)), before, bound);
    let found = imported(&host, None, "Code", "/").yaml;
    let windows = value(&found, "/authentication/windowsAuthentication");
    assert_eq!(windows["extendedProtection"], "Allow");
    assert_eq!(windows["extendedProtectionFlags"], json!(["Proxy"]));
    assert_eq!(windows["servicePrincipalNames"], json!(["HTTP/front.example.com"]));
    assert!(!found.contains("authPersistNonNTLM") && !found.contains("spn HTTP"), "{found}");

    // If a site has only https, a spec checks the channel by default.
    let channel =
        bound.replace("\"Proxy\"", "\"None\"").replace(r#"<spn name="HTTP/front.example.com" />"#, "");
    let found = imported(&with(&host, bound, &channel), None, "Code", "/").yaml;
    assert!(
        !found.contains("extendedProtectionFlags") && found.contains("extendedProtection: Allow"),
        "{found}"
    );

    // For the whole server, as in a fresh IIS, and in the application's own location.
    let everywhere = r#"<location path=""><system.webServer><security><authentication>
        <windowsAuthentication authPersistNonNTLM="true" /></authentication></security></system.webServer></location>"#;
    let installed = with(&host, "</configuration>", &format!("{everywhere}</configuration>"));
    let own = with(
        &host,
        bound,
        &bound.replace("enabled=\"true\"", "enabled=\"true\" authPersistNonNTLM=\"true\""),
    );
    for host in [&installed, &own] {
        let found = imported(host, None, "Code", "/").yaml;
        assert!(found.contains("the deployment signs on each request"), "{found}");
    }
    let left = imported(&own, None, "Code", "/").yaml;
    assert!(left.contains("windowsAuthentication@authPersistNonNTLM=\"true\""), "{left}");
}
