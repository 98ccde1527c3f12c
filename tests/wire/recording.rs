//! `pki login --pcap`: a file that tshark opens and decrypts with nothing else.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::Signal;

use super::{login, requests, run};
use crate::servers::{Kind, Revocations, Running, Site};
use crate::support::tools::left_out;
use crate::support::{Authority, Server, finish, path_text};

/// The rules that tshark checks only when it is told to.
const CHECKSUMS: [&str; 4] = [
    "-o",
    "ip.check_checksum:TRUE",
    "-o",
    "tcp.check_checksum:TRUE",
];

/// Nothing in a recording is as it must not be: no warning and no error, each checksum right, times in order, and it says
/// what it is.
#[track_caller]
fn assert_sound(authority: &Authority, recording: &Path) -> Option<()> {
    const WARNING: u32 = 0x0060_0000;
    let words = ["-r", path_text(recording), "-T", "fields"];
    let fields = ["-e", "_ws.expert.severity", "-e", "_ws.expert.message"];
    let said = run(
        authority,
        "tshark",
        &[&words[..], &fields, &CHECKSUMS].concat(),
    )?
    .out();
    let mut seen = 0;
    for line in said.lines() {
        let (severities, message) = line.split_once('\t').unwrap();
        let severities = severities
            .split(',')
            .filter_map(|it| it.parse::<u32>().ok());
        let worst = severities.max().unwrap_or(0);
        seen += u32::from(worst > 0);
        // A server that closes what it has not read to its end resets the connection: that is no fault of the file's.
        let is_reset = message.contains("Connection reset (RST)");
        assert!(worst < WARNING || is_reset, "{said}");
    }
    // SYN, SYN-ACK, FIN and HTTP are notes and chats: that none is seen would mean that none is looked for.
    assert!(seen > 2, "{said}");
    let checked = ["-e", "ip.checksum.status", "-e", "tcp.checksum.status"];
    let checked = run(
        authority,
        "tshark",
        &[&words[..], &checked, &CHECKSUMS].concat(),
    )?
    .out();
    assert!(checked.lines().count() > 5, "{checked}");
    for line in checked.lines() {
        // IPv6 has no checksum of its own; 1 is good.
        assert!(line == "1\t1" || line == "\t1", "{checked}");
    }
    let told = run(authority, "capinfos", &[path_text(recording)])?.out();
    let version = env!("CARGO_PKG_VERSION");
    for words in [
        "Strict time order:   True".to_owned(),
        format!("Capture application: pki {version}"),
        "The packets were rebuilt from what this end".to_owned(),
        "Number of decryption secrets in file: 1".to_owned(),
        "File encapsulation:  Raw IP".to_owned(),
    ] {
        assert!(told.contains(&words), "{words}: {told}");
    }
    let mode = fs::metadata(recording).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    Some(())
}

/// Values of one field in a recording, a line a packet that has it.
#[track_caller]
fn field(authority: &Authority, recording: &Path, name: &str) -> Option<Vec<String>> {
    let words = [
        "-r",
        path_text(recording),
        "-Y",
        name,
        "-T",
        "fields",
        "-e",
        name,
    ];
    let read = run(authority, "tshark", &words)?.out();
    Some(read.lines().map(str::to_owned).collect())
}

#[test]
fn tshark_decrypts_a_recorded_login_down_to_the_request_and_its_answer() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    for version in ["1.2", "1.3"] {
        let recording = authority.path(&format!("{version}.pcapng"));
        let words = [
            &server.https,
            "--tls",
            version,
            "--pcap",
            path_text(&recording),
        ];
        let finished = login(&authority, &alice, &words).ok();
        let said = finished.err();
        assert!(
            said.contains("whoever has the file can decrypt it"),
            "{said}"
        );
        let Some(read) = requests(&authority, &recording, &[]) else {
            return;
        };
        assert_eq!(read, ["/login.json"]);
        assert_sound(&authority, &recording).unwrap();
        // The answer is there whole, and is the one that the program was given.
        let answer = field(&authority, &recording, "http.file_data").unwrap();
        assert!(answer[0].contains("accepted"), "{answer:?}");
        let random = finished.json()["session"]["client_random"].clone();
        let sent = field(&authority, &recording, "tls.handshake.random").unwrap();
        assert_eq!(sent[0].replace(':', ""), random.as_str().unwrap());
        let ports = field(&authority, &recording, "tcp.dstport").unwrap();
        assert_eq!(ports[0], server.port());
    }
}

#[test]
fn without_its_secrets_a_recording_stays_shut() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    let recording = authority.path("alice.pcapng");
    let (whole, bare) = (path_text(&recording), authority.path("bare.pcapng"));
    login(&authority, &alice, &[&server.https, "--pcap", whole]).ok();
    let words = ["--discard-all-secrets", whole, path_text(&bare)];
    if run(&authority, "editcap", &words).is_none() {
        return;
    }
    assert_eq!(requests(&authority, &bare, &[]).unwrap(), [""; 0]);
    assert_eq!(
        requests(&authority, &recording, &[]).unwrap(),
        ["/login.json"]
    );
}

