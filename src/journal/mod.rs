//! The record, in SQLite.
