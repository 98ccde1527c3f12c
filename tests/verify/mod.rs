//! `pki serve --verify`: asked as proxies ask, and by proxies themselves.

mod caddy;
mod direct;
mod nginx;
mod places;
mod upstream;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::support::{Authority, Credentials, Server, finish, hermetic, path_text, tool};
use pki::forgeable;

/// Where a proxy can connect to.
enum Place {
    Socket(String),
    Address(String),
}

/// What `/verify` answered.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// The value of a field; nothing where it is not there.
    fn field(&self, name: &str) -> Option<&str> {
        let fields = self
            .head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'));
        let mut values = fields.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        let (_, value) = values.next()?;
        assert!(values.next().is_none(), "{name} twice in {}", self.head);
        Some(value.trim())
    }
}

/// One connection of a proxy, kept alive.
struct Connection(Box<dyn Stream>);

trait Stream: Read + Write {}
impl Stream for UnixStream {}
impl Stream for TcpStream {}

impl Place {
    #[track_caller]
    fn of(server: &Server) -> Self {
        let place = server.verify.as_deref().expect("a place where proxies ask");
        match place.strip_prefix("unix:") {
            Some(path) => Self::Socket(path.to_owned()),
            None => Self::Address(place.strip_prefix("http://").expect("a URL").to_owned()),
        }
    }

    #[track_caller]
    fn connect(&self) -> Connection {
        Connection(match self {
            Self::Socket(path) => Box::new(UnixStream::connect(path).expect("a server listens")),
            Self::Address(address) => {
                Box::new(TcpStream::connect(address).expect("a server listens"))
            }
        })
    }
}

impl Connection {
    /// Asks for `/verify` with these fields.
    #[track_caller]
    fn ask(&mut self, fields: &[(&str, &str)]) -> Answer {
        self.request("GET /verify", fields)
    }

    /// Sends a request and reads its answer, whose length is told.
    #[track_caller]
    fn request(&mut self, line: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: String = fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let request = format!("{line} HTTP/1.1\r\nHost: proxy\r\n{fields}\r\n");
        self.0
            .write_all(request.as_bytes())
            .expect("a request can be sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut octet = [0];
            self.0.read_exact(&mut octet).expect("an answer");
            head.extend(octet);
        }
        let head = String::from_utf8(head).expect("a head in ASCII");
        let mut answer = Answer {
            status: head[9..12].parse().expect("a status"),
            head,
            body: String::new(),
        };
        let length = answer.field("content-length").unwrap_or("0");
        let length = if line.starts_with("HEAD") {
            "0"
        } else {
            length
        };
        let mut body = vec![0; length.parse().expect("a length")];
        self.0.read_exact(&mut body).expect("a body");
        answer.body = String::from_utf8(body).expect("a body in UTF-8");
        answer
    }
}

/// A certificate in the forms in which proxies pass it on.
struct Passed {
    pem: String,
    base64: String,
}

impl Passed {
    /// The first certificate of a PEM file.
    fn of(file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("a PEM file");
        let (first, _) = text.split_once("-----END").expect("a certificate");
        let pem = format!("{first}-----END CERTIFICATE-----\n");
        let base64 = pem.lines().filter(|line| !line.starts_with('-')).collect();
        Self { pem, base64 }
    }

    /// As nginx escapes it.
    fn escaped(&self) -> String {
        let escape = |octet: u8| match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(octet).to_string()
            }
            _ => format!("%{octet:02X}"),
        };
        self.pem.bytes().map(escape).collect()
    }

    /// As Envoy escapes it, which leaves more as it is.
    fn xfcc(&self) -> String {
        let mut escaped = self.pem.clone();
        for (octet, code) in [
            ("\n", "%0A"),
            (" ", "%20"),
            ("+", "%2B"),
            ("/", "%2F"),
            ("=", "%3D"),
        ] {
            escaped = escaped.replace(octet, code);
        }
        format!("Cert=\"{escaped}\"")
    }

    /// The word of a form, its field, and its value.
    fn in_each_form(&self) -> [(&'static str, &'static str, String); 4] {
        [
            ("pem", "X-SSL-Client-Cert", self.escaped()),
            ("client-cert", "Client-Cert", format!(":{}:", self.base64)),
            (
                "traefik",
                "X-Forwarded-Tls-Client-Cert",
                self.base64.clone(),
            ),
            ("xfcc", "X-Forwarded-Client-Cert", self.xfcc()),
        ]
    }
}

/// Serves with a socket for proxies that ask in this form.
#[track_caller]
fn serve(authority: &Authority, form: &str, options: &[&str]) -> Server {
    let place = format!("unix:{form}.sock");
    let words = ["--verify", &place, "--verify-form", form];
    Server::start(authority, &[&words[..], options].concat())
}

