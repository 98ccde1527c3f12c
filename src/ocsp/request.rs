//! Reading a request: strictly, within bounds, and not trusting it with anything.

use der::Decode;
use der::asn1::OctetStringRef;

use super::Refusal;
use super::message::{CertId, Extension, NONCE, OcspRequest};

/// The longest request that is read, in octets: room for 100 certificates with SHA-256, a nonce and a signature.
pub const MAX_REQUEST: usize = 16 << 10;
/// About how many certificates one request may ask.
const MAX_CERTIFICATES: usize = 100;
/// RFC 9654 §2.1: Nonce ::= OCTET STRING (SIZE (1..128)).
const NONCE_LENGTH: std::ops::RangeInclusive<usize> = 1..=128;

/// A well-formed request.
#[derive(Debug)]
pub struct Request<'a> {
    /// About which certificates it asks, in its order; at least one.
    pub(super) certificates: Vec<CertId<'a>>,
    /// The nonce as it stands in its extension, to be repeated as it is.
    pub(super) nonce: Option<&'a OctetStringRef>,
}

impl<'a> Request<'a> {
    /// Reads an OCSPRequest in DER.
    ///
    /// Who asks (requestorName) and a signature are taken and not looked at: what we answer is public, and everybody gets
    /// the same answer, so that there is nothing to protect by knowing them (RFC 5019 §2.1.2 allows it).
    ///
    /// # Errors
    /// Refuses what does not conform to the syntax or to our bounds as malformed (RFC 6960 §2.3), a nonce of no or of
    /// more than 128 octets too (RFC 9654 §2.1). A critical extension that is not understood must not be passed over
    /// (RFC 6960 §4.4): such a request cannot be answered authoritatively.
    pub fn from_der(der: &'a [u8]) -> Result<Self, Refusal> {
        if der.len() > MAX_REQUEST {
            return Err(Refusal::MalformedRequest);
        }
        let request = OcspRequest::from_der(der).map_err(|_| Refusal::MalformedRequest)?;
        let asked = request.tbs_request;
        let some = (1..=MAX_CERTIFICATES).contains(&asked.request_list.len());
        if asked.version != 0 || !some {
            return Err(Refusal::MalformedRequest);
        }
        let extensions = asked.request_extensions.unwrap_or_default();
        let nonce = nonce(&extensions)?;
        let of_one = asked
            .request_list
            .iter()
            .filter_map(|single| single.single_request_extensions.as_ref())
            .flatten();
        let not_understood = extensions
            .iter()
            .filter(|extension| extension.extn_id != NONCE)
            .chain(of_one);
        if not_understood
            .into_iter()
            .any(|extension| extension.critical)
        {
            return Err(Refusal::Unauthorized);
        }
        let certificates = asked.request_list.iter().map(|single| single.req_cert);
        Ok(Self {
            certificates: certificates.collect(),
            nonce,
        })
    }

    /// About how many certificates it asks.
    #[expect(clippy::len_without_is_empty, reason = "it asks about one at least")]
    pub fn len(&self) -> usize {
        self.certificates.len()
    }
}

/// The nonce, which may stand once and must be an OCTET STRING within the OCTET STRING that holds every extension.
fn nonce<'a>(extensions: &[Extension<'a>]) -> Result<Option<&'a OctetStringRef>, Refusal> {
    let mut nonces = extensions
        .iter()
        .filter(|extension| extension.extn_id == NONCE);
    let Some(extension) = nonces.next() else {
        return Ok(None);
    };
    let value = <&OctetStringRef>::from_der(extension.extn_value.as_bytes());
    let fits = value.is_ok_and(|value| NONCE_LENGTH.contains(&value.as_bytes().len()));
    if !fits || nonces.next().is_some() {
        return Err(Refusal::MalformedRequest);
    }
    Ok(Some(extension.extn_value))
}
