//! `pki serve` under attack: while peers do their worst, an honest login passes in time and the process stays within its memory.
//!
//! The whole table, with 5,000 connections and longer sieges, in a release build (docs/serve-limits.md):
//!
//!     cargo test --release --test outside hostile::the_table -- --ignored --nocapture

mod attacks;
mod crowds;
mod frames;
mod heads;
mod patience;
mod proxies;
mod records;
mod scanners;
mod siege;

use attacks::{ATTACKS, Attack};
use siege::Siege;

/// Lays the attacks of this kind, one after another.
#[track_caller]
fn withstands(kind: &str) {
    let Some(siege) = Siege::begin(siege::Force::Little) else {
        return;
    };
    let of_this_kind = ATTACKS.iter().filter(|attack| attack.kind == kind);
    let rows: Vec<_> = of_this_kind
        .map(|attack| siege.lay(attack))
        .inspect(|row| println!("{row}"))
        .collect();
    assert!(!rows.is_empty(), "no attack is of the kind {kind}");
}

#[test]
fn crowds_of_connections_that_say_little_or_nothing() {
    withstands("crowd");
}

#[test]
fn records_and_handshakes_that_are_wrong_or_too_large_or_too_many() {
    withstands("tls");
}

#[test]
fn floods_of_frames_of_http_2() {
    withstands("http2");
}

#[test]
fn heads_and_bodies_of_http_1_that_never_end() {
    withstands("http1");
}

#[test]
fn who_asks_where_proxies_do_without_the_secret_and_too_much_with_it() {
    withstands("verify");
}

#[test]
#[ignore = "takes some minutes, and its figures mean something in a release build only"]
fn the_table() {
    let Some(siege) = Siege::begin(siege::Force::Much) else {
        return;
    };
    println!("{}", siege::HEADING);
    for attack in ATTACKS {
        println!("{}", siege.lay(attack));
    }
}
