//! The four blocks of pcapng that a recording takes (draft-ietf-opsawg-pcapng).
//!
//! No crate that is kept up writes a Decryption Secrets Block, and these are simple: a type, a length, a body, the length
//! again; all in the byte order that the first block shows.

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::packets::Packet;
use super::tape::End;

/// Section Header Block (§4.1).
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
/// Shows the byte order (§4.1).
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Interface Description Block (§4.2).
const INTERFACE: u32 = 1;
/// Enhanced Packet Block (§4.3).
const PACKET: u32 = 6;
/// Decryption Secrets Block (§4.7).
const SECRETS: u32 = 10;
/// The secrets are lines in the format of `SSLKEYLOGFILE` (§4.7).
const TLS_KEY_LOG: u32 = 0x544c_534b;
/// Packets begin with their IP header: `LINKTYPE_RAW`. There is no link layer here that could be told.
const RAW_IP: u16 = 101;

/// Options, by the block that they stand in (§3.5, §4.1 to §4.3).
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const EPB_FLAGS: u16 = 2;

const REBUILT: &str = "The packets were rebuilt from what this end of the connection wrote and read: addresses, ports, \
    octets, order and times are those of the connection; the IP and TCP headers were made up around them. The secrets \
    are in this file: whoever has it can decrypt the connection.";
const CUT: &str = "It is cut: what came after 16 MiB is missing.";

/// What stands in a file.
pub(super) struct Contents<'a> {
    /// The time from which packets count theirs.
    pub(super) began: OffsetDateTime,
    pub(super) is_cut: bool,
    /// Lines as of `SSLKEYLOGFILE`, each with its end.
    pub(super) secrets: &'a [Zeroizing<String>],
    pub(super) packets: &'a [Packet],
}

/// Writes a file: what it is, then the secrets, then the packets, so that each can be decrypted when it is read.
pub(super) fn write(contents: &Contents<'_>) -> Zeroizing<Vec<u8>> {
    // Made large enough at once: a vector that grows leaves copies of the secrets behind.
    let secrets: usize = contents.secrets.iter().map(|line| line.len()).sum();
    let packets = contents.packets.iter().map(|it| it.octets.len() + 64);
    let mut file = Zeroizing::new(Vec::with_capacity(1024 + secrets + packets.sum::<usize>()));
    block(&mut file, SECTION_HEADER, |body| {
        numbers(body, [BYTE_ORDER_MAGIC]);
        // Version 1.0, and a section of unknown length.
        body.extend([1_u16, 0].iter().flat_map(|it| it.to_le_bytes()));
        body.extend((-1_i64).to_le_bytes());
        option(body, OPT_COMMENT, REBUILT.as_bytes());
        if contents.is_cut {
            option(body, OPT_COMMENT, CUT.as_bytes());
        }
        let program = concat!("pki ", env!("CARGO_PKG_VERSION"));
        option(body, SHB_USERAPPL, program.as_bytes());
        end_of_options(body);
    });
    block(&mut file, INTERFACE, |body| {
        body.extend(RAW_IP.to_le_bytes());
        body.extend([0, 0]);
        // No packet is cut.
        numbers(body, [0]);
        option(body, IF_NAME, b"pki");
        // Times are in units of 10^-9 seconds.
        option(body, IF_TSRESOL, &[9]);
        end_of_options(body);
    });
    if !contents.secrets.is_empty() {
        block(&mut file, SECRETS, |body| {
            numbers(body, [TLS_KEY_LOG, length(secrets)]);
            for line in contents.secrets {
                body.extend(line.as_bytes());
            }
            pad(body);
        });
    }
    for packet in contents.packets {
        write_packet(&mut file, contents.began, packet);
    }
    file
}

fn write_packet(file: &mut Vec<u8>, began: OffsetDateTime, packet: &Packet) {
    let at = (began + packet.at).unix_timestamp_nanos();
    let at = u64::try_from(at).unwrap_or_default().to_be_bytes();
    let [high, low] = [at.first_chunk(), at.last_chunk()]
        .map(|half| u32::from_be_bytes(half.copied().unwrap_or_default()));
    block(file, PACKET, |body| {
        // The only interface is number 0.
        numbers(body, [0, high, low]);
        // As much as there is, which is all.
        numbers(body, [length(packet.octets.len()); 2]);
        body.extend(&packet.octets);
        pad(body);
        let direction: u32 = match packet.by {
            End::Far => 0b01,
            End::Near => 0b10,
        };
        option(body, EPB_FLAGS, &direction.to_le_bytes());
        end_of_options(body);
    });
}

