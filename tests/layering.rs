//! Holds the direction in which the rooms of the house use each other: what stands higher may use
//! what stands lower, never the other way round; and keeps certain crates in the rooms that they
//! belong to.
//!
//! It reads source text rather than compiling: paths that begin with `crate::` or climb out of
//! their room by `super::`, with groups (`crate::{a, b::c}`), outside comments and strings. A
//! path that a macro puts together would escape it.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::fs;
use std::path::Path;

/// Every room, lowest first, with those that it may use: `None` for all that stand below it in this
/// list, else some of them. So no cycle can be written down.
const ROOMS: &[(&str, Option<&[&str]>)] = &[
    ("domain", Some(&[])),
    ("i18n", Some(&["domain"])),
    ("retention", Some(&["domain", "i18n"])),
    ("protocol", Some(&["domain"])),
    ("export", Some(&["domain", "protocol"])),
    ("journal", Some(&["domain", "protocol"])),
    ("holding", Some(&["domain", "i18n", "retention", "protocol", "journal"])),
    ("rights", Some(&["domain", "i18n", "retention", "protocol", "holding"])),
    ("capture", Some(&["domain", "i18n"])),
    ("http", Some(&["domain"])),
    ("sync", Some(&["domain", "protocol"])),
    ("operator", Some(&["domain", "retention", "protocol", "http"])),
    ("config", None),
    ("lawbook", None),
    ("settings", None),
    ("erasure", None),
    ("inquiry", None),
    (
        "web",
        Some(&[
            "domain",
            "i18n",
            "export",
            "retention",
            "protocol",
            "journal",
            "holding",
            "rights",
            "http",
            "config",
            "settings",
        ]),
    ),
    ("daemon", None),
    ("cli", None),
];

/// Paths that only some rooms may name, and those rooms.
const FENCES: &[(&str, &[&str])] = &[
    // The command line is a room's business, one for each program, and so is the web server.
    ("clap", &["cli", "operator"]),
    ("tiny_http", &["http"]),
    ("rustls", &["operator", "sync"]),
    ("postgres", &["operator"]),
    // SQL stays where its schema is written down.
    ("rusqlite", &["journal", "operator"]),
    // Asking the system anything would let the ground and the rules depend on where they run.
    ("nix", &IMPURE),
    ("kernel_clock", &IMPURE),
    ("getrandom", &IMPURE),
    ("std::env", &IMPURE),
    ("std::fs", &IMPURE),
    ("std::net::TcpListener", &IMPURE),
    ("std::net::TcpStream", &IMPURE),
    ("std::net::UdpSocket", &IMPURE),
    ("std::os", &IMPURE),
    ("std::process", &IMPURE),
    ("std::thread", &IMPURE),
    ("std::time::Instant", &IMPURE),
    ("std::time::SystemTime", &IMPURE),
    // Neither end of the wire sees a session, only its ID.
    ("crate::domain::Facts", &KNOW_SESSIONS),
    ("crate::domain::Session", &KNOW_SESSIONS),
];

/// The rooms that may do input and output.
const IMPURE: [&str; 13] = [
    "journal", "capture", "http", "sync", "operator", "web", "config", "lawbook", "settings",
    "erasure", "inquiry", "daemon", "cli",
];

/// The rooms that may know what is in a session.
const KNOW_SESSIONS: [&str; 14] = [
    "domain",
    "i18n",
    "export",
    "retention",
    "journal",
    "holding",
    "rights",
    "capture",
    "web",
    "config",
    "erasure",
    "inquiry",
    "daemon",
    "cli",
];

#[test]
fn every_room_uses_only_what_stands_below_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let violations = violations(&source);
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn the_list_of_rooms_stands_on_itself() {
    for (index, (room, uses)) in ROOMS.iter().enumerate() {
        for used in uses.unwrap_or_default() {
            assert!(
                ROOMS[..index].iter().any(|(below, _)| below == used),
                "{room} may use {used}, which does not stand below it"
            );
        }
    }
}

#[test]
fn a_use_of_a_higher_room_is_found() {
    for text in [
        "use crate::journal::Journal;",
        "use crate::{domain::Session, journal};",
        "use crate::{\n    domain::{Session, Field},\n    journal::{self, Journal},\n};",
        "pub(crate) use crate::journal as other;",
        "fn f() { let j = crate::journal::open(); }",
        "fn f() { let j = crate :: journal :: open(); }",
        "fn f(a: &'static str) -> char { crate::journal::open(); '\"' }",
        "/* a /* nested */ comment */ use crate::journal::Journal;",
        "const A: &str = r#\"a \" quote\"#; use crate::journal::Journal;",
        "use super::super::journal::Journal;",
        "use super::super::{domain, journal};",
        "const A: [char; 3] = ['\\'', '\\u{22}', '\"']; use crate::journal::Journal;",
        "#[cfg(test)] mod tests { use crate::journal::Journal; }",
    ] {
        let found = violations_of("capture/hook.rs", text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains("capture/hook.rs: capture may not use journal"), "{found:?}");
    }
}

