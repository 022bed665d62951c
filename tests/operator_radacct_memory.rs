//! How much memory an import takes: no more for a long accounting than for a short one.
#![allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test reports by panicking, and figures"
)]

#[path = "support/accounting.rs"]
mod accounting;
mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use temoin_operator::store::AccountingSource;

use accounting::{Accounting, Kind};

/// What an import may take, in KiB.
const LIMIT: u64 = 64 * 1024;

/// A year of a large operator.
const YEAR: u64 = 1_825_000;

#[test]
fn an_import_takes_little_memory() {
    import(None, 30_000);
}

#[test]
#[ignore = "takes minutes: `make night`"]
fn a_year_of_an_export_takes_little_memory() {
    import(None, YEAR);
}

#[test]
#[ignore = "takes minutes: `make night`"]
fn a_year_of_sqlite_takes_little_memory() {
    import(Some(Kind::Sqlite), YEAR);
}

#[test]
#[ignore = "takes minutes: `make night`"]
fn a_year_of_postgresql_takes_little_memory() {
    import(Some(Kind::Postgres), YEAR);
}

/// Imports so many rows of a table, or of an export on standard input, twice, and looks how much memory
/// that takes. The second time the sessions are known.
fn import(kind: Option<Kind>, count: u64) {
    let accounting = Accounting::new(kind.unwrap_or(Kind::Sqlite));
    let now = support::now() / 1000;
    match kind {
        None | Some(Kind::MariaDb) => {}
        Some(Kind::Postgres) => accounting.run(&format!(
            "INSERT INTO radacct (acctuniqueid, username, nasipaddress, acctstarttime, \
             acctstoptime, callingstationid, framedipaddress, framedipv6address, \
             delegatedipv6prefix) SELECT md5(i::text), 'member' || i, '198.51.100.1', \
             to_timestamp({now} - i * 16), to_timestamp({now} - i * 16 + 3600), '203.0.113.7:' || \
             (i % 60000 + 1), '10.99.0.0'::inet + i % 65000, '2001:db8:99::'::inet + i, \
             '2001:db8:1::/56' FROM generate_series(1, {count}) AS n(i)"
        )),
        Some(Kind::Sqlite) => accounting.run(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
            INSERT INTO radacct (acctuniqueid, username, nasipaddress, acctstarttime, acctstoptime,
                callingstationid, framedipaddress, framedipv6address, delegatedipv6prefix)
            SELECT printf('%016x%016x', i * 2654435761 % 4294967296, i), 'member' || i,
                '198.51.100.1', {now} - i * 16, {now} - i * 16 + 3600,
                '203.0.113.7:' || (i % 60000 + 1), '10.99.' || (i / 250 % 250) || '.' || (i % 250 + 1),
                printf('2001:db8:99::%x:%x', i / 65536, i % 65536), '2001:db8:1::/56' FROM n"
        )),
    }
    let source = match &accounting.source {
        AccountingSource::Postgres(url) => url.clone(),
        AccountingSource::File(path) if kind.is_some() => path.display().to_string(),
        _ => "-".to_owned(),
    };
    for new in [count, 0] {
        let began = std::time::Instant::now();
        let mut import = accounting
            .program()
            .args(["import", &source])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = import.stdin.take().unwrap();
        let export = kind.is_none().then(|| {
            thread::spawn(move || {
                input.write_all(HEAD.as_bytes()).unwrap();
                let mut lines = String::new();
                for row in 1..=count {
                    write_row(&mut lines, row, now);
                    if lines.len() > 60_000 || row == count {
                        input.write_all(lines.as_bytes()).unwrap();
                        lines.clear();
                    }
                }
            })
        });
        let peak = peak_of(&mut import);
        export.into_iter().for_each(|export| export.join().unwrap());
        let output = import.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let source = kind.map_or_else(|| "Export".to_owned(), |kind| format!("{kind:?}"));
        eprintln!("{source}: {count} rows: {peak} KiB, {:.1} s", began.elapsed().as_secs_f32());
        assert!(said.starts_with(&format!("{new} sessions new, 0 updated")), "{said}");
        assert!((1..=LIMIT).contains(&peak), "{peak} KiB");
    }
}

const HEAD: &str = "radacctid\tacctuniqueid\tusername\tnasipaddress\tacctstarttime\tacctstoptime\t\
    callingstationid\tframedipaddress\tframedipv6address\tdelegatedipv6prefix\n";

fn write_row(lines: &mut String, row: u64, now: i64) {
    let scattered = row.wrapping_mul(2_654_435_761) % 4_294_967_296;
    let start = now - i64::try_from(row).unwrap() * 16;
    writeln!(
        lines,
        "{row}\t{scattered:016x}{row:016x}\tmember{row}\t198.51.100.1\t{start}\t{}\t203.0.113.7:{}\t\
         10.99.{}.{}\t2001:db8:99::{:x}:{:x}\t2001:db8:1::/56",
        start + 3600,
        row % 60_000 + 1,
        row / 250 % 250,
        row % 250 + 1,
        row / 65_536,
        row % 65_536,
    )
    .unwrap();
}

/// The most memory that a program had at once, in KiB, looked at until it ends.
fn peak_of(program: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", program.id());
    let mut peak = 0;
    while program.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kibibytes.unwrap_or(0));
        thread::sleep(Duration::from_millis(20));
    }
    peak
}
