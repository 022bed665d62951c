use std::io::{self, BufRead, Write};
use std::ops::ControlFlow;

use crate::capture::clock;
use crate::domain::Session;
use crate::erasure::{Calendar, Due, Erasure, Files, Outcome};
use crate::i18n::{Message, OUT_OF_REACH, Plural};
use crate::journal::{Filter, Journal, State};
use crate::retention::{Because, EraseBy};

use super::arguments::Erase;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::print;
use super::table::{table, wrapped};

/// How many sessions `--dry-run` lists.
const LISTED: usize = 50;

/// `temoin erase`
pub(super) fn run(context: &Context, arguments: &Erase) -> Result<(), CliError> {
    let language = context.language;
    let reading = clock::read(context.config.trust)?;
    let book = context.lawbook()?;
    let Some(mut journal) = Journal::open_beside(&context.state_dir)? else {
        return print(&format!("{}\n", NOTHING.text(language)));
    };
    if reading.synchronised && !arguments.dry_run {
        journal = journal.in_boot_begun_by(clock::boot_began_by(&reading));
        journal.date(&reading)?;
    }
    let mut plan = Plan::new(context, Calendar::new(book.rulebook(), reading.realtime));
    if arguments.session.is_empty() {
        plan.add_closed(arguments.all)?;
    } else {
        for id in &arguments.session {
            plan.add_named(&context.session(id)?)?;
        }
    }
    let count = u64::try_from(plan.due.len()).unwrap_or(u64::MAX);
    let clock_says = context.when().date_time(reading.realtime);
    let doubt = (!reading.synchronised).then(|| CLOCK.fill(language, &[("now", &clock_says)]));
    if arguments.dry_run {
        return print(&format!(
            "{}{}",
            doubt.map_or_else(String::new, |doubt| wrapped(&doubt, 80, "")),
            plan.to_text(count)
        ));
    }
    let asks = arguments.all || doubt.is_some() && count > 0;
    if asks && !arguments.yes {
        confirm(context, count, arguments.all, doubt.as_deref())?;
    } else if let Some(doubt) = doubt {
        let _ = writeln!(io::stderr(), "temoin: {doubt}");
    }

    let due = plan.due;
    let rulebook = book.rulebook();
    let erasure = Erasure { directory: &context.state_dir, rulebook, reading };
    let files = if arguments.all { Files::All } else { Files::Due };
    let outcome = erasure.run_patiently(&due, files, &mut journal);
    report(context, &outcome)
}

fn report(context: &Context, outcome: &Outcome) -> Result<(), CliError> {
    let language = context.language;
    let count = u64::try_from(outcome.sessions).unwrap_or(u64::MAX);
    let mut text = match count {
        0 => format!("{}\n", NONE_ERASED.text(language)),
        count => format!("{}\n", ERASED.fill(language, count, &[])),
    };
    if outcome.files > 0 {
        let files = u64::try_from(outcome.files).unwrap_or(u64::MAX);
        text.push_str(&FILES.fill(language, files, &[]));
        text.push('\n');
    }
    if outcome.sessions > 0 {
        text.push_str(&wrapped(OUT_OF_REACH.text(language), 80, ""));
    }
    print(&text)?;
    if outcome.is_done() {
        return Ok(());
    }
    let mut failures = outcome.failures.clone();
    if !outcome.is_complete {
        let read = "the journal's log may still hold what was erased, since somebody reads the \
                    journal; try again in a moment: temoin erase";
        failures.push(read.to_owned());
    }
    Err(CliError::new(Failure::Failed, failures.join("\n")))
}

/// What is to go, and the first lines of a list of it.
struct Plan<'c, 'a> {
    context: &'c Context,
    calendar: Calendar<'a>,
    due: Vec<Due>,
    rows: Vec<Vec<String>>,
}

impl<'c, 'a> Plan<'c, 'a> {
    fn new(context: &'c Context, calendar: Calendar<'a>) -> Self {
        Self { context, calendar, due: Vec::new(), rows: Vec::new() }
    }

    /// Adds the closed sessions of the record: those that are due, or all.
    fn add_closed(&mut self, all: bool) -> Result<(), CliError> {
        let Some(reader) = self.context.reader()? else { return Ok(()) };
        let now = self.calendar.now();
        let closed = Filter { state: Some(State::Closed), ..Filter::all(now) };
        reader.for_each(&closed, |session| {
            if all || self.calendar.is_due(&session) {
                self.add(&session);
            }
            ControlFlow::<()>::Continue(())
        })?;
        Ok(())
    }

