use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
use temoin_core::text::{Language, plain};

use crate::columns::{ColumnMeaning, known, normal};
use crate::messages::reply::mapping as msg;
use crate::time_format::TimeFormat;
use crate::time_text::DateOrder;
use crate::zone::ReplyZone;

/// Which column or key of a reply holds which field, and how its times are written.
///
/// Without a mapping these names are known, in upper or lower case and with or without hyphens
/// and underscores: temoin's own field names, those of RADIUS attributes and of the
/// table `radacct`, those of OpenVPN's server scripts, and those that `temoin` itself prints as JSON.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mapping {
    columns: BTreeMap<String, MappingColumn>,
    time_format: TimeFormat,
    time_zone: Option<ReplyZone>,
    dates: Option<DateOrder>,
    list: Option<String>,
    delimiter: Option<char>,
}

impl Mapping {
    /// Reads a mapping file:
    ///
    /// ```toml
    /// delimiter = ";"                     # CSV only; found where it is left out
    /// list = "result.sessions"            # JSON only: where the sessions lie
    /// dates = "day-month-year"            # or month-day-year, year-month-day
    /// time_zone = "Europe/Brussels"       # of times that do not say theirs
    /// time_format = "%d/%m/%Y %H:%M:%S"   # as strftime(3); the usual ones need none
    /// [columns]
    /// "Heure de début" = "session_start"
    /// commentaire = "ignore"
    /// fin = { field = "session_end", format = "%s" }
    /// ```
    ///
    /// A column is given a name of the field vocabulary, or one of `session`, `session_duration` (in
    /// seconds), `gateway_port`, `session_date`, `session_start_date`, `session_start_time`,
    /// `session_end_date`, `session_end_time` and `ignore`. A column without a name is `#1`, `#2` and so on.
    ///
    /// # Errors
    /// `InvalidMapping` names the key and the remedy.
    pub fn from_toml(text: &str) -> Result<Self, InvalidMapping> {
        let file: MappingFile =
            toml::from_str(text).map_err(|error| InvalidMapping::Toml(error.to_string()))?;
        let zone = |key: &str, zone: Option<String>| {
            zone.map(|zone| zone.parse::<ReplyZone>())
                .transpose()
                .map_err(|_| InvalidMapping::Zone(key.to_owned()))
        };
        let delimiter = file.delimiter.filter(|c| !matches!(c, '"' | '\r' | '\n'));
        if delimiter != file.delimiter {
            return Err(InvalidMapping::Delimiter);
        }
        let dates = file.dates.map(|name| DateOrder::from_name(&name).ok_or(InvalidMapping::Dates));
        let mut mapping = Self {
            columns: BTreeMap::new(),
            time_format: file.time_format.map_or(TimeFormat::Automatic, TimeFormat::Pattern),
            time_zone: zone("time_zone", file.time_zone)?,
            dates: dates.transpose()?,
            list: file.list,
            delimiter,
        };
        for (name, entry) in file.columns {
            let key = format!("columns.{name:?}");
            let (field, format, own_zone) = match entry {
                MappingEntry::Field(field) => (field, None, None),
                MappingEntry::Detailed { field, format, zone } => (field, format, zone),
            };
            let meaning = ColumnMeaning::from_name(&field)
                .ok_or_else(|| InvalidMapping::NoField { key: key.clone(), field })?;
            let format = format.map(TimeFormat::Pattern);
            let zone = zone(&key, own_zone)?;
            let column = MappingColumn { name: name.clone(), meaning, format, zone };
            if mapping.columns.insert(normal(&name), column).is_some() {
                return Err(InvalidMapping::SameName(key));
            }
        }
        Ok(mapping)
    }

