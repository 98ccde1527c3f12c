//! In which form forged fields are sent.

use super::claims::Fields;
use crate::login::visit::Question;

/// How the names are written, and over which version of HTTP; what compares names letter for letter sees one of these only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    AsProxiesDo,
    Lower,
    Upper,
    /// As proxies do, but behind the body (RFC 9112 §7.1.2).
    Trailer,
    /// Over HTTP/2, where a name in any other case than lower case is malformed (RFC 9113 §8.2.1).
    Http2,
    /// The same behind the body (RFC 9113 §8.1).
    Http2Trailer,
}

impl Form {
    pub(super) const OVER_HTTP1: [Self; 4] =
        [Self::AsProxiesDo, Self::Lower, Self::Upper, Self::Trailer];

    /// Those over HTTP/2, for a server that takes trailers there or does not.
    pub(super) fn over_http2(takes_trailers: bool) -> &'static [Self] {
        match takes_trailers {
            true => &[Self::Http2, Self::Http2Trailer],
            false => &[Self::Http2],
        }
    }

    pub(super) fn is_http2(self) -> bool {
        matches!(self, Self::Http2 | Self::Http2Trailer)
    }

    /// The version of HTTP.
    pub(super) fn http(self) -> &'static str {
        match self.is_http2() {
            true => "HTTP/2",
            false => "HTTP/1.1",
        }
    }

    /// Where in the request they stand, where that is not the header section.
    pub(super) fn place(self) -> &'static str {
        match self {
            Self::Trailer | Self::Http2Trailer => " in a trailer",
            _ => "",
        }
    }

    /// A name as it is sent.
    pub(super) fn written(self, name: &str) -> String {
        match self {
            Self::AsProxiesDo | Self::Trailer => name.to_owned(),
            Self::Lower | Self::Http2 | Self::Http2Trailer => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
        }
    }

    /// A question with these fields.
    pub(super) fn question(self, question: Question, fields: &Fields) -> Question {
        let rename = |(name, value): &(String, String)| (self.written(name), value.clone());
        let written = fields.iter().map(rename).collect();
        match self {
            Self::Trailer | Self::Http2Trailer => Question {
                trailers: written,
                ..question
            },
            _ => Question {
                fields: written,
                ..question
            },
        }
    }
}
