//! What one form alone has.

use super::*;
use crate::certificate::Fingerprint;

#[test]
fn pem_is_whole_and_stands_alone() -> Result<()> {
    let chain = Chain::new()?;
    let text = pem(&chain.own);
    let read = |text: &str| read_one(Form::Pem, pem::FIELD, text);
    let good = Ok(vec![chain.own.clone()]);
    for text in [
        escaped(&text),
        escaped(text.trim_end()),
        escaped(&text.replace('\n', "\r\n")),
        // Envoy encodes no more than it must.
        text.replace('\n', "%0A")
            .replace(' ', "%20")
            .replace('+', "%2B"),
        text.replace('\n', "%0a"),
    ] {
        assert_eq!(read(&text), good, "{text}");
    }
    let without_first_line = text
        .split_once('\n')
        .map(|(_, rest)| rest.to_owned())
        .unwrap();
    for bad in [
        "hello".to_owned(),
        "%".to_owned(),
        bare(&chain.own),
        item(&chain.own),
        // Line ends that became spaces, as in nginx' older variable.
        text.replace('\n', " "),
        escaped(&text).replace("%20", "+"),
        escaped(&without_first_line),
        escaped(&text.replace("END", "end")),
        escaped(&text.replace("CERTIFICATE", "X509 CRL")),
        escaped(&text.replace("BEGIN CERTIFICATE", "BEGIN TRUSTED CERTIFICATE")),
        escaped(&format!("Subject: alice\n{text}")),
        escaped(&format!("{text}\n")),
        escaped(&format!("{text}x")),
        escaped(&format!(" {text}")),
        escaped(&text.replacen("MII", "M*I", 1)),
        "-----BEGIN%20CERTIFICATE-----%0A".to_owned(),
    ] {
        assert_eq!(read(&bad), Err(Fault::Unreadable), "{bad}");
    }
    Ok(())
}

#[test]
fn xfcc_is_one_element_with_one_certificate() -> Result<()> {
    let chain = Chain::new()?;
    let own = escaped(&pem(&chain.own));
    let issuing = escaped(&pem(&chain.issuing));
    let hash = crate::hexadecimal::encode(&Fingerprint::of(&chain.own).0);
    let read = |text: &str| read_one(Form::Xfcc, xfcc::FIELD, text);
    let good = Ok(vec![chain.own.clone()]);
    for text in [
        format!("Cert=\"{own}\""),
        format!("Cert={own}"),
        format!("cERT=\"{own}\""),
        format!("Hash={hash};Cert=\"{own}\";Subject=\"\";URI="),
        format!("Hash={};Cert=\"{own}\"", hash.to_uppercase()),
        format!(
            "By=spiffe://a/b;Cert=\"{own}\";Subject=\"CN=a\\\"b,O=c;d\";URI=http://x/?a=b;DNS=one;DNS=two"
        ),
        format!("Cert=\"{own}\";Subject=\"CN=a\\,b\\\\c\""),
        format!("Cert=\"{own}\";Chain=\"{own}\""),
    ] {
        assert_eq!(read(&text), good, "{text}");
    }
    for bad in [
        "x".to_owned(),
        "=".to_owned(),
        "Cert".to_owned(),
        "Cert=".to_owned(),
        "Cert=\"\"".to_owned(),
        "Cert=\"".to_owned(),
        format!("Hash={hash}"),
        format!("Chain=\"{own}\""),
        format!("Cert=\"{own}"),
        format!("Cert=\"{own}\"x"),
        format!("Cert=\"{own}\";"),
        format!(";Cert=\"{own}\""),
        format!("Cert=\"{own}\";;URI=x"),
        format!("Cert=\"{own}\" ;URI=x"),
        format!("Cert=x\"{own}\""),
        format!(" Cert =\"{own}\""),
        // Two elements, of two proxies or of a client and a proxy.
        format!("Cert=\"{own}\",Cert=\"{own}\""),
        format!("By=x;Hash={hash},Cert=\"{own}\""),
        format!("Cert=\"{own}\","),
        // What tells of the certificate, twice.
        format!("Cert=\"{own}\";Cert=\"{own}\""),
        format!("Cert=\"{own}\";cert=\"{issuing}\""),
        format!("Hash={hash};Hash={hash};Cert=\"{own}\""),
        format!("Cert=\"{own}\";Chain=\"{own}\";Chain=\"{own}\""),
        // What does not belong together.
        format!("Hash={hash};Cert=\"{issuing}\""),
        format!("Hash=00;Cert=\"{own}\""),
        format!("Hash=;Cert=\"{own}\""),
        format!("Cert=\"{own}\";Chain=\"{issuing}\""),
        format!("Cert=\"{own}\";Chain=\"\""),
        format!("Cert=\"{own}{issuing}\""),
        // A name that pretends to be the end of its own value.
        format!("Subject=\"CN=a\\\";Cert=\"{own}\""),
    ] {
        assert_eq!(read(&bad), Err(Fault::Unreadable), "{bad}");
    }
    Ok(())
}

