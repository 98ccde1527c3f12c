//! The object identifiers of PKCS#12 and of the algorithms in it, as arcs.

use yasna::models::ObjectIdentifier;

/// The arcs of an object identifier.
pub(super) type Arcs = &'static [u64];

// RFC 5652 §4 and §8, RFC 2315 §14: what a ContentInfo holds.
pub(super) const DATA: Arcs = &[1, 2, 840, 113_549, 1, 7, 1];
pub(super) const ENCRYPTED_DATA: Arcs = &[1, 2, 840, 113_549, 1, 7, 6];

// RFC 7292 §4.2: kinds of SafeBag.
pub(super) const KEY_BAG: Arcs = &[1, 2, 840, 113_549, 1, 12, 10, 1, 1];
pub(super) const SHROUDED_KEY_BAG: Arcs = &[1, 2, 840, 113_549, 1, 12, 10, 1, 2];
pub(super) const CERT_BAG: Arcs = &[1, 2, 840, 113_549, 1, 12, 10, 1, 3];
pub(super) const SAFE_CONTENTS_BAG: Arcs = &[1, 2, 840, 113_549, 1, 12, 10, 1, 6];

// RFC 2985 §5.5 and §6.6: attributes of a SafeBag, and the kind of certificate in a CertBag.
pub(super) const FRIENDLY_NAME: Arcs = &[1, 2, 840, 113_549, 1, 9, 20];
pub(super) const LOCAL_KEY_ID: Arcs = &[1, 2, 840, 113_549, 1, 9, 21];
pub(super) const X509_CERTIFICATE: Arcs = &[1, 2, 840, 113_549, 1, 9, 22, 1];

// RFC 7292 appendix C: password-based encryption with the KDF of appendix B.
pub(super) const SHA1_TRIPLE_DES: Arcs = &[1, 2, 840, 113_549, 1, 12, 1, 3];
pub(super) const SHA1_TRIPLE_DES_TWO_KEY: Arcs = &[1, 2, 840, 113_549, 1, 12, 1, 4];
pub(super) const SHA1_RC2_128: Arcs = &[1, 2, 840, 113_549, 1, 12, 1, 5];
pub(super) const SHA1_RC2_40: Arcs = &[1, 2, 840, 113_549, 1, 12, 1, 6];

// RFC 8018 appendix A.
pub(super) const PBKDF2: Arcs = &[1, 2, 840, 113_549, 1, 5, 12];
pub(super) const PBES2: Arcs = &[1, 2, 840, 113_549, 1, 5, 13];
pub(super) const PBMAC1: Arcs = &[1, 2, 840, 113_549, 1, 5, 14];
pub(super) const HMAC_SHA1: Arcs = &[1, 2, 840, 113_549, 2, 7];
pub(super) const HMAC_SHA224: Arcs = &[1, 2, 840, 113_549, 2, 8];
pub(super) const HMAC_SHA256: Arcs = &[1, 2, 840, 113_549, 2, 9];
pub(super) const HMAC_SHA384: Arcs = &[1, 2, 840, 113_549, 2, 10];
pub(super) const HMAC_SHA512: Arcs = &[1, 2, 840, 113_549, 2, 11];
pub(super) const TRIPLE_DES_CBC: Arcs = &[1, 2, 840, 113_549, 3, 7];

// NIST's Computer Security Objects Register, and OIW for SHA-1 (RFC 8017 appendix A.2.4).
pub(super) const AES_128_CBC: Arcs = &[2, 16, 840, 1, 101, 3, 4, 1, 2];
pub(super) const AES_192_CBC: Arcs = &[2, 16, 840, 1, 101, 3, 4, 1, 22];
pub(super) const AES_256_CBC: Arcs = &[2, 16, 840, 1, 101, 3, 4, 1, 42];
pub(super) const SHA1: Arcs = &[1, 3, 14, 3, 2, 26];
pub(super) const SHA224: Arcs = &[2, 16, 840, 1, 101, 3, 4, 2, 4];
pub(super) const SHA256: Arcs = &[2, 16, 840, 1, 101, 3, 4, 2, 1];
pub(super) const SHA384: Arcs = &[2, 16, 840, 1, 101, 3, 4, 2, 2];
pub(super) const SHA512: Arcs = &[2, 16, 840, 1, 101, 3, 4, 2, 3];

// RFC 3279 §2.3, RFC 4055 §1.2, RFC 5480 §2.1.1, RFC 8410 §3: keys.
pub(super) const RSA: Arcs = &[1, 2, 840, 113_549, 1, 1, 1];
pub(super) const RSA_PSS: Arcs = &[1, 2, 840, 113_549, 1, 1, 10];
pub(super) const EC: Arcs = &[1, 2, 840, 10_045, 2, 1];
pub(super) const P256: Arcs = &[1, 2, 840, 10_045, 3, 1, 7];
pub(super) const P384: Arcs = &[1, 3, 132, 0, 34];
pub(super) const P521: Arcs = &[1, 3, 132, 0, 35];
pub(super) const ED25519: Arcs = &[1, 3, 101, 112];

/// What yasna writes.
pub(super) fn object(arcs: Arcs) -> ObjectIdentifier {
    ObjectIdentifier::from_slice(arcs)
}

/// Arcs as people write them: `1.2.840.113549.1.5.13`.
pub(super) fn dotted(arcs: &[u64]) -> String {
    let arcs: Vec<String> = arcs.iter().map(u64::to_string).collect();
    arcs.join(".")
}
