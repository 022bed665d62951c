use std::ops::ControlFlow;

use super::{CheckResult, Finding, HealthCheck};
use crate::messages::cli::doctor_operator as msg;
use temoin_config::ruleset::Ruleset;
use temoin_core::assessment::{ApplicableRules, SignedStatus};
use temoin_core::assessment::{LocalState, RegistrationState, SyncState, SyncVerdict};
use temoin_core::record::LedgerEntry;
use temoin_core::session::{SessionId, Zone};
use temoin_journal::{JournalError, Reader};
use temoin_page::signed_status_text;
use temoin_page::words;
use temoin_protocol::PublicKey;

/// How many of the newest sessions are compared with the operator's digests: each takes some milliseconds
/// on a small box.
const MAX_COMPARED: usize = 100;

/// Warn after this time without an answer, in milliseconds: three days.
const MAX_SILENCE: i64 = 3 * 86_400_000;

/// Maximum number of IDs listed.
const MAX_LISTED: usize = 3;

impl HealthCheck<'_> {
    /// Checks sync with the operator.
    pub(super) fn operator(&mut self) {
        // Errors are reported already.
        let Ok(ruleset) = Ruleset::load(&self.context.config) else { return };
        let is_on = self.context.config.sync;
        let sync = ruleset.profile().and_then(|profile| profile.sync.as_ref());
        let key = sync.and_then(|sync| PublicKey::from_bytes(*sync.public_key.as_bytes()).ok());
        match (is_on, &sync) {
            (false, None) => self.find("sync", CheckResult::Note, &msg::NOT_OFFERED, &[]),
            (false, Some(sync)) => {
                self.find("sync", CheckResult::Note, &msg::OFF, &[("url", &sync.url)]);
            }
            (true, None) => self.find("sync", CheckResult::Wrong, &msg::NOWHERE, &[]),
            (true, Some(sync)) if key.is_none() => {
                let key = sync.public_key.to_string();
                self.find("sync", CheckResult::Wrong, &msg::NO_KEY, &[("key", &key)]);
            }
            (true, Some(_)) => {}
        }
        let Ok(Some(reader)) = Reader::open(&self.context.state_dir) else { return };
        let examined = (|| {
            if is_on && key.is_some() {
                self.requests(&reader)?;
                self.registration(&reader)?;
            }
            self.statements(&reader, ruleset.applicable_rules())?;
            key.map_or(Ok(()), |key| self.rotations_seen(&reader, key))
        })();
        if let Err(error) = examined {
            let error: JournalError = error;
            self.find(
                "sync",
                CheckResult::Wrong,
                &msg::UNREADABLE,
                &[("error", &error.to_string())],
            );
        }
    }

    /// Whether the operator answers.
    fn requests(&mut self, reader: &Reader) -> Result<(), JournalError> {
        let last = reader.ledger(0, 50)?;
        let Some(newest) = last.first() else {
            self.find("sync", CheckResult::Note, &msg::NEVER_ASKED, &[]);
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
            self.find("sync", CheckResult::Good, &msg::ANSWERS, &[("date", &date)]);
            return Ok(());
        }
        let since = last
            .iter()
            .find(is_good)
            .or_else(|| last.last())
            .map_or(newest.sent.at, |it| it.sent.at);
        let is_long = since.shifted(MAX_SILENCE) <= self.context.now;
        let health = if is_long { CheckResult::Wrong } else { CheckResult::Note };
        let language = self.context.language;
        let why = failure
            .map_or("…", |name| words::failure(name).map_or(name, |known| known.text(language)));
        let date = when.date_time(since);
        self.find("sync", health, &msg::SILENT, &[("date", &date), ("why", why)]);
        Ok(())
    }

    /// Whether the open session is registered.
    fn registration(&mut self, reader: &Reader) -> Result<(), JournalError> {
        for session in reader.open_sessions()? {
            let Some(sync_state) = reader.sync_state(&session.id)? else { continue };
            let id = session.id.short();
            let health = match sync_state.registration {
                RegistrationState::Bound { .. } | RegistrationState::Missed => continue,
                RegistrationState::Pending => CheckResult::Note,
                RegistrationState::Refused { .. } | RegistrationState::Rejected { .. } => {
                    CheckResult::Wrong
                }
            };
            let status = SignedStatus::NoneYet(sync_state.registration);
            let why = signed_status_text(&status, self.context.when());
            self.find("registration", health, &msg::UNREGISTERED, &[("id", &id), ("why", &why)]);
        }
        Ok(())
    }

    /// Contradictions among the operator's statements, or between them and the record.
    fn statements(
        &mut self,
        reader: &Reader,
        applicable_rules: ApplicableRules<'_>,
    ) -> Result<(), JournalError> {
        let zone = applicable_rules.profile.map_or(Zone::UTC, |profile| profile.zone);
        let now = self.context.now;
        let mut overdue = Vec::new();
        let mut contradicted = Vec::new();
        let mut early = Vec::new();
        let mut held: Vec<SyncState> = Vec::new();
        reader.for_each_sync_state(|sync_state| {
            let id = sync_state.id;
            match sync_state.verdict(zone, now) {
                SyncVerdict::Overdue { .. } => overdue.push(id),
                SyncVerdict::Contradicted { .. } => contradicted.push(id),
                SyncVerdict::GoneEarly { .. } => early.push(id),
                SyncVerdict::Confirmed { .. }
                | SyncVerdict::Due { .. }
                | SyncVerdict::Held { .. }
                | SyncVerdict::Unregistered { .. }
                | SyncVerdict::Unstated => {}
            }
            let is_held = sync_state.not_held.is_none() && sync_state.held.is_some();
            if is_held && sync_state.local_state != LocalState::Erased && held.len() < MAX_COMPARED
            {
                held.push(sync_state);
            }
            ControlFlow::<()>::Continue(())
        })?;
        let mut differing = Vec::new();
        for sync_state in held {
            for session in reader.find(&sync_state.id.into())? {
                if SignedStatus::new(
                    &session,
                    reader.sync_state(&session.id)?.as_ref(),
                    applicable_rules,
                    true,
                    now,
                )
                .differs()
                {
                    differing.push(session.id);
                }
            }
        }
        for (ids, check, health, message) in [
            (overdue, "overdue", CheckResult::Wrong, &msg::OVERDUE),
            (contradicted, "contradiction", CheckResult::Note, &msg::CONTRADICTED),
            (early, "early", CheckResult::Note, &msg::EARLY),
            (differing, "differs", CheckResult::Note, &msg::DIFFERS),
        ] {
            if ids.is_empty() {
                continue;
            }
            let mut named: Vec<String> =
                ids.iter().take(MAX_LISTED).map(SessionId::short).collect();
            if ids.len() > MAX_LISTED {
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

    /// The operator's key rotations.
    fn rotations_seen(&mut self, reader: &Reader, pinned: PublicKey) -> Result<(), JournalError> {
        if let Some(last) = reader.keys(pinned)?.rotations().last() {
            let when = self.context.when();
            let values = [
                ("date", when.date_time(last.rotation.from().to_timestamp())),
                ("learnt", when.date_time(last.seen_at.to_timestamp())),
                ("key", last.rotation.new_key().to_string()),
            ];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            self.find("key", CheckResult::Note, &msg::REPLACED, &values);
        }
        Ok(())
    }
}
