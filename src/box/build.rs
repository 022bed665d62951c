//! Compiles the catalogues of texts into the constants that the program uses.
#![allow(clippy::print_stdout, reason = "how a build script talks to cargo")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

use temoin_locales::Catalogue;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../locales");
    let catalogue = Catalogue::read(Path::new("../locales")).unwrap_or_else(|problems| {
        problems.0.iter().for_each(|problem| println!("cargo::error=src/locales/{problem}"));
        process::exit(1);
    });
    let messages = PathBuf::from(env::var("OUT_DIR")?).join("messages.rs");
    // The core writes dates and durations.
    Ok(fs::write(messages, catalogue.messages_source(&[], &["date", "time"]))?)
}
