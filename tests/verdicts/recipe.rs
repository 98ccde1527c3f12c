//! Everything in which a presented certificate may differ from one that our CA issued for a login.

/// The CA at whose name the presented chain ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Top {
    /// The CA that issues now.
    #[default]
    Current,
    /// The CA before it, which is valid still.
    Former,
    /// A CA of ours that was revoked.
    Withdrawn,
    /// A CA of ours that has ended.
    Ended,
    /// A CA of ours whose validity has not begun.
    Coming,
    /// Somebody else's CA.
    Foreign,
    /// Somebody else's CA of our CA's name, with a key of the same algorithm.
    Namesake,
    /// The same with an RSA key.
    NamesakeWithRsa,
    /// None: the certificate is signed with its own key.
    Itself,
}

/// What stands between that CA and the presented certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Between {
    #[default]
    Nothing,
    /// A CA, where the one above allows none beneath it.
    Authority,
    /// Two of them.
    TwoAuthorities,
    /// A certificate that is no CA's.
    EndEntity,
}

/// What was done to what the CA at the chain's end signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Signature {
    #[default]
    Good,
    /// The last bit of the signature is another.
    Flipped,
    /// A letter of the subject is another.
    SubjectAltered,
    /// The algorithm beside the signature is not the one that was signed (RFC 5280 §4.1.1.2).
    OtherAlgorithm,
}

/// What was done to the octets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    #[default]
    Whole,
    /// It holds a critical extension that nobody knows.
    CriticalExtension,
    /// It holds an extension twice.
    ExtensionTwice,
    /// Its cRLDistributionPoints are NULL.
    UnreadableExtension,
    /// Octets follow behind its end.
    TrailingOctets,
    /// It ends in the middle.
    Truncated,
    /// It is a line of text.
    Text,
}

/// The names that it carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Names {
    /// The subject's alone.
    #[default]
    Subject,
    Email,
    Dns,
    /// Names that the CA does not constrain.
    Unconstrained,
    OutsideEmail,
    OutsideDns,
    OutsideIp,
    /// emailAddress in the subject, outside, and no subjectAltName (RFC 5280 §4.2.1.10).
    OutsideEmailAddress,
    /// emailAddress in the subject, outside, beside a subjectAltName that is inside.
    OutsideEmailAddressBesides,
    /// A commonName that could be a host's, outside.
    CommonNameLikeHost,
}

/// keyUsage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Usage {
    #[default]
    Signature,
    SignatureAndAgreement,
    Absent,
    Encipherment,
    Agreement,
    Commitment,
}

/// extKeyUsage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Purposes {
    #[default]
    Client,
    /// Of clients, servers and for e-mail.
    Many,
    Absent,
    Any,
    Server,
    Ocsp,
    Email,
}

/// Its row in the inventory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Row {
    #[default]
    Client,
    Server,
    Absent,
    /// None; one of the same issuer and serial number has one, and was revoked.
    OfRevokedTwin,
}

/// What became of that row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Ending {
    #[default]
    None,
    Revoked,
    Held,
    /// It was on hold, and is not any more.
    Lifted,
}

/// Its validity, in days from now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Days {
    #[default]
    Now,
    Past,
    Future,
    /// It ends before it begins, with now in between.
    Backwards,
}

/// A certificate as it shall be. The default is one that our CA issued for a login, and is let in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Recipe {
    pub(super) top: Top,
    pub(super) between: Between,
    pub(super) signature: Signature,
    pub(super) encoding: Encoding,
    pub(super) names: Names,
    pub(super) usage: Usage,
    pub(super) purposes: Purposes,
    pub(super) row: Row,
    pub(super) ending: Ending,
    pub(super) days: Days,
}

impl Recipe {
    /// In what it differs from the default, field by field.
    pub(super) fn touched(&self) -> [bool; 10] {
        let usual = Self::default();
        [
            self.top != usual.top,
            self.between != usual.between,
            self.signature != usual.signature,
            self.encoding != usual.encoding,
            self.names != usual.names,
            self.usage != usual.usage,
            self.purposes != usual.purposes,
            self.row != usual.row,
            self.ending != usual.ending,
            self.days != usual.days,
        ]
    }

    /// Says whether the presented chain ends with the name of a CA of ours, whoever signed.
    pub(super) fn names_ours(&self) -> bool {
        !matches!(self.top, Top::Foreign | Top::Itself)
    }

    /// Says whether such a certificate can be made.
    pub(super) fn can_be_made(&self) -> bool {
        let is_recorded = matches!(self.row, Row::Client | Row::Server);
        // What has no row cannot be revoked there.
        (is_recorded || self.ending == Ending::None)
            // Who signs for himself has nobody above.
            && (self.top != Top::Itself || self.between == Between::Nothing)
            // Another subject of what stands between would part it from what it signed.
            && (self.signature != Signature::SubjectAltered || self.between == Between::Nothing)
    }
}
