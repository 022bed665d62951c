use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::denied_fields;
use super::file_problem::{FileProblem, RuleFileError};
use super::localized_text::LocalizedText;
use super::named_enum::NamedEnum;
use super::period::Period;
use super::slug::Slug;
use crate::text::Language;

/// Collects the problems of one file, so that its author sees all of them at once.
pub(super) struct ProblemReport<'t> {
    file: &'t str,
    text: &'t str,
    problems: RefCell<Vec<FileProblem>>,
    /// What the file defines, by kind and id.
    defined: RefCell<BTreeMap<(IdKind, Slug), usize>>,
    /// What the file refers to: kind, id, key, place in the text.
    referred: RefCell<Vec<(IdKind, Slug, String, usize)>>,
}

/// What an id may name in a file.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum IdKind {
    Authority,
    Pending,
    Penalty,
    Recipients,
    Requirement,
    Rule,
    Source,
    Statement,
}

impl IdKind {
    /// The table that defines it.
    fn table(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Pending => "pending",
            Self::Penalty => "penalty",
            Self::Recipients => "recipients",
            Self::Requirement => "request_requirement",
            Self::Rule => "rule",
            Self::Source => "source",
            Self::Statement => "statement",
        }
    }
}

impl<'t> ProblemReport<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Self {
            file,
            text,
            problems: RefCell::default(),
            defined: RefCell::default(),
            referred: RefCell::default(),
        }
    }

    /// The file's tables; `None` if the text is not TOML, since reporting missing keys would then
    /// only mislead.
    pub(super) fn parse(&self) -> Option<DeTable<'t>> {
        if self.text.len() > LONGEST_FILE {
            self.add(0, "", "the file is longer than 512 KiB", "split it into several editions");
            return None;
        }
        let (table, errors) = DeTable::parse_recoverable(self.text);
        if errors.is_empty() {
            return Some(table.into_inner());
        }
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            let what = format!("not TOML: {}", error.message());
            let remedy = "texts stand in quotation marks, dates and numbers do not, and no key stands \
                          twice in a table; https://toml.io describes the rest";
            self.add(at, "", what, remedy);
        }
        None
    }

    /// Notes a problem at a place in the text.
    pub(super) fn add(
        &self,
        at: usize,
        key: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.problems.borrow_mut().push(FileProblem {
            file: self.file.to_owned(),
            line: self.line(at),
            key: key.into(),
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    /// The line of a place in the text, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or(self.text.as_bytes());
        let breaks = before.iter().filter(|byte| **byte == b'\n').count();
        // What is missing at the end is missing on the last line, not on one after it.
        (1 + breaks).min(self.text.lines().count()).max(1)
    }

    /// All that was found, after looking up every reference.
    pub(super) fn finish(self) -> Result<(), RuleFileError> {
        let defined = self.defined.take();
        for (kind, id, key, at) in self.referred.take() {
            if !defined.contains_key(&(kind, id.clone())) {
                let table = kind.table();
                self.add(
                    at,
                    key,
                    format!("no [[{table}]] of this file has the id {id}"),
                    format!("add it, or name one that is there{}", known(&defined, kind)),
                );
            }
        }
        RuleFileError::unless_empty(self.problems.into_inner())
    }

    fn define(&self, kind: IdKind, id: &Slug, key: &str, at: usize) {
        let first = *self.defined.borrow_mut().entry((kind, id.clone())).or_insert(at);
        if first != at {
            let table = kind.table();
            self.add(
                at,
                key,
                format!("another [[{table}]] has the id {id} (line {})", self.line(first)),
                "give each its own",
            );
        }
    }
}

fn known(defined: &BTreeMap<(IdKind, Slug), usize>, kind: IdKind) -> String {
    let ids: Vec<&str> =
        defined.keys().filter(|(of, _)| *of == kind).map(|(_, id)| id.as_str()).collect();
    if ids.is_empty() { String::new() } else { format!(": {}", ids.join(", ")) }
}

/// One table of a file, and which of its keys were read.
pub(super) struct TomlTable<'a, 'i> {
    report: &'a ProblemReport<'a>,
    table: &'a DeTable<'i>,
    path: String,
    at: usize,
    asked: Vec<&'static str>,
}

impl<'a, 'i> TomlTable<'a, 'i> {
    /// The table that the whole file is.
    pub(super) fn root(report: &'a ProblemReport<'a>, table: &'a DeTable<'i>) -> Self {
        Self { report, table, path: String::new(), at: 0, asked: Vec::new() }
    }

    /// The name of the file.
    pub(super) fn file(&self) -> String {
        self.report.file.to_owned()
    }

    /// The line of a key or, where it is missing, of the table.
    pub(super) fn line_of(&self, key: &str) -> usize {
        self.report.line(self.place(key))
    }

    /// Checks the version of the file format.
    pub(super) fn schema(&mut self) {
        let Some(entry) = self.required("schema") else { return };
        if !matches!(entry.value.get_ref(), DeValue::Integer(value) if value.as_str() == "1") {
            entry.add("an unknown version of the file format", "this temoin reads schema = 1");
        }
    }

    /// The value of a key, if it is there.
    pub(super) fn optional(&mut self, key: &'static str) -> Option<TomlValue<'a, 'i>> {
        self.asked.push(key);
        let value = self.table.get(key)?;
        Some(TomlValue { report: self.report, value, path: self.key(key) })
    }

    /// The value of a key that must be there.
    pub(super) fn required(&mut self, key: &'static str) -> Option<TomlValue<'a, 'i>> {
        let entry = self.optional(key);
        if entry.is_none() {
            self.add(key, "missing", "add it; README.md beside the rule files says what it means");
        }
        entry
    }

    /// One of a list of words that must be there.
    pub(super) fn required_word<T: NamedEnum>(&mut self, key: &'static str) -> Option<T> {
        match self.optional(key) {
            Some(entry) => entry.word(),
            None => {
                self.add(key, "missing", format!("add it, one of {}", names::<T>()));
                None
            }
        }
    }

    /// Notes a problem with a key, at its place where it is there, else at the table's.
    pub(super) fn add(&self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        self.report.add(self.place(key), self.key(key), what, remedy);
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether a key is there with a list that is not empty.
    pub(super) fn has_items(&self, key: &str) -> bool {
        let items = self.table.get(key).and_then(|value| value.get_ref().as_array());
        items.is_some_and(|items| items.iter().next().is_some())
    }

    /// The id of this table, which no other of its kind may have.
    pub(super) fn id(&mut self, kind: IdKind) -> Option<Slug> {
        let entry = self.required("id")?;
        let id = entry.id()?;
        self.report.define(kind, &id, &entry.path, entry.at());
        Some(id)
    }

    /// A text in each of the languages that must be there.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<LocalizedText> {
        self.required(key)?.texts()
    }

    /// A text in each of the languages that may be missing as a whole.
    pub(super) fn optional_texts(&mut self, key: &'static str) -> Option<LocalizedText> {
        self.optional(key)?.texts()
    }

    /// References to what the file defines; `least` is how many there must be.
    pub(super) fn references(
        &mut self,
        key: &'static str,
        kind: IdKind,
        least: usize,
    ) -> Option<Vec<Slug>> {
        let entry = if least > 0 { self.required(key)? } else { self.optional(key)? };
        let items = entry.list()?;
        if items.len() < least {
            entry.add("empty", format!("name at least one [[{}]] by its id", kind.table()));
        }
        // All of them first, so that each is reported.
        let ids: Vec<Option<Slug>> = items.iter().map(|item| item.reference(kind)).collect();
        ids.into_iter().collect()
    }

    /// The table at a key.
    pub(super) fn table(&mut self, key: &'static str, least: usize) -> Option<Self> {
        let entry = self.optional(key);
        if entry.is_none() && least > 0 {
            self.add(key, "missing", format!("add the table [{key}]"));
        }
        entry?.table()
    }

    /// The tables at a key, `[[key]]`; `least` is how many there must be.
    pub(super) fn tables(&mut self, key: &'static str, least: usize) -> Vec<Self> {
        let Some(entry) = self.optional(key) else {
            if least > 0 {
                self.add(key, "missing", format!("add at least one [[{key}]]"));
            }
            return Vec::new();
        };
        let DeValue::Array(items) = entry.value.get_ref() else {
            entry.add("not a list of tables", format!("write [[{key}]] in double brackets"));
            return Vec::new();
        };
        if items.len() < least {
            entry.add("empty", format!("add a [[{key}]]"));
        }
        let mut tables = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let id = match item.get_ref() {
                DeValue::Table(table) => table.get("id").and_then(|id| id.get_ref().as_str()),
                _ => None,
            };
            let name = id
                .filter(|id| id.parse::<Slug>().is_ok())
                .map_or_else(|| (place + 1).to_string(), str::to_owned);
            let path = format!("{}[{name}]", entry.path);
            tables.extend(TomlValue { report: self.report, value: item, path }.table());
        }
        tables
    }

    /// Reports the keys that were not read.
    pub(super) fn finish(self) {
        for (key, _) in self.table {
            let name = key.get_ref().as_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let path = self.key(name);
            match denied_fields::forbidden_meaning(name) {
                Some(forbidden_meaning) => {
                    self.report.add(
                        key.span().start,
                        path,
                        forbidden_meaning,
                        denied_fields::REMEDY,
                    );
                }
                None => self.report.add(
                    key.span().start,
                    path,
                    "unknown key",
                    format!(
                        "remove it, or correct it; the keys here are {}",
                        self.asked.join(", ")
                    ),
                ),
            }
        }
    }

    fn place(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.at, |value| value.span().start)
    }

    fn key(&self, key: &str) -> String {
        let key = printable(key);
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }
}

