//! The index's word on who imports a file, held against the importers that run here.
//!
//! Needs the Debian packages openssl, libnss3-tools and openjdk-17-jdk-headless, of Debian 12: later versions take more.

use std::collections::BTreeMap;
use std::path::Path;

use pki::secret::Secret;

use super::index::{Expected, directory, index};
use crate::bundle_programs::Scratch;

/// Where a program took another view of files than the index has of the platform that the program stands for.
///
/// `elsewhere` is what only other versions refuse that count for the platform too.
fn disagreements(
    platform: &str,
    elsewhere: &str,
    imports: impl Fn(&Expected) -> bool,
) -> Vec<String> {
    let index = index();
    let of = |expected: &Expected| {
        let cell = &expected.platforms[platform];
        let imported = imports(expected);
        // Whatever a platform cannot say of a file that we cannot read, the program may.
        let agrees = match cell.split_whitespace().next().unwrap() {
            "yes" => imported,
            "no" if *cell == format!("no {elsewhere}") => imported,
            "no" => !imported,
            _ => true,
        };
        (!agrees).then(|| format!("{}: {cell}, but imported: {imported}", expected.file))
    };
    index.iter().filter_map(of).collect()
}

fn scratch_for(expected: &Expected) -> Scratch {
    let scratch = Scratch::new(&expected.password);
    scratch.write("it.p12", &expected.octets());
    scratch
}

#[test]
fn nss_imports_what_the_index_says_of_firefox_and_chrome() {
    let empty = Scratch::new(&Secret::chosen(""));
    empty.nss_database();
    let imports = |expected: &Expected| {
        let scratch = scratch_for(expected);
        scratch.succeeds("cp", &["-r", empty.path("nss").to_str().unwrap(), "nss"]);
        let import = ["-i", "it.p12", "-d", "sql:nss", "-w", "password"];
        let imported = scratch.run("pk12util", &import).status.success();
        // Each key stands in a line that begins with its number: "< 0> ec …".
        let keys = scratch.run("certutil", &["-K", "-d", "sql:nss"]).stdout;
        imported && keys.windows(3).any(|at| at == b"< 0")
    };
    assert_eq!(disagreements("firefox", "", imports), [""; 0]);
    for expected in index() {
        let [firefox, chrome] = ["firefox", "chrome"].map(|word| &expected.platforms[word]);
        assert_eq!(firefox, chrome, "{}: both use NSS", expected.file);
    }
}

// OpenSSL 1.1 refuses a bundle without a MAC; 3.0, of Debian 12, does not.
#[test]
fn openssl_imports_what_the_index_says_of_it() {
    let imports = |expected: &Expected| {
        let scratch = scratch_for(expected);
        let import = [
            "pkcs12",
            "-in",
            "it.p12",
            "-noenc",
            "-passin",
            "file:password",
        ];
        let output = scratch.run("openssl", &import);
        let found = String::from_utf8_lossy(&output.stdout).into_owned();
        let both = ["PRIVATE KEY", "CERTIFICATE"];
        output.status.success() && both.iter().all(|label| found.contains(label))
    };
    assert_eq!(disagreements("openssl", "no-mac", imports), [""; 0]);
}

#[test]
fn java_uses_what_the_index_says_of_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign_bundles/LoadAll.java");
    let scratch = Scratch::new(&Secret::chosen(""));
    let command = ["java", source.to_str().unwrap()];
    let said = scratch.java(&[&command[..], &[directory().to_str().unwrap()]].concat());
    let said: BTreeMap<_, _> = said
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .collect();
    // An open key and a key without localKeyId are passed over without a word.
    let passes_over = |expected: &Expected| {
        let cell = &expected.platforms["java"];
        cell.contains("open-key") || cell.contains("no-id")
    };
    let imports = |expected: &Expected| said[&*expected.file] == "yes" || passes_over(expected);
    assert_eq!(disagreements("java", "", imports), [""; 0]);
    for expected in index().iter().filter(|it| passes_over(it)) {
        assert_eq!(said[&*expected.file], "no", "{}", expected.file);
    }
}
