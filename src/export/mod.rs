//! The record as JSON and CSV: stable formats for other programs, described in `FORMATS.md` beside
//! this file. The command line and the page give the same bytes.

mod csv;
mod json;

pub use csv::CsvWriter;
pub use json::{JsonWriter, SESSIONS_FORMAT, session};

#[cfg(test)]
mod tests;
