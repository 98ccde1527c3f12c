//! Who visits, as far as the User-Agent tells (RFC 9110 §10.1.5).
//!
//! It is text that anybody may write: it chooses among words and pages of ours, and nothing of it is ever shown. Browsers leave
//! much out of it on purpose: Windows 11 calls itself Windows NT 10.0, and an iPad a Mac.

use std::fmt;

use crate::bundle::Platform;

/// A browser or another program on a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor {
    program: Option<&'static str>,
    system: Option<&'static str>,
    platform: Platform,
}

/// Programs that are no browsers and say so with their first word, and whose steps theirs are.
const PROGRAMS: [(&str, &str); 3] = [("curl/", "curl"), ("Wget/", "wget"), ("git/", "git")];

/// How Java's own clients name themselves; others built on them put the first of these in parentheses.
const JAVA: [&str; 2] = ["Java/", "Java-http-client/"];

/// Marks of browsers. Each also carries the marks of those below it that it wants to be taken for.
const BROWSERS: [(&str, &str); 13] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("GSA/", "the Google app"),
    ("Version/", "Safari"),
];

/// Marks of browsers that run on Apple's telephones and tablets alone.
const HAND_HELD: [&str; 3] = ["EdgiOS/", "FxiOS/", "CriOS/"];

/// Marks of systems. Android says that it is Linux too, an iPhone that it is like Mac OS X.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "an iPhone"),
    ("iPod", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("CrOS", "a Chromebook"),
    ("Windows NT", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

impl Visitor {
    /// Recognises a program by its User-Agent; an empty text is nobody's.
    pub fn of(user_agent: &str) -> Self {
        if let Some((_, program)) = first(&PROGRAMS, |mark| user_agent.starts_with(mark)) {
            return Self::program(program, Platform::OpenSsl);
        }
        if let Some(version) = java_version(user_agent) {
            let platform = match is_old_java(version) {
                true => Platform::Java8,
                false => Platform::Java,
            };
            return Self::program("Java", platform);
        }
        let found = |mark: &str| user_agent.contains(mark);
        let system = match first(&SYSTEMS, found) {
            // A browser there that asks for the pages of a computer says that it runs on a Mac, but keeps its own mark.
            Some(("Macintosh", _)) if HAND_HELD.into_iter().any(found) => Some("an iPad"),
            system => system.map(|(_, system)| system),
        };
        let program = first(&BROWSERS, found)
            .map(|(_, browser)| browser)
            // WebKit has one mark for all browsers; Safari runs on Apple's systems alone.
            .filter(|browser| {
                *browser != "Safari" || matches!(system, Some("macOS" | "an iPhone" | "an iPad"))
            });
        let platform = match (system, program) {
            (Some(system), _) if is_apples_hand_held(system) => Platform::Ios,
            (Some("Android"), _) => Platform::Android,
            (_, Some("Firefox")) => Platform::Firefox,
            (Some("macOS"), _) => Platform::MacOs,
            (Some("Windows"), _) if is_old_windows(user_agent) => Platform::Windows2016,
            (Some("Windows"), _) => Platform::Windows,
            (Some("a Chromebook"), _) | (Some("Linux"), Some(_)) => Platform::Chrome,
            _ => Platform::Any,
        };
        Self {
            program,
            system,
            platform,
        }
    }

    fn program(program: &'static str, platform: Platform) -> Self {
        Self {
            program: Some(program),
            system: None,
            platform,
        }
    }

    /// The browser and the system of who cannot use a certificate there: on Apple's telephones and tablets only Safari can.
    pub fn not_in_safari(self) -> Option<(&'static str, &'static str)> {
        let (program, system) = (self.program?, self.system?);
        (is_apples_hand_held(system) && program != "Safari").then_some((program, system))
    }

    /// Whether it is Safari, by its own word.
    pub fn is_in_safari(self) -> bool {
        self.program == Some("Safari")
    }

    /// The same visitor in the browser that can use a certificate.
    #[must_use]
    pub fn in_safari(self) -> Self {
        match self.not_in_safari() {
            Some(_) => Self {
                program: Some("Safari"),
                ..self
            },
            None => self,
        }
    }

    /// The platform whose steps are this visitor's.
    pub fn platform(self) -> Platform {
        self.platform
    }
}

/// In words of ours: `Chrome on Windows`, `curl`, `your browser`.
impl fmt::Display for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.program, self.system) {
            (Some(program), Some(system)) => write!(f, "{program} on {system}"),
            (Some(program), None) => f.write_str(program),
            (None, Some(system)) => write!(f, "your browser on {system}"),
            (None, None) => f.write_str("your browser"),
        }
    }
}

fn is_apples_hand_held(system: &str) -> bool {
    matches!(system, "an iPhone" | "an iPad")
}

fn first(
    marks: &[(&'static str, &'static str)],
    holds: impl Fn(&str) -> bool,
) -> Option<(&'static str, &'static str)> {
    marks.iter().copied().find(|(mark, _)| holds(mark))
}

fn java_version(user_agent: &str) -> Option<&str> {
    let own = JAVA.iter().find_map(|mark| user_agent.strip_prefix(mark));
    own.or_else(|| Some(user_agent.split_once("(Java/")?.1))
}

