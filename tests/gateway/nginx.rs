//! nginx as the application: files, parts of them, and bodies that it does not want.

use std::fs;
use std::net::{TcpListener, TcpStream};

use super::passing::PROTOCOLS;
use super::{Companion, Site};
use crate::support::process::wait_for;
use crate::support::{Authority, hermetic, path_text, tool};

const LARGE: u64 = 100 << 20;

/// nginx that serves a large file and takes bodies of a megabyte at the most.
fn site() -> Option<Site> {
    let nginx = tool("nginx")?;
    let authority = Authority::init(&[]);
    let files = authority.path("files");
    fs::create_dir_all(&files).unwrap();
    fs::File::create(files.join("large"))
        .unwrap()
        .set_len(LARGE)
        .unwrap();
    fs::write(files.join("small"), "abcdefghij").unwrap();
    for _ in 0..5 {
        // It may be taken by somebody else until nginx asks for it: then another one is tried.
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let home = authority.home().display();
        let configuration = format!(
            "daemon off;
master_process off;
pid {home}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {home}/files;
        location /take {{ client_max_body_size 1m; proxy_pass http://127.0.0.1:1; }}
        location /told {{ return 200 \"$host $http_client_cert $http_x_ssl_client_s_dn\"; }}
    }}
}}
"
        );
        let file = authority.path("nginx.conf");
        fs::write(&file, configuration).unwrap();
        let mut command = hermetic(&nginx, authority.home());
        command.args([
            "-e",
            "stderr",
            "-p",
            path_text(authority.home()),
            "-c",
            path_text(&file),
        ]);
        let mut application = Companion::start(command);
        let is_ready = wait_for("nginx listens or ends", || {
            match application.child.try_wait().unwrap() {
                Some(_) => Some(false),
                None => TcpStream::connect(("127.0.0.1", port)).ok().map(|_| true),
            }
        });
        if is_ready {
            let upstream = format!("http://127.0.0.1:{port}");
            return Site::before(&upstream, authority, application, &[]);
        }
    }
    panic!("no port was free for nginx");
}

#[test]
fn nginx_serves_files_and_parts_of_them_through_the_gateway() {
    let Some(site) = site() else { return };
    for protocol in PROTOCOLS {
        let words = [
            protocol,
            "--write-out",
            "%{size_download}",
            "--output",
            "/dev/null",
        ];
        let whole = site.curl(&[&words[..], &[&site.url("/large")]].concat());
        assert_eq!(whole.ok().out(), LARGE.to_string());
        let part = site.curl(&[protocol, "--include", "--range", "2-4", &site.url("/small")]);
        let part = part.ok().out();
        assert!(part.contains(" 206"), "{part}");
        assert!(part.contains("content-range: bytes 2-4/10\r\n"), "{part}");
        assert!(part.ends_with("\r\n\r\ncde"), "{part}");
        let etag = part
            .lines()
            .find_map(|line| line.strip_prefix("etag: "))
            .unwrap();
        let known = format!("If-None-Match: {}", etag.trim());
        let fresh = site.curl(&[
            protocol,
            "--include",
            "--header",
            &known,
            &site.url("/small"),
        ]);
        assert!(fresh.ok().out().contains(" 304"));
        let told = site.curl(&[
            protocol,
            "--header",
            "Client_Cert: forged",
            &site.url("/told"),
        ]);
        let told = told.ok().out();
        assert!(
            told.starts_with("localhost :M") && told.ends_with(": CN=alice"),
            "{told}"
        );
    }
}

#[test]
fn nginx_refuses_a_large_body_and_the_client_hears_why() {
    let Some(site) = site() else { return };
    let file = site.authority.path("files/large");
    for protocol in PROTOCOLS {
        for expect in ["Expect:", "Expect: 100-continue"] {
            let words = [
                protocol,
                "--header",
                expect,
                "--upload-file",
                path_text(&file),
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_code}",
                &site.url("/take"),
            ];
            let said = site.curl(&words);
            assert!(
                said.out().ends_with("413"),
                "{protocol} {expect}: {}",
                said.said()
            );
        }
    }
}
