//! Which of several certificates that fit is sent where nobody is asked.

use std::cmp::Reverse;

use super::{Browser, Candidate};

/// The place, in a list of certificates that are all offered, of the one that the browser sends without asking; nothing where that
/// cannot be told.
///
/// Both browsers ask a person by default. Chromium chooses by itself under the policy `AutoSelectCertificateForUrls`: the one that
/// ends last, of those the one that began last. Firefox chooses by itself where `security.default_personal_cert` is
/// `Select Automatically`, in an order of its database that nothing outside tells.
pub fn chosen(offered: &[&Candidate], browser: Browser) -> Option<usize> {
    if offered.len() < 2 {
        return (!offered.is_empty()).then_some(0);
    }
    match browser {
        Browser::Firefox => None,
        Browser::Chromium => {
            let order = |candidate: &Candidate| {
                let validity = candidate.certificate.validity();
                (Reverse(validity.not_after), Reverse(validity.not_before))
            };
            let best = offered.iter().map(|candidate| order(candidate)).min()?;
            let mut places = offered
                .iter()
                .enumerate()
                .filter(|(_, candidate)| order(candidate) == best)
                .map(|(place, _)| place);
            let first = places.next();
            // Where both times are equal, nothing is said.
            first.filter(|_| places.next().is_none())
        }
    }
}
