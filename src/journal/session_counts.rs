use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::row::{self, SELECTED};
use super::schema::{DAY_BITS, UNDATED};
use super::sessions;
use temoin_core::session::{DayCache, Session, SessionCounts, SessionId, Timestamp, Zone};

/// Keeps the counts up to date in a transaction that changes sessions.
pub(super) struct CountsUpdater {
    zones: Vec<DayCache>,
    /// Groups whose earliest session was removed.
    without_first: BTreeSet<Vec<u8>>,
}

/// Sorts the earliest session of a group first.
type Rank = (bool, Option<Timestamp>, SessionId);

impl CountsUpdater {
    pub(super) fn begin(connection: &Connection) -> rusqlite::Result<Self> {
        let zones = known_zones(connection)?.unwrap_or_default();
        Ok(Self::in_zones(&zones))
    }

    fn in_zones(zones: &[Zone]) -> Self {
        Self {
            zones: zones.iter().copied().map(DayCache::new).collect(),
            without_first: BTreeSet::new(),
        }
    }

    /// Counts a session that was added at this row number, or changed there.
    pub(super) fn add(
        &mut self,
        transaction: &Transaction<'_>,
        number: i64,
        session: &Session,
    ) -> rusqlite::Result<()> {
        let Some(days) = self.days(session) else { return Ok(()) };
        let known = transaction
            .query_row("SELECT first FROM session_count WHERE days = ?", [&days], |row| row.get(0))
            .optional()?;
        let Some(first) = known else {
            transaction
                .execute("INSERT INTO session_count VALUES (?, 1, ?)", params![days, number])?;
            return Ok(());
        };
        let first: i64 = first;
        let before = sessions::at(transaction, first)?;
        let first = match before {
            Some(before) if rank(&before) < rank(session) => first,
            // A removed earliest session is replaced in `finish`.
            Some(_) | None => number,
        };
        transaction.execute(
            "UPDATE session_count SET sessions = sessions + 1, first = ? WHERE days = ?",
            params![first, days],
        )?;
        Ok(())
    }

    /// Discounts the session at this row number, which is removed or about to change.
    pub(super) fn remove(
        &mut self,
        transaction: &Transaction<'_>,
        number: i64,
        session: &Session,
    ) -> rusqlite::Result<()> {
        let Some(days) = self.days(session) else { return Ok(()) };
        transaction
            .execute("DELETE FROM session_count WHERE days = ? AND sessions = 1", [&days])?;
        let first: Option<i64> = transaction
            .query_row(
                "UPDATE session_count SET sessions = sessions - 1 WHERE days = ? RETURNING first",
                [&days],
                |row| row.get(0),
            )
            .optional()?;
        if first == Some(number) {
            self.without_first.insert(days);
        }
        Ok(())
    }

    /// Recounts the session at this row number after a change.
    pub(super) fn change(
        &mut self,
        transaction: &Transaction<'_>,
        number: i64,
        before: &Session,
        after: &Session,
    ) -> rusqlite::Result<()> {
        if self.days(before) == self.days(after) && rank(before) == rank(after) {
            return Ok(());
        }
        self.remove(transaction, number, before)?;
        self.add(transaction, number, after)
    }

    /// Finds the new earliest session of each group that lost its own.
    pub(super) fn finish(mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        for days in std::mem::take(&mut self.without_first) {
            let mut first: Option<(Rank, i64)> = None;
            each(transaction, &days_condition(&days), |number, session| {
                if self.days(&session).as_ref() == Some(&days) {
                    let own = (rank(&session), number);
                    first = first.map_or(Some(own), |known| Some(known.min(own)));
                }
            })?;
            if let Some((_, number)) = first {
                transaction.execute(
                    "UPDATE session_count SET first = ? WHERE days = ?",
                    params![number, days],
                )?;
            }
        }
        Ok(())
    }

    /// The group key of a session: per zone, the days of its earliest and latest start and end, as
    /// days since 1970-01-01 in four bytes each. A later zone with the same days as the first is a
    /// single zero byte. `None` for a session that is not grouped.
    fn days(&mut self, session: &Session) -> Option<Vec<u8>> {
        let end = session.end.as_ref().filter(|_| !session.is_undated())?.moment.value;
        let start = session.start.value;
        let bounds = [start.earliest, start.latest, end.earliest, end.latest];
        let mut key: Vec<u8> = Vec::new();
        for (place, zone) in self.zones.iter_mut().enumerate() {
            let days: Vec<u8> = bounds
                .iter()
                .flat_map(|at| {
                    let day = at.map(|at| zone.of(at).to_epoch_days());
                    day.unwrap_or(NO_DAY).to_be_bytes()
                })
                .collect();
            match place {
                0 => key.extend(days),
                _ if key.starts_with(&days) => key.push(0),
                _ => {
                    key.push(1);
                    key.extend(days);
                }
            }
        }
        Some(key).filter(|key| !key.is_empty())
    }
}

