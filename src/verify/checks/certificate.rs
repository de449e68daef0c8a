//! The certificate: whether this machine trusts it, its names, its end, and whether it is that of the spec.

use std::fmt::Write as _;

use sha1::{Digest as _, Sha1};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, Error};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::time::ASN1Time;

use super::super::client::Connection;
use super::super::report::Line;
use super::super::tls::Presented;
use super::super::visit::{Question, Visit};
use crate::model::Protocol;

/// The days before its end at which a certificate must be renewed.
const SOON: i64 = 30;

const KEY: &str = "site.bindings.certificate";
const OF_FRONT: &str = "farm.front.bindings.certificate";

pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let key = if visit.deployment.farm.is_some() { OF_FRONT } else { KEY };
    if !visit.place.secure {
        return;
    }
    let presented = match Connection::open(&visit.place, &visit.tls).await {
        Ok(Connection { presented: Some(presented), .. }) => presented,
        Ok(_) => return,
        Err(failure) => {
            return lines
                .push(Question::new(key, "the server has a certificate").unseen(failure.to_string()));
        }
    };
    let host = &visit.place.host;
    let connected = format!("a TLS connection for {host}");
    let question = |promise: &str, expected: String| {
        Question::new(key, promise).asked(&*connected, expected).explain("certificate-expired")
    };
    lines.push(chain(
        question("clients trust the certificate", "this machine's trust store accepts it".into())
            .explain("client-certificate"),
        &presented,
    ));
    let parsed = x509_parser::parse_x509_certificate(&presented.certificate);
    let Ok((_, parsed)) = parsed else {
        return lines.push(
            question("the certificate can be read", "an X.509 certificate".into()).is(false, "other bytes"),
        );
    };
    let (has_name, names) = (is_for(&presented, host), names(&parsed));
    lines.push(question("the certificate has the name that users type", host.clone()).is(has_name, names));
    lines.push(end(
        question("the certificate is valid for some time", format!("at least {SOON} days")),
        &parsed,
    ));
    let wanted = visit.deployment.public_bindings().iter().filter(|binding| {
        binding.protocol == Protocol::Https
            && binding.port == visit.place.port
            && binding.host_name.eq_ignore_ascii_case(host)
    });
    for certificate in wanted.filter_map(|binding| binding.certificate.as_ref()) {
        let (wanted, seen) = (certificate.thumbprint.to_string(), thumbprint(&presented));
        let question = question("the certificate is that of the spec", format!("thumbprint {wanted}"))
            .explain("certificate-differs");
        lines.push(question.is(wanted.eq_ignore_ascii_case(&seen), format!("thumbprint {seen}")));
    }
}

/// A wrong name or a date are lines of their own.
fn chain(question: Question, presented: &Presented) -> Line {
    match &presented.trusted {
        Ok(()) => question.is(true, "it does"),
        Err(Error::InvalidCertificate(why)) if is_of_name(why) => {
            question.is(true, "it does, apart from the name")
        }
        Err(Error::InvalidCertificate(why)) if is_of_date(why) => {
            question.unseen("the trust store does not judge a certificate outside of its dates")
        }
        Err(why) => question.is(false, format!("it does not: {why}")),
    }
}

fn is_of_name(why: &CertificateError) -> bool {
    matches!(why, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
}

fn is_of_date(why: &CertificateError) -> bool {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    matches!(why, Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. })
}

fn is_for(presented: &Presented, host: &str) -> bool {
    let parsed = ParsedCertificate::try_from(&presented.certificate);
    let name = ServerName::try_from(host.trim_matches(['[', ']']));
    matches!((parsed, name), (Ok(parsed), Ok(name)) if verify_server_name(&parsed, &name).is_ok())
}

fn names(certificate: &X509Certificate<'_>) -> String {
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let names = alternatives.iter().flat_map(|names| &names.value.general_names);
    let names: Vec<String> = names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(_) => Some("an address".to_owned()),
            _ => None,
        })
        .collect();
    if names.is_empty() { "no name".to_owned() } else { names.join(", ") }
}

fn end(question: Question, certificate: &X509Certificate<'_>) -> Line {
    let validity = certificate.validity();
    let now = ASN1Time::now();
    if now < validity.not_before {
        return question.is(false, format!("it begins on {}", validity.not_before));
    }
    let days = (validity.not_after.timestamp() - now.timestamp()).div_euclid(24 * 60 * 60);
    match days {
        0.. => question.is(days >= SOON, format!("{days} days, until {}", validity.not_after)),
        _ => question.is(false, format!("it ended on {}", validity.not_after)),
    }
}

/// As Windows shows it: SHA-1 of the certificate.
fn thumbprint(presented: &Presented) -> String {
    Sha1::digest(&presented.certificate).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02X}").expect("writing to memory does not fail");
        text
    })
}
