//! What a bundle is like, as far as importers care: a plain value, from which everything else follows.

use time::OffsetDateTime;

use super::algorithms::{Authentication, Encryption};
use crate::bundle::certificate;
use crate::bundle::{
    Anatomy, Bag, Content, Contents, Encoding, Form, Hash, Identity, Mac, Matter, Part,
    PasswordForm, Pbes2Cipher, Pkcs12Cipher, Scheme, Unlocked,
};
use crate::certificate::{Certificate, object_identifier};
use crate::secret::Secret;
use crate::validity::Timeliness;

/// What of a bundle decides who imports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features {
    /// How lengths are written.
    pub encoding: Encoding,
    /// How private keys are encrypted: each way once, in the file's order.
    pub key_encryption: Vec<Encryption>,
    /// How certificates are encrypted: each way once, in the file's order.
    pub certificate_encryption: Vec<Encryption>,
    /// How the contents are authenticated; None when they are not.
    pub authentication: Option<Authentication>,
    /// The iterations of the MAC; None where there is none, or it is not known.
    pub mac_iterations: Option<u32>,
    /// The most iterations of key derivation that anything in the bundle takes; 0 where nothing is derived.
    pub iterations: u32,
    /// What the password is like.
    pub password: PasswordTraits,
    /// Every private key that has its certificate.
    pub identities: Vec<IdentityTraits>,
    /// How many private keys have none.
    pub lone_keys: usize,
    /// Whether a private key has no localKeyId.
    pub lacks_local_key_id: bool,
    /// Whether a number of an RSA key begins with zeros that DER leaves out.
    pub has_long_numbers: bool,
    /// Whether a certificate that is no end entity's has an end entity's friendlyName.
    pub names_authority: bool,
}

/// What a password is like; nothing of the password itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordTraits {
    /// It has no characters.
    pub empty: bool,
    /// All of its characters are ASCII.
    pub ascii: bool,
    /// Which octets the bundle's writer made of it.
    pub form: PasswordForm,
}

/// What a private key and its certificate are like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityTraits {
    /// The key's algorithm, named as in `--json` output.
    pub key_algorithm: String,
    /// Whether the issuing certificate is inside, or none is needed.
    pub has_issuer: bool,
    /// When it can be used; None where the certificate cannot be read.
    pub timeliness: Option<Timeliness>,
    /// Whether its extKeyUsage lets a client use it.
    pub for_clients: bool,
}

impl Features {
    /// Draws the features from a bundle that was opened.
    pub(super) fn of(
        anatomy: &Anatomy,
        unlocked: &Unlocked,
        contents: &Contents,
        password: &Secret,
        now: OffsetDateTime,
    ) -> Self {
        let of_kind = |wanted: fn(&Content) -> bool| {
            let bags = unlocked.bags.iter();
            distinct(bags.filter(|bag| wanted(&bag.content)).map(Encryption::of))
        };
        let is_key = |content: &Content| matches!(content, Content::PrivateKey(_));
        let is_certificate = |content: &Content| matches!(content, Content::Certificate(_));
        let keys = || unlocked.bags.iter().filter(|bag| is_key(&bag.content));
        Self {
            encoding: anatomy.encoding,
            key_encryption: of_kind(is_key),
            certificate_encryption: of_kind(is_certificate),
            authentication: anatomy.mac.as_ref().map(Authentication::of),
            mac_iterations: anatomy.mac.as_ref().and_then(Mac::iterations),
            iterations: iterations(anatomy, unlocked),
            password: PasswordTraits::of(password, unlocked.password_form),
            identities: contents
                .identities
                .iter()
                .map(|identity| IdentityTraits::of(identity, now))
                .collect(),
            lone_keys: contents.lone_keys,
            lacks_local_key_id: keys().any(|bag| bag.local_key_id.is_none()),
            has_long_numbers: keys().any(has_long_numbers),
            names_authority: unlocked
                .bags
                .iter()
                .any(|bag| names_authority(bag, contents)),
        }
    }

