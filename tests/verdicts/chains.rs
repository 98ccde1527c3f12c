//! The list of what is presented: every set of reasons in every way, with every kind of key, in every shape.

use std::collections::BTreeSet;

use pki::key::KeyAlgorithm;

use super::authorities::Authorities;
use super::causes::Cause;
use super::making::{ALGORITHMS, Made, Maker};
use super::reasons::{Reason, Wrong, expected};
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
        // One reason that OpenSSL sees is enough for it.
        let mut causes = unseen.unwrap_or_default();
        if !causes.is_empty() && mix.wrong.contains(&Reason::NotIssuedHere) {
            causes.insert(Cause::Inventory);
        }
        Self {
            what: names.join("; "),
            wrong: mix.wrong.clone(),
            recipe: mix.recipe,
            causes,
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
        let (alone, mixed): (Vec<Mix>, Vec<Mix>) = mixes_of(&wrong)
            .into_iter()
            .partition(|mix| mix.ways.len() == 1);
        // One way by itself: with each key in each shape.
        for plan in alone.iter().map(Plan::of) {
            (0..turns).for_each(|turn| add(&plan, turn));
        }
        // Two ways together: each two at least once, and all of them with each key in each shape.
        let plans: Vec<Plan> = mixed.iter().map(Plan::of).collect();
        let number = plans.len();
        if number > 0 {
            let turn_of = |turn: usize| &plans[(turn + turn / number) % number];
            (0..turns.max(number)).for_each(|turn| add(turn_of(turn), turn));
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
