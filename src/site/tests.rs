use std::path::Path;

use super::*;
use crate::forgeable;

fn site() -> Site {
    let place = |text: &str| Place::new(Path::new(text)).unwrap();
    Site {
        hosts: [
            "www.example.org",
            "*.example.org",
            "192.0.2.1",
            "2001:db8::1",
        ]
        .map(|host| SubjectAltName::parse_host(host).unwrap())
        .into(),
        depth: 1,
        is_privileged: true,
        listen: "192.0.2.1:443".parse().unwrap(),
        upstream: Upstream::parse("http://127.0.0.1:3000").unwrap(),
        fullchain: place("/ca/servers/www.example.org/fullchain.pem"),
        key: place("/ca/servers/www.example.org/key.pem"),
        directory: place("/ca/sites/it"),
        ca_data: place("/ca"),
        owner: 1000,
        program: place("/usr/bin/pki"),
        probe_anchor: Some(place("/anchor")),
    }
}

/// The words between two `@` that look like the name of a value.
fn unfilled(text: &str) -> Vec<&str> {
    let name = |word: &&str| {
        !word.is_empty() && word.chars().all(|sign| sign.is_lowercase() || sign == '_')
    };
    text.split('@').skip(1).filter(name).collect()
}

fn main_file(software: Software, site: &Site) -> String {
    software.files(site).remove(0).contents
}

#[test]
fn every_software_is_known_by_its_word() {
    for software in Software::ALL {
        assert_eq!(Software::parse(software.name()).unwrap(), software);
    }
    assert!(Software::parse("Nginx").is_err());
    let unproven = Software::ALL.into_iter().filter(|it| !it.is_proven());
    let unproven: Vec<_> = unproven.collect();
    assert_eq!(unproven, [Software::Traefik, Software::Envoy]);
}

#[test]
fn every_value_of_a_template_is_filled_in() {
    assert_eq!(unfilled("a @host@ @HOST@ x@y.z"), ["host"]);
    let directory = Place::new(Path::new("/srv/it")).unwrap();
    let apart = Site {
        directory,
        ..site()
    };
    for site in [site(), apart] {
        for software in Software::ALL {
            for file in software.files(&site) {
                let left = unfilled(&file.contents);
                assert!(left.is_empty(), "{software}, {}: {left:?}", file.name);
            }
        }
    }
}

#[test]
fn every_configuration_names_its_files_by_their_whole_paths() {
    let site = site();
    let caddy = [site.directory.join("trusted.caddy"), site.verify_socket()];
    let wanted = |software| match software {
        Software::Caddy => caddy.to_vec(),
        Software::Traefik => vec![site.client_ca()],
        _ => vec![site.client_ca(), site.crl()],
    };
    for software in Software::ALL.into_iter().filter(|it| it.is_proxy()) {
        let files = software.files(&site);
        let all: String = files.iter().map(|file| file.contents.as_str()).collect();
        for place in wanted(software).iter().chain([&site.fullchain, &site.key]) {
            assert!(all.contains(place.as_str()), "{software}: {place}");
        }
    }
}

#[test]
fn what_is_not_proven_says_so_in_its_first_line() {
    for software in Software::ALL {
        let main = main_file(software, &site());
        let says = main.starts_with("# NOT PROVEN");
        assert_eq!(says, !software.is_proven(), "{software}");
    }
}

#[test]
fn the_refresh_script_is_a_program_and_passes_the_anchor_on() {
    let mut site = site();
    let script = |site: &Site, software: Software| {
        let files = software.files(site);
        let script = files.into_iter().find(|file| file.name == "refresh");
        script.unwrap()
    };
    for software in Software::ALL {
        let file = script(&site, software);
        assert_eq!(file.kind, Kind::Program, "{software}");
        assert!(file.contents.starts_with("#!/bin/sh\n"), "{software}");
        let command = format!(
            "server-config {software} --refresh --directory /ca/sites/it --probe-anchor /anchor >"
        );
        assert!(file.contents.contains(&command), "{software}");
    }
    site.probe_anchor = None;
    let file = script(&site, Software::Nginx);
    assert!(!file.contents.contains("--probe-anchor"));
}

#[test]
fn an_address_of_ipv6_stands_in_brackets_where_hosts_are_compared() {
    let site = site();
    assert_eq!(
        site.hosts_in_urls(),
        [
            "www.example.org",
            "*.example.org",
            "192.0.2.1",
            "[2001:db8::1]"
        ]
    );
    assert_eq!(
        site.hosts_pattern(),
        r"www\.example\.org|[^.]+\.example\.org|192\.0\.2\.1|\[2001:db8::1\]"
    );
}

