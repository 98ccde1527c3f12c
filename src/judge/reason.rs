//! The reasons of a refusal: their order, their words, and what to do.

/// Why a login is refused; where several reasons hold, the first in this order is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is not a readable certificate.
    Malformed,
    /// The issuer's name is not one of ours.
    UnknownIssuer,
    /// The issuer's name is ours, the signature is not.
    BadSignature,
    /// A CA stands in the chain beneath one that allows none.
    PathLength,
    /// A name lies outside the constraints of the CA.
    NameConstraint,
    /// Its keyUsage does not allow signatures.
    WrongKeyUsage,
    /// Its extKeyUsage does not allow TLS client authentication.
    WrongExtendedKeyUsage,
    /// The signature is good, and the inventory does not know it.
    NotIssuedHere,
    /// It was revoked, or is on hold.
    Revoked,
    /// Its notBefore lies ahead.
    NotYetValid,
    /// Its notAfter is past.
    Expired,
}

impl Reason {
    /// Every reason, in the order in which they go before each other.
    pub const ALL: [Self; 11] = [
        Self::Malformed,
        Self::UnknownIssuer,
        Self::BadSignature,
        Self::PathLength,
        Self::NameConstraint,
        Self::WrongKeyUsage,
        Self::WrongExtendedKeyUsage,
        Self::NotIssuedHere,
        Self::Revoked,
        Self::NotYetValid,
        Self::Expired,
    ];

    /// The reason's word in the server's answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownIssuer => "unknown-issuer",
            Self::BadSignature => "bad-signature",
            Self::PathLength => "path-length",
            Self::NameConstraint => "name-constraint",
            Self::WrongKeyUsage => "wrong-key-usage",
            Self::WrongExtendedKeyUsage => "wrong-extended-key-usage",
            Self::NotIssuedHere => "not-issued-here",
            Self::Revoked => "revoked",
            Self::NotYetValid => "not-yet-valid",
            Self::Expired => "expired",
        }
    }

    /// The name of the check that fails for this reason.
    pub fn check(self) -> &'static str {
        match self {
            Self::Malformed => "readable",
            Self::UnknownIssuer => "issuer",
            Self::BadSignature => "signature",
            Self::PathLength => "path-length",
            Self::NameConstraint => "name-constraints",
            Self::WrongKeyUsage => "key-usage",
            Self::WrongExtendedKeyUsage => "extended-key-usage",
            Self::NotIssuedHere => "inventory",
            Self::Revoked => "revocation",
            Self::NotYetValid => "not-before",
            Self::Expired => "not-after",
        }
    }

    /// What is the matter, in one sentence for the person who was refused.
    pub fn message(self) -> &'static str {
        match self {
            Self::Malformed => "What was presented is not a readable certificate.",
            Self::UnknownIssuer => {
                "The certificate was issued by somebody else than this certificate authority."
            }
            Self::BadSignature => {
                "The certificate names this certificate authority as its issuer, but was not signed with its key."
            }
            Self::PathLength => "The certificate was signed by one that may not sign certificates.",
            Self::NameConstraint => {
                "The certificate carries a name that its certificate authority may not certify."
            }
            Self::WrongKeyUsage => {
                "The certificate's key may not be used for signatures, as a login needs."
            }
            Self::WrongExtendedKeyUsage => {
                "The certificate is not meant for logging in as a client."
            }
            Self::NotIssuedHere => {
                "The signature is good, but the inventory does not know this certificate."
            }
            Self::Revoked => "The certificate was revoked.",
            Self::NotYetValid => "The certificate is not valid yet.",
            Self::Expired => "The certificate has expired.",
        }
    }

    /// What to do next, in one sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Malformed => "Import the bundle again, or ask for a new certificate.",
            Self::UnknownIssuer => {
                "Choose the certificate of this authority where the page lets you log in as someone else, or import its bundle first."
            }
            Self::BadSignature => {
                "The certificate may come from an earlier authority of the same name: ask for a new one."
            }
            Self::PathLength | Self::NameConstraint | Self::WrongKeyUsage | Self::NotIssuedHere => {
                "Ask whoever keeps the certificate authority for a certificate made with pki issue-client."
            }
            Self::WrongExtendedKeyUsage => {
                "Choose a client certificate; one for a server or another purpose does not log in."
            }
            Self::Revoked => {
                "Ask whoever keeps the certificate authority why; a hold can be lifted, and pki issue-client makes a new one."
            }
            Self::NotYetValid => "Check the clocks of both machines, or wait until it begins.",
            Self::Expired => {
                "Ask whoever keeps the certificate authority for a new one: pki renew or pki issue-client makes it."
            }
        }
    }
}
