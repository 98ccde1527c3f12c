//! What the server answers to single requests, spoken by hand over TLS and over plain TCP.

use std::sync::Arc;

use aws_lc_rs::digest;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use pki::server::ClientAuth;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::fixture::{Authority, Holder};
use super::serving::Running;

pub(super) async fn tls(
    authority: &Authority,
    server: &Running,
    holder: Option<&Holder>,
    protocol: &str,
) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(authority.root.der().to_vec()))
        .unwrap();
    let builder = ClientConfig::builder_with_provider(pki::session::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match holder {
        None => builder.with_no_client_auth(),
        Some(holder) => builder
            .with_client_auth_cert(
                vec![CertificateDer::from(holder.certificate.der().to_vec())],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(holder.key.pkcs8().to_vec())),
            )
            .unwrap(),
    };
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(server.https).await.unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from("localhost").unwrap(), stream)
        .await
        .unwrap()
}

pub(super) type Answer = (hyper::http::response::Parts, String);

pub(super) fn request(path: &str) -> Request<Empty<Bytes>> {
    Request::get(path)
        .header("host", "localhost")
        .body(Empty::new())
        .unwrap()
}

async fn read(response: hyper::Response<hyper::body::Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts, String::from_utf8_lossy(&body).into_owned())
}

pub(super) async fn one_connection<S>(stream: S) -> http1::SendRequest<Empty<Bytes>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

pub(super) async fn ask(sender: &mut http1::SendRequest<Empty<Bytes>>, path: &str) -> Answer {
    sender.ready().await.unwrap();
    read(sender.send_request(request(path)).await.unwrap()).await
}

