//! The client's part of one handshake: its key is proven here; whether it is let in is judged elsewhere.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, SignatureScheme,
};

use super::encounter::Encounter;
use super::judgement::decide;
use super::{Happening, proof};
use crate::certificate::{Certificate, Fingerprint};
use crate::inventory::Record;
use crate::judge::{Reason, Verdict};
use crate::session::{End, Requested, Signed};

/// The most certificates that a client may present, and the most octets in them: each is told of on a page, and kept as long as the
/// connection. Ours has three at most, and three with ML-DSA-65 have some 17 KiB.
const LONGEST_CHAIN: usize = 16;
const LARGEST_CHAIN: usize = 24 << 10;

/// Verifies whichever client is in the handshake that goes on, and notes what only that shows.
///
/// Any chain passes where certificates are optional: so the page can explain a refusal, and webpki, which judges
/// differently than the inventory's allow-list, has no say. The signature in CertificateVerify is always checked.
pub(super) struct ClientVerifier {
    hints: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
    is_required: bool,
}

/// Refuses, with the reason, what no specific alert exists for.
#[derive(Debug)]
struct Refusal(Reason);

impl ClientVerifier {
    /// Verifies clients that are told of `authorities`.
    pub(super) fn new(
        authorities: &[Record],
        provider: &CryptoProvider,
        is_required: bool,
    ) -> Self {
        Self {
            hints: authorities
                .iter()
                .map(|record| record.certificate.subject().der().to_vec().into())
                .collect(),
            algorithms: provider.signature_verification_algorithms,
            is_required,
        }
    }

    /// What clients of this verifier are asked for.
    pub(super) fn requested(&self, authorities: &[Record]) -> Requested {
        Requested {
            acceptable_issuers: authorities
                .iter()
                .map(|record| record.certificate.subject().to_string())
                .collect(),
            signature_schemes: self.supported_verify_schemes(),
        }
    }
}

/// The handshake that goes on. Without one nobody is let in.
fn encounter() -> Result<Arc<Encounter>, rustls::Error> {
    Encounter::current().ok_or_else(|| rustls::Error::General("there is no handshake".to_owned()))
}

