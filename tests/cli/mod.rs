//! The commands themselves: what they write, what they refuse, and what they never say.

mod constraints;
mod crl;
mod csr;
mod demo;
mod init;
mod interrupted;
mod refusals;
mod renew;
mod secrets;
mod transcripts;
