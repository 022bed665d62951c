//! Compiles the texts of the catalogues that this crate uses, and deflates the rule files and
//! profiles that ship: as text they would take four times the room.
#![allow(clippy::disallowed_methods, reason = "reads and writes files, which the core does not")]
#![allow(clippy::print_stdout, reason = "how a build script talks to cargo")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use miniz_oxide::deflate::compress_to_vec;

/// The profile that is only there to be copied.
const TEMPLATE: &str = "template.toml";

/// The closest that the library packs.
const LEVEL: u8 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    temoin_locales::write_language()?;
    temoin_locales::write_messages(&["date", "time"])?;

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
