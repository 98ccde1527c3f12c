//! The proof of the client's key, checked with the key alone.
//!
//! rustls' own check reads the certificate with webpki, which knows only those that it would itself accept: version 3, no
//! unknown critical extension. The page must be able to explain the others too.

use pkcs8::der::asn1::AnyRef;
use pkcs8::der::{Decode, Encode};
use pkcs8::spki::SubjectPublicKeyInfoRef;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved};

use crate::certificate::public_key_of;

/// Checks CertificateVerify of TLS 1.3 (RFC 8446 §4.4.3).
pub(super) fn verify_tls13(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let key = SubjectPublicKeyInfoDer::from(key(certificate)?);
    verify_tls13_signature_with_raw_key(message, &key, signed, algorithms)
}

/// Checks CertificateVerify of TLS 1.2 (RFC 5246 §7.4.8), where a scheme does not yet name its curve: the first algorithm
/// of the scheme that fits the key is the one.
pub(super) fn verify_tls12(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let unadvertised = PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme;
    let of_scheme = algorithms
        .mapping
        .iter()
        .find(|(scheme, _)| *scheme == signed.scheme);
    let (_, candidates) = of_scheme.ok_or(unadvertised)?;
    let key = key(certificate)?;
    let (algorithm, public_key) = parts(&key).ok_or(CertificateError::BadEncoding)?;
    let fitting = candidates
        .iter()
        .find(|candidate| candidate.public_key_alg_id().as_ref() == algorithm);
    fitting
        .ok_or(CertificateError::BadSignature)?
        .verify_signature(&public_key, message, signed.signature())
        .map_err(|_| CertificateError::BadSignature)?;
    Ok(HandshakeSignatureValid::assertion())
}

fn key(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, Error> {
    public_key_of(certificate).ok_or_else(|| CertificateError::BadEncoding.into())
}

/// The contents of AlgorithmIdentifier, and the key's bits.
fn parts(key: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let info = SubjectPublicKeyInfoRef::try_from(key).ok()?;
    let algorithm = info.algorithm.to_der().ok()?;
    let contents = AnyRef::from_der(&algorithm).ok()?.value().to_vec();
    Some((contents, info.subject_public_key.as_bytes()?.to_vec()))
}
