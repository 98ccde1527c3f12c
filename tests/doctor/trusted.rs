//! Whether a browser trusts a server is said as Chromium does it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::databases::{database, has_tools, run};
use super::{Told, Ward};
use crate::servers::s_server::{S_SERVER, configuration_with};
use crate::support::authority::PKI;
use crate::support::tools::fixture;
use crate::support::{Authority, Server, finish, hermetic, path_text, tool};
use crate::trust::{CONSTRAINED, Machine};

/// What Chromium says where it takes no signature of the server's key.
const REFUSED_KEY: &str = "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH";

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
    let command = hermetic(fixture("support/chromium-visits"), work);
    Some(visited(command, work, urls))
}

/// What came of each visit: whether the page was loaded.
#[track_caller]
fn visited(mut command: Command, work: &Path, urls: &[&str]) -> Vec<bool> {
    let visited = finish(command.arg(work).args(urls)).ok().out();
    let loads = visited.lines().map(|line| {
        let error = serde_json::from_str::<Value>(line).unwrap()["error"].clone();
        let error = error.as_str().unwrap_or_default().to_owned();
        let expected = ["", "net::ERR_CERT_AUTHORITY_INVALID", REFUSED_KEY];
        assert!(expected.contains(&&*error), "{error}");
        error.is_empty()
    });
    loads.collect()
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
    // Chromium does not ask the system's store.
    if ["chromium", "python3"]
        .iter()
        .all(|name| tool(name).is_some())
    {
        let work = authority.path("chromium");
        fs::create_dir_all(work.join("home")).unwrap();
        let command = machine.command(&authority, fixture("support/chromium-visits"));
        assert_eq!(visited(command, &work, &[&server.https]), [false]);
    }
    // Who has no CA here knows the root from the system alone.
    let nobody = Authority::none();
    let told = doctor(&nobody, 3);
    told.finds("root-only-in-system")
        .prevented_by(&["no-candidate"]);
    assert_eq!(told.document["server"]["trusted"], Value::Null);
    assert_eq!(told.document["server"]["anchor"], "added-to-system");
}

#[test]
fn short_and_long_keys_of_servers_are_judged_as_chromium_does() {
    if !has_tools() {
        return;
    }
    let ward = Ward::new();
    let nobody = Authority::none();
    let nssdb = database(&nobody, ".pki/nssdb");
    let configuration = "[req]\ndistinguished_name=dn\n[dn]\n";
    fs::write(nobody.path("openssl.cnf"), configuration).unwrap();
    let request = |name: &str, words: &[&str]| {
        let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
        let always = [
            "req",
            "-x509",
            "-nodes",
            "-config",
            "openssl.cnf",
            "-keyout",
            &key,
            "-out",
            &pem,
        ];
        run(&nobody, "openssl", &[&always[..], words].concat());
    };
    let p256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let root = [
        "-subj",
        "/CN=a root",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
    ];
    request("root", &[p256, root].concat());
    let trust = [
        "-A", "-n", "root", "-t", "C,,", "-i", "root.pem", "-d", &nssdb,
    ];
    run(&nobody, "certutil", &trust);
    for (key, word, trusted) in [
        (&["-newkey", "rsa:1024"][..], "weak-key", true),
        (
            &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"][..],
            "key-type",
            false,
        ),
    ] {
        let localhost = [
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-CA",
            "root.pem",
            "-CAkey",
            "root.key",
        ];
        request("server", &[key, &localhost].concat());
        let [certificate, key] = ["server.pem", "server.key"].map(|it| nobody.path(it));
        let Some(server) = ward.start(&S_SERVER, |site| {
            let words = [
                "-cert",
                path_text(&certificate),
                "-key",
                path_text(&key),
                "-cipher",
                "DEFAULT:@SECLEVEL=0",
            ];
            configuration_with(site, &words)
        }) else {
            return;
        };
        let url = format!("https://localhost:{}/", server.port());
        let told = told_in(&nobody, &url);
        told.finds(word).prevented_by(&["never-asked"]);
        told.does_not_find("root-not-installed");
        assert_eq!(
            told.document["server"]["trusted"], trusted,
            "{}",
            told.document
        );
        let work = nobody.path(&format!("chromium-{word}"));
        if let Some(loads) = chromium_loads(&work, nobody.home(), &[&url]) {
            assert_eq!(loads, [trusted]);
        }
    }
}
