//! The commands themselves: what they write, what they refuse, and what they never say.

mod audit;
mod constraints;
mod csr;
mod demo;
mod init;
mod interrupted;
mod list;
mod names;
mod refusals;
mod renew;
mod secrets;
mod transcripts;
mod verify;
