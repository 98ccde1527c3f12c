//! Headers in which a client says that it is somebody else, in front of an application that would believe each of them.

use super::{Running, at_each_proxy, person};
use crate::support::Authority;
use pki::forgeable;

/// What the forged fields say besides Alice's name, so that it is found wherever it arrives.
const MARK: &str = "forged";

/// What looks a little like forged fields and is none.
const HARMLESS: [&str; 12] = [
    "Authorization",
    "Cookie",
    "Origin",
    "X-Auth-Token",
    "X-CSRF-Token",
    "X-Forward",
    "X-Other",
    "X-Request-Id",
    "X-Requested-With",
    "X-SSO",
    "X-User-Agent",
    "Proxy-Status",
];

/// The cases of `pki probe` that are about headers.
const HEADERS: [&str; 4] = [
    "headers-x-ssl-client",
    "headers-client-cert",
    "headers-x-forwarded-client-cert",
    "headers-with-underscores",
];

/// Fields and trailers that name Alice, in the spellings that applications take for the same.
fn forged(authority: &Authority) -> Vec<String> {
    let der = base64_of(authority);
    let pem = format!("-----BEGIN%20CERTIFICATE-----%0A{der}%0A-----END%20CERTIFICATE-----");
    let spellings = |name: &str, value: &str| {
        let parts: Vec<_> = name.split('-').collect();
        let mixed = format!("{}-{}", parts[0], parts[1..].join("_"));
        let other = format!("{}_{}", parts[0], parts[1..].join("-"));
        [
            name.to_owned(),
            name.to_lowercase(),
            name.to_uppercase(),
            parts.join("_"),
            parts.join("."),
            mixed,
            other,
        ]
        .map(|name| format!("{name}: {value}"))
    };
    let mut fields = Vec::new();
    for (name, value) in [
        ("X-SSL-Client-Verify", "SUCCESS".to_owned()),
        ("X-SSL-Client-S-DN", format!("CN=alice,O={MARK}")),
        ("X-SSL-Client-DN", format!("CN=alice,O={MARK}")),
        ("SSL-Client-Verify", "SUCCESS".to_owned()),
        ("SSL-Client-S-DN", format!("CN=alice,O={MARK}")),
        ("X-SSL-Client-Serial", MARK.to_owned()),
        ("X-SSL-Client-Cert", pem.clone()),
        ("SSL-Client-Cert", pem.clone()),
        ("Client-Cert", format!(":{der}:")),
        ("Client-Cert-Chain", format!(":{der}:")),
        (
            "X-Forwarded-Client-Cert",
            format!("By={MARK};Subject=\"CN=alice\";Cert=\"{pem}\""),
        ),
        ("X-Forwarded-Tls-Client-Cert", der.clone()),
        (
            "X-Forwarded-Tls-Client-Cert-Info",
            format!("Subject%3D%22CN%3Dalice%2CO%3D{MARK}%22"),
        ),
        ("X-Client-Cert", pem),
        ("X-Client-S-DN", format!("CN=alice,O={MARK}")),
        ("X-Client-CN", MARK.to_owned()),
        ("X-Client-Verify", MARK.to_owned()),
        ("Pki-Name", MARK.to_owned()),
    ] {
        fields.extend(spellings(name, &value));
    }
    for name in [
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Real-IP",
        "Remote-User",
        "X-WebAuth-User",
    ] {
        fields.extend(spellings(name, MARK));
    }
    // Whatever else is forgeable, as it is usually written and as it is most easily smuggled.
    for name in forgeable::names() {
        fields.push(format!("{name}: {MARK}"));
        fields.push(format!("{}: {MARK}", name.replace('-', "_")));
    }
    for name in ["Content-Type", "Transfer-Encoding"] {
        fields.push(format!("{}: {MARK}", name.replace('-', "_")));
    }
    fields
}

