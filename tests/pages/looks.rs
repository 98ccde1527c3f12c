//! What a browser makes of the pages: pictures of them, and nothing in them that shuts somebody out.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};

use super::names::{HOSTILE, stranger};
use super::{Answer, Way, ask};
use crate::interop::bundles::{nss_database, pk12util};
use crate::logins::{CLIENT_EXTENSIONS, Cast, signed_with};
use crate::support::browser::screenshot;
use crate::support::process::finish_with_input;
use crate::support::tools::{axe, fixture};
use crate::support::{Authority, Credentials, Server, finish, hermetic, path_text, tool};

/// Where the README's pictures lie.
const IMAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/images");
/// A picture in the repository is small, in octets.
const SMALL: usize = 60_000;
/// How many pages one browser is shown: more might take too long on a machine that is busy.
const TOGETHER: usize = 12;
/// Width and height of what a person sees at first.
const PHONE: (u32, u32) = (390, 844);
const DESKTOP: (u32, u32) = (1280, 900);

/// One browser for a list of pages.
pub(crate) struct Browser<'a> {
    work: &'a Path,
}

impl<'a> Browser<'a> {
    /// One whose user has these databases; for each pattern of an address it chooses the certificate of this common name.
    pub(crate) fn of(authority: &'a Authority, choices: &[(String, &str)]) -> Self {
        let work = authority.home();
        let rules: Vec<_> = choices
            .iter()
            .map(|(pattern, name)| {
                let rule = json!({"pattern": pattern, "filter": {"SUBJECT": {"CN": name}}});
                rule.to_string()
            })
            .collect();
        let policies = work.join("etc/chromium/policies/managed");
        fs::create_dir_all(&policies).unwrap();
        let policy = json!({"AutoSelectCertificateForUrls": rules}).to_string();
        fs::write(policies.join("pki-test.json"), policy).unwrap();
        Self { work }
    }

    /// What it found on each page; none where a program is missing.
    #[track_caller]
    pub(crate) fn visit(&self, jobs: &[Value]) -> Option<Vec<Value>> {
        tool("chromium")?;
        tool("unshare")?;
        let node = tool("node")?;
        let mut findings = Vec::new();
        for jobs in jobs.chunks(TOGETHER) {
            let mut node = hermetic(&node, self.work);
            node.arg(fixture("accessibility/browse.js")).arg(self.work);
            let jobs = serde_json::to_vec(jobs).unwrap();
            let found = finish_with_input(&mut node, Some(&jobs)).ok().json();
            findings.extend(found.as_array().unwrap().iter().cloned());
        }
        Some(findings)
    }
}

/// Both widths, light and dark, and what is looked for in each: all faults once in each width, those of colours in the dark.
fn looks() -> Vec<Value> {
    let mut looks = Vec::new();
    for (width, height) in [PHONE, DESKTOP] {
        for dark in [false, true] {
            looks.push(json!({"width": width, "height": height, "dark": dark}));
        }
    }
    // The colours are the same in each width.
    looks[1]["audit"] = false.into();
    looks
}

/// As narrow as WCAG 2.1 §1.4.10 asks for.
fn narrow() -> Value {
    json!({"width": 320, "height": 640, "dark": false, "audit": false})
}

/// The same with a picture of each; the light ones also small, where they are for the README.
fn pictures(name: &str, small: Option<&Path>) -> Vec<Value> {
    let mut looks = looks();
    for (number, look) in looks.iter_mut().enumerate() {
        let size = ["phone", "desktop"][number / 2];
        let scheme = ["light", "dark"][number % 2];
        look["picture"] = path_text(&screenshot(&format!("page-{name}-{size}-{scheme}"))).into();
        if let Some(directory) = small.filter(|_| scheme == "light") {
            let file = directory.join(format!("{name}-{size}.png"));
            look["small"] = path_text(&file).into();
        }
    }
    looks.push(narrow());
    looks
}

/// An answer that some other client got, put before the browser.
fn shown(name: &str, answer: &Answer) -> Value {
    json!({
        "name": name,
        "url": format!("https://page.test/{name}"),
        "answer": {
            "status": answer.status,
            "headers": {
                "Content-Type": answer.header("content-type"),
                "Content-Security-Policy": answer.header("content-security-policy"),
            },
            "body": answer.body,
        },
        "looks": looks(),
    })
}

/// Everything that is wrong with what was found.
fn faults(found: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let audited = |look: &&Value| look["violations"].is_array();
    let looks = found["looks"].as_array().into_iter().flatten();
    assert!(looks.filter(audited).count() > 0, "axe-core ran: {found:#}");
    for look in found["looks"].as_array().expect("looks") {
        let place = format!(
            "{} at {} (dark: {})",
            found["name"], look["width"], look["dark"]
        );
        if look["wider"] != 0 {
            faults.push(format!("{place} scrolls sideways by {}", look["wider"]));
        }
        let violations = look["violations"].as_array();
        let violations = violations.into_iter().flatten();
        faults.extend(violations.map(|it| format!("{place}: {it:#}")));
    }
    faults
}

