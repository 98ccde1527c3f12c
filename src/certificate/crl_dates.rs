//! From when until when a CRL speaks, for those who do not look at what it lists.

use time::OffsetDateTime;

use super::list_frame::{Frame, malformed};
use crate::error::Result;

/// The two dates of a CRL (RFC 5280 §5.1.2.4, §5.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrlDates {
    /// When it was issued.
    pub this_update: OffsetDateTime,
    /// When the next one will have been issued at the latest; every CRL must say so.
    pub next_update: OffsetDateTime,
}

impl CrlDates {
    /// Reads the dates of a CRL in DER, however many entries follow them; neither these nor the signature are looked at.
    ///
    /// # Errors
    /// Refuses what is no CRL with both dates, and what does not end where it says.
    pub fn of_der(der: &[u8]) -> Result<Self> {
        let frame = Frame::of(der)?;
        let next_update = frame
            .next_update
            .ok_or_else(|| malformed("the CRL states no nextUpdate"))?;
        Ok(Self {
            this_update: frame.this_update.to_datetime(),
            next_update: next_update.to_datetime(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateRevocationListParams, KeyIdMethod, SerialNumber};
    use time::macros::datetime;

    use crate::error::{Error, ErrorKind};

    const THIS_UPDATE: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn crl(next_update: OffsetDateTime) -> Result<Vec<u8>> {
        let failed = |cause: rcgen::Error| Error::new(ErrorKind::Internal, cause.to_string());
        let key = rcgen::KeyPair::generate().map_err(failed)?;
        let issuer = rcgen::Issuer::new(rcgen::CertificateParams::default(), key);
        let crl = CertificateRevocationListParams {
            this_update: THIS_UPDATE,
            next_update,
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let signed = crl.signed_by(&issuer).map_err(failed)?;
        Ok(signed.der().to_vec())
    }

    #[test]
    fn both_dates_are_read_in_either_form_of_time() -> Result<()> {
        for next_update in [
            datetime!(2026-03-08 12:00 UTC),
            // RFC 5280 §5.1.2.5: GeneralizedTime from 2050 on.
            datetime!(2051-03-08 12:00 UTC),
        ] {
            let dates = CrlDates::of_der(&crl(next_update)?)?;
            let expected = CrlDates {
                this_update: THIS_UPDATE,
                next_update,
            };
            assert_eq!(dates, expected);
        }
        Ok(())
    }

    #[test]
    fn what_is_cut_off_extended_or_no_crl_at_all_is_refused() -> Result<()> {
        let whole = crl(datetime!(2026-03-08 12:00 UTC))?;
        for length in 0..whole.len() {
            let part = whole.get(..length).unwrap_or_default();
            assert!(CrlDates::of_der(part).is_err(), "{length}");
        }
        let extended = [whole.as_slice(), b"\0"].concat();
        assert!(CrlDates::of_der(&extended).is_err());
        assert!(CrlDates::of_der(b"-----BEGIN X509 CRL-----").is_err());
        Ok(())
    }
}
