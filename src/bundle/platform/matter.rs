//! What of a bundle decides who imports it.

/// One property that a bundle may have and that some importer takes and another refuses.
///
/// A bundle has each of them or not; an [`Importer`](super::Importer) has an [`Answer`](super::Answer) to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Matter {
    /// Something is encrypted by PBES2 with AES, the key derived by HMAC-SHA-256.
    AesSha256,
    /// The same, the key derived by HMAC-SHA-1, which is PBKDF2's default.
    AesSha1,
    /// The same, the key derived by HMAC with another hash of the SHA-2 family.
    AesOtherSha2,
    /// Something is encrypted by AES with a key of 192 bits.
    Aes192,
    /// Something is encrypted by PBES2 with Triple-DES.
    Pbes2TripleDes,
    /// Something is encrypted by pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C).
    TripleDes,
    /// Something is encrypted by pbeWithSHAAnd2-KeyTripleDES-CBC.
    TripleDesTwoKey,
    /// Something is encrypted by pbeWithSHAAnd128BitRC2-CBC.
    Rc2With128Bits,
    /// Something is encrypted by pbeWithSHAAnd40BitRC2-CBC, which anybody can break.
    Rc2With40Bits,
    /// A certificate is not encrypted.
    OpenCertificate,
    /// A private key is not encrypted.
    OpenKey,
    /// The MAC is by HMAC-SHA-1.
    MacSha1,
    /// The MAC is by HMAC-SHA-256.
    MacSha256,
    /// The MAC is by HMAC with another hash of the SHA-2 family.
    MacOtherSha2,
    /// The MAC is PBMAC1 (RFC 9579).
    Pbmac1,
    /// There is no MAC.
    NoMac,
    /// A scheme of RFC 7292 appendix C stands beside a MAC by a hash of the SHA-2 family.
    OldCipherSha2Mac,
    /// The key derivation takes more iterations than an importer puts up with.
    Iterations,
    /// Lengths are indefinite, or strings come in pieces.
    Ber,
    /// The password is empty: two zero octets in UTF-16 (RFC 7292 appendix B.1).
    EmptyPassword,
    /// The password is empty and stands for no octets at all.
    AbsentPassword,
    /// The password has characters outside ASCII.
    NonAsciiPassword,
    /// Each octet of the password's UTF-8 was made a character of its own (OpenSSL before 1.1).
    WidenedPassword,
    /// PBKDF2 was given the password in UTF-16 (NSS before 3.47).
    Utf16Password,
    /// A key is an Ed25519 key.
    Ed25519,
    /// A key is an RSA key for RSASSA-PSS only.
    RsaPss,
    /// A key is of an algorithm that this program does not issue for: Ed448, DSA, another curve.
    OtherKey,
    /// A number of an RSA key begins with zeros that DER leaves out (X.690 §8.3.2).
    LongNumbers,
    /// A key has no localKeyId.
    NoLocalKeyId,
    /// A CA's certificate has the end entity's friendlyName.
    NamedAuthority,
    /// There are several private keys.
    SeveralKeys,
    /// The certificate of an end entity's issuer is not inside.
    NoIssuer,
    /// A private key has no certificate, while another has.
    LoneKey,
    /// No private key has a certificate.
    NoIdentity,
    /// A certificate is not valid yet.
    NotYetValid,
    /// A certificate has ended.
    Expired,
    /// A certificate's extKeyUsage leaves out clientAuth.
    NotForClients,
}

impl Matter {
    /// Every matter, in the order in which reasons are told.
    pub const ALL: [Self; 37] = [
        Self::NoIdentity,
        Self::AesSha256,
        Self::AesSha1,
        Self::AesOtherSha2,
        Self::Aes192,
        Self::Pbes2TripleDes,
        Self::TripleDes,
        Self::TripleDesTwoKey,
        Self::Rc2With128Bits,
        Self::Rc2With40Bits,
        Self::OpenCertificate,
        Self::OpenKey,
        Self::NoMac,
        Self::MacSha1,
        Self::MacSha256,
        Self::MacOtherSha2,
        Self::Pbmac1,
        Self::OldCipherSha2Mac,
        Self::Iterations,
        Self::Ber,
        Self::EmptyPassword,
        Self::AbsentPassword,
        Self::NonAsciiPassword,
        Self::WidenedPassword,
        Self::Utf16Password,
        Self::Ed25519,
        Self::RsaPss,
        Self::OtherKey,
        Self::LongNumbers,
        Self::NoLocalKeyId,
        Self::NamedAuthority,
        Self::SeveralKeys,
        Self::NoIssuer,
        Self::LoneKey,
        Self::NotYetValid,
        Self::Expired,
        Self::NotForClients,
    ];

