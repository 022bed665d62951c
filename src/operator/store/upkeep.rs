//! Operations on all sessions: erasing, counting, and applying a changed configuration.

use std::thread;
use std::time::Instant;

use super::database::{SqlParam, SqlValue, transaction};
use super::row::{self, RowReader, second};
use super::{
    ErasureSummary, RetentionPolicy, ScrubOutcome, Store, StoreError, TerminateCause, close,
    damaged,
};
use crate::{ClockMemory, ClockReading};
use temoin_core::session::Timestamp;
use temoin_protocol::{Day, UnixSeconds};

impl Store {
    /// Erases what is due on `today`, a day in the operator's time zone.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`. What was erased before stays erased.
    pub fn erase(&mut self, today: Day) -> Result<ErasureSummary, StoreError> {
        let mut sessions = 0;
        loop {
            let began = Instant::now();
            let erased = transaction(&mut *self.database, |database| {
                let erased = database.execute(ERASE_SOME, &[row::day(Some(today))])?;
                if erased > 0 {
                    // So that an erasure that is cut off here is completed by the next one.
                    database.execute(
                        "INSERT INTO setting (name, value) VALUES ('scrub', 'due')
                        ON CONFLICT (name) DO NOTHING",
                        &[],
                    )?;
                }
                Ok(erased)
            })?;
            if erased == 0 {
                break;
            }
            sessions += erased;
            // Those who wait to write look only now and then whether they can.
            thread::sleep(began.elapsed());
        }
        let due = self.database.query("SELECT value FROM setting WHERE name = 'scrub'", &[])?;
        let scrubbed = if due.is_empty() { ScrubOutcome::Gone } else { self.database.scrub()? };
        if scrubbed == ScrubOutcome::Gone {
            self.database.execute("DELETE FROM setting WHERE name = 'scrub'", &[])?;
        }
        Ok(ErasureSummary { sessions, scrubbed })
    }

