//! Java's own program for keystores, `keytool`.

use std::path::Path;
use std::process::Command;

use super::super::Surroundings;
use super::super::program::{PATIENCE, Program};
use crate::bundle::pem;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};

/// The variable by which it is told the password, which stands on no command line.
const PASSWORD: &str = "KEYSTORE_PASSWORD";

/// `keytool` of one installation: another one might write a form that this one cannot read.
pub(super) struct Keytool<'a> {
    surroundings: &'a Surroundings,
    program: Program,
}

/// One certificate of a keystore under its alias.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) alias: String,
    pub(super) der: Vec<u8>,
    /// Whether Java trusts it by this entry.
    pub(super) is_trusted: bool,
}

impl<'a> Keytool<'a> {
    pub(super) fn find(home: &Path, surroundings: &'a Surroundings) -> Result<Self> {
        let own = Program::at(home.join("bin/keytool"));
        let program = own.or_else(|| Program::find("keytool", surroundings));
        program
            .map(|program| Self {
                surroundings,
                program,
            })
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::NotFound,
                    format!(
                        "{} has no keytool, which reads and writes its keystore",
                        home.display()
                    ),
                )
                .with_hint("Install the whole of it, or name another installation by JAVA_HOME.")
            })
    }

    /// Every certificate of a keystore.
    pub(super) fn entries(&self, file: &Path) -> Result<Vec<Entry>> {
        let listed = self.run(&["-list", "-rfc"], file, b"")?;
        parse(&String::from_utf8_lossy(&listed))
    }

    pub(super) fn import(&self, file: &Path, alias: &str, root: &Certificate) -> Result<()> {
        let words = ["-importcert", "-noprompt", "-alias", alias];
        self.run(&words, file, root.pem().as_bytes()).map(|_| ())
    }

    pub(super) fn delete(&self, file: &Path, alias: &str) -> Result<()> {
        self.run(&["-delete", "-alias", alias], file, b"")
            .map(|_| ())
    }

    fn run(&self, words: &[&str], file: &Path, input: &[u8]) -> Result<Vec<u8>> {
        let mut command: Command = self.program.command(self.surroundings);
        command
            // What it prints is read here.
            .args(["-J-Duser.language=en"])
            .args(words)
            .arg("-keystore")
            .arg(file)
            .args(["-storepass:env", PASSWORD])
            .env(PASSWORD, self.surroundings.java_password.expose());
        let output = self.program.finish(&mut command, input, PATIENCE)?;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() && said.contains("password was incorrect") {
            let fact = format!("the password is not that of {}", file.display());
            return Err(Error::new(ErrorKind::WrongPassphrase, fact)
                .with_hint("Give that of the keystore with --java-password-file FILE."));
        }
        self.program.checked(output)
    }
}

/// Reads what `keytool -list -rfc` prints: an alias, and the certificates that belong to it.
///
/// Trusted is what stands alone, and of a key's chain the first, its own: so does OpenJDK read a store of roots.
fn parse(printed: &str) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for part in printed.split("\nAlias name: ").skip(1) {
        let (alias, rest) = part.split_once('\n').unwrap_or((part, ""));
        // A secret key has none.
        if rest.contains("-----BEGIN ") {
            let certificates = pem::read_certificates(rest.as_bytes())?.into_iter();
            entries.extend(certificates.enumerate().map(|(position, der)| Entry {
                alias: alias.trim_end().to_owned(),
                der,
                is_trusted: position == 0,
            }));
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestAuthority;

    #[test]
    fn entries_are_read_with_their_aliases_and_a_secret_key_is_none() -> Result<()> {
        let authority = TestAuthority::new()?;
        let (root, issuing) = (
            authority.root.certificate(),
            authority.issuing.certificate(),
        );
        let printed = format!(
            "Keystore type: JKS\n\nYour keystore contains 3 entries\n\nAlias name: a: b\nCreation date: x\nEntry type: \
             trustedCertEntry\n\n{}\n\n****\n\nAlias name: secret\nEntry type: SecretKeyEntry\n\n\nAlias name: key\n\
             Certificate chain length: 2\nCertificate[1]:\n{}Certificate[2]:\n{}",
            root.pem(),
            issuing.pem(),
            root.pem()
        );
        let entries = parse(&printed)?;
        let found: Vec<_> = entries
            .iter()
            .map(|entry| (entry.alias.as_str(), entry.der.as_slice(), entry.is_trusted))
            .collect();
        assert_eq!(
            found,
            [
                ("a: b", root.der(), true),
                ("key", issuing.der(), true),
                ("key", root.der(), false)
            ]
        );
        Ok(())
    }
}
