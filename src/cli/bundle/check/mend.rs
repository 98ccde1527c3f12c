//! The command line that mends a bundle for a platform, ready to be pasted into a shell.

use std::path::{Path, PathBuf};

use crate::authority::CaData;
use crate::bundle::diagnosis::{Judgement, Mend};
use crate::cli::shell::quoted_path;

/// For each judgement the command that mends, where one does.
pub(super) fn commands(
    judgements: &[Judgement],
    file: &Path,
    password_file: Option<&Path>,
    data: &CaData,
) -> Vec<Option<String>> {
    // What lies in ca-data is the CA's: the new file goes where the user is.
    let beside = match data.holds(file) {
        true => PathBuf::from(file.file_name().unwrap_or_default()),
        false => file.to_owned(),
    };
    let command = |mend: Mend| command(mend, file, password_file, &free_name(&beside, mend));
    judgements
        .iter()
        .map(|judgement| judgement.mend().map(command).filter(|_| can_be_typed(file)))
        .collect()
}

/// Whether a path survives being printed and pasted.
fn can_be_typed(path: &Path) -> bool {
    path.to_str()
        .is_some_and(|text| !text.contains(char::is_control))
}

fn command(mend: Mend, file: &Path, password_file: Option<&Path>, out: &Path) -> String {
    let mut words = vec![
        "pki export --bundle".to_owned(),
        quoted_path(file),
        format!("--form p12 --for {}", mend.platform),
    ];
    // A password that came through a pipe is asked for again.
    if let Some(password_file) = password_file.filter(|it| it.is_file() && can_be_typed(it)) {
        words.push(format!("--password-file {}", quoted_path(password_file)));
    }
    if mend.new_password {
        words.push("--new-password".to_owned());
    }
    words.push(format!("--out {}", quoted_path(out)));
    words.join(" ")
}

/// Beside the file, with the platform in its name, and not there yet: `pki export` overwrites nothing.
fn free_name(file: &Path, mend: Mend) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name = |number: u32| match number {
        1 => format!("{stem}-{}.p12", mend.platform),
        more => format!("{stem}-{}-{more}.p12", mend.platform),
    };
    let mut names = (1..).map(|number| file.with_file_name(name(number)));
    names
        .find(|path| path.symlink_metadata().is_err())
        .unwrap_or_else(|| file.with_file_name(name(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Platform;

    #[test]
    fn the_command_names_what_the_check_was_given() {
        let mend = Mend {
            platform: Platform::Ios,
            new_password: true,
        };
        let (file, out) = (Path::new("a/old.pfx"), Path::new("a/new.p12"));
        let password_file = Path::new("Cargo.toml");
        assert_eq!(
            command(mend, file, Some(password_file), out),
            "pki export --bundle a/old.pfx --form p12 --for ios --password-file Cargo.toml --new-password --out a/new.p12"
        );
        for pipe in ["-", "/dev/fd/63"] {
            let asked = command(mend, file, Some(Path::new(pipe)), out);
            assert!(!asked.contains("--password-file"), "{asked}");
        }
        let beside = free_name(Path::new("nowhere/old.pfx"), mend);
        assert_eq!(beside, Path::new("nowhere/old-ios.p12"));
    }
}
