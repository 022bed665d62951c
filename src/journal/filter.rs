use std::net::{IpAddr, Ipv6Addr};

use rusqlite::types::Value;

use super::row::{SELECTED, numbers, octets};
use temoin_core::record::{Cursor, Filter, Pagination, SessionState};
use temoin_core::session::{SessionId, Timestamp};

/// A query's text and the values of its numbered parameters.
pub(super) struct Query {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

/// The exclusive upper bound of the rows to select.
enum PageBound {
    Number(i64),
    Session(SessionId),
}

impl Query {
    /// Selects [`SELECTED`], newest first.
    pub(super) fn new(filter: &Filter, page: Option<&Pagination>) -> Self {
        let below = page.and_then(|page| page.after).map(PageBound::Session);
        let mut query = Self::selecting(SELECTED, filter, below);
        query.text.push_str(" ORDER BY number DESC");
        if let Some(page) = page {
            query.text.push_str(&format!(" LIMIT {} OFFSET {}", page.limit, page.offset));
        }
        query
    }

    /// Selects the same columns of at most `limit` sessions before a cursor.
    pub(super) fn before(filter: &Filter, place: Option<Cursor>, limit: u32) -> Self {
        let below = place.map(|cursor| PageBound::Number(cursor.number()));
        let mut query = Self::selecting(SELECTED, filter, below);
        query.text.push_str(&format!(" ORDER BY number DESC LIMIT {limit}"));
        query
    }

    /// Selects the number of sessions.
    pub(super) fn counting(filter: &Filter) -> Self {
        let Self { text, values } = Self::selecting("number", filter, None);
        let text = if !text.contains("WHERE") {
            // Counted in the smallest index, not in the rows.
            "SELECT count(*) FROM session".to_owned()
        } else {
            format!("SELECT count(*) FROM ({text})")
        };
        Self { text, values }
    }

