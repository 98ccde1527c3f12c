//! Both sides of every rule of every form; here those that all of them share.

mod each;

use super::*;
use crate::error::Result;
use crate::testing::TestAuthority;

const FORMS: [Form; 4] = [Form::Pem, Form::Xfcc, Form::ClientCert, Form::Traefik];

/// A certificate and its issuer, as a proxy has them, and what proxies make of them.
struct Chain {
    own: Vec<u8>,
    issuing: Vec<u8>,
}

impl Chain {
    fn new() -> Result<Self> {
        let authority = TestAuthority::new()?;
        Ok(Self {
            own: authority.issue("alice")?.certificate.der().to_vec(),
            issuing: authority.issuing.certificate().der().to_vec(),
        })
    }

    fn both(&self) -> [Vec<u8>; 2] {
        [self.own.clone(), self.issuing.clone()]
    }

    /// The fields in which a form passes the certificate on, alone or with the chain.
    fn fields(&self, form: Form, with_chain: bool) -> Vec<(&'static str, String)> {
        let (own, issuing) = (&self.own, &self.issuing);
        let both = escaped(&[pem(own), pem(issuing)].concat());
        match (form, with_chain) {
            (Form::Pem, false) => vec![(pem::FIELD, escaped(&pem(own)))],
            (Form::Pem, true) => vec![(pem::FIELD, both)],
            (Form::Xfcc, false) => vec![(xfcc::FIELD, format!("Cert=\"{}\"", escaped(&pem(own))))],
            (Form::Xfcc, true) => {
                let own = escaped(&pem(own));
                vec![(xfcc::FIELD, format!("Cert=\"{own}\";Chain=\"{both}\""))]
            }
            (Form::ClientCert, false) => vec![(client_cert::FIELD, item(own))],
            (Form::ClientCert, true) => vec![
                (client_cert::FIELD, item(own)),
                (client_cert::CHAIN, item(issuing)),
            ],
            (Form::Traefik, false) => vec![(traefik::FIELD, bare(own))],
            (Form::Traefik, true) => {
                vec![(traefik::FIELD, format!("{},{}", bare(own), bare(issuing)))]
            }
        }
    }
}

fn pem(der: &[u8]) -> String {
    crate::bundle::pem::certificates([der])
}

/// Base64 without line ends.
fn bare(der: &[u8]) -> String {
    let pem = pem(der);
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    lines.collect()
}

fn item(der: &[u8]) -> String {
    format!(":{}:", bare(der))
}

/// Everything but what no URL gives a meaning is percent-encoded.
fn escaped(text: &str) -> String {
    let escape = |octet: u8| match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(octet).to_string()
        }
        _ => format!("%{octet:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn headers(fields: &[(&'static str, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn read_all(form: Form, headers: &HeaderMap) -> std::result::Result<Vec<Vec<u8>>, Fault> {
    form.read(form.field(headers)?)
}

fn read_one(
    form: Form,
    name: &'static str,
    value: &str,
) -> std::result::Result<Vec<Vec<u8>>, Fault> {
    read_all(form, &headers(&[(name, value.to_owned())]))
}

#[test]
fn each_form_is_read_with_and_without_a_chain() -> Result<()> {
    let chain = Chain::new()?;
    for form in FORMS {
        let read = read_all(form, &headers(&chain.fields(form, false)));
        assert_eq!(read, Ok(vec![chain.own.clone()]), "{form:?}");
        let read = read_all(form, &headers(&chain.fields(form, true)));
        assert_eq!(read, Ok(chain.both().to_vec()), "{form:?}");
    }
    Ok(())
}

