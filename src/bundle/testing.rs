//! What the unit tests of bundles share: identities made with rcgen.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SignatureAlgorithm,
};
use zeroize::Zeroizing;

use super::Identity;

pub(super) static P256: &SignatureAlgorithm = &rcgen::PKCS_ECDSA_P256_SHA256;
pub(super) static KINDS: [&SignatureAlgorithm; 5] = [
    P256,
    &rcgen::PKCS_ECDSA_P384_SHA384,
    &rcgen::PKCS_ECDSA_P521_SHA512,
    &rcgen::PKCS_RSA_SHA256,
    &rcgen::PKCS_ED25519,
];

/// An identity with an issuing CA and a root above it.
pub(super) fn identity(algorithm: &'static SignatureAlgorithm, name: &str) -> Identity {
    let key = || KeyPair::generate_for(P256).unwrap();
    let root = ca("Root", key());
    let root_certificate = root.0.self_signed(&root.1).unwrap();
    let root = Issuer::new(root.0, root.1);
    let issuing = ca("Issuing CA", key());
    let issuing_certificate = issuing.0.signed_by(&issuing.1, &root).unwrap();
    let issuing = Issuer::new(issuing.0, issuing.1);

    let key = KeyPair::generate_for(algorithm).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.signed_by(&key, &issuing).unwrap();
    Identity {
        private_key: Zeroizing::new(
            super::certificate::private_key_info(&key.serialize_der())
                .unwrap()
                .to_vec(),
        ),
        certificate: certificate.der().to_vec(),
        chain: vec![
            issuing_certificate.der().to_vec(),
            root_certificate.der().to_vec(),
        ],
        friendly_name: Some(name.to_owned()),
    }
}

fn ca(name: &str, key: KeyPair) -> (CertificateParams, KeyPair) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    (params, key)
}
