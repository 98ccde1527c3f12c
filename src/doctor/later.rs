//! Whether a server asks for a certificate after the first handshake, found out with OpenSSL's client.
//!
//! rustls neither renegotiates nor offers post-handshake authentication, as no browser does the latter. `openssl s_client` does both,
//! and with `-msg` shows every handshake message.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::facts::Later;
use super::request;
use crate::hexadecimal;
use crate::login::{Url, Version};

/// How long OpenSSL's client may take: a handshake or two, and the beginning of an answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// The most that is read of what it says, in octets; two handshakes take some 30 KiB.
const LIMIT: usize = 4 << 20;
/// How an answer begins. A server that has begun to answer asks for nothing any more.
const ANSWER: &[u8] = b"\nHTTP/";

/// Asks for the URL's path with OpenSSL's client, in one version, and looks for a request behind the first handshake.
pub(super) async fn look(url: &Url, address: SocketAddr, version: Version, path: &OsStr) -> Later {
    match transcript(url, address, version, path).await {
        Ok(said) => read(&String::from_utf8_lossy(&said), version),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            Later::Unchecked("openssl is not installed".to_owned())
        }
        Err(cause) => Later::Unchecked(format!("openssl could not be run: {cause}")),
    }
}

/// What it says until the server answers, ends the connection, or the time is over.
async fn transcript(
    url: &Url,
    address: SocketAddr,
    version: Version,
    path: &OsStr,
) -> std::io::Result<Vec<u8>> {
    let mut child = command(url, address, version, path).spawn()?;
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        url.path(),
        url.authority()
    );
    let mut stdin = child.stdin.take();
    let mut stdout = child.stdout.take();
    let mut said = Vec::new();
    let talk = async {
        if let Some(stdin) = &mut stdin {
            // One that ended at once does not read it, and what it said tells why.
            let _ = stdin.write_all(request.as_bytes()).await;
        }
        while let Some(stdout) = &mut stdout
            && said.len() < LIMIT
            && !said.windows(ANSWER.len()).any(|it| it == ANSWER)
            && stdout.read_buf(&mut said).await.is_ok_and(|read| read > 0)
        {}
    };
    // What was said until then counts.
    let _ = timeout(PATIENCE, talk).await;
    // It may have ended by itself.
    let _ = child.kill().await;
    Ok(said)
}

fn command(url: &Url, address: SocketAddr, version: Version, path: &OsStr) -> Command {
    let mut command = Command::new("openssl");
    command
        .args(["s_client", "-ign_eof", "-msg", "-alpn", "http/1.1"])
        .arg("-connect")
        .arg(address.to_string())
        .args(match version {
            Version::Tls12 => &["-tls1_2"][..],
            Version::Tls13 => &["-tls1_3", "-enable_pha"],
        });
    match url.is_name() {
        true => command.args(["-servername", url.host()]),
        false => command.arg("-noservername"),
    };
    // Nothing else of the environment: a configuration of somebody's would change what is offered.
    command
        .env_clear()
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Looks in what `-msg` wrote for a CertificateRequest that came after the server's first Finished.
fn read(said: &str, version: Version) -> Later {
    let mut is_finished = false;
    let mut lines = said.lines();
    while let Some(line) = lines.next() {
        let Some(message) = line
            .strip_prefix("<<< ")
            .filter(|it| it.contains(", Handshake "))
        else {
            continue;
        };
        if message.ends_with(", Finished") {
            is_finished = true;
        }
        if message.ends_with(", CertificateRequest") {
            if !is_finished {
                return Later::NotAsked;
            }
            let digits: String = lines
                .take_while(|line| line.starts_with("    "))
                .flat_map(|line| line.split_whitespace())
                .collect();
            let octets = hexadecimal::decode(&digits).unwrap_or_default();
            let request = request::read(&octets, version);
            return Later::Asked(request.unwrap_or_default());
        }
    }
    match is_finished {
        true => Later::NotAsked,
        false => Later::Unchecked("openssl completed no handshake".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "<<< TLS 1.2, Handshake [length 0054], ServerHello\n    02 00\n";
    const FINISHED: &str = "<<< TLS 1.2, Handshake [length 0010], Finished\n    14 00\n";
    const REQUEST: &str = "<<< TLS 1.2, Handshake [length 000f], CertificateRequest\n    0d 00 00 0a 01 40 00 04 04 03 08 04\n    00 00\n<<< TLS 1.2, RecordHeader [length 0005]\n    16 03 03 00 04\n";

    #[test]
    fn a_request_behind_the_first_handshake_is_found_and_read() {
        let said = [FIRST, FINISHED, "HTTP/1.1 \n", FIRST, REQUEST, FINISHED].concat();
        let Later::Asked(request) = read(&said, Version::Tls12) else {
            panic!("no request was found");
        };
        assert_eq!(request.type_names(), ["ecdsa_sign"]);
        assert_eq!(request.signature_schemes, [0x0403, 0x0804]);
        assert!(request.acceptable_issuers.is_empty());
    }

    #[test]
    fn one_in_the_first_handshake_is_none_behind_it() {
        let said = [FIRST, REQUEST, FINISHED].concat();
        assert_eq!(read(&said, Version::Tls12), Later::NotAsked);
        let said = [FIRST, FINISHED, "HTTP/1.1 200 OK\n"].concat();
        assert_eq!(read(&said, Version::Tls12), Later::NotAsked);
    }

    #[test]
    fn what_the_page_says_is_no_message() {
        let said = [
            FIRST,
            FINISHED,
            "CertificateRequest\n",
            ", CertificateRequest\n",
        ]
        .concat();
        assert_eq!(read(&said, Version::Tls12), Later::NotAsked);
    }

    #[test]
    fn without_a_handshake_nothing_is_known() {
        assert!(matches!(read(FIRST, Version::Tls12), Later::Unchecked(_)));
        assert!(matches!(read("", Version::Tls13), Later::Unchecked(_)));
    }
}