#[test]
fn no_field_and_an_empty_one_are_no_certificate() {
    for form in FORMS {
        assert_eq!(read_all(form, &HeaderMap::new()), Ok(Vec::new()));
        let other = headers(&[("x-forwarded-for", "192.0.2.7".to_owned())]);
        assert_eq!(read_all(form, &other), Ok(Vec::new()));
        let [(field, _), ..] = &Chain {
            own: Vec::new(),
            issuing: Vec::new(),
        }
        .fields(form, false)[..] else {
            panic!("a form has a field");
        };
        assert_eq!(read_one(form, field, ""), Ok(Vec::new()), "{form:?}");
    }
    // What a proxy makes that puts nothing between the colons.
    assert_eq!(
        read_one(Form::ClientCert, client_cert::FIELD, "::"),
        Ok(Vec::new())
    );
}

#[test]
fn a_field_of_another_form_is_a_fault_with_and_without_the_right_one() -> Result<()> {
    let chain = Chain::new()?;
    for form in FORMS {
        for other in FORMS.into_iter().filter(|other| *other != form) {
            let foreign = chain.fields(other, true);
            assert_eq!(read_all(form, &headers(&foreign)), Err(Fault::Foreign));
            let beside = [chain.fields(form, false), foreign].concat();
            assert_eq!(
                read_all(form, &headers(&beside)),
                Err(Fault::Foreign),
                "{form:?} {other:?}"
            );
            // An empty one is there too.
            for (name, _) in chain.fields(other, true) {
                let mut fields = chain.fields(form, false);
                fields.push((name, String::new()));
                assert_eq!(read_all(form, &headers(&fields)), Err(Fault::Foreign));
            }
        }
    }
    Ok(())
}

#[test]
fn a_spelling_that_applications_take_for_the_field_is_a_fault() -> Result<()> {
    let chain = Chain::new()?;
    for (form, spelling) in [
        (Form::Pem, "x_ssl_client_cert"),
        (Form::Pem, "x-ssl-client_cert"),
        (Form::Xfcc, "x_forwarded_client_cert"),
        (Form::ClientCert, "client_cert"),
        (Form::ClientCert, "client_cert_chain"),
        (Form::ClientCert, "client-cert_chain"),
        (Form::Traefik, "x-forwarded-tls_client-cert"),
        (Form::Traefik, "x_forwarded_tls_client_cert_info"),
        (Form::Pem, "client_cert"),
        (Form::Pem, "client.cert"),
        (Form::ClientCert, "client.cert"),
    ] {
        let mut fields = chain.fields(form, false);
        fields.push((spelling, "x".to_owned()));
        assert_eq!(
            read_all(form, &headers(&fields)),
            Err(Fault::Foreign),
            "{spelling}"
        );
    }
    // What only resembles one is nobody's.
    for other in [
        "client-cer",
        "client-cert-chains",
        "x-ssl-client-verify",
        "clientxcert",
        "pkiname",
        secret::FIELD,
    ] {
        let mut fields = chain.fields(Form::Pem, false);
        fields.push((other, "x".to_owned()));
        assert!(read_all(Form::Pem, &headers(&fields)).is_ok(), "{other}");
    }
    // What only an answer has could be forged.
    for forged in ["pki-name", "pki_name", "pki.other", "pki-verify_secret"] {
        let mut fields = chain.fields(Form::Pem, false);
        fields.push((forged, "x".to_owned()));
        assert_eq!(
            read_all(Form::Pem, &headers(&fields)),
            Err(Fault::Answer),
            "{forged}"
        );
    }
    // Traefik tells more where it is told to; that is not looked at.
    let mut fields = chain.fields(Form::Traefik, false);
    fields.push((traefik::INFO, "Subject%3D%22CN%3Dmallory%22".to_owned()));
    assert_eq!(
        read_all(Form::Traefik, &headers(&fields)),
        Ok(vec![chain.own.clone()])
    );
    Ok(())
}

