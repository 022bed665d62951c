use std::fmt;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, PeerIncompatible, RootCertStore,
    SignatureScheme,
};
use sha2::{Digest, Sha256};

use super::CallError;
use super::crypto_provider::provider;

/// How the responder is authenticated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ServerTrust {
    /// By the SHA-256 of the public key in its certificate (the whole `SubjectPublicKeyInfo`, RFC
    /// 5280, 4.1.2.7, as in RFC 7469). Names, dates and issuer are then ignored.
    Pinned([u8; 32]),
    /// By a certificate that chains to the system's roots.
    System,
}

/// The same TLS configuration on every box: version 1.3 only, no ALPN, no session resumption.
pub(super) fn client_config(trust: ServerTrust) -> Result<ClientConfig, CallError> {
    let provider = Arc::new(provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13])
        .map_err(tls_error)?;
    let mut config = match trust {
        ServerTrust::System => builder.with_root_certificates(roots()?).with_no_client_auth(),
        ServerTrust::Pinned(key) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(PinnedKeyVerifier { key, provider }))
            .with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Maps a TLS error.
pub(super) fn tls_error(error: Error) -> CallError {
    match error {
        Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure) => {
            CallError::Untrusted("its certificate has another key than the profile pins".to_owned())
        }
        Error::InvalidMessage(_) => CallError::NotUnderstood("it does not speak TLS"),
        other => CallError::Untrusted(other.to_string()),
    }
}

fn roots() -> Result<RootCertStore, CallError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let why = "this system has no certificates to check others by (install ca-certificates)";
        return Err(CallError::Untrusted(why.to_owned()));
    }
    Ok(roots)
}

/// Accepts any certificate that has the pinned key.
struct PinnedKeyVerifier {
    key: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedKeyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let key = ParsedCertificate::try_from(end_entity)?.subject_public_key_info();
        if Sha256::digest(&key)[..] == self.key {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for PinnedKeyVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinnedKeyVerifier")
    }
}
