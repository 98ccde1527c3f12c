//! Real browsers, headless: what they show of a page, with a picture of it below `target/screenshots`.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::tools::fixture;
use super::{Finished, finish, hermetic, tool};

/// What Chromium prints when it gave up on a page that never began to load.
const NOTHING_LOADED: &str = "<html><head></head><body></body></html>";

/// A page as a browser saw it.
pub(crate) struct Page {
    /// What the browser's script left behind: the DOM on standard output, the browser's own talk on standard error.
    pub(crate) finished: Finished,
}

impl Page {
    /// The DOM.
    pub(crate) fn dom(&self) -> String {
        self.finished.out()
    }

    /// Everything, for a failed test's message.
    pub(crate) fn said(&self) -> String {
        self.finished.said()
    }

    /// The text of the element with this id.
    pub(crate) fn text_of(&self, id: &str) -> Option<String> {
        let dom = self.dom();
        let element = dom.split(&format!("id=\"{id}\"")).nth(1)?;
        let content = element.split_once('>')?.1;
        Some(content.split_once('<')?.0.trim().to_owned())
    }
}

/// The page as Chromium sees it that has `work/home` for its home; none where a program is missing.
///
/// Chromium is asked a second time where nothing at all was loaded within its thirty seconds: seen once in some fifty
/// starts, on a machine with more to do than it could. Any answer of the server, and any error of the connection,
/// looks otherwise and is final.
#[track_caller]
pub(crate) fn chromium(work: &Path, url: &str, picture: &str) -> Option<Page> {
    tool("chromium")?;
    tool("unshare")?;
    let ask = || {
        let mut chromium = hermetic(fixture("support/chromium-login"), work);
        chromium.arg(work).arg(url).arg(screenshot(picture));
        finish(&mut chromium).ok()
    };
    let mut finished = ask();
    if finished.out().trim() == NOTHING_LOADED {
        // Past the harness, which would show it only if the second time failed too.
        let _ = writeln!(std::io::stderr(), "Chromium loaded nothing");
        finished = ask();
    }
    Some(Page { finished })
}

/// The page as Firefox sees it that has this profile; none where a program is missing.
#[track_caller]
pub(crate) fn firefox(home: &Path, profile: &Path, url: &str, picture: &str) -> Option<Page> {
    tool("firefox-esr")?;
    tool("python3")?;
    let mut firefox = hermetic(fixture("support/firefox-login"), home);
    firefox.arg(profile).arg(url);
    firefox.arg("--screenshot").arg(screenshot(picture));
    let finished = finish(&mut firefox).ok();
    Some(Page { finished })
}

/// Where a picture is kept; an older one of the same name is gone.
#[track_caller]
pub(crate) fn screenshot(picture: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&directory).expect("target/screenshots can be made");
    let path = directory.join(format!("{picture}.png"));
    // Mostly there is none.
    let _ = std::fs::remove_file(&path);
    path
}