    /// The same bundle as `pki export` would write it again, under a password that is like this one.
    pub(super) fn rewritten(&self, form: Form, iterations: u32, password: PasswordTraits) -> Self {
        let (encryption, hash) = match form {
            Form::Aes256Sha256 => (
                Encryption::Pbes2(Pbes2Cipher::Aes256, Hash::Sha256),
                Hash::Sha256,
            ),
            Form::TripleDesSha1 => (Encryption::Pkcs12(Pkcs12Cipher::TripleDes), Hash::Sha1),
        };
        Self {
            encoding: Encoding::Der,
            key_encryption: vec![encryption.clone()],
            certificate_encryption: vec![encryption],
            authentication: Some(Authentication::Hmac(hash)),
            mac_iterations: Some(iterations),
            iterations,
            password,
            identities: self.identities.clone(),
            lone_keys: 0,
            lacks_local_key_id: false,
            has_long_numbers: false,
            names_authority: false,
        }
    }

    /// Every matter that the bundle has, in the order in which reasons are told; the number of iterations is no yes or no.
    pub fn matters(&self) -> Vec<Matter> {
        let mut has: Vec<Matter> = Vec::new();
        has.extend(
            self.key_encryption
                .iter()
                .filter_map(|it| it.matter(Matter::OpenKey)),
        );
        let certificates = self.certificate_encryption.iter();
        has.extend(certificates.filter_map(|it| it.matter(Matter::OpenCertificate)));
        has.extend(match &self.authentication {
            None => Some(Matter::NoMac),
            Some(authentication) => authentication.matter(),
        });
        has.extend(self.identities.iter().flat_map(IdentityTraits::matters));
        if self.needs_password() {
            has.extend(self.password.matters());
        }
        let when = |condition: bool, matter| condition.then_some(matter);
        has.extend(
            [
                when(self.uses_aes_192(), Matter::Aes192),
                when(self.mixes_old_and_new(), Matter::OldCipherSha2Mac),
                when(self.encoding == Encoding::Ber, Matter::Ber),
                when(self.has_long_numbers, Matter::LongNumbers),
                when(self.lacks_local_key_id, Matter::NoLocalKeyId),
                when(self.names_authority, Matter::NamedAuthority),
                when(self.identities.len() > 1, Matter::SeveralKeys),
                when(self.identities.is_empty(), Matter::NoIdentity),
                when(
                    self.lone_keys > 0 && !self.identities.is_empty(),
                    Matter::LoneKey,
                ),
            ]
            .into_iter()
            .flatten(),
        );
        let mut ordered = Matter::ALL.to_vec();
        ordered.retain(|matter| has.contains(matter));
        ordered
    }

    fn encryption(&self) -> impl Iterator<Item = &Encryption> {
        let keys = self.key_encryption.iter();
        keys.chain(&self.certificate_encryption)
    }

    /// Where nothing is encrypted and nothing authenticated, any password opens it.
    fn needs_password(&self) -> bool {
        self.authentication.is_some() || self.encryption().any(|it| *it != Encryption::None)
    }

    fn uses_aes_192(&self) -> bool {
        let is_192 = |it: &Encryption| matches!(it, Encryption::Pbes2(Pbes2Cipher::Aes192, _));
        self.encryption().any(is_192)
    }

    fn mixes_old_and_new(&self) -> bool {
        let hash = match self.authentication {
            Some(Authentication::Hmac(hash)) => hash,
            _ => return false,
        };
        hash != Hash::Sha1
            && self
                .encryption()
                .any(|it| matches!(it, Encryption::Pkcs12(_)))
    }
}

impl PasswordTraits {
    /// What a password is like that was, or will be, turned into octets in this form.
    pub(super) fn of(password: &Secret, form: PasswordForm) -> Self {
        Self {
            empty: password.expose().is_empty(),
            ascii: password.expose().is_ascii(),
            form,
        }
    }

