//! Answers that are made up here.

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        body: body.to_owned(),
        complete: true,
        ..Answer::default()
    }
}

fn page(status: u16, body: &str) -> End {
    End::Answered(answer(status, body))
}

fn leads(status: u16, location: &str) -> End {
    End::Answered(Answer {
        location: Some(location.to_owned()),
        ..answer(status, "")
    })
}

fn alert(name: &str) -> End {
    End::Alert(name.to_owned())
}

fn closed() -> End {
    End::Closed("the server closed the connection".to_owned())
}

fn learned(with: &End, without: &End) -> LetIn {
    LetIn::learn("alice", [with, with], without).unwrap()
}

/// One letter for each verdict.
fn judged(let_in: &LetIn, end: &End) -> char {
    match let_in.judge(end, true) {
        Told::LetIn(_) => 'i',
        Told::RefusedInHandshake(_) => 'h',
        Told::RefusedByStatus(_) => 's',
        Told::CouldNotTell(_) => '?',
        Told::Disregarded(_) | Told::NotDone(_) => panic!("no end is told like that"),
    }
}

#[test]
fn where_no_certificate_ends_the_handshake_every_answer_like_the_good_one_is_in() {
    let let_in = learned(&page(200, "hello"), &alert("certificate_required"));
    assert_eq!(let_in.by(), By::Status);
    assert_eq!(judged(&let_in, &page(200, "anything")), 'i');
    assert_eq!(judged(&let_in, &page(403, "hello")), 's');
    assert_eq!(judged(&let_in, &page(400, "")), 's');
    assert_eq!(judged(&let_in, &leads(302, "/login")), 's');
    assert_eq!(judged(&let_in, &alert("certificate_expired")), 'h');
    assert_eq!(judged(&let_in, &closed()), 'h');
}

#[test]
fn what_says_nothing_of_a_client_is_no_refusal() {
    let let_in = learned(&page(200, "hello"), &page(403, "no"));
    for end in [
        End::Silent,
        End::NotTls,
        End::Broken("unreadable".to_owned()),
        alert("bad_record_mac"),
        alert("protocol_version"),
        page(500, ""),
        page(503, ""),
        page(429, ""),
        page(421, ""),
        page(431, ""),
        page(204, ""),
    ] {
        assert_eq!(judged(&let_in, &end), '?', "{end:?}");
    }
    // Before the server has shown its own certificate it cannot have seen ours.
    for end in [alert("handshake_failure"), closed()] {
        assert!(matches!(let_in.judge(&end, false), Told::CouldNotTell(_)));
    }
}

#[test]
fn a_status_that_those_without_a_certificate_get_is_a_refusal_whatever_it_is() {
    let let_in = learned(&page(200, "hello"), &page(503, "no"));
    assert_eq!(judged(&let_in, &page(503, "other")), 's');
    assert_eq!(judged(&let_in, &page(502, "other")), '?');
}

#[test]
fn where_the_status_is_the_same_the_place_that_it_leads_to_tells() {
    let let_in = learned(&leads(302, "/app?state=1"), &leads(302, "/login?state=2"));
    assert_eq!(let_in.by(), By::Location);
    assert_eq!(judged(&let_in, &leads(302, "/app?state=3")), 'i');
    assert_eq!(judged(&let_in, &leads(302, "/login")), 's');
    assert_eq!(judged(&let_in, &leads(302, "/elsewhere")), 's');
}

#[test]
fn who_is_led_to_the_same_place_with_and_without_a_certificate_may_be_in_or_not() {
    let same = leads(302, "/login");
    let why = LetIn::learn("alice", [&same, &same], &same).unwrap_err();
    assert!(why.contains("/login"), "{why}");
    let (one, other) = (leads(302, "/a"), leads(302, "/b"));
    assert!(LetIn::learn("alice", [&one, &other], &leads(302, "/c")).is_err());
}

#[test]
fn a_page_that_is_always_the_same_is_compared_as_it_is() {
    let let_in = learned(&page(200, "welcome"), &page(200, "go away"));
    assert_eq!(let_in.by(), By::Page);
    assert_eq!(judged(&let_in, &page(200, "welcome")), 'i');
    assert_eq!(judged(&let_in, &page(200, "go away")), 's');
    // Neither the one nor the other, and no name to go by.
    assert_eq!(judged(&let_in, &page(200, "welcome!")), '?');
}