    /// What is remembered of a gateway's clock.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn clock_memory(&mut self, gateway: &str) -> Result<ClockMemory, StoreError> {
        let mut reading = |kind: &str| {
            let name = format!("{kind} {gateway}");
            let rows = self
                .database
                .query("SELECT value FROM setting WHERE name = $1", &[SqlParam::Text(&name)])?;
            let text = rows.first().and_then(|row| RowReader(row.iter()).text().flatten());
            Ok::<_, StoreError>(text.and_then(|text| text.parse().ok()))
        };
        let (trusted, doubted) = (reading(TRUSTED)?, reading(DOUBTED)?);
        let rows = self.database.query(LAST_SIGN, &[])?;
        let last_sign = rows.first().and_then(|row| RowReader(row.iter()).second().flatten());
        Ok(ClockMemory { trusted, doubted, last_sign })
    }

    /// Remembers a gateway's clock as trusted, or as doubted.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn remember_clock(
        &mut self,
        gateway: &str,
        reading: &ClockReading,
        is_trusted: bool,
    ) -> Result<(), StoreError> {
        let kind = if is_trusted { TRUSTED } else { DOUBTED };
        let (name, value) = (format!("{kind} {gateway}"), reading.to_string());
        let doubted = format!("{DOUBTED} {gateway}");
        transaction(&mut *self.database, |database| {
            database.execute("DELETE FROM setting WHERE name = $1", &[SqlParam::Text(&doubted)])?;
            database.execute(
                "INSERT INTO setting (name, value) VALUES ($1, $2)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                &[SqlParam::Text(&name), SqlParam::Text(&value)],
            )?;
            Ok(())
        })
    }

    /// Recomputes how long each session is kept if the retention policy differs from last time: the
    /// configuration or the law has changed. Returns how many sessions there were.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn recompute_erase_by(&mut self, policy: &RetentionPolicy) -> Result<usize, StoreError> {
        let name = policy.to_string();
        let known =
            self.database.query("SELECT value FROM setting WHERE name = 'retention'", &[])?;
        if matches!(known.first().map(Vec::as_slice), Some([SqlValue::Text(text)]) if *text == name)
        {
            return Ok(0);
        }
        let mut last = -1;
        let mut reckoned = 0;
        loop {
            // In batches, so that hooks and boxes need not wait long.
            let began_at = Instant::now();
            let rows = self.database.query(
                "SELECT number, began, ended FROM session WHERE number > $1 ORDER BY number LIMIT 1000",
                &[SqlParam::Number(last)],
            )?;
            if rows.is_empty() {
                break;
            }
            transaction(&mut *self.database, |database| {
                for row in &rows {
                    let mut row = RowReader(row.iter());
                    let read = row.number().flatten().zip(row.second().flatten());
                    let ((number, began), ended) =
                        read.zip(row.second()).ok_or_else(|| damaged(database))?;
                    let day = row::day(policy.erase_by(began, ended));
                    database.execute(
                        "UPDATE session SET erase_by = $1 WHERE number = $2",
                        &[day, SqlParam::Number(number)],
                    )?;
                    last = number;
                }
                Ok(())
            })?;
            reckoned += rows.len();
            thread::sleep(began_at.elapsed());
        }
        self.database.execute(
            "INSERT INTO setting (name, value) VALUES ('retention', $1)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[SqlParam::Text(&name)],
        )?;
        Ok(reckoned)
    }

    /// Notes that those servers of this gateway are alive whose network interface `is_up`. Otherwise one
    /// whose clients all stay for weeks would count as lost.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn mark_alive(
        &mut self,
        gateway: &str,
        is_up: impl Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for row in self.database.query("SELECT name FROM server", &[])? {
            let Some(name) = RowReader(row.iter()).text().flatten() else { continue };
            let device = name.strip_prefix(gateway).and_then(|rest| rest.strip_prefix('/'));
            if device.is_some_and(&is_up) {
                self.database.execute(
                    "UPDATE server SET seen = $1 WHERE name = $2 AND seen < $3",
                    &[
                        second(UnixSeconds::containing(now)),
                        SqlParam::Text(name),
                        second(UnixSeconds::containing(now)),
                    ],
                )?;
            }
        }
        Ok(())
    }

    /// Ends the open sessions of servers that gave no sign of life for so many days. Returns how many
    /// there were.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn end_lost_sessions(
        &mut self,
        days: u32,
        policy: &RetentionPolicy,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let Some(now) = UnixSeconds::containing(now) else { return Ok(0) };
        let silent_since = now.minus(u64::from(days) * 86_400);
        transaction(&mut *self.database, |database| {
            let servers = database.query(
                "SELECT name, seen FROM server WHERE seen < $1",
                &[second(Some(silent_since))],
            )?;
            let mut ended = 0;
            for row in &servers {
                let mut row = RowReader(row.iter());
                let name = row.text().flatten().map(str::to_owned);
                let (name, seen) =
                    name.zip(row.second().flatten()).ok_or_else(|| damaged(database))?;
                let open = database.query(
                    "SELECT number, began FROM session WHERE server = $1 AND ended IS NULL",
                    &[SqlParam::Text(&name)],
                )?;
                let bounds = |began: UnixSeconds| (seen.max(began), now.max(began));
                close(database, &open, TerminateCause::GatewayLost, bounds, policy)?;
                ended += open.len();
            }
            Ok(ended)
        })
    }

    /// Counts what is held.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn stats(&mut self) -> Result<Stats, StoreError> {
        let rows = self.database.query(
            "SELECT count(*), count(*) - count(ended), count(id), min(began),
                min(CASE WHEN ended IS NOT NULL THEN erase_by END) FROM session",
            &[],
        )?;
        let read = rows.first().and_then(|row| {
            let mut row = RowReader(row.iter());
            let mut count = || u64::try_from(row.number().flatten()?).ok();
            let (sessions, open, registered) = (count()?, count()?, count()?);
            let (oldest, next_erasure) = (row.second()?, row.day()?);
            Some(Stats { sessions, open, registered, oldest, next_erasure })
        });
        read.ok_or_else(|| damaged(&*self.database))
    }
}

/// So many at a time that nobody who writes has to wait long.
const ERASE_SOME: &str = "DELETE FROM session WHERE number IN (
    SELECT number FROM session WHERE ended IS NOT NULL AND erase_by <= $1 LIMIT 2000)";

const LAST_SIGN: &str =
    "SELECT max(at) FROM (SELECT max(seen) AS at FROM server UNION ALL SELECT max(began) FROM session)
    AS signs";

/// The settings that remember a gateway's clock.
const TRUSTED: &str = "clock-trusted";
const DOUBTED: &str = "clock-doubted";

/// Counts of what is held; nothing about any member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stats {
    /// How many sessions.
    pub sessions: u64,
    /// How many of them are open.
    pub open: u64,
    /// How many of them a box has registered.
    pub registered: u64,
    /// When the first of them began.
    pub oldest: Option<UnixSeconds>,
    /// The day on which the next of those that have ended is to be erased.
    pub next_erasure: Option<Day>,
}
