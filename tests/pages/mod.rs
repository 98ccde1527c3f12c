//! The pages as people see them: what they say, whether everybody can read them, and where their links lead.

mod commands;
mod elsewhere;
mod fields;
pub(crate) mod looks;
mod names;
mod reasons;
mod values;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Authority, Credentials, Server, finish, hermetic, path_text, tool};

/// What the server answered to one request.
pub(crate) struct Answer {
    status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    /// The header of this name.
    #[track_caller]
    fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map_or_else(|| panic!("no {name}: {}", self.body), |(_, value)| value)
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines.filter_map(|line| line.split_once(": "));
        Self {
            status: status.and_then(|code| code.parse().ok()).expect("a status"),
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: body.to_owned(),
        }
    }
}

/// How curl comes to a server.
struct Way<'a> {
    credentials: Option<&'a Credentials>,
    /// Options, such as a version of TLS.
    options: &'a [&'a str],
    /// Whether a first connection begins the session that this one resumes.
    resumes: bool,
}

/// Asks for these URLs over one connection; none where curl is missing.
#[track_caller]
fn ask(authority: &Authority, way: &Way<'_>, urls: &[&str]) -> Option<Vec<Answer>> {
    let mut curl = hermetic(tool("curl")?, authority.home());
    let mut said = Vec::new();
    let identity = way.credentials.map(|it| presented(authority, it));
    let mut transfer = |arguments: &[&str]| {
        curl.args(["--silent", "--show-error", "--http1.1", "--include"]);
        curl.arg("--cacert").arg(authority.root()).args(way.options);
        if let Some((chain, key)) = &identity {
            curl.arg("--cert").arg(chain).arg("--key").arg(key);
        }
        curl.args(["--write-out", "%{stderr}%{num_connects} "]);
        curl.args(arguments);
    };
    if way.resumes {
        transfer(&[
            "--header",
            "Connection: close",
            "--output",
            "/dev/null",
            urls[0],
            "--next",
        ]);
    }
    let outputs: Vec<_> = (0..urls.len())
        .map(|number| authority.path(&format!("answer-{number}")))
        .collect();
    let arguments: Vec<_> = urls
        .iter()
        .zip(&outputs)
        .flat_map(|(url, output)| ["--output", path_text(output), url])
        .collect();
    transfer(&arguments);
    let finished = finish(&mut curl).ok();
    let connects: Vec<_> = finished
        .err()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let reused = vec!["0"; urls.len() - 1];
    let before = if way.resumes { &["1", "1"][..] } else { &["1"] };
    assert_eq!(connects, [before, &reused].concat(), "{}", finished.said());
    for output in &outputs {
        said.push(Answer::read(&fs::read_to_string(output).unwrap()));
    }
    Some(said)
}

/// The certificate and what stands above it in one file, as curl wants them.
fn presented(authority: &Authority, credentials: &Credentials) -> (PathBuf, PathBuf) {
    let chain = authority.path("presented.pem");
    let mut pem = fs::read_to_string(&credentials.certificate).unwrap();
    if let Some(above) = &credentials.chain {
        pem.push_str(&fs::read_to_string(above).unwrap());
    }
    fs::write(&chain, pem).unwrap();
    (chain, credentials.key.clone())
}

/// The page and the document of one connection.
#[track_caller]
fn page_and_document(
    authority: &Authority,
    server: &Server,
    way: &Way<'_>,
) -> Option<(Answer, Value)> {
    let page = format!("{}/", server.https);
    let mut answers = ask(authority, way, &[&page, &format!("{page}login.json")])?;
    let document = answers.pop()?.json();
    Some((answers.pop()?, document))
}
