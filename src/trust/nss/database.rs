//! What is done with one database: read it, make it, trust a root and take that back, take a bundle in.

use std::ffi::OsStr;
use std::process::Output;

use super::places::Database;
use super::profiles;
use super::programs::{Programs, password_line};
use crate::bundle::{self, Form, Identity};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::secret::Secret;

/// How many hexadecimal digits of its fingerprint name a root.
const DIGITS: usize = 16;
/// A root that is trusted for servers only: not to name clients, sign mail or code.
const TRUSTED: &str = "C,,";
const NOT_TRUSTED: &str = ",,";

/// A certificate in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name by which NSS finds it. Several certificates of one subject may share it.
    pub nickname: String,
    /// NSS's trust attributes for TLS, mail and code: `C,,`, `u,u,u`.
    pub trust: String,
    /// The certificate.
    pub der: Vec<u8>,
}

/// What became of a root that is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rooted {
    /// It is trusted now and was not before.
    Installed,
    /// It was trusted before, whoever put it there.
    AlreadyThere,
}

/// What became of a bundle, and the nickname under which NSS has its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bundled {
    /// It is there now and was not before.
    Installed(String),
    /// Certificate and key were there before.
    AlreadyThere(String),
}

impl Entry {
    /// Says whether NSS trusts it to issue certificates of TLS servers.
    pub fn is_trusted(&self) -> bool {
        self.for_tls().contains('C')
    }

    /// Says whether its private key lies in the database, too.
    pub fn has_key(&self) -> bool {
        self.for_tls().contains('u')
    }

    fn for_tls(&self) -> &str {
        self.trust.split(',').next().unwrap_or_default()
    }
}

/// The nickname under which a root is put into a database.
pub fn root_nickname(root: &Certificate) -> String {
    let fingerprint = root.fingerprint().to_string();
    format!("pki root {}", fingerprint.get(..DIGITS).unwrap_or_default())
}

impl Database {
    /// Says whether Firefox runs with this profile.
    pub fn in_use(&self) -> bool {
        profiles::in_use(&self.directory)
    }

    /// Makes the database and its directory, with the password that was given, or with none.
    ///
    /// # Errors
    /// Says what could not be made; then no directory is left behind.
    pub fn create(&mut self, programs: &Programs) -> Result<()> {
        let made = file::create_private_directory(&self.directory)?;
        let words = match programs.has_password {
            true => &["-N"][..],
            false => &["-N", "--empty-password"],
        };
        let created = self.certutil(programs, words);
        match created {
            Ok(_) => self.exists = true,
            Err(_) => file::remove_empty_directories(&made),
        }
        created.map(|_| ())
    }

    /// Checks that the database opens with the password that was given, or without one.
    ///
    /// Whatever is written needs it, and NSS says so only after half of the work: the root is there and not trusted.
    ///
    /// # Errors
    /// Says that it has a password, has another one, or cannot be read.
    pub fn unlock(&self, programs: &Programs) -> Result<()> {
        // Listing the private keys is the one thing that asks for it and changes nothing.
        let output = programs.certutil(&self.directory, &[OsStr::new("-K")])?;
        let empty = String::from_utf8_lossy(&output.stderr).contains("no keys found");
        match output.status.success() || empty {
            true => Ok(()),
            false => Err(programs.failure(&self.directory, &output)),
        }
    }

    /// Every certificate of the database; none where there is no database. Those that NSS does not find by the name that it
    /// lists itself are left out.
    ///
    /// # Errors
    /// Says that the database cannot be read.
    pub fn certificates(&self, programs: &Programs) -> Result<Vec<Entry>> {
        if !self.exists {
            return Ok(Vec::new());
        }
        let listed = self.certutil(programs, &["-L"])?;
        let listed = listing(&String::from_utf8_lossy(&listed.stdout));
        let mut groups = Vec::new();
        for (position, (nickname, _)) in listed.iter().enumerate() {
            let earlier = listed.iter().take(position);
            if earlier.map(|(name, _)| name).any(|name| name == nickname) {
                continue;
            }
            groups.push((nickname.as_str(), self.of_subject(programs, nickname)));
        }
        Ok(assigned(&listed, &groups))
    }

    /// The certificates of the subject whose certificate has this nickname; that one comes first.
    fn of_subject(&self, programs: &Programs, nickname: &str) -> Vec<Vec<u8>> {
        let printed = self.certutil(programs, &["-L", "-n", nickname, "-a"]);
        let blocks = printed.ok().map(|it| pem::parse_many(it.stdout));
        let blocks = blocks.and_then(Result::ok).unwrap_or_default();
        blocks.into_iter().map(pem::Pem::into_contents).collect()
    }

