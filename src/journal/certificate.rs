use chrono::NaiveDate;

use super::{JournalError, Reader};
use temoin_core::assessment::ErasedGroup;
use temoin_core::session::{Timestamp, Zone};

/// The result of an erasure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ErasedCount {
    /// How many sessions were removed from the journal.
    pub sessions: usize,
    /// Whether no byte of them is left in the journal's files. If false, a reader was open
    /// throughout: `Journal::truncate` finishes the job.
    pub is_complete: bool,
}

impl Reader {
    /// The erased sessions, counted by the day that their certificates name; those that name none, by
    /// the day on which they were erased.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn erased_by_day(&self) -> Result<Vec<ErasedGroup>, JournalError> {
        self.ask(|connection| {
            connection
                .prepare(
                    "SELECT expiry, max(erased_at), count(*) FROM erasure \
                     GROUP BY expiry, iif(expiry GLOB '[0-9]*', 0, erased_at / 86400000)",
                )?
                .query_map([], |row| {
                    let expiry: String = row.get(0)?;
                    let erased_at = Timestamp::from_milliseconds(row.get(1)?)
                        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(1, 0))?;
                    Ok(ErasedGroup {
                        day: expiry.parse::<NaiveDate>().ok(),
                        erased_on: Zone::UTC.date(erased_at),
                        count: row.get::<_, i64>(2)?.unsigned_abs(),
                    })
                })?
                .collect()
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::net::IpAddr;
    use std::path::Path;

    use proptest::collection::vec;
    use proptest::prelude::any;
    use proptest::{prop_assert, prop_assert_eq, proptest};
    use tempfile::tempdir;

    use super::super::row::octets;
    use super::super::test_support::{EIGHT, all, at, ended, opening, reading, secret, session};
    use super::super::{Journal, Reader};
    use super::*;
    use temoin_core::record::ErasureCertificate;
    use temoin_core::session::{Attributes, Change, Session};

    /// Everything that only the session of this number holds, in each form in which it could stand in
    /// a file.
    pub(in super::super) fn traces(number: u32, session: &Session) -> Vec<Vec<u8>> {
        let attributes = &session.attributes;
        let addresses = [
            attributes.origin_address.unwrap().value,
            attributes.assigned_ipv4.unwrap().value.into(),
            attributes.assigned_ipv6.unwrap().value.into(),
            attributes.delegated_prefix.unwrap().value.address().into(),
        ];
        let mut traces = vec![secret(number).as_bytes().to_vec()];
        for address in addresses {
            traces.push(octets(address));
            traces.push(address.to_string().into_bytes());
            if let IpAddr::V4(address) = address {
                traces.push(u32::from(address).to_le_bytes().to_vec());
            }
        }
        for reading in [session.opened, session.end.as_ref().unwrap().closed] {
            let milliseconds = reading.realtime.milliseconds();
            traces.push(reading.realtime.to_string().into_bytes());
            traces.push(milliseconds.to_string().into_bytes());
            // As a column's six-byte integer and as a row's number (fileformat2.html, 2.1 and 1.6).
            traces.push(milliseconds.to_be_bytes()[2..].to_vec());
            traces.push(variable_length(milliseconds.unsigned_abs()));
        }
        traces
    }

    fn variable_length(mut value: u64) -> Vec<u8> {
        let mut bytes = vec![(value & 0x7f) as u8];
        while value > 0x7f {
            value >>= 7;
            bytes.insert(0, (value & 0x7f) as u8 | 0x80);
        }
        bytes
    }

    /// Those of the traces that stand in any file in `directory`.
    pub(in super::super) fn found(directory: &Path, traces: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut by_beginning: Vec<Vec<&Vec<u8>>> = vec![Vec::new(); 0x1_0000];
        let beginning = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
        for trace in traces {
            by_beginning[beginning(trace)].push(trace);
        }
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(directory).unwrap() {
            let content = fs::read(entry.unwrap().path()).unwrap();
            for (place, two) in content.windows(2).enumerate() {
                let candidates = by_beginning[beginning(two)].iter();
                found.extend(candidates.filter(|trace| content[place..].starts_with(trace)));
            }
        }
        found.into_iter().cloned().collect()
    }

    /// A session without what fills a page, so that rows differ in length and move about.
    fn sparse(number: u32) -> Session {
        let mut session = session(number, reading(0, i64::from(number) * 7, true));
        if number % 3 == 0 {
            session.attributes =
                Attributes { transport: session.attributes.transport, ..Attributes::default() };
        }
        session
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(4))]
        #[test]
        fn no_byte_of_an_erased_session_is_left_in_any_file(chosen in vec(any::<u8>(), 120)) {
            let directory = tempdir().unwrap();
            let (mut journal, _) = Journal::open(directory.path()).unwrap();
            let mut sessions = Vec::new();
            for number in 0..120 {
                let first = sparse(number);
                let whole = session(number, first.opened);
                let name = format!("{number:020}");
                journal.record(&[opening(number, &first)], Some(&name)).unwrap();
                journal.forget_taken(Vec::new());
                let closed = ended(first, reading(0, i64::from(number) * 7 + 5, true));
                journal.record(&[Change::Close(closed.clone())], None).unwrap();
                journal.learn(closed.id, &whole.attributes).unwrap();
                sessions.push(ended(whole, closed.end.unwrap().closed));
                if number == 60 {
                    prop_assert!(journal.truncate().unwrap());
                }
            }
            let held: Vec<Vec<u8>> = (0..)
                .zip(&sessions)
                .flat_map(|(number, session)| {
                    let start = session.opened.realtime.milliseconds().to_be_bytes();
                    let origin = octets(session.attributes.origin_address.unwrap().value);
                    [secret(number).as_bytes().to_vec(), origin, start[2..].to_vec()]
                })
                .collect();
            prop_assert_eq!(found(directory.path(), &held).len(), held.len());
            let mut gone = 0;
            for round in 0..3 {
                let certificates: Vec<ErasureCertificate> = sessions
                    .iter()
                    .zip(&chosen)
                    .filter(|(_, chosen)| *chosen % 4 == round)
                    .map(|(session, _)| ErasureCertificate {
                        id: session.id,
                        erased_at: at(EIGHT + 123_456_789),
                        expiry: "2027-11-25".to_owned(),
                    })
                    .collect();
                // Somebody has looked, so there is an index of the log as well.
                drop(Reader::open(directory.path()).unwrap());
                let erased = journal.erase(&certificates).unwrap();
                prop_assert_eq!(
                    erased,
                    ErasedCount { sessions: certificates.len(), is_complete: true }
                );
                gone += certificates.len();
                let traces: Vec<Vec<u8>> = (0..)
                    .zip(&sessions)
                    .zip(&chosen)
                    .filter(|(_, chosen)| *chosen % 4 <= round)
                    .flat_map(|((number, session), _)| traces(number, session))
                    .collect();
                prop_assert_eq!(found(directory.path(), &traces), Vec::<Vec<u8>>::new());
            }
            prop_assert_eq!(all(directory.path()).len(), sessions.len() - gone);
        }
    }
}
