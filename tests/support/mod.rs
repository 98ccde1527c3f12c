//! A hermetic harness: a temporary directory, a cleared environment, no stdin, and an end to everything that is started.

pub(crate) mod authority;
pub(crate) mod browser;
pub(crate) mod daemon;
pub(crate) mod files;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod tls;
pub(crate) mod tools;

pub(crate) use authority::{Authority, Client, PASSPHRASE};
pub(crate) use daemon::Daemon;
pub(crate) use files::{Tree, assert_no_leftovers, entries_below, files_below, path_text};
pub(crate) use process::{Finished, finish, hermetic};
pub(crate) use server::Server;
pub(crate) use tls::{Credentials, Tls, visit};
pub(crate) use tools::{set_clock, tool};
