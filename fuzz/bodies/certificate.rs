//! X.509 certificates and CRLs, from the network and from files.

use pki::bundle;
use pki::certificate::{
    Certificate, CertificateList, CrlDates, DistinguishedName, Fingerprint, ForeignList, KeyUsage,
    object_identifier as oid, public_key_of,
};
use pki::inventory::Summary;
use pki::judge::{Verdict, examine, judge};
use pki::key::{check_public_key, public_value};

use super::stage::{NOW, STAGE};

/// Reads a certificate and a CRL in every way in which the program does.
pub fn read(input: &[u8]) {
    judged(input);
    if let Ok(certificate) = Certificate::from_file(input) {
        stated(&certificate);
    }
    if let Ok(all) = bundle::pem::read_certificates(input) {
        let written = bundle::pem::certificates(&all);
        let again = bundle::pem::read_certificates(written.as_bytes());
        assert!(again.is_ok_and(|again| again == all));
        drop(bundle::pkcs7::write(all.iter().map(Vec::as_slice)));
    }
    listed(input);
}

/// Only the octets that the inventory knows are let in, whatever row it is asked about and whatever chain comes along.
fn judged(input: &[u8]) {
    let stage = &*STAGE;
    let is_alice = input == stage.alice.certificate.der();
    let alone = [input];
    let above = [input, stage.issuing.der(), stage.root.der()];
    let below = [stage.alice.certificate.der(), input];
    for presented in [&alone[..], &above] {
        for record in [None, Some(&stage.alice)] {
            let verdict = judge(presented, &stage.authorities, record, NOW);
            let is_known = is_alice && record.is_some();
            assert_eq!(verdict == Verdict::Accepted, is_known);
            let (reason, checks) = examine(presented, &stage.authorities, record, NOW);
            assert_eq!(reason.is_none(), is_known);
            assert!(is_known || checks.iter().any(|check| check.ok == Some(false)));
        }
    }
    // A chain takes nothing away and adds nothing.
    let verdict = judge(&below, &stage.authorities, Some(&stage.alice), NOW);
    assert_eq!(verdict, Verdict::Accepted);
}

/// Everything that is asked of a certificate that could be read.
fn stated(certificate: &Certificate) {
    let stage = &*STAGE;
    let der = certificate.der();
    assert!(Certificate::from_der(der).is_ok_and(|again| again == *certificate));
    let again = Certificate::from_file(certificate.pem().as_bytes());
    assert!(again.is_ok_and(|again| again == *certificate));
    for issuer in [&stage.issuing, certificate] {
        let (read, is_signed) = Certificate::from_der_beneath(der, issuer).unwrap();
        assert!(read == *certificate && is_signed == certificate.is_signed_by(issuer));
    }
    let facts = certificate.facts();
    assert!(certificate.conforms_to(facts).is_ok());
    assert_eq!(certificate.fingerprint(), Fingerprint::of(der));
    assert_eq!(
        public_key_of(der).as_deref(),
        Some(facts.public_key.as_slice())
    );
    for name in [certificate.subject(), certificate.issuer()] {
        let again = DistinguishedName::from_der(name.der());
        assert!(again.is_ok_and(|again| again == *name && again.as_str() == name.as_str()));
    }
    drop((
        certificate.version(),
        certificate.has_negative_serial_number(),
        certificate.is_signed_weakly(),
        certificate.is_self_issued(),
        certificate.constrains_other_names(),
        certificate.may_sign_certificates(),
        certificate.allows_usage(KeyUsage::DIGITAL_SIGNATURE),
        certificate.allows_purpose(oid::CLIENT_AUTH),
        certificate.organization(),
        certificate.email_address(),
    ));
    let _ = certificate.unknown_critical_extension();
    let shown = serde_json::to_string(&Summary::of_unknown(certificate, NOW));
    assert!(shown.is_ok());
    drop((
        format!("{certificate:?} {facts:?}"),
        certificate.key_algorithm(),
    ));
    drop((
        check_public_key(&facts.public_key),
        public_value(&facts.public_key),
    ));
    let extensions = certificate.extensions();
    for name in &extensions.subject_alt_names {
        drop((extensions.name_constraints.permits(name), name.value()));
    }
    drop(extensions.key_usage.map(KeyUsage::names));
    drop(pki::authority::ForeignAuthority::examine(
        certificate,
        std::slice::from_ref(&stage.root),
        NOW,
    ));
}

/// A CRL of ours, and one of a CA that is taken over.
fn listed(input: &[u8]) {
    let stage = &*STAGE;
    let ours = CertificateList::from_der(input);
    if let Ok(list) = &ours {
        let mut entries = 0_usize;
        assert!(list.visit(|_| entries += 1).is_ok());
        assert!(CertificateList::unread(input).is_ok_and(|unread| unread.facts() == list.facts()));
        assert!(pem_contents(&list.pem()) == input && !list.is_signed_by(&stage.root));
        drop(format!("{:?}", list.facts()));
    }
    drop(CrlDates::of_der(input));
    if let Ok(list) = ForeignList::from_file(input) {
        drop((list.issuer().to_string(), list.this_update()));
        assert!(
            list.entries()
                .iter()
                .all(|it| it.serial_number.octets().len() <= 20)
        );
        let (signed, named) = (
            list.is_signed_by(&stage.issuing),
            list.names(&stage.issuing),
        );
        assert!(named || !signed);
        if input.starts_with(b"0")
            && let Ok(ours) = &ours
        {
            let mut entries = Vec::new();
            assert!(ours.visit(|entry| entries.push(entry.clone())).is_ok());
            assert_eq!(entries, list.entries());
        }
    }
}

fn pem_contents(text: &str) -> Vec<u8> {
    pem::parse(text)
        .expect("a block that was just written")
        .into_contents()
}
