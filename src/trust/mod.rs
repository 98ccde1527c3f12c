//! Trust stores of this machine.

pub mod nss;
