use std::fmt::Write;

use crate::capture::clock;
use crate::i18n::{Message, Plural};
use crate::inquiry::{Inquiry, InquiryError, Operator, Report, draw, tunnel_of};
use crate::journal::Standing;
use crate::protocol::StatusRequest;
use crate::sync::{PATIENCE, Plan, Post, Reason, Way};

use super::arguments::Sync;
use super::context::Context;
use super::exit::CliError;
use super::print;
use super::table::{table, wrapped};

/// `temoin sync`
pub(super) fn run(context: &Context, arguments: &Sync) -> Result<(), CliError> {
    let operator = Operator::of(&context.config, &context.lawbook()?)?;
    let inquiry = Inquiry {
        directory: &context.state_dir,
        operator: &operator,
        clock: &|| clock::read(context.config.trust),
        patience: PATIENCE,
        recall: None,
    };
    let plan = inquiry.plan(&draw()?)?;
    let way = way(context)?;
    if arguments.dry_run {
        return print(&preview(context, &operator, &plan, way.as_ref()));
    }
    let report = inquiry.ask(plan, &way.ok_or(InquiryError::NoTunnel)?, None)?;
    print(&learnt(context, &operator, &report)?)
}

/// The way that a request takes now, if there is one.
fn way(context: &Context) -> Result<Option<Way>, CliError> {
    if let Some(proxy) = context.config.proxy {
        return Ok(Some(Way::Proxy(proxy)));
    }
    let open = context.reader()?.map_or_else(|| Ok(Vec::new()), |reader| reader.open_sessions())?;
    Ok(open.iter().find_map(tunnel_of).map(Way::Tunnel))
}

/// What would be sent, decoded and byte for byte.
fn preview(context: &Context, operator: &Operator, plan: &Plan, way: Option<&Way>) -> String {
    let language = context.language;
    let post = Post::status(plan.request(), &operator.base);
    let to = operator.base.to_string();
    let sentence = match way {
        Some(Way::Tunnel(tunnel)) => {
            BY_TUNNEL.fill(language, &[("to", &to), ("device", tunnel.device.as_str())])
        }
        Some(Way::Proxy(proxy)) => {
            BY_PROXY.fill(language, &[("to", &to), ("proxy", &proxy.to_string())])
        }
        None => NO_WAY.fill(language, &[("to", &to)]),
    };
    let mut text = wrapped(&sentence, 80, "");
    let real = plan.asked().len();
    let random = u64::try_from(StatusRequest::IDS - real).unwrap_or_default();
    let count = u64::try_from(real).unwrap_or_default();
    text.push_str(&wrapped(&NAMED.fill(language, count, &[]), 80, ""));
    text.push_str(&wrapped(&FILLED.fill(language, random, &[]), 80, ""));
    text.push('\n');
    for line in post.head().lines() {
        let _ = writeln!(text, "  {line}");
    }
    for id in plan.request().ids() {
        let reason = plan.asked().iter().find(|(asked, _)| asked == id).map(|(_, reason)| *reason);
        let why = reason.map_or(&RANDOM, why).text(language);
        let _ = writeln!(text, "  {id}  {why}");
    }
    text
}

/// What an answer has brought.
fn learnt(context: &Context, operator: &Operator, report: &Report) -> Result<String, CliError> {
    let language = context.language;
    let mut text = String::new();
    let reader = context.reader()?;
    let mut rows = Vec::new();
    for receipt in &report.receipts {
        let id = receipt.statement().id();
        let dealing = reader.as_ref().map_or(Ok(None), |reader| reader.dealing(id))?;
        let states =
            dealing.map_or(Standing::Unstated, |it| it.standing(operator.zone, context.now));
        rows.push(vec![id.short(), in_words(context, states)]);
    }
    if rows.is_empty() {
        text.push_str(&wrapped(NOTHING.text(language), 80, ""));
    } else {
        text.push_str(&table(&HEAD.map(|message| message.text(language)), &rows));
    }
    for rotation in &report.rotations {
        let (key, from) =
            (rotation.new_key().to_string(), context.when().date_time(rotation.from().begins()));
        let values = [("key", key.as_str()), ("from", from.as_str())];
        text.push_str(&wrapped(&NEW_KEY.fill(language, &values), 80, ""));
    }
    Ok(text)
}

