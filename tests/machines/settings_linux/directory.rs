//! An OpenLDAP server whose users have login names as in Active Directory, in a temporary folder, on its own port.
//!
//! In: Debian's package slapd. Out: its ports, and its certificate. Absent: the system's own server and its
//! configuration. Nobody may search it without a bind.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kallithea::{run, secrets};
use crate::settings_linux::PLANTED;
use crate::settings_linux::daemon::{Daemon, free_ports, temporary_folder};

pub const BASE: &str = "dc=corp,dc=example,dc=com";
/// The account that searches; its password is [`PLANTED`].
pub const READER: &str = "cn=reader,ou=people,dc=corp,dc=example,dc=com";
/// How many attempts may fail because a port is taken.
const ATTEMPTS: usize = 3;
/// The password of all other users.
pub const PASSWORD: &str = secrets::PEOPLES;

pub struct Directory {
    pub plain: u16,
    pub tls: u16,
    /// The folder of the certificate that a client must trust.
    pub certificates: PathBuf,
    _server: Daemon,
}

impl Directory {
    /// Starts the server, and again with other ports if another program has taken one.
    pub fn start() -> Self {
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            match Self::on(free_ports()) {
                Ok(directory) => return directory,
                Err(why) => said.push_str(&why),
            }
        }
        panic!("OpenLDAP does not come: {said}");
    }

    /// Starts it on these ports, for plain connections and for TLS; the error is its output.
    fn on([plain, tls]: [u16; 2]) -> Result<Self, String> {
        let folder = temporary_folder();
        let certificates = certificates(&folder);
        fs::create_dir(folder.join("data")).expect("a temporary folder");
        fs::write(folder.join("slapd.conf"), configuration(&folder)).expect("a temporary file");
        fs::write(folder.join("people.ldif"), people()).expect("a temporary file");
        let configuration = folder.join("slapd.conf").to_string_lossy().into_owned();
        run(Command::new("/usr/sbin/slapadd")
            .args(["-q", "-f", &configuration, "-l"])
            .arg(folder.join("people.ldif")));
        let addresses = format!("ldap://127.0.0.1:{plain}/ ldaps://127.0.0.1:{tls}/");
        // With a debug level it stays in the foreground, and at this level it reports errors.
        let words =
            ["/usr/sbin/slapd", "-d", "none", "-f", &configuration, "-h", &addresses].map(str::to_owned);
        let server = Daemon::start(&folder, "TERM", &words);
        // It writes its process ID once it has both ports; another program on these ports does not.
        server.wait_until(|| folder.join("pid").exists())?;
        Ok(Self { plain, tls, certificates, _server: server })
    }
}

#[test]
fn a_port_that_somebody_has_taken_is_told_of() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("its address").port();
    let [free] = free_ports();
    let said = Directory::on([free, port]).err().expect("it cannot have the port");
    assert!(said.contains("Address already in use"), "{said}");
}

fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
         include /etc/ldap/schema/inetorgperson.schema\n\
         attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch \
         SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )\n\
         objectclass ( 1.2.840.113556.1.5.6 NAME 'securityPrincipal' SUP top AUXILIARY MUST sAMAccountName )\n\
         modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {folder}/pid\n\
         TLSCACertificateFile {folder}/server.pem\nTLSCertificateFile {folder}/server.pem\n\
         TLSCertificateKeyFile {folder}/key.pem\n\
         database mdb\nsuffix {BASE}\ndirectory {folder}/data\nmaxsize 16777216\n\
         access to attrs=userPassword by anonymous auth by * none\naccess to * by users read by * none\n"
    )
}

/// A self-signed certificate for `127.0.0.1`, and a folder that has it under its hash.
fn certificates(folder: &Path) -> PathBuf {
    let arguments =
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=127.0.0.1"];
    let files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "server.pem"];
    run(Command::new("openssl").args(arguments).args(files).current_dir(folder));
    let hash = run(Command::new("openssl")
        .args(["x509", "-hash", "-noout", "-in", "server.pem"])
        .current_dir(folder));
    let trusted = folder.join("trusted");
    fs::create_dir(&trusted).expect("a temporary folder");
    let name = format!("{}.0", hash.trim());
    fs::copy(folder.join("server.pem"), trusted.join(name)).expect("a temporary file");
    trusted
}

fn people() -> String {
    let top = format!("dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Corp\ndc: corp\n");
    let unit = format!("dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n");
    let persons = [
        ("reader", "Reader", "Account", PLANTED, "service"),
        ("alice", "Alice", "Example", PASSWORD, "developer"),
        ("bob", "Bob", "Example", PASSWORD, "seller"),
        ("admin", "Ad", "Min", PASSWORD, "developer"),
    ];
    let persons = persons.map(|(name, first, last, password, title)| {
        format!(
            "dn: cn={name},ou=people,{BASE}\nobjectClass: inetOrgPerson\nobjectClass: securityPrincipal\ncn: {name}\nsn: {last}\n\
             givenName: {first}\nmail: {name}@corp.example.com\nsAMAccountName: {name}\ntitle: {title}\n\
             userPassword: {password}\n"
        )
    });
    [top, unit].into_iter().chain(persons).collect::<Vec<_>>().join("\n")
}
