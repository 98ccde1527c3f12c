//! Requests made by OpenSSL and by hand, and what is answered.

mod answers;
mod requests;

use der::asn1::{AnyRef, IntRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode};
use pkcs8::spki::AlgorithmIdentifierRef;

use super::issuer_id::IssuerId;
use super::message::*;
use super::*;

/// An OCSPRequest about these certificates, with these extensions.
fn request(certificates: &[CertId<'_>], extensions: &[Extension<'_>]) -> Vec<u8> {
    let asked = certificates.iter().copied().map(|req_cert| SingleRequest {
        req_cert,
        single_request_extensions: None,
    });
    let request = OcspRequest {
        tbs_request: TbsRequest {
            version: 0,
            requestor_name: None,
            request_list: asked.collect(),
            request_extensions: (!extensions.is_empty()).then(|| extensions.to_vec()),
        },
        optional_signature: None,
    };
    request.to_der().unwrap()
}
