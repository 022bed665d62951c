//! Runs `temoin-operator` as an OpenVPN server would, with environments recorded from OpenVPN 2.6, and
//! checks what is recorded, also while the store is unavailable.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod support;

#[path = "support/gateway.rs"]
mod gateway;

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use temoin_operator::Location;

use gateway::TestGateway;
use support::Cluster;

#[test]
fn a_client_that_comes_and_leaves_is_recorded_and_told_its_origin() {
    let gateway = TestGateway::sqlite();
    let client = gateway.client(1);
    let dynamic = gateway.path("dynamic");
    fs::write(&dynamic, "ifconfig-push 10.99.0.77 255.255.255.0\n").unwrap();
    assert_eq!(gateway.hook("client-connect", &client, Some(&dynamic)), "");
    assert_eq!(
        fs::read_to_string(&dynamic).unwrap(),
        "ifconfig-push 10.99.0.77 255.255.255.0\n\
         push \"setenv-safe TEMOIN_ORIGIN_IP 203.0.113.1\"\n\
         push \"setenv-safe TEMOIN_ORIGIN_PORT 40001\"\n"
    );
    gateway.await_counts(1, 1);
    let serving = gateway.serve();
    assert_eq!(gateway.register("10.99.0.77", gateway.id()), 204);
    drop(serving);
    // OpenVPN says the address that was assigned in the end.
    let mut leaves = client;
    leaves.insert("ifconfig_pool_remote_ip".to_owned(), "10.99.0.77".to_owned());
    assert_eq!(gateway.hook("client-disconnect", &leaves, None), "");
    gateway.await_counts(1, 0);
    assert!(gateway.run(&["stats"]).contains("registered   1"));
}

#[test]
fn events_wait_in_order_while_the_database_is_away_and_none_is_lost() {
    let gateway = TestGateway::postgres();
    let Location::Postgres(url) = gateway.location().clone() else { unreachable!() };
    let name = url.trim_start_matches("postgres:///").split('?').next().unwrap().to_owned();
    let cluster = Cluster::shared();
    let let_in = |whether: bool| {
        cluster.psql("postgres", &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {whether}"));
    };
    let_in(false);
    for number in 1..=5 {
        let began = Instant::now();
        assert_eq!(gateway.hook("client-connect", &gateway.client(number), None), "");
        assert_eq!(gateway.hook("client-disconnect", &gateway.client(number), None), "");
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }
    assert_eq!(gateway.waiting(), 10);
    let output = gateway.command(&["take"]).output().unwrap();
    assert!(!output.status.success() && gateway.waiting() == 10, "{output:?}");
    let_in(true);
    gateway.take();
    let stats = gateway.store().stats().unwrap();
    assert_eq!((stats.sessions, stats.open, gateway.waiting()), (5, 0, 0));
}

#[test]
fn gateways_that_share_a_database_lose_nothing_to_each_other() {
    let gateways: [TestGateway; 3] = {
        let first = TestGateway::postgres();
        let (second, third) =
            (TestGateway::at(first.location()), TestGateway::at(first.location()));
        [first, second, third]
    };
    thread::scope(|scope| {
        for (place, gateway) in gateways.iter().enumerate() {
            gateway.configure(&format!("[gateway]\nname = \"gw{place}\"\n"));
            scope.spawn(move || {
                for number in 1..=6 {
                    assert_eq!(gateway.hook("client-connect", &gateway.client(number), None), "");
                }
            });
        }
    });
    gateways[0].await_counts(18, 18);
}

#[test]
fn a_restarted_server_ends_the_sessions_its_last_run_left_open() {
    let gateway = TestGateway::sqlite();
    for number in [1, 2] {
        gateway.hook("client-connect", &gateway.client(number), None);
    }
    gateway.await_counts(2, 2);
    let mut later = gateway.client(3);
    later.insert("daemon_start_time".to_owned(), "1795415800".to_owned());
    later.insert("time_unix".to_owned(), "1795415801".to_owned());
    gateway.hook("client-connect", &later, None);
    gateway.await_counts(3, 1);
}

#[test]
fn a_hook_never_fails_and_says_what_is_wrong() {
    let gateway = TestGateway::sqlite();
    let mut nothing = gateway.client(1);
    nothing.clear();
    let said = gateway.hook("client-connect", &nothing, None);
    assert!(said.contains("dev is missing"), "{said}");
    fs::remove_dir_all(gateway.path("spool")).unwrap();
    let said = gateway.hook("client-connect", &gateway.client(1), None);
    assert!(said.contains("spool") && said.contains("missing from the record"), "{said}");
    fs::write(gateway.path("operator.toml"), "[store\n").unwrap();
    let said = gateway.hook("client-disconnect", &gateway.client(1), None);
    assert!(said.contains("operator.toml") && said.contains("line 1"), "{said}");
}

#[test]
fn what_cannot_be_read_is_set_aside_and_does_not_stop_what_follows() {
    let gateway = TestGateway::sqlite();
    fs::write(gateway.path("spool/0000000001"), [0xff; 9]).unwrap();
    assert_eq!(gateway.hook("client-connect", &gateway.client(1), None), "");
    gateway.await_counts(1, 1);
    assert!(gateway.run(&["stats"]).contains("set aside    1"));
}

#[test]
fn erasing_takes_what_is_due_and_leaves_the_rest() {
    let gateway = TestGateway::sqlite();
    // The sessions of the recorded environment end now, by this machine's clock.
    gateway.configure("[retention]\ndays = 1\ncounted_from = \"session_start\"\n");
    let (mut old, new) = (gateway.client(1), gateway.client(2));
    old.insert("time_unix".to_owned(), "1600000000".to_owned());
    for client in [&old, &new] {
        gateway.hook("client-connect", client, None);
    }
    gateway.await_counts(2, 2);
    gateway.hook("client-disconnect", &old, None);
    gateway.await_counts(2, 1);
    let said = gateway.run(&["erase"]);
    assert!(said.starts_with("1 sessions erased"), "{said}");
    gateway.await_counts(1, 1);
}

#[test]
fn what_root_leaves_in_the_spool_belongs_to_the_spools_owner() {
    let gateway = TestGateway::sqlite();
    let spool = gateway.path("spool");
    if fs::metadata(&spool).unwrap().uid() == 0 {
        chown(&spool, Some(65_534), Some(65_534)).unwrap();
    }
    // What is there is no database, so the event waits.
    fs::write(gateway.path("record/record.db"), [1; 4096]).unwrap();
    gateway.hook("client-connect", &gateway.client(1), None);
    assert_eq!(gateway.waiting(), 1);
    let owner = fs::metadata(&spool).unwrap().uid();
    assert_eq!(fs::metadata(spool.join("0000000000")).unwrap().uid(), owner);
}

#[test]
fn a_clock_that_jumped_erases_nothing_and_one_that_goes_on_does() {
    let gateway = TestGateway::sqlite();
    gateway.hook("client-connect", &gateway.client(1), None);
    gateway.await_counts(1, 1);
    gateway.hook("client-disconnect", &gateway.client(1), None);
    gateway.await_counts(1, 0);
    let erase_at = |day: &str, arguments: &[&str]| {
        let erase = gateway.command(&[&["erase"], arguments].concat());
        let mut faked = Command::new("faketime");
        faked.arg(format!("{day} 12:00:00")).arg(erase.get_program()).args(erase.get_args());
        faked.output().unwrap()
    };
    for day in ["2030-01-01", "2030-01-02", "2030-01-05", "2039-06-01"] {
        let refused = erase_at(day, &[]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains("nothing is erased"), "{said}");
        gateway.await_counts(1, 0);
    }
    assert!(gateway.run(&["erase"]).starts_with("0 sessions erased"));
    // After an erasure by a clock that is trusted, too.
    assert!(!erase_at("2030-01-01", &[]).status.success());
    gateway.await_counts(1, 0);
    let confirmed = erase_at("2030-01-01", &["--trust-clock"]);
    assert!(String::from_utf8_lossy(&confirmed.stdout).starts_with("1 sessions erased"));
    gateway.await_counts(0, 0);
}

#[test]
fn what_is_due_goes_also_where_the_spool_cannot_be_taken() {
    let gateway = TestGateway::sqlite();
    gateway.configure("[retention]\ndays = 1\ncounted_from = \"session_start\"\n");
    let mut old = gateway.client(1);
    old.insert("time_unix".to_owned(), "1600000000".to_owned());
    gateway.hook("client-connect", &old, None);
    gateway.hook("client-disconnect", &old, None);
    gateway.await_counts(1, 0);
    fs::remove_dir_all(gateway.path("spool")).unwrap();
    let output = gateway.command(&["erase"]).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), output.stderr);
    assert!(said.starts_with("1 sessions erased"), "{said}");
    assert!(!output.status.success() && String::from_utf8_lossy(&errors).contains("spool"));
}

