//! What an archive holds, and what it may not hold.

use super::*;

const KEY: &str = "pki-backup/ca-data/issuers/00/key.pem";

/// Writes a backup of one key, after `meddle` had its way with what is written by hand.
fn archive(meddle: impl FnOnce(&mut Builder<Vec<u8>>)) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("backup.tar");
    let mut builder = Builder::new(Vec::new());
    meddle(&mut builder);
    std::fs::write(&path, builder.into_inner().unwrap()).unwrap();
    (directory, path)
}

/// Adds a member whose path is written as it is, whatever the tar crate thinks of it.
fn add(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, contents: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(contents.len() as u64);
    header.set_mode(0o600);
    if kind == EntryType::Symlink || kind == EntryType::Link {
        header.set_link_name("/etc/passwd").unwrap();
    }
    let field = &mut header.as_old_mut().name;
    field
        .iter_mut()
        .zip(name.bytes())
        .for_each(|(to, from)| *to = from);
    header.set_cksum();
    builder.append(&header, contents).unwrap();
}

fn sums(of: &[(&str, &[u8])]) -> Vec<u8> {
    let lines = of.iter().map(|(name, contents)| {
        let mut digesting = Digesting::new(*contents);
        io::copy(&mut digesting, &mut io::sink()).unwrap();
        line(&digesting.finish(), name)
    });
    lines.collect::<String>().into_bytes()
}

fn read_all(path: &Path) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    read(path, |member, _| {
        members.push(member.clone());
        Ok(())
    })?;
    Ok(members)
}

#[test]
fn what_was_written_is_read_whole_and_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("backup.tar");
    let facts = Facts {
        format: FORMAT,
        created_at: "2026-03-01T12:00:00Z".to_owned(),
        root: String::new(),
        audit_head: AuditHead {
            id: 1,
            hash: String::new(),
        },
        with_bundles: true,
    };
    let mut writer = Writer::new(File::create(&path).unwrap(), &path, 0);
    writer.facts(&facts).unwrap();
    // As long as a name and a device can be, in four octets a character.
    let long = format!("clients/{0}/{0}.p12", "𝔞".repeat(37));
    for place in ["pki.db", "clients/Zoë\\the 2nd/x.p12", &long] {
        let contents = place.as_bytes();
        let size = contents.len() as u64;
        writer
            .data(Path::new(place), Access::Private, size, contents)
            .unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(read_all(&path).unwrap().len(), 4);
}

#[test]
fn links_devices_and_paths_that_lead_elsewhere_are_refused() {
    for (kind, name) in [
        (EntryType::Symlink, KEY),
        (EntryType::Link, KEY),
        (EntryType::Char, KEY),
        (EntryType::Fifo, KEY),
        (EntryType::GNUSparse, KEY),
        (EntryType::Regular, "/etc/passwd"),
        (EntryType::Regular, "pki-backup/../../etc/passwd"),
        (EntryType::Regular, "pki-backup/ca-data/issuers/../../x"),
        (EntryType::Regular, "ca-data/pki.db"),
        (EntryType::Regular, "pki-backup/ca-data/issuers/00/other"),
        (EntryType::Regular, "pki-backup/ca-data/.init/complete"),
        (EntryType::Regular, "pki-backup/other"),
        (EntryType::Directory, "/etc"),
    ] {
        let (_directory, path) = archive(|builder| {
            add(builder, kind, name, b"");
            let name = name.trim_start_matches("pki-backup/");
            let sums = sums(&[(name, b"")]);
            add(builder, EntryType::Regular, "pki-backup/SHA256SUMS", &sums);
        });
        let refused = read_all(&path).map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::Malformed), "{kind:?} {name}");
    }
}

#[test]
fn files_twice_too_few_too_many_changed_or_behind_the_end_are_refused() {
    let name = KEY.trim_start_matches("pki-backup/");
    let good = sums(&[(name, b"key")]);
    let read = |members: &[(&str, &[u8])]| {
        let (_directory, path) = archive(|builder| {
            for (name, contents) in members {
                add(builder, EntryType::Regular, name, contents);
            }
        });
        read_all(&path).map_err(|error| error.kind())
    };
    let end: (&str, &[u8]) = ("pki-backup/SHA256SUMS", &good);
    assert!(read(&[(KEY, b"key"), end]).is_ok());
    let refused: [&[(&str, &[u8])]; 7] = [
        &[(KEY, b"key")],
        &[end],
        &[(KEY, b"kex"), end],
        &[(KEY, b"key"), (KEY, b"key"), end],
        &[(KEY, b"key"), ("pki-backup/ca-data/pki.db", b""), end],
        &[(KEY, b"key"), end, (KEY, b"key")],
        &[(KEY, b"key"), end, end],
    ];
    for members in refused {
        assert_eq!(read(members), Err(ErrorKind::Malformed), "{members:?}");
    }
    let (_directory, path) = archive(|_| {});
    std::fs::write(&path, b"not a tar file at all").unwrap();
    assert!(read_all(&path).is_err());
}
