//! The table of `pki issue-clients`.

use pki::authority::Member;
use pki::cli::hostile::table;

/// Reads a table; its good rows, written as a table, are read as the same.
pub fn read(input: &[u8]) {
    let Ok(members) = table(input) else {
        return;
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(["name", "device", "email", "upn", "validity"])
        .unwrap();
    for member in &members {
        let of_kind = |kind: &str| {
            let mut names = member.subject_alt_names.iter();
            names
                .find(|it| it.kind() == kind)
                .map_or_else(String::new, |it| it.value())
        };
        let device = member.device.as_ref().map_or("", |device| device.as_str());
        writer
            .write_record([
                member.name.as_str(),
                device,
                &of_kind("email"),
                &of_kind("upn"),
                &member.lifetime.to_string(),
            ])
            .unwrap();
    }
    let written = writer.into_inner().unwrap();
    let again = table(&written).unwrap();
    assert!(said(&members).eq(said(&again)), "{members:?} {again:?}");
}

/// All but the line.
fn said(members: &[Member]) -> impl Iterator<Item = String> {
    members.iter().map(|member| {
        let Member {
            line: _,
            name,
            device,
            subject_alt_names,
            lifetime,
        } = member;
        format!("{name:?} {device:?} {subject_alt_names:?} {lifetime:?}")
    })
}
