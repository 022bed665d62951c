use std::ops::ControlFlow;

use super::{Examination, Finding, Health};
use crate::domain::{SessionId, Zone};
use crate::holding::{Rulebook, Signed};
use crate::i18n::{Message, Plural, vocabulary};
use crate::journal::{
    Dealing, JournalError, LedgerEntry, Presence, Reader, Registration, Standing,
};
use crate::lawbook::Lawbook;
use crate::protocol::PublicKey;

/// Of how many sessions, the newest first, the operator's digests are compared with what the box saw:
/// each takes some milliseconds on a small box.
const COMPARED: usize = 100;

/// How long nobody may have answered before that is worth a word, in milliseconds: three days.
const SILENCE: i64 = 3 * 86_400_000;

/// How many IDs are named of more.
const NAMED: usize = 3;

impl Examination<'_> {
    /// What passes between the box and the operator.
    pub(super) fn operator(&mut self) {
        // What is broken was said.
        let Ok(book) = Lawbook::load(&self.context.config) else { return };
        let is_on = self.context.config.sync;
        let sync = book.profile().and_then(|profile| profile.sync.as_ref());
        let key = sync.and_then(|sync| PublicKey::from_bytes(*sync.public_key.as_bytes()).ok());
        match (is_on, &sync) {
            (false, None) => self.find("sync", Health::Note, &NOT_OFFERED, &[]),
            (false, Some(sync)) => {
                self.find("sync", Health::Note, &OFF, &[("url", &sync.url)]);
            }
            (true, None) => self.find("sync", Health::Wrong, &NOWHERE, &[]),
            (true, Some(sync)) if key.is_none() => {
                let key = sync.public_key.to_string();
                self.find("sync", Health::Wrong, &NO_KEY, &[("key", &key)]);
            }
            (true, Some(_)) => {}
        }
        let Ok(Some(reader)) = Reader::open(&self.context.state_dir) else { return };
        let examined = (|| {
            if is_on && key.is_some() {
                self.requests(&reader)?;
                self.registration(&reader)?;
            }
            self.statements(&reader, book.rulebook())?;
            key.map_or(Ok(()), |key| self.successions(&reader, key))
        })();
        if let Err(error) = examined {
            let error: JournalError = error;
            self.find("sync", Health::Wrong, &UNREADABLE, &[("error", &error.to_string())]);
        }
    }

    /// Whether the operator answers.
    fn requests(&mut self, reader: &Reader) -> Result<(), JournalError> {
        let last = reader.ledger(0, 50)?;
        let Some(newest) = last.first() else {
            self.find("sync", Health::Note, &NEVER_ASKED, &[]);
            return Ok(());
        };
        let is_good = |entry: &&LedgerEntry| {
            let outcome = entry.outcome.as_ref();
            outcome.is_some_and(|it| it.failure.is_none() && it.answer.is_some())
        };
        let when = self.context.when();
        let failure = newest.outcome.as_ref().and_then(|outcome| outcome.failure.as_deref());
        if let (Some(answered), None) = (last.iter().find(is_good), failure) {
            let date = when.date_time(answered.sent.at);
            self.find("sync", Health::Good, &ANSWERS, &[("date", &date)]);
            return Ok(());
        }
        let since = last
            .iter()
            .find(is_good)
            .or_else(|| last.last())
            .map_or(newest.sent.at, |it| it.sent.at);
        let is_long = since.shifted(SILENCE) <= self.context.now;
        let health = if is_long { Health::Wrong } else { Health::Note };
        let language = self.context.language;
        let why = failure.map_or("…", |name| {
            vocabulary::failure(name).map_or(name, |known| known.text(language))
        });
        let date = when.date_time(since);
        self.find("sync", health, &SILENT, &[("date", &date), ("why", why)]);
        Ok(())
    }

    /// Whether the operator knows the session that lasts.
    fn registration(&mut self, reader: &Reader) -> Result<(), JournalError> {
        for session in reader.open_sessions()? {
            let Some(dealing) = reader.dealing(&session.id)? else { continue };
            let id = session.id.short();
            let health = match dealing.registration {
                Registration::Bound { .. } | Registration::Missed => continue,
                Registration::Pending => Health::Note,
                Registration::Refused { .. } | Registration::Rejected { .. } => Health::Wrong,
            };
            let why = Signed::NoneYet(dealing.registration).to_text(self.context.when());
            self.find("registration", health, &UNREGISTERED, &[("id", &id), ("why", &why)]);
        }
        Ok(())
    }

    /// What of the operator's statements does not go together, with each other or with the record.
    fn statements(&mut self, reader: &Reader, rulebook: Rulebook<'_>) -> Result<(), JournalError> {
        let zone = rulebook.profile.map_or(Zone::UTC, |profile| profile.zone);
        let now = self.context.now;
        let mut overdue = Vec::new();
        let mut contradicted = Vec::new();
        let mut early = Vec::new();
        let mut held: Vec<Dealing> = Vec::new();
        reader.for_each_dealing(|dealing| {
            let id = dealing.id;
            match dealing.standing(zone, now) {
                Standing::Overdue { .. } => overdue.push(id),
                Standing::Contradicted { .. } => contradicted.push(id),
                Standing::GoneEarly { .. } => early.push(id),
                Standing::Confirmed { .. }
                | Standing::Due { .. }
                | Standing::Held { .. }
                | Standing::Unregistered { .. }
                | Standing::Unstated => {}
            }
            let is_held = dealing.not_held.is_none() && dealing.held.is_some();
            if is_held && dealing.presence != Presence::Erased && held.len() < COMPARED {
                held.push(dealing);
            }
            ControlFlow::<()>::Continue(())
        })?;
        let mut differing = Vec::new();
        for dealing in held {
            for session in reader.find(&dealing.id.into())? {
                if Signed::read(&session, reader, rulebook, true, now)?.differs() {
                    differing.push(session.id);
                }
            }
        }
        for (ids, check, health, message) in [
            (overdue, "overdue", Health::Wrong, &OVERDUE),
            (contradicted, "contradiction", Health::Note, &CONTRADICTED),
            (early, "early", Health::Note, &EARLY),
            (differing, "differs", Health::Note, &DIFFERS),
        ] {
            if ids.is_empty() {
                continue;
            }
            let mut named: Vec<String> = ids.iter().take(NAMED).map(SessionId::short).collect();
            if ids.len() > NAMED {
                named.push("…".to_owned());
            }
            let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
            let values = [("ids", named.join(", ")), ("first", ids[0].short())];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            let text = message.fill(self.context.language, count, &values);
            self.findings.push(Finding { check, health, text });
        }
        Ok(())
    }

    /// What keys the operator handed over to.
    fn successions(&mut self, reader: &Reader, pinned: PublicKey) -> Result<(), JournalError> {
        if let Some(last) = reader.successions(pinned)?.last() {
            let when = self.context.when();
            let values = [
                ("date", when.date_time(last.rotation.from().begins())),
                ("learnt", when.date_time(last.learnt_at)),
                ("key", last.rotation.new_key().to_string()),
            ];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            self.find("key", Health::Note, &REPLACED, &values);
        }
        Ok(())
    }
}

