//! What all importers of a platform make of a bundle, in words, and what mends it.

use super::{Features, Finding, PasswordTraits};
use crate::bundle::platform::{Answer, Importer};
use crate::bundle::{ITERATIONS_CHOSEN, ITERATIONS_GENERATED, Matter, PasswordForm, Platform};

/// What a platform makes of a bundle.
#[derive(Debug)]
pub struct Judgement {
    /// The platform.
    pub platform: Platform,
    /// Each importer that counts for it, with what that one does not put up with.
    pub importers: Vec<(&'static Importer, Vec<Finding>)>,
    /// What nobody looked at, with the importers that may put up with it or not.
    unknown: Vec<(Matter, Vec<&'static str>)>,
    iterations: u32,
    mend: Option<Mend>,
}

/// Why a platform does not import a bundle, or cannot use it then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What it is about.
    pub matter: Matter,
    /// Whether it prevents the import.
    pub prevents: bool,
    /// The reason in words, without a full stop.
    pub text: String,
}

/// What makes a bundle importable: `pki export … --for PLATFORM`, with or without another password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mend {
    /// The platform.
    pub platform: Platform,
    /// Whether it takes another password too.
    pub new_password: bool,
}

impl Judgement {
    pub(super) fn of(features: &Features, platform: Platform) -> Self {
        let importers = judged(features, platform);
        let mend = Mend::of(features, platform, &importers);
        Self {
            platform,
            importers,
            unknown: unknown(features, platform),
            iterations: features.iterations,
            mend,
        }
    }

    /// Whether every importer of the platform takes the bundle, be it of use then or not.
    pub fn imports(&self) -> bool {
        !self.findings().any(|finding| finding.prevents)
    }

    /// Whether every importer takes it and can use it, as far as is known.
    pub fn is_clean(&self) -> bool {
        self.findings().next().is_none()
    }

    /// What helps, where writing the bundle again does.
    pub fn mend(&self) -> Option<Mend> {
        self.mend
    }

    /// Why not, one reason a matter; what prevents the import first.
    pub fn reasons(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for matter in Matter::ALL {
            let mut found = self.findings().filter(|finding| finding.matter == matter);
            let Some(first) = found.next() else {
                continue;
            };
            reasons.push(Reason {
                matter,
                prevents: first.prevents || found.any(|finding| finding.prevents),
                text: self.reason(matter),
            });
        }
        reasons.sort_by_key(|reason| !reason.prevents);
        reasons
    }

    /// What of the bundle nobody tried on the platform, a sentence a matter, without a full stop.
    pub fn unknown(&self) -> Vec<String> {
        let sentences = self.unknown.iter().map(|(matter, names)| {
            let who = match names.len() == self.importers.len() {
                true => self.platform.title().to_owned(),
                false => listed(names),
            };
            format!("nobody tried {} on {who}", matter.words())
        });
        sentences.collect()
    }

    /// Why one of its importers does not, a sentence a matter, without a full stop.
    pub fn reasons_of(&self, findings: &[Finding]) -> Vec<String> {
        let reasons = findings.iter().map(|finding| {
            let words = self.words(finding.matter);
            match finding.prevents {
                true => format!("refuses {words}"),
                false => format!("{words}: {}", finding.matter.consequence()),
            }
        });
        reasons.collect()
    }

    fn words(&self, matter: Matter) -> String {
        match matter {
            Matter::Iterations => format!("{} iterations", grouped(self.iterations)),
            other => other.words().to_owned(),
        }
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.importers.iter().flat_map(|(_, findings)| findings)
    }

