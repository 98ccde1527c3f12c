//! A small certificate authority, and clients of every kind.

use pki::authority::{CaData, ServerFiles};
use pki::certificate::{Certificate, Subject};
use pki::file::{self, Access, Existing};
use pki::inventory::{Holder as Owner, Inventory, ReasonCode, Record};
use pki::issuer::Issuer;
use pki::key::{KeyAlgorithm, PrivateKey};
use pki::login::{self, Client, Report, Version};
use pki::name::{Name, SubjectAltName};
use pki::profile::Profile;
use pki::serial::SerialNumber;
use pki::validity::Validity;
use time::{Duration, OffsetDateTime};

/// A certificate authority with its inventory, in a directory of its own.
pub(super) struct Authority {
    pub(super) root: Certificate,
    pub(super) issuing: Issuer,
    pub(super) data: CaData,
    inventory: Inventory,
    root_issuer: Issuer,
    _directory: tempfile::TempDir,
}

/// A certificate with its key and the CA that signed it.
pub(super) struct Holder {
    pub(super) certificate: Certificate,
    pub(super) key: PrivateKey,
    issuer: Certificate,
}

pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn years(from: i64, until: i64) -> Validity {
    let second = now().replace_nanosecond(0).unwrap();
    Validity {
        not_before: second + Duration::days(365 * from),
        not_after: second + Duration::days(365 * until),
    }
}

fn subject(common_name: &str) -> Subject {
    Subject {
        common_name: common_name.to_owned(),
        organization: None,
    }
}

fn key() -> PrivateKey {
    PrivateKey::generate(KeyAlgorithm::P256).unwrap()
}

impl Authority {
    pub(super) fn new() -> Self {
        Self::called("Test")
    }

    pub(super) fn called(name: &str) -> Self {
        let root_key = key();
        let request = Profile::Root.request(
            subject(&format!("{name} root")),
            Vec::new(),
            years(-10, 20),
            root_key.public_key(),
        );
        let root = Issuer::self_signed(&request.unwrap(), SerialNumber::draw().unwrap(), root_key)
            .unwrap();
        let issuing_key = key();
        let request = Profile::Issuing.request(
            subject(&format!("{name} issuing")),
            Vec::new(),
            years(-10, 10),
            issuing_key.public_key(),
        );
        let issuing = root
            .sign(&request.unwrap(), SerialNumber::draw().unwrap(), None)
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let data = CaData::new(directory.path());
        let inventory = Inventory::create(&data.inventory(), now()).unwrap();
        for (certificate, profile) in [
            (root.certificate(), Profile::Root),
            (&issuing, Profile::Issuing),
        ] {
            inventory.record(certificate, profile, None, now()).unwrap();
        }
        Self {
            root: root.certificate().clone(),
            issuing: Issuer::new(issuing, issuing_key).unwrap(),
            data,
            inventory,
            root_issuer: root,
            _directory: directory,
        }
    }

    /// Signs a certificate that the inventory does not know.
    pub(super) fn sign(&self, profile: Profile, name: &str, validity: Validity) -> Holder {
        self.sign_with(profile, name, validity, KeyAlgorithm::P256)
    }

    fn sign_with(
        &self,
        profile: Profile,
        name: &str,
        validity: Validity,
        algorithm: KeyAlgorithm,
    ) -> Holder {
        let key = PrivateKey::generate(algorithm).unwrap();
        let names = match profile {
            Profile::Server => ["localhost", "site.login.localhost", "127.0.0.1", "::1"]
                .map(|host| SubjectAltName::parse_host(host).unwrap())
                .to_vec(),
            _ => Vec::new(),
        };
        let request = profile
            .request(subject(name), names, validity, key.public_key())
            .unwrap();
        let certificate = self
            .issuing
            .sign(&request, SerialNumber::draw().unwrap(), None)
            .unwrap();
        Holder {
            certificate,
            key,
            issuer: self.issuing.certificate().clone(),
        }
    }

    fn record(&self, holder: &Holder, profile: Profile, name: &str) {
        let name = Name::parse(name).unwrap();
        let owner = match profile {
            Profile::Server => Owner::server(&name),
            _ => Owner::client(&name, None),
        };
        self.inventory
            .record(&holder.certificate, profile, Some(&owner), now())
            .unwrap();
    }

    fn issue(&self, profile: Profile, name: &str, validity: Validity) -> Holder {
        let holder = self.sign(profile, name, validity);
        self.record(&holder, profile, name);
        holder
    }

    pub(super) fn client(&self, name: &str) -> Holder {
        self.issue(Profile::Client, name, years(-1, 1))
    }

