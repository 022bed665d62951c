use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::exit::{CliError, Failure};
use super::print;

/// Creates a new file, readable by its owner only.
pub(super) fn new_file(path: &Path) -> Result<File, CliError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.map_err(|error| {
        let remedy = if error.kind() == io::ErrorKind::AlreadyExists {
            "name a file that does not exist yet"
        } else {
            "choose a place that you may write to"
        };
        CliError::new(Failure::Failed, format!("{}: {error}; {remedy}", path.display()))
    })
}

/// Writes to a new file, or to standard output.
pub(super) fn write_output(text: &str, path: Option<&Path>) -> Result<(), CliError> {
    let Some(path) = path else { return print(text) };
    let mut file = new_file(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}
