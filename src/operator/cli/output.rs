use std::error::Error;
use std::io::{self, Write};

/// Writes to standard output.
pub(super) fn print(text: &str) -> Result<(), Box<dyn Error>> {
    Ok(io::stdout().lock().write_all(text.as_bytes())?)
}
