//! What the browsers do is what the program says that they do.

use std::fs;
use std::path::Path;

use pki::certificate::Certificate;
use pki::doctor::offer::{
    Browser, Candidate, Choice, Offer, Order, Place, Request, answers, offer,
};
use pki::trust::nss::{self, Keyring, Programs};
use time::OffsetDateTime;

use super::server::{Seen, Server};
use super::setups::{ALONE, Beside, LASTING, Named, Setup, TOGETHER};
use super::table;
use super::workshop::{Database, Made, Workshop};
use crate::support::process::finish_with_input;
use crate::support::tools::fixture;
use crate::support::{finish, hermetic, tool};

const TOOLS: [&str; 7] = [
    "openssl",
    "certutil",
    "pk12util",
    "chromium",
    "unshare",
    "firefox-esr",
    "python3",
];

/// A set-up whose certificates are in the database and whose server runs.
struct Staged {
    setup: &'static Setup,
    leaves: Vec<Made>,
    /// The CAs above them, in the database or not.
    above: [Made; 2],
    /// Whether NSS took the certificates in.
    is_imported: bool,
    request: Request,
    server: Server,
}

/// Makes and starts everything but the browsers.
struct Stage<'a> {
    workshop: Workshop<'a>,
    /// The root of the servers.
    root: Made,
    localhost: Made,
    foreign: Made,
}

impl<'a> Stage<'a> {
    fn new(directory: &'a Path) -> Self {
        let workshop = Workshop::new(directory);
        let root = workshop.ca("server root", None, LASTING);
        Self {
            localhost: workshop.server(&root),
            foreign: workshop.ca("foreign root", None, LASTING),
            root,
            workshop,
        }
    }

    fn set_up(&self, database: &Database, number: usize, setup: &'static Setup) -> Staged {
        let name = |what: &str| format!("{number} {what}");
        let root = self.workshop.ca(&name("root"), None, LASTING);
        let issuing = self
            .workshop
            .ca(&name("issuing"), Some(&root), setup.issuing_days);
        let subject = name("client");
        let mut leaves = Vec::new();
        let mut is_imported = true;
        for (place, leaf) in setup.leaves.iter().enumerate() {
            let name = name(&format!("client {place}"));
            let common_name = match setup.of_one_subject {
                true => subject.clone(),
                false => name.clone(),
            };
            let made = self
                .workshop
                .certificate(&name, &common_name, leaf, Some(&issuing));
            is_imported &= self
                .workshop
                .import(database, &made, &issuing, setup.beside);
            leaves.push(made);
        }
        let request = self.request(setup, leaves[0].certificate.issuer().der(), &root);
        let key = self.workshop.key_der(&self.localhost);
        Staged {
            server: Server::start(&request, self.localhost.certificate.der(), &key),
            setup,
            leaves,
            above: [issuing, root],
            is_imported,
            request,
        }
    }

    fn request(&self, setup: &Setup, issuer: &[u8], root: &Made) -> Request {
        let subject = |made: &Made| made.certificate.subject().der().to_vec();
        let issuer = issuer.to_vec();
        Request {
            acceptable_issuers: match setup.named {
                Named::Issuing => vec![issuer],
                Named::Root => vec![subject(root)],
                Named::Both => vec![issuer, subject(root)],
                Named::Foreign => vec![subject(&self.foreign)],
                Named::OtherString => vec![as_printable_string(issuer)],
                Named::Nobody => Vec::new(),
            },
            signature_schemes: setup.schemes.to_vec(),
            version: setup.version,
        }
    }
}

/// The same name, its commonName a PrintableString.
fn as_printable_string(mut name: Vec<u8>) -> Vec<u8> {
    const COMMON_NAME: [u8; 3] = [0x55, 4, 3];
    let place = name.windows(3).position(|octets| octets == COMMON_NAME);
    let tag = place.unwrap() + 3;
    assert_eq!(name[tag], 0x0c, "a UTF8String");
    name[tag] = 0x13;
    name
}

/// Has a browser visit all. So that no start takes long, each is given a part of them.
fn visit(browser: Browser, work: &Path, database: &Database, staged: &[Staged]) {
    const AT_ONCE: usize = 32;
    let urls: Vec<_> = staged.iter().map(|it| it.server.url.as_str()).collect();
    fs::create_dir_all(work.join("home")).unwrap();
    let profile = match browser {
        Browser::Chromium => work.join("home/.pki/nssdb"),
        Browser::Firefox => work.join("profile"),
    };
    database.copy_to(&profile);
    for urls in urls.chunks(AT_ONCE) {
        let finished = match browser {
            Browser::Chromium => {
                let mut chromium = hermetic(fixture("support/chromium-visits"), work);
                finish(chromium.arg(work).args(urls))
            }
            Browser::Firefox => {
                let mut firefox = hermetic(fixture("support/firefox-login"), work);
                firefox.arg(&profile).arg(urls[0]).arg("--hold");
                finish_with_input(&mut firefox, Some(urls[1..].join("\n").as_bytes()))
            }
        };
        finished.ok();
    }
}

