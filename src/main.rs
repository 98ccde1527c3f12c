//! The command `pki`: umask, parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    pki::file::restrict_umask();
    pki::cli::main().into()
}
