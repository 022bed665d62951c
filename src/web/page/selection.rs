use std::net::IpAddr;

use chrono::NaiveDate;

use super::layout::Visit;
use super::rooms::Room;
use crate::domain::{Timestamp, Zone};
use crate::http::Method;
use crate::i18n::Message;
use crate::journal::{Filter, State};
use crate::web::html::Html;
use crate::web::request::Request;

/// Which sessions a reader wants to see. An IP address that is looked for comes in the body of a request
/// and never stands in a page's own address, which web servers write down.
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
        if request.method == Method::Post && request.form().is_none() {
            return Err(&NO_FORM);
        }
        let state = |text: &str| match text {
            "open" => Some(State::Open),
            "closed" => Some(State::Closed),
            _ => None,
        };
        Ok(Self {
            from: parsed(&request.field("from"), |text| text.parse().ok()).ok_or(&NO_DATE)?,
            to: parsed(&request.field("to"), |text| text.parse().ok()).ok_or(&NO_DATE)?,
            address: parsed(&request.field("address"), |text| text.parse().ok())
                .ok_or(&NO_ADDRESS)?,
            state: parsed(&request.field("state"), state).ok_or(&NO_STATE)?,
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

    /// Whether it may stand in the address of a page.
    pub(super) fn is_public(&self) -> bool {
        self.address.is_none()
    }

    /// Its fields, as a form sends them.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
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
            let action = visit.link(Room::Sessions.path());
            html.element("form", &[("method", "post"), ("action", &action)], |html| {
                html.element("div", &[("class", "fields")], |html| self.questions(html, visit));
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

    fn questions(&self, html: &mut Html, visit: &Visit) {
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

/// What a field says: `None` where it cannot be understood, nothing where it is empty.
fn parsed<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match text.trim() {
        "" => Some(None),
        text => parse(text).map(Some),
    }
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

const NO_FORM: Message = Message {
    fr: "Le formulaire n’est pas arrivé en entier\u{a0}: recommencez la recherche.",
    nl: "Het formulier is niet volledig aangekomen: zoek opnieuw.",
    en: "The form did not arrive whole: search again.",
    de: "Das Formular ist nicht vollständig angekommen: Suchen Sie noch einmal.",
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