    /// Trusts a root for TLS servers, under its [`root_nickname`].
    ///
    /// One that somebody has put there already is left as it is where it is trusted. One that was only there, as it comes
    /// with a bundle imported by hand, is trusted and gets a nickname that says what it had before.
    ///
    /// # Errors
    /// Refuses one that somebody has marked otherwise, as never to be trusted; says what NSS refused.
    pub fn trust_root(&self, programs: &Programs, root: &Certificate) -> Result<Rooted> {
        let ours = root_nickname(root);
        self.unlock(programs)?;
        match self.entry_of(programs, root.der())? {
            Some(entry) if entry.is_trusted() => return Ok(Rooted::AlreadyThere),
            Some(entry) if entry.trust != NOT_TRUSTED => {
                return Err(Error::new(
                    ErrorKind::NotPermitted,
                    format!(
                        "somebody has marked the root in {} with the trust attributes {}",
                        self.directory.display(),
                        entry.trust
                    ),
                )
                .with_hint("Change it in the browser's list of certificate authorities."));
            }
            Some(entry) => {
                let nickname = renamed(&ours, &entry.nickname);
                if nickname != entry.nickname {
                    self.rename(programs, &entry.nickname, &nickname)?;
                }
                self.certutil(programs, &["-M", "-n", &nickname, "-t", TRUSTED])?;
            }
            None => {
                let file = programs.write("root", root.der())?;
                let words = ["-A", "-n", &ours, "-t", TRUSTED, "-i"].map(OsStr::new);
                let words = [&words[..], &[file.as_os_str()]].concat();
                self.checked(programs, programs.certutil(&self.directory, &words)?)?;
            }
        }
        match self.entry_of(programs, root.der())? {
            Some(entry) if entry.is_trusted() => Ok(Rooted::Installed),
            _ => Err(Error::new(
                ErrorKind::Internal,
                format!(
                    "NSS took the root into {} but does not trust it",
                    self.directory.display()
                ),
            )
            .with_hint("Trust it in the browser's list of certificate authorities.")),
        }
    }

    /// Takes back what [`Database::trust_root`] did, and nothing else; says whether there was anything.
    ///
    /// # Errors
    /// Says what NSS refused.
    pub fn untrust_root(&self, programs: &Programs, root: &Certificate) -> Result<bool> {
        let ours = root_nickname(root);
        let Some(entry) = self.entry_of(programs, root.der())? else {
            return Ok(false);
        };
        if entry.nickname == ours {
            self.remove(programs, &ours)?;
            return Ok(true);
        }
        let Some(before) = name_before(&ours, &entry.nickname) else {
            return Ok(false);
        };
        self.certutil(programs, &["-M", "-n", &entry.nickname, "-t", NOT_TRUSTED])?;
        self.rename(programs, &entry.nickname, before)?;
        Ok(true)
    }

    /// Removes the certificate with this nickname.
    ///
    /// # Errors
    /// Says what NSS refused.
    pub fn remove(&self, programs: &Programs, nickname: &str) -> Result<()> {
        self.certutil(programs, &["-D", "-n", nickname])?;
        Ok(())
    }

    /// Takes a bundle in: the private key, its certificate under its own friendlyName, and the CAs above it but for the root,
    /// which is a matter of trust and nothing that a login needs.
    ///
    /// It is written again for that, so that every bundle that this program opens can be taken in, whatever NSS thinks of its
    /// encryption.
    ///
    /// # Errors
    /// Says what NSS refused.
    pub fn install(&self, programs: &Programs, identity: &Identity) -> Result<Bundled> {
        let there = |entry: &Entry| entry.has_key();
        if let Some(entry) = self
            .entry_of(programs, &identity.certificate)?
            .filter(there)
        {
            return Ok(Bundled::AlreadyThere(entry.nickname));
        }
        self.unlock(programs)?;
        let is_root = |der: &Vec<u8>| {
            Certificate::from_der(der.as_slice()).is_ok_and(|it| it.is_self_issued())
        };
        let mut identity = identity.clone();
        identity.chain.retain(|der| !is_root(der));
        let password = Secret::generate()?;
        let bundle = bundle::write(&identity, &password, Form::Aes256Sha256)?;
        let bundle = programs.write("bundle", &bundle)?;
        let password = programs.write("password", &password_line(Some(&password)))?;
        let words = [
            OsStr::new("-i"),
            bundle.as_os_str(),
            OsStr::new("-w"),
            password.as_os_str(),
        ];
        let imported = programs.pk12util(&self.directory, &words)?;
        file::remove_quietly(&bundle);
        self.checked(programs, imported)?;
        let entry = self.entry_of(programs, &identity.certificate)?;
        match entry.filter(there) {
            Some(entry) => Ok(Bundled::Installed(entry.nickname)),
            None => Err(Error::new(
                ErrorKind::Internal,
                format!(
                    "NSS took the bundle but does not show its certificate in {}",
                    self.directory.display()
                ),
            )
            .with_hint("Import the bundle in the browser's own dialogue.")),
        }
    }

    /// The entry of exactly this certificate.
    fn entry_of(&self, programs: &Programs, der: &[u8]) -> Result<Option<Entry>> {
        let entries = self.certificates(programs)?;
        Ok(entries.into_iter().find(|entry| entry.der == der))
    }