#[test]
fn client_cert_is_a_byte_sequence_and_its_chain_a_list_of_them() -> Result<()> {
    let chain = Chain::new()?;
    let (own, issuing) = (item(&chain.own), item(&chain.issuing));
    let read = |own: &str, chain: Option<&str>| {
        let mut fields = vec![(client_cert::FIELD, own.to_owned())];
        fields.extend(chain.map(|chain| (client_cert::CHAIN, chain.to_owned())));
        read_all(Form::ClientCert, &headers(&fields))
    };
    let three = vec![
        chain.own.clone(),
        chain.issuing.clone(),
        chain.issuing.clone(),
    ];
    for list in [
        format!("{issuing},{issuing}"),
        format!("{issuing} ,\t{issuing}"),
    ] {
        assert_eq!(read(&own, Some(&list)), Ok(three.clone()));
    }
    assert_eq!(read(&own, Some("")), Ok(vec![chain.own.clone()]));
    let digits = bare(&chain.own);
    for bad in [
        ":",
        ":*:",
        &digits,
        &format!(":{digits}"),
        &format!("{digits}:"),
        &format!("{own}x"),
        &format!("{own};a=1"),
        &format!("{own}, {own}"),
        &format!(": {digits}:"),
        &format!("\"{digits}\""),
        &digits.replacen("MII", ":M:I", 1),
        &escaped(&own),
    ] {
        assert_eq!(read(bad, None), Err(Fault::Unreadable), "{bad}");
    }
    for bad in [
        ",",
        &format!("{issuing},"),
        &format!("{issuing};a=1"),
        &format!("({issuing})"),
        "::",
    ] {
        assert_eq!(read(&own, Some(bad)), Err(Fault::Unreadable), "{bad}");
    }
    for nothing in ["", "::"] {
        assert_eq!(read(nothing, Some(&issuing)), Err(Fault::ChainAlone));
    }
    Ok(())
}

#[test]
fn traefik_is_base64_separated_by_commas_escaped_or_not() -> Result<()> {
    let chain = Chain::new()?;
    let both = format!("{},{}", bare(&chain.own), bare(&chain.issuing));
    let read = |text: &str| read_one(Form::Traefik, traefik::FIELD, text);
    for text in [both.clone(), escaped(&both), both.replace('+', "%2B")] {
        assert_eq!(read(&text), Ok(chain.both().to_vec()), "{text}");
    }
    for bad in [
        ",",
        &format!("{both},"),
        &both.replace(',', ", "),
        &both.replace(',', ";"),
        &escaped(&pem(&chain.own)),
        &item(&chain.own),
        "%",
    ] {
        assert_eq!(read(bad), Err(Fault::Unreadable), "{bad}");
    }
    Ok(())
}
