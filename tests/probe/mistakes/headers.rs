//! Proxies that pass on what a client wrote, in front of an application that believes it.

use super::HEADERS;
use super::lab::{Change, Lab};

#[test]
fn nginx_whose_location_sets_a_header_of_its_own_inherits_none_of_the_others() {
    let lab = Lab::new();
    let own = (
        "proxy_pass ",
        "proxy_set_header X-SSL-Client-Verify $ssl_client_verify; proxy_set_header X-SSL-Client-S-DN $ssl_client_s_dn; proxy_pass ",
    );
    let Some(nginx) = lab.start("nginx", &[own]) else {
        return;
    };
    // With underscores nothing arrives: nginx drops such fields by itself.
    let wrong = &HEADERS[..3];
    let mend = "with `proxy_set_header` in the location that forwards";
    nginx
        .probe()
        .is_wrong_in(Some("nginx"), &[(wrong, mend)])
        .could_not_tell(&[]);
    // Without a certificate it is the same where that is optional: whoever claims to be alice is.
    let optional = ("ssl_verify_client on;", "ssl_verify_client optional;");
    nginx.make(&[own, optional]);
    let found = nginx.probe_with("", &HEADERS, &[]);
    found.is_wrong_in(Some("nginx"), &[(wrong, mend)]);
    for case in wrong {
        let seen = found.case(case)["seen"].as_str().unwrap();
        assert!(seen.contains("without a certificate"), "{seen}");
    }
    // One that is forgotten is found, too.
    nginx.make(&[("proxy_set_header X-Forwarded-Client-Cert ", "# ")]);
    let found = nginx.probe_with("", &HEADERS, &[]);
    found.is_wrong_in(Some("nginx"), &[(&HEADERS[2..3], mend)]);
}

#[test]
fn nginx_that_believes_a_header_over_http2_alone_is_found_out() {
    let lab = Lab::new();
    let over_http2 = (
        "    map $http_upgrade ",
        "    map $server_protocol:$http_x_ssl_client_s_dn $pki_subject {
             default $ssl_client_s_dn;
             ~^HTTP/2.0:(?<pki_claimed>.+) $pki_claimed;
         }
         map $http_upgrade ",
    );
    let believed = (
        "X-SSL-Client-S-DN $ssl_client_s_dn;",
        "X-SSL-Client-S-DN $pki_subject;",
    );
    let Some(nginx) = lab.start("nginx", &[over_http2, believed]) else {
        return;
    };
    let found = nginx.probe_with("", &HEADERS, &[]);
    let mend = "with `proxy_set_header` in the location that forwards";
    found.is_wrong_in(Some("nginx"), &[(&HEADERS[..1], mend)]);
    found.could_not_tell(&[]);
    let case = found.case(HEADERS[0]);
    assert_eq!(case["fields"], serde_json::json!(["x-ssl-client-s-dn"]));
    let seen = case["seen"].as_str().unwrap();
    let over = "over HTTP/2, with the good certificate, x-ssl-client-s-dn reached";
    assert!(seen.starts_with(over), "{seen}");
    // Where HTTP/2 is not spoken there is no hole.
    nginx.make(&[over_http2, believed, (" ssl http2 ", " ssl ")]);
    nginx.probe_with("", &HEADERS, &[]).is_right();
}

#[test]
fn a_header_that_is_refused_hides_none_that_is_believed() {
    let lab = Lab::new();
    let refused = (
        "        if ($pki_misdirected)",
        "        if ($http_x_client_cert) { return 400; }\n        if ($pki_misdirected)",
    );
    let by_name = (
        "    map $http_upgrade ",
        "    map $http_remote_user $pki_subject {
             default CN=$http_remote_user;
             \"\" $ssl_client_s_dn;
         }
         map $http_upgrade ",
    );
    let believed = (
        "X-SSL-Client-S-DN $ssl_client_s_dn;",
        "X-SSL-Client-S-DN $pki_subject;",
    );
    let Some(nginx) = lab.start("nginx", &[refused, by_name, believed]) else {
        return;
    };
    let found = nginx.probe_with("", &HEADERS, &[]);
    let mend = "with `proxy_set_header` in the location that forwards";
    found.is_wrong_in(Some("nginx"), &[(&HEADERS[..1], mend)]);
    found.could_not_tell(&[]);
    let fields = &found.case(HEADERS[0])["fields"];
    assert_eq!(*fields, serde_json::json!(["Remote-User"]));
}

/// What removes forged fields, left out; what reaches the application then, and what the mend names.
const PASSED_ON: [(&str, &[Change], &[&str], &str); 3] = [
    (
        "apache",
        &[
            ("SetEnvIfNoCase \"^(?:", "# \""),
            ("SetEnvIfNoCase \"^(?=", "# \""),
            ("RequestHeader unset X-Forwarded-Client-Cert early", ""),
        ],
        &HEADERS_OF_APACHE,
        "`RequestHeader unset NAME early`",
    ),
    (
        "haproxy",
        &[("http-request del-header ^", "# ")],
        &HEADERS_OF_HAPROXY,
        "`http-request del-header NAME -m reg`",
    ),
    (
        "caddy",
        &[("request_header -*_*", "")],
        &["headers-with-underscores"],
        "`request_header -*_*`",
    ),
];
const HEADERS_OF_APACHE: [&str; 2] = [
    "headers-x-forwarded-client-cert",
    "headers-with-underscores",
];
/// Its own Client-Cert takes the place of a forged one.
const HEADERS_OF_HAPROXY: [&str; 3] = [
    "headers-x-ssl-client",
    "headers-x-forwarded-client-cert",
    "headers-with-underscores",
];

#[test]
fn whoever_does_not_remove_forged_headers_is_found_out_and_known_whatever_stands_behind() {
    let lab = Lab::new();
    for (word, changes, wrong, mend) in PASSED_ON {
        let Some(server) = lab.start(word, changes) else {
            return;
        };
        let found = server.probe_with("", &HEADERS, &[]);
        found
            .is_wrong_in(Some(word), &[(wrong, mend)])
            .could_not_tell(&[]);
    }
}
