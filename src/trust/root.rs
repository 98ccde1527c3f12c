//! Which certificates may be put into a trust store.

use time::OffsetDateTime;

use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::validity::format_instant;

/// Refuses what is no root: an issuing CA, which a server presents itself, and a certificate of no CA (RFC 5280 §4.2.1.9).
///
/// # Errors
/// Names what it is.
pub fn check_root(certificate: &Certificate) -> Result<()> {
    let basic_constraints = certificate.extensions().basic_constraints;
    let is_authority = basic_constraints.is_some_and(|it| it.ca);
    if is_authority && certificate.is_self_issued() && certificate.is_signed_by(certificate) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::NotPermitted,
        format!("{} is no root", certificate.subject()),
    )
    .with_hint("Give the certificate that stands at the top of the chain."))
}

/// Refuses what [`check_root`] refuses, and a root that has ended.
///
/// # Errors
/// Says which of the two it is.
pub fn check_trustworthy(certificate: &Certificate, now: OffsetDateTime) -> Result<()> {
    check_root(certificate)?;
    let end = certificate.validity().not_after;
    if end >= now {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::NotPermitted,
        format!(
            "{} has ended on {}: no program would trust it",
            certificate.subject(),
            format_instant(end)
        ),
    )
    .with_hint("Make a new CA with pki init, in another directory."))
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::testing::TestAuthority;

    #[test]
    fn a_root_may_be_trusted_until_it_ends_and_an_issuing_ca_never() -> Result<()> {
        let authority = TestAuthority::new()?;
        let root = authority.root.certificate();
        let end = root.validity().not_after;
        assert!(check_trustworthy(root, end).is_ok());
        let later = check_trustworthy(root, end + Duration::seconds(1));
        assert!(later.is_err_and(|it| it.message().contains("has ended on")));
        assert!(check_root(root).is_ok());
        let issuing = check_root(authority.issuing.certificate());
        assert!(issuing.is_err_and(|it| it.message().ends_with("is no root")));
        Ok(())
    }
}
