use serde::Serialize;

use crate::i18n::{Message, Plural};
use crate::journal::Filter;

use super::arguments::Json;
use super::context::Context;
use super::exit::CliError;
use super::print;

/// `temoin status`
pub(super) fn run(context: &Context, output: &Json) -> Result<(), CliError> {
    let reader = context.reader()?;
    let (open, count) = match &reader {
        Some(reader) => (reader.open_sessions()?, reader.count(&Filter::all(context.now))?),
        None => (Vec::new(), 0),
    };
    if output.json {
        let status = Status {
            format: "temoin.status/1",
            open: open.iter().map(crate::export::session).collect(),
            recorded: count,
        };
        return print(&format!("{}\n", serde_json::to_string(&status)?));
    }
    let language = context.language;
    let when = context.when();
    let mut text = String::new();
    for session in &open {
        let values =
            [("device", session.device.as_str()), ("since", &when.moment(&session.start.value))];
        text.push_str(&UP.fill(language, &values));
        text.push('\n');
    }
    if open.is_empty() {
        text.push_str(DOWN.text(language));
        text.push('\n');
    }
    text.push_str(&RECORDED.fill(language, count, &[]));
    text.push('\n');
    print(&text)
}

#[derive(Serialize)]
struct Status<S> {
    format: &'static str,
    open: Vec<S>,
    recorded: u64,
}

const UP: Message = Message {
    fr: "Le tunnel {device} est établi. Début : {since}.",
    nl: "De tunnel {device} staat open. Begin: {since}.",
    en: "The tunnel {device} is up. Began: {since}.",
    de: "Der Tunnel {device} steht. Beginn: {since}.",
};

const DOWN: Message = Message {
    fr: "Aucun tunnel n’est établi, pour autant que temoin le sache.",
    nl: "Er staat geen tunnel open, voor zover temoin weet.",
    en: "No tunnel is up, as far as temoin knows.",
    de: "Kein Tunnel steht, soweit temoin weiß.",
};

const RECORDED: Plural = Plural {
    one: Message {
        fr: "{count} session enregistrée sur cette Brique : « temoin sessions » la montre.",
        nl: "{count} sessie opgetekend op deze box: ‘temoin sessions’ toont ze.",
        en: "{count} session is recorded on this box: `temoin sessions` shows it.",
        de: "{count} Sitzung ist auf dieser Box verzeichnet: „temoin sessions“ zeigt sie.",
    },
    other: Message {
        fr: "{count} sessions enregistrées sur cette Brique : « temoin sessions » les montre.",
        nl: "{count} sessies opgetekend op deze box: ‘temoin sessions’ toont ze.",
        en: "{count} sessions are recorded on this box: `temoin sessions` shows them.",
        de: "{count} Sitzungen sind auf dieser Box verzeichnet: „temoin sessions“ zeigt sie.",
    },
};
