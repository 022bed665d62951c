//! Compiles what the catalogues of texts say of each language, and deflates the rule files and
//! profiles that ship: as text they would take four times the room.
#![allow(clippy::print_stdout, reason = "how a build script talks to cargo")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

use miniz_oxide::deflate::compress_to_vec;
use temoin_locales::Catalogue;

/// The profile that is only there to be copied.
const TEMPLATE: &str = "template.toml";

/// The closest that the library packs.
const LEVEL: u8 = 10;

/// The tables of the catalogues that this crate uses.
const CORE_TABLES: [&str; 2] = ["date", "time"];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=../locales");
    let catalogue = Catalogue::read(Path::new("../locales")).unwrap_or_else(|problems| {
        problems.0.iter().for_each(|problem| println!("cargo::error=src/locales/{problem}"));
        process::exit(1);
    });
    fs::write(out.join("language.rs"), catalogue.language_source())?;
    fs::write(out.join("messages.rs"), catalogue.messages_source(&CORE_TABLES, &[]))?;

    println!("cargo::rerun-if-changed=../law");
    println!("cargo::rerun-if-changed=../operators");
    let mut rules = Vec::new();
    for jurisdiction in fs::read_dir("../law")? {
        let folder = jurisdiction?.path();
        if folder.is_dir() {
            rules.append(&mut files(&folder)?);
        }
    }
    pack(rules, &out.join("rules"))?;
    pack(files(Path::new("../operators"))?, &out.join("profiles"))
}

/// The TOML files of a folder: of each the name and the text.
fn files(folder: &Path) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.ends_with(".toml") && name != TEMPLATE {
            files.push((name.to_owned(), fs::read_to_string(&path)?));
        }
    }
    Ok(files)
}

/// Writes files by name: of each the name and the text, a NUL behind either.
fn pack(mut files: Vec<(String, String)>, to: &Path) -> Result<(), Box<dyn Error>> {
    files.sort();
    let mut joined = String::new();
    for (name, text) in &files {
        for part in [name, text] {
            joined.push_str(part);
            joined.push('\0');
        }
    }
    Ok(fs::write(to, compress_to_vec(joined.as_bytes(), LEVEL))?)
}
