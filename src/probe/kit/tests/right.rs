//! What the cases would be if the one thing were right: signed anew by whoever signs such, for other programs to take.

use std::sync::Once;

use super::stage::{Stage, pem_block};
use crate::certificate::{self, KeyUsage};
use crate::crl::{self, Entries, NewCrl};
use crate::issuer::Issuer;
use crate::key::PrivateKey;
use crate::name::SubjectAltName;
use crate::probe::anchor::Rank;
use crate::probe::forge::{Certificate, Extension, SignatureAlgorithm};
use crate::probe::kit::foreign::Foreign;
use crate::probe::kit::{Identifiers, Workshop};
use crate::probe::presented::Presented;
use crate::testing::NOW;

/// What the name of such a file ends with.
pub(super) const PUT_RIGHT: &str = "-put-right";

/// Writes, for the cases that need it, the certificate with the one thing put right, and signed anew.
pub(super) fn write_what_is_put_right(stage: &Stage) {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| write(stage));
}

fn write(stage: &Stage) {
    let read = |case| Certificate::read(stage.end_entity(case)).unwrap();
    let write = |case: &str, certificate: Certificate| {
        stage.write(&format!("{case}{PUT_RIGHT}"), [certificate.der()]);
    };
    let plain = read("plain");
    write(
        "altered-signature",
        Certificate {
            signature: plain.signature.clone(),
            ..read("altered-signature")
        },
    );
    let mut right = read("altered-content");
    right.tbs.validity = plain.tbs.validity;
    write("altered-content", right);
    for (case, kind) in NAMES {
        let tbs = read(case).tbs;
        let names = with_the_permitted_one(stage, case, kind);
        let mut right = tbs;
        right.set(Extension::subject_alt_names(&names));
        let how = SignatureAlgorithm::EcdsaSha256;
        let chain = stage.anchor.sign(Rank::Constrained, right, how).unwrap();
        stage.write(&format!("{case}{PUT_RIGHT}"), chain.first());
    }
    write("end-entity-as-ca", the_end_entity_as_a_ca(stage));
    for (case, identifiers) in FOREIGN {
        let made = workshop(stage).foreign(identifiers).unwrap();
        write_foreign(stage, &format!("{case}{PUT_RIGHT}"), made);
    }
    let made = workshop(stage).unknown().unwrap();
    write_foreign(stage, &format!("unknown-ca{PUT_RIGHT}"), made);
}

const NAMES: [(&str, &str); 4] = [
    ("name-constraint-dns", "dns"),
    ("name-constraint-email", "email"),
    ("name-constraint-ip", "ip"),
    ("name-constraint-uri", "uri"),
];

const FOREIGN: [(&str, Identifiers); 2] = [
    ("foreign-ca-same-name", Identifiers::Own),
    ("foreign-ca-same-key-identifiers", Identifiers::Copied),
];

/// The names of a case, the last one of this kind taken from the baseline.
fn with_the_permitted_one(stage: &Stage, case: &str, kind: &str) -> Vec<SubjectAltName> {
    let last = |case: &str| {
        let names = stage.names(case);
        let place = names.iter().rposition(|name| name.kind() == kind).unwrap();
        (names, place)
    };
    let (mut names, place) = last(case);
    let (permitted, from) = last("constrained-plain");
    *names.get_mut(place).unwrap() = permitted.get(from).unwrap().clone();
    names
}

/// The end entity that signed, made a CA by the CA itself.
fn the_end_entity_as_a_ca(stage: &Stage) -> Certificate {
    let presented = stage.presented("end-entity-as-ca");
    let mut tbs = Certificate::read(presented.chain.get(1).unwrap())
        .unwrap()
        .tbs;
    tbs.set(Extension::of_authority(None));
    tbs.set(Extension::key_usage(KeyUsage(KeyUsage::KEY_CERT_SIGN)));
    tbs.sign(&stage.issuing_key, SignatureAlgorithm::EcdsaSha256)
        .unwrap()
}

fn workshop(stage: &Stage) -> Workshop<'_> {
    Workshop {
        plain: stage.presented("plain"),
        bearer: &stage.bearer,
        authorities: &stage.authorities,
        anchor: None,
    }
}

/// A foreign CA as the kit makes them, with its root and its CRLs.
fn write_foreign(stage: &Stage, name: &str, (presented, foreign): (Presented, Foreign)) {
    stage.write_presented(name, &presented);
    let mut lists = String::new();
    for (der, key) in foreign.authorities() {
        let certificate = certificate::Certificate::from_der(der.clone()).unwrap();
        let key = PrivateKey::from_pkcs8(&key.pkcs8()).unwrap();
        lists.push_str(&empty_list(&Issuer::new(certificate, key).unwrap()));
    }
    std::fs::write(stage.path(&format!("{name}-lists")), lists).unwrap();
    let (root, _) = foreign.authorities().first().unwrap();
    stage.write(&format!("{name}-root"), [root]);
}

fn empty_list(issuer: &Issuer) -> String {
    let new = NewCrl {
        crl_number: 1,
        this_update: NOW,
        next_update: NOW + time::Duration::WEEK,
    };
    let list = crl::sign(issuer, &new, Entries::default()).unwrap();
    pem_block("X509 CRL", list.der())
}
