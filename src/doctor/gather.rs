//! Connects, and notes what comes of it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::facts::{Facts, Later};
use super::later;
use crate::certificate::Certificate;
use crate::error::Result;
use crate::login::openssl::{Call, Credentials};
use crate::login::visit::{End, Visit, Visitor, application_protocol, visit};
use crate::login::{Identity, Url, Version};

/// Both versions, the older first.
const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];
/// How long a server may take to answer plain HTTP.
const PLAIN: Duration = Duration::from_secs(5);

/// What is looked at, and with what.
#[derive(Debug)]
pub struct Patient {
    /// Where the server is.
    pub url: Url,
    /// What to log in with; none, to look only.
    pub identity: Option<Presented>,
    /// Where `openssl` is looked for, as in PATH.
    pub path: OsString,
}

/// What is presented to the server; its `Debug` shows nothing of the key.
pub struct Presented {
    /// The certificates that are sent, the client's own first.
    pub chain: Vec<Certificate>,
    /// The same with the key.
    pub identity: Identity,
    /// The key in PKCS#8, for OpenSSL's client.
    pub private_key: Zeroizing<Vec<u8>>,
}

impl Presented {
    /// The same for OpenSSL's client.
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            chain: self.chain.iter().map(Certificate::der).collect(),
            private_key: &self.private_key,
        }
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// Visits the server in every way that tells something.
///
/// # Errors
/// Fails where nobody accepts a connection.
pub async fn gather(patient: Patient) -> Result<Facts> {
    let Patient {
        url,
        identity,
        path,
    } = patient;
    let mut facts = Facts {
        without: visits(&url, None, &VERSIONS).await?,
        with: Vec::new(),
        presented: None,
        presented_issuers: Vec::new(),
        later: Vec::new(),
        application_protocol: None,
        plain_http: false,
        url,
    };
    let url = &facts.url;
    let spoken: Vec<_> = facts.spoken().collect();
    if spoken.is_empty() {
        facts.plain_http = speaks_plain_http(url, &facts.without).await;
        return Ok(facts);
    }
    let mut later = Vec::new();
    for (version, visit) in &facts.without {
        if visit.is_spoken() && visit.request.is_none() {
            let found = later::look(call(url, visit, *version, None, &path)).await;
            later.push((*version, found));
        }
    }
    // What answered before may not this time; then it is not known.
    let application_protocol = application_protocol(url).await.unwrap_or_default();
    let mut with = match &identity {
        Some(presented) => visits(url, Some(&presented.identity), &spoken).await?,
        None => Vec::new(),
    };
    // rustls does not renegotiate; browsers do, and a login by that is to be tried before it is said to work.
    for (version, visit) in &mut with {
        let asked = later.iter().find(|(of, _)| of == version);
        if let (Version::Tls12, Some((_, Later::Asked(asked))), Some(presented)) =
            (*version, asked, &identity)
        {
            let credentials = presented.credentials();
            let call = call(url, visit, *version, Some(&credentials), &path);
            *visit = later::log_in(call, asked, visit).await;
        }
    }
    facts.later = later;
    facts.with = with;
    if let Some(Presented { chain, .. }) = identity {
        let issuers = chain.iter().map(|it| it.issuer().der().to_vec());
        facts.presented_issuers = issuers.collect();
        facts.presented = chain.into_iter().next();
    }
    facts.application_protocol = application_protocol;
    Ok(facts)
}

fn call<'a>(
    url: &'a Url,
    visit: &Visit,
    version: Version,
    presented: Option<&'a Credentials<'a>>,
    path: &'a OsStr,
) -> Call<'a> {
    Call {
        url,
        address: visit.address,
        version,
        presented,
        path,
    }
}

async fn visits(
    url: &Url,
    identity: Option<&Identity>,
    versions: &[Version],
) -> Result<Vec<(Version, Visit)>> {
    let in_one = async |version: Version| {
        let visitor = Visitor {
            identity: identity.cloned(),
            version: Some(version),
        };
        visit(&visitor, url).await.map(|visit| (version, visit))
    };
    // At once: whoever is silent is waited for once.
    Ok(match *versions {
        [one, other] => {
            let (one, other) = tokio::try_join!(in_one(one), in_one(other))?;
            vec![one, other]
        }
        [only] => vec![in_one(only).await?],
        _ => Vec::new(),
    })
}

/// Whether HTTP without TLS is answered, where the answer to a ClientHello was none of TLS, or none at all.
async fn speaks_plain_http(url: &Url, visits: &[(Version, Visit)]) -> bool {
    let Some((_, visit)) = visits.first() else {
        return false;
    };
    if matches!(visit.end, End::Alert(_)) {
        return false;
    }
    let ask = async {
        let mut stream = TcpStream::connect(visit.address).await?;
        let request = format!(
            "GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            url.authority()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut beginning = [0; 5];
        stream.read_exact(&mut beginning).await?;
        Ok::<_, std::io::Error>(beginning == *b"HTTP/")
    };
    matches!(timeout(PLAIN, ask).await, Ok(Ok(true)))
}
