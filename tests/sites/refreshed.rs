//! The refresh script: it may be run at any time, and touches the server only where something changed.

use std::fs;

use super::kind::{PROGRAMS, PROXIES};
use super::{Running, configure, person};
use crate::support::process::wait_for;
use crate::support::{Authority, finish, hermetic, tool};

#[test]
fn a_server_is_reloaded_only_where_something_changed_and_only_with_what_it_would_start_with() {
    let authority = Authority::init(&[]);
    let Some(alice) = person(&authority, "alice") else {
        return;
    };
    let Some(server) = Running::start("nginx", &authority, None) else {
        return;
    };
    server.refresh(&authority);
    let workers = server.workers();
    let again = server.run_refresh(&authority).ok();
    assert_eq!(again.said(), "");
    assert_eq!(server.workers(), workers);
    // cron mails whatever is said: nothing, where all is well.
    authority.pki(&["crl"]).ok();
    let reloaded = server.run_refresh(&authority).ok();
    assert_eq!(reloaded.said(), "");
    server.has_read_since(&workers);
    let workers = server.workers();
    // The file of CRLs is a new one, and the configuration is broken.
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    let configuration = server.directory().join("nginx.conf");
    let good = fs::read(&configuration).unwrap();
    fs::write(&configuration, [&good[..], b"}\n"].concat()).unwrap();
    let refused = server.run_refresh(&authority);
    assert_ne!(refused.code, Some(0), "{}", refused.said());
    assert!(
        refused.err().contains("unexpected \"}\""),
        "{}",
        refused.said()
    );
    assert_eq!(server.workers(), workers);
    let answer = server.visit(&authority, Some(&alice), "", &[]);
    let Some(answer) = answer else { return };
    assert!(answer.welcomes("alice"), "{answer:?}");
    // What was fetched then is read as soon as that is possible, though nothing has changed since.
    fs::write(&configuration, &good).unwrap();
    server.refresh(&authority);
    let answer = server.visit(&authority, Some(&alice), "", &[]).unwrap();
    assert!(answer.is_refused(), "{answer:?}");
    assert_ne!(server.workers(), workers);
}

#[test]
fn the_script_runs_as_cron_runs_it_and_says_where_nobody_is_to_read() {
    let authority = Authority::init(&[]);
    let Some(server) = Running::start("nginx", &authority, None) else {
        return;
    };
    let script = server.directory().join("refresh");
    let as_cron = || {
        let mut script = hermetic(&script, authority.home());
        finish(script.env("PATH", "/usr/bin:/bin"))
    };
    let workers = server.workers();
    as_cron().ok();
    server.has_read_since(&workers);
    server.server.signal(rustix::process::Signal::TERM);
    let pid = server.directory().join("nginx.pid");
    wait_for("nginx ends", || (!pid.exists()).then_some(()));
    authority.pki(&["crl"]).ok();
    let idle = as_cron().ok();
    assert!(
        idle.err().contains("nginx is not running"),
        "{}",
        idle.said()
    );
}

#[test]
fn a_server_takes_in_its_renewed_certificate_and_the_next_issuing_ca() {
    let authority = Authority::init(&[]);
    let Some(server) = Running::start("haproxy", &authority, None) else {
        return;
    };
    server.refresh(&authority);
    let workers = server.workers();
    authority.pki(&["renew", "localhost", "--revoke-old"]).ok();
    server.refresh(&authority);
    assert_ne!(server.workers(), workers);
    authority.pki(&["rotate-issuing"]).ok();
    let Some(bob) = person(&authority, "bob") else {
        return;
    };
    let visit = || server.visit(&authority, Some(&bob), "", &[]);
    let Some(before) = visit() else { return };
    assert!(before.is_refused(), "{before:?}");
    server.refresh(&authority);
    let after = visit().unwrap();
    assert!(after.welcomes("bob"), "{after:?}");
}

#[test]
fn every_script_is_one_that_a_shell_reads_and_every_unit_one_that_systemd_does() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    for word in PROXIES.into_iter().chain(PROGRAMS) {
        let kind = super::Kind::of(word);
        let directory = configure(kind, &authority, 443, kind.is_proxy.then_some(3000), None);
        let Some(shell) = tool("sh") else { return };
        for script in ["refresh", "serve"].map(|name| directory.join(name)) {
            if script.is_file() {
                let mut check = hermetic(&shell, authority.home());
                finish(check.arg("-n").arg(script)).ok();
            }
        }
        let unit = |ending: &str| {
            let path = directory.join(format!("pki-{word}.{ending}"));
            fs::read_to_string(path).unwrap()
        };
        let (service, timer) = (unit("service"), unit("timer"));
        let start = format!("\nExecStart={}/refresh\n", directory.display());
        assert!(service.contains(&start), "{service}");
        assert!(timer.contains("\nOnUnitActiveSec=5min\n"), "{timer}");
        assert!(timer.contains("*/5 * * * * root "), "{timer}");
        // Nothing of a template is left.
        for file in fs::read_dir(&directory).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let left = text.split('@').skip(1).step_by(2);
            let left: Vec<_> = left
                .filter(|word| {
                    !word.is_empty() && word.chars().all(|sign| sign.is_lowercase() || sign == '_')
                })
                .collect();
            assert!(left.is_empty(), "{}: {left:?}", path.display());
        }
    }
}
