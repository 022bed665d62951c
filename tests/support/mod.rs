//! What the end-to-end tests share: a lab, what temoin recorded in it, and what the
//! operator's server saw.

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_imports,
    reason = "a part of several test programs, each of which uses its own share"
)]

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

mod lab;
mod mariadb;
mod operator;
mod postgres;
mod program;
mod record;
mod truth;

pub use lab::Lab;
pub use mariadb::MariaDb;
pub use operator::{SigningOperator, brussels};
pub use postgres::Cluster;
pub use program::{LOGIN, Program, TUNNEL, await_value, files_below};
pub use record::{RecordedSession, RecordedTime, RecordedValue};
pub use truth::{HookRun, ServerConnection};

/// The program of this name, built beside this test: a test of one program cannot name the other's
/// path when it is compiled.
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test program");
    let path = test.ancestors().nth(2).expect("target/debug/deps").join(name);
    assert!(path.exists(), "{} is missing: cargo build --workspace", path.display());
    path
}

/// Milliseconds since 1970, UTC: the clock that all parts of a lab share.
pub type Milliseconds = i64;

/// The present moment.
pub fn now() -> Milliseconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(since.as_millis()).expect("a clock before the year 292 million")
}