/// AES-256 with HMAC-SHA-256 in a key store came with Java 12 and went back into 8u301 and 11.0.12 (JDK-8076190).
fn is_old_java(version: &str) -> bool {
    let mut numbers = version
        .split(|letter: char| !letter.is_ascii_digit())
        .map(|number| number.parse().unwrap_or(0_u32));
    let mut next = || numbers.next().unwrap_or(0);
    match (next(), next(), next(), next()) {
        (1, 8, _, update) => update < 301,
        (11, _, update, _) => update < 12,
        (feature, ..) => feature < 12,
    }
}

/// Windows 10 and Server 2016 were the first to call themselves 10.0; what came before says 6.
fn is_old_windows(user_agent: &str) -> bool {
    let version = user_agent.split_once("Windows NT ");
    let major = version.and_then(|(_, rest)| rest.split('.').next());
    major.is_some_and(|major| major.parse::<u32>().is_ok_and(|major| major < 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As browsers really name themselves.
    const KNOWN: [(&str, &str, Platform); 32] = [
        // Windows 11 says the same as Windows 10.
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "Chrome on Windows",
            Platform::Windows,
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "Edge on Windows",
            Platform::Windows,
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox on Windows",
            Platform::Firefox,
        ),
        (
            "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36",
            "Chrome on Windows",
            Platform::Windows2016,
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
            "your browser on Windows",
            Platform::Windows,
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 OPR/122.0.0.0",
            "Opera on Windows",
            Platform::Windows,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
            "Safari on macOS",
            Platform::MacOs,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "Chrome on macOS",
            Platform::MacOs,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "Edge on macOS",
            Platform::MacOs,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox on macOS",
            Platform::Firefox,
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "Chrome on Linux",
            Platform::Chrome,
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
            "Chrome on Linux",
            Platform::Chrome,
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "Edge on Linux",
            Platform::Chrome,
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
            Platform::Firefox,
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
            "your browser on Linux",
            Platform::Any,
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "Chrome on a Chromebook",
            Platform::Chrome,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
            "Safari on an iPhone",
            Platform::Ios,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1",
            "Chrome on an iPhone",
            Platform::Ios,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
            "Firefox on an iPhone",
            Platform::Ios,
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
            "Safari on an iPad",
            Platform::Ios,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142 Version/11.1.1 Safari/605.1.15",
            "Chrome on an iPad",
            Platform::Ios,
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
            Platform::Android,
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
            Platform::Android,
        ),
        (
            "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
            "Firefox on Android",
            Platform::Android,
        ),
        ("curl/7.88.1", "curl", Platform::OpenSsl),
        ("Wget/1.21.3", "wget", Platform::OpenSsl),
        ("git/2.39.5", "git", Platform::OpenSsl),
        ("Java-http-client/17.0.15", "Java", Platform::Java),
        ("Java/1.8.0_292", "Java", Platform::Java8),
        (
            "Apache-HttpClient/4.5.14 (Java/21.0.4)",
            "Java",
            Platform::Java,
        ),
        ("python-requests/2.32.3", "your browser", Platform::Any),
        ("", "your browser", Platform::Any),
    ];

    #[test]
    fn each_is_recognised_by_what_it_really_says() {
        for (user_agent, name, platform) in KNOWN {
            let visitor = Visitor::of(user_agent);
            let seen = (visitor.to_string(), visitor.platform());
            assert_eq!(seen, (name.to_owned(), platform), "{user_agent}");
        }
    }

    #[test]
    fn who_is_not_in_safari_where_only_safari_can_is_known() {
        for (user_agent, name, _) in KNOWN {
            let visitor = Visitor::of(user_agent);
            let other = match name {
                "Chrome on an iPhone" => Some(("Chrome", "an iPhone")),
                "Firefox on an iPhone" => Some(("Firefox", "an iPhone")),
                "Chrome on an iPad" => Some(("Chrome", "an iPad")),
                _ => None,
            };
            assert_eq!(visitor.not_in_safari(), other, "{user_agent}");
            let there = visitor.in_safari();
            assert_eq!(there == visitor, other.is_none());
            assert_eq!(there.platform(), visitor.platform());
            assert!(there.not_in_safari().is_none());
        }
        let phone = Visitor::of("(iPhone) EdgiOS/142").in_safari();
        assert_eq!(phone.to_string(), "Safari on an iPhone");
    }

    #[test]
    fn java_is_old_before_the_versions_that_learnt_the_current_form() {
        for (version, old) in [
            ("1.8.0_300", true),
            ("1.8.0_301", false),
            ("1.8.0", true),
            ("1.7.0_80", true),
            ("11.0.11", true),
            ("11.0.12", false),
            ("10.0.2", true),
            ("12", false),
            ("17.0.15", false),
            ("", true),
        ] {
            assert_eq!(is_old_java(version), old, "{version}");
        }
    }

    #[test]
    fn whatever_is_written_there_only_chooses_among_words_of_ours() {
        let long = "Chrome/".repeat(10_000);
        for text in [
            "<script>alert(1)</script> Chrome/1 Windows NT 10",
            "Windows NT ",
            "Windows NT 99999999999999999999.0",
            "Java/99999999999999999999",
            "(Java/",
            "\u{202e}curl/",
            &long,
        ] {
            let shown = Visitor::of(text).to_string();
            assert!(shown.len() < 40 && !shown.contains('<'), "{shown}");
        }
    }
}
