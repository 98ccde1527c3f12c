//! The command `pki`.

fn main() {}
