//! The CAs at whose names presented chains end: ours, made by the program and beside it, and others'.

use std::collections::BTreeMap;
use std::fs;

use pki::authority::CaData;
use pki::certificate::{Certificate, DistinguishedName, Subject};
use pki::file::{self, Access, Existing};
use pki::inventory::Inventory;
use pki::issuer::Issuer;
use pki::key::{KeyAlgorithm, PrivateKey};
use pki::name::{NameConstraints, Subtree};
use pki::profile::Profile;
use pki::serial::SerialNumber;
use pki::validity::Validity;
use time::{Duration, OffsetDateTime};

use super::recipe::Top;
use crate::support::Authority;

/// A CA with its key.
pub(super) struct Signer {
    pub(super) certificate: Certificate,
    pub(super) key: PrivateKey,
}

/// Every CA, and the directory of ours.
pub(super) struct Authorities {
    pub(super) authority: Authority,
    pub(super) data: CaData,
    pub(super) root: Certificate,
    /// By the name that chains end at; the CA that an own signature makes is none.
    pub(super) signers: BTreeMap<Top, Signer>,
    /// The roots above those of others.
    foreign_root: Certificate,
}

/// What our CA permits: names of this machine for the server, and one domain.
const PERMITTED: [&str; 12] = [
    "--permit-email",
    "example.org",
    "--permit-dns",
    "example.org",
    "--permit-dns",
    "localhost",
    "--permit-ip",
    "127.0.0.0/8",
    "--permit-ip",
    "::1/128",
    "--name",
    "Verdicts",
];

pub(super) fn days(from: i64, until: i64) -> Validity {
    let second = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap();
    Validity {
        not_before: second + Duration::days(from),
        not_after: second + Duration::days(until),
    }
}

fn another(key: &PrivateKey) -> PrivateKey {
    PrivateKey::from_pkcs8(key.pkcs8()).unwrap()
}

impl Authorities {
    /// Makes ours with the program, which also makes its next issuing CAs; beside it one that has ended and one that has not begun.
    pub(super) fn new() -> Self {
        let authority = Authority::init(&[&["--no-passphrase"][..], &PERMITTED].concat());
        let data = CaData::new(authority.data());
        let root = data.root().unwrap();
        let key_of = |certificate: &Certificate| {
            let pem = fs::read(data.issuer_key(certificate)).unwrap();
            PrivateKey::from_pem(&pem, None).unwrap()
        };
        let issuing = || {
            let pem = fs::read(data.issuing_certificate()).unwrap();
            let certificate = Certificate::from_file(&pem).unwrap();
            let key = key_of(&certificate);
            Signer { certificate, key }
        };
        let mut signers = BTreeMap::from([(Top::Former, issuing())]);
        // The program cuts a CA's validity to its root's. One that has ended is older than a root made now: it is signed with the same key
        // in the same name by a root that began before.
        let older = root_of(root.subject().common_name().unwrap(), key_of(&root));
        assert_eq!(older.certificate().subject().der(), root.subject().der());
        let inventory = Inventory::open(&data.inventory()).unwrap();
        for (top, name, validity) in [
            (Top::Ended, "Verdicts ended CA", days(-400, -10)),
            (Top::Coming, "Verdicts coming CA", days(10, 400)),
        ] {
            let signer = beneath(&older, name, validity, KeyAlgorithm::P256);
            keep(&data, &signer);
            let recorded = inventory.record(
                &signer.certificate,
                Profile::Issuing,
                None,
                OffsetDateTime::now_utc(),
            );
            recorded.unwrap();
            signers.insert(top, signer);
        }
        drop(inventory);
        for top in [Top::Withdrawn, Top::Current] {
            authority.pki(&["rotate-issuing"]).ok();
            signers.insert(top, issuing());
        }
        let foreign = root_of(
            "Foreign root",
            PrivateKey::generate(KeyAlgorithm::P256).unwrap(),
        );
        let foreign_root = foreign.certificate().clone();
        let name = signers[&Top::Current].certificate.subject().clone();
        signers.insert(
            Top::Foreign,
            beneath(&foreign, "Foreign CA", days(-400, 400), KeyAlgorithm::P256),
        );
        for (top, algorithm) in [
            (Top::Namesake, KeyAlgorithm::P256),
            (Top::NamesakeWithRsa, KeyAlgorithm::Rsa2048),
        ] {
            signers.insert(top, named(&foreign, &name, algorithm));
        }
        Self {
            authority,
            data,
            root,
            signers,
            foreign_root,
        }
    }

    /// The CAs above what a chain ends with, its issuer first; ours above what was signed by itself.
    pub(super) fn above(&self, top: Top) -> [&Certificate; 2] {
        let root = match top {
            Top::Foreign | Top::Namesake | Top::NamesakeWithRsa => &self.foreign_root,
            _ => &self.root,
        };
        let signer = match top {
            Top::Itself => Top::Current,
            other => other,
        };
        [&self.signers[&signer].certificate, root]
    }

    /// The issuing CAs of ours.
    pub(super) fn ours(&self) -> impl Iterator<Item = &Signer> {
        let ours = [
            Top::Current,
            Top::Former,
            Top::Withdrawn,
            Top::Ended,
            Top::Coming,
        ];
        ours.into_iter().map(|top| &self.signers[&top])
    }
}

fn constraints() -> NameConstraints {
    let dns = ["example.org", "localhost"].map(|domain| Subtree::parse_dns(domain).unwrap());
    let mut permitted = dns.to_vec();
    permitted.push(Subtree::parse_email("example.org").unwrap());
    NameConstraints::permitting(permitted)
}

/// A root that began long ago.
fn root_of(name: &str, key: PrivateKey) -> Issuer {
    let request =
        Profile::Root.request(subject(name), Vec::new(), days(-500, 500), key.public_key());
    Issuer::self_signed(&request.unwrap(), SerialNumber::draw().unwrap(), key).unwrap()
}

/// A CA beneath a root, constrained as ours are.
fn beneath(root: &Issuer, name: &str, validity: Validity, algorithm: KeyAlgorithm) -> Signer {
    let key = PrivateKey::generate(algorithm).unwrap();
    let request = Profile::Issuing.request(subject(name), Vec::new(), validity, key.public_key());
    let request = request.unwrap().constrained(constraints());
    let certificate = root
        .sign(&request, SerialNumber::draw().unwrap(), None)
        .unwrap();
    Signer { certificate, key }
}

/// A CA beneath somebody's root that bears the name of one of ours, octet for octet.
fn named(root: &Issuer, name: &DistinguishedName, algorithm: KeyAlgorithm) -> Signer {
    let common_name = name.common_name().unwrap();
    let signer = beneath(root, common_name, days(-400, 400), algorithm);
    assert_eq!(signer.certificate.subject().der(), name.der());
    signer
}

/// Puts a CA's files where the program looks for them.
fn keep(data: &CaData, signer: &Signer) {
    let directory = data.issuer_directory(&signer.certificate);
    fs::create_dir(&directory).unwrap();
    let write = |name: &str, text: &str, access| {
        file::write(
            &directory.join(name),
            text.as_bytes(),
            access,
            Existing::Refuse,
        )
        .unwrap();
    };
    write("certificate.pem", &signer.certificate.pem(), Access::Public);
    let key = another(&signer.key).to_pem(None).unwrap();
    write("key.pem", &key, Access::Private);
}

fn subject(name: &str) -> Subject {
    Subject {
        common_name: name.to_owned(),
        organization: None,
    }
}
