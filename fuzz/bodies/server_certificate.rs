//! A server's certificate as `pki doctor` meets it, which takes whatever a server presents.

use pki::doctor::{Diagnosis, Facts, Known};
use pki::login::visit::{Answer, End, Visit};
use pki::login::{Url, Version};

use super::stage::{NOW, STAGE};

/// Diagnoses a server that presents this alone, and with CAs above it.
pub fn read(input: &[u8]) {
    let stage = &*STAGE;
    let known = Known {
        root: Some(stage.root.clone()),
        authorities: vec![stage.root.clone(), stage.issuing.clone()],
        ..Known::default()
    };
    let own = input.to_vec();
    let above = [&stage.issuing, &stage.root].map(|authority| authority.der().to_vec());
    let whole = [vec![own.clone()], above.to_vec()].concat();
    for server_chain in [vec![own.clone()], whole, vec![own.clone(), own]] {
        let visit = Visit {
            address: ([127, 0, 0, 1], 443).into(),
            server_chain,
            request: None,
            presented: false,
            version: Some(Version::Tls13),
            resumed: false,
            is_http2: false,
            end: End::Answered(Answer {
                status: 200,
                ..Answer::default()
            }),
        };
        let facts = Facts {
            url: Url::parse("https://www.example.org/").unwrap(),
            without: vec![(Version::Tls13, visit)],
            with: Vec::new(),
            presented: None,
            presented_issuers: Vec::new(),
            later: Vec::new(),
            application_protocol: None,
            plain_http: false,
        };
        let told = Diagnosis::of(&facts, &known, &[], NOW);
        // No store of this machine holds anything.
        assert_ne!(told.server.trusted, Some(true));
        assert!(serde_json::to_string(&told).is_ok());
    }
}
