//! A CA, a bearer, a throw-away CA and a whole kit, in files that other programs read.

use std::path::PathBuf;
use std::sync::OnceLock;

use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

use crate::authority::{Authority, BundlePassword, CaData, NewAuthority, NewClient, init};
use crate::bundle::{Form, pem};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind};
use crate::inventory::{ReasonCode, Record};
use crate::key::KeyAlgorithm;
use crate::name::{Name, NameConstraints, SubjectAltName};
use crate::probe::anchor::Anchor;
use crate::probe::case;
use crate::probe::forge::Key;
use crate::probe::kit::{Bearer, Kit, Plan};
use crate::probe::presented::Presented;
use crate::profile::BaseUrl;
use crate::testing::NOW;
use crate::validity::{Lifetime, Validity};

/// Everything that was made, and where it lies.
pub(super) struct Stage {
    pub(super) directory: TempDir,
    /// The issuing CA first, the root last.
    pub(super) authorities: Vec<Certificate>,
    pub(super) issuing_key: Key,
    /// The certificate that the application lets in.
    pub(super) alice: Record,
    pub(super) bearer: Bearer,
    pub(super) anchor: Anchor,
    pub(super) kit: Kit,
}

/// How the CA of a stage is made.
pub(super) fn new_authority(key_algorithm: KeyAlgorithm) -> NewAuthority {
    NewAuthority {
        name: Some("Test".to_owned()),
        organization: Some("Example".to_owned()),
        key_algorithm,
        root_lifetime: Lifetime::years(20),
        issuing_lifetime: Lifetime::years(10),
        name_constraints: NameConstraints::default(),
        base_url: Some(BaseUrl::parse("http://pki.example").unwrap()),
        root_passphrase: None,
        passphrase: None,
    }
}

pub(super) fn open(data: &CaData) -> Authority {
    Authority::open(data, || {
        Err(Error::new(ErrorKind::Internal, "no passphrase"))
    })
    .unwrap()
}

/// Issues what the application lets in, and says what it bears.
pub(super) fn issue_alice(authority: &Authority, now: OffsetDateTime) -> (Record, Bearer) {
    let new = NewClient {
        name: Name::parse("alice").unwrap(),
        device: None,
        subject_alt_names: vec![
            SubjectAltName::parse_email("alice@example.org").unwrap(),
            SubjectAltName::parse_uri("spiffe://example.org/alice").unwrap(),
            SubjectAltName::parse_upn("alice@corp.example").unwrap(),
        ],
        validity: Validity::starting(now, Lifetime::days(90)).unwrap(),
        key_algorithm: KeyAlgorithm::P256,
        form: Form::Aes256Sha256,
        out: None,
    };
    let (issued, _) = authority
        .issue_client(&new, BundlePassword::Generate, now)
        .unwrap();
    let certificate = &issued.record.certificate;
    let bearer = Bearer {
        subject: certificate.subject().clone(),
        subject_alt_names: certificate.extensions().subject_alt_names.clone(),
    };
    (issued.record, bearer)
}

impl Stage {
    /// The one stage of all tests, at [`NOW`].
    pub(super) fn shared() -> &'static Self {
        static SHARED: OnceLock<Stage> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = CaData::new(directory.path().join("ca-data"));
        // Old enough for a certificate that has expired an hour ago.
        let founded = NOW - Duration::days(30);
        init(&data, &new_authority(KeyAlgorithm::P256), founded).unwrap();
        let authority = open(&data);
        let (alice, bearer) = issue_alice(&authority, founded);
        let authorities = authority.chain().to_vec();
        let plan = Plan::new(case::all(), bearer.clone(), &authorities, NOW).unwrap();
        let issued = authority.issue_probes(&plan.wanted(), NOW).unwrap();
        let names = &bearer.subject_alt_names;
        let (anchor, made) =
            Anchor::open_or_make(&directory.path().join("anchor"), names, NOW).unwrap();
        assert!(made);
        let kit = plan.make(&issued, Some(&anchor)).unwrap();
        let issuing_key = authority.issuer_of(authority.issuing(), None).unwrap();
        let stage = Self {
            issuing_key: Key::from_pkcs8(issuing_key.into_key().pkcs8()).unwrap(),
            directory,
            authorities,
            alice,
            bearer,
            anchor,
            kit,
        };
        stage.write_lists(&authority);
        stage.write("root", [stage.root().der()]);
        for made in stage.kit.made() {
            stage.write_presented(made.case.name, made.presented.as_ref().unwrap());
        }
        stage
    }

    /// `crl.pem` with what is revoked for the cases that need it, `crl-before.pem` from before that.
    fn write_lists(&self, authority: &Authority) {
        let root = authority.issuer_of(authority.root(), None).unwrap();
        authority
            .publish_crl_until(&root, NOW + Duration::WEEK, NOW)
            .unwrap();
        for name in ["crl-before", "crl"] {
            authority.publish_crl(NOW).unwrap();
            let lists = authority.crl_bundle(NOW).unwrap();
            let text: String = lists
                .iter()
                .map(|list| pem_block("X509 CRL", list.der()))
                .collect();
            std::fs::write(self.path(name), text).unwrap();
            for made in self.kit.made() {
                let record = made.record.as_slice();
                if let (Some(reason), "crl-before") = (reason_of(&made.case.act), name) {
                    authority.revoke(record, reason, NOW).unwrap();
                }
            }
        }
    }

    pub(super) fn root(&self) -> &Certificate {
        self.authorities.last().unwrap()
    }

    pub(super) fn presented(&self, case: &str) -> &Presented {
        let made = self.kit.find(case).unwrap_or_else(|| panic!("{case}"));
        made.presented.as_ref().unwrap()
    }

    /// The DER of what a case proves itself with.
    pub(super) fn end_entity(&self, case: &str) -> &[u8] {
        self.presented(case).chain.first().unwrap()
    }

    /// The names that a case's certificate carries.
    pub(super) fn names(&self, case: &str) -> Vec<SubjectAltName> {
        let certificate = Certificate::from_der(self.end_entity(case)).unwrap();
        certificate.extensions().subject_alt_names.clone()
    }

    /// Where a file of this name lies.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(format!("{name}.pem"))
    }

    pub(super) fn write<T: AsRef<[u8]>>(
        &self,
        name: &str,
        certificates: impl IntoIterator<Item = T>,
    ) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, pem::certificates(certificates)).unwrap();
        path
    }

    /// `NAME.pem` with the end entity alone, `NAME-above.pem` with the rest of the chain.
    pub(super) fn write_presented(&self, name: &str, presented: &Presented) {
        let (end_entity, above) = presented.chain.split_first().unwrap();
        self.write(name, [end_entity]);
        self.write(&format!("{name}-above"), above);
    }
}

/// When a case needs its certificate to be revoked, and why.
pub(super) fn reason_of(act: &case::Act) -> Option<ReasonCode> {
    match act {
        case::Act::AfterRevocation(reason) => Some(*reason),
        case::Act::Renegotiate
        | case::Act::Resume {
            after_revocation: true,
            ..
        } => Some(ReasonCode::Superseded),
        _ => None,
    }
}

pub(super) fn pem_block(label: &str, der: &[u8]) -> String {
    ::pem::encode(&::pem::Pem::new(label, der))
}
