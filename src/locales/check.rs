use std::collections::BTreeSet;

use crate::catalogue::Language;
use crate::header::{DATE_PLACEHOLDERS, Header};
use crate::problem::Problem;

/// Finds what is wrong in any language, and where they do not agree.
pub(crate) fn all(reference: &Language, languages: &[Language], problems: &mut Vec<Problem>) {
    for language in languages {
        let mut found = Vec::new();
        header(&language.header, &mut found);
        keys(reference, language, &mut found);
        let file = language.file();
        problems.extend(found.into_iter().map(|(key, text)| Problem {
            file: file.clone(),
            key,
            text,
        }));
    }
    unique(languages, problems);
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

/// The same keys as the reference, with the same shapes.
fn keys(reference: &Language, language: &Language, found: &mut Vec<(String, String)>) {
    let from = reference.file();
    for (key, expected) in &reference.entries {
        match language.entries.get(key) {
            None => found.push((key.clone(), format!("is missing, and is in {from}"))),
            Some(entry) if !entry.is_like(expected) => {
                found.push((key.clone(), format!("has another shape than in {from}")));
            }
            Some(_) => {}
        }
    }
    for key in language.entries.keys() {
        if !reference.entries.contains_key(key) {
            found.push((key.clone(), format!("is surplus: it is not in {from}")));
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
