//! Runs the box's own program (`make cross`) on an emulated ARM processor of the box's kind.
//!
//! Ignored by a plain `cargo test`, because the program takes a cross compiler to build: `make arm`.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian's cross compiler keeps the box's C library.
const ARM_ROOT: &str = "/usr/arm-linux-gnueabihf";

/// What the program may weigh on the box's card, in bytes.
const LARGEST: u64 = 1_600_000;

#[test]
#[ignore = "needs the box's program: make arm"]
fn the_program_stays_small_and_is_stripped() {
    let program = fs::read(program()).unwrap();
    assert!(program.len() as u64 <= LARGEST, "{} bytes", program.len());
    assert!(!program.windows(8).any(|bytes| bytes == b".symtab\0"), "it has a symbol table");
}

#[test]
#[ignore = "needs the box's program: make arm"]
fn the_program_names_no_folder_of_the_machine_that_built_it() {
    let program = fs::read(program()).unwrap();
    let home = std::env::var("HOME").unwrap();
    for folder in [concat!(env!("CARGO_MANIFEST_DIR"), "/src/"), &format!("{home}/.cargo/")] {
        let named = program.windows(folder.len()).any(|bytes| bytes == folder.as_bytes());
        assert!(!named, "it names {folder}");
    }
}

#[test]
#[ignore = "needs the box's program: make arm"]
fn the_program_runs() {
    assert!(temoin().status().unwrap().success());
}

/// The program, emulated on the processor of the A20.
fn temoin() -> Command {
    let mut command = Command::new("qemu-arm");
    command.args(["-cpu", "cortex-a7", "-L", ARM_ROOT]).arg(program());
    command
}

fn program() -> PathBuf {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("build/armv7/temoin");
    assert!(program.exists(), "{} is missing: make arm", program.display());
    program
}
