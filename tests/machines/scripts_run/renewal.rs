//! `install.ps1 -RenewCertificate`: one certificate in the place of another, or everything as it was.
//!
//! The certificates and `netsh` are functions here: the output of `netsh http show sslcert` has the lines of its page below
//! `windows-server/administration/windows-commands`, with German words.

use std::fs;

use crate::scripts_run::refused;
use crate::scripts_run::server::Server;

const OLD: &str = "1111111111111111111111111111111111111111";
const NEW: &str = "2222222222222222222222222222222222222222";
const BOUND: &str = "certhash=1111111111111111111111111111111111111111 certstorename=WebHosting appid={aaaaaaaa-0000-0000-0000-000000000000}";

/// A server whose site has a certificate, with another one in the store that a line of PowerShell describes.
fn server(test: &str, new: &str) -> Server {
    let mut server = Server::new(test);
    server.rewrite(
        "    Certificates     = @(\n",
        &format!(
            "    Certificates     = @(\n@{{ Url = 'https://code.example.com:443'; HostName = 'code.example.com'; Place = 'hostnameport=code.example.com:443'; Hash = '{OLD}'; Store = 'WebHosting' }}\n"
        ),
    );
    server.rewrite("$Netsh = [IO.Path]::Combine($System, 'netsh.exe')", "$Netsh = 'Use-Netsh'");
    server.say(&format!(
        r#"
$global:New = @{{ HasPrivateKey = $true; NotBefore = [datetime] '2020-01-01'; NotAfter = [datetime] '2099-01-01'; EnhancedKeyUsageList = @(@{{ ObjectId = '1.3.6.1.5.5.7.3.1' }}); Extensions = @(@{{ Oid = @{{ Value = '2.5.29.17' }} }}); DnsNameList = @(@{{ Punycode = '*.example.com' }}) }}
$global:Refused = ''
{new}
function global:Get-Item {{ param($LiteralPath, $ErrorAction) if ($LiteralPath -eq 'Cert:\LocalMachine\WebHosting\{NEW}') {{ [pscustomobject] $global:New }} }}
function global:Use-Netsh {{
    $file = '{}'
    $global:LASTEXITCODE = 0
    if ("$args" -match 'show') {{
        if (-not (Test-Path -LiteralPath $file)) {{ $global:LASTEXITCODE = 1; return }}
        if ((Get-Content -LiteralPath $file -Raw) -match 'certhash=(\S+) certstorename=(\S+) appid=(\S+)') {{
            '', 'SSL-Zertifikatbindungen:', '    Hostname:Port                : code.example.com:443', "    Zertifikathash               : $($Matches[1].ToLower())", "    Anwendungs-ID                : $($Matches[3])", "    Zertifikatspeichername       : $($Matches[2])", '    Clientzertifikate             : Disabled'
        }}
    }} elseif ("$args" -match 'delete') {{ Remove-Item -LiteralPath $file }}
    elseif ($global:Refused -and "$args" -match $global:Refused) {{ 'Fehler 1312'; $global:LASTEXITCODE = 1 }}
    else {{ Set-Content -LiteralPath $file -Value "$args" }}
}}"#,
        server.named("netsh.txt"),
    ));
    server.write("netsh.txt", format!("http add sslcert x {BOUND}\r\n").as_bytes());
    server
}

fn bound(server: &Server) -> String {
    fs::read_to_string(server.at("netsh.txt")).unwrap_or_default()
}

#[test]
fn a_newer_certificate_takes_the_place_of_the_former_and_nothing_else_happens() {
    let server = server("renewal", "");
    let spaced = format!("\u{200e}{}", NEW.replacen("2222", "22 22 ", 2));
    let ran = server.run("install.ps1", &format!("-WhatIf -RenewCertificate '{spaced}'"));
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(bound(&server).contains(OLD), "a trial changes nothing: {}", ran.text);
    let ran = server.run("install.ps1", &format!("-RenewCertificate '{spaced}'"));
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.text, ran.lines());
    let now = bound(&server);
    assert!(now.contains(&BOUND.replace(OLD, NEW)), "store and application stay: {now}");
    assert!(ran.text.contains(&format!("thumbprint: \"{NEW}\"")), "{}", ran.text);
    for other in ["appcmd", "icacls", " apply ", "python"] {
        assert!(!ran.lines().contains(other), "{other}: {}", ran.lines());
    }
    let again = server.run("install.ps1", &format!("-RenewCertificate {NEW}"));
    assert!(again.code == Some(0) && again.text.contains("Nothing to do"), "{}", again.text);
}

#[test]
fn a_certificate_that_http_sys_refuses_leaves_the_former() {
    let server = {
        let mut server = server("renewal-fails", "");
        server.say(&format!("$global:Refused = '{NEW}'"));
        server
    };
    let ran = server.run("install.ps1", &format!("-RenewCertificate {NEW}"));
    assert_eq!(ran.code, Some(1), "{}", ran.text);
    assert!(
        ran.text.contains("rolled back: https://code.example.com:443 has its former certificate"),
        "{}",
        ran.text
    );
    assert!(bound(&server).contains(BOUND), "{}", bound(&server));
}

#[test]
fn a_certificate_that_browsers_would_refuse_is_refused_first() {
    let cases = [
        ("$global:New.HasPrivateKey = $false", "has no private key"),
        ("$global:New.NotAfter = [datetime] '2021-02-03'", "expired on 2021-02-03"),
        ("$global:New.NotBefore = [datetime] '2098-02-03'", "valid from 2098-02-03 on"),
        ("$global:New.EnhancedKeyUsageList = @(@{ ObjectId = '1.3.6.1.5.5.7.3.2' })", "is not for servers"),
        (
            "$global:New.DnsNameList = @(@{ Punycode = '*.code.example.com' })",
            "does not name code.example.com",
        ),
        ("$global:New.Extensions = @()", "does not name code.example.com"),
    ];
    for (new, words) in cases {
        let server = server("renewal-refused", new);
        refused(&server, "install.ps1", &format!("-RenewCertificate {NEW}"), &[words]);
    }
    let server = server("renewal-missing", "");
    refused(
        &server,
        "install.ps1",
        &format!("-RenewCertificate {OLD}"),
        &["does not exist: import the certificate"],
    );
    refused(
        &server,
        "install.ps1",
        "-RenewCertificate 12ab",
        &["is not a thumbprint of 40 hexadecimal digits"],
    );
    let sites = "<configuration><system.applicationHost><sites><site name=\"Kallithea\"><bindings><binding protocol=\"https\" \
        bindingInformation=\"*:443:code.example.com\" sslFlags=\"3\" /></bindings></site></sites></system.applicationHost></configuration>";
    server.write("System32/inetsrv/config/applicationHost.config", sites.as_bytes());
    refused(
        &server,
        "install.ps1",
        &format!("-RenewCertificate {NEW}"),
        &["central certificate store: replace the .pfx file"],
    );
}

/// What install.ps1 says of another certificate at the address leads to the command.
#[test]
fn another_certificate_at_the_address_is_a_problem_with_both_ways_out() {
    let server = server("renewal-other", "");
    server.rewrite(&format!("Hash = '{OLD}'"), &format!("Hash = '{NEW}'"));
    let words = format!("run: install.ps1 -RenewCertificate {NEW}");
    refused(&server, "install.ps1", "", &["write that thumbprint into the spec", &words]);
}