/// All that the database holds, as `pki doctor` reads it where it is this browser's.
fn candidates(
    database: &Database,
    staged: &[Staged],
    work: &Path,
    browser: Browser,
) -> Vec<Candidate> {
    let path = std::env::var_os("PATH").unwrap();
    let programs = Programs::find(&path, work, None).unwrap();
    let keyring = nss::Database::named(database.0.clone()).keyring(&programs);
    let Keyring {
        certificates,
        is_in_order,
        ..
    } = keyring.unwrap();
    assert!(is_in_order);
    let held: Vec<_> = certificates
        .into_iter()
        .map(|(der, has_key)| (Certificate::from_der(der).unwrap(), has_key))
        .collect();
    let above = staged.iter().flat_map(|it| &it.above);
    let elsewhere: Vec<_> = above.map(|made| made.certificate.clone()).collect();
    let place = Place::Database {
        browser: Some(browser),
        owner: browser.name().to_owned(),
        directory: database.0.clone(),
        order: Order::OfImport,
    };
    Candidate::of_database(&held, &elsewhere, &place)
}

impl Staged {
    /// What is said of each of its certificates: as it lies in the database, or, where NSS did not take it, in a bundle.
    fn offers(&self, all: &[Candidate], browser: Browser, now: OffsetDateTime) -> Vec<Offer> {
        let candidate = |leaf: &Made| {
            let found = all.iter().find(|it| it.certificate == leaf.certificate);
            assert_eq!(found.is_some(), self.is_imported, "{}", self.setup.what);
            found.cloned().unwrap_or_else(|| Candidate {
                certificate: leaf.certificate.clone(),
                chain: vec![self.above[0].certificate.clone()],
                elsewhere: Vec::new(),
                has_key: self.setup.beside != Beside::NoKey,
                place: Place::Bundle("client.p12".into()),
            })
        };
        let candidates = self.leaves.iter().map(candidate);
        candidates
            .map(|it| offer(&it, &self.request, browser, now))
            .collect()
    }

    /// What the doctor says that the browser does, as a server sees it.
    fn predicted(&self, all: &[Candidate], browser: Browser, now: OffsetDateTime) -> Told {
        let answers = answers(all, &self.request, now);
        let [answer] = &answers[..] else {
            panic!("one database and one browser: {answers:?}");
        };
        assert_eq!(answer.browser, browser);
        match (answer.choice, &answer.chosen) {
            (Choice::Sends(_), Some(chosen)) => Told::Sends(self.place_of(chosen.der())),
            (Choice::GivesUp(_), Some(_)) => Told::GivesUp,
            (Choice::Nothing, None) => Told::Nothing,
            _ => panic!("{}: {answer:?}", self.setup.what),
        }
    }

    /// What the browser did.
    fn seen(&self) -> Told {
        match self.server.outcome() {
            Seen::Certificate(der) => Told::Sends(self.place_of(&der)),
            Seen::None => Told::Nothing,
            Seen::Broken(why) if why.contains("HandshakeFailure") => Told::GivesUp,
            other => panic!("{}: {other:?}", self.setup.what),
        }
    }

    /// The place of one of its certificates; nothing for that of another set-up.
    fn place_of(&self, der: &[u8]) -> Option<usize> {
        let mut leaves = self.leaves.iter();
        leaves.position(|leaf| leaf.certificate.der() == der)
    }
}

/// What a browser does, or is said to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Sends(Option<usize>),
    Nothing,
    GivesUp,
}

#[test]
fn the_browsers_offer_what_the_program_says_that_they_offer() {
    if TOOLS.iter().any(|name| tool(name).is_none()) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let stage = Stage::new(directory.path());
    let now = OffsetDateTime::now_utc();
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    for (group, setups) in [("together", TOGETHER), ("alone", ALONE)] {
        let database = stage.workshop.database(group, &stage.root);
        let numbered = setups.iter().enumerate();
        let staged: Vec<_> = numbered
            .map(|(number, setup)| stage.set_up(&database, number, setup))
            .collect();
        let mut columns = Vec::new();
        for browser in Browser::ALL {
            let work = directory
                .path()
                .join(format!("{group} {}", browser.as_str()));
            visit(browser, &work, &database, &staged);
            let all = candidates(&database, &staged, directory.path(), browser);
            let mut column = Vec::new();
            for it in &staged {
                let offers = it.offers(&all, browser, now);
                let (seen, predicted) = (it.seen(), it.predicted(&all, browser, now));
                if seen != predicted || !agrees(&offers, seen) {
                    let what = it.setup.what;
                    wrong.push(format!(
                        "{}, {what}: {seen:?}, and not {predicted:?}; {offers:?}",
                        browser.name()
                    ));
                }
                column.push(table::cell(&offers, seen));
            }
            columns.push(column);
        }
        for (place, it) in staged.iter().enumerate() {
            let cells = columns.iter().map(|column| column[place].clone());
            rows.push((it.setup.what, cells.collect::<Vec<_>>()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    table::compare_with_page(&table::render(&rows));
}

/// Says whether what is said of each certificate and what the server saw go together.
fn agrees(offers: &[Offer], seen: Told) -> bool {
    match seen {
        Told::Sends(place) => place.is_some_and(|place| offers[place].is_offered()),
        // One that fits may stay behind another that was chosen and cannot be used.
        Told::Nothing | Told::GivesUp => offers.iter().any(|it| !it.is_offered()),
    }
}
