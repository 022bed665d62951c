use std::fs;

use crate::messages::cli::error as msg;

use super::arguments::BackupArgs;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::output::new_file;

/// `temoin backup`
pub(super) fn run(context: &Context, arguments: &BackupArgs) -> Result<(), CliError> {
    let Some(reader) = context.reader()? else {
        let path = context.state_dir.display();
        return Err(CliError::said(Failure::NotFound, msg::NO_RECORD, &[("path", &path)]));
    };
    drop(new_file(&arguments.file)?);
    reader.copy_to(&arguments.file).inspect_err(|_| {
        let _ = fs::remove_file(&arguments.file);
    })?;
    Ok(())
}
