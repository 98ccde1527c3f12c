//! Whether a browser trusts a server is said as Chromium does it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::databases::{database, has_tools, run};
use super::{Told, Ward};
use crate::servers::s_server::{S_SERVER, configuration_with};
use crate::support::authority::PKI;
use crate::support::tools::fixture;
use crate::support::{Authority, Server, finish, hermetic, path_text, tool};
use crate::trust::{CONSTRAINED, Machine};

/// What the doctor says in this home, where there is no CA.
#[track_caller]
fn told_in(nobody: &Authority, url: &str) -> Told {
    Told::read(&nobody.pki(&["doctor", "--json", url]).exits(3))
}

/// Whether Chromium with this home loads each page, where a tool is not missing.
#[track_caller]
fn chromium_loads(work: &Path, home: &Path, urls: &[&str]) -> Option<Vec<bool>> {
    for needed in ["chromium", "unshare", "python3"] {
        tool(needed)?;
    }
    fs::create_dir_all(work.join("home")).unwrap();
    if home.join(".pki").exists() {
        fs::create_dir_all(work.join("home/.pki/nssdb")).unwrap();
        for file in fs::read_dir(home.join(".pki/nssdb")).unwrap() {
            let file = file.unwrap();
            let copy = work.join("home/.pki/nssdb").join(file.file_name());
            fs::copy(file.path(), copy).unwrap();
        }
    }
    let mut command = hermetic(fixture("support/chromium-visits"), work);
    let visited = finish(command.arg(work).args(urls)).ok().out();
    let loads = visited.lines().map(|line| {
        let error = serde_json::from_str::<Value>(line).unwrap()["error"].clone();
        let error = error.as_str().unwrap_or_default().to_owned();
        assert!(
            ["", "net::ERR_CERT_AUTHORITY_INVALID"].contains(&&*error),
            "{error}"
        );
        error.is_empty()
    });
    Some(loads.collect())
}

#[test]
fn a_server_is_trusted_where_chromium_loads_its_page() {
    if !has_tools() {
        return;
    }
    let ward = Ward::new();
    let whole = Server::start(&ward.authority, &[]);
    let Some(bare) = ward.start(&S_SERVER, |site| {
        let words = [
            "-cert",
            path_text(&site.fullchain),
            "-key",
            path_text(&site.key),
        ];
        configuration_with(site, &words)
    }) else {
        return;
    };
    let urls = [
        format!("https://localhost:{}/", whole.port()),
        format!("https://localhost:{}/", bare.port()),
    ];
    let urls = [urls[0].as_str(), urls[1].as_str()];
    // What lies in the database, with its marks; whether the server is trusted that sends its chain, and the one that does not.
    let cases = [
        (&[][..], [false, false]),
        (&[("root", ",,")][..], [false, false]),
        (&[("root", "C,,")][..], [true, false]),
        (&[("root", "C,,"), ("issuing", ",,")][..], [true, true]),
    ];
    for (held, expected) in cases {
        let nobody = Authority::none();
        let nssdb = database(&nobody, ".pki/nssdb");
        for (name, trust) in held {
            let file = ward.ca(name);
            let words = ["-A", "-n", name, "-t", trust, "-i", &file, "-d", &nssdb];
            run(&nobody, "certutil", &words);
        }
        let told = urls.map(|url| told_in(&nobody, url));
        let trusted = told
            .each_ref()
            .map(|told| told.document["server"]["trusted"].clone());
        assert_eq!(
            trusted,
            expected.map(Value::from),
            "{held:?}: {}",
            told[1].document
        );
        let anchors = told
            .each_ref()
            .map(|told| told.document["server"]["anchor"].clone());
        let expected_anchors = expected.map(|is_trusted| match is_trusted {
            true => json!("browser"),
            false => Value::Null,
        });
        assert_eq!(anchors, expected_anchors);
        if expected[1] {
            // The page loads, and so it is a note.
            told[1]
                .finds("intermediate-missing")
                .prevented_by(&["never-asked"]);
        }
        let work = nobody.path("chromium");
        if let Some(loads) = chromium_loads(&work, nobody.home(), &urls) {
            assert_eq!(loads, expected, "{held:?}");
        }
    }
}

#[test]
fn a_root_that_was_added_to_the_system_alone_is_not_said_to_be_trusted_by_a_browser() {
    let authority = Authority::init(&[&["--no-passphrase"], &CONSTRAINED[..]].concat());
    authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    let Some(machine) = Machine::new(&authority) else {
        return;
    };
    machine
        .trust(&authority, &["install", "--store", "system"])
        .ok();
    let doctor = |of: &Authority, code| {
        let mut command = machine.command(of, PKI);
        Told::read(&finish(command.args(["doctor", "--json", &server.https])).exits(code))
    };
    let told = doctor(&authority, 0);
    told.finds("root-only-in-system")
        .does_not_find("root-not-installed");
    assert_eq!(told.document["server"]["trusted"], Value::Null);
    assert_eq!(told.document["server"]["anchor"], "this-authority");
    let system = &told.document["server"]["stores"][0];
    assert_eq!(
        (&system["store"], &system["trusted"]),
        (&json!("system"), &json!(true))
    );
    // Who has no CA here knows the root from the system alone.
    let nobody = Authority::none();
    let told = doctor(&nobody, 3);
    told.finds("root-only-in-system")
        .prevented_by(&["no-candidate"]);
    assert_eq!(told.document["server"]["trusted"], Value::Null);
    assert_eq!(told.document["server"]["anchor"], "added-to-system");
}
