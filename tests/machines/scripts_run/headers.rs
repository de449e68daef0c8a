//! `-LongHeaders`: what HTTP.sys allows for headers, in the registry of this Wine.

use crate::scripts_run::server::Server;

/// The key of the script, and one of a test's own.
const KEY: &str = r"HKLM:\SYSTEM\CurrentControlSet\Services\HTTP\Parameters";

fn server(test: &str) -> (Server, String) {
    let server = Server::new(test);
    let key = format!(r"HKLM:\SOFTWARE\kallithea-iisc-{}-{test}", std::process::id());
    server.rewrite(KEY, &key);
    (server, key)
}

#[test]
fn long_headers_are_allowed_where_they_were_not_and_somebody_else_restarts_http() {
    let (mut server, key) = server("headers");
    server.say(&format!(
        "New-Item -Path '{key}' | Out-Null; New-ItemProperty -LiteralPath '{key}' -Name MaxRequestBytes -Value 100000 | Out-Null"
    ));
    let ran = server.run("install.ps1", "-LongHeaders -SkipProbe");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(ran.text.contains("set MaxFieldLength to 65534, which is 16384 now"), "{}", ran.text);
    assert!(!ran.text.contains("set MaxRequestBytes"), "it is larger: {}", ran.text);
    let said = ran.text.replace('\n', "");
    assert!(said.contains("net stop http /y; net start w3svc"), "{}", ran.text);
    assert!(!ran.lines().contains("net stop") && !ran.lines().contains("net.exe"), "{}", ran.lines());

    server.say(&format!("Remove-Item -LiteralPath '{key}' -Recurse -ErrorAction SilentlyContinue"));
    let ran = server.run("uninstall.ps1", "");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(!ran.text.contains("MaxFieldLength"), "nothing is set: {}", ran.text);
}

#[test]
fn a_rollback_gives_the_former_limits_back_and_uninstall_names_what_stays() {
    let (mut server, key) = server("former-limits");
    server.answer(" apply ", 2, "error: conflict");
    server.say(&format!(
        "New-Item -Path '{key}' -Force | Out-Null; New-ItemProperty -LiteralPath '{key}' -Name MaxRequestBytes -Value 20000 | Out-Null"
    ));
    let show = format!(
        "(Get-Item -LiteralPath '{key}').GetValueNames() | ForEach-Object {{ \"$_ \" + (Get-ItemPropertyValue -LiteralPath '{key}' -Name $_) }}"
    );
    server.write("out/show.ps1", show.as_bytes());
    let ran = server.run("install.ps1", "-LongHeaders");
    assert_eq!(ran.code, Some(1), "{}", ran.text);
    assert!(
        ran.text.contains("MaxRequestBytes is 20000 again")
            && ran.text.contains("MaxFieldLength is 16384 again")
    );
    let mut later = Server::new("shown");
    later.write("out/show.ps1", show.as_bytes());
    let shown = later.run("show.ps1", "");
    assert!(
        shown.text.contains("MaxRequestBytes 20000") && !shown.text.contains("MaxFieldLength"),
        "{}",
        shown.text
    );

    later.rewrite(KEY, &key);
    later.say(&format!("Set-ItemProperty -LiteralPath '{key}' -Name MaxRequestBytes -Value 65534"));
    let ran = later.run("uninstall.ps1", "");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(ran.text.contains("MaxRequestBytes in"), "{}", ran.text);
    later.write("out/show.ps1", format!("Remove-Item -LiteralPath '{key}' -Recurse").as_bytes());
    later.run("show.ps1", "");
}
