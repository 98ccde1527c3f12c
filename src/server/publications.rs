//! What is published over plain HTTP: CRLs and CA certificates, signed and public, so that anybody may keep a copy.
//!
//! A copy may be used without a question for a minute (a CRL) or an hour (a CA certificate), and never past the end of what
//! it says of itself. Then it costs the question whether the entity tag is still the same, however large the CRL is. So
//! a revocation reaches whoever asks through a cache a minute later at most. If-Modified-Since is passed over, which RFC
//! 9110 §13.1 leaves open: its seconds cannot tell two CRLs apart that a revocation lets follow each other at once.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EXPIRES, HeaderMap, IF_NONE_MATCH, LAST_MODIFIED,
};
use axum::http::{Response, StatusCode};
use time::OffsetDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;

use super::connection::blocking;
use super::routes::{NOT_FOUND, TEXT, answer, not_found};
use super::{Crl, Shared};
use crate::bundle;
use crate::certificate::Fingerprint;
use crate::error::Result;
use crate::hexadecimal;
use crate::inventory::Record;
use crate::profile::Profile;

/// RFC 2585 §4.1.
const CERTIFICATE: &str = "application/pkix-cert";
/// What iOS and macOS take for a configuration profile.
const PROFILE: &str = "application/x-apple-aspen-config";
/// RFC 2585 §4.2.
const CRL: &str = "application/pkix-crl";
/// How long a copy of a CRL may be used without asking.
const CRL_MAX_AGE: Duration = Duration::from_secs(60);
/// How long a copy of a CA certificate may be used without asking; `issuing.crt` is another one after a rotation.
const CERTIFICATE_MAX_AGE: Duration = Duration::from_secs(3600);
/// IMF-fixdate (RFC 9110 §5.6.7).
const HTTP_DATE: &[FormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// A document that may be kept by others for a while.
struct Publication {
    content_type: &'static str,
    body: Bytes,
    fingerprint: Fingerprint,
    modified: OffsetDateTime,
    /// From when on it must not be used any more.
    ends: OffsetDateTime,
    max_age: Duration,
}

/// A CA certificate: the current root or issuing one, or any by its subjectKeyIdentifier; or the root in a profile.
pub(super) async fn authority(
    State(shared): State<Arc<Shared>>,
    file: std::result::Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response<Body> {
    let Ok(Path(file)) = file else {
        return not_found().await;
    };
    let now = (shared.clock)();
    let found = blocking(move || {
        if file == "root.mobileconfig" {
            let root = find(&shared, "root.crt", ".crt")?;
            return Ok(root.map(|record| Publication::of_profile(&record)));
        }
        Ok(find(&shared, &file, ".crt")?.map(|record| Publication::of_authority(&record)))
    });
    publish(found.await, &headers, now)
}

/// The newest CRL of a CA, named likewise.
pub(super) async fn crl(
    State(shared): State<Arc<Shared>>,
    file: std::result::Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response<Body> {
    let Ok(Path(file)) = file else {
        return not_found().await;
    };
    let now = (shared.clock)();
    let found = blocking(move || {
        let Some(record) = find(&shared, &file, ".crl")? else {
            return Ok(None);
        };
        let crl = shared.knowledge.crl(&record.certificate)?;
        Ok(crl.map(Publication::of_crl))
    });
    publish(found.await, &headers, now)
}

/// The CA that a file's name means.
fn find(shared: &Shared, file: &str, ending: &str) -> Result<Option<Record>> {
    let Some(wanted) = file.strip_suffix(ending) else {
        return Ok(None);
    };
    let authorities = shared.knowledge.authorities()?;
    let named = |record: &Record| {
        let identifier = &record.certificate.extensions().subject_key_identifier;
        identifier
            .as_ref()
            .is_some_and(|octets| hexadecimal::encode(octets).eq_ignore_ascii_case(wanted))
    };
    let found = match wanted {
        "root" => authorities.iter().find(|it| it.profile == Profile::Root),
        "issuing" => Record::issuing_among(&authorities),
        _ => authorities.iter().find(|record| named(record)),
    };
    Ok(found.cloned())
}

impl Publication {
    fn of_authority(record: &Record) -> Self {
        let certificate = &record.certificate;
        Self {
            content_type: CERTIFICATE,
            body: Bytes::copy_from_slice(certificate.der()),
            fingerprint: certificate.fingerprint(),
            modified: record.issued_at,
            ends: certificate.validity().not_after,
            max_age: CERTIFICATE_MAX_AGE,
        }
    }

    fn of_profile(root: &Record) -> Self {
        let profile = bundle::root_mobileconfig(&root.certificate);
        Self {
            content_type: PROFILE,
            fingerprint: Fingerprint::of(&profile),
            body: Bytes::from(profile),
            ..Self::of_authority(root)
        }
    }

    fn of_crl(crl: Crl) -> Self {
        Self {
            content_type: CRL,
            body: crl.der,
            fingerprint: crl.fingerprint,
            modified: crl.modified,
            ends: crl.dates.next_update,
            max_age: CRL_MAX_AGE,
        }
    }

    /// How long, from `now` on, a copy may be used without asking.
    fn fresh_for(&self, now: OffsetDateTime) -> Duration {
        let left = Duration::try_from(self.ends - now).unwrap_or_default();
        Duration::from_secs(left.min(self.max_age).as_secs())
    }

    /// A strong validator (RFC 9110 §8.8.3): equal tags mean equal octets.
    fn entity_tag(&self) -> String {
        format!("\"{}\"", self.fingerprint)
    }

    fn answer(self, headers: &HeaderMap, now: OffsetDateTime) -> Response<Body> {
        let entity_tag = self.entity_tag();
        let fresh_for = self.fresh_for(now);
        let max_age = fresh_for.as_secs();
        let known = is_known(headers, &entity_tag);
        let answer = match known {
            true => answer(StatusCode::NOT_MODIFIED, self.content_type, Body::empty()),
            false => answer(StatusCode::OK, self.content_type, self.body),
        };
        let mut response = answer
            .with(ETAG, &entity_tag)
            .with(
                CACHE_CONTROL,
                &format!("public, max-age={max_age}, must-revalidate"),
            )
            .with(EXPIRES, &http_date(now + fresh_for))
            // RFC 9110 §8.8.2.1: not later than the answer itself, whatever a clock said that was set back since.
            .with(LAST_MODIFIED, &http_date(self.modified.min(now)))
            .into_response();
        if known {
            // There is no content whose type could be told.
            response.headers_mut().remove(CONTENT_TYPE);
        }
        response
    }
}

fn publish(
    found: Result<Option<Publication>>,
    headers: &HeaderMap,
    now: OffsetDateTime,
) -> Response<Body> {
    match found {
        Ok(Some(publication)) => publication.answer(headers, now),
        Ok(None) => answer(StatusCode::NOT_FOUND, TEXT, NOT_FOUND).into_response(),
        Err(_) => answer(
            StatusCode::SERVICE_UNAVAILABLE,
            TEXT,
            "it could not be read\n",
        )
        .into_response(),
    }
}

/// Says whether the client holds what the tag stands for; tags are compared weakly (RFC 9110 §13.1.2).
fn is_known(headers: &HeaderMap, entity_tag: &str) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter();
    lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == entity_tag)
}

fn http_date(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC)
        .format(HTTP_DATE)
        .unwrap_or_default()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00:00 UTC);

    fn publication(seconds_left: i64) -> Publication {
        let body = Bytes::from_static(b"0");
        Publication {
            content_type: CRL,
            fingerprint: Fingerprint::of(&body),
            body,
            modified: NOW - time::Duration::DAY,
            ends: NOW + time::Duration::seconds(seconds_left),
            max_age: CRL_MAX_AGE,
        }
    }

    fn answered(publication: Publication, if_none_match: Option<&str>) -> Response<Body> {
        let mut headers = HeaderMap::new();
        if let Some(tags) = if_none_match {
            headers.insert(IF_NONE_MATCH, tags.parse().unwrap());
        }
        publication.answer(&headers, NOW)
    }

    #[test]
    fn a_copy_is_used_for_a_minute_and_never_past_its_end() {
        for (left, age, expires) in [
            (86_400, 60, "Sun, 01 Mar 2026 12:01:00 GMT"),
            (7, 7, "Sun, 01 Mar 2026 12:00:07 GMT"),
            (-7, 0, "Sun, 01 Mar 2026 12:00:00 GMT"),
        ] {
            let response = answered(publication(left), None);
            let cache_control = format!("public, max-age={age}, must-revalidate");
            assert_eq!(response.headers()[CACHE_CONTROL], cache_control.as_str());
            assert_eq!(response.headers()[EXPIRES], expires);
        }
    }

    #[test]
    fn who_names_the_tag_gets_no_content_and_who_names_another_does() {
        let tag = publication(100).entity_tag();
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"x\", {tag}"),
            "*".to_owned(),
        ] {
            let response = answered(publication(100), Some(&known));
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!(response.headers()[ETAG], tag.as_str());
            assert!(!response.headers().contains_key(CONTENT_TYPE));
        }
        for unknown in ["\"x\"", tag.trim_matches('"'), ""] {
            let response = answered(publication(100), Some(unknown));
            assert_eq!(response.status(), StatusCode::OK, "{unknown}");
            assert_eq!(response.headers()[CONTENT_TYPE], CRL);
        }
    }

    #[test]
    fn nothing_was_modified_later_than_now() {
        let response = answered(
            Publication {
                modified: NOW + time::Duration::DAY,
                ..publication(100)
            },
            None,
        );
        assert_eq!(
            response.headers()[LAST_MODIFIED],
            "Sun, 01 Mar 2026 12:00:00 GMT"
        );
    }
}
