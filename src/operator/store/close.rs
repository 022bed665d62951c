use super::database::{Database, SqlParam, SqlValue};
use super::row::{RecordColumns, RowReader};
use super::{RetentionPolicy, StoreError};
use crate::end::{EndTime, SessionEnd, TerminateCause};
use crate::record::SessionRecord;
use temoin_protocol::UnixSeconds;

/// Ends sessions, given as rows of number and start, whose end was not observed.
pub(super) fn close(
    database: &mut dyn Database,
    open: &[Vec<SqlValue>],
    reason: TerminateCause,
    bounds: impl Fn(UnixSeconds) -> (UnixSeconds, UnixSeconds),
    policy: &RetentionPolicy,
) -> Result<(), StoreError> {
    for row in open {
        let mut row = RowReader(row.iter());
        let read = row.number().flatten().zip(row.second().flatten());
        let (number, began) = read.ok_or_else(|| damaged(database))?;
        let (earliest, latest) = bounds(began);
        let end = SessionEnd { when: EndTime::Between(earliest, latest), reason };
        let record = SessionRecord { end: Some(end), ..SessionRecord::beginning(began) };
        let columns = RecordColumns::new(&record, policy.erase_by(began, Some(latest)));
        let [_, _, _, _, _, _, _, ended, ended_after, reason, .., erase_by] = columns.values();
        database.execute(
            "UPDATE session SET ended = $1, ended_after = $2, end_reason = $3, erase_by = $4
            WHERE number = $5 AND ended IS NULL",
            &[ended, ended_after, reason, erase_by, SqlParam::Number(number)],
        )?;
    }
    Ok(())
}

pub(super) fn damaged(database: &dyn Database) -> StoreError {
    database.unexpected("a row of table session says what it never should")
}
