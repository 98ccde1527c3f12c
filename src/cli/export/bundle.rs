//! A bundle written again: opened, one identity of it chosen or all, and refused where the platform would refuse it.

use std::path::Path;

use zeroize::Zeroizing;

use super::{Args, Form, Request};
use crate::bundle::diagnosis::Reason;
use crate::bundle::{
    self, Anatomy, Contents, Diagnosis, Identity, Matter, Platform, diagnose, pem,
};
use crate::certificate::{Certificate, Fingerprint};
use crate::cli::context::Context;
use crate::cli::{identity, secrets};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::inventory::Reference;
use crate::secret::Secret;

/// A bundle that was opened.
pub(super) struct Opened {
    pub(super) diagnosis: Diagnosis,
    password: Secret,
    /// What to call it in a sentence.
    name: String,
}

impl Args {
    /// Opens the bundle that was named, else the copy that lies in `ca-data`, and leaves of it the identity that the reference
    /// means; without a reference, everything.
    pub(super) fn open(&self, context: &Context, request: &Request) -> Result<Opened> {
        let (paths, reference) = match (&request.bundle, &request.reference) {
            (None, Some(reference)) => {
                let kept = identity::kept(context, reference)?;
                identity::warn_of_no_use(context, &kept.record);
                let fingerprint = kept.record.certificate.fingerprint();
                (kept.copies, Some(Reference::Fingerprint(fingerprint)))
            }
            (Some(bundle), reference) => {
                // What is no bundle is told before a password is asked for.
                Anatomy::read(&file::read(bundle)?)?;
                (vec![bundle.clone()], reference.clone())
            }
            (None, None) => (Vec::new(), None),
        };
        let password = secrets::bundle_password(self.password_file.as_deref())?;
        let now = context.now();
        let open = |contents: &[u8]| diagnose(contents, &password, now);
        let (path, diagnosis) = identity::first_that_opens(&paths, open)?;
        let name = path.display().to_string();
        if diagnosis.contents.identities.is_empty() {
            let fact = match diagnosis.contents.lone_keys {
                0 => format!("{name} holds no private key"),
                _ => format!("{name} holds a private key but not its certificate"),
            };
            return Err(Error::new(ErrorKind::Malformed, fact)
                .with_hint("Give a bundle that holds a private key and its certificate."));
        }
        let mut opened = Opened {
            diagnosis,
            password,
            name,
        };
        if let Some(reference) = &reference {
            opened.choose(context, reference)?;
        }
        if let Some(path) = &self.chain {
            let above = read_chain(path)?;
            if opened.diagnosis.complete(&above) == 0 {
                context.report.warn(&format!(
                    "{} holds no issuer that the bundle lacks",
                    path.display()
                ));
            }
        }
        Ok(opened)
    }

    /// Writes it again, and says under which password.
    pub(super) fn write_again(
        &self,
        context: &Context,
        request: &Request,
        opened: Opened,
    ) -> Result<(Zeroizing<Vec<u8>>, Secret)> {
        let password = match &self.new_password_file {
            Some(path) => secrets::read(path)?,
            None if self.new_password => Secret::generate()?,
            None => opened.password.clone(),
        };
        check(context, request, &opened, &password)?;
        let contents = &opened.diagnosis.contents;
        let written = match request.form {
            Form::Mobileconfig => {
                warn_of_root(context, request, contents);
                let profile = bundle::mobileconfig(&only(opened)?, &password)?;
                return Ok((profile, password));
            }
            _ => bundle::write_all(
                &contents.identities,
                &contents.other_certificates,
                &password,
                request.platform.form(),
            )?,
        };
        warn_of_losses(context, &opened);
        Ok((written, password))
    }
}

impl Opened {
    /// Leaves the identity alone that a reference means: a file or a fingerprint by itself, a serial number by what the bundle
    /// holds, a name by the inventory.
    fn choose(&mut self, context: &Context, reference: &Reference) -> Result<()> {
        let mut above = Vec::new();
        let wanted = match reference {
            Reference::File(path) => Certificate::from_file(&file::read(path)?)?.fingerprint(),
            Reference::Fingerprint(fingerprint) => *fingerprint,
            Reference::SerialNumber(prefix) => self.by_serial_number(prefix)?,
            Reference::Name(_) | Reference::Device(..) | Reference::Authority(_) => {
                let inventory = context.inventory()?;
                let record = inventory.resolve(reference, context.now())?;
                identity::warn_of_no_use(context, &record);
                // Whoever made this bundle without the CA's certificates: here they are.
                above = inventory.chain_above(&record.certificate)?;
                record.certificate.fingerprint()
            }
        };
        let identities = self.diagnosis.contents.identities.iter();
        let mut ders = identities.map(|it| it.certificate.clone());
        match ders.find(|der| Fingerprint::of(der) == wanted) {
            Some(der) => {
                self.diagnosis.keep(&der);
                self.diagnosis.complete(&above);
                Ok(())
            }
            None => Err(Error::new(
                ErrorKind::NotPermitted,
                format!("{} holds another certificate than the one named", self.name),
            )
            .with_hint(
                "Name the certificate that the bundle holds, by its serial number or fingerprint: pki bundle check shows them.",
            )),
        }
    }

