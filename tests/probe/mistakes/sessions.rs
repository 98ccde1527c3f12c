//! Servers in which a session, or a connection, outlives the certificate that opened it.

use std::fs;

use super::REVOKED;
use super::lab::{Change, Lab};

const RESUMED: [&str; 2] = [
    "resumed-after-revocation-tls12",
    "resumed-after-revocation-tls13",
];

#[test]
fn sessions_that_outlive_a_reload_are_found_out() {
    let lab = Lab::new();
    let keys = lab.authority.path("tickets");
    fs::write(&keys, [7; 80]).unwrap();
    let keys_of_apache = lab.authority.path("tickets-of-apache");
    fs::write(&keys_of_apache, [7; 48]).unwrap();
    let keys_of_haproxy = lab.authority.path("tickets-of-haproxy");
    let line = format!("{}\n", "BwcH".repeat(16));
    fs::write(&keys_of_haproxy, line.repeat(3)).unwrap();
    let tickets = format!("ssl_session_ticket_key {};", keys.display());
    let tickets_of_apache = format!("SSLSessionTicketKeyFile {}", keys_of_apache.display());
    let tickets_of_haproxy = format!(
        "verify required tls-ticket-keys {}",
        keys_of_haproxy.display()
    );
    let servers: [(&str, &[Change], &str); 4] = [
        (
            "nginx",
            &[("ssl_session_tickets on;", &tickets)],
            "`ssl_session_ticket_key`",
        ),
        (
            "nginx",
            &[
                (
                    "ssl_session_cache none;",
                    "ssl_session_cache shared:sites:1m;",
                ),
                ("ssl_session_tickets on;", "ssl_session_tickets off;"),
            ],
            "`ssl_session_cache`",
        ),
        (
            "apache",
            &[("SSLSessionTickets on", &tickets_of_apache)],
            "`SSLSessionTicketKeyFile`",
        ),
        (
            "haproxy",
            &[("verify required", &tickets_of_haproxy)],
            "`tls-ticket-keys`",
        ),
    ];
    for (word, changes, mend) in servers {
        let Some(server) = lab.start(word, changes) else {
            return;
        };
        let options = ["--wait", "0", "--refresh", &server.refresh()];
        let found = server.probe_with("", &REVOKED, &options);
        found
            .is_wrong_in(Some(word), &[(&RESUMED, mend)])
            .could_not_tell(&[]);
        assert_eq!(found.document()["revocation"]["has_arrived"], true);
        let notes = found.case(RESUMED[0])["notes"].to_string();
        assert!(notes.contains("resumed the session"), "{notes}");
        // As it is written, nothing is resumed across a reload.
        server.make(&[]);
        let options = ["--wait", "0", "--refresh", &server.refresh()];
        server.probe_with("", &RESUMED, &options).is_right();
    }
}

#[test]
fn an_application_for_node_that_lets_a_connection_be_negotiated_anew_is_found_out() {
    let lab = Lab::new();
    let Some(node) = lab.start(
        "node",
        &[
            ("  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,\n", ""),
            ("  server.closeIdleConnections();\n", ""),
            ("request.socket.generation === generation", "true"),
        ],
    ) else {
        return;
    };
    let cases = ["revoked", "renegotiated-after-revocation"];
    let options = ["--wait", "20", "--refresh", &node.refresh()];
    let found = node.probe_with("", &cases, &options);
    let wrong = ["renegotiated-after-revocation"];
    found
        .is_wrong_in(Some("node"), &[(&wrong, "`SSL_OP_NO_RENEGOTIATION`")])
        .could_not_tell(&[]);
}
