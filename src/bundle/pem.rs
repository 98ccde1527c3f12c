//! Certificates as PEM (RFC 7468), for servers and tools that want files of text. Private keys are `crate::key`'s.

use pem::{EncodeConfig, LineEnding, Pem};

use crate::error::{Error, ErrorKind, Result};

const CERTIFICATE: &str = "CERTIFICATE";

/// Certificates (DER) one after the other, in the order given: the end entity first where it is for a server.
pub fn certificates<T: AsRef<[u8]>>(certificates: impl IntoIterator<Item = T>) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    certificates
        .into_iter()
        .map(|der| pem::encode_config(&Pem::new(CERTIFICATE, der.as_ref()), config))
        .collect()
}

/// Every certificate in a PEM text, as DER and in its order; what else stands in the text is passed over.
///
/// # Errors
/// [`ErrorKind::Malformed`] when the text is no PEM or holds no certificate.
pub fn read_certificates(text: &[u8]) -> Result<Vec<Vec<u8>>> {
    let sections = pem::parse_many(text)
        .map_err(|_| Error::new(ErrorKind::Malformed, "the file is not readable as PEM"))?;
    let certificates: Vec<Vec<u8>> = sections
        .into_iter()
        .filter(|section| section.tag() == CERTIFICATE)
        .map(Pem::into_contents)
        .collect();
    if certificates.is_empty() {
        return Err(Error::new(
            ErrorKind::Malformed,
            "the file holds no certificate",
        ));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_come_back_in_their_order_and_other_sections_are_passed_over() -> Result<()> {
        let text = certificates([b"first", b"other"])
            + "-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n";
        assert!(text.starts_with("-----BEGIN CERTIFICATE-----\n"));
        assert_eq!(read_certificates(text.as_bytes())?, [b"first", b"other"]);
        Ok(())
    }

    #[test]
    fn a_text_without_a_certificate_is_refused() {
        for text in ["", "hello", "-----BEGIN CERTIFICATE-----\n"] {
            let refusal = read_certificates(text.as_bytes()).map_err(|error| error.kind());
            assert_eq!(refusal, Err(ErrorKind::Malformed), "{text}");
        }
    }
}
