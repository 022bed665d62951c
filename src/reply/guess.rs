use std::net::IpAddr;

use temoin_core::session::Field;

use crate::address::{endpoint, ipv6, prefix};
use crate::columns::{ColumnMeaning, without_accent};
use crate::time_text::TimeText;

/// What the cells of a column look like, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ColumnContent {
    filled: u32,
    times: u32,
    clocks: u32,
    public: u32,
    internal: u32,
    ipv6: u32,
    prefixes: u32,
    numbers: u32,
}

impl ColumnContent {
    pub(crate) fn add(&mut self, text: &str) {
        self.filled += 1;
        let is_number = text.parse::<u64>().is_ok();
        if let Some(time) = TimeText::parse(text) {
            // A number alone may be anything.
            let is_known = !is_number || text.len() >= 9;
            self.clocks += u32::from(time.is_clock());
            self.times += u32::from(time.has_day() && is_known);
        }
        self.numbers += u32::from(is_number);
        if is_number {
            return;
        }
        match endpoint(text) {
            Some((IpAddr::V4(address), _)) => {
                let [first, second, ..] = address.octets();
                // RFC 6598, section 7: shared address space, as within an operator's network.
                let is_shared = first == 100 && (64..128).contains(&second);
                if address.is_private() || is_shared {
                    self.internal += 1;
                } else {
                    self.public += 1;
                }
            }
            Some((IpAddr::V6(_), _)) => self.ipv6 += 1,
            None if prefix(text).is_some_and(|prefix| prefix.length() < 128) => self.prefixes += 1,
            None => self.ipv6 += u32::from(ipv6(text).is_some()),
        }
    }

    fn is_mostly(self, count: u32) -> bool {
        count > 0 && count * 2 > self.filled
    }

    fn is_address(self) -> bool {
        self.is_mostly(self.public + self.internal + self.ipv6)
    }
}

/// What a column most likely holds, from the words of its name in the languages that operators write, and
/// from its cells. It is only where a question to the reader begins, and never taken unasked.
pub(crate) fn guess(name: &str, content: ColumnContent) -> ColumnMeaning {
    let name: String = name.to_lowercase().chars().map(without_accent).collect();
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.iter().any(|own| word.starts_with(own)));
    let is = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let is_end = has(&END) || is(&["to", "bis", "tot", "au"]);
    let is_start = has(&START) || is(&["from", "von", "van", "du", "in"]);
    if content.is_mostly(content.times + content.clocks) {
        let is_clock = content.is_mostly(content.clocks);
        return match (is_end, is_start, is_clock) {
            (true, _, true) => ColumnMeaning::Clock(Field::SessionEnd),
            (false, _, true) => ColumnMeaning::Clock(Field::SessionStart),
            (true, _, false) => ColumnMeaning::Value(Field::SessionEnd),
            (false, true, false) => ColumnMeaning::Value(Field::SessionStart),
            (false, false, false) if has(&["dat", "jour", "dag", "tag", "day"]) => {
                ColumnMeaning::Day(None)
            }
            (false, false, false) if has(&ASSIGNED) => ColumnMeaning::Value(Field::AssignedAt),
            (false, false, false) => ColumnMeaning::Ignored,
        };
    }
    if has(&["dure", "duration", "duur", "dauer", "second", "temps", "tijd"])
        && !content.is_address()
    {
        return ColumnMeaning::Duration;
    }
    if has(&["port", "poort"]) && content.is_mostly(content.numbers) {
        let is_gateway = has(&GATEWAY);
        return if is_gateway {
            ColumnMeaning::GatewayPort
        } else {
            ColumnMeaning::Value(Field::OriginPort)
        };
    }
    if content.is_mostly(content.prefixes) {
        return ColumnMeaning::Value(Field::DelegatedPrefix);
    }
    if content.is_address() {
        let is_six = content.is_mostly(content.ipv6);
        return ColumnMeaning::Value(match (has(&GATEWAY), has(&ASSIGNED), has(&ORIGIN)) {
            (true, ..) => Field::Gateway,
            (false, true, _) if is_six => Field::AssignedIpv6,
            (false, true, _) => Field::AssignedIpv4,
            (false, false, true) => Field::OriginAddress,
            (false, false, false) if content.is_mostly(content.internal) => Field::AssignedIpv4,
            (false, false, false) => Field::OriginAddress,
        });
    }
    let field = if has(&["cause", "raison", "reason", "motif", "reden", "grund", "oorzaak"]) {
        Field::EndReason
    } else if has(&["protoc", "transport"]) || is(&["proto"]) {
        Field::Transport
    } else if has(&[
        "ident", "user", "util", "login", "nom", "name", "gebruik", "benutz", "memb", "mail",
        "compte", "account", "lid", "mitglied",
    ]) {
        Field::MemberIdentity
    } else {
        return ColumnMeaning::Ignored;
    };
    ColumnMeaning::Value(field)
}

