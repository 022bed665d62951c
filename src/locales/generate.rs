//! For the build scripts of the crates that use texts.
#![allow(clippy::print_stdout, reason = "how a build script talks to cargo")]

use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

use miniz_oxide::deflate::compress_to_vec;

use crate::Catalogue;

/// The closest that the library packs.
const LEVEL: u8 = 10;

/// Writes `language.rs` into the folder that cargo gives build scripts: `enum Language`.
///
/// # Errors
/// Where it cannot be written.
pub fn write_language() -> io::Result<()> {
    write("language.rs", catalogue().language_source().as_bytes())
}

/// Writes `messages.rs` there, and beside it `messages.fr` and so on, deflated: the texts of these
/// tables.
///
/// # Errors
/// Where they cannot be written.
pub fn write_messages(tables: &[&str]) -> io::Result<()> {
    let catalogue = catalogue();
    let (source, texts) = catalogue.messages(tables);
    for (code, text) in texts {
        write(&format!("messages.{code}"), &compress_to_vec(text.as_bytes(), LEVEL))?;
    }
    write("messages.rs", source.as_bytes())
}

fn write(name: &str, content: &[u8]) -> io::Result<()> {
    let folder = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    fs::write(folder.join(name), content)
}

/// The catalogues; where something is wrong in them the build ends, each problem named.
fn catalogue() -> Catalogue {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    println!("cargo::rerun-if-changed={}", folder.display());
    Catalogue::read(folder).unwrap_or_else(|problems| {
        problems.0.iter().for_each(|problem| println!("cargo::error=src/locales/{problem}"));
        process::exit(1);
    })
}
