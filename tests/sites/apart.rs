//! Caddy as Debian runs it: as a user of its own, from a directory outside of the CA's.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use rustix::process::geteuid;

use crate::support::{Authority, finish, hermetic, path_text, tool};

#[test]
fn outside_of_the_cas_directory_caddy_can_read_all_that_it_needs_and_no_more() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let directory = authority.path("etc/pki");
    let words = ["server-config", "caddy", "--directory"];
    let words = [&words[..], &[path_text(&directory)]].concat();
    authority.pki(&words).ok();
    let Some(caddy) = tool("caddy") else { return };
    let prepare = || {
        let mut script = hermetic(directory.join("refresh"), authority.home());
        finish(&mut script).ok();
    };
    prepare();
    let configuration = directory.join("Caddyfile");
    let validate = |mut command: std::process::Command| {
        let words = ["validate", "--config", path_text(&configuration)];
        finish(command.args(words))
    };
    // Whoever is not root starts it as himself.
    let own = validate(hermetic(&caddy, authority.home()));
    assert_eq!(own.code, Some(0), "{}", own.said());
    let has_user = fs::read_to_string("/etc/passwd").is_ok_and(|it| it.contains("\ncaddy:"));
    if !geteuid().is_root() || !has_user {
        return;
    }
    let key = authority.path("ca-data/servers/localhost/key.pem");
    let copy = directory.join("private/key.pem");
    assert_eq!(fs::metadata(&copy).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(fs::metadata(&key).unwrap().mode() & 0o7777, 0o600);
    // As anybody may enter /etc.
    fs::set_permissions(authority.home(), fs::Permissions::from_mode(0o711)).unwrap();
    let as_caddy = |program: &std::path::Path| {
        let mut command = hermetic("/usr/sbin/runuser", authority.home());
        command.args(["-u", "caddy", "--"]).arg(program);
        command
    };
    let theirs = validate(as_caddy(&caddy));
    assert_eq!(theirs.code, Some(0), "{}", theirs.said());
    let cat =
        |path: &std::path::Path| finish(as_caddy(std::path::Path::new("/bin/cat")).arg(path)).code;
    assert_ne!(cat(&key), Some(0));
    assert_eq!(cat(&copy), Some(0));
    // A renewal reaches it too.
    authority.pki(&["renew", "localhost"]).ok();
    prepare();
    for (there, here) in [("key.pem", "key.pem"), ("fullchain.pem", "fullchain.pem")] {
        let there = key.with_file_name(there);
        assert_eq!(
            fs::read(there).unwrap(),
            fs::read(copy.with_file_name(here)).unwrap()
        );
    }
    assert_eq!(validate(as_caddy(&caddy)).code, Some(0));
}
