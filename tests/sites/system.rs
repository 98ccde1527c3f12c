//! What stands in for the trust store of a system, so that a program finds one root more there, or one alone, and no file of this
//! machine is touched.

use std::path::Path;
use std::process::Command;

use crate::support::{Authority, finish, hermetic, path_text, tool};

/// Where GnuTLS looks for the roots of the system; Debian's build of it has no variable for that.
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
/// A file is laid over it that nobody else sees, and then the program begins in the same process.
const LAID_OVER: &str = "mount --bind \"$0\" \"$1\" && shift && exec \"$@\"";
/// The password of Java's own store, which keeps nothing secret.
const PASSWORD: &str = "changeit";

/// A program that takes this root for one that its system trusts, as the server of this word looks for such.
#[track_caller]
pub(crate) fn trusting(
    root: &Path,
    word: &str,
    program: &Path,
    authority: &Authority,
) -> Option<Command> {
    let mut command = match word {
        "gnutls" => {
            let mut apart = hermetic(tool("unshare")?, authority.home());
            apart.arg("--mount");
            // Root may unshare at once; anyone else needs a user namespace in which he is root.
            if !rustix::process::geteuid().is_root() {
                apart.arg("--map-root-user");
            }
            apart.args(["--", "sh", "-c", LAID_OVER, path_text(root), BUNDLE]);
            apart.arg(program);
            apart
        }
        _ => hermetic(program, authority.home()),
    };
    if word == "java" {
        let store = java_store(root, authority)?;
        let options = format!(
            "-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword={PASSWORD}"
        );
        command.env("JAVA_TOOL_OPTIONS", options);
    }
    // What OpenSSL and Go look at, and what Node does.
    command.env("SSL_CERT_FILE", root);
    command.env("NODE_EXTRA_CA_CERTS", root);
    Some(command)
}

/// A keystore that holds the root alone.
#[track_caller]
fn java_store(root: &Path, authority: &Authority) -> Option<String> {
    let store = authority.path("system.p12");
    let text = path_text(&store).to_owned();
    if !store.is_file() {
        let mut keytool = hermetic(tool("keytool")?, authority.home());
        keytool.args(["-importcert", "-noprompt", "-alias", "system"]);
        keytool.args(["-file", path_text(root), "-keystore", &text]);
        finish(keytool.args(["-storepass", PASSWORD])).ok();
    }
    Some(text)
}