/// A directory for the socket that proxies' own users can reach: its group is theirs where this is root.
fn directory_for_proxies(authority: &Authority) -> String {
    use std::os::unix::fs::{PermissionsExt, chown};
    let directory = authority.path("run");
    fs::create_dir(&directory).unwrap();
    if rustix::process::getuid().is_root() {
        let groups = fs::read_to_string("/etc/group").expect("groups");
        let www_data = groups
            .lines()
            .find_map(|line| line.strip_prefix("www-data:x:"));
        let number = www_data.and_then(|rest| rest.split(':').next()?.parse().ok());
        chown(
            &directory,
            None,
            Some(number.expect("Debian's group of web servers")),
        )
        .unwrap();
        fs::set_permissions(authority.home(), fs::Permissions::from_mode(0o711)).unwrap();
    }
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o2750)).unwrap();
    path_text(&directory).to_owned()
}

/// A configuration out of the documentation, with the places of a test in the place of its own.
fn documented(authority: &Authority, name: &str, socket: &str, upstream: u16) -> String {
    let text = include_str!("../../docs/verify.md");
    let (_, rest) = text
        .split_once(&format!("<!-- {name} -->\n```"))
        .expect("a snippet");
    let (_, rest) = rest.split_once('\n').expect("a first line");
    let (snippet, _) = rest.split_once("```").expect("the snippet's end");
    let client_ca = authority.path("client-ca.pem");
    let read = |path: &Path| fs::read_to_string(path).expect("a certificate");
    fs::write(
        &client_ca,
        read(&authority.root()) + &read(&authority.issuing()),
    )
    .unwrap();
    let own = authority.path("ca-data/servers/localhost");
    snippet
        .replace("/run/pki/verify.sock", socket)
        .replace("/etc/pki/client-ca.pem", path_text(&client_ca))
        .replace("/etc/pki", path_text(&own))
        .replace("127.0.0.1:3000", &format!("127.0.0.1:{upstream}"))
}

/// Asks a proxy for `/` over HTTP/1.1, with a certificate or without one, and with more fields: the status and the whole answer; none
/// where curl is missing.
#[track_caller]
fn fetch(
    authority: &Authority,
    port: u16,
    credentials: Option<&Credentials>,
    fields: &[String],
) -> Option<(u16, String)> {
    let mut curl = hermetic(tool("curl")?, authority.home());
    curl.args(["--silent", "--show-error", "--include", "--http1.1"])
        .args(["--max-time", "20"])
        .arg("--cacert")
        .arg(authority.root())
        .args(["--write-out", "\n%{http_code}"]);
    if let Some(credentials) = credentials {
        curl.arg("--cert").arg(&credentials.certificate);
        curl.arg("--key").arg(&credentials.key);
    }
    for field in fields {
        curl.arg("--header").arg(field);
    }
    let finished = finish(curl.arg(format!("https://localhost:{port}/"))).ok();
    let out = finished.out();
    let (body, status) = out.rsplit_once('\n').expect("a status");
    Some((status.parse().expect("a number"), body.to_owned()))
}

/// Every field by which somebody could pretend to be somebody else.
fn forged(victim: &Passed) -> Vec<String> {
    let mut fields: Vec<String> = victim
        .in_each_form()
        .iter()
        .flat_map(|(_, name, value)| {
            [
                format!("{name}: {value}"),
                format!("{}: {value}", name.replace('-', "_")),
            ]
        })
        .collect();
    fields.push(format!("Client-Cert-Chain: :{}:", victim.base64));
    fields.push("Remote.User: forged".to_owned());
    for name in forgeable::names() {
        fields.push(format!("{name}: forged"));
    }
    for name in [
        "Pki-Name",
        "X-SSL-Client-Verify",
        "X-Forwarded-For",
        "Remote-User",
    ] {
        fields.push(format!("{}: forged", name.replace('-', "_")));
    }
    fields
}

/// Two fields by which a client would have the proxy's own removed, and change over to what nobody reads.
fn of_one_connection() -> [String; 2] {
    let connection = "Connection: close, Upgrade, Pki-Name, Pki-Subject";
    [connection.to_owned(), "Upgrade: h2c".to_owned()]
}

/// The head that reached an application holds nothing of [`forged`].
#[track_caller]
fn nothing_forged_is_in(head: &str) {
    let lower = head.to_lowercase();
    for absent in ["forged", "client-cert", "ssl-client", "_"] {
        assert!(!lower.contains(absent), "{absent}:\n{head}");
    }
}
