//! The record as JSON and CSV, and the operator's receipts: stable formats for other programs,
//! described in `FORMATS.md` beside this file. The command line and the page give the same bytes.

mod csv;
mod json;
mod receipts;

pub use csv::CsvWriter;
pub use json::{JsonWriter, SESSIONS_FORMAT, session};
pub use receipts::{NoReceipts, RECEIPTS_FORMAT, Receipts, ReceiptsWriter, receipt_json};

#[cfg(test)]
mod tests;
