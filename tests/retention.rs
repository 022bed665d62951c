//! The files that say what is retained: those that ship are read and compiled in, and each way of
//! getting one wrong has a message that names file, line, key and remedy.
#![allow(clippy::disallowed_methods, reason = "reads the rule files, which the core does not")]
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use temoin_core::law::{Edition, FileProblem, Law, Period, Profile, RuleFileError, check};
use temoin_core::session::{Timestamp, Zone};

#[test]
fn every_rule_file_that_ships_is_right() {
    let problems: Vec<FileProblem> = checked(law_files());
    assert!(problems.is_empty(), "\n{}", lines(&problems));
}

#[test]
fn every_profile_that_ships_is_right() {
    let problems: Vec<FileProblem> = checked(files("src/operators"));
    assert!(problems.is_empty(), "\n{}", lines(&problems));
}

#[test]
fn the_rule_files_that_ship_go_together() {
    let editions = law_files().into_iter().filter_map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        Edition::parse(&name(&path), &text).ok()
    });
    if let Err(error) = Law::assemble(editions.collect()) {
        panic!("\n{error}");
    }
}

#[test]
fn every_rule_file_and_profile_is_compiled_in_under_its_id() {
    let law = Law::compiled_in().unwrap_or_else(|error| panic!("\n{error}"));
    let compiled: BTreeSet<String> = law.editions().iter().map(|it| it.file.clone()).collect();
    let named: BTreeSet<String> =
        law.editions().iter().map(|it| format!("{}.toml", it.id)).collect();
    let shipped: BTreeSet<String> = law_files().iter().map(|path| name(path)).collect();
    assert_eq!(compiled, shipped, "compiled in, and in the folder");
    assert_eq!(named, shipped, "ids, and in the folder");

    let profiles = Profile::compiled_in().unwrap_or_else(|error| panic!("\n{error}"));
    let compiled: BTreeSet<String> = profiles.iter().map(|it| it.file.clone()).collect();
    let named: BTreeSet<String> = profiles.iter().map(|it| format!("{}.toml", it.id)).collect();
    // The template is there to be copied: it speaks of no operator.
    let shipped: BTreeSet<String> = files("src/operators")
        .iter()
        .map(|path| name(path))
        .filter(|name| name != "template.toml")
        .collect();
    assert_eq!(compiled, shipped, "compiled in, and in the folder");
    assert_eq!(named, shipped, "ids, and in the folder");
}

/// Every file in the folder of broken ones is refused with the messages in the text file beside it;
/// every folder in it holds files that are right one by one and wrong together. `BLESS=1` rewrites
/// the text files: read what changed.
#[test]
fn every_broken_file_says_what_is_wrong_where_and_what_to_do() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(BROKEN);
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    let mut entries: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries.iter().filter(|path| path.extension().is_none_or(|end| end != "txt")) {
        let problems = if path.is_dir() { together(path) } else { alone(path) };
        assert!(!problems.is_empty(), "{} is not refused", path.display());
        let messages = path.with_extension("txt");
        if bless {
            fs::write(&messages, lines(&problems)).unwrap();
        }
        let expected = fs::read_to_string(&messages).unwrap_or_default();
        if expected != lines(&problems) {
            wrong.push(format!("{}:\n{}", messages.display(), lines(&problems)));
        }
        known.insert(messages);
    }
    assert!(known.len() >= 30, "only {} broken files", known.len());
    let orphans: Vec<&PathBuf> = entries
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "txt") && !known.contains(*path))
        .collect();
    assert!(orphans.is_empty(), "messages of no file: {orphans:?}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The vectors are for other implementations, so ours is checked against them too.
#[test]
fn every_vector_in_the_readme_is_what_is_counted() {
    let readme = include_str!("../src/law/README.md");
    let rows: Vec<Vec<&str>> = readme
        .lines()
        .filter(|line| line.starts_with("| 20"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 9, "{rows:?}");
    for row in rows {
        let [event, zone, period, last_day, erasable] = row[..] else { panic!("{row:?}") };
        let instant = |text: &str| text.replace('Z', ":00Z").parse::<Timestamp>().unwrap();
        let zone: Zone = zone.parse().unwrap();
        let (number, unit) = period.split_once(' ').unwrap();
        let number = number.parse().unwrap();
        let period = match unit {
            "months" => Period::Months(number),
            "years" => Period::Years(number),
            _ => panic!("{unit}"),
        };
        let last = period.last_day(zone.date(instant(event)));
        assert_eq!(last.to_string(), last_day, "{row:?}");
        assert_eq!(zone.first_instant(last.succ_opt().unwrap()), instant(erasable), "{row:?}");
    }
}

/// What is wrong in one file.
fn alone(path: &Path) -> Vec<FileProblem> {
    let text = fs::read_to_string(path).unwrap();
    let problems = check(&name(path), &text);
    for problem in &problems {
        assert_eq!(problem.file, name(path));
        assert!((1..=text.lines().count().max(1)).contains(&problem.line), "{problem}");
        assert!(!problem.what.is_empty() && !problem.remedy.is_empty(), "{problem}");
    }
    problems
}

/// What is wrong with the editions of a folder together.
fn together(folder: &Path) -> Vec<FileProblem> {
    let editions = files(folder).into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        Edition::parse(&name(&path), &text).unwrap_or_else(|error| panic!("{error}"))
    });
    Law::assemble(editions.collect()).err().map_or_else(Vec::new, RuleFileError::into_problems)
}

/// What is wrong in files.
fn checked(files: Vec<PathBuf>) -> Vec<FileProblem> {
    let problems = files.into_iter().flat_map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        check(&name(&path), &text)
    });
    problems.collect()
}

/// The rule files of every jurisdiction.
fn law_files() -> Vec<PathBuf> {
    ["be", "fr"].map(|country| files(Path::new("src/law").join(country))).concat()
}

/// The TOML files of a folder of this project, by name.
fn files(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(folder);
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn lines(problems: &[FileProblem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

const BROKEN: &str = "tests/fixtures/retention/broken";
