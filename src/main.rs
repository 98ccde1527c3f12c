//! The command `pki`: guard, umask, parse, run, exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    pki::process::guard();
    pki::file::restrict_umask();
    pki::cli::main().into()
}
