//! Which certificates a database holds, under which names and how far they are trusted.

use super::places::Database;
use super::programs::Programs;
use crate::error::Result;

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

impl Database {
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

    /// The entry of exactly this certificate.
    pub(super) fn entry_of(&self, programs: &Programs, der: &[u8]) -> Result<Option<Entry>> {
        let entries = self.certificates(programs)?;
        Ok(entries.into_iter().find(|entry| entry.der == der))
    }
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
}
