//! IP and TCP packets put together from what was heard of a connection.
//!
//! Addresses, ports, order and times are those of the connection. The rest is what a plain TCP would have sent: sequence
//! numbers from 0, segments that fit an Ethernet frame, and an acknowledgement behind whatever it acknowledges.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use etherparse::{
    IpHeaders, PacketBuilder, PacketBuilderStep, TcpHeader, TcpOptionElement, TcpOptions,
};

use super::tape::{Conversation, Deed, End, Event};

/// The largest packet of an Ethernet, in octets (RFC 894).
const MAXIMUM_TRANSMISSION_UNIT: u16 = 1500;
/// How much an end takes before the other must wait for an acknowledgement, in octets; more than [`BURST`].
const WINDOW: u16 = u16::MAX;
/// After how many octets an acknowledgement follows at the latest.
const BURST: usize = 32 << 10;
/// How many routers a packet may pass (RFC 1700).
const HOPS: u8 = 64;

/// A packet, from its IP header on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    /// When this end saw it, since the tape began.
    pub(super) at: Duration,
    /// Who sent it.
    pub(super) by: End,
    pub(super) octets: Vec<u8>,
}

/// The packets of one connection.
pub(super) fn rebuild(conversation: &Conversation) -> Vec<Packet> {
    let mut ends = Ends::new(conversation);
    let at = conversation.at;
    let options = [TcpOptionElement::MaximumSegmentSize(
        ends.maximum_segment_size(),
    )];
    let connects = TcpHeader {
        syn: true,
        options: TcpOptions::try_from_elements(&options).unwrap_or_default(),
        ..TcpHeader::default()
    };
    ends.send(at, End::Near, connects.clone(), &[]);
    ends.send(
        at,
        End::Far,
        TcpHeader {
            ack: true,
            ..connects
        },
        &[],
    );
    ends.acknowledge(at, End::Near);
    for Event { at, by, deed } in &conversation.events {
        let header = TcpHeader {
            ack: true,
            fin: *deed == Deed::Finishes,
            rst: *deed == Deed::Resets,
            ..TcpHeader::default()
        };
        match deed {
            Deed::Sends(octets) => ends.send_all(*at, *by, octets),
            Deed::Resets => ends.send(*at, *by, header, &[]),
            Deed::Finishes => {
                ends.send(*at, *by, header, &[]);
                ends.acknowledge(*at, by.other());
            }
        }
    }
    ends.packets
}

/// Both ends of a connection, and how far each has come.
struct Ends {
    near: SocketAddr,
    far: SocketAddr,
    near_next: u32,
    far_next: u32,
    packets: Vec<Packet>,
}

impl Ends {
    fn new(conversation: &Conversation) -> Self {
        // An IPv4 connection through a socket of IPv6 goes over the wire as IPv4 (RFC 3493 §3.7).
        let canonical = |it: SocketAddr| SocketAddr::new(it.ip().to_canonical(), it.port());
        Self {
            near: canonical(conversation.near),
            far: canonical(conversation.far),
            near_next: 0,
            far_next: 0,
            packets: Vec::new(),
        }
    }

    fn send_all(&mut self, at: Duration, by: End, octets: &[u8]) {
        let size = usize::from(self.maximum_segment_size());
        for burst in octets.chunks(BURST) {
            let mut segments = burst.chunks(size).peekable();
            while let Some(segment) = segments.next() {
                let header = TcpHeader {
                    ack: true,
                    psh: segments.peek().is_none(),
                    ..TcpHeader::default()
                };
                self.send(at, by, header, segment);
            }
            self.acknowledge(at, by.other());
        }
    }

    fn acknowledge(&mut self, at: Duration, by: End) {
        let header = TcpHeader {
            ack: true,
            ..TcpHeader::default()
        };
        self.send(at, by, header, &[]);
    }

    fn send(&mut self, at: Duration, by: End, header: TcpHeader, payload: &[u8]) {
        let (source, destination, next, acknowledged) = match by {
            End::Near => (self.near, self.far, &mut self.near_next, self.far_next),
            End::Far => (self.far, self.near, &mut self.far_next, self.near_next),
        };
        let header = TcpHeader {
            source_port: source.port(),
            destination_port: destination.port(),
            sequence_number: *next,
            acknowledgment_number: if header.ack { acknowledged } else { 0 },
            window_size: WINDOW,
            ..header
        };
        // SYN and FIN take a number each (RFC 9293 §3.4).
        let taken = u32::try_from(payload.len()).unwrap_or_default();
        *next = next.wrapping_add(taken + u32::from(header.syn || header.fin));
        let Some(builder) = ip(source.ip(), destination.ip()) else {
            return;
        };
        let builder = builder.tcp_header(header);
        let mut octets = Vec::with_capacity(builder.size(payload.len()));
        // Fails only for more than a packet can hold, and segments are smaller.
        if builder.write_to_vec(&mut octets, payload).is_ok() {
            self.packets.push(Packet { at, by, octets });
        }
    }

    /// The most octets that a packet carries behind its headers (RFC 9293 §3.7.1).
    fn maximum_segment_size(&self) -> u16 {
        let headers = if self.near.is_ipv4() {
            20 + 20
        } else {
            40 + 20
        };
        MAXIMUM_TRANSMISSION_UNIT - headers
    }
}

/// The IP header; a connection has two addresses of one family.
fn ip(source: IpAddr, destination: IpAddr) -> Option<PacketBuilderStep<IpHeaders>> {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => Some(PacketBuilder::ipv4(
            source.octets(),
            destination.octets(),
            HOPS,
        )),
        (IpAddr::V6(source), IpAddr::V6(destination)) => Some(PacketBuilder::ipv6(
            source.octets(),
            destination.octets(),
            HOPS,
        )),
        _ => None,
    }
}

