//! curl asks: GET and POST, well-formed and not, and what a cache is told.

use std::fs;
use std::path::PathBuf;

use crate::support::process::finish_with_input;
use crate::support::{Authority, Server, finish, hermetic, path_text, tool};

/// An answer of the server as curl saw it.
struct Answer {
    status: String,
    headers: String,
    body: PathBuf,
}

struct Scene {
    authority: Authority,
    server: Server,
    serial: String,
}

impl Scene {
    fn new() -> Self {
        let authority = Authority::init(&[]);
        let alice = authority.issue_client(&["alice"]);
        let serial = alice.certificate["serial_number"].as_str().unwrap();
        Self {
            server: Server::start(&authority, &[]),
            serial: format!("0x{serial}"),
            authority,
        }
    }

    /// A request that OpenSSL made, as a file.
    #[track_caller]
    fn request(&self, options: &[&str]) -> Option<PathBuf> {
        let file = self.authority.path("request.der");
        let words = ["ocsp", "-issuer", "ca-data/issuing.pem"];
        let files = ["-serial", &self.serial, "-reqout", path_text(&file)];
        let words = [&words[..], options, &files].concat();
        self.authority.openssl(&words)?.ok();
        Some(file)
    }

    /// The path of a GET with this request, every octet that is not a letter or digit percent-encoded if so wanted.
    #[track_caller]
    fn path(&self, request: &std::path::Path, encoded: bool) -> String {
        let words = ["base64", "-A", "-in", path_text(request)];
        let text = self.authority.openssl(&words).unwrap().ok().out();
        match encoded {
            false => text.trim().to_owned(),
            true => text
                .trim()
                .replace('+', "%2B")
                .replace('/', "%2F")
                .replace('=', "%3D"),
        }
    }

    #[track_caller]
    fn curl(&self, path: &str, more: &[&str]) -> Option<Answer> {
        let (headers, body) = (self.authority.path("headers"), self.authority.path("body"));
        let mut curl = hermetic(tool("curl")?, self.authority.home());
        curl.args([
            "--silent",
            "--show-error",
            "--path-as-is",
            "--write-out",
            "%{http_code}",
        ])
        .arg("--dump-header")
        .arg(&headers)
        .arg("--output")
        .arg(&body)
        .args(more)
        .arg(format!("{}{path}", self.server.http));
        let status = finish(&mut curl).ok().out();
        Some(Answer {
            status,
            headers: fs::read_to_string(headers).unwrap().to_lowercase(),
            body,
        })
    }

    /// What OpenSSL makes of an answer to the request that these options tell of.
    #[track_caller]
    fn verify(&self, answer: &Answer, request: &[&str]) -> String {
        let words = [
            "ocsp",
            "-issuer",
            "ca-data/issuing.pem",
            "-CAfile",
            "ca-data/root.pem",
        ];
        let words = [&words[..], &["-respin", path_text(&answer.body)], request].concat();
        let said = self.authority.openssl(&words).unwrap().ok();
        assert!(said.err().contains("Response verify OK"), "{}", said.said());
        said.out()
    }

    /// Refusals are five octets long and bear no signature.
    #[track_caller]
    fn assert_refused(&self, answer: &Answer, code: u8) {
        assert_eq!(answer.status, "200");
        assert!(
            answer
                .headers
                .contains("content-type: application/ocsp-response")
        );
        assert!(answer.headers.contains("cache-control: no-store"));
        assert_eq!(fs::read(&answer.body).unwrap(), [0x30, 3, 0x0a, 1, code]);
    }
}

const POST: [&str; 4] = [
    "--header",
    "Content-Type: application/ocsp-request",
    "--data-binary",
    "@request.der",
];

