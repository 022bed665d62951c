use std::net::IpAddr;

use chrono::NaiveDate;

use super::layout::Visit;
use super::rooms::Room;
use crate::domain::{Timestamp, Zone};
use crate::i18n::Message;
use crate::journal::{Filter, State};
use crate::web::html::Html;
use crate::web::request::Request;

/// Which sessions a reader wants to see, as it stands in the address.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Selection {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    address: Option<IpAddr>,
    state: Option<State>,
}

impl Selection {
    /// What a request asks for.
    ///
    /// # Errors
    /// What to tell the reader of the field that cannot be understood.
    pub(super) fn of(request: &Request) -> Result<Self, &'static Message> {
        let state = |text: &str| match text {
            "open" => Some(State::Open),
            "closed" => Some(State::Closed),
            _ => None,
        };
        Ok(Self {
            from: read(request, "from", |text| text.parse().ok()).ok_or(&NO_DATE)?,
            to: read(request, "to", |text| text.parse().ok()).ok_or(&NO_DATE)?,
            address: read(request, "address", |text| text.parse().ok()).ok_or(&NO_ADDRESS)?,
            state: read(request, "state", state).ok_or(&NO_STATE)?,
        })
    }

    /// The same for the record, in the days of a zone.
    pub(super) fn filter(&self, zone: Zone, now: Timestamp) -> Filter {
        let after = self.to.and_then(|day| day.succ_opt());
        Filter {
            since: self.from.map(|day| zone.first_instant(day)),
            until: after.map(|day| zone.first_instant(day)),
            address: self.address,
            state: self.state,
            now,
        }
    }

    /// Whether it leaves nothing out.
    pub(super) fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// The same in an address.
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let fields = [
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("address", self.address.map(|address| address.to_string())),
            ("state", self.state.map(|state| name(state).to_owned())),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The form by which a reader changes it.
    pub(super) fn form(&self, html: &mut Html, visit: &Visit) {
        let mut attributes = vec![("class", "filter")];
        if !self.is_everything() {
            attributes.push(("open", ""));
        }
        html.element("details", &attributes, |html| {
            html.leaf("summary", &[], visit.say(&SEARCH));
            let action = visit.address(Room::Sessions.path());
            html.element("form", &[("method", "get"), ("action", &action)], |html| {
                html.element("div", &[("class", "fields")], |html| self.fields(html, visit));
                visit.carry_language(html);
                html.element("div", &[("class", "actions")], |html| {
                    html.leaf("button", &[("type", "submit")], visit.say(&SHOW));
                    if !self.is_everything() {
                        let all = visit.link(Room::Sessions.path());
                        html.leaf("a", &[("class", "touch"), ("href", &all)], visit.say(&ALL));
                    }
                });
            });
        });
    }

    fn fields(&self, html: &mut Html, visit: &Visit) {
        for (id, label, day) in [("from", &FROM, self.from), ("to", &TO, self.to)] {
            let value = day.map(|day| day.to_string()).unwrap_or_default();
            html.element("div", &[], |html| {
                html.leaf("label", &[("for", id)], visit.say(label));
                html.void(
                    "input",
                    &[("type", "date"), ("id", id), ("name", id), ("value", &value)],
                );
            });
        }
        html.element("div", &[], |html| {
            html.leaf("label", &[("for", "address")], visit.say(&ADDRESS));
            let value = self.address.map(|address| address.to_string()).unwrap_or_default();
            let attributes = [
                ("type", "text"),
                ("id", "address"),
                ("name", "address"),
                ("value", value.as_str()),
                ("maxlength", "45"),
                ("autocomplete", "off"),
                ("spellcheck", "false"),
            ];
            html.void("input", &attributes);
        });
        html.element("div", &[], |html| {
            html.leaf("label", &[("for", "state")], visit.say(&STATE));
            html.element("select", &[("id", "state"), ("name", "state")], |html| {
                for (state, label) in
                    [(None, &ANY), (Some(State::Open), &OPEN), (Some(State::Closed), &CLOSED)]
                {
                    let mut attributes = vec![("value", state.map_or("", name))];
                    if state == self.state {
                        attributes.push(("selected", ""));
                    }
                    html.leaf("option", &attributes, visit.say(label));
                }
            });
        });
    }
}

