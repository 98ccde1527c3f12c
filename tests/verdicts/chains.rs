//! The list of what is presented: every set of reasons in every way, with every kind of key, in every shape.

use std::collections::BTreeSet;

use pki::key::KeyAlgorithm;

use super::authorities::Authorities;
use super::causes::Cause;
use super::making::{ALGORITHMS, Made, Maker};
use super::reasons::{Wrong, expected};
use super::recipe::{Encoding, Recipe, Top};
use super::shapes::{SHAPES, Shape};
use super::ways::{Mix, PECULIAR, accepted, mixes_of, sets};

/// A chain, and what must come of it.
pub(super) struct Chain {
    /// What is the matter with it, in words.
    pub(super) what: String,
    pub(super) wrong: Wrong,
    pub(super) recipe: Recipe,
    pub(super) algorithm: KeyAlgorithm,
    pub(super) shape: &'static str,
    pub(super) made: Made,
    /// What is presented, the client's own first.
    pub(super) presented: Vec<Vec<u8>>,
    /// Why OpenSSL decides otherwise; nothing where it does not.
    pub(super) causes: BTreeSet<Cause>,
}

/// What is made of a plan: a recipe and how it is presented.
struct Plan {
    what: String,
    wrong: Wrong,
    recipe: Recipe,
    causes: BTreeSet<Cause>,
}

impl Chain {
    /// The reason that the server must tell.
    pub(super) fn reason(&self) -> Option<&'static str> {
        expected(&self.wrong)
    }

    /// Whether the key of what is presented can be read, so that the client can prove that it holds it. Without that the handshake ends.
    pub(super) fn has_readable_key(&self) -> bool {
        !matches!(self.recipe.encoding, Encoding::Truncated | Encoding::Text)
    }
}

impl Plan {
    fn of(mix: &Mix) -> Self {
        let names: Vec<&str> = mix.ways.iter().map(|way| way.name).collect();
        let unseen: Option<BTreeSet<Cause>> = mix.ways.iter().map(|way| way.unseen).collect();
        Self {
            what: names.join("; "),
            wrong: mix.wrong.clone(),
            recipe: mix.recipe,
            // One reason that OpenSSL sees is enough for it.
            causes: unseen.unwrap_or_default(),
        }
    }

    fn accepted(what: &str, recipe: Recipe, refused: Option<Cause>) -> Self {
        Self {
            what: what.to_owned(),
            wrong: Wrong::new(),
            recipe,
            causes: refused.into_iter().collect(),
        }
    }
}

/// All that is presented. Each chain begins with a certificate of its own.
pub(super) fn chains(authorities: &Authorities, maker: &mut Maker<'_>) -> Vec<Chain> {
    let another = maker.make(&foreign(), 0).der;
    let mut chains = Vec::new();
    let mut add = |plan: &Plan, turn: usize| {
        let algorithm = turn % ALGORITHMS.len();
        let (shape, name) = SHAPES[turn / ALGORITHMS.len() % SHAPES.len()];
        let made = maker.make(&plan.recipe, algorithm);
        let presented = presented(authorities, &made, &plan.recipe, shape, &another);
        chains.push(Chain {
            what: plan.what.clone(),
            wrong: plan.wrong.clone(),
            recipe: plan.recipe,
            algorithm: ALGORITHMS[algorithm].0,
            shape: name,
            made,
            presented,
            causes: plan.causes.clone(),
        });
    };
    let turns = ALGORITHMS.len() * SHAPES.len();
    for wrong in sets() {
        let plans: Vec<Plan> = mixes_of(&wrong).iter().map(Plan::of).collect();
        let number = plans.len();
        match wrong.len() {
            // A reason alone: each way with each key in each shape.
            1 => (0..turns * number).for_each(|turn| add(&plans[turn / turns], turn % turns)),
            // Several: each way at least once, and all of them with each key in each shape.
            _ => (0..turns.max(number))
                .for_each(|turn| add(&plans[(turn + turn / number) % number], turn)),
        }
    }
    for peculiarity in PECULIAR {
        let mut recipe = Recipe::default();
        (peculiarity.change)(&mut recipe);
        let plan = Plan::accepted(peculiarity.name, recipe, peculiarity.refused);
        (0..turns).for_each(|turn| add(&plan, turn));
    }
    for (place, recipe) in accepted().into_iter().enumerate() {
        let plan = Plan::accepted("nothing", recipe, None);
        // Each key, each time in the next shape.
        (0..ALGORITHMS.len()).for_each(|key| add(&plan, key + (place + key) * ALGORITHMS.len()));
    }
    chains
}

fn foreign() -> Recipe {
    Recipe {
        top: Top::Foreign,
        ..Recipe::default()
    }
}

fn presented(
    authorities: &Authorities,
    made: &Made,
    recipe: &Recipe,
    shape: Shape,
    another: &[u8],
) -> Vec<Vec<u8>> {
    let above = authorities.above(recipe.top).map(|it| it.der());
    shape.chain(&made.der, &made.between, above, another)
}
