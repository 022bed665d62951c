use super::failure;
use super::layout::Visit;
use super::length::Length;
use super::rooms::Room;
use super::sessions::day;
use crate::domain::{Field, IdPrefix, Moment, Observed, Session, Source, Timestamp};
use crate::i18n::Message;
use crate::i18n::vocabulary::{self, State};
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// The page of one session, with everything that is recorded of it.
pub(in crate::web) fn session(site: &Site, request: Request) -> Result<Response, Request> {
    let Some(digits) = request.path.strip_prefix("/session/") else { return Err(request) };
    let Ok(prefix) = digits.parse::<IdPrefix>() else { return Err(request) };
    Ok(match (site.records)().and_then(|records| records.find(&prefix)).as_deref() {
        Ok([session]) => {
            let visit = Visit::new(site, &request);
            Response::html(Status::Ok, write(&visit, session, (site.clock)()))
        }
        // With several, the address is as good as none: no link of ours is that short.
        Ok(_) => failure(site, &request, Status::NotFound),
        Err(_) => failure(site, &request, Status::Unreadable),
    })
}

/// The word for a session's state, in its colour.
pub(super) fn badge(html: &mut Html, visit: &Visit, state: State) {
    let class = match state {
        State::Closed => "badge closed",
        State::Open => "badge open",
    };
    html.leaf("span", &[("class", class)], visit.say(vocabulary::state(state)));
}

fn write(visit: &Visit, session: &Session, now: Timestamp) -> String {
    let title = match day(session, visit) {
        Some(day) => TITLE.fill(visit.language(), &[("date", &visit.when.date(day))]),
        None => visit.say(&TITLE_UNDATED).to_owned(),
    };
    visit.page(Some(Room::Sessions), &title, |html| {
        html.element("p", &[("class", "back")], |html| {
            html.leaf("a", &[("href", &visit.link(Room::Sessions.path()))], visit.say(&BACK));
        });
        html.leaf("h1", &[], &title);
        html.element("p", &[("class", "lead")], |html| {
            badge(html, visit, State::of(session));
            html.text(" ");
            let length = Length::of(session, now).written(&visit.when);
            html.text(LENGTH.fill(visit.language(), &[("length", &length)]));
        });
        let rows: Vec<Row> = Field::ALL
            .into_iter()
            .filter(|field| field.is_recorded())
            .map(|field| Row::of(field, session, visit))
            .collect();
        table(html, visit, &rows);
        ending(html, visit, session);
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&COVERAGE));
            html.leaf("p", &[], visit.say(vocabulary::coverage(session.coverage)));
        });
        sources(html, visit, &rows);
        identifier(html, visit, session);
    })
}

/// A field of the session as it is shown.
struct Row {
    field: Field,
    value: Value,
    source: Option<Source>,
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

impl Row {
    fn of(field: Field, session: &Session, visit: &Visit) -> Self {
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
        Self { field, value, source }
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

fn table(html: &mut Html, visit: &Visit, rows: &[Row]) {
    html.element("table", &[("class", "facts stack"), ("role", "table")], |html| {
        html.element("caption", &[], |html| html.leaf("h2", &[], visit.say(&FACTS)));
        html.element("thead", &[("role", "rowgroup")], |html| {
            html.element("tr", &[("role", "row")], |html| {
                for head in [&FACT, &VALUE, &KNOWN_BY] {
                    let attributes = [("scope", "col"), ("role", "columnheader")];
                    html.leaf("th", &attributes, visit.say(head));
                }
            });
        });
        html.element("tbody", &[("role", "rowgroup")], |html| {
            for row in rows {
                html.element("tr", &[("role", "row")], |html| {
                    let name = visit.say(vocabulary::field(row.field));
                    html.leaf("th", &[("scope", "row"), ("role", "rowheader")], name);
                    html.element("td", &[("role", "cell")], |html| value(html, visit, &row.value));
                    let class = match row.source {
                        Some(Source::OperatorPush) => "source claim",
                        _ => "source",
                    };
                    html.element("td", &[("role", "cell"), ("class", class)], |html| {
                        if let Some(source) = row.source {
                            html.text(visit.say(vocabulary::source(source)));
                        }
                    });
                });
            }
        });
    });
}

fn value(html: &mut Html, visit: &Visit, value: &Value) {
    match value {
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

fn ending(html: &mut Html, visit: &Visit, session: &Session) {
    let Some(end) = &session.end else { return };
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&ENDING));
        html.element("div", &[("class", "pair")], |html| {
            html.element("div", &[("class", "card")], |html| {
                html.leaf("h3", &[], visit.say(&SEEN_HERE));
                html.leaf("p", &[], visit.say(vocabulary::end_reason(end.reason)));
            });
            html.element("div", &[("class", "card inference")], |html| {
                html.leaf("h3", &[], visit.say(&SEEN_THERE));
                let view = vocabulary::operator_end(end.reason.operator_view());
                html.leaf("p", &[], visit.say(view));
                html.leaf("p", &[("class", "note")], visit.say(&INFERENCE));
            });
        });
    });
}

/// What stands behind the short words in the table: only those that occur in it.
fn sources(html: &mut Html, visit: &Visit, rows: &[Row]) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&SOURCES));
        html.element("dl", &[], |html| {
            for source in Source::ALL {
                if rows.iter().any(|row| row.source == Some(source)) {
                    html.leaf("dt", &[], visit.say(vocabulary::source(source)));
                    html.leaf("dd", &[], visit.say(vocabulary::source_explained(source)));
                }
            }
        });
    });
}

