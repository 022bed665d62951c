use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::ReplyZone;
use super::reply_time::TimeFormat;
use temoin_core::session::Field;

/// Which column or key of a reply holds which field, and how its times are written.
///
/// Without a mapping file these names are known, in upper or lower case and with or without hyphens
/// and underscores: temoin's own field names, those of RADIUS attributes and of the
/// table `radacct`, those of OpenVPN's server scripts, and those that `temoin` itself prints as JSON.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mapping {
    columns: BTreeMap<String, MappingColumn>,
    time_format: TimeFormat,
    time_zone: Option<ReplyZone>,
    pub(super) delimiter: Option<char>,
}

impl Mapping {
    /// Reads a mapping file:
    ///
    /// ```toml
    /// delimiter = ";"                     # CSV only; found in the header where it is left out
    /// time_zone = "Europe/Brussels"       # of times that do not say theirs
    /// time_format = "%d/%m/%Y %H:%M:%S"   # as strftime(3); the usual ones need none
    /// [columns]
    /// "Heure de début" = "session_start"
    /// commentaire = "ignore"
    /// fin = { field = "session_end", format = "%s" }
    /// ```
    ///
    /// A column is given a name of the field vocabulary, or one of `session`, `session_duration` (in
    /// seconds), `gateway_port` and `ignore`.
    ///
    /// # Errors
    /// `InvalidMapping` names the key and the remedy.
    pub fn from_toml(text: &str) -> Result<Self, InvalidMapping> {
        let file: MappingFile =
            toml::from_str(text).map_err(|error| InvalidMapping(error.to_string()))?;
        let zone = |key: &str, zone: Option<String>| {
            zone.map(|zone| zone.parse::<ReplyZone>())
                .transpose()
                .map_err(|error| InvalidMapping(format!("{key}: {error}")))
        };
        let delimiter = file.delimiter.filter(|c| !matches!(c, '"' | '\r' | '\n'));
        if delimiter != file.delimiter {
            let text = "delimiter: a quotation mark or the end of a line cannot be one";
            return Err(InvalidMapping(text.to_owned()));
        }
        let mut columns = BTreeMap::new();
        for (name, entry) in file.columns {
            let key = format!("columns.{name:?}");
            let (field, format, own_zone) = match entry {
                MappingEntry::Field(field) => (field, None, None),
                MappingEntry::Detailed { field, format, zone } => (field, format, zone),
            };
            let column_meaning = ColumnMeaning::from_name(&field).ok_or_else(|| {
                InvalidMapping(format!(
                    "{key}: {field:?} is no field; use a name of the field vocabulary such as \
                     session_start, or session, session_duration, gateway_port or ignore"
                ))
            })?;
            let format = format.map(TimeFormat::Pattern);
            let column = MappingColumn { column_meaning, format, zone: zone(&key, own_zone)? };
            if columns.insert(normal(&name), column).is_some() {
                return Err(InvalidMapping(format!(
                    "{key}: another column has the same name but for case, hyphens or spaces"
                )));
            }
        }
        Ok(Self {
            columns,
            time_format: file.time_format.map_or(TimeFormat::Automatic, TimeFormat::Pattern),
            time_zone: zone("time_zone", file.time_zone)?,
            delimiter,
        })
    }

    /// This mapping, with the zone of times that do not say theirs.
    #[must_use]
    pub fn with_time_zone(self, zone: ReplyZone) -> Self {
        Self { time_zone: Some(zone), ..self }
    }

    /// What the column of this name holds; `None` where nothing is known of it.
    pub(super) fn column_meaning(&self, name: &str) -> Option<ColumnMeaning> {
        let name = normal(name);
        match self.columns.get(&name) {
            Some(column) => Some(column.column_meaning),
            None => known(&name),
        }
    }

    /// How the column of this name writes times, and in which zone.
    pub(super) fn time(&self, name: &str) -> (&TimeFormat, Option<ReplyZone>) {
        let column = self.columns.get(&normal(name));
        let format = column.and_then(|column| column.format.as_ref());
        let zone = column.and_then(|column| column.zone);
        (format.unwrap_or(&self.time_format), zone.or(self.time_zone))
    }
}

