//! What must be let in: a server that refuses everything checks nothing.

use crate::error::{Error, ErrorKind, Result};
use crate::login::Version;
use crate::name::SubjectAltName;
use crate::probe::case::{Act, Baseline, Case, Must, Presents};
use crate::probe::forge::{KeyKind, with_organization};
use crate::probe::kit::Issue;
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 11] = [
    &PLAIN,
    &RSA,
    &P384,
    &MANY_NAMES,
    &LARGE_CERTIFICATE,
    &UTF8_SUBJECT,
    &TLS12,
    &TLS13,
    &RESUMED_TLS12,
    &RESUMED_TLS13,
    &TWO_HUNDRED_AT_ONCE,
];

/// Beyond Latin 1, beyond the Basic Multilingual Plane, and from right to left.
const ORGANIZATION: &str = "Ærøskøbing Ψηφιακή 株式会社 🔏 שלום";
/// How many names many are.
const MANY: usize = 64;
/// How large a large certificate is at least, in octets; a header that holds it in Base64 is a third larger, and common
/// applications take no more than 16 kB of them.
const LARGE: usize = 8_000;
/// A name of a large certificate, in octets.
const LARGE_NAME: usize = 900;

/// ```text
/// root ── issuing ── NAME                                                                             valid
/// ```
static PLAIN: Case = Case {
    name: "plain",
    matter: Matter::Welcome,
    says: "A client certificate of the CA, with a key on P-256.",
    section: "RFC 5280 §6.1",
    must: Must::Accept,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ── NAME, an RSA key of 2048 bits                                                    valid
/// ```
static RSA: Case = Case {
    name: "rsa",
    matter: Matter::Welcome,
    says: "The key is an RSA key of 2048 bits.",
    section: "RFC 5280 §4.1.2.7, RFC 8446 §4.2.3",
    must: Must::Accept,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|asked| {
        asked.key = KeyKind::Rsa(2048);
        Ok(())
    }),
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ── NAME, a key on P-384                                                             valid
/// ```
static P384: Case = Case {
    name: "p384",
    matter: Matter::Welcome,
    says: "The key is on P-384.",
    section: "RFC 5280 §4.1.2.7, RFC 8446 §4.2.3",
    must: Must::Accept,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|asked| {
        asked.key = KeyKind::P384;
        Ok(())
    }),
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ── NAME, with 64 names more                                                         valid
/// ```
static MANY_NAMES: Case = Case {
    name: "many-names",
    matter: Matter::Welcome,
    says: "The certificate carries 64 names more.",
    section: "RFC 5280 §4.2.1.6",
    must: Must::Accept,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|asked| add_names(asked, MANY, 0)),
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ── NAME, with long names: 8 kB                                                      valid
/// ```
static LARGE_CERTIFICATE: Case = Case {
    name: "large-certificate",
    matter: Matter::Welcome,
    says: "The certificate has more than 8,000 octets.",
    section: "RFC 5280 §4.1, RFC 8446 §4.4.2",
    must: Must::Accept,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|asked| add_names(asked, LARGE / LARGE_NAME, LARGE_NAME)),
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ── NAME, O=Ærøskøbing Ψηφιακή 株式会社 …                                              valid
/// ```
static UTF8_SUBJECT: Case = Case {
    name: "utf8-subject",
    matter: Matter::Welcome,
    says: "The subject holds an organization in several scripts, as UTF8String.",
    section: "RFC 5280 §4.1.2.4",
    must: Must::Accept,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|asked| {
        asked.subject = with_organization(&asked.subject, ORGANIZATION)?;
        Ok(())
    }),
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ── NAME; TLS 1.2                                                                    valid
/// ```
static TLS12: Case = Case {
    name: "tls12",
    matter: Matter::Welcome,
    says: "The handshake is one of TLS 1.2.",
    section: "RFC 5246 §7.3",
    must: Must::Accept,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Visit(Some(Version::Tls12)),
};

/// ```text
/// root ── issuing ── NAME; TLS 1.3                                                                    valid
/// ```
static TLS13: Case = Case {
    name: "tls13",
    matter: Matter::Welcome,
    says: "The handshake is one of TLS 1.3.",
    section: "RFC 8446 §2",
    must: Must::Accept,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Visit(Some(Version::Tls13)),
};

/// ```text
/// root ── issuing ── NAME; the session resumed in TLS 1.2                                             valid
/// ```
static RESUMED_TLS12: Case = Case {
    name: "resumed-tls12",
    matter: Matter::Welcome,
    says: "A session of TLS 1.2 is resumed.",
    section: "RFC 5246 §7.3, §F.1.4",
    must: Must::Accept,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Resume {
        version: Version::Tls12,
        after_revocation: false,
    },
};

/// ```text
/// root ── issuing ── NAME; the session resumed in TLS 1.3                                             valid
/// ```
static RESUMED_TLS13: Case = Case {
    name: "resumed-tls13",
    matter: Matter::Welcome,
    says: "A session of TLS 1.3 is resumed.",
    section: "RFC 8446 §2.2",
    must: Must::Accept,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Resume {
        version: Version::Tls13,
        after_revocation: false,
    },
};

/// ```text
/// root ── issuing ── NAME, two hundred times at once                                                  valid
/// ```
static TWO_HUNDRED_AT_ONCE: Case = Case {
    name: "two-hundred-at-once",
    matter: Matter::Welcome,
    says: "Two hundred connections are opened at once.",
    section: "RFC 8446 §2",
    must: Must::Accept,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Crowd,
};

/// Adds names that are nobody's, each of so many octets or a little more, of a kind that the CA may certify.
fn add_names(asked: &mut Issue<'_>, count: usize, octets: usize) -> Result<()> {
    let kinds: [fn(String) -> SubjectAltName; 3] = [
        |word| SubjectAltName::Uri(format!("https://probe.invalid/{word}")),
        |word| SubjectAltName::Upn(format!("{word}@probe.invalid")),
        |word| SubjectAltName::Email(format!("{word}@probe.invalid")),
    ];
    let permitted = |kind: &&fn(String) -> SubjectAltName| asked.permits(&kind("probe".to_owned()));
    let kind = kinds.iter().find(permitted).ok_or_else(|| {
        Error::new(
            ErrorKind::NotPermitted,
            "the CA may certify no names but some that belong to somebody",
        )
        .with_hint("Its name constraints forbid this case; the others tell as much without it.")
    })?;
    let names = (0..count).map(|number| kind(format!("{number:02}{}", "x".repeat(octets))));
    asked.subject_alt_names.extend(names);
    Ok(())
}
