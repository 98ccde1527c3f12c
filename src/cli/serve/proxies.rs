//! Where and how proxies ask.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use zeroize::Zeroizing;

use super::super::values;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::server::{Form, Place, SharedSecret, Verification};

/// What the place on a socket begins with.
const SOCKET: &str = "unix:";

/// How a proxy passes the certificate of its client on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormArg {
    /// X-SSL-Client-Cert: PEM, URL-encoded (nginx)
    Pem,
    /// X-Forwarded-Client-Cert with Cert (Envoy)
    Xfcc,
    /// Client-Cert and Client-Cert-Chain of RFC 9440 (Caddy)
    ClientCert,
    /// X-Forwarded-Tls-Client-Cert (Traefik)
    Traefik,
}

/// The options about proxies.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "For proxies (docs/verify.md)")]
pub(super) struct ProxyArgs {
    /// Where proxies ask whom a certificate lets in: unix:PATH, or an address of the loopback interface
    #[arg(long, value_name = "PLACE", requires = "verify_form", value_parser = place)]
    verify: Option<Place>,
    /// How they pass the certificate on
    #[arg(long, value_name = "FORM", requires = "verify")]
    verify_form: Option<FormArg>,
    /// A file (0600) with the secret that they send in Pki-Verify-Secret; needed with an address
    #[arg(long, value_name = "FILE", requires = "verify")]
    verify_secret_file: Option<PathBuf>,
}

impl ProxyArgs {
    /// What was asked for; nothing where no proxy is to be answered.
    pub(super) fn verification(&self) -> Result<Option<Verification>> {
        let (Some(place), Some(form)) = (&self.verify, self.verify_form) else {
            return Ok(None);
        };
        let form = match form {
            FormArg::Pem => Form::Pem,
            FormArg::Xfcc => Form::Xfcc,
            FormArg::ClientCert => Form::ClientCert,
            FormArg::Traefik => Form::Traefik,
        };
        let secret = match &self.verify_secret_file {
            Some(path) => Some(read_secret(path)?),
            None => None,
        };
        Verification::new(place.clone(), form, secret).map(Some)
    }
}

/// One trailing line end is not part of it.
fn read_secret(path: &Path) -> Result<SharedSecret> {
    let contents: Zeroizing<Vec<u8>> = file::read_private(path)?;
    let line = contents.strip_suffix(b"\n").unwrap_or(&contents);
    SharedSecret::new(line.strip_suffix(b"\r").unwrap_or(line))
}

fn place(text: &str) -> Result<Place> {
    match text.strip_prefix(SOCKET) {
        Some("") => Err(
            Error::new(ErrorKind::InvalidInput, "no path stands behind unix:")
                .with_hint("Give one such as unix:/run/pki/verify.sock."),
        ),
        Some(path) => Ok(Place::Socket(PathBuf::from(path))),
        None => match values::address(text) {
            Ok(address) => Ok(Place::Address(address)),
            Err(cause) => Err(cause.with_hint(
                "Give a socket as unix:PATH, such as unix:/run/pki/verify.sock, or an address such as 127.0.0.1:8444.",
            )),
        },
    }
}