    fn matters(self) -> Vec<Matter> {
        let mut has = Vec::new();
        match (self.empty, self.form) {
            (true, PasswordForm::Absent) => has.push(Matter::AbsentPassword),
            (true, _) => has.push(Matter::EmptyPassword),
            (false, PasswordForm::WidenedUtf8) => has.push(Matter::WidenedPassword),
            (false, PasswordForm::Utf16InPbkdf2) => has.push(Matter::Utf16Password),
            (false, PasswordForm::Standard | PasswordForm::Absent) => {}
        }
        if !self.ascii {
            has.push(Matter::NonAsciiPassword);
        }
        has
    }
}

impl IdentityTraits {
    fn of(identity: &Identity, now: OffsetDateTime) -> Self {
        let certificate = Certificate::from_der(identity.certificate.as_slice()).ok();
        let certificate = certificate.as_ref();
        let self_issued = certificate.is_some_and(Certificate::is_self_issued);
        Self {
            key_algorithm: certificate
                .map_or_else(|| "unknown".to_owned(), Certificate::key_algorithm),
            has_issuer: self_issued || !identity.chain.is_empty(),
            timeliness: certificate.map(|it| it.validity().timeliness(now)),
            for_clients: certificate.is_none_or(is_for_clients),
        }
    }

    fn matters(&self) -> Vec<Matter> {
        let key = match self.key_algorithm.as_str() {
            "ed25519" => Some(Matter::Ed25519),
            "rsa-pss" => Some(Matter::RsaPss),
            "p256" | "p384" | "p521" => None,
            rsa if rsa.starts_with("rsa-") => None,
            _ => Some(Matter::OtherKey),
        };
        let time = match self.timeliness {
            Some(Timeliness::NotYetValid) => Some(Matter::NotYetValid),
            Some(Timeliness::Expired) => Some(Matter::Expired),
            Some(Timeliness::Valid) | None => None,
        };
        let issuer = (!self.has_issuer).then_some(Matter::NoIssuer);
        let usage = (!self.for_clients).then_some(Matter::NotForClients);
        [key, time, issuer, usage].into_iter().flatten().collect()
    }
}

/// RFC 5280 §4.2.1.12: without the extension, every use is allowed.
fn is_for_clients(certificate: &Certificate) -> bool {
    let purposes = &certificate.extensions().extended_key_usage;
    let allows = |purpose: &String| {
        [
            object_identifier::CLIENT_AUTH,
            object_identifier::ANY_EXTENDED_KEY_USAGE,
        ]
        .contains(&purpose.as_str())
    };
    purposes.is_empty() || purposes.iter().any(allows)
}

fn has_long_numbers(bag: &Bag) -> bool {
    match &bag.content {
        Content::PrivateKey(key) => certificate::has_long_numbers(key),
        _ => false,
    }
}

fn names_authority(bag: &Bag, contents: &Contents) -> bool {
    let Content::Certificate(der) = &bag.content else {
        return false;
    };
    let is_end_entity = contents.identities.iter().any(|it| it.certificate == *der);
    let is_named = |identity: &Identity| identity.friendly_name == bag.friendly_name;
    !is_end_entity && bag.friendly_name.is_some() && contents.identities.iter().any(is_named)
}

fn iterations(anatomy: &Anatomy, unlocked: &Unlocked) -> u32 {
    let parts = anatomy.parts.iter().filter_map(|part| match part {
        Part::Encrypted(encrypted) => encrypted.scheme.iterations(),
        Part::Plain(_) => None,
    });
    let bags = unlocked.bags.iter();
    let bags = bags.filter_map(|bag| bag.protection.as_ref().and_then(Scheme::iterations));
    let mac = anatomy.mac.as_ref().and_then(Mac::iterations);
    parts.chain(bags).chain(mac).max().unwrap_or(0)
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}
