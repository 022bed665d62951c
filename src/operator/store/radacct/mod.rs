//! Sessions from FreeRADIUS's accounting, for operators who have that already: its table `radacct`, in
//! PostgreSQL or SQLite, or an export of it, as from MariaDB. It is read, never written.

mod error;
mod export;
mod options;
mod report;
mod row;
mod session;
mod source;
mod table;
mod value;

pub use error::ImportError;
pub use options::ImportOptions;
pub use report::{ImportReport, LeftOut};
pub use row::RowPlace;
pub use source::{AccountingSource, InvalidSource};

use super::database::{SqlParam, transaction};
use super::row::RowReader;
use super::{Store, StoreError, TerminateCause, close, damaged};
use temoin_protocol::UnixSeconds;

use export::Export;
use options::PREFIX;
use row::RadacctRow;
use session::{ImportAction, Reading, Rejection, numbers};
use source::OpenSource;
use table::RadacctTable;

impl Store {
    /// Imports what is new in the accounting, and what was learnt since of sessions that are recorded:
    /// their ends, and what was unknown of them. May be repeated at will.
    ///
    /// # Errors
    /// Every [`ImportError`]; what was imported before that stays.
    pub fn import(
        &mut self,
        source: &AccountingSource,
        options: &ImportOptions<'_>,
    ) -> Result<ImportReport, ImportError> {
        let now = UnixSeconds::containing(options.now).ok_or(ImportError::ClockNotSet)?;
        let report = ImportReport::default();
        let mut import = Import { store: self, options, now, read_later: None, report };
        match source.open()? {
            OpenSource::Export(export) => import.export(*export)?,
            OpenSource::Table(mut table) => import.table(&mut table)?,
        }
        Ok(import.report)
    }
}

struct Import<'a> {
    store: &'a mut Store,
    options: &'a ImportOptions<'a>,
    now: UnixSeconds,
    /// The rows with a higher number are read a second time, and counted then.
    read_later: Option<i64>,
    report: ImportReport,
}

