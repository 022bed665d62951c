use std::fmt::Display;
use std::fs;

use crate::messages::cli::error as msg;

use super::arguments::BackupArgs;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::output::new_file;
use temoin_journal::JournalError;

/// `temoin backup`
pub(super) fn run(context: &Context, arguments: &BackupArgs) -> Result<(), CliError> {
    let Some(reader) = context.reader()? else {
        let path = context.state_dir.display();
        return Err(CliError::said(Failure::NotFound, msg::NO_RECORD, &[("path", &path)]));
    };
    drop(new_file(&arguments.file)?);
    reader.copy_to(&arguments.file).map_err(|error| {
        let _ = fs::remove_file(&arguments.file);
        match error {
            // Not the disk of the journal, of which the error's own words speak.
            JournalError::Full { .. } => {
                let values: [(_, &dyn Display); 1] = [("path", &arguments.file.display())];
                CliError::said(Failure::Failed, msg::NO_ROOM_FOR_COPY, &values)
            }
            error => error.into(),
        }
    })
}
