//! One client, however many answers and WebSockets it wants, leaves room for the others.

use super::{Kind, Site, person};

fn status(site: &Site, credentials: &crate::support::Credentials) -> String {
    let url = site.url("/echo");
    let words = ["--output", "/dev/null", "--write-out", "%{http_code}", &url];
    site.curl_as(Some(credentials), &words).ok().out()
}

#[test]
fn who_does_not_take_answers_over_http_2_takes_no_places_from_the_others() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let Some(bob) = person(&site.authority, "bob") else {
        return;
    };
    let Some(client) = site.client("unread", "/") else {
        return;
    };
    client.wait_for("128 times 200");
    assert_eq!(status(&site, &bob), "200");
    // Further ones wait for a while, and hear that it is not the application that keeps them waiting.
    client.wait_for("64 times 503");
    assert_eq!(status(&site, &site.alice), "503");
    assert_eq!(status(&site, &bob), "200");
    let log = "trouble: a request found no place: those with this certificate wait for 128 answers";
    site.server.wait_for_log(log);
    assert_eq!(site.server.logged("did not begin to answer"), 0);
    drop(client);
    assert_eq!(status(&site, &site.alice), "200");
}

#[test]
fn one_certificate_has_so_many_websockets_and_no_more() {
    let Some(site) = Site::of(Kind::Node, &[]) else {
        return;
    };
    let Some(mut client) = site.client("websockets", "/") else {
        return;
    };
    client.wait_for("64 open, then 503");
    site.server
        .wait_for_log("trouble: a WebSocket found no place: those with this certificate have 64");
    // Requests are another matter.
    assert_eq!(status(&site, &site.alice), "200");
    // Where one ends there is room again.
    client.tell("again");
    site.application.wait_for("close");
    crate::support::process::wait_for("one more", || {
        (site.application.count("upgrade") == 65).then_some(())
    });
}