/// Certificates that are refused for a reason that the cast has none for, as far as OpenSSL lets one present them, and such as bear
/// names that are hard to show.
fn further(authority: &Authority) -> Option<Vec<(&'static str, Credentials)>> {
    let (issuing, key) = (authority.issuing(), authority.issuing_key());
    let no_signatures = CLIENT_EXTENSIONS.replace("digitalSignature", "keyAgreement");
    let long = authority.issue_client(&[&"W".repeat(64), "--device", &"w".repeat(64)]);
    Some(vec![
        (
            "wrong-key-usage",
            signed_with(authority, &no_signatures, "agreement", &issuing, &key)?,
        ),
        ("long-name", authority.credentials(&long)?),
        ("hostile-name", stranger(authority, HOSTILE)?),
    ])
}

/// The page of a server whose inventory broke between the handshake and the request.
fn trouble(authority: &Authority, client: &Credentials, server: &Server) -> Option<Answer> {
    tool("sqlite3")?;
    let mut openssl = hermetic(tool("openssl")?, authority.home());
    openssl.args(["s_client", "-quiet", "-servername", "localhost", "-connect"]);
    openssl
        .arg(format!("127.0.0.1:{}", server.port()))
        .arg("-CAfile");
    openssl.arg(authority.root()).arg("-cert");
    openssl
        .arg(&client.certificate)
        .arg("-key")
        .arg(&client.key);
    openssl.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = openssl.stderr(Stdio::null()).spawn().unwrap();
    let (mut to, mut from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let head = format!("HTTP/1.1\r\nHost: localhost:{}\r\n", server.port());
    write!(to, "GET /steps {head}\r\n").unwrap();
    let mut before = Vec::new();
    while !before.ends_with(b"</html>") {
        let mut octet = [0];
        from.read_exact(&mut octet).unwrap();
        before.extend(octet);
    }
    authority
        .sql("PRAGMA busy_timeout = 10000; ALTER TABLE certificate RENAME TO gone")
        .unwrap();
    write!(to, "GET / {head}Connection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    from.read_to_string(&mut answer).unwrap();
    child.wait().unwrap();
    Some(Answer::read(&answer))
}

#[test]
fn no_page_shuts_anybody_out() {
    let (Some(axe), Some(cast)) = (axe(), Cast::assemble()) else {
        return;
    };
    let authority = &cast.authority;
    let server = Server::start(authority, &[]);
    let secrets = authority.path("secrets.log");
    let logging = Server::start(authority, &["--keylog", path_text(&secrets)]);
    let page = format!("{}/", server.https);
    let mut jobs = Vec::new();
    let mut add = |name: &str, way: &Way<'_>, url: &str| {
        let answer = ask(authority, way, &[url])?.remove(0);
        jobs.push(shown(name, &answer));
        Some(())
    };
    let way = |credentials, options, resumes| Way {
        credentials,
        options,
        resumes,
    };
    let further = further(authority);
    let refused = cast.refused.iter().chain(further.iter().flatten());
    let mut seen = Vec::new();
    for (reason, credentials) in refused {
        if !seen.contains(reason) {
            seen.push(*reason);
            let way = way(Some(credentials), &[], false);
            let Some(()) = add(reason, &way, &page) else {
                return;
            };
        }
    }
    let alice = Some(&cast.accepted);
    for (name, way) in [
        ("accepted", way(alice, &[], false)),
        ("resumed", way(alice, &[], true)),
        ("tls-1.2", way(alice, &["--tls-max", "1.2"], false)),
        ("tls-1.2-resumed", way(alice, &["--tls-max", "1.2"], true)),
        ("no-certificate", way(None, &[], false)),
        ("no-certificate-resumed", way(None, &[], true)),
    ] {
        add(name, &way, &page).unwrap();
    }
    add("logged", &way(alice, &[], false), &logging.https).unwrap();
    for path in ["/", "/steps", "/steps/ios", "/steps/chrome", "/refusals"] {
        let way = way(None, &[], false);
        add(
            &format!("http{path}"),
            &way,
            &format!("{}{path}", server.http),
        )
        .unwrap();
    }
    // Their own pages, among them those of reasons that no client here can give cause for.
    for reason in [
        "no-certificate",
        "malformed",
        "path-length",
        "name-constraint",
        "unknown-issuer",
    ] {
        let url = format!("{}/refusals/{reason}", server.http);
        add(&format!("refusals-{reason}"), &way(None, &[], false), &url).unwrap();
    }
    // It breaks the inventory, so it comes last.
    if let Some(answer) = trouble(authority, &cast.accepted, &server) {
        assert_eq!(answer.status, 503, "{}", answer.body);
        jobs.push(shown("trouble", &answer));
    }
    // Without a language, a title, a text for the picture and enough contrast.
    let faulty = "<!doctype html><html><head></head><body><img src=x><p style='color: #ccc; background: #fff'>pale</p></body></html>";
    jobs.push(json!({
        "name": "faulty",
        "url": "https://page.test/faulty",
        "answer": {"status": 200, "headers": {"Content-Type": "text/html"}, "body": faulty},
        "looks": [{"width": 390, "height": 844, "dark": false}],
    }));
    for job in &mut jobs {
        job["axe"] = path_text(&axe).into();
        // The pages of one kind differ in words alone: one of each kind is looked at in every way, the others in one.
        let name = job["name"].as_str().unwrap();
        let is_of_each_kind = [
            "accepted",
            "resumed",
            "no-certificate",
            "revoked",
            "trouble",
            "faulty",
            "http/",
            "http/steps/ios",
        ];
        let in_full = is_of_each_kind.contains(&name);
        let looks = job["looks"].as_array_mut().unwrap();
        looks.retain(|look| in_full || (look["width"] == PHONE.0 && look["dark"] == false));
        looks.push(narrow());
    }
    let Some(found) = Browser::of(authority, &[]).visit(&jobs) else {
        return;
    };
    let (faulty, sound) = found.split_last().unwrap();
    assert_eq!(sound.len(), jobs.len() - 1);
    let found: Vec<_> = sound.iter().flat_map(faults).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let rules = faults(faulty).join("\n");
    for rule in [
        "html-has-lang",
        "document-title",
        "image-alt",
        "color-contrast",
    ] {
        assert!(rules.contains(&format!("\"{rule}\"")), "{rule}: {rules}");
    }
}

#[test]
fn browsers_show_the_accepted_the_refused_and_the_uncertified_a_page_worth_a_picture() {
    let Some(axe) = axe() else { return };
    let (ours, theirs) = (Authority::init(&[]), Authority::init(&[]));
    let Some(database) = nss_database(&ours) else {
        return;
    };
    for name in ["alice", "bob"] {
        let client = ours.issue_client(&[name]);
        pk12util(&ours, &database, &client).unwrap().ok();
    }
    ours.pki(&["revoke", "bob", "--yes"]).ok();
    // Of the other authority the browser has no certificate, and so nothing to ask about.
    let root = theirs.root();
    let mut certutil = hermetic(tool("certutil").unwrap(), ours.home());
    let trust = [
        "-A",
        "-n",
        "Other",
        "-t",
        "C,,",
        "-d",
        &database,
        "-i",
        path_text(&root),
    ];
    finish(certutil.args(trust)).ok();
    let (server, other) = (Server::start(&ours, &[]), Server::start(&theirs, &[]));
    let at =
        |host: &str, server: &Server| format!("https://{host}.login.localhost:{}", server.port());
    let choices = [(at("alice", &server), "alice"), (at("bob", &server), "bob")];
    let bless = std::env::var_os("PKI_TEST_BLESS").is_some();
    let small = match bless {
        true => PathBuf::from(IMAGES),
        false => ours.path("small"),
    };
    fs::create_dir_all(&small).unwrap();
    let cases = [
        ("accepted", at("alice", &server), 200),
        ("refused", at("bob", &server), 403),
        ("no-certificate", at("nobody", &other), 401),
    ];
    let jobs = cases.each_ref().map(|(name, url, _)| {
        let looks = pictures(name, Some(&small));
        json!({"name": name, "url": format!("{url}/"), "looks": looks, "axe": path_text(&axe)})
    });
    let Some(found) = Browser::of(&ours, &choices).visit(&jobs) else {
        return;
    };
    for ((name, _, status), found) in cases.iter().zip(&found) {
        let all = format!("{found:#}\n{}{}", server.log(), other.log());
        assert_eq!(found["status"], *status, "{all}");
        assert_eq!(found["protocol"], "h2", "{all}");
        let faults = faults(found);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        for (number, (width, height)) in [PHONE, PHONE, DESKTOP, DESKTOP].into_iter().enumerate() {
            let picture = &found["looks"][number]["picture"];
            assert_eq!(
                [&picture["width"], &picture["height"]],
                [width, height],
                "{name}"
            );
            let (colours, inked) = (picture["colours"].as_u64(), picture["inked"].as_f64());
            assert!(
                colours > Some(16) && inked > Some(0.02),
                "{name} is blank: {picture}"
            );
        }
        for (size, wanted) in [("phone", PHONE), ("desktop", DESKTOP)] {
            // What was just taken, and what the README shows.
            for directory in [&small, Path::new(IMAGES)] {
                assert_small(&directory.join(format!("{name}-{size}.png")), wanted);
            }
        }
    }
}

/// A picture of this size that is not too large a file for the repository.
#[track_caller]
fn assert_small(file: &Path, wanted: (u32, u32)) {
    let png = fs::read(file)
        .unwrap_or_else(|error| panic!("{}: {error}; PKI_TEST_BLESS=1 makes it", file.display()));
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{}", file.display());
    assert!(
        png.len() < SMALL,
        "{} has {} octets",
        file.display(),
        png.len()
    );
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((number(16), number(20)), wanted, "{}", file.display());
}
