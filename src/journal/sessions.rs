use rusqlite::{Connection, OptionalExtension, Transaction, params, params_from_iter};

use super::row::{self, COLUMNS, SELECTED, read_numbered};
use super::schema::UNDATED;
use super::session_counts::{self, CountsUpdater};
use temoin_core::record::DamagedRow;
use temoin_core::session::{Session, SessionId, Timestamp};

/// The sessions that are open, oldest first.
pub(super) fn open(connection: &Connection) -> rusqlite::Result<Vec<Session>> {
    connection
        .prepare(&format!(
            "SELECT {SELECTED} FROM session
             WHERE number IN (SELECT item FROM unfinished WHERE kind = 'open') ORDER BY number"
        ))?
        .query_map([], read_numbered)?
        .filter_map(|row| row.map(|(_, session)| session).transpose())
        .collect()
}

/// Inserts a session unless it is already there.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    session: &Session,
    secret: &[u8; 32],
    updater: &mut CountsUpdater,
) -> rusqlite::Result<()> {
    if number_of(transaction, &session.id)?.is_some() {
        return Ok(());
    }
    let lowest = row::lowest_number(session);
    let last = transaction.query_row(
        "SELECT max(number) FROM session WHERE number < ?",
        [row::NUMBER_BOUND],
        |row| row.get::<_, Option<i64>>(0),
    )?;
    let number = lowest.max(last.unwrap_or(0).saturating_add(1));
    let mut values = row::values(session);
    values.extend([session.id.as_bytes(), secret].map(|bytes| bytes.to_vec().into()));
    values.extend([number.into(), row::out_of_order_flags(session, number).into()]);
    let marks = vec!["?"; values.len()].join(", ");
    transaction.execute(
        &format!(
            "INSERT INTO session ({COLUMNS}, id, secret, number, out_of_order) VALUES ({marks})"
        ),
        params_from_iter(values),
    )?;
    if session.end.is_none() {
        transaction.execute("INSERT INTO unfinished VALUES ('open', ?)", [number])?;
    }
    updater.add(transaction, number, session)
}

/// Stores a later version of a session, unless it was erased.
pub(super) fn change(
    transaction: &Transaction<'_>,
    session: &Session,
    updater: &mut CountsUpdater,
) -> rusqlite::Result<()> {
    let Some(number) = number_of(transaction, &session.id)? else {
        log::info!("session {} was erased; what came after is not recorded", session.id.short());
        return Ok(());
    };
    let Some(known) = at(transaction, number)? else {
        // Its row is damaged, and this writes all of it anew.
        update(transaction, number, session)?;
        if session.end.is_some() {
            close(transaction, number)?;
        }
        return session_counts::recount(transaction);
    };
    let session = merge_known(session.clone(), &known);
    if session == known {
        return Ok(());
    }
    update(transaction, number, &session)?;
    if session.end.is_some() && known.end.is_none() {
        close(transaction, number)?;
    }
    updater.change(transaction, number, &known, &session)
}

/// Removes a row. The operator's statements and the sent requests are in other tables.
pub(super) fn remove(
    transaction: &Transaction<'_>,
    number: i64,
    session: &Session,
    updater: &mut CountsUpdater,
) -> rusqlite::Result<()> {
    delete(transaction, number)?;
    updater.remove(transaction, number, session)
}

/// Deletes a row, whatever it holds; the counts are not kept up.
pub(super) fn delete(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM session WHERE number = ?", [number])?;
    close(transaction, number)
}

fn close(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM unfinished WHERE kind = 'open' AND item = ?", [number])?;
    Ok(())
}

/// A later version of a session, merged with what only the journal knows: values found later, dates
/// worked out since.
fn merge_known(mut session: Session, known: &Session) -> Session {
    session.attributes.fill_missing(&known.attributes);
    session.last_seen = session.last_seen.max(known.last_seen);
    session.end = session.end.or_else(|| known.end.clone());
    if session.opened == known.opened && session.start.source == known.start.source {
        let start = known.start.value;
        if start.instant().is_some() {
            session.start.value = start;
        } else if session.start.value.instant().is_none() {
            session.start.value = session.start.value.within(start.earliest, start.latest);
        }
    }
    session
}