/// Stands for an unknown day.
const NO_DAY: i32 = i32::MIN;

/// The SQL condition for rows that may hold a session of these days. A day differs by at most one
/// from the UTC day, which differs by at most one from the day in the row number.
fn days_condition(days: &[u8]) -> String {
    let day = days.first_chunk().copied().map_or(NO_DAY, i32::from_be_bytes);
    if day == NO_DAY {
        return "out_of_order IS NOT NULL".to_owned();
    }
    let (lowest, highest) = ((i64::from(day) - 2) << DAY_BITS, (i64::from(day) + 3) << DAY_BITS);
    format!(
        "number BETWEEN {lowest} AND {highest} UNION \
         SELECT {SELECTED} FROM session WHERE out_of_order IS NOT NULL"
    )
}

fn rank(session: &Session) -> Rank {
    let best = session.start.value.best();
    (best.is_none(), best, session.id)
}

/// Recounts every session by the days of these zones.
pub(super) fn count_in(transaction: &Transaction<'_>, zones: &[Zone]) -> rusqlite::Result<()> {
    transaction.execute_batch("DELETE FROM session_count; DELETE FROM session_count_zone")?;
    for zone in zones {
        transaction.execute("INSERT INTO session_count_zone (zone) VALUES (?)", [zone.name()])?;
    }
    let mut updater = CountsUpdater::in_zones(zones);
    let mut counts: HashMap<Vec<u8>, (u64, Rank, i64)> = HashMap::new();
    each(transaction, "true", |number, session| {
        let Some(days) = updater.days(&session) else { return };
        let own = (rank(&session), number);
        let (count, rank, first) = counts.entry(days).or_insert((0, own.0, own.1));
        *count += 1;
        (*rank, *first) = (*rank, *first).min(own);
    })?;
    for (days, (count, _, first)) in counts {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        transaction
            .execute("INSERT INTO session_count VALUES (?, ?, ?)", params![days, count, first])?;
    }
    Ok(())
}

/// Counts every session again, after a row was changed of which it is not known what it held.
pub(super) fn recount(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    match known_zones(transaction)?.filter(|zones| !zones.is_empty()) {
        Some(zones) => count_in(transaction, &zones),
        None => Ok(()),
    }
}

/// Whether sessions are counted by the days of each of these zones.
pub(super) fn is_counted_in(connection: &Connection, zones: &[Zone]) -> rusqlite::Result<bool> {
    let known = known_zones(connection)?.unwrap_or_default();
    Ok(!known.is_empty() && zones.iter().all(|zone| known.contains(zone)))
}

