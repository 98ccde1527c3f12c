//! CAs that other programs really made are taken over and go on issuing; what they had issued goes on being good.

mod by_openssl;
mod by_others;
mod files;
mod keys;
mod last_crl;
mod openssl;
mod refusals;
mod status;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use serde_json::Value;

use crate::support::tls::Session;
use crate::support::{Authority, Credentials, Finished, Server, Tls, path_text, visit};

/// The passphrase of keys that other programs encrypt; a test greps for it.
const KEY_PASSPHRASE: &str = "marmalade-bicycle-thunder-7";

/// `import-ca` with these words, the key's passphrase in its environment.
#[track_caller]
fn import_ca(authority: &Authority, words: &[&str]) -> Finished {
    let mut command = authority.command(&[&["import-ca"], words].concat());
    command.env("PKI_KEY_PASSPHRASE", KEY_PASSPHRASE);
    crate::support::finish(&mut command)
}

/// Every row of the inventory: name with device, profile, status, reason.
#[track_caller]
fn listed(authority: &Authority) -> Vec<[String; 4]> {
    let document = authority.json(&["list"]);
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let rows = document["certificates"].as_array().unwrap().iter();
    let mut rows: Vec<_> = rows
        .map(|row| {
            let name = match row["device"].as_str() {
                Some(device) => format!("{}/{device}", text(&row["name"])),
                None => text(&row["name"]),
            };
            [
                name,
                text(&row["profile"]),
                text(&row["status"]),
                text(&row["reason_code"]),
            ]
        })
        .collect();
    rows.sort();
    rows
}

/// What a CA that was taken over must do from then on, judged against the root that its clients have had all along.
///
/// Nothing where a tool is missing and may be.
#[track_caller]
fn assert_it_goes_on(authority: &Authority, root: &Path, strict: bool) -> Option<()> {
    let zoe = authority.credentials(&authority.issue_client(&["zoe"]))?;
    let server = authority.json(&["issue-server", "zoe.example.org"]);
    let server = authority.home().join(server["fullchain"].as_str().unwrap());
    for (purpose, certificate, chain) in [
        ("sslclient", &zoe.certificate, zoe.chain.as_deref()),
        ("sslserver", &server, Some(server.as_path())),
    ] {
        let strict = if strict { &["-x509_strict"][..] } else { &[] };
        let chain = chain.map_or(Vec::new(), |chain| vec!["-untrusted", path_text(chain)]);
        let words = ["verify", "-purpose", purpose, "-CAfile", path_text(root)];
        let words = [&words[..], strict, &chain, &[path_text(certificate)]].concat();
        authority.openssl(&words)?.ok();
    }
    assert_rustls_accepts(root, &zoe.certificate, zoe.chain.as_deref(), None);
    assert_rustls_accepts(root, &server, None, Some("zoe.example.org"));

    let server = Server::start(authority, &[]);
    let visit = visit(authority, &server, Some(&zoe), Tls::V1_3, Session::Fresh)?;
    visit.assert_judged(200, "accepted", None);
    Some(())
}

/// A login with a certificate of the time before, accepted or refused for this reason.
#[track_caller]
fn assert_login(
    authority: &Authority,
    credentials: &Credentials,
    reason: Option<&str>,
) -> Option<()> {
    let server = Server::start(authority, &[]);
    let visit = visit(
        authority,
        &server,
        Some(credentials),
        Tls::V1_3,
        Session::Fresh,
    )?;
    match reason {
        None => visit.assert_judged(200, "accepted", None),
        Some(_) => visit.assert_judged(403, "refused", reason),
    }
    Some(())
}

/// rustls builds the path from this root: to a client, or to a server of this name.
#[track_caller]
fn assert_rustls_accepts(
    root: &Path,
    certificate: &Path,
    chain: Option<&Path>,
    host: Option<&str>,
) {
    let mut roots = RootCertStore::empty();
    roots.add(certificates(root).remove(0)).unwrap();
    let (roots, provider) = (Arc::new(roots), Arc::new(default_provider()));
    let mut presented = certificates(certificate);
    presented.extend(chain.into_iter().flat_map(certificates));
    let end_entity = presented.remove(0);
    let refused = match host {
        Some(host) => WebPkiServerVerifier::builder_with_provider(roots, provider)
            .build()
            .unwrap()
            .verify_server_cert(
                &end_entity,
                &presented,
                &ServerName::try_from(host).unwrap(),
                &[],
                UnixTime::now(),
            )
            .err(),
        None => WebPkiClientVerifier::builder_with_provider(roots, provider)
            .build()
            .unwrap()
            .verify_client_cert(&end_entity, &presented, UnixTime::now())
            .err(),
    };
    assert!(refused.is_none(), "{}: {refused:?}", certificate.display());
}

fn certificates(path: &Path) -> Vec<CertificateDer<'static>> {
    let found = CertificateDer::pem_file_iter(path).unwrap();
    found.map(|certificate| certificate.unwrap()).collect()
}

/// A client's certificate and key that lie in files.
fn credentials(certificate: PathBuf, key: PathBuf, chain: Option<PathBuf>) -> Credentials {
    Credentials {
        certificate,
        key,
        chain,
    }
}

/// Writes a file below the authority's home, with its directories.
#[track_caller]
fn write(authority: &Authority, relative: &str, contents: &str) -> PathBuf {
    let path = authority.path(relative);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, contents).unwrap();
    path
}