/// Overwrites the row of this number.
pub(super) fn update(
    transaction: &Transaction<'_>,
    number: i64,
    session: &Session,
) -> rusqlite::Result<()> {
    let mut values = row::values(session);
    values.push(row::out_of_order_flags(session, number).into());
    let marks = vec!["?"; values.len()].join(", ");
    values.push(number.into());
    transaction.execute(
        &format!("UPDATE session SET ({COLUMNS}, out_of_order) = ({marks}) WHERE number = ?"),
        params_from_iter(values),
    )?;
    Ok(())
}

pub(super) fn number_of(
    transaction: &Transaction<'_>,
    id: &SessionId,
) -> rusqlite::Result<Option<i64>> {
    transaction
        .query_row(
            "SELECT number FROM session WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
            [id.as_bytes()],
            |row| row.get(0),
        )
        .optional()
}

/// The session of this ID, with the number of its row; `None` also where the row is damaged.
pub(super) fn find(
    transaction: &Transaction<'_>,
    id: &SessionId,
) -> rusqlite::Result<Option<(i64, Session)>> {
    let Some(number) = number_of(transaction, id)? else { return Ok(None) };
    Ok(at(transaction, number)?.map(|session| (number, session)))
}

/// The session in the row of this number; `None` where there is no such row, or it is damaged.
pub(super) fn at(connection: &Connection, number: i64) -> rusqlite::Result<Option<Session>> {
    let row = connection
        .query_row(
            &format!("SELECT {SELECTED} FROM session WHERE number = ?"),
            [number],
            read_numbered,
        )
        .optional()?;
    Ok(row.and_then(|(_, session)| session))
}

/// The rows that are damaged, newest first.
pub(super) fn damaged(
    connection: &Connection,
    now: Timestamp,
) -> rusqlite::Result<Vec<DamagedRow>> {
    connection
        .prepare(&format!("SELECT {SELECTED} FROM session ORDER BY number DESC"))?
        .query_map([], |row| row::read_damaged(row, now))?
        .filter_map(Result::transpose)
        .collect()
}

/// The sessions that a trusted clock reading may date, oldest first.
pub(super) fn undated(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<(i64, Session)>> {
    transaction
        .prepare(&format!(
            "SELECT {SELECTED} FROM session
             WHERE out_of_order IS NOT NULL AND out_of_order & {UNDATED} ORDER BY number"
        ))?
        .query_map([], read_numbered)?
        .filter_map(|row| row.map(|(number, session)| Some((number, session?))).transpose())
        .collect()
}

/// Two instants between which the session of an earlier boot lies, as far as they are known. At most
/// one session is open on an interface, so those before it on the same one had ended. `boot` is when
/// the present boot had begun, where the session ended before that.
pub(super) fn neighbours(
    transaction: &Transaction<'_>,
    number: i64,
    session: &Session,
    boot: Option<Timestamp>,
) -> rusqlite::Result<(Option<Timestamp>, Option<Timestamp>)> {
    let device = session.device.as_str();
    let before = transaction
        .query_row(
            &format!(
                "SELECT {SELECTED} FROM session WHERE number < ? AND device = ?
                 AND (start_earliest = start_latest OR end_earliest = end_latest)
                 ORDER BY number DESC LIMIT 1"
            ),
            params![number, device],
            read_numbered,
        )
        .optional()?
        .and_then(|(_, previous)| {
            let previous = previous?;
            let end = previous.end.as_ref().and_then(|end| end.moment.value.instant());
            end.max(previous.start.value.instant())
        });
    let next = transaction
        .query_row(
            &format!(
                "SELECT {SELECTED} FROM session WHERE number > ? AND device = ?
                 AND start_earliest = start_latest ORDER BY number LIMIT 1"
            ),
            params![number, device],
            read_numbered,
        )
        .optional()?
        .and_then(|(_, next)| next?.start.value.instant());
    let end = session.end.as_ref().and_then(|end| end.moment.value.latest);
    let after = [next, boot, end].into_iter().flatten().min();
    // A clock that was trusted but wrong must not yield contradictory bounds.
    Ok(match (before, after) {
        (Some(before), Some(after)) if before > after => (None, None),
        bounds => bounds,
    })
}

#[cfg(test)]
mod tests;
