use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use toml::{Table, Value};

use crate::check;
use crate::entry::{self, Entry};
use crate::header::Header;
use crate::language::Language;
use crate::problem::{Problem, Problems};
use crate::source;

/// The language that keys and placeholders are compared with.
const REFERENCE: &str = "en";

/// The tables, each of which the build script of one crate asks for.
const TABLES: [&str; 18] = [
    "assessment",
    "capture",
    "cli",
    "command_line",
    "common",
    "comparison",
    "config",
    "date",
    "help",
    "journal",
    "law",
    "letter",
    "operator_help",
    "page",
    "record",
    "reply",
    "sync",
    "time",
];

/// The texts of every language, which agree with each other.
#[derive(Debug)]
pub struct Catalogue {
    /// As they are listed.
    pub(crate) languages: Vec<Language>,
}

impl Catalogue {
    /// Reads every `*.toml` of a folder.
    ///
    /// # Errors
    ///
    /// All that is wrong in any of them, also where the folder or a file cannot be read.
    pub fn read(folder: &Path) -> Result<Self, Problems> {
        let unread = |error: io::Error| {
            Problems(vec![problem(&folder.display().to_string(), "", &error.to_string())])
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(unread)? {
            let path = entry.map_err(unread)?.path();
            let is_catalogue = path.extension().is_some_and(|extension| extension == "toml");
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            if let Some(code) = stem.filter(|stem| is_catalogue && *stem != "Cargo") {
                files.push((code.to_owned(), fs::read_to_string(&path).map_err(unread)?));
            }
        }
        Self::parse(files)
    }

    /// Takes in the texts of files, each with the language's code.
    ///
    /// # Errors
    ///
    /// All that is wrong in any of them.
    pub fn parse(files: Vec<(String, String)>) -> Result<Self, Problems> {
        let mut languages = Vec::new();
        let mut problems = Vec::new();
        for (code, text) in files {
            match language(&code, &text) {
                Ok(language) => languages.push(language),
                Err(mut found) => problems.append(&mut found),
            }
        }
        languages.sort_by(|one, other| {
            (one.header.order, &one.code).cmp(&(other.header.order, &other.code))
        });
        match languages.iter().find(|language| language.code == REFERENCE) {
            Some(reference) => check::all(reference, &languages, &mut problems),
            None if problems.is_empty() => {
                problems.push(problem(
                    "en.toml",
                    "",
                    "is missing: the others are compared with it",
                ));
            }
            None => {}
        }
        problems.sort();
        if problems.is_empty() { Ok(Self { languages }) } else { Err(Problems(problems)) }
    }

    /// The Rust source of `enum Language` and of how each language writes dates and counts.
    #[must_use]
    pub fn language_source(&self) -> String {
        source::languages(&self.languages)
    }

    /// The texts of these tables: the Rust source of their constants, a module for each table, and of
    /// each language, by its code, the texts that the constants number.
    #[must_use]
    pub fn messages(&self, tables: &[&str]) -> (String, Vec<(&str, String)>) {
        let messages = source::messages(&self.languages, |table| tables.contains(&table));
        (messages.source, messages.texts)
    }
}

fn problem(file: &str, key: &str, text: &str) -> Problem {
    Problem { file: file.to_owned(), key: key.to_owned(), text: text.to_owned() }
}

fn language(code: &str, text: &str) -> Result<Language, Vec<Problem>> {
    let file = format!("{code}.toml");
    let mut table: Table = text
        .parse()
        .map_err(|error: toml::de::Error| vec![problem(&file, "", &error.to_string())])?;
    let mut problems = Vec::new();
    if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_lowercase()) {
        problems.push(problem(&file, "", "is not named by a language's code, such as nl.toml"));
    }
    let header = match table.remove("language") {
        Some(Value::Table(header)) => Header::read(&header).map_err(|found| {
            problems.extend(found.iter().map(|(key, text)| problem(&file, key, text)));
        }),
        _ => {
            problems.push(problem(
                &file,
                "language",
                "is missing: a table that names the language",
            ));
            Err(())
        }
    };
    let mut entries = BTreeMap::new();
    flatten("", &table, &file, &mut entries, &mut problems);
    match header {
        Ok(header) if problems.is_empty() => {
            Ok(Language { code: code.to_owned(), header, entries })
        }
        _ => Err(problems),
    }
}

fn flatten(
    prefix: &str,
    table: &Table,
    file: &str,
    entries: &mut BTreeMap<String, Entry>,
    problems: &mut Vec<Problem>,
) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        let is_name = key.starts_with(|first: char| first.is_ascii_lowercase())
            && key
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_name {
            problems.push(problem(file, &path, "is no name. Write small letters, digits and _."));
            continue;
        }
        if prefix.is_empty() && !TABLES.contains(&key.as_str()) {
            let known = TABLES.join(", ");
            let text = format!("is a table that no crate uses. Put its texts into one of {known}.");
            problems.push(problem(file, &path, &text));
            continue;
        }
        match value {
            Value::Table(inner) if !entry::is_plural(value) => {
                flatten(&path, inner, file, entries, problems);
            }
            _ if prefix.is_empty() => {
                problems.push(problem(file, &path, "is a table in the other languages"));
            }
            _ => match Entry::read(value) {
                Some(entry) => {
                    entries.insert(path, entry);
                }
                None => problems.push(problem(
                    file,
                    &path,
                    "is no text. Write a text, { one = \"…\", other = \"…\" } or a list of texts.",
                )),
            },
        }
    }
}
