//! The `temoin` program.
#![forbid(unsafe_code)]

fn main() {}