#[test]
fn a_field_that_is_there_twice_is_a_fault_whatever_they_hold() -> Result<()> {
    let chain = Chain::new()?;
    for form in FORMS {
        for (name, value) in chain.fields(form, true) {
            for second in [value.clone(), String::new()] {
                let mut fields = chain.fields(form, true);
                fields.push((name, second));
                assert_eq!(
                    read_all(form, &headers(&fields)),
                    Err(Fault::Twice),
                    "{name}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn ten_certificates_are_read_and_not_one_more() -> Result<()> {
    let chain = Chain::new()?;
    let own = &chain.own;
    let of = |form: Form, count: usize| match form {
        Form::Pem => vec![(pem::FIELD, escaped(&pem(own).repeat(count)))],
        Form::Xfcc => {
            let (cert, all) = (escaped(&pem(own)), escaped(&pem(own).repeat(count)));
            vec![(xfcc::FIELD, format!("Cert=\"{cert}\";Chain=\"{all}\""))]
        }
        Form::ClientCert => vec![
            (client_cert::FIELD, item(own)),
            (client_cert::CHAIN, vec![item(own); count - 1].join(", ")),
        ],
        Form::Traefik => vec![(traefik::FIELD, vec![bare(own); count].join(","))],
    };
    for form in FORMS {
        assert_eq!(
            read_all(form, &headers(&of(form, 10))),
            Ok(vec![own.clone(); 10]),
            "{form:?}"
        );
        assert_eq!(
            read_all(form, &headers(&of(form, 11))),
            Err(Fault::TooMany),
            "{form:?}"
        );
    }
    Ok(())
}

#[test]
fn a_field_of_64_kib_is_read_and_a_longer_one_is_not() {
    let longest = "A".repeat(MAX_FIELD);
    for (form, name) in [
        (Form::Pem, pem::FIELD),
        (Form::Xfcc, xfcc::FIELD),
        (Form::ClientCert, client_cert::FIELD),
        (Form::ClientCert, client_cert::CHAIN),
        (Form::Traefik, traefik::FIELD),
    ] {
        assert_ne!(read_one(form, name, &longest), Err(Fault::TooLong));
        let longer = format!("{longest}A");
        assert_eq!(read_one(form, name, &longer), Err(Fault::TooLong), "{name}");
    }
}

#[test]
fn octets_behind_a_certificate_or_too_few_are_a_fault_in_every_form() -> Result<()> {
    let good = Chain::new()?;
    let with = |own: Vec<u8>| Chain {
        own,
        issuing: good.issuing.clone(),
    };
    let longer = [&good.own[..], &[0]].concat();
    let shorter = good
        .own
        .split_last()
        .map(|(_, rest)| rest.to_vec())
        .unwrap();
    let twice = [&good.own[..], &good.own].concat();
    let indefinite = vec![0x30, 0x80, 0x00, 0x00];
    for bad in [
        longer,
        shorter,
        twice,
        indefinite,
        b"hello".to_vec(),
        vec![0x30],
        vec![0x30, 0x85, 0, 0, 0, 0, 0],
    ] {
        for form in FORMS {
            let read = read_all(form, &headers(&with(bad.clone()).fields(form, false)));
            assert_eq!(read, Err(Fault::Unreadable), "{form:?} {bad:x?}");
        }
    }
    // Whether a SEQUENCE is a certificate is for the judge to say.
    let empty = with(vec![0x30, 0x00]);
    for form in FORMS {
        let read = read_all(form, &headers(&empty.fields(form, false)));
        assert_eq!(read, Ok(vec![vec![0x30, 0x00]]), "{form:?}");
    }
    Ok(())
}

#[test]
fn no_octet_of_a_field_can_be_changed_into_a_panic_or_into_more_than_there_was() -> Result<()> {
    let chain = Chain::new()?;
    for form in FORMS {
        for (name, value) in chain.fields(form, false) {
            for at in 0..value.len() {
                for octet in *b"\"%,;A\xff" {
                    let mut octets = value.clone().into_bytes();
                    octets[at] = octet;
                    let mut headers = HeaderMap::new();
                    headers.insert(name, HeaderValue::from_bytes(&octets).unwrap());
                    if let Ok(read) = read_all(form, &headers) {
                        // What differs from the certificate, the judge sees.
                        assert!(read.len() <= 1, "{form:?} {at} {octet}");
                    }
                }
            }
        }
    }
    Ok(())
}