    /// Whether it follows from what a certificate is, whatever the importer.
    pub fn is_everywhere(self) -> bool {
        matches!(
            self,
            Self::NoIdentity
                | Self::NoIssuer
                | Self::LoneKey
                | Self::NotYetValid
                | Self::Expired
                | Self::NotForClients
        )
    }

    /// What is taken or refused, to be read after "takes" and "refuses".
    pub fn words(self) -> &'static str {
        match self {
            Self::AesSha256 => "AES with HMAC-SHA-256",
            Self::AesSha1 => "AES with HMAC-SHA-1",
            Self::AesOtherSha2 => "AES with HMAC-SHA-224, -384 or -512",
            Self::Aes192 => "AES with 192 bits",
            Self::Pbes2TripleDes => "Triple-DES in PBES2",
            Self::TripleDes => "Triple-DES",
            Self::TripleDesTwoKey => "Triple-DES with two keys",
            Self::Rc2With128Bits => "RC2 with 128 bits",
            Self::Rc2With40Bits => "RC2 with 40 bits",
            Self::OpenCertificate => "certificates that are not encrypted",
            Self::OpenKey => "a private key that is not encrypted",
            Self::MacSha1 => "a MAC by SHA-1",
            Self::MacSha256 => "a MAC by SHA-256",
            Self::MacOtherSha2 => "a MAC by SHA-224, SHA-384 or SHA-512",
            Self::Pbmac1 => "PBMAC1",
            Self::NoMac => "a bundle without a MAC",
            Self::OldCipherSha2Mac => "Triple-DES or RC2 beside a MAC of the SHA-2 family",
            Self::Iterations => "so many iterations",
            Self::Ber => "indefinite lengths",
            Self::EmptyPassword => "an empty password",
            Self::AbsentPassword => "an empty password that stands for no octets",
            Self::NonAsciiPassword => "a password outside ASCII",
            Self::WidenedPassword => "a password encoded as OpenSSL 1.0 did",
            Self::Utf16Password => "a password encoded as NSS before 3.47 did",
            Self::Ed25519 => "an Ed25519 key",
            Self::RsaPss => "an RSA-PSS key",
            Self::OtherKey => "a key of a rare algorithm",
            Self::LongNumbers => "an RSA key whose numbers are needlessly long",
            Self::NoLocalKeyId => "a key without localKeyId",
            Self::NamedAuthority => "a CA's certificate under the end entity's friendlyName",
            Self::SeveralKeys => "several private keys",
            Self::NoIssuer => "an end entity without its issuing certificate",
            Self::LoneKey => "a private key without its certificate",
            Self::NoIdentity => "a bundle without a private key and its certificate",
            Self::NotYetValid => "a certificate that is not valid yet",
            Self::Expired => "a certificate that has ended",
            Self::NotForClients => "a certificate whose extKeyUsage leaves out clientAuth",
        }
    }

    /// What comes of it where it is imported and then of no use, to be read after [`words`](Self::words) and a colon.
    pub fn consequence(self) -> &'static str {
        match self {
            Self::NoIssuer => {
                "a browser offers it only to servers that name its issuing CA, and servers that know the root alone refuse it"
            }
            Self::LoneKey => "nothing can be done with that key",
            Self::NotYetValid | Self::Expired | Self::NotForClients => "no server accepts it",
            Self::NamedAuthority => "it hides the end entity in the list of certificates",
            Self::RsaPss => "no browser offers it",
            Self::SeveralKeys => "only one of them is taken",
            Self::NoIdentity => "there is nothing to log in with",
            _ => "the program cannot use it",
        }
    }
}
