//! HAProxy.

use super::headers;
use super::refresh::{self, Either, Reload};
use super::{File, Material, Site, Software};
use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;

/// The whole configuration, and what keeps it current.
pub(super) fn files(site: &Site) -> Vec<File> {
    // By itself `[::]` is IPv6 alone here.
    let dual = match site.listen.ip().is_ipv6() && site.listen.ip().is_unspecified() {
        true => " v4v6",
        false => "",
    };
    // Only root can become somebody else, and for anybody else it is an error to try.
    let user = match site.is_privileged {
        true => "    user haproxy\n    group haproxy",
        false => "    # Started by root, it would need `user haproxy` and `group haproxy` here.",
    };
    let values = [
        ("families", headers::families()),
        ("host_pattern", site.hosts_pattern()),
        ("listen", format!("{}{dual}", site.listen)),
        ("user", user.to_owned()),
    ];
    let configuration = site.fill(include_str!("haproxy.cfg"), &values);
    let reload = Either {
        // The file stays when it ends: a process that has its number by chance is left alone.
        is_started_here: "grep -qF @directory@/haproxy.cfg \"/proc/$(cat @directory@/haproxy.pid)/cmdline\" 2>/dev/null",
        here: Reload {
            check: "haproxy -c -q -f @directory@/haproxy.cfg",
            reload: "kill -USR2 \"$(cat @directory@/haproxy.pid)\"",
        },
        service: Reload {
            check: "haproxy -c -q -f /etc/haproxy/haproxy.cfg",
            reload: "systemctl reload haproxy",
        },
        unit: "haproxy",
    };
    let mut files = vec![
        File::text("haproxy.cfg", configuration),
        // It wants the key beside the chain, under this name.
        File::link("server.pem", &site.fullchain),
        File::link("server.pem.key", &site.key),
    ];
    files.extend(refresh::files_of_a_server_that_reads(
        "client-ca.pem crl.pem issuers.txt",
        site,
        Software::Haproxy,
        &reload.lines(),
    ));
    files
}

/// The commonNames of the issuing CAs, one a line.
///
/// # Errors
/// Refuses a name that cannot stand in a line.
pub(super) fn issuers(material: &Material) -> Result<File> {
    let names = material.issuing.iter();
    let names = names.filter_map(|issuing| issuing.subject().common_name());
    let lines: Result<String> = names.map(line).collect();
    Ok(File::text("issuers.txt", lines?))
}

/// A line that HAProxy reads as exactly this name: it drops blanks at its beginning, and takes one without any that begins with `#` for
/// a comment.
fn line(name: &str) -> Result<String> {
    let is_other =
        name.is_empty() || name.starts_with([' ', '\t']) || name.contains(['\n', '\r', '\0']);
    if is_other {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!(
                "the name of the issuing CA {} cannot stand in a list of HAProxy",
                Quoted(name)
            ),
        )
        .with_hint("Take another server, or an issuing CA whose commonName has no blank at its beginning and no line break."));
    }
    Ok(match name.starts_with('#') {
        true => format!(" {name}\n"),
        false => format!("{name}\n"),
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_a_comment_is_set_apart_by_a_blank() {
        assert_eq!(line("Issuing #1").unwrap(), "Issuing #1\n");
        assert_eq!(line("#1 Issuing").unwrap(), " #1 Issuing\n");
    }

    #[test]
    fn a_name_that_would_be_read_as_another_is_refused() {
        for name in ["", " One", "\tOne", "One\nTwo", "One\rTwo", "One\0"] {
            let refused = line(name).unwrap_err().to_string();
            assert!(refused.contains("list of HAProxy"), "{name:?}: {refused}");
        }
    }
}
