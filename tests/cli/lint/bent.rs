//! Certificates that OpenSSL makes, each bent in one way, and which rules that breaks by us and by pkilint.

use std::path::PathBuf;

use crate::support::Authority;

/// A certificate that OpenSSL makes: its name, what differs from a good one, and the rules that it breaks. Options begin with
/// a hyphen and have one value; `name=` leaves an extension out.
pub(super) type Bent = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// Of a server.
const SERVERS: [Bent; 28] = [
    ("good", &[], &[]),
    (
        "zero",
        &["-set_serial", "0"],
        &["serial-number-positive", "serial-number-at-least-64-bits"],
    ),
    (
        "negative",
        &["-set_serial", "-5"],
        &["serial-number-positive", "serial-number-at-least-64-bits"],
    ),
    (
        "long",
        &[
            "-set_serial",
            "0x7f0102030405060708090a0b0c0d0e0f1011121314",
        ],
        &["serial-number-at-most-20-octets"],
    ),
    (
        "country",
        &["-subj", "/C=zz/CN=x"],
        &["country-of-two-letters"],
    ),
    (
        "nobody",
        &["-subj", "/"],
        &["issuer-not-empty", "subject-not-empty"],
    ),
    (
        "host",
        &["-subj", "/CN=mail.example.org"],
        &["common-name-among-alt-names"],
    ),
    ("short", &["-key", "short.key"], &["rsa-modulus"]),
    ("exponent", &["-key", "exponent.key"], &["rsa-exponent"]),
    (
        "unknown",
        &["1.2.3.4=critical,DER:0500"],
        &["critical-extensions-known"],
    ),
    (
        "default",
        &["basicConstraints=critical,DER:3003010100"],
        &["defaults-not-encoded"],
    ),
    (
        "empty",
        &["subjectAltName=DER:3000"],
        &["extensions-readable", "alt-name-of-server"],
    ),
    (
        "access",
        &["authorityInfoAccess=critical,OCSP;URI:http://example.org"],
        &["informative-extensions-not-critical"],
    ),
    (
        "identifier",
        &["subjectKeyIdentifier=critical,hash"],
        &["informative-extensions-not-critical"],
    ),
    (
        "unidentified",
        &["authorityKeyIdentifier=none"],
        &["authority-key-identifier-present"],
    ),
    (
        "length",
        &["basicConstraints=critical,CA:FALSE,pathlen:0"],
        &["path-length-of-ca"],
    ),
    (
        "signing",
        &["keyUsage=critical,digitalSignature,keyCertSign"],
        &["certificate-signing-only-by-ca"],
    ),
    (
        "uncritical",
        &["keyUsage=digitalSignature"],
        &["key-usage-critical"],
    ),
    (
        "enciphering",
        &["keyUsage=critical,digitalSignature,keyEncipherment"],
        &["key-usage-fits-key"],
    ),
    (
        "purposeless",
        &["extendedKeyUsage="],
        &["extended-key-usage-of-end-entity"],
    ),
    (
        "any",
        &["extendedKeyUsage=serverAuth,anyExtendedKeyUsage"],
        &["no-purpose-for-everything"],
    ),
    (
        "responder",
        &["extendedKeyUsage=OCSPSigning"],
        &["ocsp-responder-not-checked"],
    ),
    ("nameless", &["subjectAltName="], &["alt-name-of-server"]),
    (
        "dot",
        &["subjectAltName=DNS:www.example.org."],
        &["dns-name-syntax"],
    ),
    (
        "wildcard",
        &["subjectAltName=DNS:w*.example.org"],
        &["dns-name-syntax"],
    ),
    (
        "address",
        &["subjectAltName=DER:300787050102030405"],
        &["ip-address-length"],
    ),
    (
        "constrained",
        &["nameConstraints=critical,permitted;DNS:example.org"],
        &["name-constraints-of-ca"],
    ),
    (
        "circular",
        &["crlDistributionPoints=URI:https://example.org/crl"],
        &["crl-distribution-points-over-http"],
    ),
];

/// Of a client.
const CLIENTS: [Bent; 3] = [
    ("good", &[], &[]),
    (
        "email",
        &["subjectAltName=email:alice"],
        &["email-address-syntax"],
    ),
    ("uri", &["subjectAltName=URI:nothing"], &["uri-syntax"]),
];

