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
use super::provider::provider;

/// What shows that it is the operator who answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trust {
    /// The SHA-256 of the public key in its certificate (the whole `SubjectPublicKeyInfo`, RFC 5280,
    /// 4.1.2.7, as RFC 7469 pins it). Names, dates and who signed it then mean nothing.
    Pinned([u8; 32]),
    /// A certificate that the system's roots vouch for.
    System,
}

/// How a box speaks TLS: all alike. Version 1.3 alone; no application protocol is named, and no
/// connection is tied to an earlier one.
pub(super) fn configuration(trust: Trust) -> Result<ClientConfig, CallError> {
    let provider = Arc::new(provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13])
        .map_err(untrusted)?;
    let mut config = match trust {
        Trust::System => builder.with_root_certificates(roots()?).with_no_client_auth(),
        Trust::Pinned(key) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(PinnedKey { key, provider }))
            .with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// What an error of TLS means.
pub(super) fn untrusted(error: Error) -> CallError {
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

/// Takes a certificate with one key, whoever signed it.
struct PinnedKey {
    key: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedKey {
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

impl fmt::Debug for PinnedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinnedKey")
    }
}
