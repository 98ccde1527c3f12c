//! The forms in which proxies pass a client's certificate on, and what is none of them.
//!
//! The field of exactly one form counts, and only if it is there once. A field of another form beside it, under whatever
//! spelling, was not made by the proxy that this server was told of: then nothing is answered about either.

mod client_cert;
mod pem;
mod traefik;
mod xfcc;

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, HeaderValue};

use super::secret;
use crate::judge::MAX_CHAIN;

/// The longest field that is read, in octets.
const MAX_FIELD: usize = 64 << 10;

/// How a proxy passes the certificate of its client on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `X-SSL-Client-Cert`: PEM, URL-encoded, as nginx' `$ssl_client_escaped_cert` is.
    Pem,
    /// `X-Forwarded-Client-Cert`: one element with `Cert`, as Envoy makes it.
    Xfcc,
    /// `Client-Cert` and, for the rest of the chain, `Client-Cert-Chain` (RFC 9440).
    ClientCert,
    /// `X-Forwarded-Tls-Client-Cert`: the base64 of each certificate, separated by commas, as Traefik makes it.
    Traefik,
}

/// What a request holds where its form has it.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Field<'a> {
    own: &'a [u8],
    /// Only one form has a second field, for the certificates above the client's own.
    above: &'a [u8],
}

/// What is wrong with how a proxy asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::server) enum Fault {
    /// A field is there that only another form has.
    Foreign,
    /// A field is there that only an answer has.
    Answer,
    /// A field is there more than once.
    Twice,
    /// A field is longer than any certificate.
    TooLong,
    /// There are more certificates than any chain has.
    TooMany,
    /// What the field holds is not what the form says.
    Unreadable,
    /// There are certificates above one that is not there.
    ChainAlone,
}

/// Every field in which some proxy passes a certificate on, or what it says, with the form that has it.
const FIELDS: [(&str, Form); 6] = [
    (pem::FIELD, Form::Pem),
    (xfcc::FIELD, Form::Xfcc),
    (client_cert::FIELD, Form::ClientCert),
    (client_cert::CHAIN, Form::ClientCert),
    (traefik::FIELD, Form::Traefik),
    (traefik::INFO, Form::Traefik),
];

impl Form {
    /// What of a request tells of certificates, if nothing is there that is not this form's.
    pub(in crate::server) fn field(self, headers: &HeaderMap) -> Result<Field<'_>, Fault> {
        for name in headers.keys().map(HeaderName::as_str) {
            if self.is_foreign(name) {
                return Err(Fault::Foreign);
            }
            if is_answer(name) {
                return Err(Fault::Answer);
            }
        }
        let (own, above) = match self {
            Self::Pem => (pem::FIELD, None),
            Self::Xfcc => (xfcc::FIELD, None),
            Self::ClientCert => (client_cert::FIELD, Some(client_cert::CHAIN)),
            Self::Traefik => (traefik::FIELD, None),
        };
        Ok(Field {
            above: match above {
                Some(above) => only(headers, above)?,
                None => &[],
            },
            own: only(headers, own)?,
        })
    }

    /// The certificates (DER) that it tells of, the client's own first; none where it tells of none.
    pub(in crate::server) fn read(self, field: Field<'_>) -> Result<Vec<Vec<u8>>, Fault> {
        let Field { own, above } = field;
        let chain = match self {
            Self::Pem => pem::read(own),
            Self::Xfcc => xfcc::read(own),
            Self::ClientCert => client_cert::read(own, above),
            Self::Traefik => traefik::read(own),
        }?;
        if chain.len() > MAX_CHAIN {
            return Err(Fault::TooMany);
        }
        match chain.iter().all(|certificate| is_one_sequence(certificate)) {
            true => Ok(chain),
            false => Err(Fault::Unreadable),
        }
    }

    /// Says whether a field is one of another form, or of any form in a spelling that some application takes for it.
    fn is_foreign(self, name: &str) -> bool {
        let is_spelled =
            |(field, _): &&(&str, Self)| field.len() == name.len() && begins_like(name, field);
        let found = FIELDS.iter().find(is_spelled);
        found.is_some_and(|(field, form)| *form != self || *field != name)
    }
}

impl<'a> Field<'a> {
    /// The octets that say by themselves all that is told.
    pub(super) fn alone(self) -> Option<&'a [u8]> {
        self.above.is_empty().then_some(self.own)
    }
}

impl Fault {
    /// What is wrong, in one sentence.
    pub(in crate::server) fn message(self) -> &'static str {
        match self {
            Self::Foreign => {
                "A field of another form than the configured one is there: the proxy must remove it."
            }
            Self::Answer => {
                "A field Pki-* is there, which only answers have: the proxy must remove what its client sends."
            }
            Self::Twice => {
                "The certificate's field is there more than once: the proxy must remove what its client sends."
            }
            Self::TooLong => "The certificate's field is longer than 64 KiB.",
            Self::TooMany => "There are more than 10 certificates.",
            Self::Unreadable => {
                "The certificate's field does not hold what the configured form says."
            }
            Self::ChainAlone => "There is a chain without the client's own certificate.",
        }
    }
}

/// Says whether a field is one that applications take for an answer of ours; a client could only forge it.
fn is_answer(name: &str) -> bool {
    begins_like(name, "pki-") && name != secret::FIELD
}

/// Says whether a name begins so, in a spelling that some application takes for it: to many an underscore or a dot is as good as
/// a hyphen.
fn begins_like(name: &str, beginning: &str) -> bool {
    let alike = |one: u8, other: u8| match one {
        b'-' => !other.is_ascii_alphanumeric(),
        one => one == other,
    };
    let mut pairs = beginning.bytes().zip(name.bytes());
    name.len() >= beginning.len() && pairs.all(|(one, other)| alike(one, other))
}

/// The value of a field; nothing where it is not there or empty, as proxies leave it that have no certificate.
fn only<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a [u8], Fault> {
    let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let value = values.next().unwrap_or_default();
    if values.next().is_some() {
        return Err(Fault::Twice);
    }
    match value.len() > MAX_FIELD {
        true => Err(Fault::TooLong),
        false => Ok(value),
    }
}

/// Says whether octets are one SEQUENCE in DER (X.690 §8.9, §10.1) and nothing behind it; whether it is a certificate is judged.
fn is_one_sequence(der: &[u8]) -> bool {
    let Some((0x30, rest)) = der.split_first().map(|(tag, rest)| (*tag, rest)) else {
        return false;
    };
    let Some((first, rest)) = rest.split_first() else {
        return false;
    };
    // A long length says in how many octets it stands; four hold more than a field does.
    let (length, contents) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        long @ 0x81..=0x84 => match rest.split_at_checked(usize::from(long & 0x7f)) {
            Some((octets, rest)) => (
                octets
                    .iter()
                    .fold(0, |length, octet| length << 8 | usize::from(*octet)),
                rest,
            ),
            None => return false,
        },
        _ => return false,
    };
    length == contents.len()
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests;