impl End {
    fn other(self) -> Self {
        match self {
            Self::Near => Self::Far,
            Self::Far => Self::Near,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};

    use super::*;

    fn conversation(near: &str, far: &str, deeds: Vec<(End, Deed)>) -> Conversation {
        let events = deeds
            .into_iter()
            .zip(1..)
            .map(|((by, deed), second)| Event {
                at: Duration::from_secs(second),
                by,
                deed,
            });
        Conversation {
            near: near.parse().unwrap(),
            far: far.parse().unwrap(),
            at: Duration::ZERO,
            events: events.collect(),
        }
    }

    /// Reads packets back: who sends what from which number, and up to where the other's were acknowledged.
    fn told(packets: &[Packet]) -> Vec<String> {
        let tell = |packet: &Packet| {
            let sliced = SlicedPacket::from_ip(&packet.octets).unwrap();
            let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else {
                panic!("no TCP");
            };
            let header = tcp.to_header();
            let sum = match sliced.net.as_ref().unwrap() {
                NetSlice::Ipv4(ip) => {
                    let ip = ip.header().to_header();
                    assert_eq!(ip.header_checksum, ip.calc_header_checksum());
                    tcp.calc_checksum_ipv4(ip.source, ip.destination)
                }
                NetSlice::Ipv6(ip) => {
                    let ip = ip.header().to_header();
                    tcp.calc_checksum_ipv6(ip.source, ip.destination)
                }
                NetSlice::Arp(_) => panic!("no IP"),
            };
            assert_eq!(header.checksum, sum.unwrap());
            let flags = [
                ("SYN ", header.syn),
                ("PSH ", header.psh),
                ("FIN ", header.fin),
                ("RST ", header.rst),
                ("ACK ", header.ack),
            ];
            let flags: String = (flags.iter())
                .filter_map(|(name, is_set)| is_set.then_some(*name))
                .collect();
            format!(
                "{}: {}>{} {flags}{}+{} {}",
                packet.at.as_secs(),
                header.source_port,
                header.destination_port,
                header.sequence_number,
                tcp.payload().len(),
                header.acknowledgment_number
            )
        };
        packets.iter().map(tell).collect()
    }

    #[test]
    fn a_question_and_its_answer_are_numbered_and_acknowledged() {
        let deeds = vec![
            (End::Near, Deed::Sends(vec![1; 10])),
            (End::Far, Deed::Sends(vec![2; 3000])),
            (End::Far, Deed::Finishes),
            (End::Near, Deed::Finishes),
        ];
        for (near, far, first) in [
            ("192.0.2.1:5", "192.0.2.2:9", 1460),
            ("[2001:db8::1]:5", "[2001:db8::2]:9", 1440),
        ] {
            let packets = rebuild(&conversation(near, far, deeds.clone()));
            let (second, third) = (first + 1, 2 * first + 1);
            let expected = [
                "0: 5>9 SYN 0+0 0".to_owned(),
                "0: 9>5 SYN ACK 0+0 1".to_owned(),
                "0: 5>9 ACK 1+0 1".to_owned(),
                "1: 5>9 PSH ACK 1+10 1".to_owned(),
                "1: 9>5 ACK 1+0 11".to_owned(),
                format!("2: 9>5 ACK 1+{first} 11"),
                format!("2: 9>5 ACK {second}+{first} 11"),
                format!("2: 9>5 PSH ACK {third}+{} 11", 3000 - 2 * first),
                "2: 5>9 ACK 11+0 3001".to_owned(),
                "3: 9>5 FIN ACK 3001+0 11".to_owned(),
                "3: 5>9 ACK 11+0 3002".to_owned(),
                "4: 5>9 FIN ACK 11+0 3002".to_owned(),
                "4: 9>5 ACK 3002+0 12".to_owned(),
            ];
            assert_eq!(told(&packets), expected);
            let longest = packets.iter().map(|packet| packet.octets.len()).max();
            assert_eq!(longest, Some(1500));
        }
    }

    #[test]
    fn a_connection_that_the_other_end_forgot_ends_with_its_reset() {
        let deeds = vec![(End::Far, Deed::Resets)];
        let packets = rebuild(&conversation("192.0.2.1:5", "192.0.2.2:9", deeds));
        assert_eq!(told(&packets).last().unwrap(), "1: 9>5 RST ACK 1+0 1");
    }

    #[test]
    fn no_end_sends_more_than_the_window_before_it_is_acknowledged() {
        let deeds = vec![(End::Far, Deed::Sends(vec![0; 200_000]))];
        let packets = rebuild(&conversation("192.0.2.1:5", "192.0.2.2:9", deeds));
        let lengths = packets.iter().map(|it| match it.by {
            End::Far => it.octets.len(),
            End::Near => 0,
        });
        let flights = lengths.collect::<Vec<_>>();
        let longest = flights
            .split(|length| *length == 0)
            .map(|flight| flight.iter().sum());
        assert!(longest.max().unwrap_or(usize::MAX) < usize::from(WINDOW));
    }

    #[test]
    fn an_ipv4_connection_through_a_socket_of_ipv6_is_told_as_ipv4() {
        let mapped = conversation("[::ffff:192.0.2.1]:5", "[::ffff:192.0.2.2]:9", Vec::new());
        let plain = conversation("192.0.2.1:5", "192.0.2.2:9", Vec::new());
        assert_eq!(rebuild(&mapped), rebuild(&plain));
        assert_eq!(rebuild(&plain).len(), 3);
    }
}