const NOT_OFFERED: Message = Message {
    fr: "L’opérateur n’est pas interrogé : son profil ne dit pas où ni avec quelle clé (partie [sync]). Ce qu’il détient n’est connu que de la loi et de ses déclarations.",
    nl: "De operator wordt niet bevraagd: zijn profiel zegt niet waar en met welke sleutel (deel [sync]). Wat hij bezit, is alleen bekend uit de wet en uit zijn verklaringen.",
    en: "The operator is not asked: its profile does not say where, nor with which key (part [sync]). What it holds is known from law and declarations alone.",
    de: "Der Betreiber wird nicht befragt: Sein Profil sagt nicht, wo und mit welchem Schlüssel (Teil [sync]). Was er hält, ist nur aus Gesetz und Erklärungen bekannt.",
};

const OFF: Message = Message {
    fr: "L’opérateur n’est pas interrogé, car vous ne l’avez pas demandé ; il répondrait à {url}. Pour l’activer : temoin settings set sync.enabled true",
    nl: "De operator wordt niet bevraagd, want u vroeg er niet om; hij zou antwoorden op {url}. Inschakelen: temoin settings set sync.enabled true",
    en: "The operator is not asked, as you did not ask for it; it would answer at {url}. To switch it on: temoin settings set sync.enabled true",
    de: "Der Betreiber wird nicht befragt, da Sie es nicht verlangt haben; er würde unter {url} antworten. Einschalten: temoin settings set sync.enabled true",
};

const NOWHERE: Message = Message {
    fr: "L’opérateur doit être interrogé (sync.enabled), mais aucun profil ne dit où ni avec quelle clé. Choisissez un profil qui a une partie [sync] (temoin profile use), ou : temoin settings set sync.enabled false",
    nl: "De operator moet bevraagd worden (sync.enabled), maar geen profiel zegt waar en met welke sleutel. Kies een profiel met een deel [sync] (temoin profile use), of: temoin settings set sync.enabled false",
    en: "The operator is to be asked (sync.enabled), but no profile says where, nor with which key. Choose a profile that has a part [sync] (temoin profile use), or: temoin settings set sync.enabled false",
    de: "Der Betreiber soll befragt werden (sync.enabled), aber kein Profil sagt, wo und mit welchem Schlüssel. Wählen Sie ein Profil mit einem Teil [sync] (temoin profile use), oder: temoin settings set sync.enabled false",
};

