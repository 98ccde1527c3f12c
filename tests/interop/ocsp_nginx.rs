//! nginx lets clients in by what our OCSP responder says.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use crate::support::process::{finish_with_input, wait_for};
use crate::support::{Authority, Client, Server, hermetic, path_text, tool};

/// An nginx that demands a client certificate and asks about it.
struct Nginx {
    child: Child,
    port: u16,
}

impl Nginx {
    #[track_caller]
    fn start(authority: &Authority, responder: &str) -> Option<Self> {
        // nginx takes no port 0: the system names a free one, and it is used at once.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        let anchors = [authority.root(), authority.issuing()].map(|file| fs::read(file).unwrap());
        fs::write(authority.path("anchors.pem"), anchors.concat()).unwrap();
        let home = path_text(authority.home());
        let scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let scratch = scratch
            .map(|kind| format!("{kind}_temp_path {home}/{kind};"))
            .join(" ");
        let configuration = format!(
            "daemon off; master_process off; pid {home}/nginx.pid; error_log {home}/nginx.log;
             events {{ }}
             http {{
                 access_log off; {scratch}
                 server {{
                     listen 127.0.0.1:{port} ssl;
                     ssl_certificate {home}/ca-data/servers/localhost/fullchain.pem;
                     ssl_certificate_key {home}/ca-data/servers/localhost/key.pem;
                     ssl_client_certificate {home}/anchors.pem;
                     ssl_verify_client on; ssl_verify_depth 2;
                     ssl_ocsp leaf; ssl_ocsp_responder {responder};
                     location / {{ return 200 \"welcome $ssl_client_s_dn\"; }}
                 }}
             }}"
        );
        fs::write(authority.path("nginx.conf"), configuration).unwrap();
        let mut nginx = hermetic(tool("nginx")?, authority.home());
        drop(free);
        let child = nginx
            .args(["-e", "nginx.log", "-p", home, "-c", "nginx.conf"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx starts");
        let nginx = Self { child, port };
        wait_for("nginx listens", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Some(nginx)
    }

    /// What nginx answers to a client.
    #[track_caller]
    fn visit(&self, authority: &Authority, client: &Client) -> Option<String> {
        let mut curl = hermetic(tool("curl")?, authority.home());
        curl.args(["--silent", "--show-error", "--config", "-"])
            .args([
                "--cacert",
                "ca-data/root.pem",
                "--write-out",
                " %{http_code}",
            ])
            .arg(format!("https://localhost:{}/", self.port));
        let bundle = path_text(&client.bundle);
        let config = format!("cert-type = P12\ncert = \"{bundle}:{}\"\n", client.password);
        Some(
            finish_with_input(&mut curl, Some(config.as_bytes()))
                .ok()
                .out(),
        )
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended by itself, which a test has noticed then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn nginx_lets_alice_in_and_refuses_her_after_the_revocation() {
    let authority = Authority::init(&[]);
    authority
        .pki(&["issue-server", "localhost", "127.0.0.1"])
        .ok();
    let (alice, bob) = (
        authority.issue_client(&["alice"]),
        authority.issue_client(&["bob"]),
    );
    let server = Server::start(&authority, &[]);
    let responder = format!("{}/ocsp", server.http);
    let Some(nginx) = Nginx::start(&authority, &responder) else {
        return;
    };
    let Some(said) = nginx.visit(&authority, &alice) else {
        return;
    };
    assert_eq!(said, "welcome CN=alice 200");
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    let said = nginx.visit(&authority, &alice).unwrap();
    assert!(
        said.contains("certificate error") && said.ends_with(" 400"),
        "{said}"
    );
    let said = nginx.visit(&authority, &bob).unwrap();
    assert_eq!(said, "welcome CN=bob 200");
}
