//! Adds to a record what passed with an operator: `fill-correspondence DIRECTORY`, where `state` below
//! it has at least forty sessions that are over, the newest of them some days ago. Everything that the
//! operator can say of one is said of some, and everything that can become of a request became of one.
//! Writes the operator's profile and a configuration that chooses it into DIRECTORY.
#![allow(clippy::expect_used, clippy::print_stderr, reason = "a tool for tests")]

#[path = "../support/operator.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "shared with the tests")]
mod operator;

use std::path::Path;

use operator::{SigningOperator, brussels};
use temoin_core::record::{
    Call, CallResult, Filter, Pagination, ResponseSummary, RouteKind, SentRequest,
};
use temoin_core::session::{Session, Timestamp};
use temoin_journal::{Journal, Reader, SyncUpdate};
use temoin_protocol::CanonicalValue;

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

fn main() {
    let Some(directory) = std::env::args().nth(1) else {
        eprintln!("usage: fill-correspondence DIRECTORY");
        std::process::exit(2);
    };
    let directory = Path::new(&directory);
    let operator = SigningOperator::default();
    operator.choose(directory);
    let state = directory.join("state");
    let mut journal = Journal::open_beside(&state).expect("a journal").expect("a record");
    let reader = Reader::open(&state).expect("a journal").expect("a record");
    let newest = reader.sessions(&Filter::all(now(0)), &Pagination::first(40)).expect("sessions");
    assert!(newest.len() == 40, "forty sessions");
    for session in newest.iter().rev() {
        let began = session.start.value.best().expect("a time");
        operator.bind(&mut journal, session.id, began);
    }
    for (number, session) in newest.iter().enumerate().rev() {
        let days = i64::try_from(number).expect("few");
        let at = now(-days).shifted(-DAY / 2);
        let day = |days: i64| brussels().date(now(days)).to_string();
        let (until, values) = match number {
            // It goes before its day, and is overdue.
            2 => (None, Vec::new()),
            3 => (Some(day(-20)), values(session, false)),
            // Another origin than the box saw.
            5 => (Some(day(300)), values(session, true)),
            _ => (Some(day(300 - days)), values(session, false)),
        };
        let record = until.as_deref().map(|until| (until, values.as_slice()));
        operator.state(&mut journal, &reader, session.id, at, record);
    }
    for (minutes, status, failure) in
        [(50, None, Some("unreachable")), (40, Some(200), Some("signature")), (30, Some(503), None)]
    {
        request(&mut journal, now(0).shifted(-minutes * 60_000), status, failure);
    }
}

/// What the operator holds of a session: what the box saw, or another origin.
fn values(session: &Session, is_other: bool) -> Vec<CanonicalValue> {
    let attributes = &session.attributes;
    let origin = attributes.origin_address.expect("an origin").value;
    let origin = if is_other { [198, 51, 100, 77].into() } else { origin };
    vec![
        CanonicalValue::origin_address(origin),
        CanonicalValue::assigned_ipv4(attributes.assigned_ipv4.expect("an address").value),
    ]
}

/// A request of which nothing came that is kept.
fn request(journal: &mut Journal, at: Timestamp, status: Option<u16>, failure: Option<&str>) {
    let sent = SentRequest {
        at,
        call: Call::Status,
        route: RouteKind::Proxy,
        is_manual: true,
        head: b"POST /temoin/2/status HTTP/1.1\r\nHost: vpn.example.org\r\n\r\n".to_vec(),
        body: vec![0x5a; 2048],
    };
    let entry = journal.note_request(&sent, &[], None).expect("noted");
    let answer = status.map(|status| ResponseSummary { status, size: 312, digest: [0; 32] });
    let outcome = CallResult { at, answer, failure: failure.map(str::to_owned) };
    journal.note_answer(entry, &outcome, &SyncUpdate::Nothing).expect("noted");
}

/// So many days from now.
fn now(days: i64) -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970");
    let milliseconds = i64::try_from(since.as_millis()).expect("a near future");
    Timestamp::from_milliseconds(milliseconds + days * DAY).expect("an instant")
}