const NO_KEY: Message = Message {
    fr: "La clé dans le profil de l’opérateur n’en est pas une : {key}. Demandez-lui la bonne.",
    nl: "De sleutel in het profiel van de operator is er geen: {key}. Vraag hem de juiste.",
    en: "The key in the operator’s profile is none: {key}. Ask the operator for the right one.",
    de: "Der Schlüssel im Profil des Betreibers ist keiner: {key}. Erfragen Sie dort den richtigen.",
};

const UNREADABLE: Message = Message {
    fr: "Ce qui a été échangé avec l’opérateur n’est pas lisible : {error}",
    nl: "Wat met de operator uitgewisseld is, is niet te lezen: {error}",
    en: "What was exchanged with the operator cannot be read: {error}",
    de: "Was mit dem Betreiber ausgetauscht wurde, ist nicht lesbar: {error}",
};

const NEVER_ASKED: Message = Message {
    fr: "L’opérateur n’a pas encore été interrogé ; cela se fait une fois par jour, à une heure tirée au hasard. Tout de suite : temoin sync",
    nl: "De operator is nog niet bevraagd; dat gebeurt eens per dag, op een willekeurig uur. Meteen: temoin sync",
    en: "The operator has not been asked yet; that is done once a day, at a random hour. Now: temoin sync",
    de: "Der Betreiber wurde noch nicht befragt; das geschieht einmal am Tag zu einer zufälligen Stunde. Sofort: temoin sync",
};

const ANSWERS: Message = Message {
    fr: "L’opérateur répond ; dernière réponse à une demande : {date}.",
    nl: "De operator antwoordt; laatste antwoord op een vraag: {date}.",
    en: "The operator answers; the last request that was answered: {date}.",
    de: "Der Betreiber antwortet; letzte beantwortete Anfrage: {date}.",
};

const SILENT: Message = Message {
    fr: "L’opérateur n’a donné aucune réponse utile depuis : {date}. Dernière cause : {why}. Rien n’est perdu, temoin réessaie chaque jour ; si cela dure, prévenez l’opérateur. Ce qui est parti : temoin ledger",
    nl: "De operator gaf geen bruikbaar antwoord sinds: {date}. Laatste oorzaak: {why}. Er gaat niets verloren, temoin probeert elke dag opnieuw; als het blijft duren, verwittig de operator. Wat vertrok: temoin ledger",
    en: "The operator has given no answer of use since: {date}. Last cause: {why}. Nothing is lost, temoin tries again every day; if it stays so, tell the operator. What was sent: temoin ledger",
    de: "Der Betreiber hat keine brauchbare Antwort gegeben seit: {date}. Letzte Ursache: {why}. Nichts geht verloren, temoin versucht es täglich wieder; bleibt es so, sagen Sie es dem Betreiber. Was gesendet wurde: temoin ledger",
};

const UNREGISTERED: Message = Message {
    fr: "L’opérateur ne connaît pas la session {id} par son identifiant : {why}.",
    nl: "De operator kent sessie {id} niet onder haar ID: {why}.",
    en: "The operator does not know session {id} by its ID: {why}.",
    de: "Der Betreiber kennt die Sitzung {id} nicht unter ihrer ID: {why}.",
};

const OVERDUE: Plural = Plural {
    one: Message {
        fr: "L’opérateur a signé qu’il détient encore {count} enregistrement qui devrait être effacé ({ids}). La lettre à envoyer : temoin letter erasure --session {first}",
        nl: "De operator tekende dat hij nog {count} registratie bezit die gewist zou moeten zijn ({ids}). De brief om te sturen: temoin letter erasure --session {first}",
        en: "The operator signed that it still holds {count} record that should be gone ({ids}). The letter to send: temoin letter erasure --session {first}",
        de: "Der Betreiber hat signiert, dass er noch {count} Eintrag hält, der gelöscht sein müsste ({ids}). Der Brief dazu: temoin letter erasure --session {first}",
    },
    other: Message {
        fr: "L’opérateur a signé qu’il détient encore {count} enregistrements qui devraient être effacés ({ids}). La lettre à envoyer : temoin letter erasure --session {first}",
        nl: "De operator tekende dat hij nog {count} registraties bezit die gewist zouden moeten zijn ({ids}). De brief om te sturen: temoin letter erasure --session {first}",
        en: "The operator signed that it still holds {count} records that should be gone ({ids}). The letter to send: temoin letter erasure --session {first}",
        de: "Der Betreiber hat signiert, dass er noch {count} Einträge hält, die gelöscht sein müssten ({ids}). Der Brief dazu: temoin letter erasure --session {first}",
    },
};