    /// Adds a session that was named, unless it lasts.
    fn add_named(&mut self, session: &Session) -> Result<(), CliError> {
        if session.end.is_none() {
            let message = format!(
                "session {} lasts; it can be erased once it has ended, such as by cutting the tunnel",
                session.id.short()
            );
            return Err(CliError::new(Failure::Failed, message));
        }
        if self.due.iter().all(|due| due.id != session.id) {
            self.add(session);
        }
        Ok(())
    }

    fn add(&mut self, session: &Session) {
        let until = self.calendar.of(session).clone();
        let day = self.calendar.day(&until);
        self.due.push(Due { id: session.id, day });
        if self.rows.len() < LISTED {
            let (when, language) = (self.context.when(), self.context.language);
            let unknown = || UNKNOWN.text(language).to_owned();
            let ended = session.end.as_ref().and_then(|end| end.moment.value.best());
            let why = match &until {
                EraseBy::At { because: Because::Law(verdict), .. } => {
                    BY_LAW.fill(language, &[("edition", verdict.edition.id.as_str())])
                }
                EraseBy::At { because: Because::Declared(_), .. } => {
                    BY_DECLARATION.text(language).to_owned()
                }
                EraseBy::At { because: Because::HardBound, .. } => {
                    BY_BOUND.text(language).to_owned()
                }
                EraseBy::Open | EraseBy::Undated => unknown(),
            };
            self.rows.push(vec![
                session.id.short(),
                ended.map_or_else(unknown, |at| when.short_date_time(at)),
                day.map_or_else(unknown, |day| when.short_date(day)),
                why,
            ]);
        }
    }

    fn to_text(&self, count: u64) -> String {
        let language = self.context.language;
        if self.rows.is_empty() {
            return format!("{}\n", NONE_DUE.text(language));
        }
        let mut text = table(&HEAD.map(|message| message.text(language)), &self.rows);
        text.push('\n');
        text.push_str(&WOULD_GO.fill(language, count, &[]));
        text.push('\n');
        text
    }
}

/// Asks for a word that nobody types by mistake.
fn confirm(context: &Context, count: u64, all: bool, doubt: Option<&str>) -> Result<(), CliError> {
    let language = context.language;
    let word = WORD.text(language);
    let mut text = String::new();
    if let Some(doubt) = doubt {
        text.push_str(&wrapped(doubt, 80, ""));
    }
    text.push_str(&WILL_GO.fill(language, count, &[]));
    text.push('\n');
    if all {
        text.push_str(&wrapped(ALL_FILES.text(language), 80, ""));
    }
    text.push_str(&ASK.fill(language, &[("word", word)]));
    text.push(' ');
    print(&text)?;
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if answer.trim().to_lowercase() == word {
        return Ok(());
    }
    Err(CliError::new(Failure::Unconfirmed, NOT_CONFIRMED.text(language)))
}

const NOTHING: Message = Message {
    fr: "Rien n’est enregistré, il n’y a donc rien à effacer.",
    nl: "Er is niets opgetekend, dus er valt niets te wissen.",
    en: "Nothing is recorded, so there is nothing to erase.",
    de: "Es ist nichts verzeichnet, also gibt es nichts zu löschen.",
};

const NONE_DUE: Message = Message {
    fr: "Aucune session n’est à effacer.",
    nl: "Er is geen sessie te wissen.",
    en: "No session is to be erased.",
    de: "Keine Sitzung ist zu löschen.",
};

const NONE_ERASED: Message = Message {
    fr: "Aucune session n’était à effacer.",
    nl: "Er was geen sessie te wissen.",
    en: "No session was to be erased.",
    de: "Es war keine Sitzung zu löschen.",
};

const ERASED: Plural = Plural {
    one: Message {
        fr: "{count} session effacée. Il en reste l’identifiant et deux dates.",
        nl: "{count} sessie gewist. Wat blijft: haar ID en twee datums.",
        en: "{count} session erased. What remains of it: its ID and two dates.",
        de: "{count} Sitzung gelöscht. Von ihr bleiben die ID und zwei Daten.",
    },
    other: Message {
        fr: "{count} sessions effacées. Il en reste les identifiants et deux dates pour chacune.",
        nl: "{count} sessies gewist. Wat blijft: hun ID’s en van elk twee datums.",
        en: "{count} sessions erased. What remains of each: its ID and two dates.",
        de: "{count} Sitzungen gelöscht. Von jeder bleiben die ID und zwei Daten.",
    },
};

