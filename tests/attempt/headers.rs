//! nginx before an application that believes what is in the headers: it is for nginx to write them, and to let no others through.

use pki::probe::Told;
use pki::probe::attempt::{Attempt, headers};
use pki::probe::case::Spelling;

use super::{Ground, wait};
use crate::servers::Site;
use crate::servers::nginx::{NGINX, configuration_with};

const ALL: [Spelling; 4] = [
    Spelling::XSslClient,
    Spelling::ClientCert,
    Spelling::XForwardedClientCert,
    Spelling::Underscores,
];

/// How nginx is set up, and the application behind it.
struct Setup<'a> {
    /// What the site says of clients and their headers.
    site: &'a str,
    /// What it says where it passes a request on.
    passing_on: &'a str,
    /// What the application answers.
    application: &'a str,
    /// What both say.
    both: &'a str,
}

const PLAIN: Setup<'_> = Setup {
    site: "ssl_verify_client on;",
    passing_on: "proxy_set_header X-Real $ssl_client_s_dn;",
    application: "return 200 'hello $http_x_real';",
    both: "",
};

impl Setup<'_> {
    fn configuration(&self, ground: &Ground, site: &Site) -> String {
        let root = ground.ca("root");
        let socket = site.directory.join("socket");
        let socket = socket.display();
        let Setup {
            site: words,
            passing_on,
            application,
            both,
        } = self;
        let before = configuration_with(
            site,
            &format!(
                "ssl_client_certificate {root}; ssl_verify_depth 2; {words} {both}
                location / {{ proxy_pass http://unix:{socket}:/; {passing_on} }}"
            ),
        );
        let behind =
            format!("server {{ listen unix:{socket}; {both} location / {{ {application} }} }}");
        before.replacen("server {", &format!("{behind} server {{"), 1)
    }

    /// What comes of each spelling.
    #[track_caller]
    fn tried(&self) -> Option<[Attempt; 4]> {
        let ground = Ground::new()?;
        let server = ground.start(&NGINX, |site| self.configuration(&ground, site))?;
        let place = ground.place(&server);
        let let_in = ground.learned(&place);
        Some(ALL.map(|spelling| wait(headers(&place, &ground.alice, spelling, &let_in))))
    }

    /// Panics unless exactly these reach the application.
    #[track_caller]
    fn lets_reach(&self, expected: [bool; 4]) {
        for (attempt, reaches) in self.tried().iter().flatten().zip(expected) {
            match reaches {
                true => assert!(attempt.told.is_let_in(), "{attempt:?}"),
                false => assert!(matches!(attempt.told, Told::Disregarded(_)), "{attempt:?}"),
            }
        }
    }
}

#[test]
fn what_nginx_writes_itself_no_client_can_forge() {
    Setup {
        passing_on: "proxy_set_header X-SSL-Client-S-DN $ssl_client_s_dn;",
        application: "return 200 'hello $http_x_ssl_client_s_dn';",
        ..PLAIN
    }
    .lets_reach([false; 4]);
}

#[test]
fn what_nginx_passes_on_is_found_out() {
    for (read, expected) in [
        ("x_ssl_client_s_dn", [true, false, false, false]),
        ("client_cert", [false, true, false, false]),
        ("x_forwarded_client_cert", [false, false, true, false]),
    ] {
        Setup {
            application: &format!("return 200 'hello $http_x_real $http_{read}';"),
            ..PLAIN
        }
        .lets_reach(expected);
    }
}

#[test]
fn underscores_get_past_what_takes_away_hyphens() {
    let taking_away = format!(
        "{} proxy_set_header X-SSL-Client-S-DN '';",
        PLAIN.passing_on
    );
    let setup = Setup {
        passing_on: &taking_away,
        application: "return 200 'hello $http_x_real $http_x_ssl_client_s_dn';",
        ..PLAIN
    };
    setup.lets_reach([false; 4]);
    Setup {
        both: "underscores_in_headers on;",
        ..setup
    }
    .lets_reach([false, false, false, true]);
}

#[test]
fn who_has_no_certificate_and_is_believed_is_found_out() {
    let Some(attempts) = (Setup {
        site: "ssl_verify_client optional;",
        application: "if ($http_x_real != '') { return 200 'welcome'; }
            if ($http_x_ssl_client_verify = SUCCESS) { return 200 'welcome'; }
            return 403;",
        ..PLAIN
    })
    .tried() else {
        return;
    };
    let [believed, others @ ..] = attempts;
    let how = believed.told.how();
    assert!(believed.told.is_let_in(), "{believed:?}");
    assert!(
        how.starts_with("without a certificate, X-SSL-Client-Verify let the client in: "),
        "{how}"
    );
    assert_eq!(believed.fields, ["X-SSL-Client-Verify"]);
    for other in others {
        // The page shows no name, so that it cannot be seen whose it would be with a certificate.
        assert!(matches!(other.told, Told::CouldNotTell(_)), "{other:?}");
    }
}
