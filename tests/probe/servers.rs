//! The table of docs/servers.md: every server that `pki server-config` writes a configuration for, started from that as it stands,
//! and `pki serve` itself, each shown the whole kit.
//!
//! `PKI_TEST_BLESS=1 tests/run probe::servers` writes the table anew. What a server gets wrong, and what could not be told of it,
//! must stand explained on the page, and nothing else may.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use super::{Probed, with_alice};
use crate::sites::{Running, application};
use crate::support::{Authority, Server, finish, hermetic, path_text, tool};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/servers.md");

/// A server, its column's heading, and how it tells its version.
struct Column {
    heading: &'static str,
    kind: Kind,
    version: &'static [&'static str],
}

/// Where its configuration comes from.
enum Kind {
    /// `pki server-config` with this word.
    Generated(&'static str),
    /// `pki serve` with these options.
    Ours(&'static [&'static str]),
    /// `pki serve` in front of an application.
    Gateway,
}

static COLUMNS: [Column; 12] = [
    generated("nginx", &["nginx", "-v"]),
    generated("apache", &["apache2", "-v"]),
    generated("haproxy", &["haproxy", "-v"]),
    generated("caddy", &["caddy", "version"]),
    generated("node", &["node", "--version"]),
    generated("python", &["python3", "--version"]),
    generated("java", &["java", "-version"]),
    generated("openssl", &["openssl", "version"]),
    generated("gnutls", &["gnutls-serv", "--version"]),
    ours("pki serve", Kind::Ours(&[])),
    ours(
        "pki serve, required",
        Kind::Ours(&["--client-auth", "required"]),
    ),
    ours("pki serve, gateway", Kind::Gateway),
];

const fn generated(word: &'static str, version: &'static [&'static str]) -> Column {
    Column {
        heading: word,
        kind: Kind::Generated(word),
        version,
    }
}

const fn ours(heading: &'static str, kind: Kind) -> Column {
    Column {
        heading,
        kind,
        version: &[],
    }
}

#[test]
fn the_table_is_what_the_servers_do_and_what_they_do_wrong_is_explained() {
    let waiting = Mutex::new(COLUMNS.iter().enumerate());
    let probed = Mutex::new(BTreeMap::new());
    // Two at a time: each is shown two hundred connections at once.
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((position, column)) = { waiting.lock().unwrap().next() } {
                    if let Some(found) = column.probe() {
                        probed.lock().unwrap().insert(position, found);
                    }
                }
            });
        }
    });
    let probed = probed.into_inner().unwrap();
    let columns: Vec<_> = probed
        .iter()
        .map(|(place, it)| (&COLUMNS[*place], it))
        .collect();
    let page = fs::read_to_string(PAGE).unwrap();
    if std::env::var_os("PKI_TEST_BLESS").is_some() {
        let page = with_block(&page, "table", &table(&columns));
        fs::write(PAGE, with_block(&page, "versions", &versions(&columns))).unwrap();
    }
    let page = fs::read_to_string(PAGE).unwrap();
    let differing: Vec<_> = (columns.iter())
        .flat_map(|(column, found)| {
            let table = column.on(&page) != column.cells(found);
            let table = table.then(|| format!("{}: the table differs\n{found}", column.heading));
            table.into_iter().chain(column.unexplained(&page, found))
        })
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

impl Column {
    /// Starts the server and shows it the kit; nothing where a program is missing.
    fn probe(&self) -> Option<Probed> {
        let authority = with_alice();
        let anchor = authority.path("anchor");
        match self.kind {
            Kind::Generated(word) => {
                make_anchor(&authority, &anchor);
                let server = Running::start(word, &authority, Some(&anchor))?;
                let refresh = server.directory().join("refresh");
                let options = [
                    "--probe-anchor",
                    path_text(&anchor),
                    "--refresh",
                    path_text(&refresh),
                ];
                Some(any(&authority, &server.url(), &options))
            }
            Kind::Ours(options) => {
                let server = Server::start(&authority, options);
                Some(any(&authority, &server.https, &[]))
            }
            Kind::Gateway => {
                let (_application, port) = application(&authority)?;
                let upstream = format!("http://127.0.0.1:{port}");
                let server = Server::start(&authority, &["--upstream", &upstream]);
                Some(any(&authority, &server.https, &[]))
            }
        }
    }

    fn cells(&self, found: &Probed) -> BTreeMap<String, String> {
        let mut cells = BTreeMap::new();
        for (case, verdict) in found.verdicts() {
            cells.insert(case.to_owned(), cell(verdict).to_owned());
        }
        cells
    }

