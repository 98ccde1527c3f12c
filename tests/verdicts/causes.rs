//! Why OpenSSL and our judge may disagree: every cause that is known.

/// A cause of a disagreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    Inventory,
    Profile,
    KeyAgreement,
    TrailingOctets,
    ExtensionTwice,
    AnyPurpose,
    CommonName,
    EmailAddress,
}

/// Every cause: who lets it in, and why the other does not.
pub(super) const CAUSES: [(Cause, &str, &str); 8] = [
    (
        Cause::Inventory,
        "OpenSSL",
        "It knows no inventory: whatever our key signed counts, also what `pki` never issued.",
    ),
    (
        Cause::Profile,
        "OpenSSL",
        "It knows no profiles: extKeyUsage allows clients, but the inventory says that it was issued for a server.",
    ),
    (
        Cause::KeyAgreement,
        "OpenSSL",
        "keyUsage with keyAgreement alone is enough for its purpose `sslclient`, which dates from static \
         Diffie-Hellman; RFC 5280 §4.2.1.3 has digitalSignature for a key that signs, as a client's does (RFC 8446 §4.4.3).",
    ),
    (
        Cause::TrailingOctets,
        "OpenSSL",
        "`openssl verify` reads one certificate from a file and does not look behind it.",
    ),
    (
        Cause::ExtensionTwice,
        "OpenSSL",
        "It does not look whether an extension that it does not know stands twice, which RFC 5280 §4.2 forbids.",
    ),
    (
        Cause::AnyPurpose,
        "pki",
        "OpenSSL does not count anyExtendedKeyUsage for `sslclient`; RFC 5280 §4.2.1.12 leaves that to who asks.",
    ),
    (
        Cause::CommonName,
        "pki",
        "Without a DNS name in subjectAltName OpenSSL takes a commonName with a dot for a host's name and applies the \
         constraints to it; RFC 5280 §4.2.1.10 does not.",
    ),
    (
        Cause::EmailAddress,
        "pki",
        "OpenSSL applies the constraints to emailAddress in the subject always, RFC 5280 §4.2.1.10 only where there is no subjectAltName.",
    ),
];

#[test]
fn each_cause_stands_in_the_list_once_in_its_place() {
    for (place, (cause, _, why)) in CAUSES.iter().enumerate() {
        assert_eq!(*cause as usize, place, "{why}");
    }
}
