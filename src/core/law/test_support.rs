//! Test support: small editions and profiles, and short constructors.

use chrono::NaiveDate;

use super::{Edition, Law, Profile, Span};
use crate::session::{TimeBounds, Timestamp};

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn closed(start: &str, end: &str) -> Span {
    Span { start: TimeBounds::exact(at(start)), end: Some(TimeBounds::exact(at(end))) }
}

pub(super) fn open(start: &str) -> Span {
    Span { start: TimeBounds::exact(at(start)), end: None }
}

/// Consistent editions.
pub(super) fn law(texts: &[String]) -> Law {
    let editions = texts.iter().enumerate().map(|(place, text)| {
        Edition::parse(&format!("{place}.toml"), text).unwrap_or_else(|error| panic!("{error}"))
    });
    Law::assemble(editions.collect()).unwrap_or_else(|error| panic!("{error}"))
}

/// An edition of these dates with these lines of rules, checked on 2026-11-23 for 180 days.
pub(super) fn edition(
    id: &str,
    jurisdiction: &str,
    track: &str,
    (from, to): (&str, &str),
    rules: &[String],
) -> String {
    let zone = if jurisdiction == "BE" { "Europe/Brussels" } else { "Europe/Paris" };
    let to = if to.is_empty() { String::new() } else { format!("effective_to = {to}\n") };
    format!(
        "schema = 1\n[ruleset]\nid = \"{id}\"\njurisdiction = \"{jurisdiction}\"\n\
         track = \"{track}\"\n{}effective_from = {from}\n{to}checked_on = 2026-11-23\n\
         stale_after_days = 180\nstatus = \"in-force\"\ncomputation = \"eu-1182-71\"\n\
         timezone = \"{zone}\"\n[[source]]\nid = \"s\"\n{}url = \"https://law.example/s\"\n\
         verified = \"full-text\"\n{}",
        texts("title"),
        texts("cite"),
        rules.concat()
    )
}

/// A rule that must be followed, with more lines of its own.
pub(super) fn rule(id: &str, fields: &str, lines: &str) -> String {
    let applies = if lines.contains("applies_to") { "" } else { "applies_to = \"all-users\"\n" };
    let nature = if lines.contains("nature") { "" } else { "nature = \"must\"\n" };
    format!(
        "[[rule]]\nid = \"{id}\"\n{}fields = {fields}\n{nature}certainty = \"text\"\n{applies}\
         basis = [\"s\"]\n{lines}\n",
        texts("label")
    )
}

/// A profile with these lines of what is stored, in one statement.
pub(super) fn profile(stores: &str) -> Profile {
    let text = format!(
        "schema = 1\n[operator]\nid = \"example\"\nname = \"Example\"\njurisdiction = \"BE\"\n\
         timezone = \"Europe/Brussels\"\nregistered_with = \"none\"\n\
         member_called = \"certificate-name\"\n[contact]\n\
         access_request = \"mailto:privacy@example.org\"\n[[statement]]\nid = \"page\"\n{}\
         kind = \"administrator\"\nstated_on = 2026-01-01\nby = \"Example\"\n\
         verified = \"full-text\"\n{stores}",
        texts("label")
    );
    Profile::parse("example.toml", &text).unwrap_or_else(|error| panic!("{error}"))
}

fn texts(key: &str) -> String {
    ["fr", "nl", "en", "de"].map(|code| format!("{key}.{code} = \"x\"\n")).concat()
}