const START: [&str; 17] = [
    "debut",
    "start",
    "begin",
    "began",
    "connec",
    "connex",
    "opened",
    "ouver",
    "login",
    "aanvang",
    "anfang",
    "verbonden",
    "verbunden",
    "depuis",
    "since",
    "sinds",
    "seit",
];

const END: [&str; 14] = [
    "fin",
    "end",
    "stop",
    "until",
    "disconn",
    "deconn",
    "eind",
    "ende",
    "clos",
    "ferm",
    "logout",
    "verbroken",
    "getrennt",
    "jusqu",
];

const ASSIGNED: [&str; 18] = [
    "attrib", "assign", "virtu", "tunnel", "vpn", "framed", "toegew", "toegek", "zugew", "zuget",
    "intern", "local", "lokaal", "lokal", "alloc", "pool", "given", "donne",
];

const ORIGIN: [&str; 17] = [
    "source", "origin", "herkomst", "bron", "quell", "ursprung", "herkunft", "remote", "public",
    "openbaar", "client", "real", "reel", "echt", "calling", "trusted", "from",
];

const GATEWAY: [&str; 9] = [
    "serveur",
    "server",
    "nas",
    "gateway",
    "passerelle",
    "concentr",
    "vpnserver",
    "destination",
    "doel",
];

#[cfg(test)]
mod tests {
    use super::{ColumnContent, guess};

    #[test]
    fn names_in_the_readers_languages_and_cells_lead_to_a_guess() {
        for (name, cell, expected) in [
            ("Début de connexion", "2026-07-01 12:00:00", "session_start"),
            ("Fin de connexion", "2026-07-01 12:00:00", "session_end"),
            ("Durée", "7200", "session_duration"),
            ("Adresse IP source", "203.0.113.7", "origin_address"),
            ("Adresse IP attribuée", "10.99.0.10", "assigned_ipv4"),
            ("IPv6 attribuée", "2001:db8::7", "assigned_ipv6"),
            ("Serveur", "198.51.100.1", "gateway"),
            ("Cause", "User-Request", "end_reason"),
            ("Identifiant", "ada", "member_identity"),
            ("Date", "24/11/2026", "session_date"),
            ("Heure début", "09:00:00", "session_start_time"),
            ("Heure fin", "21:15:30", "session_end_time"),
            ("IP", "203.0.113.7", "origin_address"),
            ("IP", "10.0.0.7", "assigned_ipv4"),
            ("Begin verbinding", "24-11-2026 09:00", "session_start"),
            ("Einde verbinding", "24-11-2026 09:00", "session_end"),
            ("Toegewezen adres", "10.0.0.7", "assigned_ipv4"),
            ("Herkomst", "203.0.113.7", "origin_address"),
            ("Verbindungsende", "soon", "ignore"),
            ("Ende", "24.11.2026 09:00", "session_end"),
            ("Port source", "30804", "origin_port"),
            ("Prefix", "2001:db8:1::/56", "delegated_prefix"),
            ("Frob", "x", "ignore"),
        ] {
            let mut content = ColumnContent::default();
            content.add(cell);
            assert_eq!(guess(name, content).name(), expected, "{name}");
        }
    }
}
