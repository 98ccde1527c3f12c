//! The values on a page, by their places in the JSON.

use std::collections::BTreeMap;

use serde_json::Value;

/// The texts of all elements that name a field, in order.
pub(super) fn on_page(page: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for (at, _) in page.match_indices(" data-field=\"") {
        let tag = page[..at].rsplit('<').next().unwrap();
        let tag = tag.split(' ').next().unwrap();
        let (field, rest) = page[at..]
            .split_once('"')
            .unwrap()
            .1
            .split_once('"')
            .unwrap();
        let content = rest.split_once('>').unwrap().1;
        let end = format!("</{tag}>");
        let content = content.split(&end).next().unwrap();
        found
            .entry(field.to_owned())
            .or_default()
            .push(text(content));
    }
    found
}

/// What a person reads of HTML.
pub(super) fn text(html: &str) -> String {
    let mut parts = html.split('<');
    let first = parts.next().unwrap_or_default().to_owned();
    let bare = parts.fold(first, |text, part| text + part.split_once('>').unwrap().1);
    bare.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// How the page shows what stands in this place of `/login.json`; a list of values for a list.
pub(super) fn in_json(document: &Value, field: &str) -> Vec<String> {
    let (top, path) = match field.split_once('.') {
        Some((top @ ("session" | "certificate"), path)) => (&document[top], path),
        _ => (&document["handshake"], field),
    };
    if let Some(key) = field.strip_prefix("server_certificate.") {
        return vec![shown(document, field, &top["server_certificate"][0][key])];
    }
    // `keys.name` stands for the names of all keys.
    let (list, below) = match field.strip_prefix("keys.") {
        Some(below) => (&top["keys"], Some(below)),
        None => (path.split('.').fold(top, |value, key| &value[key]), None),
    };
    let all = match list {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    all.iter()
        .map(|value| shown(document, field, below.map_or(value, |key| &value[key])))
        .collect()
}

fn shown(document: &Value, field: &str, value: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match (field, value) {
        ("client_hello.offers_resumption", Value::Bool(true)) => {
            "names an earlier session".to_owned()
        }
        (_, Value::Bool(fact)) => if *fact { "yes" } else { "no" }.to_owned(),
        ("keys.octets", number) => number.to_string(),
        (_, Value::Object(it)) if it.contains_key("public") => {
            let public = it["public"].as_str().unwrap();
            let public = public
                .get(..32)
                .filter(|start| start.len() < public.len())
                .map_or(public.to_owned(), |start| format!("{start}…"));
            format!("{}, {} octets: {public}", word(&it["group"]), it["octets"])
        }
        (_, Value::Object(it)) if it.contains_key("issuer") => {
            format!(
                "{}, issued by {}",
                word(&it["subject"]),
                word(&it["issuer"])
            )
        }
        (_, Value::Object(it)) => format!("{}: {}", word(&it["type"]), word(&it["value"])),
        ("client_signature.hash_value" | "server_signature.hash_value", _) => {
            let (end, _) = field.split_once('.').unwrap();
            format!(
                "{} {}",
                word(&document["handshake"][end]["hash"]),
                word(value)
            )
        }
        ("client_signature.over" | "server_signature.over", _) => match value.as_str() {
            Some("transcript") => "every message so far".to_owned(),
            Some("key-exchange") => "both randoms and the server's key share".to_owned(),
            other => panic!("{field}: {other:?}"),
        },
        ("certificate.profile", Value::Null) => "not issued here".to_owned(),
        (_, Value::String(text)) => text.clone(),
        (_, other) => panic!("{field} is on the page, and {other} in the document"),
    }
}