fn in_words(context: &Context, standing: Standing) -> String {
    let language = context.language;
    let on = |message: &Message, day: chrono::NaiveDate| {
        message.fill(language, &[("day", &context.when().short_date(day))])
    };
    match standing {
        Standing::Confirmed { .. } => ERASED.text(language).to_owned(),
        Standing::Contradicted { .. } => CONTRADICTED.text(language).to_owned(),
        Standing::Due { since } => on(&DUE, since.date()),
        Standing::GoneEarly { .. } => GONE_EARLY.text(language).to_owned(),
        Standing::Held { erase_by: Some(day) } => on(&HELD_UNTIL, day.date()),
        Standing::Held { erase_by: None } => HELD.text(language).to_owned(),
        Standing::Overdue { since } => on(&OVERDUE, since.date()),
        Standing::Unregistered { .. } | Standing::Unstated => {
            UNREGISTERED.text(language).to_owned()
        }
    }
}

fn why(reason: Reason) -> &'static Message {
    match reason {
        Reason::Unconfirmed => &UNCONFIRMED,
        Reason::Due => &IS_IT_GONE,
        Reason::Undetermined => &UNTIL_WHEN,
        Reason::Sample => &SAMPLE,
    }
}

const BY_TUNNEL: Message = Message {
    fr: "Ceci partirait maintenant vers {to}, par le tunnel {device}.",
    nl: "Dit zou nu naar {to} gaan, door de tunnel {device}.",
    en: "This would now go to {to}, through the tunnel {device}.",
    de: "Dies ginge jetzt an {to}, durch den Tunnel {device}.",
};

const BY_PROXY: Message = Message {
    fr: "Ceci partirait maintenant vers {to}, par le mandataire {proxy}.",
    nl: "Dit zou nu naar {to} gaan, via de proxy {proxy}.",
    en: "This would now go to {to}, by the proxy {proxy}.",
    de: "Dies ginge jetzt an {to}, über den Proxy {proxy}.",
};

const NO_WAY: Message = Message {
    fr: "Ceci partirait vers {to} dès qu’un tunnel est établi ; il n’y en a pas pour l’instant.",
    nl: "Dit zou naar {to} gaan zodra er een tunnel openstaat; nu is er geen.",
    en: "This would go to {to} once a tunnel is up; there is none just now.",
    de: "Dies ginge an {to}, sobald ein Tunnel steht; gerade steht keiner.",
};

const NAMED: Plural = Plural {
    one: Message {
        fr: "On y demande le statut de {count} session.",
        nl: "Het vraagt naar de toestand van {count} sessie.",
        en: "It asks for the status of {count} session.",
        de: "Es fragt nach dem Stand von {count} Sitzung.",
    },
    other: Message {
        fr: "On y demande le statut de {count} sessions.",
        nl: "Het vraagt naar de toestand van {count} sessies.",
        en: "It asks for the status of {count} sessions.",
        de: "Es fragt nach dem Stand von {count} Sitzungen.",
    },
};

const FILLED: Plural = Plural {
    one: Message {
        fr: "L’autre identifiant ({count}) est tiré au hasard, de nouveau pour chaque demande.",
        nl: "Het andere ID ({count}) is willekeurig en wordt voor elke vraag opnieuw getrokken.",
        en: "The other ID ({count}) is random, and drawn anew for each request.",
        de: "Die andere ID ({count}) ist zufällig und wird für jede Anfrage neu gezogen.",
    },
    other: Message {
        fr: "Les {count} autres identifiants sont tirés au hasard, de nouveau pour chaque demande.",
        nl: "De {count} andere ID’s zijn willekeurig en worden voor elke vraag opnieuw getrokken.",
        en: "The {count} other IDs are random, and drawn anew for each request.",
        de: "Die {count} anderen IDs sind zufällig und werden für jede Anfrage neu gezogen.",
    },
};

const RANDOM: Message =
    Message { fr: "au hasard", nl: "willekeurig", en: "random", de: "zufällig" };

