use crate::messages::cli::error as msg;
use temoin_capture::clock;

use super::exit::{CliError, Failure};
use super::terminal::print;

/// `temoin clock`
pub(super) fn run() -> Result<(), CliError> {
    match clock::status_word() {
        Some(word) => print(word),
        None => Err(CliError::said(Failure::Failed, msg::CLOCK_UNTOLD, &[])),
    }
}
