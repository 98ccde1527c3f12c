//! OCSP requests, and what is answered to them.

use pki::inventory::{ReasonCode, Revocation, Standing};
use pki::ocsp::{MAX_REQUEST, Request};

use super::stage::{NOW, STAGE};

/// OCSPResponse, a SEQUENCE with a long length and the status successful (RFC 6960 §4.2.1).
const SUCCESSFUL: [u8; 3] = [0x0a, 1, 0];

/// Reads a request and answers it; of each serial number something else is known.
pub fn read(input: &[u8]) {
    let Ok(request) = Request::from_der(input) else {
        return;
    };
    assert!(input.len() <= MAX_REQUEST && (1..=100).contains(&request.len()));
    let stage = &*STAGE;
    let mut asked = 0;
    let answer = stage.responder.answer(&request, NOW, |issuer, number| {
        asked += 1;
        assert!(issuer == stage.issuing.subject() && number.octets().len() <= input.len());
        let revocation = Revocation {
            at: NOW,
            reason: ReasonCode::KeyCompromise,
        };
        Ok(match number.octets().last() {
            Some(last) if last % 3 == 0 => Standing::Unknown,
            last => Standing::Issued {
                revocation: last.filter(|last| *last % 3 == 1).map(|_| revocation),
            },
        })
    });
    let answer = answer.expect("nothing that is looked up fails");
    assert!(asked <= request.len());
    let is_successful = answer.der.windows(3).take(5).any(|it| it == SUCCESSFUL);
    // Whoever asks about nothing of ours gets no signature, and an answer with a nonce in it is nobody else's.
    assert!(is_successful || answer.freshness.is_none() && answer.der.len() == 5);
    assert!(!is_successful || answer.der.len() > 5);
}
