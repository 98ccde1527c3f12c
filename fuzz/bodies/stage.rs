//! A CA that is the same in every run, so that what was found in one is found in the next.
//!
//! Its key lies open beside this file and serves nothing else.

use std::sync::{Arc, LazyLock};

use pki::certificate::{Certificate, Subject};
use pki::inventory::{Holder, Inventory, Record};
use pki::issuer::Issuer;
use pki::key::{KeyAlgorithm, PrivateKey};
use pki::name::{Device, Name};
use pki::ocsp::Responder;
use pki::profile::Profile;
use pki::serial::SerialNumber;
use pki::validity::{Lifetime, Validity};
use time::OffsetDateTime;
use time::macros::datetime;

/// The moment at which everything here happens.
pub(crate) const NOW: OffsetDateTime = datetime!(2027-01-01 12:00 UTC);

/// What the CA is and knows.
pub(crate) struct Stage {
    pub(crate) root: Certificate,
    pub(crate) issuing: Certificate,
    pub(crate) alice: Record,
    /// Root and issuing CA, as the inventory has them.
    pub(crate) authorities: Arc<Vec<Record>>,
    pub(crate) issuing_key: PrivateKey,
    pub(crate) responder: Arc<Responder>,
}

/// The one that all bodies share.
pub(crate) static STAGE: LazyLock<Stage> = LazyLock::new(Stage::new);

impl Stage {
    fn new() -> Self {
        let certificate = |pem: &str| Certificate::from_file(pem.as_bytes()).unwrap();
        let root = certificate(include_str!("stage/root.pem"));
        let issuing = certificate(include_str!("stage/issuing.pem"));
        let alice = certificate(include_str!("stage/alice.pem"));
        let key = || {
            let pem = include_str!("stage/issuing.key.pem");
            PrivateKey::from_pem(pem.as_bytes(), None).unwrap()
        };
        let directory = tempfile::tempdir().unwrap();
        let inventory = Inventory::create(&directory.path().join("pki.db"), NOW).unwrap();
        let record = |certificate: &Certificate, profile, holder: Option<&Holder>| {
            inventory.record(certificate, profile, holder, NOW).unwrap();
        };
        record(&root, Profile::Root, None);
        record(&issuing, Profile::Issuing, None);
        let (name, device) = (Name::parse("alice"), Device::parse("laptop"));
        let holder = Holder::client(&name.unwrap(), Some(&device.unwrap()));
        record(&alice, Profile::Client, Some(&holder));
        let found = inventory.find_by_fingerprint(&alice.fingerprint());
        Self {
            alice: found.unwrap().unwrap(),
            authorities: Arc::new(inventory.authorities().unwrap()),
            responder: Arc::new(responder(&issuing, key())),
            issuing_key: key(),
            root,
            issuing,
        }
    }
}

/// Who answers for the issuing CA. Its key is another one each time; what it reads does not depend on it.
fn responder(issuing: &Certificate, issuing_key: PrivateKey) -> Responder {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let subject = Subject {
        common_name: "responder".to_owned(),
        organization: None,
    };
    let validity = Validity::starting(NOW, Lifetime::days(9)).unwrap();
    let request = Profile::OcspResponder
        .request(subject, Vec::new(), validity, key.public_key())
        .unwrap();
    let issuer = Issuer::new(issuing.clone(), issuing_key).unwrap();
    let signed = issuer
        .sign(&request, SerialNumber::draw().unwrap(), None)
        .unwrap();
    Responder::new(key, vec![(issuing.clone(), signed)]).unwrap()
}
