//! `pki verify-store`: each damage is found by the check that is for it, and what is whole is still said to stand.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Authority, Tree, finish, hermetic, path_text, tool};

/// A CA with a bit of everything: a person, a server, a revocation, an answered request.
fn full() -> Authority {
    let authority = Authority::init(&["--no-passphrase"]);
    authority.issue_client(&["alice"]);
    authority.issue_client(&["bob", "--device", "phone"]);
    authority.pki(&["issue-server", "localhost"]).ok();
    authority.pki(&["revoke", "bob", "--yes"]).ok();
    // What one command leaves for the next to move into the file itself would hide what is done to the file.
    authority.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    authority
}

/// Which checks find something wrong; those that could not be made are not among them.
#[track_caller]
fn wrong(authority: &Authority) -> BTreeSet<String> {
    let finished = authority.pki(&["verify-store", "--json"]);
    let document = finished.json();
    let ok = document["ok"].as_bool().unwrap();
    assert_eq!(finished.code, Some(if ok { 0 } else { 3 }));
    assert_eq!(ok, document["problems"].as_array().unwrap().is_empty());
    for problem in document["problems"].as_array().unwrap() {
        for key in ["check", "message", "hint"] {
            assert!(problem[key].is_string(), "{problem}");
        }
    }
    let checks = document["checks"].as_array().unwrap().iter();
    let wrong = checks.filter(|check| check["ok"] == false);
    let wrong: BTreeSet<_> = wrong
        .map(|check| check["name"].as_str().unwrap().to_owned())
        .collect();
    let told = document["problems"].as_array().unwrap().iter();
    let told: BTreeSet<_> = told
        .map(|problem| problem["check"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(wrong, told);
    wrong
}

#[track_caller]
fn assert_wrong(authority: &Authority, expected: &[&str]) {
    let expected: BTreeSet<_> = expected.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(wrong(authority), expected);
}

#[test]
fn a_whole_ca_is_in_order_and_is_left_as_it_is() {
    let authority = full();
    let before = Tree::of(&authority.data());
    let said = authority.pki(&["verify-store"]).ok().out();
    assert!(said.ends_with("Everything is in order.\n"), "{said}");
    before.assert_unchanged(&authority.data(), "verify-store");
    assert_wrong(&authority, &[]);
}

#[test]
fn without_a_ca_there_is_nothing_to_look_at() {
    let authority = Authority::none();
    let refused = authority.pki(&["verify-store", "--json"]).exits(1).json();
    assert_eq!(refused["error"]["kind"], "not-initialized");
}

#[test]
fn a_ca_key_is_proven_where_the_passphrase_is_at_hand_and_nobody_is_asked_for_it() {
    let authority = Authority::init(&[]);
    let seen = |command: &mut std::process::Command| {
        let document = finish(command).ok().json();
        let checks = document["checks"].as_array().unwrap().clone();
        let authorities = checks.into_iter().find(|it| it["name"] == "authorities");
        authorities.unwrap()["detail"].as_str().unwrap().to_owned()
    };
    let words = ["verify-store", "--json"];
    let proven = seen(&mut authority.command(&words));
    assert!(proven.contains("2 proven to be the CA's"), "{proven}");
    let locked = seen(&mut authority.locked_command(&words));
    assert!(locked.contains("2 encrypted"), "{locked}");
}

/// Everywhere that some octets stand in a file: pages that were split keep what moved out of them.
fn places(file: &[u8], octets: &[u8]) -> Vec<usize> {
    let windows = file.windows(octets.len()).enumerate();
    let found: Vec<_> = windows
        .filter(|(_, window)| *window == octets)
        .map(|(at, _)| at)
        .collect();
    assert!(!found.is_empty(), "the octets are there");
    found
}

#[test]
fn a_flipped_bit_in_a_certificate_is_found_and_its_row_named() {
    let authority = full();
    let path = authority.path("ca-data/pki.db");
    let mut file = fs::read(&path).unwrap();
    // A letter of the subject within the DER: CN, as UTF8String, is alice.
    for at in places(&file, b"\x55\x04\x03\x0c\x05alice") {
        file[at + 5] ^= 1;
    }
    fs::write(&path, &file).unwrap();
    // The copy of her bundle is of the certificate as it was.
    assert_wrong(&authority, &["certificates", "audit-log", "bundles"]);
    let document = authority.pki(&["verify-store", "--json"]).exits(3).json();
    let checks = document["checks"].as_array().unwrap();
    let of_rows = checks.iter().find(|it| it["name"] == "certificates");
    let detail = of_rows.unwrap()["detail"].as_str().unwrap();
    assert!(detail.contains("6 of 7 are whole"), "{detail}");
}

#[test]
fn each_column_that_says_otherwise_than_the_der_is_named() {
    let authority = full();
    for (column, value) in [
        ("subject", "'CN=eve'"),
        ("serial_number", "x'0102030405'"),
        ("issuer", "x'3000'"),
        ("not_before", "1"),
        ("not_after", "4102444800"),
        ("name", "'eve'"),
        ("device", "'x/y'"),
        ("fingerprint_sha256", "zeroblob(32)"),
    ] {
        let statement = format!(
            "SELECT quote({column}) FROM certificate WHERE name = 'alice';
             UPDATE certificate SET device_folded = iif('{column}' = 'device', 'x', device_folded), {column} = {value}
             WHERE name = 'alice'"
        );
        let id = authority.sql("SELECT id FROM certificate WHERE name = 'alice'");
        let (Some(before), Some(id)) = (authority.sql(&statement), id) else {
            return;
        };
        let found = authority.pki(&["verify-store", "--json"]).exits(3).json();
        let said = found["problems"].to_string();
        assert!(
            said.contains(&format!(
                "row {id} of the inventory says otherwise than its certificate in {column}"
            )),
            "{said}"
        );
        authority.sql(&format!(
            "UPDATE certificate SET device_folded = NULL, {column} = {before} WHERE id = {id}"
        ));
        assert_wrong(&authority, &[]);
    }
    authority.sql("UPDATE subject_alt_name SET value = 'example.org' WHERE value = 'localhost'");
    assert_wrong(&authority, &["certificates"]);
}

#[test]
fn a_row_that_no_ca_here_signed_is_found() {
    let (authority, other) = (full(), full());
    let foreign = other.sql("SELECT quote(der) FROM certificate WHERE name = 'alice'");
    let Some(foreign) = foreign else { return };
    authority.sql(&format!(
        "UPDATE certificate SET der = {foreign} WHERE name = 'alice'"
    ));
    assert_wrong(&authority, &["certificates", "audit-log", "bundles"]);
}

#[test]
fn a_database_that_was_cut_off_emptied_overwritten_or_taken_away_is_told_and_the_files_beside_it_still_stand()
 {
    let authority = full();
    let path = authority.path("ca-data/pki.db");
    let whole = fs::read(&path).unwrap();
    let half = whole[..whole.len() / 2].to_vec();
    let mut overwritten = whole.clone();
    let middle = overwritten.len() / 2 / 4096 * 4096;
    overwritten[middle..middle + 4096].fill(0xa5);
    let damages: [(&str, Option<Vec<u8>>); 4] = [
        ("cut off", Some(half)),
        ("emptied", Some(Vec::new())),
        ("a page overwritten", Some(overwritten)),
        ("gone", None),
    ];
    for (what, damage) in damages {
        authority.remove_scratch_files();
        match &damage {
            Some(octets) => fs::write(&path, octets).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let found = wrong(&authority);
        assert!(found.contains("database"), "{what}: {found:?}");
        assert!(!found.contains("files"), "{what}: {found:?}");
        // Nothing is made of it that was not there.
        assert_eq!(fs::read(&path).ok(), damage, "{what}");
    }
    authority.remove_scratch_files();
    fs::write(&path, &whole).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_wrong(&authority, &[]);
}

#[test]
fn rows_on_both_sides_of_a_damaged_page_are_counted() {
    let authority = Authority::init(&["--no-passphrase"]);
    let rows: Vec<_> = (0..60).map(|number| format!("client-{number}\n")).collect();
    fs::write(
        authority.path("rows.csv"),
        format!("name\n{}", rows.concat()),
    )
    .unwrap();
    fs::create_dir(authority.path("out")).unwrap();
    let words = "issue-clients rows.csv --out-dir out --no-bundles";
    authority.pki(&words.split(' ').collect::<Vec<_>>()).ok();
    authority.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    let path = authority.path("ca-data/pki.db");
    let mut file = fs::read(&path).unwrap();
    for at in places(&file, b"\x55\x04\x03\x0c\x09client-30") {
        let page = at / 4096 * 4096;
        file[page..page + 4096].fill(0xa5);
    }
    fs::write(&path, &file).unwrap();
    let document = authority.pki(&["verify-store", "--json"]).exits(3).json();
    let checks = document["checks"].as_array().unwrap();
    let of_rows = checks.iter().find(|it| it["name"] == "certificates");
    let detail = of_rows.unwrap()["detail"].as_str().unwrap();
    let words: Vec<_> = detail.split(' ').collect();
    let whole = words.iter().position(|word| *word == "of").unwrap();
    let whole: u32 = words[whole - 1].parse().unwrap();
    // A page holds a handful of certificates, and 66 were recorded.
    assert!((50..66).contains(&whole), "{detail}");
}

#[test]
fn files_that_do_not_fit_the_inventory_are_found_by_the_check_that_is_for_them() {
    let authority = full();
    let other = full();
    let keep = Tree::of(&authority.data());
    let issuer = authority.issuing_key();
    let issuer = issuer.parent().unwrap();
    let take = |from: &Authority, to: &Path, place: &str| {
        fs::copy(from.path(place), to).unwrap();
    };
    let root = authority.root();
    type Damage<'a> = (&'a str, &'a Path, &'a dyn Fn(&Path));
    let damages: [Damage<'_>; 9] = [
        ("authorities", &root, &|path| fs::remove_file(path).unwrap()),
        ("authorities", &root, &|path| {
            take(&other, path, "ca-data/root.pem")
        }),
        ("authorities", &issuer.join("key.pem"), &|path| {
            fs::copy(other.issuing_key(), path).map(drop).unwrap();
        }),
        ("authorities", &issuer.join("key.pem"), &|path| {
            fs::remove_file(path).unwrap()
        }),
        ("crls", &issuer.join("crl.der"), &|path| {
            fs::write(path, b"0").unwrap()
        }),
        ("crls", &issuer.join("crl.der"), &|path| {
            fs::remove_file(path).unwrap()
        }),
        (
            "services",
            &authority.path("ca-data/audit.key.pem"),
            &|path| {
                take(&other, path, "ca-data/audit.key.pem");
            },
        ),
        (
            "servers",
            &authority.path("ca-data/servers/localhost/key.pem"),
            &|path| {
                take(&other, path, "ca-data/servers/localhost/key.pem");
            },
        ),
        (
            "bundles",
            &authority.path("ca-data/clients/alice/alice.p12"),
            &|path| {
                take(&other, path, "ca-data/clients/alice/alice.p12");
            },
        ),
    ];
    for (check, path, damage) in damages {
        let before = fs::read(path).unwrap();
        damage(path);
        assert_wrong(&authority, &[check]);
        fs::write(path, &before).unwrap();
        let mode = if path_text(path).ends_with("key.pem") || path_text(path).ends_with(".p12") {
            0o600
        } else {
            0o644
        };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    keep.assert_unchanged(&authority.data(), "everything was put back");
    assert_wrong(&authority, &[]);
}

#[test]
fn an_inventory_that_others_may_change_is_not_opened_and_the_command_that_mends_it_is_told() {
    let authority = Authority::init(&["--no-passphrase"]);
    for (place, mode, good, is_opened) in [
        ("ca-data/pki.db", 0o660, 0o600, false),
        ("ca-data/pki.db", 0o602, 0o600, false),
        ("ca-data/pki.db", 0o640, 0o600, true),
        ("ca-data", 0o702, 0o700, false),
        ("ca-data", 0o775, 0o700, true),
    ] {
        let path = authority.path(place);
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        set(mode);
        for words in [&["list"][..], &["crl"], &["issue-client", "alice"]] {
            match is_opened {
                true if words[0] == "list" => drop(authority.pki(words).ok()),
                true => {}
                false => {
                    let refused = authority.pki(words).exits(1).err();
                    assert!(refused.contains("Run chmod go-w"), "{refused}");
                }
            }
        }
        assert_wrong(&authority, &["files"]);
        set(good);
    }
    assert_wrong(&authority, &[]);
}

#[test]
fn a_key_that_is_gone_or_damaged_is_told_by_its_file_and_the_hint_puts_it_back() {
    let authority = Authority::init(&["--no-passphrase"]);
    let key = authority.issuing_key();
    let sound = fs::read(&key).unwrap();
    for damaged in [None, Some(&b""[..]), Some(&sound[..60])] {
        match damaged {
            None => fs::remove_file(&key).unwrap(),
            Some(damaged) => fs::write(&key, damaged).unwrap(),
        }
        if damaged.is_some() {
            fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        }
        for words in [&["crl"][..], &["issue-client", "alice"], &["verify-store"]] {
            let finished = authority.pki(words);
            let said = finished.out() + &finished.err();
            assert!(said.contains("key.pem"), "{said}");
            assert!(said.contains("from the newest backup"), "{said}");
        }
    }
    fs::remove_file(authority.path("ca-data/pki.db")).unwrap();
    let said = authority.pki(&["list"]).exits(1).err();
    assert!(said.contains("pki restore"), "{said}");
}

#[test]
fn a_key_of_a_ca_that_is_gone_is_found_and_one_that_was_taken_away_is_not() {
    let authority = Authority::init(&["--no-passphrase"]);
    let root = authority.root();
    let Some(root) = authority.issuer_directory(&root) else {
        return;
    };
    let root = root.join("key.pem");
    let former = authority.issuing_key();
    authority.pki(&["rotate-issuing"]).ok();
    for key in [&root, &former] {
        let aside = authority.path("aside");
        fs::rename(key, &aside).unwrap();
        assert_wrong(&authority, &["authorities"]);
        fs::rename(&aside, key).unwrap();
        assert_wrong(&authority, &[]);
    }
    authority.pki(&["root", "detach", "--out", "media"]).ok();
    assert_wrong(&authority, &[]);
    authority.pki(&["root", "attach", "media"]).ok();
    fs::remove_file(&root).unwrap();
    assert_wrong(&authority, &["authorities"]);
}

#[test]
fn the_key_of_an_imported_ca_that_signed_here_is_missed_and_that_of_the_root_above_is_not() {
    let elsewhere = Authority::init(&["--no-passphrase"]);
    let authority = Authority::none();
    let (issuing, key, root) = (
        elsewhere.issuing(),
        elsewhere.issuing_key(),
        elsewhere.root(),
    );
    let words = [
        "import-ca",
        "--cert",
        path_text(&issuing),
        "--key",
        path_text(&key),
        "--chain",
        path_text(&root),
        "--no-passphrase",
    ];
    authority.pki(&words).ok();
    assert_wrong(&authority, &[]);
    authority.issue_client(&["alice"]);
    let former = authority.issuing_key();
    elsewhere.pki(&["root", "detach", "--out", "media"]).ok();
    let media = elsewhere.path("media");
    authority.pki(&["root", "attach", path_text(&media)]).ok();
    authority.pki(&["rotate-issuing"]).ok();
    fs::remove_file(former).unwrap();
    assert_wrong(&authority, &["authorities"]);
    // Its CRL can be made by nobody any more, and who revokes is told.
    let said = authority.pki(&["revoke", "alice", "--yes"]).ok().err();
    assert!(said.contains("a revocation is missing"), "{said}");
}

#[test]
fn what_the_inventory_lost_is_taken_in_again_as_the_hint_says() {
    let authority = Authority::init(&["--no-passphrase"]);
    authority.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    let database = authority.path("ca-data/pki.db");
    let earlier = fs::read(&database).unwrap();
    authority.pki(&["issue-server", "localhost"]).ok();
    let Some(_) = authority.sql("PRAGMA wal_checkpoint(TRUNCATE)") else {
        return;
    };
    fs::write(&database, earlier).unwrap();
    let found = authority.pki(&["verify-store", "--json"]).exits(3).json();
    let problems = found["problems"].as_array().unwrap();
    let of_server = problems.iter().find(|it| it["check"] == "servers").unwrap();
    let hint = of_server["hint"].as_str().unwrap();
    let command = hint
        .split("pki ")
        .nth(1)
        .unwrap()
        .split(':')
        .next()
        .unwrap();
    let words: Vec<_> = command.split(' ').collect();
    authority.pki(&words).ok();
    assert!(!wrong(&authority).contains("servers"));
}

#[test]
fn a_mode_that_lets_others_in_is_told_with_the_command_that_mends_it() {
    let authority = full();
    for (place, mode, mend) in [
        ("ca-data", 0o755, "chmod 700"),
        ("ca-data/pki.db", 0o644, "chmod 600"),
        ("ca-data/audit.key.pem", 0o640, "chmod 600"),
        ("ca-data/clients/alice/alice.p12", 0o604, "chmod 600"),
    ] {
        let path = authority.path(place);
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let document = authority.pki(&["verify-store", "--json"]).exits(3).json();
        let said = document["problems"].to_string();
        let mend = format!("Run {mend} {}.", path.display());
        assert!(said.contains(&mend), "{place}: {said}");
        fs::set_permissions(&path, before).unwrap();
    }
    assert_wrong(&authority, &[]);
}

#[test]
fn a_ca_that_was_rotated_renewed_and_probed_and_names_too_long_for_a_file_are_in_order() {
    let authority = full();
    authority.pki(&["rotate-issuing"]).ok();
    authority.issue_client(&["carol"]);
    authority.pki(&["renew", "carol"]).ok();
    // 64 letters of three octets are more than the name of a file takes.
    let long = "語".repeat(64);
    authority.issue_client(&[&long]);
    authority.pki(&["renew", &long]).ok();
    // What others put there is no matter of the CA's.
    fs::write(authority.path("ca-data/clients/README"), "ours").unwrap();
    assert_wrong(&authority, &[]);
}

#[test]
fn a_damaged_key_is_found_where_the_passphrase_is_at_hand_and_so_is_a_wrong_passphrase() {
    let authority = Authority::init(&[]);
    let key = authority.issuing_key();
    let whole = fs::read_to_string(&key).unwrap();
    let verified = |authority: &Authority| authority.pki(&["verify-store", "--json"]);
    verified(&authority).ok();
    // One letter of the ciphertext: in its last blocks the padding is wrong, before them the key.
    let lines: Vec<_> = whole.lines().collect();
    for line in &lines[lines.len() - 4..lines.len() - 1] {
        let other = if line.as_bytes()[2] == b'A' { "B" } else { "A" };
        let bent = format!("{}{other}{}", &line[..2], &line[3..]);
        fs::write(&key, whole.replace(line, &bent)).unwrap();
        let found = verified(&authority).exits(3).json();
        let said = found["problems"].to_string();
        assert!(said.contains("damaged"), "{found:#}");
    }
    fs::write(&key, &whole).unwrap();
    let mut wrong = authority.locked_command(&["verify-store", "--json"]);
    finish(wrong.env("PKI_PASSPHRASE", "not-this-one")).exits(3);
    // Without one nothing can be told of it.
    finish(&mut authority.locked_command(&["verify-store"])).ok();
}

#[test]
fn what_stands_in_the_write_ahead_log_alone_stays_there_when_the_database_is_damaged() {
    let authority = Authority::init(&["--no-passphrase"]);
    authority.issue_client(&["alice"]);
    let (database, log) = (
        authority.path("ca-data/pki.db"),
        authority.path("ca-data/pki.db-wal"),
    );
    // A command that was killed leaves its log.
    let Some(sqlite) = tool("sqlite3") else {
        return;
    };
    let mut killed = hermetic(sqlite, authority.home());
    killed
        .arg(&database)
        .arg("PRAGMA wal_autocheckpoint = 0; INSERT INTO setting VALUES ('organization', 'x')");
    killed.arg(".shell kill -9 $PPID");
    assert_eq!(finish(&mut killed).code, None);
    let written = fs::read(&log).unwrap();
    assert!(!written.is_empty());
    let whole = fs::read(&database).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2 / 4096 * 4096;
    damaged[middle..middle + 4096].fill(0xa5);
    for damage in [damaged, Vec::new()] {
        fs::write(&database, &damage).unwrap();
        fs::write(&log, &written).unwrap();
        let found = wrong(&authority);
        assert!(!found.is_empty());
        assert_eq!(fs::read(&database).unwrap(), damage);
        assert_eq!(fs::read(&log).ok().as_deref(), Some(&written[..]));
    }
}

#[test]
fn a_directory_that_is_a_link_is_looked_into() {
    let authority = full();
    let real = authority.path("elsewhere");
    fs::rename(authority.data(), &real).unwrap();
    std::os::unix::fs::symlink(&real, authority.data()).unwrap();
    assert_wrong(&authority, &[]);
    let key = real.join("audit.key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert_wrong(&authority, &["files", "services"]);
}