/// A mapping file that cannot be used; the text says where and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidMapping(String);

impl fmt::Display for InvalidMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the mapping file cannot be used: {}", self.0)
    }
}

impl std::error::Error for InvalidMapping {}

/// What a column holds.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum ColumnMeaning {
    /// How long the session lasted, in seconds.
    Duration,
    /// The earliest possible start or end.
    Earliest(Field),
    /// The gateway's port alone.
    GatewayPort,
    /// Nothing that matters here.
    Ignored,
    /// The latest possible start or end.
    Latest(Field),
    /// temoin's session ID.
    Session,
    /// This field.
    Value(Field),
}

impl ColumnMeaning {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "gateway_port" => Some(Self::GatewayPort),
            "ignore" => Some(Self::Ignored),
            "session" => Some(Self::Session),
            "session_duration" => Some(Self::Duration),
            "session_end_earliest" => Some(Self::Earliest(Field::SessionEnd)),
            "session_end_latest" => Some(Self::Latest(Field::SessionEnd)),
            "session_start_earliest" => Some(Self::Earliest(Field::SessionStart)),
            "session_start_latest" => Some(Self::Latest(Field::SessionStart)),
            name => name.parse().ok().map(Self::Value),
        }
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct MappingColumn {
    column_meaning: ColumnMeaning,
    format: Option<TimeFormat>,
    zone: Option<ReplyZone>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingFile {
    #[serde(default)]
    columns: BTreeMap<String, MappingEntry>,
    delimiter: Option<char>,
    time_format: Option<String>,
    time_zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MappingEntry {
    Field(String),
    Detailed { field: String, format: Option<String>, zone: Option<String> },
}

/// A name without what different exports write differently.
fn normal(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_') && !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// What a column of this normal name holds, where its name is known.
fn known(name: &str) -> Option<ColumnMeaning> {
    let own = |field: &Field| normal(field.name()) == name;
    if let Some(field) = Field::ALL.iter().copied().find(own) {
        return Some(ColumnMeaning::Value(field));
    }
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, column_meaning)| *column_meaning)
}

/// Normal names and what they hold.
const KNOWN: &[(&str, ColumnMeaning)] = &[
    // RADIUS attributes and FreeRADIUS's table radacct.
    ("acctstarttime", ColumnMeaning::Value(Field::SessionStart)),
    ("acctstoptime", ColumnMeaning::Value(Field::SessionEnd)),
    ("acctsessiontime", ColumnMeaning::Duration),
    ("acctterminatecause", ColumnMeaning::Value(Field::EndReason)),
    ("callingstationid", ColumnMeaning::Value(Field::OriginAddress)),
    ("framedipaddress", ColumnMeaning::Value(Field::AssignedIpv4)),
    ("framedipv6address", ColumnMeaning::Value(Field::AssignedIpv6)),
    ("delegatedipv6prefix", ColumnMeaning::Value(Field::DelegatedPrefix)),
    ("nasipaddress", ColumnMeaning::Value(Field::Gateway)),
    ("username", ColumnMeaning::Value(Field::MemberIdentity)),
    ("acctinputoctets", ColumnMeaning::Value(Field::BytesIn)),
    ("acctoutputoctets", ColumnMeaning::Value(Field::BytesOut)),
    // OpenVPN's server scripts.
    ("trustedip", ColumnMeaning::Value(Field::OriginAddress)),
    ("trustedport", ColumnMeaning::Value(Field::OriginPort)),
    ("ifconfigpoolremoteip", ColumnMeaning::Value(Field::AssignedIpv4)),
    ("ifconfigpoolremoteip6", ColumnMeaning::Value(Field::AssignedIpv6)),
    ("timeunix", ColumnMeaning::Value(Field::SessionStart)),
    ("timeduration", ColumnMeaning::Duration),
    ("commonname", ColumnMeaning::Value(Field::MemberIdentity)),
    ("ivver", ColumnMeaning::Value(Field::ClientVersion)),
    ("ivplat", ColumnMeaning::Value(Field::ClientPlatform)),
    ("ivhwaddr", ColumnMeaning::Value(Field::HardwareAddress)),
    ("bytesreceived", ColumnMeaning::Value(Field::BytesIn)),
    ("bytessent", ColumnMeaning::Value(Field::BytesOut)),
    // temoin's own, as a table and as JSON.
    ("id", ColumnMeaning::Session),
    ("session", ColumnMeaning::Session),
    ("sessionid", ColumnMeaning::Session),
    ("start", ColumnMeaning::Value(Field::SessionStart)),
    ("start.at", ColumnMeaning::Value(Field::SessionStart)),
    ("start.earliest", ColumnMeaning::Earliest(Field::SessionStart)),
    ("start.latest", ColumnMeaning::Latest(Field::SessionStart)),
    ("end", ColumnMeaning::Value(Field::SessionEnd)),
    ("end.at", ColumnMeaning::Value(Field::SessionEnd)),
    ("end.earliest", ColumnMeaning::Earliest(Field::SessionEnd)),
    ("end.latest", ColumnMeaning::Latest(Field::SessionEnd)),
    ("end.reason", ColumnMeaning::Value(Field::EndReason)),
    ("startat", ColumnMeaning::Value(Field::SessionStart)),
    ("startearliest", ColumnMeaning::Earliest(Field::SessionStart)),
    ("startlatest", ColumnMeaning::Latest(Field::SessionStart)),
    ("endat", ColumnMeaning::Value(Field::SessionEnd)),
    ("endearliest", ColumnMeaning::Earliest(Field::SessionEnd)),
    ("endlatest", ColumnMeaning::Latest(Field::SessionEnd)),
    ("sessionstartearliest", ColumnMeaning::Earliest(Field::SessionStart)),
    ("sessionstartlatest", ColumnMeaning::Latest(Field::SessionStart)),
    ("sessionendearliest", ColumnMeaning::Earliest(Field::SessionEnd)),
    ("sessionendlatest", ColumnMeaning::Latest(Field::SessionEnd)),
    ("sessionduration", ColumnMeaning::Duration),
    ("gatewayport", ColumnMeaning::GatewayPort),
    ("originaddress.value", ColumnMeaning::Value(Field::OriginAddress)),
    ("originport.value", ColumnMeaning::Value(Field::OriginPort)),
    ("assignedipv4.value", ColumnMeaning::Value(Field::AssignedIpv4)),
    ("assignedipv6.value", ColumnMeaning::Value(Field::AssignedIpv6)),
    ("delegatedprefix.value", ColumnMeaning::Value(Field::DelegatedPrefix)),
    ("gateway.value.address", ColumnMeaning::Value(Field::Gateway)),
    ("gateway.value.port", ColumnMeaning::GatewayPort),
    ("transport.value", ColumnMeaning::Value(Field::Transport)),
    ("state", ColumnMeaning::Ignored),
    ("device", ColumnMeaning::Ignored),
    ("coverage", ColumnMeaning::Ignored),
    ("start.source", ColumnMeaning::Ignored),
    ("end.source", ColumnMeaning::Ignored),
    ("end.operatorview", ColumnMeaning::Ignored),
    ("originaddress.source", ColumnMeaning::Ignored),
    ("originport.source", ColumnMeaning::Ignored),
    ("assignedipv4.source", ColumnMeaning::Ignored),
    ("assignedipv6.source", ColumnMeaning::Ignored),
    ("delegatedprefix.source", ColumnMeaning::Ignored),
    ("gateway.source", ColumnMeaning::Ignored),
    ("transport.source", ColumnMeaning::Ignored),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{ColumnMeaning, Field, KNOWN, Mapping, ReplyZone, TimeFormat, normal};

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
    fn every_known_name_is_in_its_normal_form() {
        for (name, _) in KNOWN {
            assert_eq!(normal(name), *name);
        }
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
            ("time_zone = 'CET'", "time_zone: not a time zone that temoin knows, such as Europe/"),
            ("delimiter = '\"'", "delimiter"),
            ("colums = 1", "colums"),
            ("[columns]\na-b = 'ignore'\nA_B = 'ignore'", "same name"),
        ] {
            let error = Mapping::from_toml(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_file_makes_it_panic(text in any::<String>()) {
            let _ = Mapping::from_toml(&text);
        }
    }
}
