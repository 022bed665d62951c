use std::fmt;

use temoin_core::session::Field;
use temoin_core::text::plain;

/// What a column or key of a reply holds.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ColumnMeaning {
    /// The clock alone of a start or an end, whose day stands in another column.
    Clock(Field),
    /// The day alone of a start or an end, whose clock stands in another column; of both where no field
    /// is given.
    Day(Option<Field>),
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
    /// What a person can choose for a column, in the order in which it is offered.
    pub const CHOICES: [Self; 21] = [
        Self::Ignored,
        Self::Value(Field::SessionStart),
        Self::Value(Field::SessionEnd),
        Self::Day(None),
        Self::Day(Some(Field::SessionStart)),
        Self::Clock(Field::SessionStart),
        Self::Day(Some(Field::SessionEnd)),
        Self::Clock(Field::SessionEnd),
        Self::Duration,
        Self::Value(Field::OriginAddress),
        Self::Value(Field::OriginPort),
        Self::Value(Field::AssignedIpv4),
        Self::Value(Field::AssignedIpv6),
        Self::Value(Field::DelegatedPrefix),
        Self::Value(Field::AssignedAt),
        Self::Value(Field::Gateway),
        Self::GatewayPort,
        Self::Value(Field::Transport),
        Self::Value(Field::EndReason),
        Self::Value(Field::MemberIdentity),
        Self::Session,
    ];

    /// The meaning of this name in a mapping: one of the field vocabulary, or one of temoin's own.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let own = NAMES.iter().find(|(known, _)| *known == name);
        own.map(|(_, meaning)| *meaning).or_else(|| name.parse().ok().map(Self::Value))
    }

    /// The name in a mapping.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Value(field) => field.name(),
            own => NAMES.iter().find(|(_, known)| *known == own).map_or("ignore", |(name, _)| name),
        }
    }

    /// Whether it says when a session began or its addresses were assigned: without that, no record can
    /// be told from another.
    pub(crate) fn is_start(self) -> bool {
        matches!(
            self,
            Self::Value(Field::SessionStart | Field::AssignedAt)
                | Self::Day(None | Some(Field::SessionStart))
                | Self::Earliest(Field::SessionStart)
                | Self::Latest(Field::SessionStart)
        )
    }

    /// Whether it holds a day or an instant.
    pub(crate) fn is_dated(self) -> bool {
        self.is_start()
            || matches!(
                self,
                Self::Value(Field::SessionEnd) | Self::Day(_) | Self::Earliest(_) | Self::Latest(_)
            )
    }

    /// Whether it holds an end, or may.
    pub(crate) fn is_end(self) -> bool {
        matches!(
            self,
            Self::Value(Field::SessionEnd)
                | Self::Day(Some(Field::SessionEnd))
                | Self::Clock(Field::SessionEnd)
                | Self::Earliest(Field::SessionEnd)
                | Self::Latest(Field::SessionEnd)
        )
    }

    /// Whether it holds an address of a session.
    pub(crate) fn is_address(self) -> bool {
        use Field::{AssignedIpv4, AssignedIpv6, DelegatedPrefix, OriginAddress};
        matches!(self, Self::Value(OriginAddress | AssignedIpv4 | AssignedIpv6 | DelegatedPrefix))
    }

    /// The field that a value of it belongs to.
    pub(crate) fn field(self) -> Option<Field> {
        match self {
            Self::Value(field)
            | Self::Clock(field)
            | Self::Earliest(field)
            | Self::Latest(field) => Some(field),
            Self::Day(field) => Some(field.unwrap_or(Field::SessionStart)),
            Self::Duration => Some(Field::SessionEnd),
            Self::GatewayPort | Self::Ignored | Self::Session => None,
        }
    }
}

impl fmt::Display for ColumnMeaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name without what different exports write differently: case, accents, hyphens, spaces.
pub(crate) fn normal(name: &str) -> String {
    plain(name)
        .chars()
        .filter(|c| !matches!(c, '-' | '_' | '\u{300}'..='\u{36f}') && !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .map(without_accent)
        .collect()
}

/// The letter under an accent.
pub(crate) fn without_accent(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ä' | 'ã' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'ö' | 'õ' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        c => c,
    }
}

/// What a column of this normal name holds, where its name is known.
pub(crate) fn known(name: &str) -> Option<ColumnMeaning> {
    let same = |own: &str| own.bytes().filter(|byte| *byte != b'_').eq(name.bytes());
    if let Some(field) = Field::ALL.iter().copied().find(|field| same(field.name())) {
        return Some(ColumnMeaning::Value(field));
    }
    if let Some((_, meaning)) = NAMES.iter().find(|(own, _)| same(own)) {
        return Some(*meaning);
    }
    let found = |name: &str| KNOWN.iter().find(|(known, _)| *known == name);
    // A RADIUS attribute says what it is wherever it is nested; `start` or `id` does not.
    let last = name.rsplit('.').next().filter(|last| last.len() >= 8);
    found(name)
        .or_else(|| {
            last.and_then(|last| KNOWN[..UNMISTAKABLE].iter().find(|(known, _)| *known == last))
        })
        .map(|(_, meaning)| *meaning)
}

/// The names of the mapping besides those of the field vocabulary.
const NAMES: [(&str, ColumnMeaning); 13] = [
    ("gateway_port", ColumnMeaning::GatewayPort),
    ("ignore", ColumnMeaning::Ignored),
    ("session", ColumnMeaning::Session),
    ("session_date", ColumnMeaning::Day(None)),
    ("session_duration", ColumnMeaning::Duration),
    ("session_end_date", ColumnMeaning::Day(Some(Field::SessionEnd))),
    ("session_end_earliest", ColumnMeaning::Earliest(Field::SessionEnd)),
    ("session_end_latest", ColumnMeaning::Latest(Field::SessionEnd)),
    ("session_end_time", ColumnMeaning::Clock(Field::SessionEnd)),
    ("session_start_date", ColumnMeaning::Day(Some(Field::SessionStart))),
    ("session_start_earliest", ColumnMeaning::Earliest(Field::SessionStart)),
    ("session_start_latest", ColumnMeaning::Latest(Field::SessionStart)),
    ("session_start_time", ColumnMeaning::Clock(Field::SessionStart)),
];

/// How many of the names below are of RADIUS and OpenVPN.
const UNMISTAKABLE: usize = 24;

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
    use super::{ColumnMeaning, Field, KNOWN, UNMISTAKABLE, known, normal};

    #[test]
    fn every_known_name_is_in_its_normal_form() {
        for (name, _) in KNOWN {
            assert_eq!(normal(name), *name);
        }
        assert_eq!(KNOWN[UNMISTAKABLE].0, "id");
    }

    #[test]
    fn every_meaning_is_named_and_read_back() {
        for meaning in ColumnMeaning::CHOICES {
            assert_eq!(ColumnMeaning::from_name(meaning.name()), Some(meaning));
        }
    }

    #[test]
    fn a_radius_attribute_is_known_wherever_it_is_nested_and_a_plain_word_is_not() {
        let start = Some(ColumnMeaning::Value(Field::SessionStart));
        assert_eq!((known("source.acctstarttime"), known("start")), (start, start));
        assert_eq!((known("member.start"), known("device.id")), (None, None));
    }

    #[test]
    fn accents_may_be_one_character_or_two() {
        assert_eq!(normal("Début de_Connexion"), normal("De\u{301}but  deconnexion"));
    }
}
