//! Runs the box's own program (`make cross`) on an emulated ARM processor of the box's kind.
//!
//! Ignored by a plain `cargo test`, because the program takes a cross compiler to build: `make arm`.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::Program;

/// Where Debian's cross compiler keeps the box's C library.
const ARM_ROOT: &str = "/usr/arm-linux-gnueabihf";

/// What the whole program may weigh on the box's card, in bytes.
const LARGEST: u64 = 2_450_000;

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
    let own = fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).unwrap();
    for folder in [&*own.to_string_lossy(), &format!("{home}/.cargo/"), "build/toolchain/"] {
        let named = program.windows(folder.len()).any(|bytes| bytes == folder.as_bytes());
        assert!(!named, "it names {folder}");
    }
}

#[test]
#[ignore = "needs the box's program: make arm"]
fn a_session_goes_through_hook_spool_daemon_and_command_line() {
    let mut temoin = temoin();
    let scripts = temoin.scripts();
    temoin.print(&format!("hook install --scripts-dir {}", scripts.display()));
    // The emulated program cannot re-execute itself, as the hook does to bound its time: here it does
    // its work directly.
    temoin.hook("route-up --unsupervised");
    temoin.start_daemon();
    let sessions = temoin.await_sessions("closed");
    assert_eq!(sessions[0]["end"]["reason"], "unseen");

    temoin.hook("route-up --unsupervised");
    temoin.await_sessions("open closed");
    temoin.hook("route-down --unsupervised");
    let sessions = temoin.await_sessions("closed closed");
    let session = &sessions[0];
    assert_eq!(session["origin_address"]["value"], "203.0.113.7");
    assert_eq!(session["gateway"]["value"]["port"], 1194);
    assert_eq!(session["end"]["reason"], "stopped-with-notice");
    assert!(session["start"]["at"].is_string() && session["end"]["at"].is_string());

    let id = session["id"].as_str().unwrap();
    assert!(temoin.print(&format!("show {id}")).contains("2001:db8:99::10"));
    assert!(temoin.page(&format!("/session/{id}")).contains("203.0.113.7"));
    assert!(temoin.print("export").contains(id));
    let doctor = temoin.json(&format!("doctor --json --scripts-dir {}", scripts.display()));
    let findings = doctor["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["health"] != "wrong"), "{findings:?}");
    temoin.stop_daemon();
}

/// The program, emulated on the processor of the A20.
fn temoin() -> Program {
    let emulator = ["qemu-arm", "-cpu", "cortex-a7", "-L", ARM_ROOT];
    let mut command: Vec<String> = emulator.map(str::to_owned).to_vec();
    command.push(program().display().to_string());
    Program::new(command)
}

fn program() -> PathBuf {
    let program =
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("build/armv7/temoin");
    assert!(program.exists(), "{} is missing: make arm", program.display());
    program
}
