//! Certificates that were altered after they were signed.

use time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::probe::case::{Act, Baseline, Case, Must, Presents};
use crate::probe::forge::Certificate;
use crate::probe::presented::Presented;
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 2] = [&ALTERED_SIGNATURE, &ALTERED_CONTENT];

/// How much longer the altered certificate would be valid.
const LONGER: Duration = Duration::hours(1);

/// ```text
/// root ── issuing ══ NAME, one bit of the signature altered                                           invalid
/// ```
static ALTERED_SIGNATURE: Case = Case {
    name: "altered-signature",
    matter: Matter::Trust,
    says: "One bit of the signature is altered.",
    section: "RFC 5280 §6.1.3 (a) (1)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Bent(|presented| alter(presented, alter_signature)),
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ══ NAME, valid for an hour longer than was signed                                   invalid
/// ```
static ALTERED_CONTENT: Case = Case {
    name: "altered-content",
    matter: Matter::Trust,
    says: "The end of the validity was altered after the certificate was signed.",
    section: "RFC 5280 §6.1.3 (a) (1)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Bent(|presented| alter(presented, alter_validity)),
    act: Act::Visit(None),
};

fn alter(
    presented: &mut Presented,
    change: impl FnOnce(&mut Certificate) -> Result<()>,
) -> Result<()> {
    let missing = || Error::new(ErrorKind::Internal, "there is no certificate to alter");
    let der = presented.chain.first_mut().ok_or_else(missing)?;
    let mut certificate = Certificate::read(der)?;
    change(&mut certificate)?;
    *der = certificate.der();
    Ok(())
}

/// The last bit: the signature stays well-formed, whatever its algorithm.
fn alter_signature(certificate: &mut Certificate) -> Result<()> {
    if let Some(last) = certificate.signature.last_mut() {
        *last ^= 1;
    }
    Ok(())
}

fn alter_validity(certificate: &mut Certificate) -> Result<()> {
    let mut validity = crate::certificate::Certificate::from_der(certificate.der())?.validity();
    validity.not_after += LONGER;
    certificate.tbs.set_validity(validity);
    Ok(())
}
