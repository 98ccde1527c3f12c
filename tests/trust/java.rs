//! Java's keystores: entry for entry, and a real client.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{CONSTRAINED, Machine, is_root, name, told};
use crate::support::authority::PKI;
use crate::support::tools::{fixture, left_out, missing};
use crate::support::{Authority, Finished, Server, finish, path_text, tool};

/// The keystore of this machine's Java, and a copy of it in an installation that is found by JAVA_HOME only.
struct Javas<'a> {
    authority: &'a Authority,
    machine: Machine,
    home: PathBuf,
}

impl<'a> Javas<'a> {
    #[track_caller]
    fn new(authority: &'a Authority) -> Option<Self> {
        let keytool = tool("keytool")?.canonicalize().unwrap();
        let real = keytool.parent().unwrap().parent().unwrap();
        let home = authority.path("jdk");
        let keystore = home.join("lib/security/cacerts");
        fs::create_dir_all(keystore.parent().unwrap()).unwrap();
        fs::copy(real.join("lib/security/cacerts"), &keystore).unwrap();
        fs::set_permissions(&keystore, fs::Permissions::from_mode(0o640)).unwrap();
        Some(Self {
            machine: Machine::new(authority)?,
            authority,
            home,
        })
    }

    fn keystore(&self) -> PathBuf {
        self.home.join("lib/security/cacerts")
    }

    #[track_caller]
    fn trust(&self, words: &[&str]) -> Finished {
        let mut command = self.machine.command(self.authority, PKI);
        command.env("JAVA_HOME", &self.home);
        finish(command.arg("trust").args(words))
    }

    /// Standing and change of the copy, which comes first.
    #[track_caller]
    fn copy(&self, words: &[&str]) -> [String; 2] {
        told(
            &self
                .trust(&[words, &["--store", "java", "--json"]].concat())
                .ok(),
        )
        .remove(0)
    }

    /// What keytool lists of a keystore: aliases, dates and fingerprints.
    #[track_caller]
    fn entries(&self, keystore: &Path, password: &str) -> String {
        let mut keytool = self
            .machine
            .command(self.authority, tool("keytool").unwrap());
        keytool.args(["-list", "-storepass", password, "-keystore"]);
        let listed = finish(keytool.arg(keystore)).ok().out();
        let mut lines: Vec<_> = listed.lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    }

    /// Whether Java's TLS client trusts the server by this keystore.
    #[track_caller]
    fn java_trusts(&self, keystore: &Path, server: &Server) -> bool {
        let mut java = self.machine.command(self.authority, tool("java").unwrap());
        java.arg(format!("-Djavax.net.ssl.trustStore={}", keystore.display()))
            .arg(fixture("trust/Visit.java"))
            .arg(format!("{}/login.json", server.https.trim_end_matches('/')));
        let visited = finish(&mut java).ok().out();
        match visited.trim() {
            // Without a certificate, which is another matter.
            "401" => true,
            refused if refused.contains("PKIX path building failed") => false,
            other => panic!("{other}"),
        }
    }
}

fn of_machine() -> &'static Path {
    Path::new("/etc/ssl/certs/java/cacerts")
}

#[test]
fn java_trusts_the_server_after_install_and_every_entry_is_as_before_after_uninstall() {
    let authority = Authority::init(&CONSTRAINED);
    let server = Server::start(&authority, &[]);
    let Some(javas) = Javas::new(&authority) else {
        return;
    };
    let keystore = javas.keystore();
    let metadata = |path: &Path| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.mode(), metadata.uid(), metadata.gid())
    };
    let before = (javas.entries(&keystore, "changeit"), metadata(&keystore));
    assert!(!javas.java_trusts(&keystore, &server));
    assert_eq!(javas.copy(&["status"]), ["absent", "false"]);

    // As a killed command leaves it behind.
    fs::write(keystore.with_file_name(".cacerts.0123456789abcdef.tmp"), "").unwrap();
    assert_eq!(javas.copy(&["install"]), ["installed", "true"]);
    assert!(javas.java_trusts(&keystore, &server));
    assert!(javas.java_trusts(of_machine(), &server));
    let entries = javas.entries(&keystore, "changeit");
    assert!(
        entries.contains(&format!("{}, ", name(&authority))),
        "{entries}"
    );
    assert_eq!(entries.lines().count(), before.0.lines().count() + 2);
    assert_eq!(javas.copy(&["install"]), ["installed", "false"]);
    assert_eq!(javas.entries(&keystore, "changeit"), entries);

    assert_eq!(javas.copy(&["uninstall"]), ["absent", "true"]);
    assert_eq!(
        (javas.entries(&keystore, "changeit"), metadata(&keystore)),
        before
    );
    assert!(!javas.java_trusts(&keystore, &server));
    assert!(!javas.java_trusts(of_machine(), &server));
    assert_eq!(javas.copy(&["uninstall"]), ["absent", "false"]);
    let directory = fs::read_dir(keystore.parent().unwrap()).unwrap();
    assert_eq!(directory.count(), 1, "something lies beside the keystore");
}

