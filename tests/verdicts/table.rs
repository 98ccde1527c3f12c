//! The test: everything is presented, OpenSSL is asked, and the table comes out.

use std::collections::BTreeSet;
use std::time::Instant;

use super::authorities::Authorities;
use super::causes::{CAUSES, Cause};
use super::chains::{Chain, chains};
use super::making::{ALGORITHMS, Maker};
use super::openssl::{self, Opinion};
use super::page;
use super::presenting::{Told, VERSIONS, present};
use super::reasons::Wrong;
use super::recording::record;
use super::shapes::SHAPES;
use super::ways::sets;
use crate::support::tool;

/// How many presented chains there must be at least.
const AT_LEAST: usize = 2000;

/// A chain, what the server made of it in each version, and what OpenSSL makes of it.
pub(super) struct Row {
    pub(super) chain: Chain,
    pub(super) told: [Told; 2],
    pub(super) opinion: Opinion,
}

impl Row {
    /// Whether our judge lets it in.
    pub(super) fn is_accepted(&self) -> bool {
        self.chain.wrong.is_empty()
    }

    /// Whether OpenSSL decides otherwise.
    pub(super) fn is_disputed(&self) -> bool {
        self.is_accepted() != (self.opinion == Opinion::Accepts)
    }

    /// Whether the server told what it must, in both versions.
    pub(super) fn is_judged_well(&self) -> bool {
        let expected = Told::expected(&self.chain);
        self.told.iter().all(|told| *told == expected)
    }

    fn describe(&self) -> String {
        let Chain {
            what,
            algorithm,
            shape,
            ..
        } = &self.chain;
        format!(
            "{what} ({algorithm}, {shape}): {:?}, OpenSSL {:?}",
            self.told, self.opinion
        )
    }
}

#[test]
fn every_reason_alone_and_in_pairs_is_told_by_its_precedence_and_openssl_agrees_but_for_known_causes()
 {
    let Some(openssl) = tool("openssl") else {
        return;
    };
    let started = Instant::now();
    let mut step = {
        let mut before = started;
        move |what: &str| {
            println!("{what}: {:.1} s", before.elapsed().as_secs_f32());
            before = Instant::now();
        }
    };
    let authorities = Authorities::new();
    let mut maker = Maker::new(&authorities);
    let chains = chains(&authorities, &mut maker);
    step("made");
    record(&authorities, &chains);
    step("recorded");
    let opinions = openssl::ask(&openssl, &authorities, &chains);
    step("asked OpenSSL");
    let told = present(&authorities, &maker.keys, &chains);
    step("presented");
    let rows: Vec<Row> = (chains.into_iter().zip(told).zip(opinions))
        .map(|((chain, told), opinion)| Row {
            chain,
            told,
            opinion,
        })
        .collect();
    let different: BTreeSet<_> = rows.iter().map(|row| &row.chain.presented).collect();
    assert_eq!(different.len(), rows.len(), "a chain is presented twice");
    assert!(
        rows.len() * VERSIONS.len() >= AT_LEAST,
        "{} chains",
        rows.len()
    );
    assert_complete(&rows);
    let page = page::render(&rows);
    println!("{page}");
    let wrong = misjudged(&rows);
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
    let unexplained = unexplained(&rows);
    assert!(
        unexplained.is_empty(),
        "{}:\n{}",
        unexplained.len(),
        unexplained.join("\n")
    );
    assert_eq!(idle(&rows), BTreeSet::new(), "causes of no disagreement");
    page::compare(&page);
}

/// Each reason alone, each pair that is not impossible and nothing wrong: with each kind of key in each shape.
#[track_caller]
fn assert_complete(rows: &[Row]) {
    let mut wanted = sets();
    wanted.push(Wrong::new());
    for wrong in wanted {
        let of = rows.iter().filter(|row| row.chain.wrong == wrong);
        let kinds = of.map(|row| (row.chain.algorithm.as_str(), row.chain.shape));
        let kinds: BTreeSet<_> = kinds.collect();
        assert_eq!(kinds.len(), ALGORITHMS.len() * SHAPES.len(), "{wrong:?}");
    }
}

/// The chains of which the server told something else, in either version, than the order of the reasons asks for.
fn misjudged(rows: &[Row]) -> Vec<String> {
    let wrong = rows.iter().filter(|row| !row.is_judged_well());
    let describe = |row: &Row| {
        format!(
            "{}, expected {:?}",
            row.describe(),
            Told::expected(&row.chain)
        )
    };
    wrong.map(describe).collect()
}

/// The disagreements without a cause, and the causes without the disagreement that they foretell.
fn unexplained(rows: &[Row]) -> Vec<String> {
    let odd = rows
        .iter()
        .filter(|row| row.is_disputed() == row.chain.causes.is_empty());
    odd.map(Row::describe).collect()
}

/// The causes that no disagreement has.
fn idle(rows: &[Row]) -> BTreeSet<Cause> {
    let known: BTreeSet<Cause> = CAUSES.iter().map(|(cause, _, _)| *cause).collect();
    let found = rows
        .iter()
        .filter(|row| row.is_disputed())
        .flat_map(|row| &row.chain.causes);
    let found: BTreeSet<Cause> = found.copied().collect();
    &known - &found
}
