//! Makes certificates with `openssl`, ordinary and odd ones, and puts them into NSS databases.

use std::fs;
use std::path::{Path, PathBuf};

use pki::certificate::Certificate;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use super::setups::{Beside, Leaf};
use crate::support::{Finished, finish, hermetic, path_text};

const CONFIGURATION: &str = "\
[ca]
default_ca = d
[d]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = p
[p]
commonName = supplied
[req]
distinguished_name = n
[n]
";
const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day][hour][minute][second]Z");

/// A directory in which `openssl` works.
pub(super) struct Workshop<'a> {
    directory: &'a Path,
    /// One moment for all, so that what is to end together does.
    now: OffsetDateTime,
}

/// A certificate and the file names of its parts: `STEM.pem`, `STEM.key`.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) certificate: Certificate,
    stem: String,
}

/// An NSS database.
pub(super) struct Database(pub(super) PathBuf);

impl<'a> Workshop<'a> {
    pub(super) fn new(directory: &'a Path) -> Self {
        fs::write(directory.join("ca.cnf"), CONFIGURATION).unwrap();
        fs::write(directory.join("index.txt"), "").unwrap();
        Self {
            directory,
            now: OffsetDateTime::now_utc(),
        }
    }

    /// Runs a program in the directory.
    pub(super) fn run(&self, program: &str, words: &[&str]) -> Finished {
        finish(hermetic(program, self.directory).args(words))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A root, or an issuing CA below one.
    pub(super) fn ca(&self, name: &str, issuer: Option<&Made>, days: [i64; 2]) -> Made {
        let leaf = Leaf {
            key: &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            extensions: CA,
            days,
            is_self_signed: issuer.is_none(),
        };
        self.certificate(name, name, &leaf, issuer)
    }

    /// The certificate of the server `localhost`.
    pub(super) fn server(&self, issuer: &Made) -> Made {
        let leaf = Leaf {
            key: &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            extensions: "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost\n",
            days: [-1, 100],
            is_self_signed: false,
        };
        self.certificate("localhost", "localhost", &leaf, Some(issuer))
    }

    /// Any certificate; its files are called `name`.
    pub(super) fn certificate(
        &self,
        name: &str,
        common_name: &str,
        leaf: &Leaf,
        issuer: Option<&Made>,
    ) -> Made {
        let file = |extension: &str| format!("{name}.{extension}");
        let (key, request, pem, extensions) = (file("key"), file("csr"), file("pem"), file("ext"));
        fs::write(self.path(&extensions), leaf.extensions).unwrap();
        let words = [&["genpkey", "-out", &key], leaf.key].concat();
        self.run("openssl", &words).ok();
        let subject = format!("/CN={common_name}");
        self.run(
            "openssl",
            &[
                "req", "-new", "-config", "ca.cnf", "-utf8", "-key", &key, "-subj", &subject,
                "-out", &request,
            ],
        )
        .ok();
        let at = |days: i64| {
            let moment = self.now + Duration::days(days);
            moment.format(TIME).unwrap()
        };
        let [from, until] = leaf.days.map(at);
        let mut words = vec![
            "ca", "-batch", "-notext", "-config", "ca.cnf", "-in", &request, "-out", &pem,
        ];
        words.extend([
            "-extfile",
            &extensions,
            "-startdate",
            &from,
            "-enddate",
            &until,
        ]);
        let issuer = issuer.filter(|_| !leaf.is_self_signed);
        let (issuer_pem, issuer_key) = issuer.map_or_else(Default::default, Made::files);
        match issuer {
            Some(_) => words.extend(["-cert", &issuer_pem, "-keyfile", &issuer_key]),
            None => words.extend(["-selfsign", "-keyfile", &key]),
        }
        self.run("openssl", &words).ok();
        let certificate = Certificate::from_file(&fs::read(self.path(&pem)).unwrap()).unwrap();
        Made {
            certificate,
            stem: name.to_owned(),
        }
    }

    /// A key in PKCS #8, in DER.
    pub(super) fn key_der(&self, made: &Made) -> Vec<u8> {
        let key = fs::read(self.path(&made.files().1)).unwrap();
        pem::parse(key).unwrap().into_contents()
    }

    /// A database that trusts this root, for TLS servers.
    pub(super) fn database(&self, directory: &str, root: &Made) -> Database {
        let database = Database(self.path(directory));
        fs::create_dir_all(&database.0).unwrap();
        self.run(
            "certutil",
            &["-N", "--empty-password", "-d", &database.name()],
        )
        .ok();
        self.add(&database, root, "C,,");
        database
    }

    fn add(&self, database: &Database, made: &Made, trust: &str) {
        let (pem, database) = (made.files().0, database.name());
        self.run(
            "certutil",
            &[
                "-A", "-n", &made.stem, "-t", trust, "-d", &database, "-i", &pem,
            ],
        )
        .ok();
    }

    /// Writes a bundle with the password `x`.
    pub(super) fn bundle(&self, made: &Made, with: Option<&Made>) {
        let ((pem, key), bundle) = (made.files(), made.bundle());
        let mut words = vec!["pkcs12", "-export", "-in", &pem, "-inkey", &key];
        words.extend(["-name", &made.stem, "-out", &bundle, "-passout", "pass:x"]);
        let above = with.map(|it| it.files().0);
        if let Some(above) = &above {
            words.extend(["-certfile", above]);
        }
        self.run("openssl", &words).ok();
    }

    /// Puts a certificate, and what is to lie beside it, into a database; says whether NSS took it.
    pub(super) fn import(
        &self,
        database: &Database,
        made: &Made,
        issuing: &Made,
        beside: Beside,
    ) -> bool {
        if beside == Beside::NoKey {
            self.add(database, made, ",,");
            self.add(database, issuing, ",,");
            return true;
        }
        let with = (beside == Beside::Issuing).then_some(issuing);
        self.bundle(made, with);
        let bundle = made.bundle();
        let imported = self.run(
            "pk12util",
            &["-i", &bundle, "-W", "x", "-d", &database.name()],
        );
        imported.code == Some(0)
    }
}

impl Made {
    /// The file of its bundle.
    pub(super) fn bundle(&self) -> String {
        format!("{}.p12", self.stem)
    }

    fn files(&self) -> (String, String) {
        (format!("{}.pem", self.stem), format!("{}.key", self.stem))
    }
}

impl Database {
    fn name(&self) -> String {
        format!("sql:{}", path_text(&self.0))
    }

    /// Makes the same once more, in another directory.
    pub(super) fn copy_to(&self, directory: &Path) {
        fs::create_dir_all(directory).unwrap();
        for file in ["cert9.db", "key4.db", "pkcs11.txt"] {
            fs::copy(self.0.join(file), directory.join(file)).unwrap();
        }
    }
}
