use super::layout::Visit;
use crate::domain::Field;
use crate::holding::{Seen, Value};
use crate::i18n::{Message, vocabulary};
use crate::web::html::Html;

/// Writes what the box saw of a field, or what there is to say where it saw nothing.
pub(super) fn fact(html: &mut Html, visit: &Visit, field: Field, seen: &Seen) {
    let missing = match seen {
        Seen::Value(observed) => return value(html, visit, &observed.value),
        Seen::Unknown if matches!(field, Field::OriginAddress | Field::OriginPort) => {
            &ORIGIN_UNKNOWN
        }
        Seen::Unknown | Seen::NeverRecorded => &UNKNOWN,
        Seen::NotApart => &ASSIGNED_AT,
        Seen::NotYet => &LASTS,
    };
    html.leaf("span", &[("class", "unknown")], visit.say(missing));
}

/// What is read digit by digit stands out; an exact moment has its instant for machines.
fn value(html: &mut Html, visit: &Visit, value: &Value) {
    let code = |html: &mut Html, value: &dyn ToString| html.leaf("code", &[], value.to_string());
    match value {
        Value::Address(address) => code(html, address),
        Value::Port(port) => code(html, port),
        Value::Prefix(prefix) => code(html, prefix),
        Value::Gateway(gateway) => code(html, gateway),
        Value::Moment(moment) => {
            let text = visit.when.moment(moment);
            match moment.instant() {
                Some(instant) => html.leaf("time", &[("datetime", &instant.to_string())], text),
                None => html.text(text),
            }
        }
        Value::EndReason(reason) => html.text(visit.say(vocabulary::end_reason(*reason))),
        Value::Transport(transport) => html.text(visit.say(vocabulary::transport(*transport))),
    }
}

/// Said of a value that the box does not know.
pub(super) const UNKNOWN: Message =
    Message { fr: "inconnu", nl: "onbekend", en: "unknown", de: "unbekannt" };

const ORIGIN_UNKNOWN: Message = Message {
    fr: "inconnu de la Brique\u{a0}; l’opérateur, lui, le voit",
    nl: "onbekend voor de box; de operator ziet het wel",
    en: "unknown to the box; the operator does see it",
    de: "der Box unbekannt; der Betreiber sieht es",
};

const ASSIGNED_AT: Message = Message {
    fr: "pas relevé à part\u{a0}; les adresses sont attribuées à l’ouverture de la session",
    nl: "niet apart genoteerd; de adressen worden bij het begin van de sessie toegewezen",
    en: "not noted apart; the addresses are assigned as the session begins",
    de: "nicht gesondert festgehalten; die Adressen werden zu Beginn der Sitzung zugewiesen",
};

const LASTS: Message = Message {
    fr: "la session est en cours",
    nl: "de sessie is nog bezig",
    en: "the session is still open",
    de: "die Sitzung läuft noch",
};
