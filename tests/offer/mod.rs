//! Which client certificate Chromium and Firefox offer: every set-up × both browsers, against what `doctor::offer` says.
//!
//! Each set-up has certificates made by `openssl`, in one NSS database with those of the others, and a server whose CertificateRequest
//! is exactly so. Each browser is started once for all of them.

mod locked;
mod predictions;
mod server;
mod setups;
mod table;
mod workshop;