#[test]
fn what_is_allowed_or_only_written_about_is_not_reported() {
    for text in [
        "use crate::domain::Session;",
        "use crate::{domain::{Field, journal}, i18n};",
        "use crate::capture::spool::Spool;",
        "use super::journal::Reader;",
        "use super::super::capture::journal;",
        "//! See crate::journal.\n/// And [`crate::journal`].\nfn f() {}",
        "/* crate::journal /* crate::web */ crate::cli */",
        "const A: &str = \"crate::journal \\\" crate::journal\";",
        "const A: &str = r##\"crate::journal \"# crate::journal\"##;",
        "use other::journal;",
        "use nix::unistd::Pid;\nuse std::fs::File;",
    ] {
        let found = violations_of("capture/hook.rs", text);
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn what_goes_past_a_fence_or_upstairs_is_found() {
    for (file, text, reason) in [
        ("capture/hook.rs", "use rusqlite::Connection;", "capture may not use rusqlite"),
        ("domain/id.rs", "use std::{fmt, fs::File};", "domain may not use std::fs"),
        ("domain/id.rs", "fn f() { std::time::SystemTime::now(); }", "std::time::SystemTime"),
        ("retention.rs", "use nix::unistd;", "retention may not use nix"),
        ("sync/client.rs", "use crate::domain::{Session, SessionId};", "crate::domain::Session"),
        ("web/page.rs", "fn f(a: clap::ArgMatches) {}", "web may not use clap"),
        ("daemon.rs", "use crate::{cli, config, domain, journal, web};", "daemon may not use cli"),
    ] {
        let found = violations_of(file, text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains(reason), "{found:?}");
    }
    assert!(violations_of("sync/client.rs", "use crate::domain::SessionId;").is_empty());
    assert!(violations_of("domain/id.rs", "use std::net::IpAddr; use nixpkgs::a;").is_empty());
}

#[test]
fn a_room_that_nobody_gave_a_place_is_found() {
    let found = violations_of("attic/mod.rs", "");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("attic has no place"), "{found:?}");
}

#[test]
fn a_crate_of_its_own_under_src_and_the_roof_are_left_alone() {
    let tree = tempfile::tempdir().unwrap();
    write(tree.path(), "kernel-clock/Cargo.toml", "");
    write(tree.path(), "kernel-clock/src/lib.rs", "use crate::journal;");
    write(tree.path(), "lib.rs", "pub mod journal;");
    write(tree.path(), "main.rs", "fn main() { temoin::cli::run() }");
    write(tree.path(), "domain/mod.rs", "");
    assert_eq!(violations(tree.path()), Vec::<String>::new());
}

#[test]
#[should_panic(expected = "no source file")]
fn a_tree_without_sources_does_not_pass() {
    let tree = tempfile::tempdir().unwrap();
    violations(tree.path());
}

/// What is wrong in a tree of only one file.
fn violations_of(file: &str, text: &str) -> Vec<String> {
    let tree = tempfile::tempdir().unwrap();
    write(tree.path(), file, text);
    violations(tree.path())
}

fn write(tree: &Path, file: &str, text: &str) {
    let path = tree.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What is wrong in the tree at `source`, a sentence each.
fn violations(source: &Path) -> Vec<String> {
    let mut files = Vec::new();
    collect(source, &mut Vec::new(), &mut files);
    assert!(!files.is_empty(), "no source file in {}", source.display());
    files.sort();

    let mut found = Vec::new();
    for path in files {
        let depth = path.len() - usize::from(path.last().is_some_and(|file| file == "mod.rs"));
        match path[0].strip_suffix(".rs") {
            // They stand above all rooms.
            Some("lib" | "main") => {}
            Some(room) => inspect(source, &path, room, depth, &mut found),
            None => inspect(source, &path, &path[0], depth, &mut found),
        }
    }
    found
}

/// Adds the files of Rust source below `folder`, as paths from the tree's root.
fn collect(folder: &Path, above: &mut Vec<String>, files: &mut Vec<Vec<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let is_rust = name.ends_with(".rs");
        above.push(name);
        if entry.file_type().unwrap().is_dir() {
            if !entry.path().join("Cargo.toml").exists() {
                collect(&entry.path(), above, files);
            }
        } else if is_rust {
            files.push(above.clone());
        }
        above.pop();
    }
}

/// Adds what is wrong in one file of `room`, which stands `depth` modules below the root.
fn inspect(source: &Path, path: &[String], room: &str, depth: usize, found: &mut Vec<String>) {
    let name = path.join("/");
    let Some(place) = rank(room) else {
        found.push(format!("{name}: {room} has no place in this test's list of rooms"));
        return;
    };
    let may_use = |used: usize| match ROOMS[place].1 {
        Some(uses) => used == place || uses.contains(&ROOMS[used].0),
        None => used <= place,
    };
    let text = fs::read_to_string(source.join(&name)).unwrap();
    let mut wrong: Vec<String> = Vec::new();
    for path in paths(&text, depth) {
        let mut parts = path.split("::");
        if let (Some("crate"), Some(used)) = (parts.next(), parts.next()) {
            if rank(used).is_some_and(|used| !may_use(used)) {
                wrong.push(format!("{name}: {room} may not use {used}"));
            }
        }
        for (fenced, rooms) in FENCES {
            let within = path
                .strip_prefix(fenced)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
            if within && !rooms.contains(&room) {
                wrong.push(format!("{name}: {room} may not use {fenced}"));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    found.append(&mut wrong);
}

/// Where in the list a room stands, if it is one.
fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|(known, _)| *known == room)
}

/// Every path that Rust source text names, groups taken apart, those that climb to the root by
/// `super::` rewritten to begin with `crate::`.
fn paths(text: &str, depth: usize) -> Vec<String> {
    let tokens = tokens(text);
    let mut paths = Vec::new();
    let mut position = 0;
    while position < tokens.len() {
        if is_word(&tokens[position]) {
            position = path_at(&tokens, position, "", &mut paths);
        } else {
            position += 1;
        }
    }
    let climb = "super::".repeat(depth);
    for path in &mut paths {
        if let Some(rest) = path.strip_prefix(&climb) {
            *path = format!("crate::{rest}");
        }
    }
    paths
}

/// Adds the paths that begin at `position`, each behind `prefix`; returns where they end.
fn path_at(tokens: &[String], mut position: usize, prefix: &str, paths: &mut Vec<String>) -> usize {
    let mut path = prefix.to_owned();
    loop {
        path.push_str(&tokens[position]);
        position += 1;
        if tokens.get(position).is_none_or(|token| token != "::") {
            break;
        }
        position += 1;
        match tokens.get(position).map(String::as_str) {
            Some("{") => {
                path.push_str("::");
                position += 1;
                while let Some(token) = tokens.get(position) {
                    if token == "}" {
                        return position + 1;
                    }
                    position = if is_word(token) {
                        path_at(tokens, position, &path, paths)
                    } else {
                        position + 1
                    };
                }
                return position;
            }
            Some(token) if is_word(token) => path.push_str("::"),
            _ => break,
        }
    }
    paths.push(path);
    position
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Source text as words, `::` and single other characters; comments and strings left out.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = raw_string(rest) {
            length
        } else if first == '"' {
            quoted(rest)
        } else if let Some(length) = character(rest) {
            length
        } else if is_word(rest) {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(rest[..end].to_owned());
            end
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the block comment that `text` begins with; they nest.
fn block_comment(text: &str) -> usize {
    let mut open = 0_usize;
    let mut position = 0;
    while position < text.len() {
        if text[position..].starts_with("/*") {
            open += 1;
            position += 2;
        } else if text[position..].starts_with("*/") {
            open -= 1;
            position += 2;
            if open == 0 {
                break;
            }
        } else {
            position += text[position..].chars().next().map_or(1, char::len_utf8);
        }
    }
    position
}

/// The length of the raw string that `text` begins with, if it does.
fn raw_string(text: &str) -> Option<usize> {
    let body = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let inner = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inner.find(&end).map_or(inner.len(), |at| at + end.len());
    Some(text.len() - inner.len() + length)
}

/// The length of the character literal that `text` begins with, if it does: an apostrophe may also
/// begin a lifetime.
fn character(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\'')?;
    let first = inner.chars().next()?.len_utf8();
    if inner.starts_with('\\') {
        // The escaped character may be an apostrophe itself.
        inner.get(2..)?.find('\'').map(|end| end + 4)
    } else {
        inner[first..].starts_with('\'').then_some(first + 2)
    }
}

/// The length of the string literal that `text` begins with.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}
