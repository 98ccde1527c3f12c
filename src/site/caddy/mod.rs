//! Caddy, which asks `pki serve` about every request.

use super::refresh::{self, Either, Reload};
use super::sandbox::{self, Service};
use super::{File, Material, Site, Software};
use crate::certificate::Certificate;
use crate::forgeable;
use crate::name::SubjectAltName;

/// The whole configuration, what answers it, and what keeps it current.
pub(super) fn files(site: &Site) -> Vec<File> {
    // By itself it listens on every address.
    let bind = match site.listen.ip() {
        ip if ip.is_unspecified() => "\t# On every address.".to_owned(),
        ip => format!("\tbind {ip}"),
    };
    // It would demand SNI of everybody, and refuse those who come to an address: with one site there is nothing to mix up.
    let has_address = site
        .hosts
        .iter()
        .any(|host| matches!(host, SubjectAltName::Ip(_)));
    let strict = match has_address {
        true => {
            "\t\t# Who comes to an address sends no SNI. With another site at this port, leave it on, and addresses out.\n\t\tstrict_sni_host insecure_off"
        }
        false => "\t\tstrict_sni_host on",
    };
    let verify = "@program@ --ca-data @ca_data@ serve --listen 127.0.0.1:0 --http 127.0.0.1:0 --verify unix:@socket@ --verify-form client-cert";
    // Beneath the CA's directory whoever owns that starts it, and it reads the key there.
    let own = |name: &'static str, apart: &'static str| match site.is_apart() {
        true => site.directory.join(apart),
        false => site.directory.join(name),
    };
    let (admin, storage) = (
        own("admin.sock", "run/admin.sock").to_string(),
        own("storage", "run/storage").to_string(),
    );
    let (fullchain, key, service_group, start) = match site.is_apart() {
        true => (
            site.directory.join("private/fullchain.pem"),
            site.directory.join("private/key.pem"),
            "# It may use the socket.\nGroup=caddy\n",
            include_str!("apart"),
        ),
        false => (
            site.fullchain.clone(),
            site.key.clone(),
            "",
            include_str!("within"),
        ),
    };
    let mut values = vec![
        ("admin", admin),
        ("storage", storage),
        ("tls_fullchain", fullchain.to_string()),
        ("tls_key", key.to_string()),
        ("group", service_group.to_owned()),
        ("start", site.fill(start, &[])),
        ("hosts", site.hosts_in_urls().join(" ")),
        ("removed", removed()),
        ("bind", bind),
        ("socket", site.verify_socket().to_string()),
        ("strict", strict.to_owned()),
        ("sandbox", sandbox::lines(site, Service::Verify)),
    ];
    values.push(("verify", site.fill(verify, &values)));
    // Both use the same socket; what systemd runs reads the system's configuration.
    let is_started_here = site.fill(
        "{ [ -S @admin@ ] && ! systemctl is-active --quiet caddy 2>/dev/null; }",
        &values,
    );
    let reload = site.fill(
        "quietly caddy reload --force --address unix/@admin@ --config @directory@/Caddyfile",
        &values,
    );
    // It says also that all is well.
    let reload = Either {
        is_started_here: is_started_here.as_str(),
        here: Reload {
            check: "caddy validate --config @directory@/Caddyfile >/dev/null 2>&1 || caddy validate --config @directory@/Caddyfile",
            reload: reload.as_str(),
        },
        service: Reload {
            check: "caddy validate --config /etc/caddy/Caddyfile >/dev/null 2>&1 || caddy validate --config /etc/caddy/Caddyfile",
            reload: "systemctl reload caddy",
        },
        unit: "caddy",
    };
    let mut lines = reload.lines();
    if site.is_apart() {
        include_str!("prepare.sh").clone_into(&mut lines.prepare);
    }
    let service = include_str!("pki-caddy-verify.service");
    let mut files = vec![
        File::text("Caddyfile", site.fill(include_str!("Caddyfile"), &values)),
        File::text("pki-caddy-verify.service", site.fill(service, &values)),
    ];
    files.extend(refresh::files_of_a_server_that_reads(
        // It reads no CRL, but a reload ends every WebSocket, and so those of whoever was revoked.
        "trusted.caddy crl.pem",
        site,
        Software::Caddy,
        &lines,
    ));
    files
}

/// Takes away whatever is forgeable.
pub(super) fn removed() -> String {
    let lines = forgeable::patterns().map(|pattern| format!("\t\trequest_header -{pattern}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The CAs that it trusts, one a line: of a file of PEM it reads the first alone.
pub(super) fn trusted(material: &Material) -> File {
    let line = |certificate: &Certificate| -> String {
        let pem = certificate.pem();
        let base64 = pem.lines().filter(|line| !line.starts_with('-'));
        format!("trusted_ca_cert {}\n", base64.collect::<String>())
    };
    File::text("trusted.caddy", material.all().map(line).collect())
}
