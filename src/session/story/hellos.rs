//! The hellos: what the client offers and the server chooses.

use super::facts::{facts, one, share, shares};
use super::{End, Protection, Step};
use crate::session::handshake::{ClientHello, Handshake, HelloRetry};

pub(super) fn hellos(told: &Handshake, hello: &ClientHello, alpn: Option<&String>) -> Vec<Step> {
    let mut steps = vec![client_hello(hello)];
    if let Some(retry) = &told.hello_retry {
        steps.push(hello_retry_request(retry));
        steps.push(second_hello(retry));
    }
    steps.extend(server_hello(told, alpn));
    steps
}

fn client_hello(hello: &ClientHello) -> Step {
    let resumption = match hello.offers_resumption {
        true => vec!["names an earlier session".to_owned()],
        false => Vec::new(),
    };
    let list = |field, label, values: &[String]| (field, label, values.to_vec());
    Step {
        message: "ClientHello",
        from: End::Client,
        protection: Protection::Clear,
        purpose: "The client says what it can do, and makes a random number that no other handshake has.",
        private_key: None,
        facts: facts([
            ("client_hello.random", "Random", vec![hello.random.clone()]),
            list("client_hello.versions", "Versions offered", &hello.versions),
            (
                "client_hello.server_name",
                "Server name",
                one(hello.server_name.as_ref()),
            ),
            list("client_hello.groups", "Groups offered", &hello.groups),
            (
                "client_hello.key_shares",
                "Key shares sent",
                shares(&hello.key_shares),
            ),
            list(
                "client_hello.cipher_suites",
                "Cipher suites offered",
                &hello.cipher_suites,
            ),
            list(
                "client_hello.signature_schemes",
                "Signature schemes accepted",
                &hello.signature_schemes,
            ),
            list(
                "client_hello.application_protocols",
                "Application protocols",
                &hello.application_protocols,
            ),
            ("client_hello.offers_resumption", "Resumption", resumption),
        ]),
    }
}

fn hello_retry_request(retry: &HelloRetry) -> Step {
    let purpose = match retry.group {
        Some(_) => "The server wants a key share of another group than the client sent.",
        None => "The server wants the hello again, with a cookie that it sends along.",
    };
    Step {
        message: "HelloRetryRequest",
        from: End::Server,
        protection: Protection::Clear,
        purpose,
        private_key: None,
        facts: facts([(
            "hello_retry.group",
            "Group wanted",
            one(retry.group.as_ref()),
        )]),
    }
}

fn second_hello(retry: &HelloRetry) -> Step {
    Step {
        message: "ClientHello, again",
        from: End::Client,
        protection: Protection::Clear,
        purpose: "The same hello with what the server asked for.",
        private_key: None,
        facts: facts([(
            "hello_retry.key_shares",
            "Key shares sent",
            shares(&retry.key_shares),
        )]),
    }
}

fn server_hello(told: &Handshake, alpn: Option<&String>) -> Option<Step> {
    let answer = told.server_hello.as_ref()?;
    let tls_1_3 = answer.version == "TLSv1.3";
    let exchange = told.key_exchange.as_ref().filter(|_| tls_1_3);
    let server_share = exchange.and_then(|it| it.server.as_ref()).map(share);
    let extended = told.extended_master_secret.map(|used| match used {
        true => "yes".to_owned(),
        false => "no".to_owned(),
    });
    let purpose = match tls_1_3 {
        true => {
            "The server chooses. With the two key shares both ends can now compute the same secret, which nobody sends; all that follows is encrypted."
        }
        false => "The server chooses.",
    };
    Some(Step {
        message: "ServerHello",
        from: End::Server,
        protection: Protection::Clear,
        purpose,
        private_key: None,
        facts: facts([
            ("server_hello.random", "Random", vec![answer.random.clone()]),
            (
                "server_hello.version",
                "Version chosen",
                vec![answer.version.clone()],
            ),
            (
                "server_hello.cipher_suite",
                "Cipher suite chosen",
                vec![answer.cipher_suite.clone()],
            ),
            (
                "key_exchange.group",
                "Group chosen",
                one(exchange.map(|it| &it.group)),
            ),
            (
                "key_exchange.server",
                "Key share sent",
                server_share.into_iter().collect(),
            ),
            // Later, and encrypted, in TLS 1.3 (RFC 8446 §4.3.1).
            (
                "session.alpn",
                "Application protocol",
                one(alpn.filter(|_| !tls_1_3)),
            ),
            (
                "extended_master_secret",
                "Extended master secret",
                extended.into_iter().collect(),
            ),
        ]),
    })
}
