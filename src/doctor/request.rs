//! A CertificateRequest as it stands on the wire.

use crate::login::Version;
pub use crate::login::visit::Request as CertificateRequest;

/// HandshakeType certificate_request (RFC 8446 §4).
const CERTIFICATE_REQUEST: u8 = 13;
/// ExtensionType signature_algorithms and certificate_authorities (RFC 8446 §4.2).
const SIGNATURE_ALGORITHMS: u16 = 13;
const CERTIFICATE_AUTHORITIES: u16 = 47;

/// Reads the handshake message with its header of four octets; nothing where it is cut off or another one.
pub(super) fn read(message: &[u8], version: Version) -> Option<CertificateRequest> {
    let (kind, rest) = message.split_first()?;
    let (length, body) = rest.split_at_checked(3)?;
    let length = length
        .iter()
        .fold(0, |length, octet| length << 8 | usize::from(*octet));
    let body = body
        .get(..length)
        .filter(|_| *kind == CERTIFICATE_REQUEST)?;
    match version {
        Version::Tls12 => of_tls_1_2(body),
        Version::Tls13 => of_tls_1_3(body),
    }
}

fn of_tls_1_2(body: &[u8]) -> Option<CertificateRequest> {
    let (types, rest) = short_vector(body)?;
    let (schemes, rest) = vector(rest)?;
    let (names, _) = vector(rest)?;
    Some(CertificateRequest {
        certificate_types: types.to_vec(),
        signature_schemes: numbers(schemes),
        acceptable_issuers: vectors(names),
    })
}

fn of_tls_1_3(body: &[u8]) -> Option<CertificateRequest> {
    let (_context, rest) = short_vector(body)?;
    let (mut extensions, _) = vector(rest)?;
    let mut read = CertificateRequest::default();
    while let Some((kind, rest)) = number(extensions) {
        let (content, rest) = vector(rest)?;
        match kind {
            SIGNATURE_ALGORITHMS => read.signature_schemes = numbers(vector(content)?.0),
            CERTIFICATE_AUTHORITIES => read.acceptable_issuers = vectors(vector(content)?.0),
            _ => {}
        }
        extensions = rest;
    }
    Some(read)
}

fn number(octets: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = octets.split_first_chunk()?;
    Some((u16::from_be_bytes(*number), rest))
}

fn vector(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(octets)?;
    rest.split_at_checked(usize::from(length))
}

fn short_vector(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

fn numbers(octets: &[u8]) -> Vec<u16> {
    let (pairs, _) = octets.as_chunks();
    pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect()
}

fn vectors(mut octets: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some((one, rest)) = vector(octets) {
        all.push(one.to_vec());
        octets = rest;
    }
    all
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;
    use crate::hexadecimal;

    /// Both were sent by Apache 2.4 with OpenSSL 3.0 for one `<Location>`, its one name shortened.
    const TLS_1_2: &str = "0d0000190301024000040403 0804000d000b3009310730050603550403";
    const TLS_1_3: &str =
        "0d00002202aabb001d000d000600040403080400 2f000f000d000b3009310730050603550403";

    fn octets(text: &str) -> Vec<u8> {
        hexadecimal::decode(&text.replace(' ', "")).unwrap()
    }

    #[test]
    fn both_forms_tell_schemes_and_issuers() {
        let issuers = [octets("3009310730050603550403")];
        let request = read(&octets(TLS_1_2), Version::Tls12).unwrap();
        assert_eq!(request.type_names(), ["rsa_sign", "dss_sign", "ecdsa_sign"]);
        assert_eq!(request.signature_schemes, [0x0403, 0x0804]);
        assert_eq!(request.acceptable_issuers, issuers);
        let request = read(&octets(TLS_1_3), Version::Tls13).unwrap();
        assert_eq!(request.signature_schemes, [0x0403, 0x0804]);
        assert_eq!(request.acceptable_issuers, issuers);
        assert!(request.certificate_types.is_empty());
    }

    #[test]
    fn a_message_that_is_cut_off_or_another_one_is_none() {
        for (text, version) in [(TLS_1_2, Version::Tls12), (TLS_1_3, Version::Tls13)] {
            let whole = octets(text);
            for length in 0..whole.len() {
                assert_eq!(read(&whole[..length], version), None);
            }
            let mut other = whole.clone();
            other[0] = 11;
            assert_eq!(read(&other, version), None);
        }
    }
}
