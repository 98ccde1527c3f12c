//! The names that IANA registers for TLS parameters; a value without one is written as its number.

use tls_parser::TlsCipherSuite;

/// Names a protocol version as OpenSSL and every browser do: `TLSv1.3`.
pub fn protocol(version: u16) -> String {
    let known = match version {
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLSv1.1",
        0x0303 => "TLSv1.2",
        0x0304 => "TLSv1.3",
        _ => return grease_or_number(version),
    };
    known.to_owned()
}

/// Names a cipher suite: `TLS_AES_256_GCM_SHA384`.
pub fn cipher_suite(suite: u16) -> String {
    TlsCipherSuite::from_id(suite)
        .map_or_else(|| grease_or_number(suite), |known| known.name.to_owned())
}

/// Names a group of the key exchange (TLS Supported Groups): `X25519MLKEM768`, `x25519`, `secp256r1`.
pub fn named_group(group: u16) -> String {
    let known = match group {
        0x0017 => "secp256r1",
        0x0018 => "secp384r1",
        0x0019 => "secp521r1",
        0x001a => "brainpoolP256r1",
        0x001b => "brainpoolP384r1",
        0x001c => "brainpoolP512r1",
        0x001d => "x25519",
        0x001e => "x448",
        0x001f => "brainpoolP256r1tls13",
        0x0020 => "brainpoolP384r1tls13",
        0x0021 => "brainpoolP512r1tls13",
        0x0029 => "curveSM2",
        0x0100 => "ffdhe2048",
        0x0101 => "ffdhe3072",
        0x0102 => "ffdhe4096",
        0x0103 => "ffdhe6144",
        0x0104 => "ffdhe8192",
        0x0200 => "MLKEM512",
        0x0201 => "MLKEM768",
        0x0202 => "MLKEM1024",
        0x11eb => "SecP256r1MLKEM768",
        0x11ec => "X25519MLKEM768",
        0x11ed => "SecP384r1MLKEM1024",
        0x6399 => "X25519Kyber768Draft00",
        _ => return grease_or_number(group),
    };
    known.to_owned()
}

/// Names a signature scheme: `ecdsa_secp256r1_sha256`.
///
/// In TLS 1.2 the same number means the hash and the kind of key only, not the curve (RFC 8446 §4.2.3).
pub fn signature_scheme(scheme: u16) -> String {
    let known = match scheme {
        0x0201 => "rsa_pkcs1_sha1",
        0x0203 => "ecdsa_sha1",
        0x0401 => "rsa_pkcs1_sha256",
        0x0403 => "ecdsa_secp256r1_sha256",
        0x0420 => "rsa_pkcs1_sha256_legacy",
        0x0501 => "rsa_pkcs1_sha384",
        0x0503 => "ecdsa_secp384r1_sha384",
        0x0520 => "rsa_pkcs1_sha384_legacy",
        0x0601 => "rsa_pkcs1_sha512",
        0x0603 => "ecdsa_secp521r1_sha512",
        0x0620 => "rsa_pkcs1_sha512_legacy",
        0x0708 => "sm2sig_sm3",
        0x0804 => "rsa_pss_rsae_sha256",
        0x0805 => "rsa_pss_rsae_sha384",
        0x0806 => "rsa_pss_rsae_sha512",
        0x0807 => "ed25519",
        0x0808 => "ed448",
        0x0809 => "rsa_pss_pss_sha256",
        0x080a => "rsa_pss_pss_sha384",
        0x080b => "rsa_pss_pss_sha512",
        0x081a => "ecdsa_brainpoolP256r1tls13_sha256",
        0x081b => "ecdsa_brainpoolP384r1tls13_sha384",
        0x081c => "ecdsa_brainpoolP512r1tls13_sha512",
        0x0904 => "mldsa44",
        0x0905 => "mldsa65",
        0x0906 => "mldsa87",
        _ => return grease_or_number(scheme),
    };
    known.to_owned()
}

/// Names an alert (RFC 8446 §6): `certificate_revoked`.
pub fn alert(description: u8) -> String {
    let known = match description {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        52 => "too_many_cids_requested",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        117 => "general_error",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => return description.to_string(),
    };
    known.to_owned()
}

/// Browsers offer values that mean nothing, so that servers learn to ignore what they do not know (RFC 8701).
fn grease_or_number(value: u16) -> String {
    let [high, low] = value.to_be_bytes();
    if high == low && low & 0x0f == 0x0a {
        "GREASE".to_owned()
    } else {
        number(value)
    }
}

fn number(value: u16) -> String {
    format!("0x{value:04x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::crypto::aws_lc_rs::{ALL_CIPHER_SUITES, ALL_KX_GROUPS, default_provider};

    #[test]
    fn what_rustls_calls_by_names_of_its_own_is_called_as_iana_does() {
        assert_eq!(cipher_suite(0x1302), "TLS_AES_256_GCM_SHA384");
        assert_eq!(
            cipher_suite(0xc02b),
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        );
        assert_eq!(named_group(0x11ec), "X25519MLKEM768");
        assert_eq!(named_group(0x001d), "x25519");
        assert_eq!(named_group(0x0017), "secp256r1");
        assert_eq!(signature_scheme(0x0403), "ecdsa_secp256r1_sha256");
        assert_eq!(signature_scheme(0x0804), "rsa_pss_rsae_sha256");
        assert_eq!(alert(44), "certificate_revoked");
        assert_eq!(alert(48), "unknown_ca");
        assert_eq!(alert(116), "certificate_required");
        assert_eq!(protocol(0x0304), "TLSv1.3");
    }

    #[test]
    fn everything_that_our_provider_can_negotiate_has_a_name() {
        let provider = default_provider();
        let names = (ALL_CIPHER_SUITES.iter())
            .map(|suite| cipher_suite(suite.suite().into()))
            .chain(
                ALL_KX_GROUPS
                    .iter()
                    .map(|group| named_group(group.name().into())),
            )
            .chain(
                (provider
                    .signature_verification_algorithms
                    .supported_schemes())
                .into_iter()
                .map(|scheme| signature_scheme(scheme.into())),
            );
        for name in names {
            assert!(!name.starts_with("0x"), "{name} has no name");
        }
    }

    #[test]
    fn a_value_without_a_name_is_written_as_its_number() {
        assert_eq!(cipher_suite(0xfefe), "0xfefe");
        assert_eq!(named_group(0xffff), "0xffff");
        assert_eq!(signature_scheme(0x0000), "0x0000");
        assert_eq!(alert(255), "255");
        assert_eq!(protocol(0x7f1c), "0x7f1c");
    }

    #[test]
    fn only_the_sixteen_reserved_values_are_grease() {
        assert_eq!(named_group(0x0a0a), "GREASE");
        assert_eq!(named_group(0xfafa), "GREASE");
        assert_eq!(protocol(0x5a5a), "GREASE");
        assert_eq!(cipher_suite(0x9a9a), "GREASE");
        assert_eq!(named_group(0x0a1a), "0x0a1a");
        assert_eq!(named_group(0x0b0b), "0x0b0b");
    }
}