    /// `macOS up to 14 refuses AES with HMAC-SHA-256; macOS 15 and later takes it`.
    fn reason(&self, matter: Matter) -> String {
        let words = self.words(matter);
        let concerned = |prevents: bool| {
            let found =
                move |finding: &Finding| finding.matter == matter && finding.prevents == prevents;
            let importers = self.importers.iter();
            importers
                .filter(move |(_, findings)| findings.iter().any(found))
                .map(|(importer, _)| importer.name())
                .collect::<Vec<_>>()
        };
        let (refusing, hiding) = (concerned(true), concerned(false));
        if matter.is_everywhere() {
            return format!("{words}: {}", matter.consequence());
        }
        // Who does what: the platform where all of its importers do, else each by its name.
        let told = |importers: &[&str], one: &str, many: &str| {
            if importers.len() == self.importers.len() {
                return format!("{} {one}", self.platform.title());
            }
            let verb = if importers.len() == 1 { one } else { many };
            format!("{} {verb}", listed(importers))
        };
        let mut parts = Vec::new();
        if !refusing.is_empty() {
            parts.push(format!("{} {words}", told(&refusing, "refuses", "refuse")));
        }
        if !hiding.is_empty() {
            let who = told(&hiding, "imports", "import");
            parts.push(format!("{who} {words}, but {}", matter.consequence()));
        }
        // Of what nobody tried it is not said that it takes it.
        let takes = |importer: &Importer| match (matter, importer.most_iterations()) {
            (Matter::Iterations, Some(most)) => self.iterations <= most,
            _ => importer.answer(matter) == Answer::Takes,
        };
        let rest = self
            .importers
            .iter()
            .filter(|(importer, _)| takes(importer));
        let rest: Vec<_> = rest.map(|(importer, _)| importer.name()).collect();
        if (1..=2).contains(&rest.len()) && !refusing.is_empty() {
            parts.push(told(&rest, "does not", "do not"));
        }
        parts.join("; ")
    }
}

impl Mend {
    /// What takes away everything that prevents the import and leaves less that hinders the use, if something does.
    fn of(
        features: &Features,
        platform: Platform,
        now: &[(&'static Importer, Vec<Finding>)],
    ) -> Option<Self> {
        let same = PasswordTraits {
            form: PasswordForm::Standard,
            ..features.password
        };
        let drawn = PasswordTraits {
            empty: false,
            ascii: true,
            form: PasswordForm::Standard,
        };
        [
            (false, same, ITERATIONS_CHOSEN),
            (true, drawn, ITERATIONS_GENERATED),
        ]
        .into_iter()
        .find(|(_, password, iterations)| {
            let after = features.rewritten(platform.form(), *iterations, *password);
            let after = judged(&after, platform);
            let mut left = after.iter().flat_map(|(_, findings)| findings);
            let prevented = left.any(|finding| finding.prevents);
            // What `pki export` refuses to write.
            let mut keys = features.identities.iter();
            let refused = keys.any(|it| platform.check_key(&it.key_algorithm).is_err());
            !prevented && !refused && count(&after) < count(now)
        })
        .map(|(new_password, ..)| Self {
            platform,
            new_password,
        })
    }
}

fn judged(features: &Features, platform: Platform) -> Vec<(&'static Importer, Vec<Finding>)> {
    platform
        .importers()
        .map(|importer| (importer, features.on(importer)))
        .collect()
}

fn unknown(features: &Features, platform: Platform) -> Vec<(Matter, Vec<&'static str>)> {
    let mut unknown: Vec<(Matter, Vec<&'static str>)> = Vec::new();
    for importer in platform.importers() {
        for matter in features.unknown_to(importer) {
            match unknown.iter_mut().find(|(known, _)| *known == matter) {
                Some((_, names)) => names.push(importer.name()),
                None => unknown.push((matter, vec![importer.name()])),
            }
        }
    }
    unknown
}

fn count(importers: &[(&'static Importer, Vec<Finding>)]) -> usize {
    importers.iter().map(|(_, findings)| findings.len()).sum()
}

/// The first few by name, the others by number.
fn listed(names: &[&str]) -> String {
    const NAMED: usize = 3;
    match names.len().checked_sub(NAMED) {
        // The name of one more says more than "1 more".
        None | Some(0 | 1) => match names {
            [before @ .., last] if !before.is_empty() => {
                format!("{} and {last}", before.join(", "))
            }
            _ => names.concat(),
        },
        Some(more) => {
            let named: Vec<_> = names.iter().take(NAMED).copied().collect();
            format!("{} and {more} more", named.join(", "))
        }
    }
}

/// `250000` as `250,000`.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