fn name(state: State) -> &'static str {
    match state {
        State::Closed => "closed",
        State::Open => "open",
    }
}

/// A field of the query: `None` where it cannot be understood, nothing where it is empty.
fn read<T>(
    request: &Request,
    name: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<Option<T>> {
    let text = request.value(name).map(decoded).unwrap_or_default();
    match text.trim() {
        "" => Some(None),
        text => parse(text).map(Some),
    }
}

/// A value of a form with its escapes undone (`application/x-www-form-urlencoded`). What becomes no
/// text becomes nothing that could be understood.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, others @ ..] = rest {
        let escaped = others.get(..2).and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok().filter(|_| *first == b'%')
        });
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if escaped.is_some() { &others[2..] } else { others };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const SEARCH: Message = Message { fr: "Chercher", nl: "Zoeken", en: "Search", de: "Suchen" };

const FROM: Message = Message { fr: "Du", nl: "Van", en: "From", de: "Von" };

const TO: Message = Message { fr: "Au", nl: "Tot en met", en: "To", de: "Bis" };

const ADDRESS: Message =
    Message { fr: "Adresse IP", nl: "IP-adres", en: "IP address", de: "IP-Adresse" };

const STATE: Message = Message { fr: "État", nl: "Toestand", en: "State", de: "Zustand" };

const ANY: Message = Message { fr: "toutes", nl: "alle", en: "all", de: "alle" };

const OPEN: Message = Message { fr: "en cours", nl: "bezig", en: "open", de: "laufend" };

const CLOSED: Message = Message { fr: "terminées", nl: "afgelopen", en: "ended", de: "beendet" };

const SHOW: Message = Message { fr: "Montrer", nl: "Tonen", en: "Show", de: "Anzeigen" };

const ALL: Message = Message {
    fr: "Toutes les sessions",
    nl: "Alle sessies",
    en: "All sessions",
    de: "Alle Sitzungen",
};

const NO_DATE: Message = Message {
    fr: "Une date s’écrit année-mois-jour, par exemple 2026-03-12.",
    nl: "Een datum is jaar-maand-dag, bijvoorbeeld 2026-03-12.",
    en: "A date is year-month-day, such as 2026-03-12.",
    de: "Ein Datum ist Jahr-Monat-Tag, zum Beispiel 2026-03-12.",
};

const NO_ADDRESS: Message = Message {
    fr: "Une adresse IP s’écrit par exemple 203.0.113.7 ou 2001:db8::7.",
    nl: "Een IP-adres is bijvoorbeeld 203.0.113.7 of 2001:db8::7.",
    en: "An IP address is such as 203.0.113.7 or 2001:db8::7.",
    de: "Eine IP-Adresse ist zum Beispiel 203.0.113.7 oder 2001:db8::7.",
};

const NO_STATE: Message = Message {
    fr: "L’état est «\u{a0}open\u{a0}» ou «\u{a0}closed\u{a0}».",
    nl: "De toestand is ‘open’ of ‘closed’.",
    en: "The state is “open” or “closed”.",
    de: "Der Zustand ist „open“ oder „closed“.",
};

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::decoded;

    #[test]
    fn escapes_are_undone_and_what_is_none_stays() {
        assert_eq!(decoded("2001%3Adb8%3a%3A7+%2B"), "2001:db8::7 +");
        assert_eq!(decoded("%"), "%");
        assert_eq!(decoded("%4"), "%4");
        assert_eq!(decoded("%zz%41"), "%zzA");
    }

    proptest! {
        #[test]
        fn what_has_no_escapes_stays_as_it_is(text in "[0-9a-zA-Z.:-]{0,40}") {
            prop_assert_eq!(decoded(&text), text);
        }

        #[test]
        fn no_value_brings_it_down(text in "[%+a-f0-9\u{e9}]{0,20}") {
            let _ = decoded(&text);
        }
    }
}
