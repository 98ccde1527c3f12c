//! The registries' names, from elsewhere than the program's own tables: suites from OpenSSL, the rest from the RFCs.

use std::collections::HashMap;

use crate::support::Authority;

/// The names of cipher suites by their numbers.
pub(super) struct Suites(HashMap<u16, String>);

impl Suites {
    #[track_caller]
    pub(super) fn of_openssl(authority: &Authority) -> Option<Self> {
        let words = ["ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL"];
        let listed = authority.openssl(&words)?.ok().out();
        let read = |line: &str| {
            let (number, rest) = line.trim().split_once(" - ")?;
            let number = number.replace("0x", "").replace(',', "");
            let name = rest.split_whitespace().next()?.to_owned();
            Some((u16::from_str_radix(&number, 16).ok()?, name))
        };
        let mut suites: HashMap<_, _> = listed.lines().filter_map(read).collect();
        assert!(suites.len() > 20, "{listed}");
        // Not a suite, but listed among them (RFC 5746 §3.3).
        suites.insert(0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV".to_owned());
        Some(Self(suites))
    }

    #[track_caller]
    pub(super) fn name(&self, number: u16) -> String {
        if is_grease(number) {
            return "GREASE".to_owned();
        }
        self.0
            .get(&number)
            .unwrap_or_else(|| panic!("suite {number:04x}"))
            .clone()
    }
}

/// Values that mean nothing, so that servers learn to ignore what they do not know (RFC 8701 §2).
fn is_grease(number: u16) -> bool {
    (0..16).any(|it| number == 0x0a0a + it * 0x1010)
}

/// TLS Supported Groups (RFC 8446 §4.2.7, draft-ietf-tls-ecdhe-mlkem).
#[track_caller]
pub(super) fn group(number: u16) -> String {
    let name = match number {
        23 => "secp256r1",
        24 => "secp384r1",
        25 => "secp521r1",
        29 => "x25519",
        30 => "x448",
        256 => "ffdhe2048",
        257 => "ffdhe3072",
        258 => "ffdhe4096",
        259 => "ffdhe6144",
        260 => "ffdhe8192",
        4588 => "X25519MLKEM768",
        _ if is_grease(number) => "GREASE",
        _ => panic!("group {number}"),
    };
    name.to_owned()
}

/// TLS SignatureScheme (RFC 8446 §4.2.3, draft-ietf-tls-mldsa); what has no name there is told as its number.
pub(super) fn scheme(number: u16) -> String {
    let name = match number {
        0x0201 => "rsa_pkcs1_sha1",
        0x0203 => "ecdsa_sha1",
        0x0401 => "rsa_pkcs1_sha256",
        0x0403 => "ecdsa_secp256r1_sha256",
        0x0501 => "rsa_pkcs1_sha384",
        0x0503 => "ecdsa_secp384r1_sha384",
        0x0601 => "rsa_pkcs1_sha512",
        0x0603 => "ecdsa_secp521r1_sha512",
        0x0804 => "rsa_pss_rsae_sha256",
        0x0805 => "rsa_pss_rsae_sha384",
        0x0806 => "rsa_pss_rsae_sha512",
        0x0807 => "ed25519",
        0x0808 => "ed448",
        0x0809 => "rsa_pss_pss_sha256",
        0x080a => "rsa_pss_pss_sha384",
        0x080b => "rsa_pss_pss_sha512",
        0x0904 => "mldsa44",
        0x0905 => "mldsa65",
        0x0906 => "mldsa87",
        _ if is_grease(number) => "GREASE",
        _ => return format!("{number:#06x}"),
    };
    name.to_owned()
}

/// Protocol versions as every TLS library writes them.
#[track_caller]
pub(super) fn version(number: u16) -> &'static str {
    match number {
        0x0304 => "TLSv1.3",
        0x0303 => "TLSv1.2",
        _ if is_grease(number) => "GREASE",
        _ => panic!("version {number:04x}"),
    }
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[track_caller]
pub(super) fn octets(digits: &str) -> Vec<u8> {
    let octet = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex");
    (0..digits.len()).step_by(2).map(octet).collect()
}
