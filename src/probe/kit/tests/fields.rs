//! In which fields each certificate differs from the baseline's, as OpenSSL's parser takes it apart.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::stage::Stage;
use super::{assert_complete, case};
use crate::probe::programs::{run, tool};

/// What any two certificates differ in: number, key, the key's identifier, signature.
const OWN: [&str; 4] = [
    "serialNumber",
    "subjectPublicKeyInfo",
    "subjectKeyIdentifier",
    "signatureValue",
];
/// What those of different issuers differ in besides.
const OF_ANOTHER_ISSUER: [&str; 2] = ["issuer", "authorityKeyIdentifier"];

/// A case, the case with which it is compared, and the fields that differ.
struct Row {
    case: &'static str,
    baseline: &'static str,
    differs: &'static [&'static [&'static str]],
}

const fn plain(case: &'static str, differs: &'static [&'static [&'static str]]) -> Row {
    Row {
        case,
        baseline: "plain",
        differs,
    }
}

const fn anchor(case: &'static str, differs: &'static [&'static [&'static str]]) -> Row {
    Row {
        case,
        baseline: "anchor-plain",
        differs,
    }
}

const fn constrained(case: &'static str) -> Row {
    Row {
        case,
        baseline: "constrained-plain",
        differs: &[&OWN, &["subjectAltName"]],
    }
}

const ROWS: [Row; 36] = [
    plain("plain", &[]),
    plain("expired", &[&OWN, &["validity"]]),
    plain("not-yet-valid", &[&OWN, &["validity"]]),
    plain("revoked", &[&OWN]),
    plain("held", &[&OWN]),
    plain("resumed-after-revocation-tls12", &[&OWN]),
    plain("resumed-after-revocation-tls13", &[&OWN]),
    plain("renegotiated-after-revocation", &[&OWN]),
    plain("self-signed", &[&OWN, &OF_ANOTHER_ISSUER]),
    plain("foreign-ca-same-name", &[&OWN, &["authorityKeyIdentifier"]]),
    plain("foreign-ca-same-key-identifiers", &[&OWN]),
    plain("unknown-ca", &[&OWN, &OF_ANOTHER_ISSUER]),
    plain("end-entity-as-ca", &[&OWN, &OF_ANOTHER_ISSUER]),
    plain("intermediate-missing", &[]),
    plain("altered-signature", &[&["signatureValue"]]),
    plain("altered-content", &[&["validity"]]),
    plain("server-certificate", &[&OWN, &["extKeyUsage"]]),
    plain("other-purpose", &[&OWN, &["extKeyUsage"]]),
    plain("encipherment-only", &[&OWN, &["keyUsage"]]),
    plain(
        "unknown-critical-extension",
        &[&OWN, &["unknown extension"]],
    ),
    plain("rsa", &[&OWN]),
    plain("p384", &[&OWN]),
    plain("many-names", &[&OWN, &["subjectAltName"]]),
    plain("large-certificate", &[&OWN, &["subjectAltName"]]),
    plain("utf8-subject", &[&OWN, &["subject"]]),
    // Of a throw-away CA there is nowhere to ask.
    plain(
        "anchor-plain",
        &[
            &OWN,
            &OF_ANOTHER_ISSUER,
            &["cRLDistributionPoints", "authorityInfoAccess"],
        ],
    ),
    anchor("path-length", &[&OWN, &OF_ANOTHER_ISSUER]),
    anchor("deeper-chain", &[&OWN, &OF_ANOTHER_ISSUER]),
    anchor("system-trusted-ca", &[&OWN, &OF_ANOTHER_ISSUER]),
    anchor(
        "sha1-signature",
        &[&OWN, &["signature", "signatureAlgorithm"]],
    ),
    anchor("rsa-1024", &[&OWN]),
    anchor(
        "constrained-plain",
        &[&OWN, &OF_ANOTHER_ISSUER, &["subjectAltName"]],
    ),
    constrained("name-constraint-dns"),
    constrained("name-constraint-email"),
    constrained("name-constraint-ip"),
    constrained("name-constraint-uri"),
];

/// The fields of a certificate by their names, and the extensions in their order.
#[derive(Debug)]
struct Fields {
    octets: BTreeMap<String, Vec<u8>>,
    extensions: Vec<String>,
}

/// The names of the fields of TBSCertificate, in their order (RFC 5280 §4.1).
const TBS: [&str; 8] = [
    "version",
    "serialNumber",
    "signature",
    "issuer",
    "validity",
    "subject",
    "subjectPublicKeyInfo",
    "extensions",
];
/// What stands beside TBSCertificate.
const BESIDE: [&str; 2] = ["signatureAlgorithm", "signatureValue"];