/// The counts; `None` if there are none, if they use a zone this program does not know, or if a row that
/// they need is damaged.
pub(super) fn read_all(connection: &Connection) -> rusqlite::Result<Option<SessionCounts>> {
    let Some(zones) = known_zones(connection)?.filter(|zones| !zones.is_empty()) else {
        return Ok(None);
    };
    let groups: Option<Vec<_>> = connection
        .prepare(&groups_query())?
        .query_map([], |row| {
            let count = row.get::<_, i64>("sessions")?.unsigned_abs();
            Ok(row::read(row).ok().map(|session| (session, count)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let ungrouped = connection
        .prepare(&ungrouped_query())?
        .query_map([], |row| Ok(row::read(row).ok()))?
        .filter_map(Result::transpose)
        .collect::<rusqlite::Result<_>>()?;
    Ok(groups.map(|groups| SessionCounts { zones, groups, ungrouped }))
}

fn groups_query() -> String {
    // A cross join keeps SQLite from beginning with the sessions.
    format!(
        "SELECT {SELECTED}, session_count.sessions
         FROM session_count CROSS JOIN session ON session.number = session_count.first"
    )
}

fn ungrouped_query() -> String {
    format!(
        "SELECT {SELECTED} FROM session WHERE number IN (
             SELECT item FROM unfinished WHERE kind = 'open' UNION
             SELECT number FROM session WHERE out_of_order IS NOT NULL AND out_of_order & {UNDATED}
         )"
    )
}

/// `None` if one of them is not known.
fn known_zones(connection: &Connection) -> rusqlite::Result<Option<Vec<Zone>>> {
    connection
        .prepare("SELECT zone FROM session_count_zone ORDER BY position")?
        .query_map([], |row| Ok(row.get::<_, String>(0).ok().and_then(|name| name.parse().ok())))?
        .collect()
}

/// Calls `visit` with each session whose row meets the condition, and the row number.
fn each(
    transaction: &Transaction<'_>,
    condition: &str,
    mut visit: impl FnMut(i64, Session),
) -> rusqlite::Result<()> {
    let text = format!("SELECT {SELECTED} FROM session WHERE {condition}");
    let mut statement = transaction.prepare(&text)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let (number, Some(session)) = row::read_numbered(row)? {
            visit(number, session);
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::HashMap;
    use std::path::Path;

    use chrono::NaiveDate;
    use proptest::collection::vec;
    use proptest::prelude::{Strategy, any, prop_oneof};
    use proptest::sample::{Index, select, subsequence};
    use proptest::{prop_assert_eq, proptest};
    use tempfile::tempdir;

    use super::super::test_support::{
        EIGHT, all, any_session, at, ended, opening, reading, session,
    };
    use super::super::{Journal, Reader};
    use super::*;
    use temoin_core::record::ErasureCertificate;
    use temoin_core::session::{Change, SessionSecret};

    /// Per group of days in all zones: its size, and the ID of its earliest session.
    type GroupTotals = HashMap<Vec<Option<NaiveDate>>, (u64, SessionId)>;

    /// The groups, and the IDs of the ungrouped sessions.
    type Totals = (GroupTotals, Vec<SessionId>);

    fn days(session: &Session, zones: &[Zone]) -> Vec<Option<NaiveDate>> {
        let (start, end) = (session.start.value, session.end.as_ref().unwrap().moment.value);
        let bounds = [start.earliest, start.latest, end.earliest, end.latest];
        let days = zones.iter().flat_map(|zone| bounds.map(|at| at.map(|at| zone.date(at))));
        days.collect()
    }

    /// A straightforward reference implementation.
    fn counted(directory: &Path, zones: &[Zone]) -> Totals {
        let mut alike: HashMap<_, (u64, Session)> = HashMap::new();
        let mut others = Vec::new();
        for session in all(directory) {
            if session.end.is_none() || session.is_undated() {
                others.push(session.id);
                continue;
            }
            let (count, first) =
                alike.entry(days(&session, zones)).or_insert_with(|| (0, session.clone()));
            *count += 1;
            let key = |own: &Session| (own.start.value.latest, own.id);
            if key(&session) < key(first) {
                *first = session;
            }
        }
        others.sort_unstable();
        (
            alike.into_iter().map(|(days, (count, first))| (days, (count, first.id))).collect(),
            others,
        )
    }

    fn kept(directory: &Path) -> Option<(Vec<Zone>, Totals)> {
        let SessionCounts { zones, groups: alike, ungrouped: others } =
            Reader::open(directory).unwrap().unwrap().session_counts().unwrap()?;
        let alike: GroupTotals =
            alike.iter().map(|(first, count)| (days(first, &zones), (*count, first.id))).collect();
        let mut others: Vec<SessionId> = others.iter().map(|session| session.id).collect();
        others.sort_unstable();
        Some((zones, (alike, others)))
    }

    /// Panics unless the stored counts exist and match the sessions.
    pub(crate) fn check(directory: &Path) {
        let (zones, kept) = kept(directory).unwrap();
        assert_eq!(kept, counted(directory, &zones));
    }

    #[derive(Clone, Debug)]
    enum TestStep {
        Close(Index, Session),
        Count(Vec<Zone>),
        Date(i64),
        Erase(Vec<Index>),
        /// With its minute, how long it lasts, and whether a trusted clock saw it.
        Open(u16, Option<u16>, bool),
        OpenAny(Session, SessionSecret),
    }

    fn any_step() -> impl Strategy<Value = TestStep> {
        let zones = ["Europe/Brussels", "Europe/Paris", "Indian/Reunion", "UTC"];
        let zones = zones.map(|name| name.parse().unwrap()).to_vec();
        // Some days of many sessions, around midnight.
        let minute = || prop_oneof![0..60_u16, 800..1_000_u16, 2_300..2_400_u16];
        prop_oneof![
            1 => (any::<Index>(), any_session()).prop_map(|(who, (it, _))| TestStep::Close(who, it)),
            1 => subsequence(zones, 1..4).prop_map(TestStep::Count),
            1 => (3_000..5_000_i64).prop_map(TestStep::Date),
            2 => vec(any::<Index>(), 1..6).prop_map(TestStep::Erase),
            6 => (minute(), proptest::option::weighted(0.8, 0..300_u16), select(vec![true, true, false]))
                .prop_map(|(start, length, sure)| TestStep::Open(start, length, sure)),
            1 => any_session().prop_map(|(session, secret)| TestStep::OpenAny(session, secret)),
        ]
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(24))]
        #[test]
        fn what_is_kept_is_what_is_counted(steps in vec(any_step(), 1..40)) {
            let directory = tempdir().unwrap();
            let directory = directory.path();
            let (mut journal, _) = Journal::open(directory).unwrap();
            let mut number = 0;
            for step in steps {
                let known = all(directory);
                match step {
                    TestStep::Open(start, length, sure) => {
                        number += 1;
                        let start = i64::from(start);
                        let opened = session(number, reading(0, start, sure));
                        let own = match length {
                            Some(length) => {
                                ended(opened, reading(0, start + i64::from(length), sure))
                            }
                            None => opened,
                        };
                        journal.record(&[opening(number, &own)], None).unwrap();
                    }
                    TestStep::OpenAny(session, secret) => {
                        journal.record(&[Change::Open(session, secret)], None).unwrap();
                    }
                    TestStep::Close(..) | TestStep::Erase(_) if known.is_empty() => {}
                    TestStep::Close(who, mut later) => {
                        later.id = who.get(&known).id;
                        journal.record(&[Change::Close(later)], None).unwrap();
                    }
                    TestStep::Erase(who) => {
                        let certificates: Vec<ErasureCertificate> = who
                            .iter()
                            .map(|who| ErasureCertificate {
                                id: who.get(&known).id,
                                erased_at: at(EIGHT),
                                expiry: "on request".to_owned(),
                            })
                            .collect();
                        journal.erase(&certificates).unwrap();
                    }
                    TestStep::Date(minute) => {
                        journal.date(&reading(0, minute, true)).unwrap();
                    }
                    TestStep::Count(zones) => {
                        journal.count_in(&zones).unwrap();
                        assert!(journal.is_counted_in(&zones).unwrap());
                    }
                }
                if let Some((zones, kept)) = kept(directory) {
                    prop_assert_eq!(kept, counted(directory, &zones));
                }
            }
        }
    }

    #[test]
    fn a_record_that_nobody_counted_is_counted_once_it_is_asked_for() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        let zones: [Zone; 2] = ["Europe/Brussels", "UTC"].map(|name| name.parse().unwrap());
        assert!(!journal.is_counted_in(&[]).unwrap());
        for number in 0..50 {
            let opened = session(number, reading(0, i64::from(number) * 90, true));
            let own = ended(opened, reading(0, i64::from(number) * 90 + 10, true));
            journal.record(&[opening(number, &own)], None).unwrap();
        }
        assert!(kept(directory.path()).is_none());
        journal.count_in(&zones).unwrap();
        let (in_zones, kept) = kept(directory.path()).unwrap();
        assert_eq!((in_zones, kept.0.values().map(|(count, _)| count).sum()), (zones.to_vec(), 50));
        assert_eq!(kept, counted(directory.path(), &zones));
        // What is counted in more zones than is asked for stays.
        journal.count_in(&zones[1..]).unwrap();
        assert!(journal.is_counted_in(&zones).unwrap());
    }

    #[test]
    fn what_cannot_be_written_down_is_not_counted_either() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        let zones = ["Europe/Brussels".parse().unwrap()];
        journal.count_in(&zones).unwrap();
        let changes: Vec<Change> = (0..500)
            .map(|number| {
                let start = i64::from(number);
                let opened = session(number, reading(0, start, true));
                opening(number, &ended(opened, reading(0, start + 1, true)))
            })
            .collect();
        journal.record(&changes[..1], None).unwrap();
        journal.max_pages = Some(80);
        journal.record(&changes, None).unwrap_err();
        let (_, kept) = kept(directory.path()).unwrap();
        assert_eq!(kept, counted(directory.path(), &zones));
        assert_eq!(kept.0.values().map(|(count, _)| count).sum::<u64>(), 1);
    }

    #[test]
    fn the_sessions_that_are_alike_are_not_read() {
        let directory = tempdir().unwrap();
        let (journal, _) = Journal::open(directory.path()).unwrap();
        drop(journal);
        let connection = Connection::open(directory.path().join("journal.db")).unwrap();
        for query in [groups_query(), ungrouped_query()] {
            let plan: Vec<String> = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {query}"))
                .unwrap()
                .query_map([], |row| row.get(3))
                .unwrap()
                .collect::<rusqlite::Result<_>>()
                .unwrap();
            let reads_all = |step: &String| {
                format!("{step} ").starts_with("SCAN session ")
                    && !step.contains("session_out_of_order")
            };
            assert!(!plan.iter().any(reads_all), "{plan:?}");
        }
    }
}