#[test]
fn an_entry_of_another_hand_stays_and_is_not_doubled() {
    let authority = Authority::init(&CONSTRAINED);
    let Some(javas) = Javas::new(&authority) else {
        return;
    };
    let keystore = javas.keystore();
    let mut keytool = javas.machine.command(&authority, tool("keytool").unwrap());
    keytool.args([
        "-importcert",
        "-noprompt",
        "-storepass",
        "changeit",
        "-alias",
        "by-hand",
    ]);
    keytool.args([
        "-keystore",
        path_text(&keystore),
        "-file",
        path_text(&authority.root()),
    ]);
    finish(&mut keytool).ok();
    let before = fs::read(&keystore).unwrap();
    for verb in ["status", "install", "uninstall"] {
        assert_eq!(javas.copy(&[verb]), ["foreign", "false"], "{verb}");
        assert_eq!(fs::read(&keystore).unwrap(), before, "{verb}");
    }
}

#[test]
fn a_keystore_with_another_password_is_opened_with_the_one_of_the_file() {
    let authority = Authority::init(&CONSTRAINED);
    let Some(javas) = Javas::new(&authority) else {
        return;
    };
    let keystore = javas.keystore();
    let mut keytool = javas.machine.command(&authority, tool("keytool").unwrap());
    keytool.args([
        "-storepasswd",
        "-storepass",
        "changeit",
        "-new",
        "of-our-own",
    ]);
    finish(keytool.arg("-keystore").arg(&keystore)).ok();
    let before = fs::read(&keystore).unwrap();
    let refused = javas
        .trust(&["install", "--store", "java", "--json"])
        .exits(1);
    let store = &refused.json()["stores"][0];
    assert_eq!(store["standing"], "unknown");
    assert!(
        store["error"].as_str().unwrap().contains("password"),
        "{store}"
    );
    assert!(
        store["hint"]
            .as_str()
            .unwrap()
            .contains("--java-password-file"),
        "{store}"
    );
    assert_eq!(fs::read(&keystore).unwrap(), before);

    fs::write(authority.path("password"), "of-our-own\n").unwrap();
    let words = |verb| {
        vec![
            verb,
            "--store",
            "java",
            "--json",
            "--java-password-file",
            "password",
        ]
    };
    // The machine's own keystore has the usual password and fails in its turn.
    let first = |finished: Finished| told(&finished).remove(0);
    let listed = javas.entries(&keystore, "of-our-own");
    let installed = javas.trust(&words("install"));
    let of_machine = &installed.json()["stores"][1];
    // Not the warning of keytool, which it has for the installation's own file alone.
    assert!(
        of_machine["error"]
            .as_str()
            .unwrap()
            .starts_with("the password is not that of /"),
        "{of_machine}"
    );
    assert_eq!(first(installed), ["installed", "true"]);
    assert_eq!(first(javas.trust(&words("uninstall"))), ["absent", "true"]);
    assert_eq!(javas.entries(&keystore, "of-our-own"), listed);
}

#[test]
fn what_debian_carries_on_from_the_systems_store_into_javas_goes_with_it() {
    if !is_root() {
        left_out("Debian's hook needs dpkg, which only root may run");
        return;
    }
    if !Path::new("/etc/ca-certificates/update.d/jks-keystore").exists() {
        missing("jks-keystore of ca-certificates-java");
        return;
    }
    let authority = Authority::init(&CONSTRAINED);
    let server = Server::start(&authority, &[]);
    let Some(javas) = Javas::new(&authority) else {
        return;
    };
    let machine = &javas.machine;
    let (files, entries) = (
        machine.files(&authority),
        javas.entries(of_machine(), "changeit"),
    );
    let of_machine_stands = |verb: &str| {
        let told = told(
            &machine
                .trust(&authority, &[verb, "--store", "java", "--json"])
                .ok(),
        );
        assert_eq!(told.len(), 1);
        told[0].clone()
    };
    machine
        .trust(&authority, &["install", "--store", "system"])
        .ok();
    assert!(javas.java_trusts(of_machine(), &server));
    assert_eq!(of_machine_stands("status"), ["installed", "false"]);
    assert_eq!(of_machine_stands("install"), ["installed", "false"]);
    machine
        .trust(&authority, &["uninstall", "--store", "system"])
        .ok();
    assert!(!javas.java_trusts(of_machine(), &server));
    assert_eq!(javas.entries(of_machine(), "changeit"), entries);
    assert_eq!(machine.files(&authority), files);

    // Taken out of Java's alone, it does not come back, and the system's goes without it.
    machine
        .trust(&authority, &["install", "--store", "system"])
        .ok();
    assert_eq!(of_machine_stands("uninstall"), ["absent", "true"]);
    assert!(machine.curl_trusts(&authority, &server));
    assert!(!javas.java_trusts(of_machine(), &server));
    machine
        .trust(&authority, &["uninstall", "--store", "system"])
        .ok();
    assert_eq!(javas.entries(of_machine(), "changeit"), entries);
    assert_eq!(machine.files(&authority), files);
}

#[test]
fn java_looks_at_no_name_constraints_of_a_root_and_install_says_so() {
    let authority = Authority::init(&CONSTRAINED);
    let Some(javas) = Javas::new(&authority) else {
        return;
    };
    let said = javas.trust(&["install", "--store", "java"]).ok().err();
    assert!(said.contains("Java does not look at"), "{said}");
    let again = javas.trust(&["install", "--store", "java"]).ok().err();
    assert!(!again.contains("Java does not look at"), "{again}");
}
