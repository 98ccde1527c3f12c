//! The examples of `docs/verify.md` take away what the generated configurations do.
//!
//! `PKI_TEST_BLESS=1 cargo test --lib site::documented` writes these lines anew.

use std::fs;

use super::{caddy, nginx};

/// What stands around the lines that are made.
struct Block {
    snippet: &'static str,
    before: &'static str,
    behind: &'static str,
    made: fn(&str) -> String,
}

const BLOCKS: [Block; 2] = [
    Block {
        snippet: "<!-- nginx -->",
        before: "        # What only a client could have put there.\n",
        behind: "        proxy_pass http://127.0.0.1:3000;\n",
        made: nginx::removed,
    },
    Block {
        snippet: "<!-- caddy -->",
        before: "\t\t# What only a client could have put there.\n",
        behind: "\t\t# Many applications take an underscore or a dot",
        made: |_| caddy::removed(),
    },
];

#[test]
fn the_examples_take_away_whatever_is_forgeable() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.md");
    let stands = fs::read_to_string(file).unwrap();
    let mut page = stands.clone();
    for block in BLOCKS {
        let start = page.find(block.snippet).unwrap();
        let (above, rest) = page.split_at(start);
        let (own, rest) = rest.split_once(block.before).unwrap();
        let (_, rest) = rest.split_once(block.behind).unwrap();
        // What another `location` sets is not set here.
        let here = own.rsplit("{\n").next().unwrap();
        let (lines, before, behind) = ((block.made)(here), block.before, block.behind);
        page = format!("{above}{own}{before}{lines}\n{behind}{rest}");
    }
    if std::env::var_os("PKI_TEST_BLESS").is_some() {
        fs::write(file, page).unwrap();
        return;
    }
    assert!(
        stands == page,
        "docs/verify.md is not what the table says: PKI_TEST_BLESS=1 cargo test --lib site::documented writes it anew"
    );
}
