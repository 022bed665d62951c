use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::entry::Entry;
use crate::language::Language;

/// `enum Language` with its codes and how each writes dates and counts.
pub(crate) fn languages(languages: &[Language]) -> String {
    let mut enumeration = String::new();
    let mut names = String::new();
    let mut offered = String::new();
    let mut styles = String::new();
    for language in languages {
        let header = &language.header;
        let (code, variant) = (&language.code, &header.variant);
        let _ =
            writeln!(enumeration, "/// {}.\n#[serde(rename = {code:?})]\n{variant},", header.name);
        let _ = writeln!(names, "Self::{variant},");
        if !header.draft {
            let _ = writeln!(offered, "Self::{variant},");
        }
        let _ = writeln!(
            styles,
            "Style {{ code: {code:?}, name: {:?}, is_draft: {}, singular: &{:?}, date: {:?}, \
             plain_date: {:?}, day_month: {:?}, month_year: {:?}, day: {:?}, short_date: {:?}, day_number: {:?}, first_day: {:?}, capital_nouns: {}, \
             lowered_words: &{:?}, no_break_before: {:?} }},",
            header.name,
            header.draft,
            header.singular,
            header.date,
            header.plain_date,
            header.day_month,
            header.month_year,
            header.day,
            header.short_date,
            header.day_number,
            header.first_day,
            header.capital_nouns,
            header.lowered_words,
            header.no_break_before,
        );
    }
    let count = languages.len();
    let offered_count = languages.iter().filter(|language| !language.header.draft).count();
    format!(
        "/// A language in which temoin speaks.\n\
         #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]\n\
         pub enum Language {{\n{enumeration}}}\n\
         impl Language {{\n\
         /// Every language, drafts too, in the order in which they are listed.\n\
         pub const ALL: [Self; {count}] = [{names}];\n\
         /// Those that are offered, in the order in which they are listed.\n\
         pub const OFFERED: [Self; {offered_count}] = [{offered}];\n\
         }}\n\
         const STYLES: [Style; {count}] = [{styles}];\n"
    )
}

/// Tables whose texts are looked up by key, since they belong to the words of a command line: each
/// becomes one list, sorted by key, and no constants.
pub(crate) const LOOKED_UP: [&str; 2] = ["help", "operator_help"];

/// The texts of a crate: the source of their constants, and of each language, by its code, the texts
/// that the constants number.
pub(crate) struct Messages<'a> {
    pub(crate) source: String,
    pub(crate) texts: Vec<(&'a str, String)>,
}

/// A module of constants for each table that is asked for, or a list for one that is looked up.
pub(crate) fn messages<'a>(
    languages: &'a [Language],
    is_asked_for: impl Fn(&str) -> bool,
) -> Messages<'a> {
    let mut root = Module::default();
    let mut lists: BTreeMap<&str, String> = BTreeMap::new();
    let mut texts: Vec<(&str, String)> =
        languages.iter().map(|language| (language.code.as_str(), String::new())).collect();
    let mut number = 0;
    let entries = languages.first().into_iter().flat_map(|first| &first.entries);
    for (key, entry) in entries {
        let mut path: Vec<&str> = key.split('.').collect();
        let Some(name) = path.pop() else { continue };
        if !path.first().is_some_and(|table| is_asked_for(table)) {
            continue;
        }
        let first = number;
        number += entry.texts().len();
        for (language, (_, packed)) in languages.iter().zip(&mut texts) {
            for text in language.entries.get(key).map(Entry::texts).unwrap_or_default() {
                packed.push_str(text);
                packed.push(SEPARATOR);
            }
        }
        let table = path[0];
        if LOOKED_UP.contains(&table) {
            let key = &key[table.len() + 1..];
            let list = lists.entry(table).or_default();
            let _ = writeln!(list, "({key:?}, {}),", message(first));
            continue;
        }
        let module = path
            .into_iter()
            .fold(&mut root, |module, table| module.modules.entry(table).or_default());
        let _ = writeln!(module.constants, "{}", constant(name, entry, first));
    }
    let lists: String = lists
        .iter()
        .map(|(table, list)| {
            let name = table.to_ascii_uppercase();
            format!("pub(crate) static {name}: &[(&str, Message)] = &[\n{list}];\n")
        })
        .collect();
    let files: String = languages
        .iter()
        .map(|language| {
            format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/messages.{}\")), ", language.code)
        })
        .collect();
    let packed = format!(
        "fn packed_texts() -> &'static PackedTexts {{\n\
         static TEXTS: PackedTexts = PackedTexts::new([{files}]);\n&TEXTS\n}}\n"
    );
    Messages { source: packed + &root.children() + &lists, texts }
}

#[derive(Default)]
struct Module<'a> {
    constants: String,
    modules: BTreeMap<&'a str, Self>,
}

impl Module<'_> {
    fn source(&self) -> String {
        format!(
            "use super::{{Message, Plural, packed_texts}};\n{}{}",
            self.constants,
            self.children()
        )
    }

    fn children(&self) -> String {
        let modules = self.modules.iter();
        modules
            .map(|(name, module)| format!("pub(crate) mod {name} {{\n{}}}\n", module.source()))
            .collect()
    }
}

/// What stands behind each text (the core splits by it): a sign that no text has.
const SEPARATOR: char = '\u{1f}';

fn message(number: usize) -> String {
    format!("Message::new(packed_texts, {number})")
}

/// A constant whose texts are numbered from `first`.
fn constant(name: &str, entry: &Entry, first: usize) -> String {
    let message = |index: usize| message(first + index);
    let name = name.to_ascii_uppercase();
    match entry {
        Entry::Message(_) => format!("pub(crate) const {name}: Message = {};", message(0)),
        Entry::Plural { .. } => format!(
            "pub(crate) const {name}: Plural = Plural {{ one: {}, other: {} }};",
            message(0),
            message(1)
        ),
        Entry::List(texts) => {
            let messages: Vec<String> = (0..texts.len()).map(message).collect();
            format!(
                "pub(crate) const {name}: [Message; {}] = [{}];",
                texts.len(),
                messages.join(", ")
            )
        }
    }
}
