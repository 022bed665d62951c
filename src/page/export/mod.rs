//! The record as JSON and CSV, and the operator's receipts: stable formats for other programs,
//! described in `FORMATS.md` beside this file. The command line and the page give the same bytes.

mod receipt_bundle;
mod sessions_csv;
mod sessions_json;

pub use receipt_bundle::ReceiptBundle;
pub use receipt_bundle::{ReceiptsWriter, receipt_json};
pub use sessions_csv::CsvWriter;
pub use sessions_json::{JsonWriter, session};

#[cfg(test)]
mod tests;
