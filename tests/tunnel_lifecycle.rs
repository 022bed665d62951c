//! The life cycle of a tunnel, end to end: how it starts, changes and ends. A real OpenVPN between
//! network namespaces, the real `temoin`, compared with what the operator's server saw.
//!
//! These tests need root and the packages that `make setup` installs.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::process::Command;
use std::time::Duration;
use std::{fs, thread};

use support::{Lab, Milliseconds, RecordedSession, RecordedTime, ServerConnection, now};

/// How far a start in the record may lie from the server's own, in milliseconds: the box's script
/// runs some 20 ms after the server's, and a second is what a member could ever notice.
const START: Milliseconds = 1_000;

/// How long after the box's end the server's own may come, in milliseconds, where OpenVPN told the
/// server that it leaves: the server closes five seconds after the notice. Over TCP it closes at
/// once, some 20 ms before the box's script runs.
const NOTICE: RangeInclusive<Milliseconds> = -1_000..=6_000;

/// The same where the server heard nothing: twice the client's `ping-restart` of 6 s, and a second.
const SILENCE: RangeInclusive<Milliseconds> = -1_000..=13_000;

#[test]
fn a_clean_stop_over_udp_ends_with_notice() {
    let lab = Lab::with_daemon("--push origin,prefix");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    let stopped = now();
    lab.run("client stop");
    let sessions = lab.await_sessions("closed");
    let truth = lab.await_truth(1, 1);
    assert_agrees(&sessions[0], &truth[0]);
    assert_pushed_origin(&sessions[0], &truth[0]);
    assert_eq!(sessions[0].reason(), "stopped-with-notice");
    assert_eq!(sessions[0].end.as_ref().unwrap().operator_view, "notice");
    assert_end(&sessions[0], &truth[0], NOTICE);
    assert_between(exact_end(&sessions[0]), stopped, stopped + 2_500);
}