#[test]
fn making_what_is_there_changes_nothing() {
    let gateway = TestGateway::sqlite();
    let before = fs::read(gateway.path("operator.toml")).unwrap();
    let said = gateway.run(&["init"]);
    assert!(said.contains("there already") && said.contains("client-connect"), "{said}");
    assert_eq!(fs::read(gateway.path("operator.toml")).unwrap(), before);

    let own = gateway.path("record/record.db").display().to_string();
    assert!(gateway.run(&["init", "--store", &own]).contains("there already"));
    for other in ["postgres:///temoin", "/var/lib/other.db"] {
        let output = gateway.command(&["init", "--store", other]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("another store"), "{said}");
    }
    assert_eq!(fs::read(gateway.path("operator.toml")).unwrap(), before);
}

#[test]
fn the_record_and_what_lies_beside_it_is_its_owners_alone_whatever_the_umask() {
    let directory = tempfile::tempdir().unwrap();
    // Not made by `init`, as where a sysadmin puts the record into a folder that others use too.
    fs::create_dir(directory.path().join("record")).unwrap();
    let location = Location::Sqlite(directory.path().join("record/record.db"));
    let gateway = TestGateway::empty(directory, location);
    let init = gateway.command(&["init"]);
    let mut open_to_all = Command::new("sh");
    open_to_all.args(["-c", "umask 000; exec \"$@\"", "sh"]).arg(init.get_program());
    let output = open_to_all.args(init.get_args()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut store = gateway.store();
    assert_eq!(store.stats().unwrap().sessions, 0);
    for name in ["record.db", "record.db-wal", "record.db-shm"] {
        let mode = fs::metadata(gateway.path("record").join(name)).unwrap().mode();
        assert_eq!(mode & 0o7777, 0o600, "{name}");
    }
}
