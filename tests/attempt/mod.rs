//! How a probe tries a case, at servers of others: what each says to it, and that it is told as it was.
//!
//! These reach into the library: an attempt is a part of `pki probe` that has no command of its own.

mod crowd;
mod gnutls;
mod headers;
mod ours;
mod proofs;
mod renegotiated;
mod resumed;

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pki::certificate::Certificate;
use pki::login::Url;
use pki::probe::attempt::{Attempt, Baseline, Place};
use pki::probe::{Key, LetIn, Presented, Told};

use crate::servers::{Kind, Revocations, Running, Site};
use crate::support::{Authority, Credentials, path_text, tool};

/// An authority with a server's certificate for localhost, and alice with what she presents.
struct Ground {
    authority: Authority,
    alice: Presented,
}

impl Ground {
    /// None where OpenSSL is missing, which takes the bundle apart.
    #[track_caller]
    fn new() -> Option<Self> {
        let authority = Authority::init(&["--no-passphrase"]);
        authority.pki(&["issue-server", "localhost"]).ok();
        let credentials = authority.credentials(&authority.issue_client(&["alice"]))?;
        let alice = presented(&credentials, &authority.issuing());
        Some(Self { authority, alice })
    }

    /// Starts a server; none where the program is missing.
    #[track_caller]
    fn start(&self, kind: &'static Kind, configure: impl Fn(&Site) -> String) -> Option<Running> {
        Running::start_with(kind, &self.authority, &Revocations::None, &configure)
    }

    fn place(&self, server: &Running) -> Place {
        self.place_at(&format!("https://localhost:{}/", server.port()))
    }

    fn place_at(&self, url: &str) -> Place {
        let path = tool("openssl").unwrap();
        Place {
            url: Url::parse(url).unwrap(),
            name: "alice".to_owned(),
            root: certificate(&self.authority.root()),
            path: path.parent().unwrap().into(),
        }
    }

    /// What it looks like there to be let in.
    #[track_caller]
    fn learned(&self, place: &Place) -> LetIn {
        let baseline = wait(Baseline::take(place, &self.alice)).unwrap();
        assert!(baseline.with.presented, "{baseline:?}");
        baseline.let_in.unwrap()
    }

    fn ca(&self, name: &str) -> String {
        let path = self.authority.path(&format!("ca-data/{name}.pem"));
        path_text(&path).to_owned()
    }

    /// The CRLs of both CAs, as they are now.
    #[track_caller]
    fn crls(&self) -> PathBuf {
        let crls = self.authority.path("crl.pem");
        let words = ["crl", "--bundle", "--out", path_text(&crls)];
        self.authority.pki(&words).ok();
        crls
    }
}

fn certificate(path: &Path) -> Certificate {
    Certificate::from_file(&fs::read(path).unwrap()).unwrap()
}

fn presented(credentials: &Credentials, issuing: &Path) -> Presented {
    let key = pem::parse(fs::read(&credentials.key).unwrap()).unwrap();
    let chain = [&credentials.certificate, issuing].map(|path| certificate(path).der().to_vec());
    Presented {
        chain: chain.into(),
        key: Arc::new(Key::from_pkcs8(key.contents()).unwrap()),
    }
}

/// Waits for what the library does in its own time.
fn wait<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// Panics unless the client was let in.
#[track_caller]
fn is_let_in(attempt: &Attempt) {
    assert!(attempt.told.is_let_in(), "{attempt:?}");
    assert_eq!(attempt.distrust, None);
}

/// Panics unless the client was kept out by this alert.
#[track_caller]
fn is_refused_by(attempt: &Attempt, alert: &str) {
    let refused = Told::RefusedInHandshake(format!("alert {alert}"));
    assert_eq!(attempt.told, refused, "{attempt:?}");
}
