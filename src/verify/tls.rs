//! TLS that looks at a certificate and goes on, so that one wrong certificate does not hide every other finding.
//!
//! What enters: a connection and the name that the certificate must have. What leaves: the connection in TLS, with the certificate and
//! what this machine's trust store says of it. No password goes over a connection whose certificate is not trusted: the caller sees to
//! that by [`Presented::trusted`]. Absent: versions before TLS 1.2.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

/// What a server presented.
#[derive(Debug, Clone)]
pub(super) struct Presented {
    /// Its certificate, in DER.
    pub certificate: CertificateDer<'static>,
    /// What this machine's trust store says of it and its chain, for the name that was asked for.
    pub trusted: Result<(), Error>,
}

/// Begins TLS on connections.
pub(super) struct Tls {
    provider: Arc<CryptoProvider>,
    store: Arc<dyn ServerCertVerifier>,
}

impl Tls {
    /// With the trust store of this machine: that of Windows, or the folder or file that OpenSSL uses (`SSL_CERT_FILE`).
    ///
    /// # Errors
    /// The store has no certificate authority.
    pub(super) fn of_this_machine() -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let store = Arc::new(Verifier::new(Arc::clone(&provider))?);
        Ok(Self { provider, store })
    }

    /// Begins TLS.
    pub(super) async fn connect(
        &self,
        stream: TcpStream,
        host: &str,
    ) -> io::Result<(TlsStream<TcpStream>, Presented)> {
        let name =
            ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(io::Error::other)?;
        let witness = Arc::new(Witness { store: Arc::clone(&self.store), seen: Mutex::new(None) });
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::<Witness>::clone(&witness))
            .with_no_client_auth();
        let secured = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let seen = witness.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
        let presented = seen.ok_or_else(|| io::Error::other("the server presented no certificate"))?;
        Ok((secured, presented))
    }
}

/// Asks the store, and notes what it says instead of ending the connection.
#[derive(Debug)]
struct Witness {
    store: Arc<dyn ServerCertVerifier>,
    seen: Mutex<Option<Presented>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        status: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let trusted = self.store.verify_server_cert(certificate, others, name, status, now).map(drop);
        let presented = Presented { certificate: certificate.clone().into_owned(), trusted };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(presented);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.store.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.store.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.store.supported_verify_schemes()
    }
}
