//! Chromium and Firefox log in with what `pki browser install` put into their databases.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::support::browser::{Page, chromium, firefox};
use crate::support::tools::fixture;
use crate::support::{Authority, Client, Finished, Server, finish, hermetic, path_text, tool};

/// A root that may speak for this machine alone needs no yes.
const LOOPBACK: [&str; 6] = [
    "--permit-dns",
    "localhost",
    "--permit-ip",
    "127.0.0.0/8",
    "--permit-ip",
    "::1/128",
];

/// A user who has both browsers: Chromium never started yet, Firefox with a profile.
struct User<'a> {
    work: &'a Path,
}

impl User<'_> {
    /// One whose files lie beside this authority.
    fn of(authority: &Authority) -> User<'_> {
        let user = User {
            work: authority.home(),
        };
        fs::create_dir_all(user.profile()).unwrap();
        fs::write(user.profile().join("times.json"), "{}").unwrap();
        user
    }

    fn home(&self) -> PathBuf {
        self.work.join("home")
    }

    fn profile(&self) -> PathBuf {
        self.home().join(".mozilla/firefox/test.default")
    }

    /// Runs `pki browser install` on a bundle of this authority.
    #[track_caller]
    fn install(&self, authority: &Authority, client: &Client, options: &[&str]) -> Finished {
        let words = ["browser", "install", "--bundle", path_text(&client.bundle)];
        let mut command = authority.command(&[&words[..], options].concat());
        command.env("HOME", self.home());
        finish(command.env("PKI_BUNDLE_PASSWORD", &client.password))
    }

    /// Runs `pki trust install` on the root of this authority.
    #[track_caller]
    fn trust(&self, authority: &Authority) {
        let mut command = authority.command(&["trust", "install", "--store", "nss"]);
        finish(command.env("HOME", self.home())).ok();
    }

    /// What both browsers show; none where a program is missing.
    #[track_caller]
    fn pages(&self, server: &Server, picture: &str) -> Option<[Page; 2]> {
        tool("certutil")?;
        let url = &server.https;
        let seen = chromium(self.work, url, &format!("{picture}-chromium"))?;
        let (home, profile) = (self.home(), self.profile());
        let also = firefox(&home, &profile, url, &format!("{picture}-firefox"))?;
        Some([seen, also])
    }
}

#[track_caller]
fn assert_greeted(page: &Page, server: &Server, name: &str) {
    let all = format!("{}\n{}", page.said(), server.log());
    assert!(page.dom().contains("Logged in as"), "{all}");
    assert_eq!(page.text_of("name").as_deref(), Some(name), "{all}");
}

#[test]
fn both_browsers_log_in_with_an_installed_bundle_and_an_installed_root() {
    let authority = Authority::init(&LOOPBACK);
    let user = User::of(&authority);
    let alice = authority.issue_client(&["alice"]);
    if tool("certutil").is_none() {
        return;
    }
    user.trust(&authority);
    user.install(&authority, &alice, &["--no-trust"]).ok();
    for required in ["optional", "required"] {
        let server = Server::start(&authority, &["--client-auth", required]);
        let picture = format!("installed-{required}");
        let Some(pages) = user.pages(&server, &picture) else {
            return;
        };
        for page in &pages {
            assert_greeted(page, &server, "alice");
        }
    }
}

#[test]
fn of_two_certificates_the_browsers_offer_the_one_that_the_server_takes() {
    let (ours, theirs) = (Authority::init(&LOOPBACK), Authority::init(&LOOPBACK));
    let user = User::of(&ours);
    let alice = ours.issue_client(&["alice"]);
    let mallory = theirs.issue_client(&["mallory"]);
    if tool("certutil").is_none() {
        return;
    }
    user.install(&ours, &alice, &[]).ok();
    user.install(&theirs, &mallory, &[]).ok();
    // The same databases, and each server gets its own: not merely the first that is there.
    for (authority, name) in [(&ours, "alice"), (&theirs, "mallory")] {
        let server = Server::start(authority, &[]);
        let Some(pages) = user.pages(&server, &format!("of-two-{name}")) else {
            return;
        };
        for page in &pages {
            assert_greeted(page, &server, name);
        }
    }
}