impl Import<'_> {
    fn export(&mut self, mut export: Export) -> Result<(), ImportError> {
        loop {
            let rows = export.read(BATCH)?;
            if rows.is_empty() {
                return Ok(());
            }
            self.record(rows, None)?;
        }
    }

    /// Reads again the rows of sessions whose end is not known.
    fn unfinished(&mut self, table: &mut RadacctTable) -> Result<(), ImportError> {
        let mut last = -1;
        loop {
            let unfinished = self.store.database.query(UNFINISHED, &[SqlParam::Number(last)])?;
            if unfinished.is_empty() {
                return Ok(());
            }
            for known in &unfinished {
                let mut reader = RowReader(known.iter());
                let read = (reader.number(), reader.text(), reader.second(), reader.number());
                let (Some(Some(number)), Some(Some(name)), Some(Some(began)), Some(is_open)) = read
                else {
                    return Err(damaged(&*self.store.database).into());
                };
                last = number;
                let Some(name) = name.strip_prefix(PREFIX) else { continue };
                let rows = table.of_session(name)?;
                let found = rows.len();
                let same = self.record(rows, None)?.contains(&began);
                if is_open == Some(1) && !same {
                    self.close_orphan(number, began, found > 0)?;
                }
            }
        }
    }

    fn table(&mut self, table: &mut RadacctTable) -> Result<(), ImportError> {
        let setting = table.watermark_name();
        let known = self.store.database.query(WATERMARK, &[SqlParam::Text(&setting)])?;
        let watermark: Option<i64> =
            known.first().and_then(|row| RowReader(row.iter()).text().flatten()?.parse().ok());
        // A table that was made anew numbers from the beginning.
        let watermark = match watermark {
            Some(watermark) if table.last_number()?.is_some_and(|last| last < watermark) => None,
            watermark => watermark,
        };
        // A row may become visible later than one with a higher number.
        let mut last = watermark.map_or(-1, |watermark| watermark.saturating_sub(OVERLAP));
        // Before the new ones, among which are those that have not ended.
        self.read_later = Some(last);
        self.unfinished(table)?;
        self.read_later = None;
        loop {
            let rows = table.after(last, BATCH)?;
            let Some(RowPlace::Number(number)) = rows.last().map(|row| row.place) else {
                return Ok(());
            };
            last = number;
            let mark = last.max(watermark.unwrap_or(last));
            self.record(rows, Some((&setting, mark)))?;
        }
    }

    /// Records rows, and that they were read. Returns when the sessions in them began.
    fn record(
        &mut self,
        rows: Vec<RadacctRow>,
        mark: Option<(&str, i64)>,
    ) -> Result<Vec<UnixSeconds>, ImportError> {
        let Self { store, options, now, read_later, report } = self;
        let is_counted = |place| match place {
            RowPlace::Number(number) => read_later.is_none_or(|after| number <= after),
            RowPlace::Line(_) => true,
        };
        let reading = Reading::new(options, *now);
        let mut sessions = Vec::with_capacity(rows.len());
        for row in rows {
            let place = row.place;
            match reading.session(row) {
                Err(Rejection::ZoneMissing(place)) => return Err(ImportError::ZoneMissing(place)),
                Err(Rejection::LeftOut(why)) if is_counted(place) => report.leave_out(why, place),
                Err(Rejection::LeftOut(_)) => {}
                Ok(session) => {
                    for column in session.unread.iter().filter(|_| is_counted(place)) {
                        report.leave_unknown(column, place);
                    }
                    sessions.push((place, session));
                }
            }
        }
        let policy = &options.config.policy;
        let done = transaction(&mut *store.database, |database| {
            let mut done = ImportReport::default();
            for (place, session) in &sessions {
                if session.is_due(policy, options.now) {
                    done.due += usize::from(is_counted(*place));
                    continue;
                }
                match session.record(database, policy)? {
                    ImportAction::New => done.new += 1,
                    ImportAction::Updated => done.updated += 1,
                    ImportAction::None => {}
                }
            }
            if let Some((setting, mark)) = mark {
                let mark = mark.to_string();
                database
                    .execute(SET_WATERMARK, &[SqlParam::Text(setting), SqlParam::Text(&mark)])?;
            }
            Ok(done)
        })?;
        report.new += done.new;
        report.updated += done.updated;
        report.due += done.due;
        Ok(sessions.iter().map(|(_, session)| session.began()).collect())
    }

    /// Ends an open session whose row is gone from the accounting: at once where another session has
    /// its name, else once it had no sign of life for too long.
    fn close_orphan(
        &mut self,
        number: i64,
        began: UnixSeconds,
        is_replaced: bool,
    ) -> Result<(), StoreError> {
        let (config, now) = (self.options.config, self.now.max(began));
        let is_lost = began.plus(config.lost_after()) < now;
        if !is_replaced && !is_lost {
            return Ok(());
        }
        let reason =
            if is_replaced { TerminateCause::Superseded } else { TerminateCause::GatewayLost };
        let open = [numbers(number, began)];
        transaction(&mut *self.store.database, |database| {
            close(database, &open, reason, |began| (began, now), &config.policy)
        })?;
        self.report.updated += 1;
        Ok(())
    }
}

/// How many rows are read and recorded at once: few enough that others need not wait long, and more
/// than a disk can flush singly.
const BATCH: usize = 5000;

const UNFINISHED: &str = "SELECT number, imported, began,
        CAST(CASE WHEN ended IS NULL THEN 1 ELSE 0 END AS BIGINT) FROM session
    WHERE imported IS NOT NULL AND (ended IS NULL OR ended_after IS NOT NULL) AND number > $1
    ORDER BY number LIMIT 1000";

const WATERMARK: &str = "SELECT value FROM setting WHERE name = $1";

const SET_WATERMARK: &str = "INSERT INTO setting (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// How many rows back an import begins.
const OVERLAP: i64 = 1000;
