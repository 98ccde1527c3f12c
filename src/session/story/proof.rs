//! The messages in which the ends show who they are, and that it is they.

use super::facts::{facts, one};
use super::{End, Fact, Protection, Step};
use crate::session::Signed;
use crate::session::handshake::{Handshake, Presented};

pub(super) fn certificate_request(told: &Handshake, protection: Protection) -> Option<Step> {
    let request = told.certificate_request.as_ref()?;
    Some(Step {
        message: "CertificateRequest",
        from: End::Server,
        protection,
        purpose: "The server asks for a client certificate. A browser offers only those that one of these authorities issued, directly or through another; without any named, all.",
        private_key: None,
        facts: facts([
            (
                "certificate_request.acceptable_issuers",
                "Acceptable issuers",
                request.acceptable_issuers.clone(),
            ),
            (
                "certificate_request.signature_schemes",
                "Signature schemes accepted",
                request.signature_schemes.clone(),
            ),
        ]),
    })
}

pub(super) fn server_certificate(told: &Handshake, protection: Protection) -> Option<Step> {
    let presented = chain(&told.server_certificate);
    (!presented.is_empty()).then(|| Step {
        message: "Certificate",
        from: End::Server,
        protection,
        purpose: "Who the server is, and who says so. A certificate is public: it is a public key and a name, signed by an authority.",
        private_key: None,
        facts: facts([(
            "server_certificate",
            "Presented",
            presented,
        )]),
    })
}

/// The server's CertificateVerify of TLS 1.3.
pub(super) fn server_proof(told: &Handshake) -> Option<Step> {
    let signed = told.server_signature.as_ref()?;
    Some(Step {
        message: "CertificateVerify",
        from: End::Server,
        protection: Protection::Handshake,
        purpose: "The server signs all that was said so far, and so proves that the certificate is its own. Its key does nothing else in this connection.",
        private_key: Some(End::Server),
        facts: signature("server_signature", Some(signed)),
    })
}

pub(super) fn client_certificate(told: &Handshake, protection: Protection) -> Step {
    Step {
        message: "Certificate",
        from: End::Client,
        protection,
        purpose: match (told.client_certificate.is_empty(), protection) {
            (true, _) => {
                "The client answers with an empty list: it has no certificate to show, or shows none."
            }
            (false, Protection::Clear) => {
                "Who the client is, and who says so. In TLS 1.2 whoever records the connection reads it too."
            }
            (false, _) => {
                "Who the client is, and who says so. It is public, and encrypted here all the same, so that nobody else learns who logs in."
            }
        },
        private_key: None,
        facts: facts([(
            "client_certificate",
            "Presented",
            chain(&told.client_certificate),
        )]),
    }
}

pub(super) fn client_proof(told: &Handshake, protection: Protection) -> Option<Step> {
    let signed = told.client_signature.as_ref()?;
    Some(Step {
        message: "CertificateVerify",
        from: End::Client,
        protection,
        purpose: "The one moment in which the client's private key is used: it signs all that was said so far, which holds both randoms. The signature is good for this handshake and for no other; it encrypts nothing.",
        private_key: Some(End::Client),
        facts: signature("client_signature", Some(signed)),
    })
}

pub(super) fn finished(from: End, protection: Protection) -> Step {
    Step {
        message: "Finished",
        from,
        protection,
        purpose: match protection {
            // TLS 1.2 (RFC 5246 §7.4.9).
            Protection::Session => {
                "Behind ChangeCipherSpec, with which its sender changes over to the new keys: a checksum over the whole handshake, made with them. Both ends saw the same, and nobody in between changed anything."
            }
            _ => {
                "A checksum over the whole handshake, made with the new keys: both ends saw the same, and nobody in between changed anything."
            }
        },
        private_key: None,
        facts: Vec::new(),
    }
}

pub(super) fn signature(end: &'static str, signed: Option<&Signed>) -> Vec<Fact> {
    let Some(signed) = signed else {
        return Vec::new();
    };
    let server = end == "server_signature";
    let field =
        |client: &'static str, of_server: &'static str| if server { of_server } else { client };
    let hash = signed.hash_value.as_ref().map(|value| match signed.hash {
        Some(hash) => format!("{hash} {value}"),
        None => value.clone(),
    });
    let over = match signed.over {
        "transcript" => "every message so far",
        _ => "both randoms and the server's key share",
    };
    facts([
        (
            field(
                "client_signature.signature_scheme",
                "server_signature.signature_scheme",
            ),
            "Signature scheme",
            vec![signed.signature_scheme.clone()],
        ),
        (
            field("client_signature.over", "server_signature.over"),
            "Signs",
            vec![over.to_owned()],
        ),
        (
            field("client_signature.context", "server_signature.context"),
            "Under the words",
            one(signed.context.as_ref()),
        ),
        (
            field("client_signature.hash_value", "server_signature.hash_value"),
            "Hash of that",
            one(hash.as_ref()),
        ),
    ])
}

fn chain(presented: &[Presented]) -> Vec<String> {
    let told = presented
        .iter()
        .map(|certificate| match certificate.subject.as_str() {
            "" => "a certificate that cannot be read".to_owned(),
            subject => format!("{subject}, issued by {}", certificate.issuer),
        });
    told.collect()
}