const UNCONFIRMED: Message =
    Message { fr: "enregistrée ?", nl: "aangemeld?", en: "registered?", de: "angemeldet?" };

const IS_IT_GONE: Message =
    Message { fr: "effacée ?", nl: "gewist?", en: "erased?", de: "gelöscht?" };

const UNTIL_WHEN: Message =
    Message { fr: "jusqu’à quand ?", nl: "tot wanneer?", en: "until when?", de: "bis wann?" };

const SAMPLE: Message =
    Message { fr: "par sondage", nl: "steekproef", en: "sample", de: "Stichprobe" };

const HEAD: [&Message; 2] = [
    &Message { fr: "Session", nl: "Sessie", en: "Session", de: "Sitzung" },
    &Message {
        fr: "Ce que l’opérateur affirme",
        nl: "Wat de operator verklaart",
        en: "What the operator states",
        de: "Was der Betreiber angibt",
    },
];

const NOTHING: Message = Message {
    fr: "L’opérateur a répondu. Il n’y avait rien à apprendre : la demande ne contenait que des identifiants au hasard.",
    nl: "De operator antwoordde. Er viel niets te vernemen: de vraag bevatte alleen willekeurige ID’s.",
    en: "The operator answered. There was nothing to learn: the request held random IDs alone.",
    de: "Der Betreiber hat geantwortet. Es gab nichts zu erfahren: Die Anfrage enthielt nur zufällige IDs.",
};

const NEW_KEY: Message = Message {
    fr: "L’opérateur a une nouvelle clé à partir du {from} : {key}. Comparez-la avec celle qu’il publie.",
    nl: "De operator heeft een nieuwe sleutel vanaf {from}: {key}. Vergelijk hem met die welke hij bekendmaakt.",
    en: "The operator has a new key from {from}: {key}. Compare it with the one that it publishes.",
    de: "Der Betreiber hat ab {from} einen neuen Schlüssel: {key}. Vergleichen Sie ihn mit dem, den er veröffentlicht.",
};

const HELD: Message = Message {
    fr: "détenue, échéance pas encore fixée",
    nl: "bewaard, einddatum nog niet bepaald",
    en: "held, no day of erasure yet",
    de: "gespeichert, Löschtag noch offen",
};

const HELD_UNTIL: Message = Message {
    fr: "détenue, à effacer au plus tard le {day}",
    nl: "bewaard, uiterlijk op {day} te wissen",
    en: "held, to be erased by {day}",
    de: "gespeichert, spätestens am {day} zu löschen",
};

const DUE: Message = Message {
    fr: "encore détenue, à effacer depuis le {day}",
    nl: "nog bewaard, te wissen sinds {day}",
    en: "still held, to be erased since {day}",
    de: "noch gespeichert, zu löschen seit {day}",
};

const OVERDUE: Message = Message {
    fr: "en retard : encore détenue, à effacer depuis le {day}",
    nl: "te laat: nog bewaard, te wissen sinds {day}",
    en: "overdue: still held, to be erased since {day}",
    de: "überfällig: noch gespeichert, zu löschen seit {day}",
};

const ERASED: Message = Message {
    fr: "effacée, confirmé",
    nl: "gewist, bevestigd",
    en: "erased, confirmed",
    de: "gelöscht, bestätigt",
};

const GONE_EARLY: Message = Message {
    fr: "plus détenue, avant l’échéance",
    nl: "niet meer bewaard, vóór de einddatum",
    en: "not held any more, before its day",
    de: "nicht mehr gespeichert, vor dem Löschtag",
};

const CONTRADICTED: Message = Message {
    fr: "contradiction : enregistrée auprès de lui, mais pas détenue",
    nl: "tegenspraak: bij hem aangemeld, maar niet bewaard",
    en: "contradiction: registered with it, but not held",
    de: "Widerspruch: bei ihm angemeldet, aber nicht gespeichert",
};

const UNREGISTERED: Message = Message {
    fr: "ne la connaît pas : elle n’a pas été enregistrée",
    nl: "kent ze niet: ze werd niet aangemeld",
    en: "does not know it: it was not registered",
    de: "kennt sie nicht: Sie wurde nicht angemeldet",
};