    /// This mapping as a file that [`Mapping::from_toml`] reads.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut line = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                // Writing to a `String` does not fail.
                let _ = writeln!(text, "{key} = {}", quoted(&value));
            }
        };
        line("delimiter", self.delimiter.map(String::from));
        line("list", self.list.clone());
        line("dates", self.dates.map(|order| order.name().to_owned()));
        line("time_zone", self.time_zone.map(|zone| zone.to_string()));
        if let TimeFormat::Pattern(pattern) = &self.time_format {
            line("time_format", Some(pattern.clone()));
        }
        text.push_str("[columns]\n");
        for column in self.columns.values() {
            let _ = write!(text, "{} = ", quoted(&column.name));
            let mut parts = format!("field = {}", quoted(column.meaning.name()));
            if let Some(TimeFormat::Pattern(pattern)) = &column.format {
                let _ = write!(parts, ", format = {}", quoted(pattern));
            }
            if let Some(zone) = column.zone {
                let _ = write!(parts, ", zone = {}", quoted(&zone.to_string()));
            }
            let _ = match parts.strip_prefix("field = ").filter(|rest| !rest.contains(',')) {
                Some(field) => writeln!(text, "{field}"),
                None => writeln!(text, "{{ {parts} }}"),
            };
        }
        text
    }

    /// This mapping, with the zone of times that do not say theirs.
    #[must_use]
    pub fn with_time_zone(self, zone: ReplyZone) -> Self {
        Self { time_zone: Some(zone), ..self }
    }

    /// This mapping, with the order of dates that are written with digits alone.
    #[must_use]
    pub fn with_dates(self, order: DateOrder) -> Self {
        Self { dates: Some(order), ..self }
    }

    /// This mapping, with the place of the sessions in JSON, such as `result.sessions`.
    #[must_use]
    pub fn with_list(self, path: String) -> Self {
        Self { list: Some(path), ..self }
    }

    /// This mapping, with what a column holds.
    #[must_use]
    pub fn with_column(mut self, name: &str, meaning: ColumnMeaning) -> Self {
        let column = self.columns.entry(normal(name)).or_insert_with(|| MappingColumn {
            name: plain(name),
            meaning,
            format: None,
            zone: None,
        });
        column.meaning = meaning;
        self
    }

    /// The zone of times that do not say theirs.
    #[must_use]
    pub fn time_zone(&self) -> Option<ReplyZone> {
        self.time_zone
    }

    /// The order of dates that are written with digits alone.
    #[must_use]
    pub fn dates(&self) -> Option<DateOrder> {
        self.dates
    }

    pub(crate) fn list(&self) -> Option<&str> {
        self.list.as_deref()
    }

    pub(crate) fn delimiter(&self) -> Option<char> {
        self.delimiter
    }

    /// What the column of this name holds; `None` where nothing is known of it.
    pub(crate) fn column_meaning(&self, name: &str) -> Option<ColumnMeaning> {
        let name = normal(name);
        match self.columns.get(&name) {
            Some(column) => Some(column.meaning),
            None => known(&name),
        }
    }

    /// Whether the mapping itself says what the column of this name holds.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.columns.contains_key(&normal(name))
    }

    /// How the column of this name writes times, and in which zone.
    pub(crate) fn time(&self, name: &str) -> (&TimeFormat, Option<ReplyZone>) {
        let column = self.columns.get(&normal(name));
        let format = column.and_then(|column| column.format.as_ref());
        let zone = column.and_then(|column| column.zone);
        (format.unwrap_or(&self.time_format), zone.or(self.time_zone))
    }
}

/// A mapping file that cannot be used; the text says where and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InvalidMapping {
    /// No order of dates.
    Dates,
    /// No delimiter.
    Delimiter,
    /// No field.
    NoField {
        /// The key.
        key: String,
        /// What stands there.
        field: String,
    },
    /// Another column has the same name.
    SameName(String),
    /// No TOML, or not of this form: in the words of the TOML reader.
    Toml(String),
    /// No time zone under this key.
    Zone(String),
}