/// Extensions as OpenSSL calls them, and as RFC 5280 does.
const EXTENSIONS: [(&str, &str); 9] = [
    ("X509v3 Authority Key Identifier", "authorityKeyIdentifier"),
    ("X509v3 Subject Key Identifier", "subjectKeyIdentifier"),
    ("X509v3 Subject Alternative Name", "subjectAltName"),
    ("X509v3 Key Usage", "keyUsage"),
    ("X509v3 Extended Key Usage", "extKeyUsage"),
    ("X509v3 CRL Distribution Points", "cRLDistributionPoints"),
    ("X509v3 Basic Constraints", "basicConstraints"),
    ("X509v3 Name Constraints", "nameConstraints"),
    ("Authority Information Access", "authorityInfoAccess"),
];

impl Fields {
    /// Reads what `openssl asn1parse` says of a file; `der` is the certificate in it.
    fn read(openssl: &std::path::Path, file: &std::path::Path, der: &[u8]) -> Self {
        let (parsed, said) = run(Command::new(openssl).args(["asn1parse", "-in"]).arg(file));
        assert!(parsed, "{said}");
        let elements: Vec<_> = said.lines().filter_map(Element::read).collect();
        let mut fields = Self {
            octets: BTreeMap::new(),
            extensions: Vec::new(),
        };
        let of_depth = |depth| {
            elements
                .iter()
                .filter(move |element| element.depth == depth)
        };
        for (element, name) in of_depth(2)
            .zip(TBS)
            .filter(|(_, name)| *name != "extensions")
        {
            fields.put(name.to_owned(), element, der);
        }
        for (element, name) in of_depth(1).skip(1).zip(BESIDE) {
            fields.put(name.to_owned(), element, der);
        }
        // The extensions lie in a sequence in the last field, each a sequence that begins with its object identifier.
        let last = of_depth(2).nth(TBS.len() - 1).unwrap();
        let inside = |element: &&Element| last.holds(element);
        for (place, element) in elements.iter().enumerate().filter(|(_, e)| inside(e)) {
            if element.depth == 4 {
                let kind = elements.get(place + 1).unwrap().text.as_str();
                let known = EXTENSIONS.iter().find(|(known, _)| *known == kind);
                let name = known.map_or("unknown extension", |(_, name)| *name);
                fields.extensions.push(name.to_owned());
                fields.put(name.to_owned(), element, der);
            }
        }
        fields
    }

    fn put(&mut self, name: String, element: &Element, der: &[u8]) {
        let octets = der.get(element.start..element.end).unwrap().to_vec();
        assert!(self.octets.insert(name, octets).is_none());
    }

    fn differences(&self, other: &Self) -> BTreeSet<String> {
        let names = self.octets.keys().chain(other.octets.keys());
        names
            .filter(|name| self.octets.get(*name) != other.octets.get(*name))
            .cloned()
            .collect()
    }
}

/// One element, as `openssl asn1parse` prints it: `264:d=5  hl=2 l=   3 prim: OBJECT            :X509v3 Key Usage`.
struct Element {
    start: usize,
    end: usize,
    depth: usize,
    text: String,
}

impl Element {
    fn read(line: &str) -> Option<Self> {
        let (start, rest) = line.split_once(":d=")?;
        let (depth, rest) = rest.split_once("hl=")?;
        let (header, rest) = rest.split_once("l=")?;
        let (length, rest) = rest.trim_start().split_once(' ')?;
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let start = number(start)?;
        Some(Self {
            start,
            end: start + number(header)? + number(length)?,
            depth: number(depth)?,
            text: rest
                .splitn(3, ':')
                .nth(2)
                .unwrap_or_default()
                .trim()
                .to_owned(),
        })
    }

    fn holds(&self, other: &Self) -> bool {
        self.start < other.start && other.end <= self.end
    }
}

/// Takes certificates apart.
struct Reader<'a> {
    stage: &'a Stage,
    openssl: std::path::PathBuf,
}

impl Reader<'_> {
    fn read(&self, der: &[u8]) -> Fields {
        let file = tempfile::NamedTempFile::new_in(self.stage.directory.path()).unwrap();
        let pem = crate::bundle::pem::certificates([der]);
        std::fs::write(file.path(), pem).unwrap();
        Fields::read(&self.openssl, file.path(), der)
    }

    /// A certificate in the chain of a case, the end entity's being the first.
    fn of(&self, case: &str, place: usize) -> Fields {
        self.read(self.stage.presented(case).chain.get(place).unwrap())
    }
}

fn reader() -> Option<Reader<'static>> {
    Some(Reader {
        openssl: tool("openssl")?,
        stage: Stage::shared(),
    })
}

fn set(names: &[&[&str]]) -> BTreeSet<String> {
    names.concat().into_iter().map(str::to_owned).collect()
}

#[test]
fn every_case_has_a_row() {
    assert_complete(ROWS.iter().map(|row| row.case));
}

