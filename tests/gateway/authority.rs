//! A request for another host than the one that was greeted in the handshake is sent away, and one that names none is refused.

use super::{Kind, Site, whole_chain};
use crate::support::{finish, hermetic, tool};

#[test]
fn a_request_for_another_host_than_that_of_the_handshake_is_sent_away() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let status = |protocol: &str, host: &str, base: &str| {
        let header = format!("Host: {host}");
        let words = [
            protocol,
            "--write-out",
            "\n%{http_code}",
            "--header",
            &header,
            base,
        ];
        let said = site.curl(&words).ok().out();
        said.rsplit_once('\n').unwrap().1.parse::<u16>().unwrap()
    };
    let port = site.server.port().to_owned();
    let by_name = site.url("/echo");
    let by_address = format!("https://127.0.0.1:{port}/echo");
    for protocol in super::passing::PROTOCOLS {
        for (host, base, wanted) in [
            ("localhost", &by_name, 200),
            ("LOCALHOST:1", &by_name, 200),
            ("localhost.", &by_name, 200),
            ("x.login.localhost", &by_name, 421),
            ("127.0.0.1", &by_name, 421),
            ("other.example", &by_name, 421),
            // Without a name in the handshake.
            ("127.0.0.1", &by_address, 200),
            ("[::1]:8443", &by_address, 200),
            ("localhost", &by_address, 421),
        ] {
            assert_eq!(
                status(protocol, host, base),
                wanted,
                "{protocol} {host} {base}"
            );
        }
    }
    assert_eq!(site.application.count("GET /echo"), 10);
    // A browser opens a connection of its own then; that one is for the host that it asks for.
    let elsewhere = format!("x.login.localhost:{port}");
    let told = site
        .curl(&[&format!("https://{elsewhere}/echo")])
        .ok()
        .json();
    assert_eq!(super::values(&told, "host"), [elsewhere.as_str()]);
}

#[test]
fn a_target_in_another_form_says_for_which_host_it_is() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let asks = [
        (
            "GET https://localhost/echo HTTP/1.1\r\nHost: localhost",
            200,
        ),
        (
            "GET https://LOCALHOST:1/echo HTTP/1.1\r\nHost: localhost:1",
            200,
        ),
        (
            "GET https://other.example/echo HTTP/1.1\r\nHost: other.example",
            421,
        ),
        ("GET http://localhost/echo HTTP/1.1\r\nHost: localhost", 421),
        (
            "GET https://localhost/echo HTTP/1.1\r\nHost: other.example",
            400,
        ),
        (
            "GET https://other.example/echo HTTP/1.1\r\nHost: localhost",
            400,
        ),
        (
            "GET https://user:secret@localhost/echo HTTP/1.1\r\nHost: user:secret@localhost",
            400,
        ),
        ("GET /echo HTTP/1.1\r\nHost: user@localhost", 400),
        (
            "GET /echo HTTP/1.1\r\nHost: localhost\r\nHost: localhost",
            400,
        ),
        (
            "GET /echo HTTP/1.1\r\nHost: localhost\r\nHost: other.example",
            400,
        ),
        ("GET /echo HTTP/1.1\r\nHost: localhost:x", 400),
        ("GET /echo HTTP/1.1\r\nHost:", 400),
        ("GET /echo HTTP/1.1", 400),
        ("GET /echo HTTP/1.0", 400),
        ("GET /echo HTTP/1.0\r\nHost: localhost", 200),
        (
            "CONNECT other.example:443 HTTP/1.1\r\nHost: other.example:443",
            421,
        ),
        ("CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443", 501),
        ("TRACE /echo HTTP/1.1\r\nHost: localhost", 501),
        (
            "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nMax-Forwards: 0",
            200,
        ),
    ];
    let requests = asks.map(|(request, _)| format!("{request}\r\nConnection: close\r\n\r\n"));
    for ((request, status), said) in asks.iter().zip(site.answers(&requests)) {
        let answered = said.lines().find(|line| line.starts_with("HTTP/1."));
        let answered = answered.and_then(|line| line.split(' ').nth(1));
        assert_eq!(
            answered,
            Some(status.to_string().as_str()),
            "{request}: {said}"
        );
    }
    assert_eq!(site.application.count("/echo"), 3);
    assert_eq!(site.application.count("OPTIONS"), 0);
    let fewer = site.echo(&["--request", "OPTIONS", "--header", "Max-Forwards: 2"]);
    assert_eq!(super::values(&fewer, "max-forwards"), ["1"]);
}

#[test]
fn in_http_2_the_two_names_of_the_host_must_be_one() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let Some(node) = tool("node") else { return };
    let script = "
        const [url, root, certificate, key] = process.argv.slice(1);
        const fs = require('fs'), http2 = require('http2');
        const session = http2.connect(url, { ca: fs.readFileSync(root), cert: fs.readFileSync(certificate), key: fs.readFileSync(key) });
        const asks = [{ ':authority': 'localhost', host: 'localhost' }, { ':authority': 'localhost', host: 'other.example' },
            { ':authority': 'other.example' }, { ':authority': 'user@localhost' }, { ':scheme': 'http' }, { 'transfer-encoding': 'chunked' },
            { ':method': 'CONNECT', ':authority': 'localhost' }, { 'client_cert': 'forged' }];
        const next = () => {
            const ask = asks.shift();
            if (!ask) return session.close();
            const told = (said) => { console.log(said); next(); };
            let stream;
            try {
                stream = session.request(ask[':method'] === 'CONNECT' ? ask : { ':path': '/echo', ...ask });
            } catch (cause) { return told(cause.code); }
            stream.on('response', (fields) => { stream.resume(); stream.on('end', () => told(fields[':status'])); });
            stream.on('error', (cause) => told(cause.code));
        };
        next();";
    let mut command = hermetic(node, site.authority.home());
    command.args(["-e", script, &site.server.https]);
    command
        .arg(site.authority.root())
        .arg(whole_chain(&site.alice))
        .arg(&site.alice.key);
    let said = finish(&mut command).ok().out();
    let statuses: Vec<_> = said.lines().collect();
    assert_eq!(
        statuses,
        [
            "200",
            "400",
            "421",
            "400",
            "421",
            "ERR_HTTP2_INVALID_CONNECTION_HEADERS",
            "501",
            "200"
        ]
    );
    assert!(!site.application.said().contains("other.example"));
}
