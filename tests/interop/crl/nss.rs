//! NSS: crlutil imports the CRLs, vfychain and certutil judge by them.

use std::path::{Path, PathBuf};

use super::{Setting, Verdict};
use crate::support::{Finished, finish, hermetic, path_text, tool};

/// A database with our CAs and their CRLs in it.
struct Database<'a> {
    setting: &'a Setting,
    directory: String,
}

impl<'a> Database<'a> {
    #[track_caller]
    fn of(setting: &'a Setting) -> Option<Self> {
        let directory = setting.authority.path("nssdb");
        std::fs::create_dir(&directory).unwrap();
        let database = Self {
            setting,
            directory: format!("sql:{}", path_text(&directory)),
        };
        database.run("certutil", &["-N", "--empty-password"])?.ok();
        database.add("root", "CT,C,C", &setting.authority.root())?;
        database.add("issuing", ",,", &setting.authority.issuing())?;
        for (crl, _) in &setting.crls {
            database.run("crlutil", &["-I", "-i", path_text(crl)])?.ok();
        }
        Some(database)
    }

    #[track_caller]
    fn add(&self, nickname: &str, trust: &str, file: &Path) -> Option<()> {
        let words = ["-A", "-n", nickname, "-t", trust, "-i", path_text(file)];
        self.run("certutil", &words).map(|added| drop(added.ok()))
    }

    #[track_caller]
    fn run(&self, program: &str, words: &[&str]) -> Option<Finished> {
        let mut command = hermetic(tool(program)?, self.setting.authority.home());
        Some(finish(command.args(["-d", &self.directory]).args(words)))
    }
}

/// What NSS said, in our words.
#[track_caller]
fn verdict(finished: &Finished) -> Verdict {
    let said = finished.said();
    match finished.code {
        Some(0) => Verdict::Good,
        _ if said.contains("has been revoked") => Verdict::Revoked,
        _ if said.contains("has expired") => Verdict::Expired,
        _ => panic!("{said}"),
    }
}

#[test]
fn nss_imports_the_crls_and_agrees_with_them() {
    for options in [&[][..], &["--base-url", "http://pki.example.com"]] {
        let Some(setting) = Setting::new(options, &[]) else {
            return;
        };
        let Some(database) = Database::of(&setting) else {
            return;
        };
        let listed = database.run("crlutil", &["-L"]).unwrap().ok().out();
        assert_eq!(listed.matches(" CRL  ").count(), 2, "{listed}");
        // Usage 0 is a TLS client.
        setting.assert_agreed(|case| {
            let issuing: PathBuf = setting.authority.issuing();
            let words = [
                "-u",
                "0",
                "-a",
                path_text(&case.certificate),
                "-a",
                path_text(&issuing),
            ];
            database.run("vfychain", &words).map(|said| verdict(&said))
        });
        setting.assert_agreed(|case| {
            database.add(case.name, ",,", &case.certificate)?;
            let words = ["-V", "-u", "C", "-n", case.name];
            database.run("certutil", &words).map(|said| verdict(&said))
        });
    }
}