#[test]
fn an_answer_to_a_get_verifies_however_its_path_is_written_and_may_be_cached_shortly() {
    let scene = Scene::new();
    for hash in ["-sha1", "-sha256"] {
        let Some(request) = scene.request(&["-no_nonce", hash]) else {
            return;
        };
        let (plain, encoded) = (scene.path(&request, false), scene.path(&request, true));
        for path in [
            format!("/ocsp/{plain}"),
            format!("/ocsp/{encoded}"),
            format!("/ocsp//{plain}"),
            format!("/ocsp/{}", plain.trim_end_matches('=')),
        ] {
            let Some(answer) = scene.curl(&path, &[]) else {
                return;
            };
            assert_eq!(answer.status, "200", "{path}");
            let said = scene.verify(&answer, &[hash, "-no_nonce", "-serial", &scene.serial]);
            assert!(said.contains(": good\n"), "{said}");
            let headers = &answer.headers;
            assert!(headers.contains("content-type: application/ocsp-response\r\n"));
            let cached = "cache-control: max-age=60, public, no-transform, must-revalidate\r\n";
            assert!(headers.contains(cached), "{headers}");
            for header in ["etag: \"", "last-modified: ", "expires: ", "date: "] {
                assert!(headers.contains(header), "{headers}");
            }
        }
    }
}

#[test]
fn an_answer_to_a_post_or_with_a_nonce_is_for_one_and_repeats_the_nonce() {
    let scene = Scene::new();
    for options in [&["-no_nonce"][..], &[]] {
        let Some(request) = scene.request(options) else {
            return;
        };
        let Some(posted) = scene.curl("/ocsp", &POST) else {
            return;
        };
        let got = scene.path(&request, true);
        let got = options
            .is_empty()
            .then(|| scene.curl(&format!("/ocsp/{got}"), &[]).unwrap());
        for answer in std::iter::once(posted).chain(got) {
            scene.verify(&answer, &["-reqin", "request.der"]);
            assert!(!answer.headers.contains("max-age"), "{}", answer.headers);
        }
    }
}

#[test]
fn what_is_no_request_is_answered_as_malformed() {
    let scene = Scene::new();
    let Some(request) = scene.request(&["-no_nonce"]) else {
        return;
    };
    let whole = fs::read(&request).unwrap();
    for octets in [&whole[..whole.len() - 1], b"", b"hello"] {
        fs::write(&request, octets).unwrap();
        let Some(answer) = scene.curl("/ocsp", &POST) else {
            return;
        };
        scene.assert_refused(&answer, 1);
    }
    for path in ["/ocsp/hello", "/ocsp/MAA%3D", "/ocsp/M%2", "/ocsp/M_-A"] {
        let answer = scene.curl(path, &[]).unwrap();
        scene.assert_refused(&answer, 1);
    }
}

#[test]
fn what_http_itself_refuses_is_refused_in_its_words() {
    let scene = Scene::new();
    let Some(request) = scene.request(&["-no_nonce"]) else {
        return;
    };
    let data = ["--data-binary", "@request.der"];
    // curl calls it application/x-www-form-urlencoded.
    let Some(answer) = scene.curl("/ocsp", &data) else {
        return;
    };
    assert_eq!(answer.status, "415");
    fs::write(&request, vec![0x30; 20_000]).unwrap();
    assert_eq!(scene.curl("/ocsp", &POST).unwrap().status, "413");
    assert_eq!(
        scene.curl("/ocsp", &["--request", "PUT"]).unwrap().status,
        "405"
    );
    assert_eq!(scene.curl("/ocsp/", &[]).unwrap().status, "404");
}

#[test]
fn several_requests_on_one_connection_are_answered_one_by_one() {
    let scene = Scene::new();
    let Some(request) = scene.request(&["-no_nonce"]) else {
        return;
    };
    let Some(curl) = tool("curl") else { return };
    let url = format!("{}/ocsp/{}", scene.server.http, scene.path(&request, true));
    let config = format!(
        "silent\n{}",
        format!("url = \"{url}\"\noutput = \"/dev/null\"\n").repeat(50)
    );
    let mut curl = hermetic(curl, scene.authority.home());
    curl.args([
        "--config",
        "-",
        "--write-out",
        "%{http_code} %{num_connects}\\n",
    ]);
    let said = finish_with_input(&mut curl, Some(config.as_bytes()))
        .ok()
        .out();
    assert_eq!(said.matches("200 ").count(), 50, "{said}");
    assert_eq!(said.matches(" 1\n").count(), 1, "{said}");
}
