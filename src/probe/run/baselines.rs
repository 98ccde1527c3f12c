//! The baselines besides the plain one: what is measured by one that is not let in tells nothing.

use super::super::attempt::Place;
use super::super::case::{Baseline, Case};
use super::super::kit::Kit;
use super::super::let_in::LetIn;

/// Why the cases of a baseline tell nothing.
pub(super) struct Bars(Vec<(Baseline, String)>);

impl Bars {
    /// Tries each further baseline that the kit holds.
    pub(super) async fn find(place: &Place, kit: &Kit, let_in: &LetIn) -> Self {
        let mut bars: Vec<(Baseline, String)> = Vec::new();
        for baseline in [Baseline::Anchor, Baseline::Constrained] {
            let Some(made) = kit.find(baseline.case()) else {
                continue;
            };
            // Both stand beneath one root.
            let above = bars.first().map(|(_, why)| why.clone());
            let why = match (above, &made.presented) {
                (Some(why), _) => why,
                (None, Err(cause)) => cause.message().to_owned(),
                (None, Ok(presented)) => {
                    let attempt = place.visit(Some(presented), None, let_in).await;
                    if attempt.told.is_let_in() {
                        continue;
                    }
                    format!(
                        "{} is not let in: {}; {}",
                        made.case.name,
                        attempt.told.how(),
                        match baseline {
                            Baseline::Constrained => "it breaks no constraint",
                            _ =>
                                "the server was not told to trust the throw-away root, or not given its CRLs (README.txt there says how), or it decides by the inventory, as pki serve does, which holds nothing of it",
                        }
                    )
                }
            };
            bars.push((baseline, why));
        }
        Self(bars)
    }

    /// Why a case tells nothing; nothing where its baseline is let in.
    pub(super) fn before(&self, case: &Case) -> Option<&str> {
        // This one is a case of its own: who lets in the plain one beneath the same root must let it in.
        let baseline = match case.name == Baseline::Constrained.case() {
            true => Baseline::Anchor,
            false => case.baseline,
        };
        let mut bars = self.0.iter();
        let found = bars.find(|(barred, _)| *barred == baseline);
        found.map(|(_, why)| why.as_str())
    }
}