/// One value of a file.
pub(super) struct TomlValue<'a, 'i> {
    report: &'a ProblemReport<'a>,
    value: &'a Spanned<DeValue<'i>>,
    path: String,
}

impl<'a, 'i> TomlValue<'a, 'i> {
    /// Where it stands in the text.
    pub(super) fn at(&self) -> usize {
        self.value.span().start
    }

    /// Notes a problem with it.
    pub(super) fn add(&self, what: impl Into<String>, remedy: impl Into<String>) {
        self.report.add(self.at(), self.path.clone(), what, remedy);
    }

    /// Text, if it is not empty, too long, or made of control characters.
    pub(super) fn text(&self) -> Option<String> {
        let text = self.string()?;
        let what = if text.trim().is_empty() {
            "empty"
        } else if text.chars().count() > LONGEST_TEXT {
            "longer than 2000 characters"
        } else if text.chars().any(|c| c.is_control() && c != '\n') {
            "a control character in the text"
        } else if text.chars().any(is_hidden) {
            "a character in the text that hides others or turns their direction"
        } else {
            return Some(text.trim().to_owned());
        };
        self.add(what, "write what a member can read, at most 2000 characters");
        None
    }

    /// The same on one line: a name.
    pub(super) fn line(&self) -> Option<String> {
        let text = self.text()?;
        if text.contains('\n') {
            self.add("a name of several lines", "write it on one line");
            return None;
        }
        Some(text)
    }

