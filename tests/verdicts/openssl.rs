//! What `openssl verify` makes of the same chains.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pki::certificate::Certificate;
use pki::crl::{self, Entries, NewCrl};
use pki::issuer::Issuer;
use pki::key::PrivateKey;
use time::{Duration, OffsetDateTime};

use super::authorities::Authorities;
use super::chains::Chain;
use super::parallel::in_parallel;
use super::recipe::Top;
use crate::support::{Finished, finish, hermetic, path_text};

/// How many files one process is given: they must be few enough for a command line.
const AT_ONCE: usize = 200;

/// What stands before the name of a file that is no certificate: up to 3.0, and later.
const UNREADABLE: [&str; 2] = [
    "Could not read certificate file from ",
    "Could not find certificate file from ",
];

/// What OpenSSL says of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opinion {
    Accepts,
    /// The first error, by number and in its words.
    Refuses(u32, String),
    /// It cannot read it as a certificate.
    CannotRead,
}

/// Asks about every chain; the answers are in the order of the chains.
///
/// Chains with the same certificates behind the first are asked about in one process, each by itself.
pub(super) fn ask(openssl: &Path, authorities: &Authorities, chains: &[Chain]) -> Vec<Opinion> {
    let directory = authorities.authority.path("openssl");
    fs::create_dir(&directory).unwrap();
    write_lists(authorities, &directory.join("crl.pem"));
    let mut groups: BTreeMap<&[Vec<u8>], Vec<usize>> = BTreeMap::new();
    for (number, chain) in chains.iter().enumerate() {
        fs::write(directory.join(file_name(number)), &chain.made.der).unwrap();
        groups
            .entry(&chain.presented[1..])
            .or_default()
            .push(number);
    }
    let mut questions = Vec::new();
    for (group, (behind, numbers)) in groups.iter().enumerate() {
        let untrusted = directory.join(format!("untrusted-{group}.pem"));
        let behind = behind
            .iter()
            .map(|der| Certificate::from_der(der.clone()).unwrap());
        let ours = authorities.ours().map(|signer| signer.certificate.clone());
        let text: String = behind
            .chain(ours)
            .map(|certificate| certificate.pem())
            .collect();
        fs::write(&untrusted, text).unwrap();
        questions.extend(
            numbers
                .chunks(AT_ONCE)
                .map(|numbers| (untrusted.clone(), numbers)),
        );
    }
    let at = OffsetDateTime::now_utc().unix_timestamp().to_string();
    let answers = in_parallel(&questions, |(untrusted, numbers)| {
        let mut command = hermetic(openssl, &directory);
        command
            .args([
                "verify",
                "-no-CApath",
                "-no-CAstore",
                "-purpose",
                "sslclient",
                "-crl_check_all",
            ])
            .args(["-CAfile", path_text(&authorities.authority.root())])
            .args([
                "-CRLfile",
                "crl.pem",
                "-attime",
                &at,
                "-untrusted",
                path_text(untrusted),
            ])
            .args(numbers.iter().map(|number| file_name(*number)));
        read(&finish(&mut command))
    });
    let answers: BTreeMap<String, Opinion> = answers.into_iter().flatten().collect();
    let opinions = (0..chains.len()).map(|number| answers[&file_name(number)].clone());
    opinions.collect()
}

fn file_name(number: usize) -> String {
    format!("{number}.der")
}

/// The CRLs of our CAs as the program writes them. One that is not valid publishes none; there it is signed here, so that it is the
/// validity that is refused and not the want of a CRL.
fn write_lists(authorities: &Authorities, file: &Path) {
    let authority = &authorities.authority;
    authority
        .pki(&["crl", "--bundle", "--out", path_text(file)])
        .ok();
    let mut text = fs::read_to_string(file).unwrap();
    let now = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap();
    let new = NewCrl {
        crl_number: 1,
        this_update: now,
        next_update: now + Duration::DAY,
    };
    for top in [Top::Ended, Top::Coming] {
        let signer = &authorities.signers[&top];
        let key = PrivateKey::from_pkcs8(signer.key.pkcs8()).unwrap();
        let issuer = Issuer::new(signer.certificate.clone(), key).unwrap();
        let list = crl::sign(&issuer, &new, Entries::default()).unwrap();
        text.extend(list.pem_pieces());
    }
    fs::write(file, text).unwrap();
}

/// Each file that was asked about, with the opinion of it.
fn read(finished: &Finished) -> Vec<(String, Opinion)> {
    let mut opinions = Vec::new();
    for line in finished.out().lines() {
        let file = line.strip_suffix(": OK").expect(line);
        opinions.push((file.to_owned(), Opinion::Accepts));
    }
    let mut first = None;
    for line in finished.err().lines() {
        let unread = UNREADABLE.iter().find_map(|said| line.strip_prefix(said));
        if let Some(file) = unread {
            opinions.push((file.to_owned(), Opinion::CannotRead));
        } else if let Some(file) = line.strip_suffix(": verification failed") {
            let file = file.strip_prefix("error ").expect(line);
            opinions.push((file.to_owned(), first.take().expect(line)));
        } else if let Some((number, said)) = error(line) {
            first.get_or_insert(Opinion::Refuses(number, said.to_owned()));
        }
    }
    opinions
}

/// The number and the words of `error 10 at 0 depth lookup: certificate has expired`.
fn error(line: &str) -> Option<(u32, &str)> {
    let (place, said) = line.strip_prefix("error ")?.split_once(" depth lookup: ")?;
    let (number, _) = place.split_once(" at ")?;
    Some((number.parse().ok()?, said))
}
