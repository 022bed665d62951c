//! The texts of both programs, one catalogue (`fr.toml`, `nl.toml`, …) a language. Build scripts
//! compile them into constants by this crate: nothing is parsed at run time.
//!
//! A language is a file. Its table `[language]` says how it is called and how it writes dates
//! ([`Header`]); one with `draft = true` is compiled and checked like the others, and offered only where
//! it is asked for by name. One that is offered to all also needs its texts in every rule file and
//! profile, and the files that tests compare with.

mod catalogue;
mod check;
mod entry;
mod generate;
mod header;
mod language;
mod problem;
mod source;

pub use catalogue::Catalogue;
pub use generate::{write_language, write_messages};
pub use header::Header;
pub use problem::{Problem, Problems};

#[cfg(test)]
mod tests;
