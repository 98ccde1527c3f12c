//! Whether a login would trust a server that was visited.

use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, UnixTime};

use super::super::refusal::describe;
use super::super::{Url, server_verifier};
use super::Visit;
use crate::certificate::Certificate;

/// Why a login would not trust the server: its chain does not lead to the root, or is for another name; nothing where it would.
pub fn distrust(visit: &Visit, root: &Certificate, url: &Url) -> Option<String> {
    let mut chain = (visit.server_chain.iter()).map(|der| CertificateDer::from(&**der));
    let Some(own) = chain.next() else {
        return Some("it presented no certificate".to_owned());
    };
    let others: Vec<_> = chain.collect();
    let verifier = match server_verifier(root) {
        Ok(verifier) => verifier,
        Err(cause) => return Some(cause.message().to_owned()),
    };
    let verified =
        verifier.verify_server_cert(&own, &others, &url.server_name(), &[], UnixTime::now());
    let cause = verified.err()?;
    Some(describe(&cause, url, Some(&own)).message().to_owned())
}