    /// One of a list of words.
    pub(super) fn word<T: NamedEnum>(&self) -> Option<T> {
        let text = self.string()?;
        let word = T::ALL.iter().copied().find(|word| word.name() == text);
        if word.is_none() {
            let what = format!("unknown value {}", quoted(text));
            self.add(what, format!("write one of {}", names::<T>()));
        }
        word
    }

    /// What some other type reads from text; its error is the remedy.
    pub(super) fn parsed<T: std::str::FromStr>(&self) -> Option<T>
    where
        T::Err: fmt::Display,
    {
        let text = self.string()?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                if let Some(forbidden_meaning) = denied_fields::forbidden_meaning(text) {
                    self.add(forbidden_meaning, denied_fields::REMEDY);
                } else {
                    self.add(format!("{} is refused", quoted(text)), error.to_string());
                }
                None
            }
        }
    }

    /// Whether it is exactly this text.
    pub(super) fn is_text(&self, text: &str) -> bool {
        self.value.get_ref().as_str() == Some(text)
    }

    /// An id that the file or another one defines.
    pub(super) fn id(&self) -> Option<Slug> {
        self.parsed()
    }

    /// A reference to what the file defines.
    pub(super) fn reference(&self, kind: IdKind) -> Option<Slug> {
        let id = self.id()?;
        self.report.referred.borrow_mut().push((kind, id.clone(), self.path.clone(), self.at()));
        Some(id)
    }

    /// A date, between the years 1900 and 2199.
    pub(super) fn date(&self) -> Option<NaiveDate> {
        let remedy = "write a date without quotes and without a time, such as 2022-08-18";
        let date = match self.value.get_ref() {
            DeValue::Datetime(value) if value.time.is_none() && value.offset.is_none() => {
                value.date.and_then(|date| {
                    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
                })
            }
            _ => None,
        };
        let Some(date) = date else {
            self.add("not a date", remedy);
            return None;
        };
        if !(1900..=2199).contains(&date.year()) {
            self.add(format!("{date} is no plausible date"), "write a year from 1900 to 2199");
            return None;
        }
        Some(date)
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self) -> Option<bool> {
        let value = self.value.get_ref().as_bool();
        if value.is_none() {
            self.add("neither true nor false", "write true or false, without quotes");
        }
        value
    }

    /// A whole number within bounds.
    pub(super) fn number(&self, bounds: RangeInclusive<u32>) -> Option<u32> {
        let number = match self.value.get_ref() {
            DeValue::Integer(value) => u32::from_str_radix(value.as_str(), value.radix()).ok(),
            _ => None,
        };
        let number = number.filter(|number| bounds.contains(number));
        if number.is_none() {
            let remedy = format!("write a number from {} to {}", bounds.start(), bounds.end());
            self.add("not a whole number within bounds", remedy);
        }
        number
    }

    /// A length of time.
    pub(super) fn period(&self) -> Option<Period> {
        let remedy = "write one unit, such as { months = 12 }, { days = 90 } or { years = 5 }";
        let DeValue::Table(units) = self.value.get_ref() else {
            self.add("not a period", remedy);
            return None;
        };
        if units.len() != 1 {
            self.add("a period has exactly one unit", remedy);
            return None;
        }
        let mut table = self.table()?;
        let days = table.optional("days").map(|it| it.number(1..=36_525).map(Period::Days));
        let months = table.optional("months").map(|it| it.number(1..=1_200).map(Period::Months));
        let years = table.optional("years").map(|it| it.number(1..=100).map(Period::Years));
        table.finish();
        days.or(months).or(years).flatten()
    }

    /// An address of the web.
    pub(super) fn url(&self) -> Option<String> {
        let text = self.string()?;
        let rest = text.strip_prefix("https://").unwrap_or_default();
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        let plain = printable && !host.contains('@') && host.contains('.') && text.len() <= 500;
        if plain {
            return Some(text.to_owned());
        }
        self.add(
            format!("{} is no address of the web", quoted(text)),
            "write it in full, beginning with https://, in ASCII and without a login",
        );
        None
    }

    /// Each value of a list.
    pub(super) fn list(&self) -> Option<Vec<Self>> {
        let DeValue::Array(items) = self.value.get_ref() else {
            self.add("not a list", "write it in brackets, such as [\"one\", \"two\"]");
            return None;
        };
        let entry = |value| Self { report: self.report, value, path: self.path.clone() };
        Some(items.iter().map(entry).collect())
    }

    /// The table that the value is.
    pub(super) fn table(&self) -> Option<TomlTable<'a, 'i>> {
        let DeValue::Table(table) = self.value.get_ref() else {
            self.add("not a table", "write its keys below a header in brackets");
            return None;
        };
        let (report, path, at) = (self.report, self.path.clone(), self.at());
        Some(TomlTable { report, table, path, at, asked: Vec::new() })
    }

    /// Text in each of the languages.
    fn texts(&self) -> Option<LocalizedText> {
        if let DeValue::String(_) = self.value.get_ref() {
            self.add(
                "a text in no language",
                "write it in all four, with .fr, .nl, .en and .de behind the key",
            );
            return None;
        }
        let mut table = self.table()?;
        let mut missing = Vec::new();
        let texts = Language::ALL.map(|language| {
            let entry = table.optional(language.code());
            if entry.is_none() && !language.is_draft() {
                missing.push(language.code());
            }
            entry.and_then(|entry| entry.text())
        });
        table.finish();
        if !missing.is_empty() {
            self.add(
                format!("no text in {}", missing.join(", ")),
                "members read temoin in fr, nl, en and de: write it in all four",
            );
        }
        LocalizedText::of(|language| texts[language as usize].clone())
    }

    fn string(&self) -> Option<&'a str> {
        let text = self.value.get_ref().as_str();
        if text.is_none() {
            self.add("not a text", "write it in quotation marks");
        }
        text
    }
}

fn names<T: NamedEnum>() -> String {
    T::ALL.iter().map(|word| word.name()).collect::<Vec<_>>().join(", ")
}

/// Text from a file, safe to print in a message.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", printable(text))
}

fn printable(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    let cut = if short.len() < text.len() { "…" } else { "" };
    format!("{}{cut}", short.escape_debug())
}

/// In bytes; the longest file that ships is a tenth of it.
const LONGEST_FILE: usize = 512 * 1024;

/// In characters.
const LONGEST_TEXT: usize = 2_000;
/// Zero-width characters, and those that set or turn the direction of writing.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
