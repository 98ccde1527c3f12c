//! What goes back: a signed answer, or a refusal that nobody signs.

use der::Encode;
use time::OffsetDateTime;

use super::message::{OcspResponse, ResponseStatus};

/// An OCSPResponse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The OCSPResponse in DER.
    pub der: Vec<u8>,
    /// How long it may be given to others who ask the same; not at all where it repeats a nonce or is a refusal.
    pub freshness: Option<Freshness>,
}

/// From when until when an answer is true, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// When it was made, and known to be correct.
    pub this_update: OffsetDateTime,
    /// When newer information will be there at the latest.
    pub next_update: OffsetDateTime,
}

/// Why a request gets no signed answer (RFC 6960 §2.3). No signature is ever demanded, so sigRequired is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The request does not conform to the syntax.
    MalformedRequest,
    /// What is known could not be looked up.
    InternalError,
    /// No responder's key and valid certificate are at hand now.
    TryLater,
    /// All certificates that are asked about are those of other CAs, or the request demands what is not understood: no
    /// authoritative answer can be given.
    Unauthorized,
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let response = OcspResponse {
            response_status: match refusal {
                Refusal::MalformedRequest => ResponseStatus::MalformedRequest,
                Refusal::InternalError => ResponseStatus::InternalError,
                Refusal::TryLater => ResponseStatus::TryLater,
                Refusal::Unauthorized => ResponseStatus::Unauthorized,
            },
            response_bytes: None,
        };
        Self {
            // Five octets always have room.
            der: response.to_der().unwrap_or_default(),
            freshness: None,
        }
    }
}
