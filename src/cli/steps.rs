//! Where a bundle goes next: the pages of steps, and which command or page helps after a certificate was issued.

use serde_json::json;

use super::context::Context;
use super::report::{Exit, Report};
use super::shell::{quoted, quoted_path};
use crate::authority::Handover;
use crate::bundle::Platform;
use crate::inventory::Record;
use crate::steps;

/// Prints a platform's page: for a terminal, or in Markdown as data.
pub(super) fn print(report: Report, platform: Platform) -> Exit {
    let page = steps::page(platform);
    let document = json!({"platform": platform.as_str(), "steps": page});
    report.result(&document, || steps::plain(page).trim_end().to_owned());
    Exit::Done
}

/// Says how the bundle that was handed over gets to where it is used.
pub(super) fn say_next(
    context: &Context,
    record: &Record,
    handover: &Handover,
    platform: Platform,
) {
    let report = context.report;
    let is_ed25519 = record.certificate.key_algorithm() == "ed25519";
    let for_browsers = matches!(
        platform,
        Platform::Any | Platform::Firefox | Platform::Chrome
    );
    if for_browsers && !is_ed25519 {
        // With --out no copy lies in ca-data, where a reference would find it.
        let what = match handover.path.starts_with(context.data.directory()) {
            true => quoted(&record.reference()).into_owned(),
            false => format!("--bundle {}", quoted_path(&handover.path)),
        };
        report.say(&format!(
            "To put it into this machine's browsers: pki browser install {what}"
        ));
    }
    report.say(&match platform {
        Platform::Any if is_ed25519 => {
            "pki export --help-for openssl prints the steps for programs; --help-for java those for Java.".to_owned()
        }
        Platform::Any => {
            "pki export --help-for PLATFORM prints the steps for other devices: windows, macos, ios, android, firefox …"
                .to_owned()
        }
        platform => format!("pki export --help-for {platform} prints the steps."),
    });
    report.say("pki serve starts a server to try it on.");
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;
    use crate::refusals::{self, Refusal};

    /// Every command line of ours in a page: whole lines of code blocks, and what stands between backticks in the text.
    fn command_lines(page: &str) -> Vec<&str> {
        let mut found = Vec::new();
        for (number, part) in page.split("```").enumerate() {
            if number % 2 == 1 {
                found.extend(part.lines());
            } else {
                found.extend(part.split('`').skip(1).step_by(2));
            }
        }
        found.retain(|code| code.starts_with("pki "));
        found
    }

    #[test]
    fn every_command_line_of_the_pages_is_one_that_we_understand() {
        let steps = Platform::ALL.map(steps::page).into_iter();
        let refusals = Refusal::all().map(Refusal::page);
        let lists = [steps::INDEX, refusals::INDEX];
        for page in steps.chain(refusals).chain(lists) {
            let lines = command_lines(page);
            assert!(!lines.is_empty(), "{page}");
            for line in lines {
                if let Err(refusal) = Cli::try_parse_from(line.split_whitespace()) {
                    panic!("`{line}`: {refusal}");
                }
            }
        }
    }

    #[test]
    fn what_no_command_line_understands_would_be_found() {
        let page = "Say `pki export alice --form p13`, or\n```\npki isue-client alice\n```\nor `pki browser install`.";
        let lines = command_lines(page);
        assert_eq!(
            lines,
            [
                "pki export alice --form p13",
                "pki isue-client alice",
                "pki browser install"
            ]
        );
        for line in lines {
            assert!(Cli::try_parse_from(line.split_whitespace()).is_err());
        }
    }
}