const CONTRADICTED: Plural = Plural {
    one: Message {
        fr: "L’opérateur avait confirmé l’inscription de {count} session et a signé ensuite qu’il n’en détient rien ({ids}). Demandez-lui pourquoi.",
        nl: "De operator bevestigde de aanmelding van {count} sessie en tekende daarna dat hij er niets van bezit ({ids}). Vraag hem waarom.",
        en: "The operator confirmed the registration of {count} session and then signed that it holds nothing of it ({ids}). Ask the operator why.",
        de: "Der Betreiber hat die Anmeldung von {count} Sitzung bestätigt und danach signiert, dass er nichts davon hält ({ids}). Fragen Sie dort, warum.",
    },
    other: Message {
        fr: "L’opérateur avait confirmé l’inscription de {count} sessions et a signé ensuite qu’il n’en détient rien ({ids}). Demandez-lui pourquoi.",
        nl: "De operator bevestigde de aanmelding van {count} sessies en tekende daarna dat hij er niets van bezit ({ids}). Vraag hem waarom.",
        en: "The operator confirmed the registration of {count} sessions and then signed that it holds nothing of them ({ids}). Ask the operator why.",
        de: "Der Betreiber hat die Anmeldung von {count} Sitzungen bestätigt und danach signiert, dass er nichts davon hält ({ids}). Fragen Sie dort, warum.",
    },
};

const EARLY: Plural = Plural {
    one: Message {
        fr: "L’opérateur a signé que {count} enregistrement n’existe plus avant le jour qu’il avait indiqué ({ids}) : effacé avant l’heure, ou nié.",
        nl: "De operator tekende dat {count} registratie er niet meer is vóór de dag die hij had genoemd ({ids}): te vroeg gewist, of ontkend.",
        en: "The operator signed that {count} record is gone before the day that it had named ({ids}): erased before its time, or denied.",
        de: "Der Betreiber hat signiert, dass {count} Eintrag vor dem genannten Tag nicht mehr besteht ({ids}): vor der Zeit gelöscht, oder geleugnet.",
    },
    other: Message {
        fr: "L’opérateur a signé que {count} enregistrements n’existent plus avant le jour qu’il avait indiqué ({ids}) : effacés avant l’heure, ou niés.",
        nl: "De operator tekende dat {count} registraties er niet meer zijn vóór de dag die hij had genoemd ({ids}): te vroeg gewist, of ontkend.",
        en: "The operator signed that {count} records are gone before the day that it had named ({ids}): erased before their time, or denied.",
        de: "Der Betreiber hat signiert, dass {count} Einträge vor dem genannten Tag nicht mehr bestehen ({ids}): vor der Zeit gelöscht, oder geleugnet.",
    },
};

const DIFFERS: Plural = Plural {
    one: Message {
        fr: "Pour {count} session, l’opérateur détient une autre valeur que celle vue ici ({ids}). Laquelle : temoin show {first}",
        nl: "Van {count} sessie bezit de operator een andere waarde dan hier gezien werd ({ids}). Welke: temoin show {first}",
        en: "Of {count} session the operator holds another value than was seen here ({ids}). Which: temoin show {first}",
        de: "Zu {count} Sitzung hält der Betreiber einen anderen Wert als hier gesehen ({ids}). Welchen: temoin show {first}",
    },
    other: Message {
        fr: "Pour {count} sessions, l’opérateur détient d’autres valeurs que celles vues ici ({ids}). Lesquelles : temoin show {first}",
        nl: "Van {count} sessies bezit de operator andere waarden dan hier gezien werden ({ids}). Welke: temoin show {first}",
        en: "Of {count} sessions the operator holds other values than were seen here ({ids}). Which: temoin show {first}",
        de: "Zu {count} Sitzungen hält der Betreiber andere Werte als hier gesehen ({ids}). Welche: temoin show {first}",
    },
};

const REPLACED: Message = Message {
    fr: "L’opérateur a remplacé sa clé, à partir de : {date} (appris : {learnt}). Comparez la nouvelle avec celle qu’il publie : {key}",
    nl: "De operator verving zijn sleutel, vanaf: {date} (vernomen: {learnt}). Vergelijk de nieuwe met die welke hij bekendmaakt: {key}",
    en: "The operator replaced its key, from: {date} (learnt: {learnt}). Compare the new one with what it publishes: {key}",
    de: "Der Betreiber hat seinen Schlüssel ersetzt, ab: {date} (erfahren: {learnt}). Vergleichen Sie den neuen mit dem veröffentlichten: {key}",
};