#[tokio::test]
async fn a_revocation_by_another_process_counts_on_the_next_request_of_an_open_connection() {
    let authority = Authority::new();
    let alice = authority.client("alice");
    for mode in [ClientAuth::Optional, ClientAuth::Required] {
        let bob = authority.client(if mode == ClientAuth::Optional {
            "bob"
        } else {
            "berta"
        });
        let server = authority.serve(mode).await;
        let stream = tls(&authority, &server, Some(&bob), "http/1.1").await;
        let mut sender = one_connection(stream).await;
        assert_eq!(ask(&mut sender, "/login.json").await.0.status, 200);
        authority.revoke(&bob);
        let (parts, body) = ask(&mut sender, "/login.json").await;
        assert_eq!(parts.status, 403);
        assert!(body.contains(r#""reason":"revoked""#), "{body}");

        let stream = tls(&authority, &server, Some(&alice), "http/1.1").await;
        let mut sender = one_connection(stream).await;
        assert_eq!(ask(&mut sender, "/").await.0.status, 200);
    }
}

#[tokio::test]
async fn http_2_is_spoken_where_it_was_agreed_on_and_judged_alike() {
    let authority = Authority::new();
    let alice = authority.client("alice");
    let server = authority.serve(ClientAuth::Optional).await;
    let stream = tls(&authority, &server, Some(&alice), "h2").await;
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let url = format!("https://localhost:{}/login.json", server.https.port());
    let get = || Request::get(&url).body(Empty::<Bytes>::new()).unwrap();
    let (parts, body) = read(sender.send_request(get()).await.unwrap()).await;
    assert_eq!(parts.status, 200);
    assert!(body.contains(r#""alpn":"h2""#), "{body}");
    authority.revoke(&alice);
    let (parts, _) = read(sender.send_request(get()).await.unwrap()).await;
    assert_eq!(parts.status, 403);
}

#[tokio::test]
async fn the_document_has_every_field_of_the_contract_accepted_or_not() {
    let authority = Authority::new();
    let alice = authority.client("alice");
    let server = authority.serve(ClientAuth::Optional).await;
    let mut documents = Vec::new();
    for holder in [Some(&alice), None] {
        let stream = tls(&authority, &server, holder, "http/1.1").await;
        let mut sender = one_connection(stream).await;
        let (parts, body) = ask(&mut sender, "/login.json").await;
        assert_eq!(parts.headers["content-type"], "application/json");
        assert_eq!(parts.headers["cache-control"], "no-store");
        let document: serde_json::Value = serde_json::from_str(&body).unwrap();
        let keys = |value: &serde_json::Value| -> Vec<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        let mut fields = keys(&document);
        fields.sort();
        assert_eq!(
            fields,
            [
                "certificate",
                "chain",
                "handshake",
                "hint",
                "message",
                "reason",
                "session",
                "verdict"
            ]
        );
        let mut fields = keys(&document["session"]);
        fields.sort();
        assert_eq!(
            fields,
            [
                "acceptable_issuers",
                "alpn",
                "cipher_suite",
                "client_random",
                "exporter_sha256",
                "forward_secrecy",
                "key_exchange_group",
                "protocol",
                "resumed",
                "server_name",
                "server_random",
                "signature_scheme"
            ]
        );
        documents.push(document);
    }
    assert_eq!(documents[0]["verdict"], "accepted");
    assert_eq!(documents[0]["certificate"]["name"], "alice");
    assert_eq!(documents[0]["chain"][0], documents[0]["certificate"]);
    assert_eq!(documents[1]["verdict"], "no-certificate");
    assert_eq!(documents[1]["certificate"], serde_json::Value::Null);
    assert_eq!(documents[1]["chain"], serde_json::json!([]));
}

#[tokio::test]
async fn the_page_says_who_is_logged_in_and_loads_nothing() {
    let authority = Authority::new();
    let alice = authority.client("<b>alice</b>".replace('/', "-").as_str());
    let server = authority.serve(ClientAuth::Optional).await;
    let stream = tls(&authority, &server, Some(&alice), "http/1.1").await;
    let mut sender = one_connection(stream).await;
    let (parts, page) = ask(&mut sender, "/").await;
    assert_eq!(parts.status, 200);
    assert!(
        page.contains(r#"<bdi id="name">&lt;b&gt;alice&lt;-b&gt;</bdi>"#),
        "{page}"
    );
    assert!(page.contains(r#"id="verdict">accepted<"#));
    assert!(!page.contains(r#"id="reason""#));
    let policy = parts.headers["content-security-policy"].to_str().unwrap();
    let (_, style) = page.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    let hash = digest::digest(&digest::SHA256, style.as_bytes());
    let hash = pem::encode(&pem::Pem::new("HASH", hash.as_ref()));
    let hash = hash.lines().nth(1).unwrap();
    assert!(
        policy.contains(&format!(" style-src 'sha256-{hash}';")),
        "{policy}"
    );
    assert!(policy.starts_with("default-src 'none';"));
    assert_eq!(parts.headers["x-content-type-options"], "nosniff");
    assert_eq!(parts.headers["referrer-policy"], "no-referrer");
    for forbidden in ["<script", "src=", "url(", "http://", "style="] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn the_page_says_why_not_and_what_to_do_next() {
    let authority = Authority::new();
    let alice = authority.expired_client("alice");
    let server = authority.serve(ClientAuth::Optional).await;
    let stream = tls(&authority, &server, Some(&alice), "http/1.1").await;
    let (parts, page) = ask(&mut one_connection(stream).await, "/").await;
    assert_eq!(parts.status, 403);
    assert!(page.contains(r#"id="verdict">refused<"#));
    assert!(page.contains(r#"id="reason">expired<"#));
    assert!(!page.contains(r#"id="name""#));
    let stream = tls(&authority, &server, None, "http/1.1").await;
    let (parts, page) = ask(&mut one_connection(stream).await, "/").await;
    assert_eq!(parts.status, 401);
    assert!(page.contains(r#"id="verdict">no-certificate<"#));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let stream = tls(&authority, &server, None, "http/1.1").await;
    let mut sender = one_connection(stream).await;
    assert_eq!(ask(&mut sender, "/favicon.ico").await.0.status, 404);
    assert_eq!(server.log(), [""; 0], "only a judged request is told");
    let plain = TcpStream::connect(server.http).await.unwrap();
    let mut sender = one_connection(plain).await;
    for path in [
        "/login.json",
        "/steps/",
        "/steps/bsd",
        "/steps/..%2Fca",
        "/ca/issuing.mobileconfig",
        "/ca/root",
        "/ca/00.crt",
        "/ca/",
        "/crl/root.crl",
    ] {
        assert_eq!(ask(&mut sender, path).await.0.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_ca_certificates_are_published_over_plain_http() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let issuing = authority.issuing.certificate();
    let identifier = issuing
        .extensions()
        .subject_key_identifier
        .as_ref()
        .unwrap();
    let by_identifier = format!("/ca/{}.crt", pki::hexadecimal::encode(identifier));
    for (path, certificate) in [
        ("/ca/root.crt", &authority.root),
        ("/ca/issuing.crt", issuing),
        (by_identifier.as_str(), issuing),
    ] {
        let plain = TcpStream::connect(server.http).await.unwrap();
        let mut sender = one_connection(plain).await;
        let response = sender.send_request(request(path)).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/pkix-cert");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, certificate.der());
    }
    let plain = TcpStream::connect(server.http).await.unwrap();
    let (parts, body) = ask(&mut one_connection(plain).await, "/healthz").await;
    assert_eq!((parts.status.as_u16(), body.as_str()), (200, "ok\n"));
}
