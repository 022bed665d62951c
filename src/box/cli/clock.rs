use temoin_capture::clock;

use super::exit::{CliError, Failure};
use super::print;

/// `temoin clock`
pub(super) fn run() -> Result<(), CliError> {
    match clock::status_word() {
        Some(word) => print(word),
        None => Err(CliError::new(
            Failure::Failed,
            "the kernel does not say whether its clock is right: look at what the unit's \
             SystemCallFilter= takes away",
        )),
    }
}
