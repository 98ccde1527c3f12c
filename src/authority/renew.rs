//! Renewal: a new key and serial number under the same names, and an end for the old certificate.

use std::path::PathBuf;

use time::OffsetDateTime;

use super::{
    Authority, BundlePassword, Handover, Issued, NewClient, NewFromCsr, NewServer, ServerFiles,
};
use crate::bundle::Form;
use crate::csr::CertificationRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{Holder, Record, Superseded};
use crate::key::KeyAlgorithm;
use crate::profile::{AltNames, Profile};

/// How a certificate is renewed.
#[derive(Debug)]
pub struct NewRenewal {
    /// From when on the old certificate counts as revoked (superseded).
    pub old_until: OffsetDateTime,
    /// A request with the key to certify; without it, a new key is made.
    pub csr: Option<CertificationRequest>,
    /// The form of a client's bundle.
    pub form: Form,
    /// The password of a client's bundle.
    pub password: BundlePassword,
    /// Where the bundle or chain is written.
    pub out: Option<PathBuf>,
}

/// What a renewal wrote.
#[derive(Debug)]
pub enum Renewed {
    /// A client's bundle.
    Bundle(Handover),
    /// A server's chain and key.
    Server(ServerFiles),
    /// The chain for the key of a request.
    Chain(PathBuf),
}

impl Authority {
    /// Issues a certificate with the names and the length of life of an earlier one.
    ///
    /// # Errors
    /// Refuses a CA, a revoked certificate, and one that was renewed already.
    pub fn renew(
        &self,
        old: &Record,
        new: NewRenewal,
        now: OffsetDateTime,
    ) -> Result<(Issued, Renewed)> {
        let holder = self.successor(old, new.old_until, now)?;
        let (name, device) = (holder.name.clone(), holder.device.clone());
        let names = old.certificate.extensions().subject_alt_names.clone();
        let validity = old.certificate.validity().renewing(now)?;
        let NewRenewal {
            csr,
            form,
            password,
            out,
            ..
        } = new;
        if let Some(csr) = csr {
            // The names are those that were certified before, whatever the request says.
            let csr = CertificationRequest {
                hosts: names.clone(),
                ..csr
            };
            let profile = old.profile;
            let new = NewFromCsr {
                profile,
                name,
                device,
                subject_alt_names: names,
                validity,
                out,
            };
            let (issued, path) = self.write_from_csr(&csr, &new, AltNames::Copied, &holder, now)?;
            return Ok((issued, Renewed::Chain(path)));
        }
        let key_algorithm = KeyAlgorithm::parse(&old.certificate.key_algorithm())?;
        if old.profile == Profile::Server {
            let new = NewServer {
                name,
                hosts: names,
                validity,
                key_algorithm,
            };
            let (issued, files) = self.write_server(&new, AltNames::Copied, &holder, now)?;
            return Ok((issued, Renewed::Server(files)));
        }
        let new = NewClient {
            name,
            device,
            subject_alt_names: names,
            validity,
            key_algorithm,
            form,
            out,
        };
        let (issued, handover) =
            self.write_client(&new, AltNames::Copied, &holder, password, now)?;
        Ok((issued, Renewed::Bundle(handover)))
    }

    fn successor(
        &self,
        old: &Record,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<Holder> {
        let refuse = |fact: String, hint: String| {
            Err(Error::new(ErrorKind::NotPermitted, fact).with_hint(hint))
        };
        let serial_number = old.certificate.serial_number();
        let Some(name) = old
            .name
            .clone()
            .filter(|_| matches!(old.profile, Profile::Client | Profile::Server))
        else {
            return refuse(
                format!(
                    "{} is not a client or server certificate",
                    old.certificate.subject()
                ),
                "Only certificates of people, devices and servers are renewed.".to_owned(),
            );
        };
        if let Some(newer) = &old.superseded_by {
            return refuse(
                format!("{serial_number} was renewed already"),
                format!("Renew its successor: pki renew {newer}."),
            );
        }
        if old.is_revoked(now) {
            return refuse(
                format!("{serial_number} is revoked"),
                "Issue a new certificate with pki issue-client or pki issue-server.".to_owned(),
            );
        }
        let superseded = Superseded {
            record: old.clone(),
            until: Some(until),
        };
        Ok(Holder {
            name,
            device: old.device.clone(),
            supersedes: Some(superseded),
        })
    }
}
