use std::ops::Range;

use toml::Table;
use toml::de::{DeTable, DeValue};

use super::setting::Setting;

/// The configuration's text with this setting set to this TOML value and everything else unchanged;
/// `None` if that is not possible.
pub(super) fn with_value(text: &str, setting: Setting, written: &str) -> Option<String> {
    let (table, key) = setting.place();
    let mut expected: Table = text.parse().ok()?;
    let within = expected.entry(table).or_insert_with(|| Table::new().into());
    let value = format!("value = {written}").parse::<Table>().ok()?.remove("value")?;
    within.as_table_mut()?.insert(key.to_owned(), value);

    let after = match place_of_value(text, table, key) {
        Some(range) => format!("{}{written}{}", &text[..range.start], &text[range.end..]),
        None => match place_in_table(text, table, key) {
            Some(at) => {
                let gap = if text[..at].ends_with('\n') { "" } else { "\n" };
                format!("{}{gap}{key} = {written}\n{}", &text[..at], &text[at..])
            }
            None => {
                let gap = match text {
                    "" => "",
                    text if text.ends_with('\n') => "\n",
                    _ => "\n\n",
                };
                format!("{text}{gap}[{table}]\n{key} = {written}\n")
            }
        },
    };
    (after.parse::<Table>().ok()? == expected).then_some(after)
}

/// Where the value of the key stands.
fn place_of_value(text: &str, table: &str, key: &str) -> Option<Range<usize>> {
    let root = DeTable::parse(text).ok()?;
    let DeValue::Table(within) = root.get_ref().get(table)?.get_ref() else { return None };
    Some(within.get(key)?.span())
}

/// Where the key can be put: in its table, behind the line that shows its default if there is one.
fn place_in_table(text: &str, table: &str, key: &str) -> Option<usize> {
    let mut at = 0;
    let mut place = None;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let bare = line.trim();
        if let Some(header) = bare.strip_prefix('[') {
            if place.is_some() {
                break;
            }
            let name = header.split('#').next().and_then(|name| name.trim().strip_suffix(']'));
            if name.is_some_and(|name| name.trim() == table) {
                place = Some(at);
            }
        } else if place.is_some() && shows_default(bare, key) {
            place = Some(at);
        }
    }
    place
}

/// Whether a line shows the default of a key, as the shipped file does: `#key = value`.
fn shows_default(line: &str, key: &str) -> bool {
    let rest = line.strip_prefix('#').and_then(|line| line.strip_prefix(key));
    rest.is_some_and(|rest| rest.trim_start().starts_with('='))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    const SHIPPED: &str = include_str!("../temoin.toml");

    fn with_profile(text: &str) -> Option<String> {
        with_value(text, Setting::OperatorProfile, "\"my-isp\"")
    }

    #[test]
    fn the_one_key_is_written_and_all_else_stays() {
        for (before, after) in [
            ("", "[operator]\nprofile = \"my-isp\"\n"),
            (
                "[page]\nlanguage = \"fr\"",
                "[page]\nlanguage = \"fr\"\n\n[operator]\nprofile = \"my-isp\"\n",
            ),
            (
                "[operator] # who\njurisdiction = 'BE'\n\n[page]\n",
                "[operator] # who\nprofile = \"my-isp\"\njurisdiction = 'BE'\n\n[page]\n",
            ),
            ("[operator]", "[operator]\nprofile = \"my-isp\"\n"),
            (
                "[operator]\nprofile = 'other' # they\r\n[page]\n",
                "[operator]\nprofile = \"my-isp\" # they\r\n[page]\n",
            ),
            ("operator.profile = \"\"\n", "operator.profile = \"my-isp\"\n"),
            ("operator = { profile = \"a\" }\n", "operator = { profile = \"my-isp\" }\n"),
        ] {
            assert_eq!(with_profile(before).as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn in_the_shipped_file_each_stands_behind_its_default() {
        for setting in Setting::ALL {
            let after = with_value(SHIPPED, setting, "'x'").unwrap();
            let (_, key) = setting.place();
            let line = format!("\n{key} = 'x'");
            let (before, _) = after.split_once(&line).unwrap();
            let default = before.lines().last().unwrap();
            assert!(default.starts_with(&format!("#{key} = ")), "{setting}: {default}");
            assert_eq!(after.replacen(&line, "", 1), SHIPPED);
            assert_eq!(with_value(&after, setting, "'x'").unwrap(), after);
        }
    }

    #[test]
    fn values_of_every_kind_take_each_others_place() {
        let listed = "[page]\nusers = [\n  \"a\", # she\n]\n";
        let text = with_value(listed, Setting::PageUsers, "[\"ada\", \"eve\"]");
        assert_eq!(text.as_deref(), Some("[page]\nusers = [\"ada\", \"eve\"]\n"));
        let text = with_value("[erasure]\ngrace_days = 14 # two weeks\n", Setting::GraceDays, "3");
        assert_eq!(text.as_deref(), Some("[erasure]\ngrace_days = 3 # two weeks\n"));
    }

    #[test]
    fn what_cannot_be_edited_safely_is_left_to_the_member() {
        for text in [
            "operator = {}\n",
            "[page]\nlanguage = \"\"\"\n[operator]\n\"\"\"\n",
            "[operator",
            "operator = 3\n",
        ] {
            assert_eq!(with_profile(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_text_it_never_panics_and_changes_nothing_else(
            text in "[\\[\\]a-z=\"'#\n \r.]{0,60}",
        ) {
            if let Some(after) = with_profile(&text) {
                let mut known: Table = after.parse().unwrap();
                let operator = known["operator"].as_table_mut().unwrap();
                let value = operator.remove("profile");
                prop_assert_eq!(value.as_ref().and_then(toml::Value::as_str), Some("my-isp"));
                let before: Table = text.parse().unwrap();
                let others = |table: &Table| {
                    table.keys().filter(|key| *key != "operator").cloned().collect::<Vec<_>>()
                };
                prop_assert!(others(&known) == others(&before));
            }
        }
    }
}
