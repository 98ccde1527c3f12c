//! Certificates and a key in pipes that a child inherits: they stand neither in a file nor on a command line.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use tokio::process::Command;
use zeroize::Zeroizing;

use super::Credentials;

/// The most that a pipe surely holds before anybody reads it, in octets.
const PIPE: usize = 60 << 10;

/// Certificate, chain and key, each in a pipe of its own.
pub(super) struct Files {
    certificate: OwnedFd,
    chain: Option<OwnedFd>,
    key: OwnedFd,
}

impl Files {
    pub(super) fn of(presented: &Credentials<'_>) -> io::Result<Self> {
        let pem = |certificates: &[&[u8]]| {
            let block = |der: &&[u8]| pem::encode(&pem::Pem::new("CERTIFICATE", *der));
            certificates.iter().map(block).collect::<String>()
        };
        let block = pem::Pem::new("PRIVATE KEY", presented.private_key);
        let key = Zeroizing::new(pem::encode(&block));
        // The block holds a copy that nobody else wipes.
        drop(Zeroizing::new(block.into_contents()));
        let (own, others) = presented
            .chain
            .split_at_checked(1)
            .ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self {
            certificate: filled(pem(own).as_bytes())?,
            chain: match others {
                [] => None,
                others => Some(filled(pem(others).as_bytes())?),
            },
            key: filled(key.as_bytes())?,
        })
    }

    pub(super) fn name(&self, command: &mut Command) {
        command.args(["-cert", &device(&self.certificate)]);
        command.args(["-key", &device(&self.key)]);
        if let Some(chain) = &self.chain {
            command.args(["-cert_chain", &device(chain)]);
        }
    }
}

/// A pipe that holds this, and ends behind it.
fn filled(content: &[u8]) -> io::Result<OwnedFd> {
    if content.len() > PIPE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let (pipe, end) = rustix::pipe::pipe()?;
    File::from(end).write_all(content)?;
    Ok(pipe)
}

/// The name under which a process opens what it has inherited.
pub(super) fn device(inherited: &OwnedFd) -> String {
    format!("/dev/fd/{}", inherited.as_raw_fd())
}