    fn by_serial_number(&self, prefix: &str) -> Result<Fingerprint> {
        let identities = self.diagnosis.contents.identities.iter();
        let has_it = |der: &&Vec<u8>| {
            Certificate::from_der(der.as_slice())
                .is_ok_and(|it| it.serial_number().to_string().starts_with(prefix))
        };
        let found: Vec<_> = identities
            .map(|identity| &identity.certificate)
            .filter(has_it)
            .collect();
        match found[..] {
            [der] => Ok(Fingerprint::of(der)),
            [] => Err(Error::new(
                ErrorKind::NotFound,
                format!(
                    "{} holds no certificate with the serial number {prefix}",
                    self.name
                ),
            )
            .with_hint("Run pki bundle check on it to see what it holds.")),
            _ => Err(Error::new(
                ErrorKind::Ambiguous,
                format!(
                    "{} holds several certificates whose serial number begins so",
                    self.name
                ),
            )
            .with_hint("Give more of its digits, or the fingerprint.")),
        }
    }
}

/// The certificates of a file, in PEM or a single one in DER.
fn read_chain(path: &Path) -> Result<Vec<Certificate>> {
    let contents = file::read(path)?;
    match pem::read_certificates(&contents) {
        Ok(ders) if !ders.is_empty() => ders.into_iter().map(Certificate::from_der).collect(),
        _ => Ok(vec![Certificate::from_file(&contents)?]),
    }
}

/// The only identity of a bundle.
pub(super) fn only(opened: Opened) -> Result<Identity> {
    let mut identities = opened.diagnosis.contents.identities.into_iter();
    match (identities.next(), identities.len()) {
        (Some(identity), 0) => Ok(identity),
        (_, more) => Err(Error::new(
            ErrorKind::Ambiguous,
            format!("{} holds {} private keys", opened.name, more + 1),
        )
        .with_hint(
            "Name the certificate that is meant, by its serial number, fingerprint or file: pki bundle check shows them.",
        )),
    }
}

/// Refuses what the platform would refuse, and warns of what it would import and could not use.
fn check(context: &Context, request: &Request, opened: &Opened, password: &Secret) -> Result<()> {
    let platform = request.platform;
    for identity in &opened.diagnosis.features.identities {
        platform.check_key(&identity.key_algorithm)?;
    }
    platform.check_password(password).map_err(|refusal| {
        Error::new(refusal.kind(), refusal.message()).with_hint(
            "Give another one with --new-password-file FILE, or have one drawn with --new-password.",
        )
    })?;
    if password.expose().is_empty() {
        context.report.warn(secrets::EMPTY_PASSWORD);
    }
    let after = opened.diagnosis.judge_rewritten(platform, password);
    for Reason {
        matter,
        prevents,
        text,
    } in after.reasons()
    {
        if prevents && platform != Platform::Any {
            return Err(Error::new(ErrorKind::NotPermitted, text)
                .with_hint("Write it for another platform, or for any."));
        }
        if matter != Matter::EmptyPassword {
            context.report.warn(&text);
        }
    }
    Ok(())
}

/// A profile installs the root that a bundle brings along; of our own CA's nobody need be told.
fn warn_of_root(context: &Context, request: &Request, contents: &Contents) {
    let identity = contents.identities.first();
    let root = identity.and_then(|it| it.chain.last());
    if let (Some(_), Some(Ok(root))) = (
        &request.bundle,
        root.map(|it| Certificate::from_der(it.as_slice())),
    ) {
        context.report.warn(&format!(
            "the profile installs {} as a root on the device, and the device trusts it as far as its owner says",
            root.subject()
        ));
    }
}

/// Says what of the old bundle is not in the new one.
fn warn_of_losses(context: &Context, opened: &Opened) {
    let contents = &opened.diagnosis.contents;
    match contents.lone_keys {
        0 => {}
        1 => context
            .report
            .warn("a private key is left out: its certificate is not in the bundle"),
        many => context.report.warn(&format!(
            "{many} private keys are left out: their certificates are not in the bundle"
        )),
    }
    if !contents.others.is_empty() {
        context.report.warn(&format!(
            "what is neither key nor certificate is left out: {}",
            contents.others.join(", ")
        ));
    }
}