/// Alice's certificate in base64, as the inventory has it.
fn base64_of(authority: &Authority) -> String {
    let pem = authority.pki(&["export", "alice", "--form", "pem"]).ok();
    let pem = pem.out();
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

/// What the probe itself claims, in front of an application that repeats every header that it gets.
#[track_caller]
fn hides_all_that_the_probe_claims(server: &Running, authority: &Authority, word: &str) {
    // What HAProxy passes on in trailers is shown below.
    let page = if word == "haproxy" {
        "fields"
    } else {
        "headers"
    };
    let url = format!("{}{page}", server.url());
    let mut words = vec!["probe", &url, "--as", "bob", "--json", "--wait", "5"];
    for case in HEADERS {
        words.extend(["--only", case]);
    }
    let probed = authority.pki(&words);
    assert_eq!(probed.code, Some(0), "{word}: {}", probed.said());
    for case in HEADERS {
        assert!(probed.out().contains(case), "{word}: {}", probed.said());
    }
    assert!(
        !probed.out().contains("could-not-tell"),
        "{word}: {}",
        probed.said()
    );
}

/// Bob stays Bob, whatever he sends; so does he who sends it in trailers, or twice.
#[track_caller]
fn lets_nobody_claim_to_be_somebody_else(word: &str) {
    let authority = Authority::init(&[]);
    let (Some(_), Some(bob)) = (person(&authority, "alice"), person(&authority, "bob")) else {
        return;
    };
    let Some(server) = Running::start(word, &authority, None) else {
        return;
    };
    hides_all_that_the_probe_claims(&server, &authority, word);
    let forged = forged(&authority);
    let alice = base64_of(&authority);
    // With one spelling a visit, so that a refusal of one hides none of the others.
    let Some(answers) = server.visit_with_each(&authority, &bob, "headers", &forged) else {
        return;
    };
    for (field, headers) in forged.iter().zip(&answers) {
        let body = headers.body.replace("%2B", "+").replace("%2F", "/");
        let arrived = body.contains(MARK) || body.contains("alice") || body.contains(&alice);
        assert!(!arrived, "{word} let {field} through:\n{}", headers.body);
        // What is set by the proxy is there once.
        if headers.status == Some(200) {
            let names = headers.body.to_lowercase();
            let count = names.matches("x-ssl-client-s-dn:").count();
            assert_eq!(count, 1, "{word}, with {field}:\n{}", headers.body);
        }
    }
    // What nobody takes for such a field does arrive: the look at them is not blind.
    let harmless = HARMLESS.map(|name| format!("{name}: {MARK}"));
    let answers = server.visit_with_each(&authority, &bob, "headers", &harmless);
    for (field, answer) in harmless.iter().zip(answers.unwrap()) {
        assert_eq!(answer.status, Some(200), "{word}, {field}: {answer:?}");
        assert!(answer.body.contains(MARK), "{word}, {field}: {answer:?}");
    }
    // Over HTTP/2 as well, as many at once as every server takes.
    for part in forged.chunks(40) {
        let mut words = vec!["--http2"];
        for field in part {
            words.extend(["--header", field]);
        }
        let page = server.visit(&authority, Some(&bob), "", &words).unwrap();
        assert!(
            page.is_refused() || page.welcomes("bob"),
            "{word}: {page:?}"
        );
        let nobody = server.visit(&authority, None, "", &words).unwrap();
        assert!(nobody.is_refused(), "{word}: {nobody:?}");
    }
    // An application that looks at trailers sees what a client writes there where the proxy passes them on: only HAProxy does.
    let request = "POST /headers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
                   2\r\nab\r\n0\r\nX-SSL-Client-S-DN: CN=alice,O=forged\r\n\r\n";
    let answer = server.converse(&authority, &bob, [request, ""]).unwrap();
    assert!(answer.contains("CN=bob"), "{word}: {answer}");
    assert_eq!(answer.contains(MARK), word == "haproxy", "{word}: {answer}");
}

#[test]
fn what_an_application_calls_its_own_keeps_nobody_out() {
    let harmless = [
        "X-Client-Version: 3",
        "X-Client-Name: app",
        "x-client-dnt: 1",
    ];
    at_each_proxy("bob", |word, server, authority, bob| {
        for field in harmless {
            let words = ["--header", field];
            let Some(answer) = server.visit(authority, Some(bob), "headers", &words) else {
                return;
            };
            assert_eq!(answer.status, Some(200), "{word}, {field}: {answer:?}");
            let arrives = answer.body.to_lowercase().contains(&field.to_lowercase());
            // The others remove all that begins like a client's certificate.
            let passes = ["nginx", "apache"].contains(&word);
            assert_eq!(arrives, passes, "{word}, {field}: {answer:?}");
        }
    });
}

#[test]
fn nobody_has_the_fields_of_a_proxy_removed_by_naming_them_in_connection() {
    let own = "X-SSL-Client-Verify, X-SSL-Client-S-DN, X-SSL-Client-Serial, X-SSL-Client-Cert, Client-Cert";
    at_each_proxy("bob", |word, server, authority, bob| {
        for first in ["close", "keep-alive", "close, Upgrade"] {
            let field = format!("Connection: {first}, {own}");
            let words = ["--http1.1", "--header", &field];
            let Some(answer) = server.visit(authority, Some(bob), "headers", &words) else {
                return;
            };
            let body = answer.body.to_lowercase();
            if answer.status != Some(400) {
                assert_eq!(answer.status, Some(200), "{word}: {answer:?}");
                for line in [
                    "x-ssl-client-verify: success\n",
                    "x-ssl-client-s-dn: cn=bob",
                ] {
                    assert!(body.contains(line), "{word}: {answer:?}");
                }
                // Nor does a proxy behind this one learn the names.
                let connection = body.lines().find(|line| line.starts_with("connection:"));
                let names = connection.is_some_and(|line| line.contains("x-ssl"));
                assert!(!names, "{word}: {answer:?}");
            }
            let field = format!("Connection: {first}");
            let words = ["--http1.1", "--header", &field];
            let plain = server.visit(authority, Some(bob), "", &words).unwrap();
            assert!(plain.welcomes("bob"), "{word}, {first}: {plain:?}");
        }
    });
}

#[test]
fn nginx_lets_nobody_claim_to_be_somebody_else() {
    lets_nobody_claim_to_be_somebody_else("nginx");
}

#[test]
fn apache_lets_nobody_claim_to_be_somebody_else() {
    lets_nobody_claim_to_be_somebody_else("apache");
}

#[test]
fn haproxy_lets_nobody_claim_to_be_somebody_else() {
    lets_nobody_claim_to_be_somebody_else("haproxy");
}

#[test]
fn caddy_lets_nobody_claim_to_be_somebody_else() {
    lets_nobody_claim_to_be_somebody_else("caddy");
}