/// A block of a type, whose body is a multiple of four octets long (§3.1).
fn block(file: &mut Vec<u8>, block_type: u32, write: impl FnOnce(&mut Vec<u8>)) {
    let start = file.len();
    // The length is known when the body is written.
    numbers(file, [block_type, 0]);
    write(file);
    let total = length(file.len() - start + 4);
    numbers(file, [total]);
    if let Some(place) = file.get_mut(start + 4..start + 8) {
        place.copy_from_slice(&total.to_le_bytes());
    }
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or_default();
    body.extend(code.to_le_bytes());
    body.extend(length.to_le_bytes());
    body.extend(value.iter().take(length.into()));
    pad(body);
}

fn end_of_options(body: &mut Vec<u8>) {
    body.extend([0; 4]);
}

fn numbers(body: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    body.extend(numbers.into_iter().flat_map(u32::to_le_bytes));
}

/// What is not recorded beyond 16 MiB has no length above it either.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Fills up to a multiple of four octets; each block begins at one.
fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The blocks of a file: type and body.
    fn blocks(file: &[u8]) -> Vec<(u32, &[u8])> {
        let number = |octets: &[u8]| u32::from_le_bytes(*octets.first_chunk().unwrap());
        let mut found = Vec::new();
        let mut rest = file;
        while !rest.is_empty() {
            let total = number(rest.get(4..).unwrap()) as usize;
            assert_eq!(total % 4, 0);
            let (this, after) = rest.split_at(total);
            assert_eq!(number(this.get(total - 4..).unwrap()) as usize, total);
            found.push((number(this), this.get(8..total - 4).unwrap()));
            rest = after;
        }
        found
    }

    #[test]
    fn the_secrets_stand_before_the_packets_and_everything_at_a_multiple_of_four() {
        let secrets = ["CLIENT_RANDOM 01 02\n", "X 03 0405\n"];
        let secrets = secrets.map(|line| Zeroizing::new(line.to_owned()));
        let packet = Packet {
            at: Duration::from_nanos(5),
            by: End::Far,
            octets: b"12345".to_vec(),
        };
        let file = write(&Contents {
            began: OffsetDateTime::from_unix_timestamp(1 << 32).unwrap(),
            is_cut: false,
            secrets: &secrets,
            packets: &[packet.clone(), packet],
        });
        let blocks = blocks(&file);
        let types: Vec<_> = blocks.iter().map(|(block_type, _)| *block_type).collect();
        assert_eq!(types, [SECTION_HEADER, INTERFACE, SECRETS, PACKET, PACKET]);
        let bodies: Vec<_> = blocks.iter().map(|(_, body)| *body).collect();
        let [_, _, secrets, packet, _] = bodies[..] else {
            panic!("five blocks");
        };
        assert!(secrets.starts_with(b"KSLT\x1e\0\0\0CLIENT_RANDOM 01 02\nX 03 0405\n\0\0"));
        let nanoseconds = (1_u64 << 32) * 1_000_000_000 + 5;
        let (high, low) = ((nanoseconds >> 32) as u32, nanoseconds as u32);
        let mut expected = Vec::new();
        numbers(&mut expected, [0, high, low, 5, 5]);
        expected.extend(b"12345\0\0\0\x02\0\x04\0\x01\0\0\0\0\0\0\0");
        assert_eq!(packet, expected);
    }

    #[test]
    fn a_file_says_that_it_was_rebuilt_and_by_what_and_whether_it_is_cut() {
        let header = |is_cut| {
            let file = write(&Contents {
                began: OffsetDateTime::UNIX_EPOCH,
                is_cut,
                secrets: &[],
                packets: &[],
            });
            assert_eq!(blocks(&file).len(), 2);
            String::from_utf8_lossy(&file).into_owned()
        };
        for text in [header(false), header(true)] {
            assert!(text.contains("were rebuilt"));
            assert!(text.contains(concat!("pki ", env!("CARGO_PKG_VERSION"))));
        }
        assert!(!header(false).contains("It is cut") && header(true).contains("It is cut"));
    }
}
