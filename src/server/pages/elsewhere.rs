//! Another certificate in the same browser: where it asks again, and how it forgets what it was told.

use maud::{Markup, html};

use super::super::fresh::Fresh;

/// Fresh places, where there are any, and how to make the browser forget.
pub(super) fn section(fresh: &Fresh) -> Markup {
    html! {
        section aria-labelledby="someone-else" {
            h2 id="someone-else" { "Log in as someone else" }
            p {
                "A browser keeps to what you chose, or did not choose, for this host and port until it is closed, and some browsers longer. "
                @if fresh.places.is_empty() && fresh.wildcards.is_empty() {
                    "No other name leads here" @if fresh.are_hidden { " in this browser" } ", so it has to forget."
                } @else {
                    "Under another name it asks again; the names choose nothing by themselves."
                }
            }
            @if fresh.are_hidden {
                p {
                    "This server answers to many more names beneath " code { "localhost" } ", but Safari does not find those"
                    @if fresh.places.is_empty() { ". Another browser does." } @else { "; these it does:" }
                }
            }
            @if !fresh.places.is_empty() {
                ul class="places" role="list" {
                    @for place in &fresh.places { li { a data-field="fresh" href=(place) { (breakable(place)) } } }
                }
            }
            @for wildcard in &fresh.wildcards {
                p {
                    "This server's certificate is good for every name in the place of the star in " code { "https://" (wildcard) }
                    ": each is another one to the browser, where DNS leads it here."
                }
            }
            details open[fresh.places.is_empty()] {
                summary { "Make the browser forget" }
                ul {
                    li { strong { "Chrome, Chromium, Edge: " } "close every window and start again, or open a private window, which asks anew." }
                    li {
                        strong { "Firefox: " } "in the settings search for certificates, then View Certificates, Authentication Decisions: "
                        "delete this host, and close every window."
                    }
                    li {
                        strong { "Safari: " } "close it, and on a Mac delete the identity preference of this address in Keychain Access."
                    }
                }
            }
        }
    }
}

/// An address that breaks, if it has to, before a dot and not within its port.
fn breakable(place: &str) -> Markup {
    let mut labels = place.split('.');
    html! {
        (labels.next().unwrap_or_default())
        @for label in labels { wbr; "." (label) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_that_the_browser_has_to_forget_only_where_no_other_name_leads_here() {
        let (place, wildcard) = ("https://a.example.org:8443", "*.example.org:8443");
        let to = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        for (places, wildcards, are_hidden, must_forget, safari) in [
            (&[][..], &[][..], false, true, false),
            (&[place], &[], false, false, false),
            (&[], &[wildcard], false, false, false),
            (&[place], &[], true, false, true),
            (&[], &[], true, true, true),
        ] {
            let fresh = Fresh {
                places: to(places),
                wildcards: to(wildcards),
                are_hidden,
            };
            let html = section(&fresh).into_string();
            let forget = html.contains("No other name leads here");
            let told = html.contains("Safari does not find those");
            assert_eq!((forget, told), (must_forget, safari), "{html}");
        }
    }

    #[test]
    fn an_address_breaks_before_its_dots_alone() {
        let html = breakable("https://a.login.localhost:8443").into_string();
        assert_eq!(html, "https://a<wbr>.login<wbr>.localhost:8443");
    }
}
