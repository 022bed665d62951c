use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::Zone;
use super::time::TimeFormat;
use crate::domain::Field;

/// Which column or key of a reply holds which fact, and how its times are written.
///
/// Without a mapping file these names are known, in upper or lower case and with or without hyphens
/// and underscores: temoin's own field names, those of RADIUS attributes and of the
/// table `radacct`, those of OpenVPN's server scripts, and those that `temoin` itself prints as JSON.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mapping {
    columns: BTreeMap<String, Column>,
    time_format: TimeFormat,
    time_zone: Option<Zone>,
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
    /// [`InvalidMapping`] names the key and the remedy.
    pub fn from_toml(text: &str) -> Result<Self, InvalidMapping> {
        let file: File = toml::from_str(text).map_err(|error| InvalidMapping(error.to_string()))?;
        let zone = |key: &str, zone: Option<String>| {
            zone.map(|zone| zone.parse::<Zone>())
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
                Entry::Field(field) => (field, None, None),
                Entry::Detailed { field, format, zone } => (field, format, zone),
            };
            let target = Target::from_name(&field).ok_or_else(|| {
                InvalidMapping(format!(
                    "{key}: {field:?} is no field; use a name of the field vocabulary such as \
                     session_start, or session, session_duration, gateway_port or ignore"
                ))
            })?;
            let format = format.map(TimeFormat::Pattern);
            let column = Column { target, format, zone: zone(&key, own_zone)? };
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
    pub fn with_time_zone(self, zone: Zone) -> Self {
        Self { time_zone: Some(zone), ..self }
    }

    /// What the column of this name holds; `None` where nothing is known of it.
    pub(super) fn target(&self, name: &str) -> Option<Target> {
        let name = normal(name);
        match self.columns.get(&name) {
            Some(column) => Some(column.target),
            None => known(&name),
        }
    }

    /// How the column of this name writes times, and in which zone.
    pub(super) fn time(&self, name: &str) -> (&TimeFormat, Option<Zone>) {
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
pub(super) enum Target {
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

impl Target {
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
struct Column {
    target: Target,
    format: Option<TimeFormat>,
    zone: Option<Zone>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    columns: BTreeMap<String, Entry>,
    delimiter: Option<char>,
    time_format: Option<String>,
    time_zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
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
fn known(name: &str) -> Option<Target> {
    let own = |field: &Field| normal(field.name()) == name;
    if let Some(field) = Field::ALL.iter().copied().find(own) {
        return Some(Target::Value(field));
    }
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}

/// Normal names and what they hold.
const KNOWN: &[(&str, Target)] = &[
    // RADIUS attributes and FreeRADIUS's table radacct.
    ("acctstarttime", Target::Value(Field::SessionStart)),
    ("acctstoptime", Target::Value(Field::SessionEnd)),
    ("acctsessiontime", Target::Duration),
    ("acctterminatecause", Target::Value(Field::EndReason)),
    ("callingstationid", Target::Value(Field::OriginAddress)),
    ("framedipaddress", Target::Value(Field::AssignedIpv4)),
    ("framedipv6address", Target::Value(Field::AssignedIpv6)),
    ("delegatedipv6prefix", Target::Value(Field::DelegatedPrefix)),
    ("nasipaddress", Target::Value(Field::Gateway)),
    ("username", Target::Value(Field::MemberIdentity)),
    ("acctinputoctets", Target::Value(Field::BytesIn)),
    ("acctoutputoctets", Target::Value(Field::BytesOut)),
    // OpenVPN's server scripts.
    ("trustedip", Target::Value(Field::OriginAddress)),
    ("trustedport", Target::Value(Field::OriginPort)),
    ("ifconfigpoolremoteip", Target::Value(Field::AssignedIpv4)),
    ("ifconfigpoolremoteip6", Target::Value(Field::AssignedIpv6)),
    ("timeunix", Target::Value(Field::SessionStart)),
    ("timeduration", Target::Duration),
    ("commonname", Target::Value(Field::MemberIdentity)),
    ("ivver", Target::Value(Field::ClientVersion)),
    ("ivplat", Target::Value(Field::ClientPlatform)),
    ("ivhwaddr", Target::Value(Field::HardwareAddress)),
    ("bytesreceived", Target::Value(Field::BytesIn)),
    ("bytessent", Target::Value(Field::BytesOut)),
    // temoin's own, as a table and as JSON.
    ("id", Target::Session),
    ("session", Target::Session),
    ("sessionid", Target::Session),
    ("start", Target::Value(Field::SessionStart)),
    ("start.at", Target::Value(Field::SessionStart)),
    ("start.earliest", Target::Earliest(Field::SessionStart)),
    ("start.latest", Target::Latest(Field::SessionStart)),
    ("end", Target::Value(Field::SessionEnd)),
    ("end.at", Target::Value(Field::SessionEnd)),
    ("end.earliest", Target::Earliest(Field::SessionEnd)),
    ("end.latest", Target::Latest(Field::SessionEnd)),
    ("end.reason", Target::Value(Field::EndReason)),
    ("startat", Target::Value(Field::SessionStart)),
    ("startearliest", Target::Earliest(Field::SessionStart)),
    ("startlatest", Target::Latest(Field::SessionStart)),
    ("endat", Target::Value(Field::SessionEnd)),
    ("endearliest", Target::Earliest(Field::SessionEnd)),
    ("endlatest", Target::Latest(Field::SessionEnd)),
    ("sessionstartearliest", Target::Earliest(Field::SessionStart)),
    ("sessionstartlatest", Target::Latest(Field::SessionStart)),
    ("sessionendearliest", Target::Earliest(Field::SessionEnd)),
    ("sessionendlatest", Target::Latest(Field::SessionEnd)),
    ("sessionduration", Target::Duration),
    ("gatewayport", Target::GatewayPort),
    ("originaddress.value", Target::Value(Field::OriginAddress)),
    ("originport.value", Target::Value(Field::OriginPort)),
    ("assignedipv4.value", Target::Value(Field::AssignedIpv4)),
    ("assignedipv6.value", Target::Value(Field::AssignedIpv6)),
    ("delegatedprefix.value", Target::Value(Field::DelegatedPrefix)),
    ("gateway.value.address", Target::Value(Field::Gateway)),
    ("gateway.value.port", Target::GatewayPort),
    ("transport.value", Target::Value(Field::Transport)),
    ("state", Target::Ignored),
    ("device", Target::Ignored),
    ("coverage", Target::Ignored),
    ("start.source", Target::Ignored),
    ("end.source", Target::Ignored),
    ("end.operatorview", Target::Ignored),
    ("originaddress.source", Target::Ignored),
    ("originport.source", Target::Ignored),
    ("assignedipv4.source", Target::Ignored),
    ("assignedipv6.source", Target::Ignored),
    ("delegatedprefix.source", Target::Ignored),
    ("gateway.source", Target::Ignored),
    ("transport.source", Target::Ignored),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Field, KNOWN, Mapping, Target, TimeFormat, Zone, normal};

    #[test]
    fn names_are_known_whatever_their_case_and_hyphens() {
        let mapping = Mapping::default();
        for name in ["AcctStartTime", "acct-start-time", "SESSION_START", " session start "] {
            let target = mapping.target(name);
            assert_eq!(target, Some(Target::Value(Field::SessionStart)), "{name}");
        }
        assert_eq!(mapping.target("Framed-Protocol"), None);
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
        assert_eq!(mapping.target("heure DE début"), Some(Target::Value(Field::SessionStart)));
        assert_eq!(mapping.target("UserName"), Some(Target::Ignored));
        assert_eq!(
            mapping.time("Fin"),
            (&TimeFormat::Pattern("%s".to_owned()), Some(Zone::Fixed(0)))
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
