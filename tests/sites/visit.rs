//! A visit with curl, and one octet for octet.

use crate::support::process::finish_with_input;
use crate::support::tools::fixture;
use crate::support::{Authority, Credentials, finish, hermetic, tool};

use super::Running;

/// What came of a visit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status; none where the handshake was refused.
    pub(crate) status: Option<u16>,
    pub(crate) body: String,
}

impl Answer {
    /// Says whether the application let this name in.
    pub(crate) fn welcomes(&self, name: &str) -> bool {
        self.status == Some(200) && greets(&self.body, name)
    }

    /// Says whether the application was reached.
    pub(crate) fn is_refused(&self) -> bool {
        self.status != Some(200) && !self.body.contains("Welcome")
    }
}

/// Says whether a page is for this name: that of the application behind a proxy, of a program, or of OpenSSL. That of GnuTLS
/// names nobody.
pub(crate) fn greets(page: &str, name: &str) -> bool {
    let greetings = [
        format!("Welcome, {name}."),
        format!("hello {name}\n"),
        format!("        Subject: CN={name}\n"),
        "the default message reported by the GnuTLS implementation".to_owned(),
    ];
    greetings.iter().any(|greeting| page.contains(greeting))
}

impl Running {
    /// Asks for a path with these credentials and these words for curl besides.
    #[track_caller]
    pub(crate) fn visit(
        &self,
        authority: &Authority,
        credentials: Option<&Credentials>,
        path: &str,
        more: &[&str],
    ) -> Option<Answer> {
        let url = format!("{}{path}", self.url());
        self.visit_at(&url, authority, credentials, more)
    }

    /// The same at another URL that leads to it.
    #[track_caller]
    pub(crate) fn visit_at(
        &self,
        url: &str,
        authority: &Authority,
        credentials: Option<&Credentials>,
        more: &[&str],
    ) -> Option<Answer> {
        let mut curl = hermetic(tool("curl")?, authority.home());
        curl.args(["--silent", "--show-error", "--max-time", "20", "--cacert"])
            .arg(authority.root())
            .args(["--write-out", "%{http_code}"]);
        if let Some(Credentials {
            certificate, key, ..
        }) = credentials
        {
            curl.arg("--cert").arg(certificate).arg("--key").arg(key);
        }
        curl.args(more).arg(url);
        let finished = finish(&mut curl);
        let out = finished.out();
        let (body, status) = out.split_at(out.len().saturating_sub(3));
        Some(match (finished.code, status.parse()) {
            (Some(0), Ok(status)) => Answer {
                status: Some(status),
                body: body.to_owned(),
            },
            // An alert, before the request was sent or behind it.
            (Some(35 | 52 | 55 | 56), _) => Answer {
                status: None,
                body: String::new(),
            },
            _ => panic!("{}\n{}", finished.said(), self.log()),
        })
    }

    /// Asks for a path once with each of these header fields, over one connection where the server keeps it.
    #[track_caller]
    pub(crate) fn visit_with_each(
        &self,
        authority: &Authority,
        credentials: &Credentials,
        path: &str,
        fields: &[String],
    ) -> Option<Vec<Answer>> {
        const END: &str = "\u{4}";
        let mut curl = hermetic(tool("curl")?, authority.home());
        for field in fields {
            // What is said of one request does not hold for the next.
            curl.args(["--next", "--silent", "--show-error", "--http1.1"])
                .args(["--max-time", "20", "--write-out"])
                .arg(format!("%{{http_code}}{END}"))
                .arg("--cacert")
                .arg(authority.root())
                .arg("--cert")
                .arg(&credentials.certificate)
                .arg("--key")
                .arg(&credentials.key)
                .args(["--header", field])
                .arg(format!("{}{path}", self.url()));
        }
        let out = finish(&mut curl).ok().out();
        let answers = out.split_terminator(END).map(|answer| {
            let (body, status) = answer.split_at(answer.len() - 3);
            Answer {
                status: status.parse().ok(),
                body: body.to_owned(),
            }
        });
        let answers: Vec<_> = answers.collect();
        assert_eq!(answers.len(), fields.len(), "{out}");
        Some(answers)
    }

    /// Sends these octets, the second part only where the answer to the first changes to another protocol; all that came back.
    #[track_caller]
    pub(crate) fn converse(
        &self,
        authority: &Authority,
        credentials: &Credentials,
        parts: [&str; 2],
    ) -> Option<String> {
        let mut python = hermetic(tool("python3")?, authority.home());
        python
            .arg(fixture("sites/converse.py"))
            .arg(self.port().to_string())
            .arg(authority.root())
            .args([&credentials.certificate, &credentials.key]);
        let finished = finish_with_input(&mut python, Some(parts.join("\0").as_bytes()));
        Some(finished.ok().out())
    }
}
