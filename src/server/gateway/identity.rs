//! What the application is told of an accepted client's certificate.

use std::fmt::Write as _;

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, HeaderValue};
use pem::{EncodeConfig, LineEnding, Pem};
use rustls::pki_types::CertificateDer;

use super::super::Judgement;
use crate::judge::MAX_CHAIN;
use crate::profile::Profile;

/// The client's certificate (RFC 9440 §2.2).
pub(super) const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
/// What the client presented above it (RFC 9440 §2.3).
pub(super) const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");
const VERIFY: HeaderName = HeaderName::from_static("x-ssl-client-verify");
const SUBJECT: HeaderName = HeaderName::from_static("x-ssl-client-s-dn");
const SERIAL: HeaderName = HeaderName::from_static("x-ssl-client-serial");

/// The fields that say who a client is; none for one whose certificate cannot be read, which is never accepted.
pub(super) fn fields(presented: &[CertificateDer<'_>], judgement: &Judgement) -> Option<HeaderMap> {
    let (certificate, summary) = (presented.first()?, judgement.certificate()?);
    let mut fields = HeaderMap::new();
    fields.insert(CLIENT_CERT, value(&byte_sequence(certificate))?);
    let above = authorities(presented, judgement);
    if !above.is_empty() {
        fields.insert(CLIENT_CERT_CHAIN, value(&above.join(", "))?);
    }
    fields.insert(VERIFY, HeaderValue::from_static("SUCCESS"));
    fields.insert(SUBJECT, value(&in_ascii(&summary.subject))?);
    fields.insert(SERIAL, value(&summary.serial_number)?);
    Some(fields)
}

/// The CAs of ours that the client presented above its own certificate, in its order, each once. Whatever else it sent says nothing.
fn authorities(presented: &[CertificateDer<'_>], judgement: &Judgement) -> Vec<String> {
    let is_ours = |profile: Option<&str>| {
        [Profile::Root, Profile::Issuing]
            .iter()
            .any(|it| profile == Some(it.as_str()))
    };
    let chain = presented.iter().zip(&judgement.chain);
    let above = chain.skip(1).take(MAX_CHAIN);
    let ours = above.filter(|(_, summary)| is_ours(summary.as_ref().and_then(|it| it.profile)));
    let mut sequences = Vec::new();
    for (certificate, _) in ours {
        let sequence = byte_sequence(certificate);
        if !sequences.contains(&sequence) {
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
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::certificate::Certificate;
    use crate::error::Result;
    use crate::inventory::Summary;
    use crate::judge::Verdict;
    use crate::testing::{TestAuthority, years};
    use time::OffsetDateTime;

    /// What is told of a chain whose certificates the inventory knows under these profiles.
    fn told(chain: &[(&Certificate, Option<Profile>)]) -> HeaderMap {
        let now = OffsetDateTime::now_utc();
        let summary = |(certificate, profile): &(&Certificate, Option<Profile>)| {
            let known = profile.map(Profile::as_str);
            Some(Summary {
                profile: known,
                ..Summary::of_unknown(certificate, now)
            })
        };
        let presented = chain.iter().map(|(it, _)| it.der().to_vec().into());
        let judgement = Judgement {
            verdict: Verdict::Accepted,
            chain: chain.iter().map(summary).collect(),
        };
        fields(&presented.collect::<Vec<_>>(), &judgement).unwrap()
    }

    #[test]
    fn the_certificate_is_a_byte_sequence_and_the_chain_a_list_of_them() -> Result<()> {
        let authority = TestAuthority::new()?;
        let alice = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
        let issuing = authority.issuing.certificate();
        let stranger = authority.sign(Profile::Client, "stranger", &[], years(1)?)?;
        let told = told(&[
            (&alice, Some(Profile::Client)),
            (issuing, Some(Profile::Issuing)),
            (&stranger, None),
            (&alice, Some(Profile::Client)),
            (issuing, Some(Profile::Issuing)),
        ]);
        let decoded = |name: HeaderName| -> Vec<Vec<u8>> {
            let list = told[name].to_str().unwrap().split(", ");
            list.map(|item| {
                let base64 = item.strip_prefix(':').unwrap().strip_suffix(':').unwrap();
                let armoured = format!("-----BEGIN X-----\n{base64}\n-----END X-----\n");
                pem::parse(armoured).unwrap().into_contents()
            })
            .collect()
        };
        assert_eq!(decoded(CLIENT_CERT), [alice.der()]);
        assert_eq!(decoded(CLIENT_CERT_CHAIN), [issuing.der()]);
        assert_eq!(told[VERIFY], "SUCCESS");
        assert_eq!(told[SUBJECT], "CN=alice");
        assert_eq!(told[SERIAL], alice.serial_number().to_string().as_str());
        Ok(())
    }

    #[test]
    fn a_client_that_presents_no_ca_gets_no_chain() -> Result<()> {
        let authority = TestAuthority::new()?;
        let alice = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
        let told = told(&[(&alice, Some(Profile::Client)), (&alice, None)]);
        assert!(!told.contains_key(CLIENT_CERT_CHAIN));
        Ok(())
    }

    #[test]
    fn no_name_leaves_its_field() -> Result<()> {
        let authority = TestAuthority::new()?;
        for (name, shown) in [
            ("Zoë", "CN=Zo\\C3\\AB"),
            ("a\r\nX-Admin: yes", "CN=a\\0d\\0aX-Admin: yes"),
            ("a\0b", "CN=a\\00b"),
            ("a\u{85}b", "CN=a\\c2\\85b"),
            ("a\u{2028}\u{202e}b", "CN=a\\E2\\80\\A8\\E2\\80\\AEb"),
            ("a,O=root+\"b\"", "CN=a\\,O=root\\+\\\"b\\\""),
        ] {
            let certificate = authority.sign(Profile::Client, name, &[], years(1)?)?;
            let told = told(&[(&certificate, Some(Profile::Client))]);
            assert_eq!(told[SUBJECT], shown);
            assert_eq!(told.len(), 4, "{name}");
        }
        for text in ["a\nb", "a\r\nb", "\0", "\u{7f}", "é\u{2028}"] {
            assert!(value(&in_ascii(text)).is_some(), "{text:?}");
            assert!(in_ascii(text).is_ascii());
        }
        Ok(())
    }
}
