//! Apache's httpd.

use std::path::Path;

use rustix::process::Signal;

use super::{Kind, Site};

pub(crate) static APACHE: Kind = Kind {
    program: "apache2",
    configuration,
    arguments,
    // A graceful restart.
    reload: Signal::USR1,
    stop: Signal::TERM,
};

fn configuration(site: &Site) -> String {
    let (root, crls) = (site.root.display(), site.crls().display());
    let words = format!(
        "SSLCACertificateFile {root}
SSLVerifyClient require
SSLVerifyDepth 2
SSLCARevocationFile {crls}
SSLCARevocationCheck chain
RewriteEngine on
RewriteRule ^ - [R=204,L]"
    );
    configuration_with(site, &words)
}

/// One server with TLS, and these directives in it.
pub(crate) fn configuration_with(site: &Site, directives: &str) -> String {
    let Site {
        port,
        fullchain,
        key,
        directory,
        ..
    } = site;
    let (fullchain, key, directory) = (fullchain.display(), key.display(), directory.display());
    // Started by root, it serves as somebody else; otherwise it cannot change who it is.
    let user = match rustix::process::getuid().is_root() {
        true => "User www-data\nGroup www-data",
        false => "",
    };
    format!(
        "ServerRoot {directory}
DefaultRuntimeDir {directory}
PidFile {directory}/pid
ErrorLog /dev/stderr
ServerName localhost
{user}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
Mutex pthread
Listen 127.0.0.1:{port}
SSLEngine on
SSLCertificateFile {fullchain}
SSLCertificateKeyFile {key}
{directives}
"
    )
}

fn arguments(_: &Site, configuration: &Path) -> Vec<String> {
    [
        "-D",
        "FOREGROUND",
        "-f",
        &configuration.display().to_string(),
    ]
    .map(str::to_owned)
    .into()
}

#[test]
fn apache_lets_alice_in_until_she_is_revoked() {
    super::alice_is_let_in_until_she_is_revoked(&APACHE);
}

#[test]
fn apache_lets_nobody_in_without_the_roots_crl() {
    super::nobody_is_let_in_without_the_roots_crl(&APACHE);
}