/// Of a CA.
const AUTHORITIES: [Bent; 7] = [
    ("good", &[], &[]),
    (
        "uncritical",
        &["basicConstraints=CA:TRUE"],
        &["basic-constraints-of-ca"],
    ),
    ("unused", &["keyUsage="], &["key-usage-of-ca"]),
    (
        "lists",
        &["keyUsage=critical,cRLSign"],
        &["key-usage-of-ca"],
    ),
    (
        "constraints",
        &["nameConstraints=permitted;DNS:example.org"],
        &["name-constraints-of-ca"],
    ),
    (
        "subtrees",
        &["nameConstraints=critical,DER:3000"],
        &["name-constraints-form"],
    ),
    (
        "identifier",
        &["subjectKeyIdentifier=none"],
        &["subject-key-identifier-of-ca"],
    ),
];

const SERVER: [&str; 4] = [
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature",
    "extendedKeyUsage=serverAuth",
    "subjectAltName=DNS:www.example.org",
];
const CLIENT: [&str; 3] = [SERVER[0], SERVER[1], "extendedKeyUsage=clientAuth"];
const AUTHORITY: [&str; 2] = [
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=critical,keyCertSign,cRLSign",
];

/// Each kind with what a good one has, and the bent ones.
pub(super) const KINDS: [(&str, &[&str], &[Bent]); 3] = [
    ("server", &SERVER, &SERVERS),
    ("client", &CLIENT, &CLIENTS),
    ("ca", &AUTHORITY, &AUTHORITIES),
];

/// Has OpenSSL make one of a kind; none where it is missing.
pub(super) fn made(
    authority: &Authority,
    kind: &str,
    good: &[&str],
    bent: &Bent,
) -> Option<PathBuf> {
    let (name, changes, _) = bent;
    let file = format!("{kind}-{name}.pem");
    let mut words = vec!["req", "-x509", "-days", "30", "-out", &file];
    let options = changes.chunks(2).filter(|pair| pair[0].starts_with('-'));
    let options: Vec<&str> = options.flatten().copied().collect();
    for default in [["-key", "good.key"], ["-subj", "/CN=x"]] {
        if !options.contains(&default[0]) {
            words.extend(default);
        }
    }
    let changes = changes.iter().filter(|_| options.is_empty());
    let changes: Vec<&str> = changes.copied().collect();
    let key = |extension: &str| extension.split('=').next().unwrap().to_owned();
    let changed: Vec<_> = changes.iter().map(|it| key(it)).collect();
    let kept = good.iter().filter(|it| !changed.contains(&key(it)));
    for extension in kept.chain(&changes).filter(|it| !it.ends_with('=')) {
        words.extend(["-addext", extension]);
    }
    words.extend(options);
    authority.openssl(&words)?.ok();
    Some(authority.path(&file))
}

/// What pkilint calls an error, and our rule; what it cannot read at all breaks some rule of ours.
pub(super) const CODES: [(&str, &str); 21] = [
    ("itu.invalid_asn1_syntax", ""),
    (
        "pkix.authority_information_access_extension_critical",
        "informative-extensions-not-critical",
    ),
    (
        "pkix.authority_key_identifier_extension_absent",
        "authority-key-identifier-present",
    ),
    (
        "pkix.basic_constraints_extension_not_critical",
        "basic-constraints-of-ca",
    ),
    (
        "pkix.ca_certificate_keycertsign_keyusage_not_set",
        "key-usage-of-ca",
    ),
    ("pkix.ca_certificate_no_ku_extension", "key-usage-of-ca"),
    (
        "pkix.certificate_name_constraints_extension_not_critical",
        "name-constraints-of-ca",
    ),
    (
        "pkix.certificate_serial_number_out_of_range",
        "serial-number-",
    ),
    (
        "pkix.certificate_skid_ca_missing",
        "subject-key-identifier-of-ca",
    ),
    (
        "pkix.certificate_skid_extension_critical",
        "informative-extensions-not-critical",
    ),
    (
        "pkix.ee_certificate_keycertsign_keyusage_set",
        "certificate-signing-only-by-ca",
    ),
    ("pkix.invalid_domain_name_syntax", "dns-name-syntax"),
    ("pkix.invalid_email_address_syntax", "email-address-syntax"),
    ("pkix.invalid_uri_syntax", "uri-syntax"),
    ("pkix.ip_address_wrong_length", "ip-address-length"),
    (
        "pkix.key_usage_value_prohibited_for_ec",
        "key-usage-fits-key",
    ),
    (
        "pkix.name_constraints_in_ee_certificate",
        "name-constraints-of-ca",
    ),
    ("pkix.name_constraints_no_subtrees", "name-constraints-form"),
    ("pkix.name_empty", "issuer-not-empty"),
    (
        "pkix.san_extension_not_critical_empty_subject",
        "subject-not-empty",
    ),
    (
        "pkix.key_usage_extension_not_critical",
        "key-usage-critical",
    ),
];