    /// What stands in its column on the page.
    fn on(&self, page: &str) -> BTreeMap<String, String> {
        let rows: Vec<Vec<&str>> = block(page, "table")
            .lines()
            .filter(|line| line.starts_with('|'))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        let place = rows[0].iter().position(|it| *it == self.heading);
        let place = place.unwrap_or_else(|| panic!("no column {}", self.heading));
        let cells = rows[2..].iter().map(|row| {
            let case = row[0].trim_matches('`').to_owned();
            (case, row[place].to_owned())
        });
        cells.filter(|(_, cell)| !cell.is_empty()).collect()
    }

    /// What is wrong, or could not be told, and does not stand explained; or stands explained, and is neither.
    fn unexplained(&self, page: &str, found: &Probed) -> Option<String> {
        let mut open: Vec<&str> = found.wrong();
        open.extend(found.untold());
        open.sort_unstable();
        let row = format!("| {} | ", self.heading);
        let rows = page.lines().filter_map(|line| line.strip_prefix(&row));
        let cases = rows.filter_map(|row| row.split('|').next());
        // What stands in the odd pieces stands between backticks.
        let words = cases.flat_map(|cell| cell.split('`').skip(1).step_by(2));
        let mut explained: Vec<&str> = words.collect();
        explained.sort_unstable();
        let said = |name: &&str| found.case(name).to_string();
        (explained != open).then(|| {
            let all: Vec<_> = open.iter().map(said).collect();
            let (heading, all) = (self.heading, all.join("\n"));
            format!("{heading}: {explained:?} stand explained, and it should be {open:?}\n{all}")
        })
    }
}

/// Probes, whatever the exit code.
fn any(authority: &Authority, url: &str, options: &[&str]) -> Probed {
    let words = ["probe", "--json", "--as", "alice", "--wait", "20", url];
    let finished = authority.pki(&[&words, options].concat());
    assert!(matches!(finished.code, Some(0 | 3)), "{}", finished.said());
    Probed::read(&finished)
}

/// The throw-away root, which is made before anybody is probed.
fn make_anchor(authority: &Authority, anchor: &Path) {
    let closed = "https://127.0.0.1:1/";
    let words = ["probe", closed, "--as", "alice", "--probe-anchor"];
    let words = [&words[..], &[path_text(anchor)]].concat();
    authority.pki(&words).exits(1);
}

fn cell(verdict: &str) -> &'static str {
    match verdict {
        "refused-in-handshake" => "handshake",
        "refused-by-status" => "status",
        "accepted" => "accepted",
        "disregarded" => "disregarded",
        "not-done" => "not done",
        "wrongly-accepted" => "**ACCEPTED**",
        "wrongly-refused" => "**REFUSED**",
        "could-not-tell" => "?",
        other => panic!("{other}"),
    }
}

fn table(columns: &[(&Column, &Probed)]) -> String {
    let mut text = String::from("| case | must be |");
    for (column, _) in columns {
        write!(text, " {} |", column.heading).unwrap();
    }
    text += "\n| --- | --- |";
    text += &" --- |".repeat(columns.len());
    let cells: Vec<_> = columns.iter().map(|(it, found)| it.cells(found)).collect();
    // The generated ones are shown everything.
    for case in columns[0].1.cases() {
        let name = case["case"].as_str().unwrap();
        let must = match case["must"].as_str().unwrap() {
            "refuse" => "refused",
            "accept" => "accepted",
            other => other,
        };
        write!(text, "\n| `{name}` | {must} |").unwrap();
        for cells in &cells {
            let cell = cells.get(name).map_or("", String::as_str);
            write!(text, " {cell} |").unwrap();
        }
    }
    text + "\n"
}

fn versions(columns: &[(&Column, &Probed)]) -> String {
    let mut text = String::new();
    for (column, _) in columns {
        let [program, options @ ..] = column.version else {
            continue;
        };
        let Some(program) = tool(program) else {
            continue;
        };
        let mut command = hermetic(program, Path::new("/"));
        let said = finish(command.args(options)).said();
        let first = said.lines().next().unwrap_or_default().trim();
        writeln!(text, "- {}: {first}", column.heading).unwrap();
    }
    text
}

/// What stands between the two marks of a block.
fn block<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<!-- {name}: ")).expect("a mark");
    let (_, rest) = rest.split_once("-->\n").expect("the end of a mark");
    rest.split_once(&format!("<!-- end of {name} -->"))
        .expect("an end")
        .0
}

fn with_block(page: &str, name: &str, text: &str) -> String {
    let old = block(page, name);
    let begin = old.as_ptr() as usize - page.as_ptr() as usize;
    format!("{}{text}{}", &page[..begin], &page[begin + old.len()..])
}
