//! Bodies go through as they come: large ones in little memory, events at once, and no longer than both ends want.

use std::fs;

use super::{Companion, Kind, Site};
use crate::support::path_text;
use crate::support::process::wait_for;

const LARGE: usize = 100 << 20;
/// How much more memory a large body may take than a small one, in KiB.
const ROOM: u64 = 12 << 10;

#[test]
fn a_large_body_takes_little_memory_either_way() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let file = site.authority.path("large");
    fs::File::create(&file)
        .unwrap()
        .set_len(LARGE as u64)
        .unwrap();
    let (download, upload) = (
        site.url(&format!("/download?octets={LARGE}")),
        site.url("/echo"),
    );
    for protocol in super::passing::PROTOCOLS {
        site.echo(&[protocol, "--data", "x"]);
    }
    let before = site.peak_memory();
    for protocol in super::passing::PROTOCOLS {
        let words = [
            protocol,
            "--write-out",
            "%{size_download}",
            "--output",
            "/dev/null",
            &download,
        ];
        assert_eq!(site.curl(&words).ok().out(), LARGE.to_string());
        let told = site
            .curl(&[protocol, "--upload-file", path_text(&file), &upload])
            .ok()
            .json();
        assert_eq!(told["length"], LARGE);
    }
    let grown = site.peak_memory() - before;
    assert!(grown < ROOM, "{grown} KiB more");
    assert_eq!(site.server.logged("slowed"), 0);
}

#[test]
fn a_client_with_a_small_window_may_say_as_often_as_it_must_that_there_is_room() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    // Node's window has 64 KiB: it says so twice every 32 KiB, and more often in all than it may without being sent anything.
    let octets = 64 << 20;
    let path = format!("/download?octets={octets}");
    let Some(client) = site.client("download", &path) else {
        return;
    };
    client.wait_for(&format!("{octets} octets"));
    assert_eq!(site.server.logged("slowed"), 0);
}

#[test]
fn a_client_that_does_not_read_holds_the_application_back() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    site.echo(&[]);
    let before = site.peak_memory();
    // A gigabyte, of which the client takes nothing for a while: curl reads a kilobyte a second.
    for protocol in super::passing::PROTOCOLS {
        let url = site.url("/download?octets=1073741824");
        let words = [
            protocol,
            "--limit-rate",
            "1K",
            "--output",
            "/dev/null",
            &url,
        ];
        let curl = Companion::start(site.curl_command(Some(&site.alice), &words));
        wait_for("the download begins", || {
            (site.application.count("/download") > 0).then_some(())
        });
        // The rest of the site goes on meanwhile.
        for _ in 0..5 {
            site.echo(&[protocol, "--data", "x"]);
        }
        drop(curl);
    }
    let grown = site.peak_memory() - before;
    assert!(grown < ROOM, "{grown} KiB more");
}

#[test]
fn events_arrive_as_they_are_sent() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    for protocol in super::passing::PROTOCOLS {
        let words = [protocol, "--no-buffer", &site.url("/events")];
        let mut curl = Companion::start(site.curl_command(Some(&site.alice), &words));
        for number in 0..3 {
            // The application does not send the next one before the client asks for it, having seen this one.
            curl.wait_for(&format!("data: {number}\n"));
            assert!(!curl.said().contains(&format!("data: {}", number + 1)));
            site.curl(&[protocol, &site.url("/step")]).ok();
        }
        let said = curl.wait_for_the_end();
        assert_eq!(said, "data: 0\n\ndata: 1\n\ndata: 2\n\n");
    }
}

#[test]
fn an_upload_arrives_as_it_is_sent() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let mut raw = site.raw();
    raw.send("POST /slow-upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
    for part in ["one", "two"] {
        raw.send(&format!("3\r\n{part}\r\n"));
        site.application.wait_for(&format!("part {part}"));
    }
    raw.send("0\r\n\r\n");
    assert!(raw.wait_for_the_end().ends_with("done"));
}

#[test]
fn an_answer_that_comes_before_the_body_reaches_the_client() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let file = site.authority.path("large");
    fs::File::create(&file)
        .unwrap()
        .set_len(LARGE as u64)
        .unwrap();
    for protocol in super::passing::PROTOCOLS {
        for expect in ["Expect:", "Expect: 100-continue"] {
            let words = [
                protocol,
                "--header",
                expect,
                "--upload-file",
                path_text(&file),
                "--write-out",
                "\n%{http_code}",
                &site.url("/early"),
            ];
            let said = site.curl(&words);
            assert!(
                said.out().ends_with("\n413"),
                "{protocol} {expect}: {}",
                said.said()
            );
        }
    }
}

#[test]
fn a_body_that_is_held_back_is_fetched_when_the_application_asks_for_it() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let head = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        )
    };
    let mut raw = site.raw();
    raw.send(&head("/echo"));
    raw.wait_for("HTTP/1.1 100 Continue\r\n\r\n");
    raw.send("abc");
    raw.wait_for("\"length\": 3");
    assert!(raw.said().contains("\"expect\", \"100-continue\""));
    // Where it does not want it, the client hears so and keeps it.
    let mut raw = site.raw();
    raw.send(&head("/unwanted"));
    let said = raw.wait_for_the_end();
    assert!(said.ends_with("not wanted"), "{said}");
    assert!(
        said.contains("HTTP/1.1 417") && !said.contains("100 Continue"),
        "{said}"
    );
}

#[test]
fn a_client_that_goes_away_ends_its_request_at_the_application() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    for protocol in super::passing::PROTOCOLS {
        for path in ["/silent", "/half"] {
            let path = format!("{path}?{}", protocol.trim_start_matches('-'));
            let words = [protocol, "--no-buffer", &site.url(&path)];
            let curl = Companion::start(site.curl_command(Some(&site.alice), &words));
            site.application.wait_for(&format!("GET {path}"));
            if path.starts_with("/half") {
                curl.wait_for("half");
            }
            drop(curl);
            site.application.wait_for(&format!("gone {path}"));
        }
    }
}
