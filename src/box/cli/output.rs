use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::messages::cli::error as msg;

use super::exit::{CliError, Failure};

/// Creates a new file, readable by its owner only.
pub(super) fn new_file(path: &Path) -> Result<File, CliError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.map_err(|error| {
        let message = match error.kind() {
            io::ErrorKind::AlreadyExists => msg::FILE_EXISTS,
            _ => msg::FILE_NOT_MADE,
        };
        CliError::said(Failure::Failed, message, &[("path", &path.display()), ("error", &error)])
    })
}

/// The error for a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &dyn Display) -> CliError {
    let values: [(_, &dyn Display); 2] = [("path", &path.display()), ("error", error)];
    CliError::said(Failure::Failed, msg::UNREADABLE, &values)
}

/// Writes to a new file, or to standard output.
pub(super) fn write_output(text: &str, path: Option<&Path>) -> Result<(), CliError> {
    // What it is given is a file's content: letters, whose values are plain, and lines that end in CR LF.
    let Some(path) = path else { return Ok(io::stdout().lock().write_all(text.as_bytes())?) };
    let mut file = new_file(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}
