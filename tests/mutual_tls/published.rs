//! CRLs and CA certificates over plain HTTP: the newest with each request, and no octet twice for who holds it already.

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::http::response::Parts;
use hyper::{Method, Request};
use pki::certificate::Certificate;
use pki::file::{self, Access, Existing};
use pki::hexadecimal;
use pki::server::{ClientAuth, Knowledge};
use rcgen::{CertificateParams, CertificateRevocationListParams, KeyIdMethod, KeyPair};
use rcgen::{RevokedCertParams, SerialNumber};
use tokio::net::TcpStream;

use super::fixture::{Authority, now};
use super::http::one_connection;
use super::serving::Running;

/// A CRL with so many entries; who signed it is of no account to whoever publishes it.
fn crl(number: u64, entries: u64) -> Vec<u8> {
    let issuer = rcgen::Issuer::new(CertificateParams::default(), KeyPair::generate().unwrap());
    let entry = |serial| RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: now(),
        reason_code: None,
        invalidity_date: None,
    };
    let crl = CertificateRevocationListParams {
        this_update: now(),
        next_update: now() + time::Duration::days(7),
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: None,
        revoked_certs: (0..entries).map(entry).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    crl.signed_by(&issuer).unwrap().der().to_vec()
}

fn publish(authority: &Authority, issuer: &Certificate, octets: &[u8]) {
    let path = authority.data.crl(issuer);
    file::create_private_directory(path.parent().unwrap()).unwrap();
    file::write(&path, octets, Access::Public, Existing::Replace).unwrap();
}

fn by_identifier(kind: &str, issuer: &Certificate) -> String {
    let identifier = &issuer.extensions().subject_key_identifier;
    let identifier = hexadecimal::encode(identifier.as_ref().unwrap());
    format!("/{kind}/{identifier}.{}", &kind.replace("ca", "crt"))
}

async fn ask(server: &Running, method: Method, path: &str, tag: Option<&str>) -> (Parts, Bytes) {
    let plain = TcpStream::connect(server.http).await.unwrap();
    let mut sender = one_connection(plain).await;
    let request = Request::builder().method(method).uri(path);
    let request = request.header("host", "localhost");
    let request = match tag {
        Some(tag) => request.header("if-none-match", tag),
        None => request,
    };
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
    (parts, body.collect().await.unwrap().to_bytes())
}

fn header<'a>(parts: &'a Parts, name: &str) -> &'a str {
    parts.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn the_newest_crl_is_there_with_the_next_request_under_each_of_its_names() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let issuing = authority.issuing.certificate();
    let named = by_identifier("crl", issuing);
    let in_upper_case = named.to_uppercase().replace("CRL", "crl");
    let get = async |path| ask(&server, Method::GET, path, None).await;
    for path in [named.as_str(), "/crl/issuing.crl", "/crl/root.crl"] {
        assert_eq!(get(path).await.0.status, 404, "{path}");
    }
    let mut tags = Vec::new();
    for number in 1..=3 {
        let octets = crl(number, number);
        publish(&authority, issuing, &octets);
        for path in [named.as_str(), "/crl/issuing.crl"] {
            let (parts, body) = get(path).await;
            assert_eq!(parts.status, 200);
            assert_eq!(header(&parts, "content-type"), "application/pkix-crl");
            assert_eq!(body, octets);
            tags.push(header(&parts, "etag").to_owned());
        }
    }
    tags.dedup();
    assert_eq!(tags.len(), 3);
    assert_eq!(get("/crl/root.crl").await.0.status, 404);
    publish(&authority, &authority.root, &crl(9, 0));
    assert_eq!(get("/crl/root.crl").await.0.status, 200);
    assert_eq!(get(&in_upper_case).await.0.status, 200);
    std::fs::remove_file(authority.data.crl(issuing)).unwrap();
    assert_eq!(get(&named).await.0.status, 404);
}