impl InvalidMapping {
    /// What is wrong and what to do, on one line.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let problem = match self {
            Self::Dates => msg::DATES.text(language).to_owned(),
            Self::Delimiter => msg::DELIMITER.text(language).to_owned(),
            Self::NoField { key, field } => {
                msg::NO_FIELD.fill(language, &[("key", key), ("field", field)])
            }
            Self::SameName(key) => msg::SAME_NAME.fill(language, &[("key", key)]),
            Self::Toml(problem) => problem.clone(),
            Self::Zone(key) => msg::ZONE.fill(language, &[("key", key)]),
        };
        plain(&msg::UNUSABLE.fill(language, &[("problem", &problem)]))
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct MappingColumn {
    /// As it is written.
    name: String,
    meaning: ColumnMeaning,
    format: Option<TimeFormat>,
    zone: Option<ReplyZone>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingFile {
    #[serde(default)]
    columns: BTreeMap<String, MappingEntry>,
    dates: Option<String>,
    delimiter: Option<char>,
    list: Option<String>,
    time_format: Option<String>,
    time_zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MappingEntry {
    Field(String),
    Detailed { field: String, format: Option<String>, zone: Option<String> },
}

/// A text as TOML writes it; JSON writes such a text the same way.
fn quoted(text: &str) -> String {
    serde_json::Value::from(plain(text)).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use temoin_core::session::Field;
    use temoin_core::text::Language;

    use super::{ColumnMeaning, DateOrder, Mapping, ReplyZone, TimeFormat};

    #[test]
    fn names_are_known_whatever_their_case_and_hyphens() {
        let mapping = Mapping::default();
        for name in ["AcctStartTime", "acct-start-time", "SESSION_START", " session start "] {
            let column_meaning = mapping.column_meaning(name);
            assert_eq!(column_meaning, Some(ColumnMeaning::Value(Field::SessionStart)), "{name}");
        }
        assert_eq!(mapping.column_meaning("Framed-Protocol"), None);
    }

    #[test]
    fn a_file_adds_to_what_is_known_and_overrules_it() {
        let mapping = Mapping::from_toml(
            "delimiter = ';'\ntime_zone = 'Europe/Paris'\n[columns]\n\
             'Heure de début' = 'session_start'\nusername = 'ignore'\n\
             fin = { field = 'session_end', format = '%s', zone = 'UTC' }\n",
        )
        .unwrap();
        assert_eq!(
            mapping.column_meaning("heure DE début"),
            Some(ColumnMeaning::Value(Field::SessionStart))
        );
        assert_eq!(mapping.column_meaning("UserName"), Some(ColumnMeaning::Ignored));
        assert_eq!(
            mapping.time("Fin"),
            (&TimeFormat::Pattern("%s".to_owned()), Some(ReplyZone::Fixed(0)))
        );
        assert_eq!(
            mapping.time("heure de début"),
            (&TimeFormat::Automatic, "Europe/Paris".parse().ok())
        );
    }

    #[test]
    fn an_unusable_file_says_which_key_is_wrong() {
        for (text, part) in [
            ("[columns]\na = 'start'", "columns.\"a\""),
            ("time_zone = 'CET'", "time_zone: not a time zone"),
            ("delimiter = '\"'", "delimiter"),
            ("colums = 1", "colums"),
            ("dates = 'american'", "month-day-year"),
            ("[columns]\na-b = 'ignore'\nA_B = 'ignore'", "same name"),
        ] {
            let error = Mapping::from_toml(text).unwrap_err().text(Language::English);
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_mapping_is_written_as_it_is_read() {
        let text = "delimiter = \";\"\nlist = \"a.b\"\ndates = \"month-day-year\"\n\
                    time_zone = \"+01:00\"\ntime_format = \"%s\"\n[columns]\n\
                    \"Heure \\\"x\\\"\" = \"ignore\"\n\
                    fin = { field = \"session_end\", format = \"%s\", zone = \"UTC\" }\n";
        let mapping = Mapping::from_toml(text).unwrap();
        let written = mapping.to_toml();
        assert_eq!(Mapping::from_toml(&written), Ok(mapping), "{written}");
        let mapping = Mapping::default()
            .with_dates(DateOrder::DayFirst)
            .with_column("Début", ColumnMeaning::Value(Field::SessionStart));
        assert_eq!(Mapping::from_toml(&mapping.to_toml()), Ok(mapping));
    }

    proptest! {
        #[test]
        fn no_file_makes_it_panic(text in any::<String>()) {
            let _ = Mapping::from_toml(&text);
        }
    }
}