#[test]
fn a_login_over_ipv6_is_recorded_as_ipv6() {
    if TcpListener::bind("[::1]:0").is_err() {
        return left_out("there is no ::1 here");
    }
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &["--listen", "[::1]:0"]);
    let url = format!("https://[::1]:{}", server.port());
    for version in ["1.2", "1.3"] {
        let recording = authority.path(&format!("{version}.pcapng"));
        let words = [&url, "--tls", version, "--pcap", path_text(&recording)];
        login(&authority, &alice, &words).ok();
        let Some(read) = requests(&authority, &recording, &[]) else {
            return;
        };
        assert_eq!(read, ["/login.json"]);
        assert_sound(&authority, &recording).unwrap();
        assert_eq!(field(&authority, &recording, "ipv6.dst").unwrap()[0], "::1");
    }
}

#[test]
fn a_refused_login_is_recorded_with_the_alert_that_refused_it() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    let server = Server::start(&authority, &["--client-auth", "required"]);
    for version in ["1.2", "1.3"] {
        let recording = authority.path(&format!("{version}.pcapng"));
        let bundle = ["--bundle", path_text(&alice.bundle)];
        let words = [
            &server.https,
            "--tls",
            version,
            "--pcap",
            path_text(&recording),
        ];
        let words = [&["login"], &bundle[..], &words].concat();
        let mut command = authority.locked_command(&words);
        finish(command.env("PKI_BUNDLE_PASSWORD", &alice.password)).exits(1);
        let Some(alerts) = field(&authority, &recording, "tls.alert_message.desc") else {
            return;
        };
        // certificate_revoked, which TLS 1.3 encrypts (RFC 8446 §6.2).
        assert!(alerts.contains(&"44".to_owned()), "{version}: {alerts:?}");
        assert_sound(&authority, &recording).unwrap();
    }
}

#[test]
fn a_handshake_that_this_end_broke_off_is_recorded() {
    let ours = Authority::init(&[]);
    let alice = ours.issue_client(&["alice"]);
    let theirs = Authority::init(&[]);
    let server = Server::start(&theirs, &[]);
    let recording = ours.path("alice.pcapng");
    let words = [&server.https, "--pcap", path_text(&recording)];
    let refused = login(&ours, &alice, &words).exits(1);
    assert!(refused.json()["error"].is_object(), "{}", refused.out());
    let Some(alerts) = field(&ours, &recording, "tls.alert_message.desc") else {
        return;
    };
    // unknown_ca, from the client.
    assert_eq!(alerts, ["48"]);
    assert_sound(&ours, &recording).unwrap();
}

#[test]
fn nothing_is_sent_where_the_recording_could_not_be_written() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    let (there, nowhere) = (authority.path("there"), authority.path("nowhere/at.pcapng"));
    fs::write(&there, "before").unwrap();
    for (path, kind) in [(&there, "already-exists"), (&nowhere, "not-found")] {
        let words = [&server.https, "--pcap", path_text(path)];
        let refused = login(&authority, &alice, &words).exits(1).json();
        assert_eq!(refused["error"]["kind"], kind);
    }
    assert_eq!(fs::read(&there).unwrap(), b"before");
    assert_eq!(server.logged("accepted"), 0, "{}", server.log());
}

#[test]
fn where_no_connection_comes_about_no_recording_does() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", free.local_addr().unwrap());
    drop(free);
    let recording = authority.path("alice.pcapng");
    let words = [&url, "--pcap", path_text(&recording)];
    let refused = login(&authority, &alice, &words).exits(1);
    assert!(
        refused.err().contains("was not written"),
        "{}",
        refused.err()
    );
    assert!(!recording.exists());
}

/// nginx that knows nothing of `/login.json`, so that a second request follows on the same connection.
static NGINX: Kind = Kind {
    program: "nginx",
    configuration: |site: &Site| {
        let directory = site.directory.display();
        format!(
            "daemon off; worker_processes 1; pid {directory}/pid; error_log stderr; events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{} ssl; server_name localhost;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {}; ssl_certificate_key {};
        ssl_client_certificate {}; ssl_verify_client on; ssl_verify_depth 2;
        location = /login.json {{ return 404; }}
        location / {{ return 204; }}
    }}
}}
",
            site.port,
            site.fullchain.display(),
            site.key.display(),
            site.root.display()
        )
    },
    arguments: |site: &Site, configuration: &Path| {
        let prefix = site.directory.display().to_string();
        let configuration = configuration.display().to_string();
        ["-e", "stderr", "-p", &prefix, "-c", &configuration]
            .map(str::to_owned)
            .into()
    },
    reload: Signal::HUP,
    stop: Signal::TERM,
};

#[test]
fn both_requests_on_one_connection_to_a_server_that_is_not_ours_are_decrypted() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let unused = Revocations::Crls(authority.path("unused"));
    let Some(nginx) = Running::start(&NGINX, &authority, &unused) else {
        return;
    };
    let url = format!("https://localhost:{}", nginx.port());
    for version in ["1.2", "1.3"] {
        let recording = authority.path(&format!("{version}.pcapng"));
        let words = [&url, "--tls", version, "--pcap", path_text(&recording)];
        login(&authority, &alice, &words).ok();
        let Some(read) = requests(&authority, &recording, &[]) else {
            return;
        };
        assert_eq!(read, ["/login.json", "/"]);
        let streams = field(&authority, &recording, "tcp.stream").unwrap();
        assert!(streams.iter().all(|stream| stream == "0"), "{streams:?}");
        let statuses = field(&authority, &recording, "http.response.code").unwrap();
        assert_eq!(statuses, ["404", "204"]);
        assert_sound(&authority, &recording).unwrap();
    }
}