impl Encounter {
    /// Notes a good signature and, where a certificate is required, judges it.
    ///
    /// The verdict comes after the proof, so that nobody learns or logs what becomes of another's certificate.
    fn proven(
        &self,
        valid: HandshakeSignatureValid,
        signed: Signed,
        is_required: bool,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        // It is the first and only signature of this connection.
        let _ = self.signed.set(signed);
        let shared = match (&self.gate, is_required) {
            (Some(shared), _) => shared,
            (None, false) => return Ok(valid),
            (None, true) => {
                let nobody = "nobody is there to judge".to_owned();
                return Err(rustls::Error::General(nobody));
            }
        };
        let presented = self.presented.get().map(|it| &**it).unwrap_or_default();
        let verdict = match decide(presented, &*shared.knowledge, (shared.clock)()) {
            Ok(decision) => decision.verdict,
            Err(trouble) => {
                self.refuse(Happening::Trouble(trouble));
                return Err(rustls::Error::General(
                    "the inventory could not be read".to_owned(),
                ));
            }
        };
        let Verdict::Refused(reason) = verdict else {
            return Ok(valid);
        };
        let subject = presented
            .first()
            .and_then(|der| Certificate::from_der(der.as_ref()).ok())
            .map(|certificate| certificate.subject().to_string());
        self.refuse(Happening::Login {
            verdict,
            subject,
            certificate: presented.first().map(|der| Fingerprint::of(der)),
            repeated: false,
        });
        Err(alert_for(reason).into())
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.is_required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let encounter = encounter()?;
        let chain = || std::iter::once(end_entity).chain(intermediates);
        let octets: usize = chain().map(|certificate| certificate.len()).sum();
        if intermediates.len() >= LONGEST_CHAIN || octets > LARGEST_CHAIN {
            encounter.refuse(Happening::Handshake(format!(
                "the client presented {} certificates of {octets} octets, which is too much",
                intermediates.len() + 1
            )));
            return Err(CertificateError::BadEncoding.into());
        }
        let chain = chain()
            .map(|certificate| certificate.clone().into_owned())
            .collect();
        let _ = encounter.presented.set(chain);
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let valid = proof::verify_tls12(message, certificate, signature, &self.algorithms)?;
        let signed = Signed::read(End::Client, signature.scheme, message);
        encounter()?.proven(valid, signed, self.is_required)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let valid = proof::verify_tls13(message, certificate, signature, &self.algorithms)?;
        let signed = Signed::read(End::Client, signature.scheme, message);
        encounter()?.proven(valid, signed, self.is_required)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The error whose alert says as much of the reason as RFC 8446 §6.2 has words for.
fn alert_for(reason: Reason) -> CertificateError {
    match reason {
        // bad_certificate: corrupt, or with a signature that does not verify.
        Reason::Malformed | Reason::BadSignature => CertificateError::BadEncoding,
        // unknown_ca
        Reason::UnknownIssuer => CertificateError::UnknownIssuer,
        // unsupported_certificate
        Reason::WrongKeyUsage | Reason::WrongExtendedKeyUsage => CertificateError::InvalidPurpose,
        // access_denied: a valid certificate, but not on the list.
        Reason::NotIssuedHere => CertificateError::ApplicationVerificationFailure,
        // certificate_revoked
        Reason::Revoked => CertificateError::Revoked,
        // certificate_expired: "or is not currently valid".
        Reason::NotYetValid => CertificateError::NotValidYet,
        Reason::Expired => CertificateError::Expired,
        // certificate_unknown: some other issue.
        Reason::PathLength | Reason::NameConstraint => {
            CertificateError::Other(OtherError(Arc::new(Refusal(reason))))
        }
    }
}

impl fmt::Debug for ClientVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientVerifier")
            .field("required", &self.is_required)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::AlertDescription;

    #[test]
    fn what_is_said_of_an_alert_names_each_reason_that_we_send_it_for() {
        for reason in Reason::ALL {
            let alert = AlertDescription::from(alert_for(reason));
            let meaning = crate::session::meaning(&u8::from(alert).to_string());
            let fact = meaning.map(|meaning| meaning.fact).unwrap_or_default();
            let (_, ours) = fact.split_once("pki serve: ").unwrap_or_default();
            assert!(ours.contains(reason.as_str()), "{reason:?}: {fact}");
            // And the reason's own page says which alert it is.
            let page = crate::refusals::Refusal::Because(reason).page();
            let named = format!("with the alert `{}`", crate::session::alert(alert.into()));
            assert!(page.contains(&named), "{reason:?}: {named}");
        }
    }

    #[test]
    fn each_reason_has_the_alert_that_says_the_most() {
        let alerts = Reason::ALL.map(|reason| {
            let alert = AlertDescription::from(alert_for(reason));
            (reason.as_str(), crate::session::alert(alert.into()))
        });
        let alerts: Vec<_> = (alerts.iter())
            .map(|(reason, alert)| (*reason, alert.as_str()))
            .collect();
        assert_eq!(
            alerts,
            [
                ("malformed", "bad_certificate"),
                ("unknown-issuer", "unknown_ca"),
                ("bad-signature", "bad_certificate"),
                ("path-length", "certificate_unknown"),
                ("name-constraint", "certificate_unknown"),
                ("wrong-key-usage", "unsupported_certificate"),
                ("wrong-extended-key-usage", "unsupported_certificate"),
                ("not-issued-here", "access_denied"),
                ("revoked", "certificate_revoked"),
                ("not-yet-valid", "certificate_expired"),
                ("expired", "certificate_expired"),
            ]
        );
    }
}
