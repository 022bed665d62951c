use std::fmt::Write;

use crate::domain::{Field, Session, Source};
use crate::i18n::{Message, vocabulary};

use super::arguments::Show;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::print;
use super::table::{table, wrapped};

/// How wide a terminal is taken to be, in columns.
const WIDTH: usize = 80;

/// `temoin show`
pub(super) fn run(context: &Context, arguments: &Show) -> Result<(), CliError> {
    let found = match context.reader()? {
        Some(reader) => reader.find(&arguments.id)?,
        None => Vec::new(),
    };
    let session = match found.as_slice() {
        [session] => session,
        [] => {
            let message = format!("no session begins with {}; see: temoin sessions", arguments.id);
            return Err(CliError::new(Failure::NotFound, message));
        }
        several => {
            let ids: Vec<String> = several.iter().map(|own| own.id.to_string()).collect();
            let message = format!(
                "{} begins more than one ID; give more digits of one of these:\n{}",
                arguments.id,
                ids.join("\n")
            );
            return Err(CliError::new(Failure::NotFound, message));
        }
    };
    if arguments.json {
        return print(&format!("{}\n", serde_json::to_string(&crate::export::session(session))?));
    }
    print(&describe(session, context))
}

/// One session in words: each field, its value, and how it is known.
fn describe(own: &Session, context: &Context) -> String {
    let language = context.language;
    let when = context.when();
    let facts = &own.facts;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |field: Field, value: Option<(String, Source)>| {
        let (value, source) = value.map_or_else(
            || (UNKNOWN.text(language).to_owned(), String::new()),
            |(value, source)| (value, vocabulary::source(source).text(language).to_owned()),
        );
        rows.push(vec![vocabulary::field(field).text(language).to_owned(), value, source]);
    };
    macro_rules! fact {
        ($field:ident, $value:expr) => {
            row(Field::$field, $value.map(|own| (own.value.to_string(), own.source)));
        };
    }
    fact!(OriginAddress, facts.origin_address);
    fact!(OriginPort, facts.origin_port);
    fact!(AssignedIpv4, facts.assigned_ipv4);
    fact!(AssignedIpv6, facts.assigned_ipv6);
    fact!(DelegatedPrefix, facts.delegated_prefix);
    fact!(Gateway, facts.gateway);
    fact!(Transport, facts.transport);

    let heading = |message: &Message| format!("\n{}\n", message.text(language));
    let mut text = format!("{} {}\n", SESSION.text(language), own.id);
    let mut time = |title: &Message, body: &str, source: Source| {
        text.push_str(&heading(title));
        text.push_str(&wrapped(body, WIDTH, "  "));
        text.push_str(&wrapped(vocabulary::source_explained(source).text(language), WIDTH, "  "));
    };
    time(&BEGAN, &when.moment(&own.start.value), own.start.source);
    match &own.end {
        Some(end) => {
            time(&ENDED, &when.moment(&end.moment.value), end.moment.source);
            let operator = end.reason.operator_view();
            for (title, message) in [
                (&WHY, vocabulary::end_reason(end.reason)),
                (&OPERATOR, vocabulary::operator_end(operator)),
            ] {
                text.push_str(&heading(title));
                text.push_str(&wrapped(message.text(language), WIDTH, "  "));
            }
        }
        None => {
            text.push_str(&heading(&ENDED));
            text.push_str(&wrapped(
                vocabulary::state(vocabulary::State::Open).text(language),
                WIDTH,
                "  ",
            ));
        }
    }
    let _ = write!(text, "\n{}", table(&HEAD.map(|message| message.text(language)), &rows));
    text.push_str(&heading(&WATCHED));
    text.push_str(&wrapped(vocabulary::coverage(own.coverage).text(language), WIDTH, "  "));
    text
}

const SESSION: Message = Message { fr: "Session", nl: "Sessie", en: "Session", de: "Sitzung" };
const BEGAN: Message = Message { fr: "Début", nl: "Begin", en: "Began", de: "Beginn" };
const ENDED: Message = Message { fr: "Fin", nl: "Einde", en: "Ended", de: "Ende" };
const WHY: Message = Message {
    fr: "Pourquoi, vu d’ici",
    nl: "Waarom, van hier gezien",
    en: "Why, as seen from here",
    de: "Warum, von hier aus gesehen",
};
const OPERATOR: Message = Message {
    fr: "Ce que l’opérateur en a sans doute vu",
    nl: "Wat de operator er wellicht van zag",
    en: "What the operator most likely saw of it",
    de: "Was der Betreiber davon wohl gesehen hat",
};
const WATCHED: Message = Message {
    fr: "Comment la session a été observée",
    nl: "Hoe de sessie gevolgd is",
    en: "How the session was watched",
    de: "Wie die Sitzung beobachtet wurde",
};
const UNKNOWN: Message = Message { fr: "inconnu", nl: "onbekend", en: "unknown", de: "unbekannt" };
const HEAD: [&Message; 3] = [
    &Message { fr: "Donnée", nl: "Gegeven", en: "Fact", de: "Angabe" },
    &Message { fr: "Valeur", nl: "Waarde", en: "Value", de: "Wert" },
    &Message { fr: "Connue par", nl: "Bekend via", en: "Known from", de: "Bekannt durch" },
];
