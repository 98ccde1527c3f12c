//! Lint before signing: a throw-away key signs first, and the issuing key only what no rule objects to.
//!
//! The order is Boulder's: what is to be signed is made once, signed by a key that means nothing, and that certificate is
//! linted; then the real key signs the very same octets. There is no other way to the real key: [`ToBeSigned`] cannot sign,
//! only [`Linted`] can, and that is made by linting alone.

use std::sync::OnceLock;

use rcgen::SigningKey;

use super::signing_failure;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::lint::{Context, Finding, Rule, Severity, lint};

/// TBSCertificate in DER, and the algorithm under which it will be signed (RFC 5280 §4.1.1).
pub(super) struct ToBeSigned {
    octets: Vec<u8>,
    algorithm: Vec<u8>,
}

/// The same once no rule objects to it.
pub(super) struct Linted(ToBeSigned);

impl ToBeSigned {
    pub(super) fn new(octets: Vec<u8>, algorithm: Vec<u8>) -> Self {
        Self { octets, algorithm }
    }

    /// Asks every rule; those that the certificate is meant to break are excused.
    ///
    /// # Errors
    /// Names the first rule of severity `error` that would be broken.
    pub(super) fn linted(
        self,
        context: Context<'_>,
        is_excused: impl Fn(&Rule) -> bool,
    ) -> Result<Linted> {
        let findings = lint(&self.thrown_away()?, context)?;
        let broken = findings
            .iter()
            .find(|finding| finding.rule.severity == Severity::Error && !is_excused(finding.rule));
        match broken {
            None => Ok(Linted(self)),
            Some(finding) => Err(refusal(finding)),
        }
    }

    /// The certificate that is linted. It names the real algorithm inside, since what is signed must be the same, and outside
    /// too, since that is what will stand there: `signature-algorithms-agree` and `algorithm-parameters` see the real thing.
    /// Only the signature's bits are the throw-away key's, on P-256 whatever the algorithm; no rule looks at them, because a
    /// signature that was just made is verified, not linted. Should what is thrown away ever be seen, it verifies only under a
    /// key that stands in no certificate.
    fn thrown_away(&self) -> Result<Vec<u8>> {
        self.signed_by(throw_away_key()?)
    }

    fn signed_by(&self, key: &impl SigningKey) -> Result<Vec<u8>> {
        let signature = key
            .sign(&self.octets)
            .map_err(|cause| signing_failure(&cause))?;
        Ok(yasna::construct_der(|writer| {
            writer.write_sequence(|whole| {
                whole.next().write_der(&self.octets);
                whole.next().write_der(&self.algorithm);
                whole
                    .next()
                    .write_bitvec_bytes(&signature, signature.len() * 8);
            });
        }))
    }
}

impl Linted {
    /// The certificate, signed by the real key.
    ///
    /// # Errors
    /// Fails when the key cannot sign.
    pub(super) fn sign(self, key: &impl SigningKey) -> Result<Vec<u8>> {
        self.0.signed_by(key)
    }
}

/// One key a process, made when it is first needed.
fn throw_away_key() -> Result<&'static PrivateKey> {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(key);
    }
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    Ok(KEY.get_or_init(|| key))
}

fn refusal(finding: &Finding) -> Error {
    let Finding { rule, message } = finding;
    Error::new(
        ErrorKind::NotPermitted,
        format!(
            "the certificate would break the rule {} ({}): {message}",
            rule.name, rule.source
        ),
    )
    .with_hint(format!(
        "{} Nothing was signed; pki lint --list tells every rule.",
        rule.demand
    ))
}