    fn rename(&self, programs: &Programs, from: &str, to: &str) -> Result<()> {
        self.certutil(programs, &["--rename", "-n", from, "--new-n", to])?;
        Ok(())
    }

    fn certutil(&self, programs: &Programs, words: &[&str]) -> Result<Output> {
        let words: Vec<_> = words.iter().map(OsStr::new).collect();
        self.checked(programs, programs.certutil(&self.directory, &words)?)
    }

    fn checked(&self, programs: &Programs, output: Output) -> Result<Output> {
        match output.status.success() {
            true => Ok(output),
            false => Err(programs.failure(&self.directory, &output)),
        }
    }
}

/// The nickname of a root that was there under another one and not trusted.
fn renamed(ours: &str, before: &str) -> String {
    match before == ours || name_before(ours, before).is_some() {
        true => before.to_owned(),
        false => format!("{ours} ({before})"),
    }
}

/// The nickname that a root had before it got the one that tells it.
fn name_before<'a>(ours: &str, nickname: &'a str) -> Option<&'a str> {
    let rest = nickname.strip_prefix(ours)?.strip_prefix(" (")?;
    rest.strip_suffix(')')
}

/// Nicknames and trust attributes, as `certutil -L` lists them behind its headings.
fn listing(printed: &str) -> Vec<(String, String)> {
    let rows = printed.lines().filter_map(|line| {
        let (nickname, trust) = line.trim_end().rsplit_once(' ')?;
        let is_trust = trust.matches(',').count() == 2
            && trust
                .chars()
                .all(|letter| letter == ',' || "pPcCTuwgG".contains(letter));
        let nickname = nickname.trim_end();
        (is_trust && !nickname.is_empty()).then(|| (nickname.to_owned(), trust.to_owned()))
    });
    rows.collect()
}

/// Gives every row its certificate. A nickname that stands alone is that of the first certificate of its group; those that
/// share one get what is left, in the order in which both were listed.
fn assigned(listed: &[(String, String)], groups: &[(&str, Vec<Vec<u8>>)]) -> Vec<Entry> {
    let alone = |nickname: &str| listed.iter().filter(|(name, _)| name == nickname).count() == 1;
    let claimed: Vec<_> = groups
        .iter()
        .filter(|(nickname, _)| alone(nickname))
        .filter_map(|(_, group)| group.first())
        .collect();
    let mut entries = Vec::new();
    for (nickname, group) in groups {
        let rows = listed.iter().filter(|(name, _)| name == nickname);
        let mut of_the_name: Vec<_> = group.iter().collect();
        match alone(nickname) {
            true => of_the_name.truncate(1),
            false => of_the_name.retain(|der| !claimed.contains(der)),
        }
        entries.extend(rows.zip(of_the_name).map(|((_, trust), der)| Entry {
            nickname: (*nickname).to_owned(),
            trust: trust.clone(),
            der: der.clone(),
        }));
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(nickname: &str, trust: &str) -> (String, String) {
        (nickname.to_owned(), trust.to_owned())
    }

    #[test]
    fn the_list_of_certutil_is_read_behind_its_headings() {
        let printed = "
Certificate Nickname                                         Trust Attributes
                                                             SSL,S/MIME,JAR/XPI

alice (phone)                                                u,u,u
Grösse,, 李 C,,                                              ,,   
pki root 0123456789abcdef                                    C,,  
";
        let expected = [
            row("alice (phone)", "u,u,u"),
            row("Grösse,, 李 C,,", ",,"),
            row("pki root 0123456789abcdef", "C,,"),
        ];
        assert_eq!(listing(printed), expected);
    }

    #[test]
    fn certificates_of_one_subject_find_their_own_row() {
        let (a, b, c) = (vec![1], vec![2], vec![3]);
        let listed = [row("A", "C,,"), row("B", ",,"), row("B", ",,")];
        let groups = [
            ("A", vec![a.clone(), b.clone(), c.clone()]),
            ("B", vec![b.clone(), a.clone(), c.clone()]),
        ];
        let found: Vec<_> = assigned(&listed, &groups)
            .into_iter()
            .map(|entry| (entry.nickname, entry.der))
            .collect();
        let named = |nickname: &str, der| (nickname.to_owned(), der);
        assert_eq!(found, [named("A", a), named("B", b), named("B", c)]);
    }

    #[test]
    fn a_nickname_tells_what_it_was_before() {
        let ours = "pki root 0123456789abcdef";
        let renamed_once = renamed(ours, "Our (old) root");
        assert_eq!(renamed_once, "pki root 0123456789abcdef (Our (old) root)");
        assert_eq!(renamed(ours, &renamed_once), renamed_once);
        assert_eq!(name_before(ours, &renamed_once), Some("Our (old) root"));
        assert_eq!(renamed(ours, ours), ours);
        assert_eq!(name_before(ours, ours), None);
        assert_eq!(name_before(ours, "Our root"), None);
    }
}
