//! Which certificates a database holds, under which names and how far they are trusted.

use super::places::Database;
use super::programs::Programs;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;

/// What stands above the list of certificates, the last line but one.
const HEADING: &str = "SSL,S/MIME,JAR/XPI";

/// A certificate in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name under which a browser shows it. Several certificates of one subject may share it.
    pub nickname: String,
    /// NSS's trust attributes for TLS, mail and code: `C,,`, `u,u,u`.
    pub trust: String,
    /// The certificate.
    pub der: Vec<u8>,
    /// The nickname as `certutil` lists it and finds it.
    pub(super) listed: String,
    /// Whether another certificate has the same nickname.
    is_shared: bool,
}

/// What a database holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Contents {
    entries: Vec<Entry>,
    /// The trust attributes of those that NSS does not find by the name that it lists itself.
    unmatched: Vec<String>,
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

    /// Says whether somebody has decided about it, and not that TLS servers be trusted by it: `p,,` is never to be trusted.
    pub fn is_marked(&self) -> bool {
        !self.is_trusted() && is_decided(&self.trust)
    }

    fn for_tls(&self) -> &str {
        self.trust.split(',').next().unwrap_or_default()
    }
}

impl Database {
    /// Every certificate of the database, in the order in which NSS lists them; none where there is no database. Those that NSS does
    /// not find by the name that it lists itself are left out. A database with a password is read without it.
    ///
    /// # Errors
    /// Says that the database cannot be read.
    pub fn certificates(&self, programs: &Programs) -> Result<Vec<Entry>> {
        Ok(self.contents(programs)?.entries)
    }

    /// The entry of a root.
    ///
    /// # Errors
    /// Says that the database cannot be read, or that it trusts, or distrusts, a certificate that NSS does not find by its name:
    /// that may be the root; or that the root shares its nickname with another certificate, because NSS's programs act on one of
    /// them without saying which.
    pub fn root(&self, programs: &Programs, root: &Certificate) -> Result<Option<Entry>> {
        let contents = self.contents(programs)?;
        let mut entries = contents.entries.into_iter();
        let found = entries.find(|entry| entry.der == root.der());
        if let Some(entry) = found.as_ref().filter(|entry| entry.is_shared) {
            return Err(Error::new(
                ErrorKind::NotPermitted,
                format!(
                    "the root in {} shares the nickname {} with another certificate, and NSS does not tell which of them it trusts",
                    self.directory.display(),
                    Quoted(&entry.nickname)
                ),
            )
            .with_hint("Take one of them out in the browser's list of certificate authorities."));
        }
        if found.is_none() && contents.unmatched.iter().any(|trust| is_decided(trust)) {
            return Err(Error::new(
                ErrorKind::Malformed,
                format!(
                    "{} holds a certificate that cannot be found by the name that NSS lists, and it may be this root",
                    self.directory.display()
                ),
            )
            .with_hint("Look for it in the browser's list of certificate authorities, or with certutil -L."));
        }
        Ok(found)
    }

    /// The entry of exactly this certificate.
    pub(super) fn entry_of(&self, programs: &Programs, der: &[u8]) -> Result<Option<Entry>> {
        let entries = self.certificates(programs)?;
        Ok(entries.into_iter().find(|entry| entry.der == der))
    }

    fn contents(&self, programs: &Programs) -> Result<Contents> {
        if !self.exists {
            return Ok(Contents::default());
        }
        let listed = self.certutil(programs, &["-L"])?;
        let listed = listing(&String::from_utf8_lossy(&listed.stdout));
        let mut groups = Vec::new();
        for (position, (nickname, _)) in listed.iter().enumerate() {
            let earlier = listed.iter().take(position);
            if earlier.map(|(name, _)| name).any(|name| name == nickname) {
                continue;
            }
            groups.push((nickname.as_str(), self.of_subject(programs, nickname)?));
        }
        Ok(assigned(&listed, &groups))
    }

    /// The certificates of the subject whose certificate has this nickname; that one comes first. None where NSS finds none.
    fn of_subject(&self, programs: &Programs, nickname: &str) -> Result<Vec<Vec<u8>>> {
        // Asked for no name at all, NSS shows any.
        if nickname.is_empty() {
            return Ok(Vec::new());
        }
        let printed = self.run_certutil(programs, &["-L", "-n", nickname, "-a"])?;
        if String::from_utf8_lossy(&printed.stderr).contains("Could not find cert") {
            return Ok(Vec::new());
        }
        let printed = self.checked(programs, printed)?;
        let blocks = pem::parse_many(printed.stdout).unwrap_or_default();
        Ok(blocks.into_iter().map(pem::Pem::into_contents).collect())
    }
}

/// Says whether trust attributes hold more than the mark that the private key is there.
fn is_decided(trust: &str) -> bool {
    trust.chars().any(|letter| !",uw".contains(letter))
}

/// Nicknames and trust attributes, as `certutil -L` lists them behind its headings and an empty line.
///
/// Spaces fill a nickname up to the second column, and a line end in one stands there as it is.
fn listing(printed: &str) -> Vec<(String, String)> {
    let behind = printed.split_once(HEADING).map_or("", |(_, behind)| behind);
    let mut rows = Vec::new();
    let mut begun = String::new();
    for line in behind.split('\n').skip(2) {
        match row(line) {
            Some((nickname, trust)) => {
                begun.push_str(nickname);
                rows.push((std::mem::take(&mut begun), trust.to_owned()));
            }
            None => {
                begun.push_str(line);
                begun.push('\n');
            }
        }
    }
    rows
}