#[test]
fn every_proxy_takes_away_whatever_is_forgeable() {
    let site = site();
    for name in forgeable::names() {
        for (software, removes) in [
            (
                Software::Nginx,
                format!("\n        proxy_set_header {name} "),
            ),
            (
                Software::Apache,
                format!("\n    RequestHeader unset {name} early\n"),
            ),
            (Software::Traefik, format!("\n          {name}: ")),
            (
                Software::Envoy,
                format!("\n                    - {}\n", name.to_lowercase()),
            ),
        ] {
            let files = software.files(&site);
            let removes = files.iter().any(|file| file.contents.contains(&removes));
            // These set themselves what they call so.
            let is_own = match software {
                Software::Traefik => traefik::OWN.contains(&name),
                Software::Envoy => envoy::OWN.contains(&name) || name.starts_with("X-Envoy-"),
                _ => false,
            };
            assert!(removes != is_own, "{software}: {name}");
        }
    }
    let haproxy = main_file(Software::Haproxy, &site);
    let apache = main_file(Software::Apache, &site);
    let caddy = main_file(Software::Caddy, &site);
    for pattern in forgeable::patterns() {
        let spelled = pattern.trim_end_matches('*').to_lowercase();
        let spelled = spelled.replace('-', "[^a-z0-9]");
        assert!(haproxy.contains(&spelled), "{pattern}");
        assert!(apache.contains(&spelled), "{pattern}");
        let removes = format!("request_header -{pattern}\n");
        assert!(caddy.contains(&removes), "{pattern}");
    }
    assert!(haproxy.contains("del-header ^(?:client[^a-z0-9]cert|"));
    assert!(caddy.contains("request_header -*_*\n\t\trequest_header -*.*\n"));
}

#[test]
fn a_deeper_hierarchy_gets_a_greater_depth_and_each_server_counts_in_its_own_way() {
    let site = Site { depth: 2, ..site() };
    let nginx = main_file(Software::Nginx, &site);
    assert!(nginx.contains("ssl_verify_depth 2;"));
    let apache = main_file(Software::Apache, &site);
    assert!(apache.contains("SSLVerifyDepth 3\n"));
}

#[test]
fn only_whom_root_starts_becomes_somebody_else() {
    let site = Site {
        is_privileged: false,
        ..site()
    };
    let haproxy = main_file(Software::Haproxy, &site);
    assert!(!haproxy.contains("\n    user haproxy"));
    let haproxy = main_file(Software::Haproxy, &self::site());
    assert!(haproxy.contains("\n    user haproxy\n    group haproxy\n"));
}

#[test]
fn every_address_is_one_of_both_kinds_where_none_is_named() {
    let site = Site {
        listen: "[::]:443".parse().unwrap(),
        ..site()
    };
    for (software, words) in [
        (
            Software::Nginx,
            "listen [::]:443 ssl http2 default_server ipv6only=off;",
        ),
        (Software::Haproxy, "bind [::]:443 v4v6 ssl "),
        (Software::Caddy, "\t# On every address."),
        (Software::Envoy, "port_value: 443, ipv4_compat: true"),
    ] {
        let main = main_file(software, &site);
        assert!(main.contains(words), "{software}: {main}");
    }
}

#[test]
fn a_service_has_a_place_of_its_own_for_temporary_files_where_nothing_of_the_site_lies_there() {
    let temporary = Place::new(Path::new("/var/tmp/site")).unwrap();
    let there = Site {
        directory: temporary,
        ..site()
    };
    for software in Software::ALL {
        for (site, words) in [
            (site(), "\nPrivateTmp=yes\n"),
            (there.clone(), "\nReadWritePaths=/tmp /var/tmp\n"),
        ] {
            let mut services = software.files(&site);
            services.retain(|file| file.name.ends_with(".service"));
            for service in services {
                let name = &service.name;
                assert!(service.contents.contains(words), "{name}");
                let writes = format!("ReadWritePaths={} ", site.ca_data);
                let of_a_program = name.ends_with("-server.service");
                assert_eq!(service.contents.contains(&writes), !of_a_program, "{name}");
            }
        }
    }
}

#[test]
fn apache_refuses_no_field_of_an_application_s_own_but_every_name_of_a_certificate() {
    let refused = headers::certificates();
    for part in [
        "x[^a-z0-9]client[^a-z0-9]cert|",
        "x[^a-z0-9]ssl[^a-z0-9]",
        "pki[^a-z0-9]",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    let beginning = "|x[^a-z0-9]client[^a-z0-9]|";
    let all = headers::families();
    assert!(all.contains(beginning), "{all}");
    assert!(!refused.contains(beginning), "{refused}");
}
