use super::layout::Visit;
use crate::domain::{Field, Moment, Observed, Session, Source, Timestamp};
use crate::i18n::Message;
use crate::i18n::vocabulary;
use crate::web::html::Html;

/// What is recorded in a field of a session, as it is shown.
pub(super) struct Fact {
    value: Value,
    /// How the box knows the value; `None` where it knows none.
    pub(super) source: Option<Source>,
}

enum Value {
    /// An address, a number: what is read digit by digit.
    Code(String),
    /// A moment; with its instant for machines where it is exact.
    Time(String, Option<Timestamp>),
    /// A sentence.
    Text(String),
    /// Nothing, and what there is to say about that.
    Unknown(&'static Message),
}

impl Fact {
    /// The field of this session.
    pub(super) fn of(field: Field, session: &Session, visit: &Visit) -> Self {
        let facts = &session.facts;
        let end = session.end.as_ref();
        let (value, source) = match field {
            Field::OriginAddress => code(facts.origin_address, &ORIGIN_UNKNOWN),
            Field::OriginPort => code(facts.origin_port, &ORIGIN_UNKNOWN),
            Field::AssignedIpv4 => code(facts.assigned_ipv4, &UNKNOWN),
            Field::AssignedIpv6 => code(facts.assigned_ipv6, &UNKNOWN),
            Field::DelegatedPrefix => code(facts.delegated_prefix, &UNKNOWN),
            Field::Gateway => code(facts.gateway, &UNKNOWN),
            Field::Transport => match facts.transport {
                Some(Observed { value, source }) => {
                    let name = visit.say(vocabulary::transport(value));
                    (Value::Text(name.to_owned()), Some(source))
                }
                None => (Value::Unknown(&UNKNOWN), None),
            },
            Field::AssignedAt => (Value::Unknown(&ASSIGNED_AT), None),
            Field::SessionStart => time(&session.start, visit),
            Field::SessionEnd => match end {
                Some(end) => time(&end.moment, visit),
                None => (Value::Unknown(&LASTS), None),
            },
            Field::EndReason => match end {
                Some(end) => {
                    let reason = visit.say(vocabulary::end_reason(end.reason));
                    (Value::Text(reason.to_owned()), Some(end.moment.source))
                }
                None => (Value::Unknown(&LASTS), None),
            },
            Field::MemberIdentity
            | Field::ClientVersion
            | Field::ClientPlatform
            | Field::HardwareAddress
            | Field::BytesIn
            | Field::BytesOut
            | Field::Content => (Value::Unknown(&UNKNOWN), None),
        };
        Self { value, source }
    }

    /// Writes the value.
    pub(super) fn value(&self, html: &mut Html, visit: &Visit) {
        match &self.value {
            Value::Code(text) => html.leaf("code", &[], text),
            Value::Time(text, Some(instant)) => {
                html.leaf("time", &[("datetime", &instant.to_string())], text);
            }
            Value::Time(text, None) | Value::Text(text) => html.text(text),
            Value::Unknown(message) => {
                html.leaf("span", &[("class", "unknown")], visit.say(message));
            }
        }
    }
}

fn code<T: ToString>(
    fact: Option<Observed<T>>,
    unknown: &'static Message,
) -> (Value, Option<Source>) {
    match fact {
        Some(fact) => (Value::Code(fact.value.to_string()), Some(fact.source)),
        None => (Value::Unknown(unknown), None),
    }
}

fn time(moment: &Observed<Moment>, visit: &Visit) -> (Value, Option<Source>) {
    let text = visit.when.moment(&moment.value);
    (Value::Time(text, moment.value.instant()), Some(moment.source))
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