fn identifier(html: &mut Html, visit: &Visit, session: &Session) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&IDENTIFIER));
        html.leaf("p", &[], visit.say(&IDENTIFIER_WHAT));
        html.element("p", &[], |html| html.leaf("code", &[("class", "id")], session.id));
        html.leaf("h3", &[], visit.say(&ALSO));
        html.element("ul", &[], |html| {
            html.element("li", &[], |html| {
                html.text(visit.say(&DEVICE));
                html.text(" ");
                html.leaf("code", &[], &session.device);
            });
            if let Some(seen) = session.last_seen {
                let at = visit.when.date_time(seen);
                html.leaf("li", &[], LAST_SEEN.fill(visit.language(), &[("at", &at)]));
            }
            html.leaf("li", &[], visit.say(&CLOCKS));
        });
    });
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

const BACK: Message = Message {
    fr: "← Toutes les sessions",
    nl: "← Alle sessies",
    en: "← All sessions",
    de: "← Alle Sitzungen",
};

const TITLE: Message = Message {
    fr: "Session du {date}",
    nl: "Sessie van {date}",
    en: "Session of {date}",
    de: "Sitzung vom {date}",
};

const TITLE_UNDATED: Message = Message {
    fr: "Session à la date non confirmée",
    nl: "Sessie met niet-bevestigde datum",
    en: "Session of unconfirmed date",
    de: "Sitzung mit unbestätigtem Datum",
};

const LENGTH: Message = Message {
    fr: "Durée\u{a0}: {length}",
    nl: "Duur: {length}",
    en: "Length: {length}",
    de: "Dauer: {length}",
};

const FACTS: Message = Message {
    fr: "Ce que la Brique a noté",
    nl: "Wat de box heeft genoteerd",
    en: "What the box noted",
    de: "Was die Box festgehalten hat",
};

const FACT: Message = Message { fr: "Donnée", nl: "Gegeven", en: "Fact", de: "Angabe" };

const VALUE: Message = Message { fr: "Valeur", nl: "Waarde", en: "Value", de: "Wert" };

const KNOWN_BY: Message = Message {
    fr: "Comment elle le sait",
    nl: "Hoe ze het weet",
    en: "How it knows",
    de: "Woher sie es weiß",
};

const ENDING: Message = Message {
    fr: "La fin, vue des deux côtés",
    nl: "Het einde, van beide kanten gezien",
    en: "The end, seen from both sides",
    de: "Das Ende, von beiden Seiten gesehen",
};

const SEEN_HERE: Message = Message {
    fr: "Ce que la Brique a vu",
    nl: "Wat de box zag",
    en: "What the box saw",
    de: "Was die Box gesehen hat",
};

const SEEN_THERE: Message = Message {
    fr: "Ce que l’opérateur a sans doute vu",
    nl: "Wat de operator waarschijnlijk zag",
    en: "What the operator probably saw",
    de: "Was der Betreiber vermutlich gesehen hat",
};

const INFERENCE: Message = Message {
    fr: "C’est une déduction de temoin, pas une déclaration de l’opérateur.",
    nl: "Dit is een gevolgtrekking van temoin, geen verklaring van de operator.",
    en: "This is temoin’s inference, not a statement of the operator’s.",
    de: "Dies ist eine Schlussfolgerung von temoin, keine Erklärung des Betreibers.",
};

const COVERAGE: Message = Message {
    fr: "Ce que la Brique peut suivre",
    nl: "Wat de box kan volgen",
    en: "What the box can follow",
    de: "Was die Box verfolgen kann",
};

const SOURCES: Message = Message {
    fr: "Comment la Brique le sait",
    nl: "Hoe de box het weet",
    en: "How the box knows",
    de: "Woher die Box es weiß",
};

const IDENTIFIER: Message = Message {
    fr: "L’identifiant de la session",
    nl: "Het kenmerk van de sessie",
    en: "The session’s ID",
    de: "Die Kennung der Sitzung",
};

const IDENTIFIER_WHAT: Message = Message {
    fr: "Un nombre issu d’un tirage au hasard. Il désigne la session sans rien dire de vous.",
    nl: "Een getal dat uit het toeval voortkomt. Het duidt de sessie aan zonder iets \
         over u te zeggen.",
    en: "A number that comes from chance. It names the session and says nothing about you.",
    de: "Eine Zahl, die aus dem Zufall stammt. Sie bezeichnet die Sitzung und sagt nichts \
         über Sie.",
};

const ALSO: Message = Message {
    fr: "Noté aussi, pour pouvoir suivre le tunnel",
    nl: "Ook genoteerd, om de tunnel te kunnen volgen",
    en: "Noted too, to be able to follow the tunnel",
    de: "Außerdem festgehalten, um dem Tunnel folgen zu können",
};

const DEVICE: Message = Message {
    fr: "l’interface réseau du tunnel\u{a0}:",
    nl: "de netwerkinterface van de tunnel:",
    en: "the tunnel’s network interface:",
    de: "die Netzwerkschnittstelle des Tunnels:",
};

const LAST_SEEN: Message = Message {
    fr: "le dernier signe de vie gardé\u{a0}: {at}",
    nl: "het laatst bewaarde levensteken: {at}",
    en: "the last sign of life that was kept: {at}",
    de: "das letzte festgehaltene Lebenszeichen: {at}",
};

const CLOCKS: Message = Message {
    fr: "ce qu’indiquaient les horloges de la Brique, et à quel démarrage, pour dater la session",
    nl: "wat de klokken van de box aangaven, en bij welke opstart, om de sessie te dateren",
    en: "what the box’s clocks said, and in which run since it was switched on, to date the session",
    de: "was die Uhren der Box anzeigten, und bei welchem Start, um die Sitzung zu datieren",
};