#[test]
fn each_certificate_differs_from_the_baseline_in_what_it_says_and_in_nothing_else() {
    let Some(reader) = reader() else { return };
    let baselines = ["plain", "anchor-plain", "constrained-plain"];
    let baselines = baselines.map(|case| (case, reader.of(case, 0)));
    for row in &ROWS {
        let baseline = baselines.iter().find(|(case, _)| *case == row.baseline);
        let (_, baseline) = baseline.unwrap();
        let found = reader.of(row.case, 0);
        assert_eq!(
            found.differences(baseline),
            set(row.differs),
            "{}",
            row.case
        );
        // The extensions stand in the same order; what is new stands among them somewhere.
        let kept = |fields: &Fields, other: &Fields| {
            let kept = fields.extensions.iter();
            let kept = kept.filter(|name| other.extensions.contains(name));
            kept.cloned().collect::<Vec<_>>()
        };
        assert_eq!(
            kept(&found, baseline),
            kept(baseline, &found),
            "{}",
            row.case
        );
    }
}

#[test]
fn the_plain_one_is_as_what_the_application_lets_in_but_for_its_validity() {
    let Some(reader) = reader() else { return };
    let (plain, alice) = (
        reader.of("plain", 0),
        reader.read(reader.stage.alice.certificate.der()),
    );
    assert_eq!(plain.differences(&alice), set(&[&OWN, &["validity"]]));
    assert_eq!(plain.extensions, alice.extensions);
}

#[test]
fn the_cas_above_are_ours_but_where_the_case_says_otherwise() {
    let Some(reader) = reader() else { return };
    let above = |case: &str| reader.stage.presented(case).chain.split_first().unwrap().1;
    for case in case::all().filter(|case| !case.needs_anchor()) {
        let found = above(case.name);
        match case.name {
            "self-signed" | "unknown-ca" | "intermediate-missing" => {
                assert!(found.is_empty(), "{}", case.name)
            }
            "foreign-ca-same-name" | "foreign-ca-same-key-identifiers" => {
                assert_eq!(found.len(), above("plain").len(), "{}", case.name);
            }
            "end-entity-as-ca" => assert_eq!(found.split_first().unwrap().1, above("plain")),
            other => assert_eq!(found, above("plain"), "{other}"),
        }
    }
    let ours = reader.of("plain", 1);
    let differs = |case: &str| reader.of(case, 1).differences(&ours);
    assert_eq!(
        differs("foreign-ca-same-name"),
        set(&[&OWN, &["authorityKeyIdentifier"]])
    );
    // subjectKeyIdentifier is ours, though the key is not.
    assert_eq!(
        differs("foreign-ca-same-key-identifiers"),
        set(&[&["serialNumber", "subjectPublicKeyInfo", "signatureValue"]])
    );
    let end_entity = reader.of("end-entity-as-ca", 1);
    assert_eq!(
        end_entity.differences(&reader.of("plain", 0)),
        set(&[&OWN, &["subject", "subjectAltName"]])
    );
}

#[test]
fn the_path_that_is_too_long_differs_from_the_one_that_is_not_in_its_path_length_constraint() {
    let Some(reader) = reader() else { return };
    let differences = |place| {
        let [long, deep] = ["path-length", "deeper-chain"].map(|case| reader.of(case, place));
        assert_eq!(long.extensions, deep.extensions);
        long.differences(&deep)
    };
    let lower = set(&[&OWN, &OF_ANOTHER_ISSUER, &["subject"]]);
    assert_eq!(differences(1), lower);
    let upper = set(&[&OWN, &["subject", "basicConstraints"]]);
    assert_eq!(differences(2), upper);
    let shape = |case: &str| reader.stage.presented(case).chain.len();
    assert_eq!([shape("path-length"), shape("deeper-chain")], [4 - 1; 2]);
}

#[test]
fn the_constrained_ca_differs_from_the_other_in_its_constraints() {
    let Some(reader) = reader() else { return };
    let differences = reader
        .of("constrained-plain", 1)
        .differences(&reader.of("anchor-plain", 1));
    assert_eq!(differences, set(&[&OWN, &["subject", "nameConstraints"]]));
}

#[test]
fn an_altered_signature_is_one_bit_off_and_a_broken_constraint_one_name() {
    let stage = Stage::shared();
    let pair = ["altered-signature", "plain"].map(|case| stage.end_entity(case));
    let [altered, plain] = pair;
    assert_eq!(altered.len(), plain.len());
    let bits = altered.iter().zip(plain).map(|(a, b)| (a ^ b).count_ones());
    assert_eq!(bits.sum::<u32>(), 1);
    for kind in ["dns", "email", "ip", "uri"] {
        let broken = stage.names(&format!("name-constraint-{kind}"));
        let kept = stage.names("constrained-plain");
        assert_eq!(broken.len(), kept.len());
        let others = broken.iter().zip(&kept).filter(|(one, other)| one != other);
        let others: Vec<_> = others
            .map(|(one, other)| (one.kind(), other.kind()))
            .collect();
        assert_eq!(others, [(kind, kind)]);
    }
}
