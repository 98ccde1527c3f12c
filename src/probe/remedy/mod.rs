//! What a wrong answer means, and what mends it in the server software that gave it.

mod cause;
mod kept_out;
mod mends;

pub(super) use cause::{Cause, undelivered};
pub use kept_out::KeptOut;

use super::Software;

/// What a case is about; the cases of one matter have one cause and one mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// Whether a certificate is demanded at all.
    Demand,
    /// Whether it must lead to a CA that is trusted, by signatures that are good.
    Trust,
    /// Which CAs those are.
    Store,
    /// Whether anything of it is looked at but who signed it; no case by itself is about that.
    Contents,
    /// Whether its validity is looked at.
    Validity,
    /// Whether what nobody understands is refused.
    Whole,
    /// Whether revocations are known.
    Revocation,
    /// What its key may be used for.
    Purpose,
    /// Which CAs may stand between it and the trust anchor.
    Path,
    /// For which names a CA may issue.
    Names,
    /// Whether weak signatures and keys are taken.
    Algorithms,
    /// Whether the client must have the key.
    Possession,
    /// Whether a session outlives the certificate that opened it.
    Sessions,
    /// Whether the application believes what a client writes into a request.
    Headers,
    /// Whether those get in who belong in.
    Welcome,
}

impl Matter {
    /// What it means that somebody was let in who must not be.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Demand => "Whoever has no certificate at all gets in.",
            Self::Trust => "Anybody can make such a certificate, with any name in it, and get in.",
            Self::Store => {
                "Every CA that the server's system trusts decides who gets in: whoever has a certificate with that name from one of them."
            }
            Self::Contents => {
                "Whatever this CA ever signed lets in: nothing of what stands in a certificate counts, neither its end nor its purpose."
            }
            Self::Validity => {
                "A certificate lets in whenever it likes: its dates are not looked at."
            }
            Self::Whole => {
                "A certificate counts with conditions in it that the server did not understand."
            }
            Self::Revocation => {
                "Whoever lost a device or left still gets in: the server does not know of the revocation."
            }
            Self::Purpose => {
                "A certificate that was made for something else, such as a server's, lets its holder in as a client."
            }
            Self::Path => {
                "Somebody with a certificate of their own, or a CA that was not meant for this, can issue certificates that get in."
            }
            Self::Names => {
                "A CA that may issue for some names alone, such as those of one department, can issue for all others, too."
            }
            Self::Algorithms => {
                "Signatures and keys count that can be forged or computed with enough effort."
            }
            Self::Possession => {
                "Whoever has somebody's certificate, which is public, gets in without the key."
            }
            Self::Sessions => {
                "A session outlives the certificate that opened it: its holder goes on after the revocation."
            }
            Self::Headers => {
                "Whoever writes a header is taken for whom the header names: the application cannot tell it from the proxy's own."
            }
            Self::Welcome => "Somebody gets in whom this CA did not let in.",
        }
    }

    /// What it means that somebody was kept out who belongs in.
    pub fn meaning_of_refusal(self) -> &'static str {
        match self {
            Self::Sessions => "Who comes back a second time is kept out.",
            _ => "Somebody with a good certificate of this CA is kept out.",
        }
    }

    /// What mends it; in the words of the software, where that is known.
    pub fn mend(self, software: Option<Software>) -> &'static str {
        software
            .and_then(|software| mends::of(self, software))
            .unwrap_or_else(|| mends::anywhere(self))
    }
}
