//! Logins are written down: one a connection, behind its back.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pki::inventory::PastLogin;
use pki::judge::Verdict;
use pki::login::Version;
use pki::server::{ClientAuth, Event, Happening, Log, Register};
use rusqlite::Connection;

use super::fixture::{Authority, Holder, now};
use super::http::{ask, one_connection, tls};

/// Verdict and reason of what was written down of a certificate, the newest first.
fn logins(authority: &Authority, holder: &Holder) -> Vec<(String, Option<String>)> {
    let past = authority
        .elsewhere()
        .logins_of(&authority.known(holder), 100);
    let past = past.unwrap().into_iter();
    past.map(
        |PastLogin {
             verdict, reason, ..
         }| (verdict, reason),
    )
    .collect()
}

fn database(authority: &Authority) -> Connection {
    Connection::open(authority.data.inventory()).unwrap()
}

fn texts(authority: &Authority, query: &str) -> Vec<String> {
    let database = database(authority);
    let mut statement = database.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn a_connection_is_one_login_until_its_verdict_changes() {
    let authority = Authority::new();
    let alice = authority.client("alice");
    let server = authority.serve(ClientAuth::Optional).await;
    assert_eq!(authority.known(&alice).last_login_at, None);
    let began = now().replace_nanosecond(0).unwrap();
    let stream = tls(&authority, &server, Some(&alice), "http/1.1").await;
    let mut sender = one_connection(stream).await;
    for _ in 0..3 {
        assert_eq!(ask(&mut sender, "/login.json").await.0.status, 200);
    }
    authority.revoke(&alice);
    for _ in 0..2 {
        assert_eq!(ask(&mut sender, "/").await.0.status, 403);
    }
    drop(sender);
    server.stop().await;
    let text = str::to_owned;
    assert_eq!(
        logins(&authority, &alice),
        [
            (text("refused"), Some(text("revoked"))),
            (text("accepted"), None)
        ]
    );
    assert!(authority.known(&alice).last_login_at.unwrap() >= began);
    let last = authority.elsewhere().last_login(&authority.known(&alice));
    assert_eq!(last.unwrap().unwrap().peer, "127.0.0.1");
}

#[tokio::test]
async fn what_was_refused_in_the_handshake_counts_too() {
    let authority = Authority::new();
    let alice = authority.client("alice");
    authority.revoke(&alice);
    let server = authority.serve(ClientAuth::Required).await;
    let stranger = Holder::self_signed("stranger");
    for holder in [Some(&alice), Some(&stranger), None] {
        let mut client = authority.login_as(holder, Version::Tls13);
        client.login(&server.url()).await.unwrap();
    }
    server.stop().await;
    assert_eq!(logins(&authority, &alice).len(), 1);
    assert_eq!(authority.known(&alice).last_login_at, None);
    let query = "SELECT verdict || ' ' || coalesce(reason, '-') || ' ' || coalesce(subject, '-') \
                 FROM login ORDER BY reason";
    assert_eq!(
        texts(&authority, query),
        [
            "no-certificate - -",
            "refused revoked -",
            "refused unknown-issuer CN=stranger"
        ]
    );
}

/// A register by itself, and what it has told.
fn register(authority: &Authority) -> (Register, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = {
        let told = told.clone();
        move |text: &str| told.lock().unwrap().push(text.to_owned())
    };
    let register = Register::open(authority.elsewhere(), tell).unwrap();
    (register, told)
}

fn event() -> Event {
    Event {
        at: now(),
        peer: SocketAddr::from(([127, 0, 0, 1], 50_000)).into(),
        happening: Happening::Login {
            verdict: Verdict::NoCertificate,
            subject: None,
            certificate: None,
            repeated: false,
        },
    }
}

#[test]
fn a_flood_of_logins_waits_for_nobody_and_what_is_too_much_is_counted() {
    const FLOOD: usize = 20_000;
    let authority = Authority::new();
    let (register, told) = register(&authority);
    let database = database(&authority);
    // Another program writes and does not come to an end.
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    for _ in 0..FLOOD {
        register.write(&event());
    }
    assert!(began.elapsed() < Duration::from_secs(5));
    database.execute_batch("COMMIT").unwrap();
    register.close();
    let told = told.lock().unwrap().clone();
    let written: usize = texts(&authority, "SELECT cast(count(*) AS TEXT) FROM login")[0]
        .parse()
        .unwrap();
    assert_eq!(
        told,
        [format!(
            "{} logins were not recorded: they come faster than they can be written",
            FLOOD - written
        )]
    );
    assert!(written >= 4096, "{written}");
}

#[test]
fn an_inventory_that_refuses_is_told_of_once_and_again_when_it_writes() {
    let authority = Authority::new();
    let (register, told) = register(&authority);
    let rename = |from: &str, to: &str| {
        let statement = format!("ALTER TABLE {from} RENAME TO {to}");
        database(&authority).execute_batch(&statement).unwrap();
    };
    let after = |count: usize| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while told.lock().unwrap().len() < count {
            assert!(Instant::now() < deadline, "{:?}", told.lock().unwrap());
            register.write(&event());
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    rename("login", "elsewhere");
    after(1);
    rename("elsewhere", "login");
    after(2);
    register.close();
    let told = told.lock().unwrap().clone();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("logins are not recorded: "), "{told:?}");
    assert!(
        told[1].starts_with("logins are recorded again; "),
        "{told:?}"
    );
    assert!(!texts(&authority, "SELECT verdict FROM login").is_empty());
}