#[test]
fn a_clean_stop_over_tcp_ends_without_notice() {
    let lab = Lab::with_daemon("--transport tcp --push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    lab.run("client stop");
    let sessions = lab.await_sessions("closed");
    let truth = lab.await_truth(1, 1);
    assert_agrees(&sessions[0], &truth[0]);
    assert_pushed_origin(&sessions[0], &truth[0]);
    assert_eq!(value(&sessions[0].transport), "tcp");
    assert_eq!(sessions[0].reason(), "stopped");
    assert_end(&sessions[0], &truth[0], NOTICE);
}

#[test]
fn a_reconnect_without_persist_tun_makes_two_sessions() {
    let lab = Lab::with_daemon("--push origin,prefix");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    lab.run("client usr1");
    let sessions = lab.await_sessions("closed open");
    let truth = lab.await_truth(2, 1);
    assert_all_agree(&sessions, &truth);
    assert_pushed_origin(&sessions[0], &truth[0]);
    assert_pushed_origin(&sessions[1], &truth[1]);
    assert_eq!(sessions[0].reason(), "restarted");
    assert_end(&sessions[0], &truth[0], NOTICE);
}

#[test]
fn a_reload_of_the_configuration_makes_two_sessions() {
    let lab = Lab::with_daemon("--push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    lab.run("client hup");
    let sessions = lab.await_sessions("closed open");
    let truth = lab.await_truth(2, 1);
    assert_all_agree(&sessions, &truth);
    assert_eq!(sessions[0].reason(), "reloaded");
    assert_end(&sessions[0], &truth[0], NOTICE);
}

#[test]
fn a_reconnect_that_persist_tun_hides_from_the_hooks_is_seen_on_the_management_socket() {
    let lab = Lab::with_daemon("--persist-tun --management");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    lab.run("client usr1");
    let sessions = lab.await_sessions("closed open");
    let truth = lab.await_truth(2, 1);
    assert_eq!(lab.hook_runs().len(), 1, "the hooks ran again: this is not the case it is to be");
    assert_all_agree(&sessions, &truth);
    assert_eq!(sessions[0].reason(), "restarted");
    assert_end(&sessions[0], &truth[0], NOTICE);
    for session in &sessions {
        assert_eq!(session.coverage, "complete");
    }
}

#[test]
fn where_no_management_socket_is_the_record_admits_that_persist_tun_may_hide_reconnects() {
    let lab = Lab::with_daemon("--persist-tun");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    lab.run("client usr1");
    let truth = lab.await_truth(2, 1);
    assert_eq!(lab.hook_runs().len(), 1, "the hooks ran again: this is not the case it is to be");
    let sessions = lab.await_sessions("open");
    assert_eq!(sessions[0].coverage, "hooks");
    assert_agrees(&sessions[0], &truth[0]);
}

#[test]
fn a_changed_push_leaves_the_closed_session_its_own_port() {
    let lab = Lab::with_daemon("--persist-tun --push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    lab.run("client usr1");
    let sessions = lab.await_sessions("closed open");
    let truth = lab.await_truth(2, 1);
    assert_ne!(truth[0].port, truth[1].port, "the same port again: nothing is shown");
    assert_all_agree(&sessions, &truth);
    assert_pushed_origin(&sessions[0], &truth[0]);
    assert_pushed_origin(&sessions[1], &truth[1]);
    assert_eq!(sessions[0].reason(), "settings-changed");
    assert_end(&sessions[0], &truth[0], NOTICE);
}

#[test]
fn hooks_and_management_socket_together_make_no_session_twice() {
    let lab = Lab::with_daemon("--persist-tun --management --push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    lab.run("client usr1");
    lab.await_sessions("closed open");
    lab.await_truth(2, 1);
    lab.run("client hup");
    lab.await_sessions("closed closed open");
    lab.await_truth(3, 2);
    lab.run("client stop");
    let sessions = lab.await_sessions("closed closed closed");
    let truth = lab.await_truth(3, 3);
    assert_all_agree(&sessions, &truth);
    for (session, connection) in sessions.iter().zip(&truth) {
        assert_pushed_origin(session, connection);
        assert_end(session, connection, NOTICE);
        assert_eq!(session.coverage, "complete");
    }
    let reasons: Vec<&str> = sessions.iter().map(RecordedSession::reason).collect();
    assert!(["restarted", "settings-changed"].contains(&reasons[0]), "{reasons:?}");
    assert_eq!(reasons[1..], ["reloaded", "stopped-with-notice"]);
}

#[test]
fn a_server_that_falls_silent_ends_the_session_by_ping_restart() {
    let lab = Lab::with_daemon("--push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    let killed = now();
    lab.run("server kill");
    let sessions = lab.await_sessions("closed");
    assert_eq!(sessions[0].reason(), "server-silent");
    assert_eq!(sessions[0].end.as_ref().unwrap().operator_view, "timeout");
    assert_between(exact_end(&sessions[0]), killed + 3_000, killed + 8_000);
    lab.run("server start");
    let sessions = lab.await_sessions("closed open");
    let truth = lab.await_truth(2, 0);
    assert_all_agree(&sessions, &truth);
    assert_pushed_origin(&sessions[0], &truth[0]);
    assert_pushed_origin(&sessions[1], &truth[1]);
}

#[test]
fn a_cut_uplink_ends_the_session_on_both_sides_within_twice_ping_restart() {
    let lab = Lab::with_daemon("--push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    let broken = now();
    lab.run("cut");
    let sessions = lab.await_sessions("closed");
    let truth = lab.await_truth(1, 1);
    assert_eq!(sessions[0].reason(), "server-silent");
    assert_between(exact_end(&sessions[0]), broken + 3_000, broken + 8_000);
    assert_end(&sessions[0], &truth[0], SILENCE);
    lab.run("uncut");
    let sessions = lab.await_sessions("closed open");
    assert_all_agree(&sessions, &lab.await_truth(2, 1));
}

#[test]
fn a_server_that_says_it_stops_ends_the_session_at_once() {
    let lab = Lab::with_daemon("--push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    let stopped = now();
    lab.run("server stop");
    let sessions = lab.await_sessions("closed");
    let truth = lab.await_truth(1, 1);
    assert_eq!(sessions[0].reason(), "server-stopped");
    assert_eq!(sessions[0].end.as_ref().unwrap().operator_view, "own-stop");
    assert_between(exact_end(&sessions[0]), stopped, stopped + 2_000);
    assert_end(&sessions[0], &truth[0], NOTICE);
    lab.run("server start");
    let sessions = lab.await_sessions("closed open");
    assert_all_agree(&sessions, &lab.await_truth(2, 1));
}

#[test]
fn a_server_that_dies_over_tcp_ends_the_session_at_once() {
    let lab = Lab::with_daemon("--transport tcp --push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    let killed = now();
    lab.run("server kill");
    let sessions = lab.await_sessions("closed");
    assert_eq!(sessions[0].reason(), "connection-lost");
    assert_between(exact_end(&sessions[0]), killed, killed + 2_000);
    lab.run("server start");
    let sessions = lab.await_sessions("closed open");
    assert_all_agree(&sessions, &lab.await_truth(2, 0));
}

#[test]
fn a_kill_of_the_client_is_seen_by_the_kernels_notice_to_the_second() {
    let lab = Lab::with_daemon("--push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    let killed = now();
    lab.run("client kill");
    let sessions = lab.await_sessions("closed");
    let truth = lab.await_truth(1, 1);
    assert_eq!(lab.hook_runs().len(), 1, "a closing hook ran: this is not the case it is to be");
    assert_agrees(&sessions[0], &truth[0]);
    assert_eq!(sessions[0].reason(), "interface-gone");
    assert_eq!(sessions[0].end.as_ref().unwrap().operator_view, "timeout");
    assert_between(exact_end(&sessions[0]), killed, killed + 1_000);
    assert_end(&sessions[0], &truth[0], SILENCE);
}

#[test]
fn a_kill_of_the_client_closes_one_session_with_the_management_socket_too() {
    let lab = Lab::with_daemon("--management --push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    let killed = now();
    lab.run("client kill; client start; wait up");
    let sessions = lab.await_sessions("closed open");
    let truth = lab.await_truth(2, 1);
    assert_all_agree(&sessions, &truth);
    let reason = sessions[0].reason();
    assert!(["interface-gone", "process-gone"].contains(&reason), "{reason}");
    assert_between(exact_end(&sessions[0]), killed, killed + 1_000);
    assert_end(&sessions[0], &truth[0], SILENCE);
}

#[test]
fn a_kill_that_nobody_saw_leaves_bounds_around_the_true_end() {
    let lab = Lab::with_daemon("--push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    lab.run("daemon kill");
    thread::sleep(Duration::from_secs(5));
    let before = now();
    lab.run("client kill");
    let after = now();
    thread::sleep(Duration::from_secs(1));
    lab.run("daemon start");
    let restarted = now();
    let sessions = lab.await_sessions("closed");
    let truth = lab.await_truth(1, 1);
    assert_agrees(&sessions[0], &truth[0]);
    assert_eq!(sessions[0].reason(), "unseen");
    let end = &sessions[0].end.as_ref().unwrap().moment;
    assert_eq!(end.exact(), None, "an end that nobody saw was invented");
    let (earliest, latest) = end.bounds();
    assert!(earliest <= before && after <= latest, "{before}..{after} is not within {end:?}");
    // OpenVPN rewrites its status file every two seconds here, so its last sign of life is recent.
    assert_between(earliest, before - 3_000, before);
    assert!(latest <= restarted, "{end:?} ends after the daemon looked, at {restarted}");
}

#[test]
fn the_tunnel_may_run_over_ipv6() {
    let lab = Lab::with_daemon("--transport udp6 --push origin,prefix");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    lab.run("client stop");
    let sessions = lab.await_sessions("closed");
    let truth = lab.await_truth(1, 1);
    assert_eq!(truth[0].address, "2001:db8:77::10".parse::<IpAddr>().unwrap());
    assert_agrees(&sessions[0], &truth[0]);
    assert_pushed_origin(&sessions[0], &truth[0]);
    assert_end(&sessions[0], &truth[0], NOTICE);
}

#[test]
fn of_several_remotes_the_one_in_use_is_recorded() {
    let lab = Lab::with_daemon("--dead-remote --push origin");
    lab.run("client start; wait up");
    let sessions = lab.await_sessions("open");
    assert_addresses_agree(&sessions[0], &lab.await_truth(1, 0)[0]);
    // From 2.7 on OpenVPN does not say which transport each remote has.
    let version = Command::new("openvpn").arg("--version").output().unwrap().stdout;
    let tells = version.starts_with(b"OpenVPN 2.6");
    assert_eq!(sessions[0].transport.is_some(), tells, "{:?}", sessions[0]);
}

#[test]
fn a_tunnel_that_was_up_before_temoin_came_is_found_and_its_start_bounded() {
    let lab = Lab::up("--push origin");
    lab.run("unhook; client start; wait up");
    let looked = now();
    lab.run("daemon start");
    let sessions = lab.await_sessions("open");
    let truth = lab.await_truth(1, 0);
    assert_eq!(sessions[0].coverage, "interface");
    assert_start_within_bounds(&sessions[0].start, &truth[0]);
    assert_between(sessions[0].start.bounds().1, looked, now());
    assert_eq!(Some(value(&sessions[0].assigned_ipv4)), truth[0].ipv4);
    assert_eq!(Some(value(&sessions[0].assigned_ipv6)), truth[0].ipv6);
    let killed = now();
    lab.run("client kill");
    let sessions = lab.await_sessions("closed");
    assert_between(exact_end(&sessions[0]), killed, killed + 1_000);
}

#[test]
fn what_the_hooks_left_while_the_daemon_was_away_is_taken_in_when_it_comes() {
    let lab = Lab::up("--push origin,prefix");
    lab.run("client start; wait up; client usr1");
    let truth = lab.await_truth(2, 1);
    lab.run("client stop; daemon start");
    let sessions = lab.await_sessions("closed closed");
    assert_all_agree(&sessions, &truth);
    let truth = lab.await_truth(2, 2);
    assert_eq!(sessions[0].reason(), "restarted");
    assert_eq!(sessions[1].reason(), "stopped-with-notice");
    for (session, connection) in sessions.iter().zip(&truth) {
        assert_pushed_origin(session, connection);
        assert_end(session, connection, NOTICE);
    }
}

#[test]
fn a_daemon_that_comes_after_the_hook_dates_the_start_by_the_hook() {
    let lab = Lab::up("--push origin");
    lab.run("client start; wait up");
    thread::sleep(Duration::from_secs(3));
    lab.run("daemon start");
    let sessions = lab.await_sessions("open");
    let truth = lab.await_truth(1, 0);
    assert_all_agree(&sessions, &truth);
    assert_pushed_origin(&sessions[0], &truth[0]);
}

#[test]
fn a_daemon_killed_in_the_middle_of_a_session_goes_on_with_it() {
    let lab = Lab::with_daemon("--push origin");
    lab.run("client start; wait up");
    let before = lab.await_sessions("open");
    lab.run("daemon kill; daemon start");
    let after = lab.await_sessions("open");
    assert_eq!(before[0].id, after[0].id);
    lab.run("client stop");
    let sessions = lab.await_sessions("closed");
    let truth = lab.await_truth(1, 1);
    assert_all_agree(&sessions, &truth);
    assert_pushed_origin(&sessions[0], &truth[0]);
    assert_eq!(sessions[0].reason(), "stopped-with-notice");
    assert_end(&sessions[0], &truth[0], NOTICE);
}

#[test]
fn a_daemon_that_was_away_during_a_hidden_reconnect_learns_of_it_from_the_management_socket() {
    let lab = Lab::with_daemon("--persist-tun --management");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    lab.run("daemon kill; client usr1");
    let truth = lab.await_truth(2, 1);
    thread::sleep(Duration::from_secs(1));
    lab.run("daemon start");
    let sessions = lab.await_sessions("closed open");
    assert_agrees(&sessions[0], &truth[0]);
    let (earliest, latest) = sessions[0].end.as_ref().unwrap().moment.bounds();
    let end = truth[0].end.unwrap();
    assert!(earliest <= end && end <= latest, "{end} is not within {:?}", sessions[0].end);
    assert_start_within_bounds(&sessions[1].start, &truth[1]);
}

#[test]
fn a_daemon_that_stops_cleanly_leaves_the_session_open() {
    let lab = Lab::with_daemon("--push origin");
    lab.run("client start; wait up");
    let before = lab.await_sessions("open");
    lab.run("daemon stop; daemon start; client stop");
    let sessions = lab.await_sessions("closed");
    assert_eq!(before[0].id, sessions[0].id);
    let truth = lab.await_truth(1, 1);
    assert_all_agree(&sessions, &truth);
    assert_end(&sessions[0], &truth[0], NOTICE);
}

#[test]
fn a_move_to_another_public_address_leaves_the_session_the_one_it_began_with() {
    let lab = Lab::with_daemon("--push origin");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    lab.run("nat rebind");
    // The server notices at the client's next ping, two seconds later at most.
    thread::sleep(Duration::from_secs(4));
    lab.run("client stop");
    let sessions = lab.await_sessions("closed");
    let truth = lab.await_truth(1, 1);
    assert_ne!(truth[0].address, truth[0].last_address, "the server saw no move");
    assert_all_agree(&sessions, &truth);
    assert_pushed_origin(&sessions[0], &truth[0]);
}

#[test]
fn without_the_operators_help_stun_tells_the_origin_address_and_no_port() {
    let lab = Lab::with_daemon("--stun --firewall --daemon-origin operator-push,stun");
    assert_origin_found(&lab, "stun");
}

#[test]
fn without_the_operators_help_the_home_router_tells_the_origin_address_by_nat_pmp() {
    let lab = Lab::with_daemon("--nat-pmp --firewall --daemon-origin operator-push,nat-pmp");
    assert_origin_found(&lab, "nat-pmp");
}

#[test]
fn without_the_operators_help_the_home_router_tells_the_origin_address_by_pcp() {
    let lab = Lab::with_daemon("--pcp --firewall --daemon-origin operator-push,pcp");
    assert_origin_found(&lab, "pcp");
}

#[test]
fn where_nobody_tells_the_origin_it_stays_unknown() {
    let lab = Lab::with_daemon("--firewall");
    lab.run("client start; wait up");
    lab.await_sessions("open");
    thread::sleep(Duration::from_secs(8));
    let sessions = lab.sessions();
    assert_all_agree(&sessions, &lab.truth());
    assert_eq!(sessions[0].origin_address, None);
    assert_eq!(sessions[0].origin_port, None);
}

#[test]
fn no_hook_event_is_left_in_the_spool_once_it_is_recorded() {
    let lab = Lab::with_daemon("--push origin");
    lab.run("client start; wait up; client stop");
    lab.await_sessions("closed");
    let spool = lab.record().join("spool");
    lab.await_value(Duration::from_secs(5), "empty spool", || {
        let files = fs::read_dir(&spool).expect("the spool");
        files
            .flatten()
            .all(|entry| entry.file_type().is_ok_and(|kind| !kind.is_file()))
            .then_some(())
    });
}

/// Starts the tunnel and holds its origin, found by `source`, against what the server saw; then has
/// the router change its address and does it again.
fn assert_origin_found(lab: &Lab, source: &str) {
    lab.run("client start; wait up");
    let origin = |index: usize| {
        lab.await_value(Duration::from_secs(15), "origin address", || {
            lab.sessions().get(index)?.origin_address.clone()
        })
    };
    let first = origin(0);
    lab.run("client stop; nat rebind; client start; wait up");
    let second = origin(1);
    let truth = lab.await_truth(2, 1);
    let sessions = lab.await_sessions("closed open");
    assert_all_agree(&sessions, &truth);
    for (origin, connection) in [first, second].iter().zip(&truth) {
        assert_eq!(origin.value, connection.address);
        assert_eq!(origin.source, source);
    }
    assert_ne!(truth[0].address, truth[1].address, "the router kept its address");
    for session in &sessions {
        assert_eq!(session.origin_port, None, "a port that nobody told");
    }
}

fn assert_all_agree(sessions: &[RecordedSession], truth: &[ServerConnection]) {
    assert_eq!(sessions.len(), truth.len(), "{sessions:?}\n{truth:?}");
    for (session, connection) in sessions.iter().zip(truth) {
        assert_agrees(session, connection);
    }
    let ids: BTreeSet<&str> = sessions.iter().map(|session| session.id.as_str()).collect();
    assert_eq!(ids.len(), sessions.len(), "an id twice: {sessions:?}");
}

/// Start, addresses and gateway are those of the server, and the transport is known.
fn assert_agrees(session: &RecordedSession, connection: &ServerConnection) {
    assert_addresses_agree(session, connection);
    assert_ne!(value(&session.transport), "");
}

fn assert_addresses_agree(session: &RecordedSession, connection: &ServerConnection) {
    let start = session.start.exact().expect("an exact start");
    assert_between(start, connection.start - START, connection.start + START);
    assert_eq!(session.device, "tun0");
    assert_eq!(Some(value(&session.assigned_ipv4)), connection.ipv4);
    assert_eq!(Some(value(&session.assigned_ipv6)), connection.ipv6);
    let gateway = value(&session.gateway);
    let server = if connection.address.is_ipv4() { "198.51.100.1" } else { "2001:db8:51::1" };
    assert_eq!(gateway.address, server.parse::<IpAddr>().unwrap());
    assert_eq!(gateway.port, 1194);
}

fn assert_pushed_origin(session: &RecordedSession, connection: &ServerConnection) {
    let address = session.origin_address.as_ref().expect("an origin address");
    let port = session.origin_port.as_ref().expect("an origin port");
    assert_eq!((address.value, port.value), (connection.address, connection.port));
    assert_eq!((address.source.as_str(), port.source.as_str()), ("operator-push", "operator-push"));
}

/// The box's end is exact, and the server's own comes after it by what `lag` allows.
fn assert_end(
    session: &RecordedSession,
    connection: &ServerConnection,
    lag: RangeInclusive<Milliseconds>,
) {
    let own = exact_end(session);
    let server = connection.end.expect("an end at the server");
    assert!(lag.contains(&(server - own)), "box {own}, server {server}: not within {lag:?}");
}

fn exact_end(session: &RecordedSession) -> Milliseconds {
    session.end.as_ref().and_then(|end| end.moment.exact()).expect("an exact end")
}

fn assert_start_within_bounds(start: &RecordedTime, connection: &ServerConnection) {
    assert_eq!(start.exact(), None, "a start that nobody saw was invented");
    let (earliest, latest) = start.bounds();
    assert!(
        earliest <= connection.start && connection.start <= latest,
        "{} is not within {start:?}",
        connection.start
    );
}

fn assert_between(instant: Milliseconds, earliest: Milliseconds, latest: Milliseconds) {
    assert!(
        (earliest..=latest).contains(&instant),
        "{instant} is not between {earliest} and {latest}"
    );
}

fn value<T: Clone>(observed: &Option<support::RecordedValue<T>>) -> T {
    observed.as_ref().expect("a value").value.clone()
}
