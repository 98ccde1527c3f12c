//! What signing takes besides the inventory: threads may share it that make certificates while one records them.

use super::{Authority, Secret, server};
use crate::bundle::{self, Form, Identity};
use crate::certificate::{Certificate, Subject};
use crate::error::Result;
use crate::inventory::Holder;
use crate::issuer::Issuer;
use crate::key::PrivateKey;
use crate::name::{Name, SubjectAltName};
use crate::profile::{BaseUrl, Profile, Request};
use crate::serial::SerialNumber;
use crate::validity::Validity;
use zeroize::Zeroizing;

/// The issuing CA with all that its certificates state, as it stands while this is borrowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Desk<'a> {
    issuing: &'a Issuer,
    /// The issuing CA, those above it, the root last.
    chain: &'a [Certificate],
    organization: Option<&'a str>,
    base_url: Option<&'a BaseUrl>,
}

impl Authority {
    pub(super) fn desk(&self) -> Desk<'_> {
        Desk {
            issuing: &self.issuing,
            chain: &self.chain,
            organization: self.organization.as_deref(),
            base_url: self.base_url.as_ref(),
        }
    }
}

impl Desk<'_> {
    /// Asks for a certificate whose subject has this name and the CA's organization.
    pub(super) fn request(
        &self,
        profile: Profile,
        common_name: String,
        names: Vec<SubjectAltName>,
        validity: Validity,
        public_key: Vec<u8>,
    ) -> Result<Request> {
        let subject = Subject {
            common_name,
            organization: self.organization.map(str::to_owned),
        };
        profile.request(subject, names, validity, public_key)
    }

    /// Signs under a serial number that is drawn now.
    pub(super) fn sign(&self, request: &Request) -> Result<Certificate> {
        // An imported CA need not repeat the constraints of those above it, which bind it all the same (RFC 5280 §6.1.4 (g)).
        (self.chain.iter()).try_for_each(|above| request.check_names(above))?;
        self.issuing
            .sign(request, SerialNumber::draw()?, self.base_url)
    }

    /// Says whether a certificate ends earlier than was asked, because the issuing CA does.
    pub(super) fn shortens(&self, request: &Request) -> bool {
        request.is_shortened_by(self.issuing.certificate())
    }

    /// The commonName of a server: its first host, but where programs that take it for a DNS name, as OpenSSL does where there is none in
    /// subjectAltName, would find it outside what the CA may certify, as every address.
    pub(super) fn server_common_name(&self, hosts: &[SubjectAltName], name: &Name) -> String {
        let usual = server::common_name(hosts, name);
        let names_a_host = hosts.iter().any(|it| matches!(it, SubjectAltName::Dns(_)));
        let is_permitted = |above: &Certificate| {
            let constraints = &above.extensions().name_constraints;
            constraints.permit_common_name(&usual)
        };
        match names_a_host || self.chain.iter().all(is_permitted) {
            true => usual,
            false => format!("server {usual}"),
        }
    }

    /// Says whether servers that verify with OpenSSL take the holder for a host that a CA above may not certify.
    pub(super) fn is_taken_for_a_host(&self, request: &Request) -> bool {
        let mut above = self.chain.iter();
        above.any(|above| request.is_taken_for_a_host_outside(above))
    }

    /// What a holder presents beside a certificate that was issued: every CA above but the trust anchor, which the other end
    /// has (RFC 8446 §4.4.2).
    fn above(&self) -> impl Iterator<Item = &Certificate> {
        self.chain.iter().filter(|above| !above.is_self_issued())
    }

    /// A certificate that was issued and what its holder presents beside it.
    pub(super) fn presented(&self, certificate: &Certificate) -> Vec<Certificate> {
        let certificates = std::iter::once(certificate).chain(self.above());
        certificates.cloned().collect()
    }

    /// What is presented beside it, as PEM.
    pub(super) fn above_as_pem(&self) -> String {
        bundle::pem::certificates(self.above().map(Certificate::der))
    }

    /// All that is presented, as PEM.
    pub(super) fn fullchain(&self, certificate: &Certificate) -> Vec<u8> {
        (certificate.pem() + &self.above_as_pem()).into_bytes()
    }

    /// The bundle of somebody's key and certificate, with the whole chain.
    pub(super) fn bundle(
        &self,
        key: &PrivateKey,
        certificate: &Certificate,
        holder: &Holder,
        password: &Secret,
        form: Form,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let chain = self.chain.iter();
        let identity = Identity {
            private_key: key.pkcs8().to_vec().into(),
            certificate: certificate.der().to_vec(),
            chain: chain.map(|above| above.der().to_vec()).collect(),
            friendly_name: Some(friendly_name(holder)),
        };
        bundle::write(&identity, password, form)
    }
}

/// How browsers call the certificate when they ask which one to use.
fn friendly_name(holder: &Holder) -> String {
    match &holder.device {
        Some(device) => format!("{} ({device})", holder.name),
        None => holder.name.to_string(),
    }
}