/// The nickname, or its last line, and the trust attributes in a line.
fn row(line: &str) -> Option<(&str, &str)> {
    let (nickname, trust) = line.trim_end().rsplit_once(' ')?;
    let is_trust = trust.matches(',').count() == 2
        && trust
            .chars()
            .all(|letter| letter == ',' || "pPcCTuwgG".contains(letter));
    is_trust.then(|| (nickname.trim_end(), trust))
}

/// A nickname without the name of the token, which `certutil` puts before one in which a colon stands: else it would take
/// what stands before the colon for that. (In FIPS mode the token is called "NSS FIPS 140-2 Certificate DB".)
fn without_token(listed: &str) -> &str {
    let is_token = |name: &str| name.starts_with("NSS ") && name.ends_with("Certificate DB");
    match listed.split_once(':') {
        Some((token, nickname)) if is_token(token) => nickname,
        _ => listed,
    }
}

/// Gives every row its certificate. A nickname that stands alone is that of the first certificate of its group; those that
/// share one get what is left, in the order in which both were listed.
fn assigned(listed: &[(String, String)], groups: &[(&str, Vec<Vec<u8>>)]) -> Contents {
    let alone = |nickname: &str| listed.iter().filter(|(name, _)| name == nickname).count() == 1;
    let claimed: Vec<_> = groups
        .iter()
        .filter(|(nickname, _)| alone(nickname))
        .filter_map(|(_, group)| group.first())
        .collect();
    let (mut entries, mut unmatched) = (Vec::new(), Vec::new());
    for (nickname, group) in groups {
        let mut of_the_name: Vec<_> = group.iter().collect();
        match alone(nickname) {
            true => of_the_name.truncate(1),
            false => of_the_name.retain(|der| !claimed.contains(der)),
        }
        let mut of_the_name = of_the_name.into_iter();
        let rows = listed.iter().enumerate();
        for (row, (listed, trust)) in rows.filter(|(_, (name, _))| name == nickname) {
            match of_the_name.next() {
                Some(der) => entries.push((
                    row,
                    Entry {
                        nickname: without_token(listed).to_owned(),
                        trust: trust.clone(),
                        der: der.clone(),
                        listed: listed.clone(),
                        is_shared: !alone(nickname),
                    },
                )),
                None => unmatched.push(trust.clone()),
            }
        }
    }
    entries.sort_by_key(|(row, _)| *row);
    Contents {
        entries: entries.into_iter().map(|(_, entry)| entry).collect(),
        unmatched,
    }
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
of two
lines                                                        C,,  
NSS Certificate DB:Acme: Root                                ,,   
";
        let expected = [
            row("alice (phone)", "u,u,u"),
            row("Grösse,, 李 C,,", ",,"),
            row("pki root 0123456789abcdef", "C,,"),
            row("of two\nlines", "C,,"),
            row("NSS Certificate DB:Acme: Root", ",,"),
        ];
        assert_eq!(listing(printed), expected);
        assert_eq!(listing(""), []);
    }

    #[test]
    fn the_name_of_the_token_is_no_part_of_a_nickname() {
        assert_eq!(without_token("NSS Certificate DB:Acme: Root"), "Acme: Root");
        assert_eq!(without_token("NSS FIPS 140-2 Certificate DB:a:b"), "a:b");
        assert_eq!(without_token("NSS Certificate DB"), "NSS Certificate DB");
        assert_eq!(without_token("Acme: Root"), "Acme: Root");
    }

    #[test]
    fn certificates_of_one_subject_find_their_own_row() {
        let (a, b, c) = (vec![1], vec![2], vec![3]);
        let listed = [
            row("A", "C,,"),
            row("B", ",,"),
            row("B", ",,"),
            row("D", "p,,"),
        ];
        let groups = [
            ("A", vec![a.clone(), b.clone(), c.clone()]),
            ("B", vec![b.clone(), a.clone(), c.clone()]),
            ("D", Vec::new()),
        ];
        let contents = assigned(&listed, &groups);
        let shared: Vec<_> = contents.entries.iter().map(|it| it.is_shared).collect();
        assert_eq!(shared, [false, true, true]);
        let found: Vec<_> = contents
            .entries
            .into_iter()
            .map(|entry| (entry.nickname, entry.der))
            .collect();
        let named = |nickname: &str, der| (nickname.to_owned(), der);
        assert_eq!(found, [named("A", a), named("B", b), named("B", c)]);
        assert_eq!(contents.unmatched, ["p,,"]);
    }

    #[test]
    fn certificates_stand_in_the_order_of_the_list() {
        let listed = [row("B", ",,"), row("A", ",,"), row("B", ",,")];
        let groups = [("B", vec![vec![1], vec![3]]), ("A", vec![vec![2]])];
        let entries = assigned(&listed, &groups).entries.into_iter();
        let found: Vec<_> = entries.map(|entry| entry.der).collect();
        assert_eq!(found, [[1], [2], [3]]);
    }

    #[test]
    fn a_private_key_is_no_decision_about_trust() {
        let marked = |trust: &str| {
            let (nickname, listed) = (String::new(), String::new());
            let (trust, der) = (trust.to_owned(), Vec::new());
            let entry = Entry {
                nickname,
                trust,
                der,
                listed,
                is_shared: false,
            };
            entry.is_marked()
        };
        assert!(marked("p,,") && marked(",C,") && marked("T,,") && marked("pu,u,u"));
        assert!(!marked(",,") && !marked("u,u,u") && !marked("C,p,"));
    }
}
