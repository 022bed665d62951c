use std::collections::{BTreeMap, BTreeSet};

use crate::entry::Entry;
use crate::header::{DATE_PLACEHOLDERS, Header};
use crate::language::Language;
use crate::problem::Problem;
use crate::source::LOOKED_UP;

/// Finds what is wrong in any language, and where they do not agree.
pub(crate) fn all(reference: &Language, languages: &[Language], problems: &mut Vec<Problem>) {
    for language in languages {
        let mut found = Vec::new();
        header(&language.header, &mut found);
        facts(language, &mut found);
        keys(reference, language, &mut found);
        for (key, entry) in &language.entries {
            let table = key.split('.').next().unwrap_or_default();
            if LOOKED_UP.contains(&table) && !matches!(entry, Entry::Message(_)) {
                found.push((key.clone(), "has to be one text, as all of its table".to_owned()));
            }
            for text in entry.texts() {
                found.extend(wording(text, &language.header).map(|text| (key.clone(), text)));
            }
        }
        contradictions(reference, language, &mut found);
        let file = language.file();
        problems.extend(found.into_iter().map(|(key, text)| Problem {
            file: file.clone(),
            key,
            text,
        }));
    }
    unique(languages, problems);
}

/// What is marked as a fact is a text.
fn facts(language: &Language, found: &mut Vec<(String, String)>) {
    let unknown = language.header.facts.iter().filter(|key| !language.entries.contains_key(*key));
    found.extend(unknown.map(|key| ("language.facts".to_owned(), format!("{key} is no text"))));
}

/// Two languages cannot share a name in the code.
fn unique(languages: &[Language], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for language in languages {
        if !seen.insert(&language.header.variant) {
            problems.push(Problem {
                file: language.file(),
                key: "language.variant".to_owned(),
                text: format!("is {} in another file too", language.header.variant),
            });
        }
    }
}

fn header(header: &Header, found: &mut Vec<(String, String)>) {
    for (key, pattern) in [
        ("date", &header.date),
        ("plain_date", &header.plain_date),
        ("day_month", &header.day_month),
        ("month_year", &header.month_year),
        ("day", &header.day),
        ("short_date", &header.short_date),
        ("day_number", &header.day_number),
        ("first_day", &header.first_day),
    ] {
        match placeholders(pattern) {
            Ok(names) => found.extend(
                names
                    .iter()
                    .filter(|name| !DATE_PLACEHOLDERS.contains(&name.as_str()))
                    .map(|name| (format!("language.{key}"), format!("{{{name}}} is not known"))),
            ),
            Err(text) => found.push((format!("language.{key}"), text)),
        }
    }
}

/// The same keys as the reference, with the same shapes and placeholders.
fn keys(reference: &Language, language: &Language, found: &mut Vec<(String, String)>) {
    let from = reference.file();
    for (key, expected) in &reference.entries {
        match language.entries.get(key) {
            None => found.push((key.clone(), format!("is missing, and is in {from}"))),
            Some(entry) if !entry.is_like(expected) => {
                found.push((key.clone(), format!("has another shape than in {from}")));
            }
            Some(entry) => {
                for (text, expected) in entry.texts().into_iter().zip(expected.texts()) {
                    match (placeholders(text), placeholders(expected)) {
                        (Ok(names), Ok(expected)) if names != expected => found.push((
                            key.clone(),
                            format!(
                                "has the placeholders {}, and in {from} {}",
                                list(&names),
                                list(&expected)
                            ),
                        )),
                        (Err(text), _) => found.push((key.clone(), text)),
                        _ => {}
                    }
                }
            }
        }
    }
    for key in language.entries.keys() {
        if !reference.entries.contains_key(key) {
            found.push((key.clone(), format!("is surplus: it is not in {from}")));
        }
    }
}

/// What is wrong in the wording of one text.
fn wording<'a>(text: &'a str, header: &'a Header) -> impl Iterator<Item = String> + 'a {
    let spaces = [
        (text.trim().is_empty(), "is empty"),
        (text.trim() != text, "begins or ends with a space"),
        (text.contains("  "), "has two spaces in a row"),
        (
            text.contains(|sign: char| sign.is_control() && sign != '\n'),
            "has a control character in it",
        ),
        (text.contains('\''), "has a straight apostrophe: write ’"),
    ];
    let breakable = header
        .no_break_before
        .chars()
        .filter(|sign| text.contains(&format!(" {sign}")))
        .map(|sign| {
            format!("has an ordinary space before “{sign}”: write one that does not break, U+00A0")
        });
    let opened = !header.no_break_before.is_empty() && text.contains("« ");
    let opened = opened.then(|| {
        "has an ordinary space after “«”: write one that does not break, U+00A0".to_owned()
    });
    spaces
        .into_iter()
        .filter(|(is_wrong, _)| *is_wrong)
        .map(|(_, text)| text.to_owned())
        .chain(breakable)
        .chain(opened)
}

/// What is said twice in the reference, word for word, is the same thing, and so is translated the
/// same.
fn contradictions(reference: &Language, language: &Language, found: &mut Vec<(String, String)>) {
    let mut known: BTreeMap<Vec<&str>, (&str, &Entry)> = BTreeMap::new();
    for (key, said) in &reference.entries {
        let Some(entry) = language.entries.get(key) else { continue };
        match known.get(&said.texts()) {
            Some((first, translated)) if *translated != entry => found.push((
                key.clone(),
                format!(
                    "reads “{}” and {first} “{}”, both for “{}”: use one text, or say in {} what \
                     differs",
                    entry.texts().join(" / "),
                    translated.texts().join(" / "),
                    said.texts().join(" / "),
                    reference.file(),
                ),
            )),
            Some(_) => {}
            None => {
                known.insert(said.texts(), (key, entry));
            }
        }
    }
}

/// The names in braces.
fn placeholders(text: &str) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some(start) = rest.find(['{', '}']) {
        let name = rest[start..].strip_prefix('{').and_then(|after| after.split_once('}')).filter(
            |(name, _)| {
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            },
        );
        let Some((name, tail)) = name else {
            return Err(
                "has a brace that opens or closes no placeholder such as {count}".to_owned()
            );
        };
        names.insert(name.to_owned());
        rest = tail;
    }
    Ok(names)
}

fn list(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "(none)".to_owned();
    }
    names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(" ")
}