#[tokio::test]
async fn who_holds_the_newest_crl_is_told_so_and_who_holds_an_older_one_gets_it() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let issuing = authority.issuing.certificate();
    let get = async |tag| ask(&server, Method::GET, "/crl/issuing.crl", tag).await;
    publish(&authority, issuing, &crl(1, 0));
    let (first, _) = get(None).await;
    let tag = header(&first, "etag");
    let (again, body) = get(Some(tag)).await;
    assert_eq!((again.status.as_u16(), body.len()), (304, 0));
    for name in ["etag", "cache-control", "last-modified"] {
        assert_eq!(header(&again, name), header(&first, name));
    }
    assert!(again.headers.contains_key("expires"));
    let newer = crl(2, 1);
    publish(&authority, issuing, &newer);
    let (next, body) = get(Some(tag)).await;
    assert_eq!(
        (next.status.as_u16(), body.as_ref()),
        (200, newer.as_slice())
    );
    assert_ne!(header(&next, "etag"), tag);
    assert_eq!(
        header(&next, "cache-control"),
        "public, max-age=60, must-revalidate"
    );
}

#[tokio::test]
async fn ca_certificates_are_tagged_and_kept_longer() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    for path in [
        "/ca/root.crt".to_owned(),
        by_identifier("ca", authority.issuing.certificate()),
    ] {
        let (parts, _) = ask(&server, Method::GET, &path, None).await;
        assert_eq!(
            header(&parts, "cache-control"),
            "public, max-age=3600, must-revalidate"
        );
        let (again, body) = ask(&server, Method::GET, &path, Some(header(&parts, "etag"))).await;
        assert_eq!((again.status.as_u16(), body.len()), (304, 0));
    }
}

#[tokio::test]
async fn a_question_for_the_head_is_answered_without_the_content() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let octets = crl(1, 5);
    publish(&authority, authority.issuing.certificate(), &octets);
    let (parts, body) = ask(&server, Method::HEAD, "/crl/issuing.crl", None).await;
    assert_eq!((parts.status.as_u16(), body.len()), (200, 0));
    assert_eq!(header(&parts, "content-length"), octets.len().to_string());
    assert!(parts.headers.contains_key("etag"));
    let (parts, _) = ask(&server, Method::POST, "/crl/issuing.crl", None).await;
    assert_eq!(parts.status, 405);
}

#[tokio::test]
async fn a_large_crl_is_read_once_and_shared_by_all_who_ask() {
    let authority = Authority::new();
    let issuing = authority.issuing.certificate();
    let octets = crl(1, 200_000);
    publish(&authority, issuing, &octets);
    let (on_disk, _) = authority.on_disk();
    let place = || on_disk.crl(issuing).unwrap().unwrap().der.as_ptr();
    assert_eq!(place(), place());
    let server = authority.serve(ClientAuth::Optional).await;
    let (_, body) = ask(&server, Method::GET, "/crl/issuing.crl", None).await;
    assert_eq!(body, octets);
}

#[tokio::test]
async fn what_is_no_crl_is_not_published_as_one() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    publish(&authority, authority.issuing.certificate(), b"hello");
    let (parts, _) = ask(&server, Method::GET, "/crl/issuing.crl", None).await;
    assert_eq!(parts.status, 503);
    assert_eq!(header(&parts, "cache-control"), "no-store");
}

#[tokio::test]
async fn after_a_rotation_the_alias_moves_on_and_the_earlier_ca_keeps_its_own_name() {
    let mut authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let earlier = authority.rotate();
    let (earlier, later) = (earlier.certificate(), authority.issuing.certificate());
    let by_identifier = ["crl", "ca"].map(|kind| by_identifier(kind, earlier));
    let get = async |path| ask(&server, Method::GET, path, None).await;
    let (old, new) = (crl(1, 1), crl(1, 2));
    publish(&authority, earlier, &old);
    publish(&authority, later, &new);
    assert_eq!(get("/crl/issuing.crl").await.1, new);
    assert_eq!(get(&by_identifier[0]).await.1, old);
    assert_eq!(get("/ca/issuing.crt").await.1, later.der());
    assert_eq!(get(&by_identifier[1]).await.1, earlier.der());
}
