//! A name as it may stand in a page.

/// Whether the name stands in a page, in a form that programs write.
pub(super) fn stands_in(name: &str, page: &str) -> bool {
    spellings(name)
        .iter()
        .any(|spelling| page.contains(spelling.as_str()))
}

/// The name as it is, as HTML and JSON write it, and as OpenSSL and nginx write it in a distinguished name (RFC 4514 §2.4).
pub(crate) fn spellings(name: &str) -> Vec<String> {
    let html = |quote: &str, apostrophe: &str| {
        name.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', quote)
            .replace('\'', apostrophe)
    };
    let octets = |before: &str| {
        let written = name.bytes().map(|octet| match octet.is_ascii() {
            true => char::from(octet).to_string(),
            false => format!("{before}{octet:02X}"),
        });
        written.collect::<String>()
    };
    let units = name.encode_utf16().map(|unit| match u8::try_from(unit) {
        Ok(octet) if octet.is_ascii() => char::from(octet).to_string(),
        _ => format!("\\u{unit:04x}"),
    });
    let mut all = vec![
        name.to_owned(),
        html("&quot;", "&#39;"),
        html("&#34;", "&#x27;"),
        octets("\\"),
        octets("\\x"),
        octets("%"),
        units.collect(),
    ];
    all.sort();
    all.dedup();
    all
}
