//! Certificates for servers of the tests, and the authority that signs them.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
#[derive(Debug)]
pub struct Served {
    pub certificate: CertificateDer<'static>,
    pub key: PrivateKeyDer<'static>,
}

impl Clone for Served {
    fn clone(&self) -> Self {
        Self { certificate: self.certificate.clone(), key: self.key.clone_key() }
    }
}

impl Authority {
    pub fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(
            CertifiedIssuer::self_signed(parameters, KeyPair::generate().expect("a key"))
                .expect("an authority"),
        )
    }

    /// Its certificate, as trust stores take it.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a name that began yesterday and ends in this many days.
    pub fn certificate(&self, name: &str, days: u32) -> Served {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::new([name.to_owned()]).expect("a name");
        parameters.not_before = (SystemTime::now() - DAY).into();
        parameters.not_after = (SystemTime::now() + DAY * days).into();
        let certificate = parameters.signed_by(&key, &self.0).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        Served { certificate: certificate.der().clone(), key }
    }
}

impl Served {
    /// As a spec names it.
    pub fn thumbprint(&self) -> String {
        use sha1::{Digest as _, Sha1};
        Sha1::digest(&self.certificate).iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02X}").expect("memory");
            text
        })
    }
}
