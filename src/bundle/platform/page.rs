//! docs/platforms.md, rendered from the table: the committed page must say what the table says.
//!
//! `PKI_TEST_BLESS=1 cargo test --lib platform::page` writes it anew. What stands between the two markers is another test's: the
//! measured part, which this one leaves as it is.

use std::fmt::Write;
use std::path::Path;

use super::*;

const BEGIN: &str = "<!-- matrix -->";
const END: &str = "<!-- /matrix -->";
/// What nobody looked at.
const UNKNOWN: &str = "–";

/// The tables and the columns of each; what is the same everywhere stands in none.
const SUBJECTS: [(&str, &[Matter]); 4] = [
    (
        "Encryption",
        &[
            Matter::AesSha256,
            Matter::AesSha1,
            Matter::AesOtherSha2,
            Matter::Aes192,
            Matter::Pbes2TripleDes,
            Matter::TripleDes,
            Matter::TripleDesTwoKey,
            Matter::Rc2With128Bits,
            Matter::Rc2With40Bits,
            Matter::OpenCertificate,
            Matter::OpenKey,
        ],
    ),
    (
        "MAC",
        &[
            Matter::MacSha1,
            Matter::MacSha256,
            Matter::MacOtherSha2,
            Matter::OldCipherSha2Mac,
            Matter::Pbmac1,
            Matter::NoMac,
        ],
    ),
    (
        "Password",
        &[
            Matter::EmptyPassword,
            Matter::AbsentPassword,
            Matter::NonAsciiPassword,
            Matter::WidenedPassword,
            Matter::Utf16Password,
        ],
    ),
    (
        "Contents",
        &[
            Matter::Ed25519,
            Matter::RsaPss,
            Matter::OtherKey,
            Matter::LongNumbers,
            Matter::NoLocalKeyId,
            Matter::NamedAuthority,
            Matter::SeveralKeys,
            Matter::Ber,
        ],
    ),
];

fn page(measured: &str) -> String {
    let mut sources = Vec::new();
    let mut page = String::from(
        "# Platforms\n\n\
         What each importer takes, how that is known, and which form `--for` gives. Made from the table in\n\
         `src/bundle/platform/table/` by `PKI_TEST_BLESS=1 cargo test --lib platform::page`: change the table, not this page.\n\
         [bundles.md](bundles.md) says what we write and why. `pki bundle check FILE` compares a file with this table.\n\n\
         ## What `--for` gives\n\n\
         The newest of our two forms that every importer of the platform takes. *Refused* is what `issue-client`, `renew` and\n\
         `export` refuse for it; `any` is what is meant where nothing was said, and only warns.\n\n",
    );
    page += &what_for_gives();
    page += "\n## What each importer takes\n\n\
             A row is a program in the versions that behave alike. A number in brackets is a source, below; a dash is what nobody\n\
             looked at, and refuses nothing; *of no use* is what imports and cannot be used then.\n\n";
    page += &whom_importers_count_for(&mut sources);
    for (heading, matters) in SUBJECTS {
        write!(page, "\n### {heading}\n\n").unwrap();
        page += &what_importers_take(matters, &mut sources);
    }
    page += "\n### Whatever the importer\n\n";
    for matter in Matter::ALL.into_iter().filter(|it| it.is_everywhere()) {
        writeln!(page, "- {}: {}", matter.words(), matter.consequence()).unwrap();
    }
    page += "\n### Sources\n\n";
    for (position, source) in sources.iter().enumerate() {
        writeln!(page, "{}. {}", position + 1, source.text()).unwrap();
    }
    write!(page, "\n## What was measured\n\n{BEGIN}{measured}{END}\n").unwrap();
    page
}

fn whom_importers_count_for(sources: &mut Vec<Source>) -> String {
    let mut table = heading(["importer", "counts for", "most iterations"]);
    for importer in &IMPORTERS {
        let words = importer.platforms().iter().map(|it| format!("`{it}`"));
        let words: Vec<_> = words.collect();
        let limit = match (importer.most_iterations(), importer.source_of_limit()) {
            (Some(most), Some(source)) => format!("{most} {}", number(source, sources)),
            _ => UNKNOWN.to_owned(),
        };
        let words = match &words[..] {
            [] => "no word".to_owned(),
            words => words.join(", "),
        };
        writeln!(table, "| {} | {words} | {limit} |", importer.name()).unwrap();
    }
    table
}

fn what_importers_take(matters: &[Matter], sources: &mut Vec<Source>) -> String {
    let subjects = matters.iter().map(|matter| matter.words());
    let mut table = heading(std::iter::once("importer").chain(subjects));
    for importer in &IMPORTERS {
        write!(table, "| {} |", importer.name()).unwrap();
        for matter in matters {
            let word = match importer.answer(*matter) {
                Answer::Takes => "yes",
                Answer::Refuses => "**no**",
                Answer::Hides => "of no use",
                Answer::Unknown => UNKNOWN,
            };
            let source = importer.source(*matter);
            let source = source.map(|source| format!(" {}", number(source, sources)));
            write!(table, " {word}{} |", source.unwrap_or_default()).unwrap();
        }
        table.push('\n');
    }
    table
}

fn heading<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let (mut names, mut line) = (String::from("|"), String::from("|"));
    for column in columns {
        write!(names, " {column} |").unwrap();
        line += " --- |";
    }
    format!("{names}\n{line}\n")
}

/// The number of a source, which gets the next one where it has none.
fn number(source: Source, sources: &mut Vec<Source>) -> String {
    let known = sources.iter().position(|known| *known == source);
    let position = known.unwrap_or_else(|| {
        sources.push(source);
        sources.len() - 1
    });
    format!("[{}]", position + 1)
}

fn what_for_gives() -> String {
    let mut table =
        String::from("| `--for` | importers | form | refused |\n| --- | --- | --- | --- |\n");
    for platform in Platform::ALL {
        let form = match platform.form() {
            Form::Aes256Sha256 => "current: PBES2 with AES-256, MAC by SHA-256",
            Form::TripleDesSha1 => "old: Triple-DES, MAC by SHA-1",
        };
        let mut refused = Vec::new();
        if platform.check_key("ed25519").is_err() {
            refused.push(Matter::Ed25519.words());
        }
        if platform.check_password(&Secret::chosen("")).is_err() {
            refused.push(Matter::EmptyPassword.words());
        }
        if platform.check_password(&Secret::chosen("ü")).is_err() {
            refused.push(Matter::NonAsciiPassword.words());
        }
        let names: Vec<_> = platform.importers().map(Importer::name).collect();
        writeln!(
            table,
            "| `{platform}` | {} | {form} | {} |",
            names.join("; "),
            refused.join(", ")
        )
        .unwrap();
    }
    table
}

#[test]
fn the_committed_page_says_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/platforms.md");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let measured = committed
        .split_once(BEGIN)
        .and_then(|(_, rest)| rest.split_once(END))
        .map_or("\n", |(measured, _)| measured);
    let page = page(measured);
    if std::env::var_os("PKI_TEST_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(
        committed == page,
        "docs/platforms.md is not what the table says: PKI_TEST_BLESS=1 cargo test --lib platform::page writes it anew"
    );
}

#[test]
fn every_matter_stands_in_one_table_or_is_the_same_everywhere() {
    for matter in Matter::ALL {
        let tables = SUBJECTS
            .iter()
            .filter(|(_, it)| it.contains(&matter))
            .count();
        let elsewhere = matter.is_everywhere() || matter == Matter::Iterations;
        assert_eq!(tables, usize::from(!elsewhere), "{matter:?}");
    }
}
