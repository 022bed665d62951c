use std::ops::ControlFlow;

use super::{Examination, Finding, Health};
use crate::domain::{SessionId, Zone};
use crate::holding::{Rulebook, Signed};
use crate::i18n::vocabulary;
use crate::journal::{
    Dealing, JournalError, LedgerEntry, Presence, Reader, Registration, Standing,
};
use crate::lawbook::Lawbook;
use crate::messages::cli::doctor_operator as msg;
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
            (false, None) => self.find("sync", Health::Note, &msg::NOT_OFFERED, &[]),
            (false, Some(sync)) => {
                self.find("sync", Health::Note, &msg::OFF, &[("url", &sync.url)]);
            }
            (true, None) => self.find("sync", Health::Wrong, &msg::NOWHERE, &[]),
            (true, Some(sync)) if key.is_none() => {
                let key = sync.public_key.to_string();
                self.find("sync", Health::Wrong, &msg::NO_KEY, &[("key", &key)]);
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
            self.find("sync", Health::Wrong, &msg::UNREADABLE, &[("error", &error.to_string())]);
        }
    }

    /// Whether the operator answers.
    fn requests(&mut self, reader: &Reader) -> Result<(), JournalError> {
        let last = reader.ledger(0, 50)?;
        let Some(newest) = last.first() else {
            self.find("sync", Health::Note, &msg::NEVER_ASKED, &[]);
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
            self.find("sync", Health::Good, &msg::ANSWERS, &[("date", &date)]);
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
        self.find("sync", health, &msg::SILENT, &[("date", &date), ("why", why)]);
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
            self.find("registration", health, &msg::UNREGISTERED, &[("id", &id), ("why", &why)]);
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
            (overdue, "overdue", Health::Wrong, &msg::OVERDUE),
            (contradicted, "contradiction", Health::Note, &msg::CONTRADICTED),
            (early, "early", Health::Note, &msg::EARLY),
            (differing, "differs", Health::Note, &msg::DIFFERS),
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
            self.find("key", Health::Note, &msg::REPLACED, &values);
        }
        Ok(())
    }
}
