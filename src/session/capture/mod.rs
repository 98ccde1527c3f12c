//! A recording of connections as pcapng, with the secrets that decrypt it, for Wireshark.
//!
//! Nothing is sniffed, which would take the rights of root: a [`Tap`] on the stream notes on a [`Tape`] what this end wrote
//! and read, and the IP and TCP headers are put together anew from that (`packets`). The file (`pcapng`) says so itself.

mod packets;
mod pcapng;
mod tap;
mod tape;

pub use tap::Tap;
pub use tape::Tape;
