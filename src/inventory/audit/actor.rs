//! By whom: the user whose process it is, as this machine knows him.

use std::path::Path;

use crate::file;
use crate::name::one_line;

/// The users that this machine itself knows. Those of a directory service are told by their number alone: to ask for their
/// names takes the C library, and this crate has no unsafe code.
const PASSWD: &str = "/etc/passwd";
/// The longest name that is told, in characters; useradd allows 32.
const MAX_NAME: usize = 64;

/// Says who runs this process: `alice (uid 1000)`, and `root (uid 0), SUDO_USER says alice` where a variable claims so.
pub(in crate::inventory) fn current() -> String {
    let passwd = file::read(Path::new(PASSWD)).unwrap_or_default();
    let claimed = std::env::var_os("SUDO_USER");
    describe(
        rustix::process::getuid().as_raw(),
        &String::from_utf8_lossy(&passwd),
        claimed.map(|name| name.to_string_lossy().into_owned()),
    )
}

/// The number is a fact of the kernel, the name one of the machine's, and `SUDO_USER` what anybody may set: it is told as a
/// claim.
fn describe(uid: u32, passwd: &str, claimed: Option<String>) -> String {
    let user = match name_of(uid, passwd) {
        Some(name) => format!("{} (uid {uid})", bounded(name)),
        None => format!("uid {uid}"),
    };
    match claimed.filter(|name| !name.is_empty()) {
        Some(name) => format!("{user}, SUDO_USER says {}", bounded(&name)),
        None => user,
    }
}

/// The first user with this number (passwd(5)): `name:password:uid:…`.
fn name_of(uid: u32, passwd: &str) -> Option<&str> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        let number: u32 = fields.nth(1)?.parse().ok()?;
        (number == uid).then_some(name)
    })
}

fn bounded(name: &str) -> String {
    one_line(name).chars().take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nodd line\n:x:7:7::/:\nalice:x:1000:1000::/:\nother:x:1000:1::/:\n";

    #[test]
    fn a_user_is_told_by_name_and_number_or_by_the_number_alone() {
        assert_eq!(describe(1000, USERS, None), "alice (uid 1000)");
        assert_eq!(describe(7, USERS, None), "uid 7");
        assert_eq!(describe(0, "", Some(String::new())), "uid 0");
    }

    #[test]
    fn what_sudo_says_is_a_claim_and_cannot_command_a_terminal_or_go_on_forever() {
        assert_eq!(
            describe(0, USERS, Some("alice".to_owned())),
            "root (uid 0), SUDO_USER says alice"
        );
        let long = format!("\u{1b}[2J\n{}", "a".repeat(10_000));
        let told = describe(0, USERS, Some(long));
        assert!(told.chars().count() < 128);
        assert!(!told.chars().any(char::is_control));
    }
}
