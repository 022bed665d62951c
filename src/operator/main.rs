//! The `temoin-operator` program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    temoin_operator::cli::run()
}
