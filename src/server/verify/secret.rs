//! The secret by which a proxy shows who it is, where anybody on the machine could ask.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use axum::http::HeaderMap;

use crate::error::{Error, ErrorKind, Result};

/// The field in which a proxy sends it.
pub(super) const FIELD: &str = "pki-verify-secret";
/// How short a secret may be, in octets.
const SHORTEST: usize = 16;
/// Longer than anybody needs; proxies have their own bounds for a field.
const LONGEST: usize = 1024;

/// A secret that is known again, but not kept.
#[derive(Clone)]
pub struct SharedSecret(Digest);

impl SharedSecret {
    /// Takes 16 octets or more of visible ASCII, which every proxy can put into a field.
    ///
    /// # Errors
    /// Refuses anything else.
    pub fn new(secret: &[u8]) -> Result<Self> {
        let refuse = |fact: String| {
            let hint = "Make one with openssl rand -hex 32.";
            Err(Error::new(ErrorKind::InvalidInput, fact).with_hint(hint))
        };
        match secret.len() {
            length if length < SHORTEST => refuse(format!(
                "the proxies' secret has {length} octets, and fewer than {SHORTEST} can be guessed"
            )),
            length if length > LONGEST => refuse(format!(
                "the proxies' secret is longer than {LONGEST} octets"
            )),
            _ if !secret.iter().all(u8::is_ascii_graphic) => refuse(
                "the proxies' secret holds something else than visible ASCII, which no header field can carry as it is"
                    .to_owned(),
            ),
            _ => Ok(Self(digest(&SHA256, secret))),
        }
    }

    /// Says whether a request brings exactly this secret, once. How long that takes tells nothing of how much of it was right.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut brought = headers.get_all(FIELD).iter();
        let (Some(value), None) = (brought.next(), brought.next()) else {
            return false;
        };
        let brought = digest(&SHA256, value.as_bytes());
        verify_slices_are_equal(brought.as_ref(), self.0.as_ref()).is_ok()
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef";

    fn brought(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(FIELD, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn exactly_the_secret_is_right_and_only_once() {
        let secret = SharedSecret::new(SECRET.as_bytes()).unwrap();
        assert!(secret.is_in(&brought(&[SECRET])));
        for wrong in [
            &[][..],
            &[""],
            &["0123456789abcde"],
            &["0123456789abcdef0"],
            &["0123456789abcdeF"],
            &[SECRET, SECRET],
            &["x", SECRET],
        ] {
            assert!(!secret.is_in(&brought(wrong)), "{wrong:?}");
        }
    }

    #[test]
    fn what_can_be_guessed_or_not_sent_is_no_secret() {
        let longest = "x".repeat(LONGEST);
        for good in [SECRET, &longest] {
            assert!(SharedSecret::new(good.as_bytes()).is_ok());
        }
        let longer = "x".repeat(LONGEST + 1);
        for bad in [
            "",
            "0123456789abcde",
            &longer,
            "0123456789 abcdef",
            "0123456789abcdef\n",
            "0123456789äbcdef",
        ] {
            let refusal = SharedSecret::new(bad.as_bytes()).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::InvalidInput);
            assert!(refusal.hint().unwrap().contains("openssl rand"));
            assert!(bad.is_empty() || !refusal.message().contains(bad));
        }
    }

    #[test]
    fn it_is_never_printed() {
        let secret = SharedSecret::new(SECRET.as_bytes()).unwrap();
        assert_eq!(format!("{secret:?}"), "SharedSecret");
    }
}
