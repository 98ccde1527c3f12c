//! What the application is told of an accepted client's certificate.

use std::fmt::Write as _;

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, HeaderValue};
use pem::{EncodeConfig, LineEnding, Pem};
use rustls::pki_types::CertificateDer;

use super::super::holder;
use crate::inventory::Record;
use crate::judge::MAX_CHAIN;

/// The client's certificate (RFC 9440 §2.2).
pub(super) const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
/// What the client presented above it (RFC 9440 §2.3).
pub(super) const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");
const VERIFY: HeaderName = HeaderName::from_static("x-ssl-client-verify");
const SUBJECT: HeaderName = HeaderName::from_static("x-ssl-client-s-dn");
const SERIAL: HeaderName = HeaderName::from_static("x-ssl-client-serial");

/// The fields that say who a client is, by what it presented and what the inventory knows.
pub(super) fn fields(
    presented: &[CertificateDer<'_>],
    record: &Record,
    authorities: &[Record],
) -> Option<HeaderMap> {
    let certificate = &record.certificate;
    let mut fields = HeaderMap::new();
    fields.insert(CLIENT_CERT, value(&byte_sequence(certificate.der()))?);
    let above = above(presented, authorities);
    if !above.is_empty() {
        fields.insert(CLIENT_CERT_CHAIN, value(&above.join(", "))?);
    }
    fields.insert(VERIFY, HeaderValue::from_static("SUCCESS"));
    let subject = in_ascii(certificate.subject().as_str());
    fields.insert(SUBJECT, value(&subject)?);
    let serial_number = certificate.serial_number().to_string();
    fields.insert(SERIAL, value(&serial_number)?);
    for (name, text) in holder::fields(record) {
        fields.insert(name, value(&text)?);
    }
    Some(fields)
}

/// The CAs of ours that the client presented above its own certificate, in its order, each once. Whatever else it sent says nothing.
fn above(presented: &[CertificateDer<'_>], authorities: &[Record]) -> Vec<String> {
    let ours: Vec<_> = authorities.iter().map(|it| it.certificate.der()).collect();
    let mut sequences = Vec::new();
    for certificate in presented.iter().skip(1).take(MAX_CHAIN) {
        let sequence = byte_sequence(certificate);
        if ours.contains(&certificate.as_ref()) && !sequences.contains(&sequence) {
            sequences.push(sequence);
        }
    }
    sequences
}

/// A Byte Sequence of structured fields: base64 between colons (RFC 9651 §3.3.5).
fn byte_sequence(octets: &[u8]) -> String {
    let armour = EncodeConfig::new()
        .set_line_ending(LineEnding::LF)
        .set_line_wrap(64);
    let armoured = pem::encode_config(&Pem::new("CERTIFICATE", octets), armour);
    let mut sequence = String::from(":");
    sequence.extend(armoured.lines().filter(|line| !line.starts_with('-')));
    sequence.push(':');
    sequence
}

/// A distinguished name with each octet that is not printable ASCII as `\XX`, which RFC 4514 §2.4 lets stand for it: nginx and OpenSSL
/// write names so too.
///
/// So no name can end a field and begin another one.
fn in_ascii(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for octet in name.bytes() {
        match octet {
            b' '..=b'~' => escaped.push(char::from(octet)),
            // Writing to a String does not fail.
            _ => drop(write!(escaped, "\\{octet:02X}")),
        }
    }
    escaped
}

fn value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;
    use crate::certificate::Certificate;
    use crate::error::Result;
    use crate::profile::Profile;
    use crate::testing::{TestAuthority, years};

    /// What is told of a client that presents this chain, with a certificate in this name.
    fn told(authority: &TestAuthority, name: &str, above: &[&Certificate]) -> Result<HeaderMap> {
        let own = authority.sign(Profile::Client, name, &[], years(1)?)?;
        let record = authority.record(&own, "somebody")?;
        let chain = std::iter::once(&own).chain(above.iter().copied());
        let presented: Vec<_> = chain.map(|it| it.der().to_vec().into()).collect();
        let authorities = authority.inventory.authorities()?;
        Ok(fields(&presented, &record, &authorities).unwrap())
    }

    #[test]
    fn the_certificate_is_a_byte_sequence_and_the_chain_a_list_of_them() -> Result<()> {
        let authority = TestAuthority::new()?;
        let (issuing, root) = (
            authority.issuing.certificate(),
            authority.root.certificate(),
        );
        let stranger = authority.sign(Profile::Client, "stranger", &[], years(1)?)?;
        let told = told(&authority, "alice", &[issuing, &stranger, issuing, root])?;
        let decoded = |name: HeaderName| -> Vec<Certificate> {
            let list = told[name].to_str().unwrap().split(", ");
            list.map(|item| {
                let base64 = item.strip_prefix(':').unwrap().strip_suffix(':').unwrap();
                let armoured = format!("-----BEGIN X-----\n{base64}\n-----END X-----\n");
                Certificate::from_der(pem::parse(armoured).unwrap().into_contents()).unwrap()
            })
            .collect()
        };
        let [own] = decoded(CLIENT_CERT).try_into().unwrap();
        assert_eq!(own.subject().as_str(), "CN=alice");
        let chain = decoded(CLIENT_CERT_CHAIN);
        let ders: Vec<_> = chain.iter().map(Certificate::der).collect();
        assert_eq!(ders, [issuing.der(), root.der()]);
        assert_eq!(told[VERIFY], "SUCCESS");
        assert_eq!(told[SUBJECT], "CN=alice");
        let serial = own.serial_number().to_string();
        assert_eq!(told[SERIAL], serial.as_str());
        assert_eq!(told["pki-serial-number"], serial.as_str());
        assert_eq!(told["pki-name"], "somebody");
        assert_eq!(told["pki-device"], "");
        Ok(())
    }

    #[test]
    fn a_client_that_presents_no_ca_gets_no_chain() -> Result<()> {
        for presents_another in [false, true] {
            let authority = TestAuthority::new()?;
            let stranger = authority.sign(Profile::Client, "stranger", &[], years(1)?)?;
            let above: &[&Certificate] = match presents_another {
                true => &[&stranger],
                false => &[],
            };
            let told = told(&authority, "alice", above)?;
            assert!(!told.contains_key(CLIENT_CERT_CHAIN));
        }
        Ok(())
    }

    #[test]
    fn no_name_leaves_its_field() -> Result<()> {
        for (name, shown) in [
            ("Zoë", "CN=Zo\\C3\\AB"),
            ("a\r\nX-Admin: yes", "CN=a\\0d\\0aX-Admin: yes"),
            ("a\0b", "CN=a\\00b"),
            ("a\u{85}b", "CN=a\\c2\\85b"),
            ("a\u{2028}\u{202e}b", "CN=a\\E2\\80\\A8\\E2\\80\\AEb"),
            ("a,O=root+\"b\"", "CN=a\\,O=root\\+\\\"b\\\""),
        ] {
            let authority = TestAuthority::new()?;
            let told = told(&authority, name, &[])?;
            assert_eq!(told[SUBJECT], shown);
            assert_eq!(told.len(), 9, "{name}");
            for value in told.values() {
                assert!(value.to_str().unwrap().is_ascii());
            }
        }
        for text in ["a\nb", "a\r\nb", "\0", "\u{7f}", "é\u{2028}"] {
            assert!(value(&in_ascii(text)).is_some(), "{text:?}");
        }
        Ok(())
    }
}
