//! The threads that make keys, certificates and bundles; the inventory is not theirs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{Batch, Handing, Member};
use crate::authority::desk::Desk;
use crate::authority::{Directory, Output, client};
use crate::certificate::Certificate;
use crate::error::Result;
use crate::file::{Access, Existing};
use crate::key::PrivateKey;
use crate::profile::Profile;
use crate::secret::Secret;
use crate::validity::Validity;

/// Some rows for whichever thread is free, and whither what it makes goes.
pub(super) struct Job {
    pub(super) members: Vec<Member>,
    pub(super) now: OffsetDateTime,
    pub(super) answer: mpsc::Sender<Vec<(Member, Result<Made>)>>,
}

/// A certificate that is signed and not recorded yet.
pub(super) struct Made {
    pub(super) certificate: Certificate,
    pub(super) outputs: Vec<Output>,
    /// The password of its bundle.
    pub(super) password: Option<Secret>,
    /// It ends earlier than was asked.
    pub(super) shortened: bool,
    /// Its commonName is taken for a host's that the CA may not certify.
    pub(super) taken_for_a_host: bool,
}

/// What every thread has.
pub(super) struct Making<'a> {
    pub(super) desk: Desk<'a>,
    pub(super) batch: &'a Batch,
    /// What stands behind every certificate in its file.
    pub(super) above: String,
    /// Nobody takes any more what is made.
    pub(super) is_over: AtomicBool,
}

impl Making<'_> {
    /// Does one job after the other until no more are handed out.
    pub(super) fn work(&self, queue: &Mutex<mpsc::Receiver<Job>>) {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Job {
                members,
                now,
                answer,
            }) = next
            else {
                return;
            };
            let wanted = || !self.is_over.load(Ordering::Relaxed);
            let made = members.into_iter().take_while(|_| wanted()).map(|member| {
                let made = self.make(&member, now);
                (member, made)
            });
            // Nobody waits for it where the whole has failed.
            let _ = answer.send(made.collect());
        }
    }

    fn make(&self, member: &Member, now: OffsetDateTime) -> Result<Made> {
        let key = PrivateKey::generate(self.batch.key_algorithm)?;
        let request = self.desk.request(
            Profile::Client,
            member.name.as_str().to_owned(),
            client::names(&member.name, &member.subject_alt_names)?,
            Validity::starting(now, member.lifetime)?,
            key.public_key(),
        )?;
        let certificate = self.desk.sign(&request)?;
        let (contents, password) = self.contents(member, &key, &certificate)?;
        let files = self.batch.handing.files(&self.batch.directory, member);
        let outputs = files.into_iter().zip(contents);
        Ok(Made {
            outputs: outputs
                .map(|(path, (access, contents))| Output {
                    path,
                    contents,
                    access,
                    existing: Existing::Refuse,
                    directory: Directory::Theirs,
                })
                .collect(),
            shortened: self.desk.shortens(&request),
            taken_for_a_host: self.desk.is_taken_for_a_host(&request),
            certificate,
            password,
        })
    }

    /// What stands in the files, in the order of their names, and the password to it.
    #[expect(clippy::type_complexity, reason = "a pair for each file")]
    fn contents(
        &self,
        member: &Member,
        key: &PrivateKey,
        certificate: &Certificate,
    ) -> Result<(Vec<(Access, Zeroizing<Vec<u8>>)>, Option<Secret>)> {
        Ok(match &self.batch.handing {
            Handing::Bundles { form, .. } => {
                let password = Secret::generate()?;
                let holder = member.holder();
                let bundle = self
                    .desk
                    .bundle(key, certificate, &holder, &password, *form)?;
                (vec![(Access::Private, bundle)], Some(password))
            }
            Handing::Pem => {
                let chain = (certificate.pem() + &self.above).into_bytes().into();
                let key = key.to_pem(None)?.as_bytes().to_vec().into();
                (vec![(Access::Public, chain), (Access::Private, key)], None)
            }
        })
    }
}
