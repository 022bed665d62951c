//! Compiles the catalogues of texts, and deflates the rule files and profiles that ship: as text they
//! would take four times the room.
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

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=src/locales");
    let catalogue = Catalogue::read(Path::new("src/locales")).unwrap_or_else(|problems| {
        problems.0.iter().for_each(|problem| println!("cargo::error=src/locales/{problem}"));
        process::exit(1);
    });
    fs::write(out.join("language.rs"), catalogue.language_source())?;
    fs::write(out.join("messages.rs"), catalogue.messages_source(&[], &[]))?;
    for folder in ["rules", "profiles"] {
        let from = Path::new("src/retention").join(folder);
        println!("cargo::rerun-if-changed={}", from.display());
        fs::write(out.join(folder), compress_to_vec(joined(&from)?.as_bytes(), LEVEL))?;
    }
    Ok(())
}

/// The files of a folder by name: of each the name and the text, a NUL behind either.
fn joined(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut joined = String::new();
    for path in paths {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.ends_with(".toml") && name != TEMPLATE {
            let text = fs::read_to_string(&path)?;
            for part in [name, &text] {
                joined.push_str(part);
                joined.push('\0');
            }
        }
    }
    Ok(joined)
}
