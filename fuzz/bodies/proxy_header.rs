//! The fields in which proxies pass a client's certificate on.

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, HeaderValue};
use pki::certificate::Certificate;
use pki::judge::{MAX_CHAIN, Verdict, judge};
use pki::server::{Form, hostile};

use super::stage::{NOW, STAGE};

const FORMS: [Form; 4] = [Form::Pem, Form::Xfcc, Form::ClientCert, Form::Traefik];

/// Reads lines `name: value` as the fields of a request, in every form.
pub fn read(input: &[u8]) {
    let headers = fields(input);
    let mut readable = 0;
    for form in FORMS {
        let Ok(chain) = hostile::certificates(form, &headers) else {
            continue;
        };
        assert!(chain.len() <= MAX_CHAIN && chain.iter().all(|der| der.first() == Some(&0x30)));
        readable += usize::from(!chain.is_empty());
        judged(&chain);
        for form in FORMS {
            let written = write(form, &chain);
            assert_eq!(hostile::certificates(form, &written).as_ref(), Ok(&chain));
        }
    }
    // What one form reads is another form's field, which no other takes.
    assert!(readable <= 1);
}

/// Only what the inventory knows is let in.
fn judged(chain: &[Vec<u8>]) {
    let stage = &*STAGE;
    let verdict = judge(chain, &stage.authorities, Some(&stage.alice), NOW);
    let is_alice = chain
        .first()
        .is_some_and(|own| own == stage.alice.certificate.der());
    assert_eq!(verdict == Verdict::Accepted, is_alice);
    assert_eq!(verdict == Verdict::NoCertificate, chain.is_empty());
    for der in chain {
        drop(Certificate::from_der(der.as_slice()));
    }
}

/// Lines as a head holds them; what is no field is left out, as HTTP's own reader refuses it.
pub(crate) fn fields(input: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in input.split(|octet| *octet == b'\n').take(100) {
        let Some(length) = line.iter().position(|octet| *octet == b':') else {
            continue;
        };
        let (name, value) = line.split_at(length);
        let value = value.strip_prefix(b":").unwrap_or_default().trim_ascii();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    headers
}

/// A chain as a proxy would pass it on.
fn write(form: Form, chain: &[Vec<u8>]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some((own, above)) = chain.split_first() else {
        return headers;
    };
    let mut insert = |name: &'static str, value: String| {
        headers.insert(name, HeaderValue::from_str(&value).unwrap());
    };
    match form {
        Form::Pem => insert("x-ssl-client-cert", escaped(chain)),
        Form::Traefik => {
            let all: Vec<_> = chain.iter().map(|der| base64(der)).collect();
            insert("x-forwarded-tls-client-cert", all.join(","));
        }
        Form::ClientCert => {
            insert("client-cert", format!(":{}:", base64(own)));
            if !above.is_empty() {
                let above: Vec<_> = above
                    .iter()
                    .map(|der| format!(":{}:", base64(der)))
                    .collect();
                insert("client-cert-chain", above.join(", "));
            }
        }
        Form::Xfcc => {
            let own = escaped(std::slice::from_ref(own));
            let chain = escaped(chain);
            let value = format!("By=x;Cert=\"{own}\";Chain=\"{chain}\"");
            insert("x-forwarded-client-cert", value);
        }
    }
    headers
}

/// PEM, URL-encoded.
fn escaped(chain: &[Vec<u8>]) -> String {
    let text = pki::bundle::pem::certificates(chain);
    let escape = |sign: char| match sign {
        '\n' => "%0A".to_owned(),
        ' ' => "%20".to_owned(),
        '+' => "%2B".to_owned(),
        '/' => "%2F".to_owned(),
        '=' => "%3D".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(escape).collect()
}

fn base64(octets: &[u8]) -> String {
    let armoured = pem::encode(&pem::Pem::new("X", octets));
    armoured
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect()
}
