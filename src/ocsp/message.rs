//! The messages of RFC 6960 §4 as its ASN.1 writes them down. What reads and writes them comes from `der`, which takes DER
//! only: definite and shortest lengths, no octet too many.

use der::asn1::{
    AnyRef, BitStringRef, GeneralizedTime, IntRef, Null, ObjectIdentifier, OctetStringRef,
};
use der::{Choice, Enumerated, Sequence};
use pkcs8::spki::AlgorithmIdentifierRef;

/// id-pkix-ocsp-basic, RFC 6960 §4.2.1.
pub(super) const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
/// id-pkix-ocsp-nonce, RFC 9654 §2.1.
pub(super) const NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.2");
/// ecdsa-with-SHA256, RFC 5758 §3.2.
pub(super) const ECDSA_WITH_SHA256: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// OCSPRequest.
#[derive(Debug, Sequence)]
pub(super) struct OcspRequest<'a> {
    pub(super) tbs_request: TbsRequest<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) optional_signature: Option<AnyRef<'a>>,
}

/// TBSRequest.
#[derive(Debug, Sequence)]
pub(super) struct TbsRequest<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", default = "version_1")]
    pub(super) version: u8,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) requestor_name: Option<AnyRef<'a>>,
    pub(super) request_list: Vec<SingleRequest<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) request_extensions: Option<Vec<Extension<'a>>>,
}

/// The ASN.1 calls it Request.
#[derive(Debug, Sequence)]
pub(super) struct SingleRequest<'a> {
    pub(super) req_cert: CertId<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) single_request_extensions: Option<Vec<Extension<'a>>>,
}

/// CertID: which certificate is asked about. An answer repeats it as it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Sequence)]
pub(super) struct CertId<'a> {
    pub(super) hash_algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) issuer_name_hash: &'a OctetStringRef,
    pub(super) issuer_key_hash: &'a OctetStringRef,
    pub(super) serial_number: IntRef<'a>,
}

/// Extension (RFC 5280 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Sequence)]
pub(super) struct Extension<'a> {
    pub(super) extn_id: ObjectIdentifier,
    #[asn1(default = "bool::default")]
    pub(super) critical: bool,
    pub(super) extn_value: &'a OctetStringRef,
}

/// OCSPResponse.
#[derive(Debug, Sequence)]
pub(super) struct OcspResponse<'a> {
    pub(super) response_status: ResponseStatus,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) response_bytes: Option<ResponseBytes<'a>>,
}

/// OCSPResponseStatus; sigRequired (5) is never said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enumerated)]
#[asn1(type = "ENUMERATED")]
#[repr(u8)]
pub(super) enum ResponseStatus {
    Successful = 0,
    MalformedRequest = 1,
    InternalError = 2,
    TryLater = 3,
    Unauthorized = 6,
}

/// ResponseBytes.
#[derive(Debug, Sequence)]
pub(super) struct ResponseBytes<'a> {
    pub(super) response_type: ObjectIdentifier,
    pub(super) response: &'a OctetStringRef,
}

/// BasicOCSPResponse; what is signed comes as the octets that were signed.
#[derive(Debug, Sequence)]
pub(super) struct BasicResponse<'a> {
    pub(super) tbs_response_data: AnyRef<'a>,
    pub(super) signature_algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) signature: BitStringRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) certs: Option<Vec<AnyRef<'a>>>,
}

/// ResponseData; of the ways to name a responder, byKey.
#[derive(Debug, Sequence)]
pub(super) struct ResponseData<'a> {
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    pub(super) responder_key_hash: &'a OctetStringRef,
    pub(super) produced_at: GeneralizedTime,
    pub(super) responses: Vec<SingleResponse<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) response_extensions: Option<Vec<Extension<'a>>>,
}

/// SingleResponse.
#[derive(Debug, Sequence)]
pub(super) struct SingleResponse<'a> {
    pub(super) cert_id: CertId<'a>,
    pub(super) cert_status: CertStatus,
    pub(super) this_update: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) next_update: Option<GeneralizedTime>,
}

/// CertStatus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub(super) enum CertStatus {
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    Good(Null),
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true")]
    Revoked(RevokedInfo),
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT")]
    Unknown(Null),
}

/// RevokedInfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Sequence)]
pub(super) struct RevokedInfo {
    pub(super) revocation_time: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) revocation_reason: Option<CrlReason>,
}

/// CRLReason (RFC 5280 §5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enumerated)]
#[asn1(type = "ENUMERATED")]
#[repr(u8)]
pub(super) enum CrlReason {
    KeyCompromise = 1,
    CaCompromise = 2,
    AffiliationChanged = 3,
    Superseded = 4,
    CessationOfOperation = 5,
    CertificateHold = 6,
    PrivilegeWithdrawn = 9,
    AaCompromise = 10,
}

fn version_1() -> u8 {
    0
}
