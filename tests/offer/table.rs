//! The table of `docs/offer.md`: what each browser did in each set-up.

use std::fs;

use pki::doctor::offer::{Browser, Offer};

use super::predictions::Told;
use crate::matrix::importer::version_in;
use crate::support::tools::fixture;

const BEGIN: &str = "<!-- measured -->\n";
const END: &str = "<!-- /measured -->";

/// What was seen, and the words of the reasons.
pub(super) fn cell(offers: &[Offer], seen: Told) -> String {
    let reasons: Vec<_> = offers
        .iter()
        .filter_map(Offer::reason)
        .map(|reason| format!("`{}`", reason.as_str()))
        .collect();
    let done = match seen {
        Told::Sends(_) if offers.len() == 1 => "**sends it**".to_owned(),
        Told::Sends(place) => {
            let number = ["the first", "the second", "the third"];
            let number = place.and_then(|place| number.get(place));
            format!("**sends {}**", number.copied().unwrap_or("another"))
        }
        Told::Nothing => "sends none".to_owned(),
        Told::GivesUp => "gives up the connection".to_owned(),
    };
    let reasons = match reasons.is_empty() {
        true => String::new(),
        false => format!(": {}", reasons.join(", ")),
    };
    done + &reasons
}

/// One row a set-up, one column a browser.
pub(super) fn render(rows: &[(&str, Vec<String>)]) -> String {
    let names = Browser::ALL.map(Browser::name).join(" | ");
    let mut text = format!("| set-up | {names} |\n| --- | --- | --- |\n");
    for (what, cells) in rows {
        text += &format!("| {what} | {} |\n", cells.join(" | "));
    }
    text
}

/// Compares the table with the one in `docs/offer.md`, or puts it there when that is asked for.
///
/// The versions stand beside it and are not compared: another version that behaves alike is no fault.
#[track_caller]
pub(super) fn compare_with_page(table: &str) {
    let page = fixture("../docs/offer.md");
    let text = fs::read_to_string(&page).expect("docs/offer.md");
    let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (committed, after) = rest.split_once(END).expect("where the table ends");
    if std::env::var_os("PKI_TEST_BLESS").is_some() {
        let versions = versions();
        let blessed = format!("{before}{BEGIN}\n{table}\n{versions}\n\n{END}{after}");
        fs::write(&page, blessed).expect("docs/offer.md can be written");
        return;
    }
    let rows = committed.lines().filter(|line| line.starts_with('|'));
    let committed: String = rows.map(|line| format!("{line}\n")).collect();
    assert_eq!(
        committed, table,
        "docs/offer.md tells otherwise; PKI_TEST_BLESS=1 writes it anew"
    );
}

fn versions() -> String {
    let nss = "dpkg-query -W -f ${source:Upstream-Version} libnss3";
    let nss: Vec<_> = nss.split(' ').collect();
    let [chromium, firefox] =
        ["chromium", "firefox-esr"].map(|name| version_in(&[name, "--version"]));
    format!(
        "Chromium {chromium} with the system's NSS {}, Firefox {firefox} with its own.",
        version_in(&nss)
    )
}