#[test]
fn of_two_certificates_of_one_name_the_browsers_offer_the_one_that_is_valid() {
    let authority = Authority::none();
    let Some(made) = authority.pki_at("-30d", &[&["init"], &LOOPBACK[..]].concat()) else {
        return;
    };
    made.ok();
    let words = [
        "issue-client",
        "alice",
        "--device",
        "old",
        "--validity",
        "7d",
        "--json",
    ];
    let expired = authority.pki_at("-20d", &words).unwrap().ok().json();
    let user = User::of(&authority);
    let (expired, alice) = (
        authority.client(&expired),
        authority.issue_client(&["alice"]),
    );
    if tool("certutil").is_none() {
        return;
    }
    let installed = user.install(&authority, &expired, &[]).ok();
    assert!(installed.err().contains("ended on"), "{}", installed.said());
    user.install(&authority, &alice, &[]).ok();
    let server = Server::start(&authority, &[]);
    let Some(pages) = user.pages(&server, "of-two-valid") else {
        return;
    };
    let serial_number = alice.certificate["serial_number"].as_str().unwrap();
    for page in &pages {
        assert_greeted(page, &server, "alice");
        assert!(page.dom().contains(serial_number), "{}", page.said());
    }
}

#[test]
fn a_bundle_of_a_ca_that_the_server_does_not_name_is_not_offered() {
    let (ours, theirs) = (Authority::init(&LOOPBACK), Authority::init(&LOOPBACK));
    let user = User::of(&ours);
    let mallory = theirs.issue_client(&["mallory"]);
    if tool("certutil").is_none() {
        return;
    }
    user.trust(&ours);
    user.install(&theirs, &mallory, &[]).ok();
    let server = Server::start(&ours, &[]);
    let Some(pages) = user.pages(&server, "not-named") else {
        return;
    };
    for page in &pages {
        let all = format!("{}\n{}", page.said(), server.log());
        let verdict = page.text_of("verdict");
        assert_eq!(verdict.as_deref(), Some("no-certificate"), "{all}");
    }
}

/// A Firefox that goes on running.
struct Running(Child);

impl Running {
    fn start(user: &User<'_>, url: &str) -> Option<Self> {
        tool("firefox-esr")?;
        tool("python3")?;
        let mut firefox = hermetic(fixture("support/firefox-login"), &user.home());
        firefox.arg(user.profile()).arg(url).arg("--hold");
        let child = firefox
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Firefox starts");
        let mut running = Self(child);
        let mut page = Vec::new();
        let mut stdout = BufReader::new(running.0.stdout.as_mut().unwrap());
        stdout.read_until(0, &mut page).unwrap();
        assert!(page.ends_with(b"\0"), "Firefox showed no page");
        Some(running)
    }

    fn stop(mut self) {
        drop(self.0.stdin.take());
        let mut rest = String::new();
        let mut stdout = self.0.stdout.take().unwrap();
        stdout.read_to_string(&mut rest).unwrap();
        assert!(self.0.wait().unwrap().success(), "{rest}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The script takes Firefox with it once its input ends; it may have ended already.
        if let Some(mut stdin) = self.0.stdin.take() {
            let _ = stdin.flush();
        }
        let _ = self.0.wait();
    }
}

#[test]
fn firefox_that_runs_keeps_its_profile_and_chromium_gets_the_bundle_all_the_same() {
    let authority = Authority::init(&LOOPBACK);
    let user = User::of(&authority);
    let alice = authority.issue_client(&["alice"]);
    if tool("certutil").is_none() {
        return;
    }
    let server = Server::start(&authority, &[]);
    let Some(running) = Running::start(&user, &server.https) else {
        return;
    };
    let certificates = user.profile().join("cert9.db");
    let before = fs::read(&certificates).unwrap();
    let refused = user.install(&authority, &alice, &["--json"]).exits(1);
    assert!(
        refused.err().contains("Close Firefox"),
        "{}",
        refused.said()
    );
    let databases = refused.json()["databases"].clone();
    let states: Vec<_> = databases
        .as_array()
        .unwrap()
        .iter()
        .map(|it| [&it["browser"], &it["bundle"], &it["root"]].map(|word| word.as_str().unwrap()))
        .collect();
    assert_eq!(
        states,
        [
            ["chromium", "installed", "installed"],
            ["firefox", "failed", "failed"]
        ]
    );
    assert!(before == fs::read(&certificates).unwrap());
    running.stop();
    user.install(&authority, &alice, &[]).ok();
    let Some(pages) = user.pages(&server, "closed-again") else {
        return;
    };
    for page in &pages {
        assert_greeted(page, &server, "alice");
    }
}
