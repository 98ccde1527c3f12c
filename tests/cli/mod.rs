//! The commands themselves: what they write, what they refuse, and what they never say.

mod audit;
mod backup;
mod browser;
mod bundle_check;
mod constraints;
mod crl;
mod csr;
mod demo;
mod export;
mod init;
mod interrupted;
mod list;
mod migration;
mod names;
mod passphrase;
mod recovery;
mod refusals;
mod renew;
mod restore;
mod root;
mod rotate;
mod rotated;
mod secrets;
mod steps;
mod transcripts;
mod verify;