    fn selecting(columns: &str, filter: &Filter, below: Option<PageBound>) -> Self {
        let mut values = Vec::new();
        let mut bind = |value: Value| {
            values.push(value);
            format!("?{}", values.len())
        };
        let mut terms = Vec::new();
        match below {
            Some(PageBound::Number(number)) => terms.push(format!("number < {number}")),
            Some(PageBound::Session(id)) => {
                let id = bind(Value::Blob(id.as_bytes().to_vec()));
                terms.push(format!(
                    "number < (SELECT number FROM session \
                     WHERE substr(id, 1, 4) = substr({id}, 1, 4) AND id = {id})"
                ));
            }
            None => {}
        }
        if let Some(address) = filter.address {
            let bytes = bind(Value::Blob(octets(address)));
            let mut any = vec![
                format!("origin_address = {bytes}"),
                format!("assigned_ipv4 = {bytes}"),
                format!("assigned_ipv6 = {bytes}"),
                format!("gateway_address = {bytes}"),
            ];
            if let IpAddr::V6(address) = address {
                let lengths: Vec<String> = (0..=128_u8)
                    .map(|length| {
                        let mask = u128::MAX.checked_shl(u32::from(128 - length)).unwrap_or(0);
                        let start = Ipv6Addr::from(u128::from(address) & mask).octets();
                        let digits: String =
                            start.iter().map(|byte| format!("{byte:02x}")).collect();
                        format!("x'{digits}{length:02x}'")
                    })
                    .collect();
                any.push(format!("delegated_prefix IN ({})", lengths.join(", ")));
            }
            terms.push(format!("({})", any.join(" OR ")));
        }
        match filter.state {
            Some(SessionState::Closed) => terms.push("end_reason IS NOT NULL".to_owned()),
            Some(SessionState::Open) => terms.push("end_reason IS NULL".to_owned()),
            None => {}
        }
        // A search by time reads the rows in the range of numbers and, outside it, those that are
        // flagged or still open. The plus sign keeps SQLite from scanning all rows outside by
        // number.
        let (lowest, highest) = numbers(filter.since, filter.until);
        let mut inside = Vec::new();
        let mut outside = Vec::new();
        if let Some(since) = filter.since.map(Timestamp::milliseconds) {
            terms.push(format!(
                "CASE WHEN end_reason IS NULL THEN max({now}, ifnull(start_earliest, {now})) \
                 ELSE ifnull(end_latest, {max}) END >= {since}",
                now = filter.now.milliseconds(),
                max = i64::MAX
            ));
            inside.push(format!("number >= {lowest}"));
            outside.push(format!("+number < {lowest}"));
        }
        if let Some(until) = filter.until.map(Timestamp::milliseconds) {
            terms.push(format!("(start_earliest IS NULL OR start_earliest < {until})"));
            inside.push(format!("number <= {highest}"));
            outside.push(format!("+number > {highest}"));
        }
        let select = |extra: &[String]| {
            let terms: Vec<&str> = terms.iter().chain(extra).map(String::as_str).collect();
            let condition = if terms.is_empty() {
                String::new()
            } else {
                format!(" WHERE {}", terms.join(" AND "))
            };
            format!("SELECT {columns} FROM session{condition}")
        };
        let open = "number IN (SELECT item FROM unfinished WHERE kind = 'open')".to_owned();
        let mut selects = Vec::new();
        if filter.state == Some(SessionState::Open) {
            selects.push(select(&[open]));
        } else if outside.is_empty() {
            selects.push(select(&[]));
        } else {
            let beyond = format!("({})", outside.join(" OR "));
            selects.push(select(&inside));
            selects.push(select(&["out_of_order IS NOT NULL".to_owned(), beyond.clone()]));
            if filter.state.is_none() {
                selects.push(select(&["out_of_order IS NULL".to_owned(), beyond, open]));
            }
        }
        Self { text: selects.join(" UNION ALL "), values }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::{Strategy, any};
    use proptest::sample::{Index, select};
    use proptest::{prop_assert_eq, proptest};
    use tempfile::tempdir;

    use super::super::test_support::{
        EIGHT, MINUTE, any_session, at, ended, opening, reading, session,
    };
    use super::super::{Journal, Reader};
    use super::*;
    use temoin_core::session::{Change, Session};

    /// A straightforward reference implementation of [`Filter`].
    fn is_wanted(filter: &Filter, session: &Session) -> bool {
        let first = session.start.value.earliest.map_or(i64::MIN, Timestamp::milliseconds);
        let now = filter.now.milliseconds();
        let last = match &session.end {
            Some(end) => end.moment.value.latest.map_or(i64::MAX, Timestamp::milliseconds),
            None => now.max(first),
        };
        let attributes = &session.attributes;
        filter.since.is_none_or(|since| last >= since.milliseconds())
            && filter.until.is_none_or(|until| first < until.milliseconds())
            && filter
                .state
                .is_none_or(|state| (state == SessionState::Open) == session.end.is_none())
            && filter.address.is_none_or(|address| {
                attributes.origin_address.is_some_and(|fact| fact.value == address)
                    || attributes
                        .assigned_ipv4
                        .is_some_and(|fact| IpAddr::V4(fact.value) == address)
                    || attributes
                        .assigned_ipv6
                        .is_some_and(|fact| IpAddr::V6(fact.value) == address)
                    || attributes.gateway.is_some_and(|fact| fact.value.address == address)
                    || attributes.delegated_prefix.is_some_and(|fact| {
                        let bits = |address| u128::from_be_bytes(Ipv6Addr::octets(&address));
                        let free = 128 - u32::from(fact.value.length());
                        let cut = |bits: u128| bits.checked_shr(free).unwrap_or(0);
                        matches!(address, IpAddr::V6(address)
                            if cut(bits(address)) == cut(bits(fact.value.address())))
                    })
            })
    }

    fn any_filter() -> impl Strategy<Value = Filter> {
        let hour = 60 * MINUTE;
        let instant = move || (-200..200_i64).prop_map(move |hours| at(EIGHT + hours * hour));
        (
            option::of(instant()),
            option::of(instant()),
            option::of(select(vec![SessionState::Open, SessionState::Closed])),
            instant(),
        )
            .prop_map(|(since, until, state, now)| Filter {
                since,
                until,
                address: None,
                state,
                now,
            })
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(48))]
        #[test]
        fn a_filter_finds_what_its_words_say(
            odd in vec(any_session(), 0..8),
            plain in vec((0..6000_u16, 0..5000_u16, any::<bool>()), 0..20),
            filters in vec((any_filter(), option::of(any::<Index>())), 1..12),
            limit in 1..5_u32,
        ) {
            let directory = tempdir().unwrap();
            let (mut journal, _) = Journal::open(directory.path()).unwrap();
            let mut changes: Vec<Change> = odd
                .into_iter()
                .map(|(session, secret)| Change::Open(session, secret))
                .collect();
            for (number, (start, length, is_open)) in (0..).zip(plain) {
                let opened = session(number, reading(0, i64::from(start), true));
                let until = reading(0, i64::from(start) + i64::from(length), true);
                let session = if is_open { opened } else { ended(opened, until) };
                changes.insert(changes.len() / 2, opening(number, &session));
            }
            journal.record(&changes, None).unwrap();
            let newest_first: Vec<&Session> = changes
                .iter()
                .rev()
                .map(|change| match change {
                    Change::Open(session, _) | Change::Update(session) | Change::Close(session) => {
                        session
                    }
                })
                .collect();
            let reader = Reader::open(directory.path()).unwrap().unwrap();
            for (mut filter, whose) in filters {
                if let (Some(whose), false) = (whose, newest_first.is_empty()) {
                    let attributes = &whose.get(&newest_first).attributes;
                    let prefix = attributes.delegated_prefix.map(|fact| {
                        let last = u128::MAX.checked_shr(fact.value.length().into()).unwrap_or(0);
                        IpAddr::V6((u128::from(fact.value.address()) | last).into())
                    });
                    filter.address = prefix
                        .or_else(|| attributes.origin_address.map(|fact| fact.value))
                        .or_else(|| attributes.gateway.map(|fact| fact.value.address));
                }
                let expected: Vec<Session> = newest_first
                    .iter()
                    .filter(|session| is_wanted(&filter, session))
                    .map(|session| (*session).clone())
                    .collect();
                prop_assert_eq!(reader.count(&filter).unwrap(), expected.len() as u64);
                let mut streamed = Vec::new();
                let broken = reader
                    .for_each(&filter, |session| {
                        streamed.push(session);
                        ControlFlow::<()>::Continue(())
                    })
                    .unwrap();
                prop_assert_eq!(broken, None);
                prop_assert_eq!(&streamed, &expected);
                let mut by_offset = Vec::new();
                let mut by_cursor: Vec<Session> = Vec::new();
                for offset in (0..=u32::try_from(expected.len()).unwrap()).step_by(limit as usize) {
                    let page = Pagination { offset, ..Pagination::first(limit) };
                    by_offset.extend(reader.sessions(&filter, &page).unwrap());
                    let after = by_cursor.last().map(|session| session.id);
                    let page = Pagination { after, ..Pagination::first(limit) };
                    by_cursor.extend(reader.sessions(&filter, &page).unwrap());
                }
                prop_assert_eq!(&by_offset, &expected);
                prop_assert_eq!(&by_cursor, &expected);
            }
        }
    }