    pub(super) fn client_with(&self, name: &str, algorithm: KeyAlgorithm) -> Holder {
        let holder = self.sign_with(Profile::Client, name, years(-1, 1), algorithm);
        self.record(&holder, Profile::Client, name);
        holder
    }

    pub(super) fn expired_client(&self, name: &str) -> Holder {
        self.issue(Profile::Client, name, years(-2, -1))
    }

    pub(super) fn future_client(&self, name: &str) -> Holder {
        self.issue(Profile::Client, name, years(1, 2))
    }

    pub(super) fn unrecorded_client(&self, name: &str) -> Holder {
        self.sign(Profile::Client, name, years(-1, 1))
    }

    pub(super) fn server(&self, name: &str) -> Holder {
        self.issue(Profile::Server, name, years(-1, 1))
    }

    /// Revokes as another process would: through a connection of its own.
    pub(super) fn revoke(&self, holder: &Holder) {
        let inventory = self.elsewhere();
        let record = inventory
            .find_by_fingerprint(&holder.certificate.fingerprint())
            .unwrap()
            .unwrap();
        inventory
            .revoke(&[record], ReasonCode::KeyCompromise, now())
            .unwrap();
    }

    /// The inventory through another connection, as another process has one.
    pub(super) fn elsewhere(&self) -> Inventory {
        Inventory::open(&self.data.inventory()).unwrap()
    }

    /// What the inventory knows of a certificate now.
    pub(super) fn known(&self, holder: &Holder) -> Record {
        let found = self
            .inventory
            .find_by_fingerprint(&holder.certificate.fingerprint());
        found.unwrap().unwrap()
    }

    /// Puts another issuing CA beside the first one, and returns its predecessor.
    pub(super) fn rotate(&mut self) -> Issuer {
        let issuing_key = key();
        let request = Profile::Issuing.request(
            subject("Test issuing 2"),
            Vec::new(),
            years(-1, 10),
            issuing_key.public_key(),
        );
        let issuing = self
            .root_issuer
            .sign(&request.unwrap(), SerialNumber::draw().unwrap(), None)
            .unwrap();
        self.elsewhere()
            .record(&issuing, Profile::Issuing, None, now())
            .unwrap();
        let next = Issuer::new(issuing, issuing_key).unwrap();
        std::mem::replace(&mut self.issuing, next)
    }

    pub(super) fn login_as(&self, holder: Option<&Holder>, version: Version) -> Client {
        Client::new(login::Config {
            root: self.root.clone(),
            identity: holder.map(Holder::identity),
            version: Some(version),
            key_log: None,
            tape: None,
        })
        .unwrap()
    }
}

impl Holder {
    /// Somebody who signed for himself.
    pub(super) fn self_signed(name: &str) -> Self {
        let key = key();
        let request = Profile::Root
            .request(subject(name), Vec::new(), years(-1, 1), key.public_key())
            .unwrap();
        let copy = PrivateKey::from_pkcs8(key.pkcs8()).unwrap();
        let issuer = Issuer::self_signed(&request, SerialNumber::draw().unwrap(), copy).unwrap();
        Self {
            certificate: issuer.certificate().clone(),
            key,
            issuer: issuer.certificate().clone(),
        }
    }

    /// Puts the key into a server's directory, as a renewal does first.
    pub(super) fn write_key(&self, files: &ServerFiles) {
        let pem = self.key.to_pem(None).unwrap();
        let written = file::write(
            &files.key,
            pem.as_bytes(),
            Access::Private,
            Existing::Replace,
        );
        written.unwrap();
    }

    /// Puts the certificate and its issuer's beside the key.
    pub(super) fn write_chain(&self, files: &ServerFiles) {
        let pem: String = self.chain().iter().map(Certificate::pem).collect();
        let written = file::write(
            &files.fullchain,
            pem.as_bytes(),
            Access::Public,
            Existing::Replace,
        );
        written.unwrap();
    }

    pub(super) fn chain(&self) -> Vec<Certificate> {
        vec![self.certificate.clone(), self.issuer.clone()]
    }

    pub(super) fn identity(&self) -> login::Identity {
        login::Identity::new(&self.chain(), self.key.pkcs8()).unwrap()
    }
}

pub(super) const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

/// The parts of a report that say who was let in and why not.
pub(super) fn outcome(report: &Report) -> (&'static str, Option<&str>, Option<&str>) {
    (
        report.verdict.as_str(),
        report.reason.as_deref(),
        report.alert.as_deref(),
    )
}
