//! Fields that reached the application, told in words.

use super::super::super::told::Told;
use super::super::Attempt;
use super::form::Form;
use super::{Manner, Way};

/// Fields that reached the application, and what showed it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) manner: Manner,
    /// As they were written.
    pub(super) names: Vec<String>,
    /// Whether it takes all of them.
    pub(super) together: bool,
    pub(super) attempt: Attempt,
}

/// One attempt of all that was found; nothing where nothing was. `both` says that two versions of HTTP were tried.
pub(super) fn told(found: &[Found], both: bool) -> Option<Attempt> {
    let first = found.first()?;
    let mut clauses: Vec<(Vec<&str>, String)> = Vec::new();
    for http2 in [false, true] {
        for way in [Way::Pretend, Way::Replace] {
            let alike = |it: &&Found| it.manner.form.is_http2() == http2 && it.manner.way == way;
            let alike: Vec<_> = found.iter().filter(alike).collect();
            let Some(form) = alike.first().map(|it| it.manner.form) else {
                continue;
            };
            let clause = clause(&alike, form);
            // The same over both, but for upper case, which there is none of over HTTP/2.
            let same = |(_, other): &&mut (_, String)| other.eq_ignore_ascii_case(&clause);
            match clauses.iter_mut().find(same) {
                Some((over, _)) => over.push(form.http()),
                None => clauses.push((vec![form.http()], clause)),
            }
        }
    }
    let how: Vec<_> = (clauses.into_iter())
        .map(|(over, clause)| match both {
            true => format!("over {}, {clause}", over.join(" and ")),
            false => clause,
        })
        .collect();
    let mut fields: Vec<String> = Vec::new();
    for name in found.iter().flat_map(|it| &it.names) {
        if !fields.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            fields.push(name.clone());
        }
    }
    Some(Attempt {
        told: Told::LetIn(how.join("; ")),
        fields,
        ..first.attempt.clone()
    })
}

/// What was found in one way over one version of HTTP.
fn clause(alike: &[&Found], form: Form) -> String {
    let names: Vec<_> = alike.iter().map(|it| it.listed()).collect();
    let (names, place) = (names.join(", "), form.place());
    let first = alike.first();
    let how = first.map_or("", |it| it.attempt.told.how());
    match first.map(|it| it.manner.way) {
        Some(Way::Replace) => {
            format!("with the good certificate, {names}{place} reached the application: {how}")
        }
        _ => format!("without a certificate, {names}{place} let the client in: {how}"),
    }
}

impl Found {
    fn listed(&self) -> String {
        match self.together {
            true => self.names.join(" with "),
            false => self.names.join(", "),
        }
    }
}