    #[test]
    fn a_search_by_time_or_for_open_ones_reads_no_whole_table() {
        let directory = tempdir().unwrap();
        drop(Journal::open(directory.path()).unwrap());
        let database = rusqlite::Connection::open(directory.path().join("journal.db")).unwrap();
        let all = Filter::all(at(EIGHT));
        let (since, until) = (Some(at(EIGHT)), Some(at(EIGHT + MINUTE)));
        let both = Filter { since, until, ..all.clone() };
        let open = Filter { state: Some(SessionState::Open), ..all.clone() };
        let closed = Filter { state: Some(SessionState::Closed), ..both.clone() };
        for filter in [Filter { since, ..all.clone() }, Filter { until, ..all }, both, open, closed]
        {
            for query in
                [Query::new(&filter, Some(&Pagination::first(9))), Query::counting(&filter)]
            {
                let plan: Vec<String> = database
                    .prepare(&format!("EXPLAIN QUERY PLAN {}", query.text))
                    .unwrap()
                    .query_map(rusqlite::params_from_iter(query.values), |row| row.get(3))
                    .unwrap()
                    .collect::<Result<_, _>>()
                    .unwrap();
                for line in &plan {
                    let whole =
                        line.starts_with("SCAN session") && !line.contains("session_out_of_order");
                    assert!(!whole && !line.contains("MULTI-INDEX"), "{plan:#?}\n{}", query.text);
                }
            }
        }
    }

    #[test]
    fn ids_are_found_by_their_beginning() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        let sessions: Vec<Session> =
            (0..300).map(|number| session(number, reading(0, i64::from(number), true))).collect();
        let changes: Vec<Change> = (0..).zip(&sessions).map(|(n, s)| opening(n, s)).collect();
        journal.record(&changes, None).unwrap();
        let reader = Reader::open(directory.path()).unwrap().unwrap();
        for length in [4, 5, 8, 9, 64] {
            let prefix = sessions[7].id.to_string()[..length].parse().unwrap();
            assert_eq!(reader.find(&prefix).unwrap(), [sessions[7].clone()]);
        }
        assert_eq!(reader.find(&session(1000, sessions[0].opened).id.into()).unwrap(), []);
    }

    #[test]
    fn a_page_after_a_session_that_is_not_there_is_empty() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        let opened = session(1, reading(0, 1, true));
        journal.record(&[opening(1, &opened)], None).unwrap();
        let reader = Reader::open(directory.path()).unwrap().unwrap();
        let missing = session(2, opened.opened).id;
        let page = Pagination { after: Some(missing), ..Pagination::first(10) };
        assert_eq!(reader.sessions(&Filter::all(at(EIGHT)), &page).unwrap(), []);
    }
}