const FILES: Plural = Plural {
    one: Message {
        fr: "{count} autre fichier effacé, qui pouvait contenir des restes de sessions.",
        nl: "{count} ander bestand gewist dat resten van sessies kon bevatten.",
        en: "{count} other file erased that may have held remains of sessions.",
        de: "{count} weitere Datei gelöscht, die Reste von Sitzungen enthalten konnte.",
    },
    other: Message {
        fr: "{count} autres fichiers effacés, qui pouvaient contenir des restes de sessions.",
        nl: "{count} andere bestanden gewist die resten van sessies konden bevatten.",
        en: "{count} other files erased that may have held remains of sessions.",
        de: "{count} weitere Dateien gelöscht, die Reste von Sitzungen enthalten konnten.",
    },
};

const CLOCK: Message = Message {
    fr: "Aucun service de temps n’a confirmé l’horloge, qui dit : {now}. C’est d’après elle qu’est décidé ce qui est à effacer.",
    nl: "Geen tijdsdienst heeft de klok bevestigd, die zegt: {now}. Zij bepaalt wat te wissen is.",
    en: "No time service has confirmed the clock, which says: {now}. What is to be erased is decided by it.",
    de: "Kein Zeitdienst hat die Uhr bestätigt, die sagt: {now}. Nach ihr entscheidet sich, was zu löschen ist.",
};

const WILL_GO: Plural = Plural {
    one: Message {
        fr: "{count} session sera effacée, sans retour.",
        nl: "{count} sessie wordt onherroepelijk gewist.",
        en: "{count} session will be erased for good.",
        de: "{count} Sitzung wird unwiderruflich gelöscht.",
    },
    other: Message {
        fr: "{count} sessions seront effacées, sans retour.",
        nl: "{count} sessies worden onherroepelijk gewist.",
        en: "{count} sessions will be erased for good.",
        de: "{count} Sitzungen werden unwiderruflich gelöscht.",
    },
};

const WOULD_GO: Plural = Plural {
    one: Message {
        fr: "{count} session serait effacée.",
        nl: "{count} sessie zou gewist worden.",
        en: "{count} session would be erased.",
        de: "{count} Sitzung würde gelöscht.",
    },
    other: Message {
        fr: "{count} sessions seraient effacées.",
        nl: "{count} sessies zouden gewist worden.",
        en: "{count} sessions would be erased.",
        de: "{count} Sitzungen würden gelöscht.",
    },
};

const ALL_FILES: Message = Message {
    fr: "S’y ajoutent les journaux endommagés mis de côté et ce qui n’a pu être lu. Une session en cours reste.",
    nl: "Ook beschadigde verslagen die opzij gezet werden en wat niet te lezen was, gaan weg. Een lopende sessie blijft.",
    en: "So will damaged records that were set aside and what could not be read. A session that lasts stays.",
    de: "Ebenso beiseitegelegte beschädigte Verzeichnisse und was nicht lesbar war. Eine laufende Sitzung bleibt.",
};

const WORD: Message = Message { fr: "effacer", nl: "wissen", en: "erase", de: "löschen" };

const ASK: Message = Message {
    fr: "Tapez « {word} » pour confirmer :",
    nl: "Typ ‘{word}’ om te bevestigen:",
    en: "Type “{word}” to confirm:",
    de: "Zum Bestätigen „{word}“ eingeben:",
};

const NOT_CONFIRMED: Message = Message {
    fr: "pas confirmé, donc rien n’a été effacé",
    nl: "niet bevestigd, dus er werd niets gewist",
    en: "not confirmed, so nothing was erased",
    de: "nicht bestätigt, also wurde nichts gelöscht",
};

const UNKNOWN: Message = Message { fr: "inconnu", nl: "onbekend", en: "unknown", de: "unbekannt" };

const BY_LAW: Message = Message {
    fr: "durée légale ({edition})",
    nl: "wettelijke termijn ({edition})",
    en: "the law’s period ({edition})",
    de: "gesetzliche Frist ({edition})",
};

const BY_DECLARATION: Message = Message {
    fr: "durée déclarée par l’opérateur",
    nl: "termijn die de operator verklaart",
    en: "the period that the operator declares",
    de: "vom Betreiber erklärte Frist",
};

const BY_BOUND: Message = Message {
    fr: "treize mois après la fin",
    nl: "dertien maanden na het einde",
    en: "thirteen months after the end",
    de: "dreizehn Monate nach dem Ende",
};

const HEAD: [&Message; 4] = [
    &Message { fr: "Session", nl: "Sessie", en: "Session", de: "Sitzung" },
    &Message { fr: "Fin", nl: "Einde", en: "Ended", de: "Ende" },
    &Message {
        fr: "À effacer dès",
        nl: "Te wissen vanaf",
        en: "To be erased from",
        de: "Zu löschen ab",
    },
    &Message { fr: "Pourquoi", nl: "Waarom", en: "Why", de: "Warum" },
];
