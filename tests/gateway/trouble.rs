//! The application does not answer, or not with what can be passed on.

use std::net::TcpListener;

use serde_json::Value;

use super::{Companion, Kind, Site};
use crate::support::process::wait_for;
use crate::support::{Authority, Server, hermetic, tool};

fn status(site: &Site, words: &[&str], path: &str) -> (u16, String) {
    let url = site.url(path);
    let words = [&["--write-out", "\n%{http_code}"], words, &[&url]].concat();
    let said = site.curl(&words).ok().out();
    let (body, status) = said.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}

#[test]
fn where_nobody_answers_the_client_is_told_and_the_log_says_where() {
    let Some(mut site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    assert_eq!(status(&site, &[], "/echo").0, 200);
    let _ = site.application.child.kill();
    let _ = site.application.child.wait();
    for protocol in super::passing::PROTOCOLS {
        let (answered, page) = status(&site, &[protocol], "/echo");
        assert_eq!(answered, 502);
        assert!(
            page.contains("the application behind this server cannot be reached"),
            "{page}"
        );
        assert!(page.contains("It is not your certificate."), "{page}");
        assert!(
            !page.contains("127.0.0.1"),
            "where it is, is not for everybody"
        );
        let json = [protocol, "--header", "Accept: application/json"];
        let (answered, document) = status(&site, &json, "/echo");
        assert_eq!(answered, 502);
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["error"]["kind"], "network");
        assert!(document["error"]["hint"].is_string());
    }
    let log = "trouble: the application at http://127.0.0.1:";
    assert_eq!(site.server.logged(log), 4, "{}", site.server.log());
    assert_eq!(site.server.logged("Connection refused"), 4);
}

#[test]
fn an_application_that_does_not_begin_to_answer_is_given_up_on() {
    let Some(site) = Site::of(Kind::Python, &["--upstream-timeout", "1"]) else {
        return;
    };
    for protocol in super::passing::PROTOCOLS {
        let (answered, page) = status(&site, &[protocol], "/silent");
        assert_eq!(answered, 504);
        assert!(page.contains("did not answer in time"), "{page}");
    }
    site.application.wait_for("gone /silent");
    site.server
        .wait_for_log("did not begin to answer within 1 seconds");
    // A body that takes longer than that is no reason, as long as the client sends it: the time counts from its last part.
    let mut raw = site.raw();
    raw.send("POST /slow-upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\na");
    site.application.wait_for("part a");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    raw.send("bc");
    let said = raw.wait_for_the_end();
    assert!(said.ends_with("done"), "{said}");
}

#[test]
fn what_is_no_answer_is_not_passed_on() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    for protocol in super::passing::PROTOCOLS {
        for path in ["/garbage", "/nothing", "/unasked"] {
            assert_eq!(status(&site, &[protocol], path).0, 502, "{protocol} {path}");
        }
        // What breaks off is not passed off as whole.
        let cut = site.curl(&[protocol, &site.url("/cut")]);
        assert_ne!(cut.code, Some(0), "{}", cut.said());
        assert_eq!(status(&site, &[protocol], "/echo").0, 200);
    }
}

#[test]
fn a_request_that_an_idle_connection_lost_is_made_once_more_only_where_that_is_safe() {
    let Some(python) = tool("python3") else {
        return;
    };
    // It answers one request a connection, and ends that as soon as the next one comes.
    let script = "
import socket, threading
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
def serve(connection):
    print('first', connection.recv(65536).split(b' ')[0].decode(), flush=True)
    connection.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')
    print('again', connection.recv(65536).split(b' ')[0].decode(), flush=True)
    connection.close()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
";
    let authority = Authority::init(&[]);
    let mut command = hermetic(python, authority.home());
    let application = Companion::start({
        command.args(["-c", script]);
        command
    });
    application.wait_for("\n");
    let upstream = format!("http://127.0.0.1:{}", application.said().trim());
    let Some(site) = Site::before(&upstream, authority, application, &[]) else {
        return;
    };
    wait_for("a request on a connection that has lain still", || {
        assert_eq!(status(&site, &[], "/").0, 200);
        (site.application.count("again GET") > 0).then_some(())
    });
    // A POST may have been read by whoever ended the connection: nobody knows. So it is made once, here or there.
    wait_for("a body on a connection that has lain still", || {
        assert_eq!(status(&site, &[], "/").0, 200);
        let before = site.application.count("POST");
        let answered = status(&site, &["--data", "x"], "/").0;
        wait_for("the application tells of it", || {
            (site.application.count("POST") > before).then_some(())
        });
        assert_eq!(site.application.count("POST"), before + 1);
        assert!([200, 502].contains(&answered), "{answered}");
        (answered == 502).then_some(())
    });
    site.application.wait_for("again POST");
}

#[test]
fn tls_towards_the_application_is_refused_by_name_and_another_machine_warned_of() {
    let authority = Authority::init(&[]);
    for (upstream, fact) in [
        (
            "https://127.0.0.1:1",
            "asks for TLS towards the application",
        ),
        ("http://127.0.0.1:1/app", "names a path"),
        ("127.0.0.1:1", "is not where an application answers"),
    ] {
        let refused = authority.pki(&["serve", "--upstream", upstream]).exits(2);
        assert!(refused.err().contains(fact), "{}", refused.err());
    }
    let alone = authority
        .pki(&["serve", "--upstream-timeout", "5"])
        .exits(2);
    assert!(alone.err().contains("--upstream"), "{}", alone.err());
    let server = Server::start(&authority, &["--upstream", "http://192.0.2.7:3000"]);
    server.wait_for_log("what goes to http://192.0.2.7:3000 is not encrypted");
}

#[test]
fn it_is_said_where_requests_go() {
    let authority = Authority::init(&[]);
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let upstream = format!("http://{}", free.local_addr().unwrap());
    let addresses = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    let words = [&["serve", "--upstream", &upstream][..], &addresses].concat();
    let server = Companion::start(authority.command(&words));
    server.wait_for(&format!(
        "Whoever is accepted is let through to the application at {upstream}."
    ));
}
