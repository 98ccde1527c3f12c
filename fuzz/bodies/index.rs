//! OpenSSL's `index.txt`, as an imported CA brings it along.

use std::sync::LazyLock;

use pki::authority::{ForeignAuthority, read_index};
use pki::inventory::IndexEntry;
use time::OffsetDateTime;

use super::stage::{NOW, STAGE};

static AUTHORITY: LazyLock<ForeignAuthority> = LazyLock::new(|| {
    let stage = &*STAGE;
    ForeignAuthority::examine(&stage.issuing, std::slice::from_ref(&stage.root), NOW).unwrap()
});

/// Reads an index and puts it together with no CRL; what was read is read again from what it says.
pub fn read(input: &[u8]) {
    let Ok(entries) = read_index(input) else {
        return;
    };
    let revoked = entries.iter().filter(|it| it.revocation.is_some()).count();
    // A line may end in CRLF: what stands before that of a subject would be taken for it.
    if !entries.iter().any(|it| it.subject.ends_with('\r')) {
        let written: String = entries.iter().map(line).collect();
        let again = read_index(written.as_bytes());
        assert!(again.is_ok_and(|again| again == entries), "{written}");
    }
    let past = AUTHORITY.past(entries, None).unwrap();
    assert_eq!(past.revoked(), revoked);
}

fn line(entry: &IndexEntry) -> String {
    let (status, revoked) = match entry.revocation {
        Some(it) => {
            let word = match it.reason.as_str() {
                "certificateHold" => "holdInstruction,holdInstructionNone",
                word => word,
            };
            ("R", format!("{},{word}", instant(it.at)))
        }
        None => ("V", String::new()),
    };
    let octets = entry.serial_number.octets();
    assert!(octets.len() <= 20);
    let number = match octets {
        [] => "0".to_owned(),
        _ => entry.serial_number.to_string(),
    };
    let (end, subject) = (instant(entry.not_after), &entry.subject);
    format!("{status}\t{end}\t{revoked}\t{number}\tunknown\t{subject}\n")
}

/// GeneralizedTime, whatever the year.
fn instant(at: OffsetDateTime) -> String {
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    let month = u8::from(month);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
}