#[test]
fn a_page_that_shows_the_certificate_is_told_by_the_name_in_it() {
    let let_in = learned(&page(200, "alice, serial 1"), &page(200, "nobody"));
    assert_eq!(let_in.by(), By::Page);
    assert_eq!(judged(&let_in, &page(200, "alice, serial 2")), 'i');
    assert_eq!(judged(&let_in, &page(200, "revoked")), 's');
}

#[test]
fn a_page_that_has_not_come_to_its_end_shows_who_is_let_in_and_nobody_that_is_not() {
    let begun = |body: &str| {
        End::Answered(Answer {
            complete: false,
            ..answer(200, body)
        })
    };
    let let_in = learned(&page(200, "alice, serial 1"), &page(200, "nobody"));
    assert_eq!(judged(&let_in, &begun("")), '?');
    assert_eq!(judged(&let_in, &begun("nobody")), '?');
    assert_eq!(judged(&let_in, &begun("alice, ser")), 'i');
    // Where the status alone tells, the page is not looked at.
    let by_status = learned(&page(200, ""), &page(403, ""));
    assert_eq!(judged(&by_status, &begun("")), 'i');

    let (good, none) = (page(200, "alice"), page(200, "nobody"));
    for (with, without) in [(&begun("ali"), &none), (&good, &begun("nob"))] {
        let why = LetIn::learn("alice", [with, with], without).unwrap_err();
        assert!(why.contains("its end"), "{why}");
    }
    let with = begun("alice");
    let let_in = LetIn::learn("alice", [&with, &with], &none).unwrap();
    assert_eq!(let_in.by(), By::Name);
}

#[test]
fn a_page_that_varies_is_told_by_the_name_in_it_or_not_at_all() {
    let with = [
        &page(200, "alice at 12:00:01"),
        &page(200, "alice at 12:00:02"),
    ];
    let let_in = LetIn::learn("alice", with, &page(200, "nobody at 12:00:01")).unwrap();
    assert_eq!(let_in.by(), By::Name);
    assert_eq!(judged(&let_in, &page(200, "alice at 12:00:09")), 'i');
    assert_eq!(judged(&let_in, &page(200, "nobody at 12:00:09")), 's');
    assert_eq!(judged(&let_in, &page(401, "alice")), 's');
    // The name also stands where there was no certificate, or nowhere.
    assert!(LetIn::learn("alice", with, &page(200, "ask alice at 12:00:01")).is_err());
    assert!(LetIn::learn("bob", with, &page(200, "nobody at 12:00:01")).is_err());
}

#[test]
fn where_the_answer_is_the_same_without_a_certificate_everybody_is_let_in() {
    let let_in = learned(&page(200, "hello"), &page(200, "hello"));
    assert_eq!(let_in.by(), By::Nothing);
    assert_eq!(judged(&let_in, &page(200, "hello")), 'i');
    assert_eq!(judged(&let_in, &alert("unknown_ca")), 'h');
    assert_eq!(judged(&let_in, &page(400, "")), 's');
    assert_eq!(judged(&let_in, &page(200, "other")), '?');
}

#[test]
fn a_good_certificate_that_is_not_let_in_measures_nothing() {
    let without = alert("certificate_required");
    for end in [
        page(403, ""),
        page(401, ""),
        page(495, ""),
        page(500, ""),
        alert("unknown_ca"),
        closed(),
        End::Silent,
        End::NotTls,
    ] {
        assert!(
            LetIn::learn("alice", [&end, &end], &without).is_err(),
            "{end:?}"
        );
        let good = page(200, "");
        assert!(LetIn::learn("alice", [&good, &end], &without).is_err());
    }
    // What is not found was looked for.
    let found = page(404, "");
    assert!(LetIn::learn("alice", [&found, &found], &without).is_ok());
}

#[test]
fn a_name_is_found_as_html_json_and_distinguished_names_write_it() {
    for (name, page) in [
        ("o'neill", "<b>o&#39;neill</b>"),
        ("o'neill", "<b>o&#x27;neill</b>"),
        ("a & b", "a &amp; b"),
        ("m\u{fc}ller", "CN=m\\C3\\BCller"),
        ("m\u{fc}ller", "CN = m\\xC3\\xBCller"),
        ("m\u{fc}ller", "{\"name\":\"m\\u00fcller\"}"),
        ("m\u{fc}ller", "m\u{fc}ller"),
    ] {
        assert!(stands_in(name, page), "{name} in {page}");
    }
    assert!(!stands_in("alice", "al ice"));
}
