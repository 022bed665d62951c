//! What is erased is gone: sessions with values that no other byte sequence resembles are recorded,
//! erased, and then searched for in every file that the program may write (record, spool, log, temporary
//! files), in every form that they could take. Needs no root: the tests run the hooks, and write past
//! sessions through the library.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::{Program, files_below};
use temoin_capture::spool::{Event, EventKind, Spool};
use temoin_core::record::{Filter, Pagination};
use temoin_core::session::{
    Attributes, BootId, Change, ClockReading, Coverage, End, EndReason, Gateway, Observed, Session,
    SessionSecret, Source, TimeBounds, Timestamp, Transport, Uptime,
};
use temoin_journal::{Journal, Reader};

/// When the machine of the recorded sessions started: 2025-01-01, in milliseconds after 1970.
const BOOTED: i64 = 1_735_689_600_000;

/// What timeout(1) ends with when it had to end the command.
const TIMED_OUT: i32 = 124;

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

#[test]
fn what_a_member_erases_while_the_daemon_runs_is_nowhere_any_more() {
    let marks = UniqueValues::new(1);
    let mut program = Program::native();
    program.start_daemon();
    let hook = |word: &str| {
        let mut command = program.command(&format!("hook {word}"));
        let output = command.envs(marks.environment()).output().unwrap();
        assert!(output.status.success());
    };
    hook("route-up");
    let session = program.await_sessions("open").remove(0);
    let id = session["id"].as_str().unwrap().to_owned();
    let lasts = program.run(&format!("erase --session {id}"));
    assert_eq!(lasts.status.code(), Some(1), "a session that lasts was erased");
    hook("route-down");
    program.await_sessions("closed");
    assert!(program.page(&format!("/session/{id}")).contains(&marks.origin.to_string()));
    let values = [marks.values(), times_of(&session)].concat();
    assert!(found(program.directory(), &values).len() > 4, "the search finds nothing");

    let told = program.print(&format!("erase --session {id}"));
    assert!(told.contains("1 session erased"), "{told}");
    assert_eq!(found(program.directory(), &values), [""; 0]);
    // What comes late finds no session.
    hook("route-down");
    program.await_sessions("");
    assert_eq!(certificates(&program).len(), 1);

    let log = program.stop_daemon();
    fs::write(program.directory().join("daemon.log"), &log).unwrap();
    assert_eq!(found(program.directory(), &values), [""; 0], "{log}");
    assert!(log.contains(&id[..8]), "{log}");
    // Nor does a start bring anything back.
    program.start_daemon();
    program.await_sessions("");
    assert_eq!(found(program.directory(), &values), [""; 0]);
}

#[test]
fn a_damaged_session_hides_no_other_stops_no_erasure_and_is_named() {
    let program = Program::native();
    let now = support::now();
    record(&program, &[(3, now - 14 * 31 * DAY), (2, now - 2 * DAY), (1, now - DAY)]);
    let poison = |change: &str| {
        let journal = rusqlite::Connection::open(program.state().join("journal.db")).unwrap();
        journal.execute_batch(&format!("UPDATE session SET {change}")).unwrap();
    };
    let doctor = || {
        let output = program.run("doctor --json");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let wrong = |own: &&serde_json::Value| own["health"] == "wrong";
        let findings = report["findings"].as_array().unwrap().iter().filter(wrong);
        findings.map(|own| own["check"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let newest = "number = (SELECT max(number) FROM session)";
    poison(&format!("start_source = 99 WHERE {newest}"));
    let listed = program.print("sessions");
    assert!(listed.contains("1 session is damaged"), "{listed}");
    // It is in none of the counts, and they say so.
    let held = program.print("held");
    assert!(held.contains("1 session is damaged"), "{held}");
    assert_eq!(program.json("held --json")["damaged"], 1);
    let json = program.json("sessions --json");
    assert_eq!(json["sessions"].as_array().unwrap().len(), 2);
    let id = json["damaged"][0]["id"].as_str().unwrap().to_owned();
    let shown = program.run(&format!("show {id}"));
    assert!(String::from_utf8(shown.stderr).unwrap().contains("is damaged"));
    let csv = program.print("export --format csv");
    assert!(csv.contains(&format!("{id},damaged,")), "{csv}");
    // What is due is told of and goes, and the damaged session in its time.
    let found = doctor();
    assert!(found.iter().any(|it| it == "damaged") && found.iter().any(|it| it == "erasure"));
    assert!(program.print("erase").contains("1 session erased"));
    assert!(!doctor().iter().any(|it| it == "erasure"));
    assert_eq!(program.json("sessions --json")["damaged"].as_array().unwrap().len(), 1);
    assert!(program.print(&format!("erase --session {id}")).contains("1 session erased"));
    assert!(program.json("sessions --json")["damaged"].is_null());

    poison("start_source = 99, id = x'00'");
    assert!(program.print("erase --damaged").contains("1 session erased"));
    assert_eq!(program.json("sessions --json")["sessions"].as_array().unwrap().len(), 0);
    assert_eq!(found_of(&program, &[1, 2, 3]), [""; 0]);

    // Whether anything is due cannot be told: that is no "nothing".
    fs::write(program.state().join("journal.db"), vec![0xa5; 8192]).unwrap();
    assert!(doctor().iter().any(|it| it == "erasure"));
}

#[test]
fn after_fourteen_months_of_absence_the_daemon_erases_at_its_start() {
    let mut program = Program::native();
    let ended = support::now() - 14 * 31 * DAY;
    record(&program, &[(2, ended)]);
    // A session that the hooks told of while no daemon ran.
    let waiting = UniqueValues::new(3);
    let spool = Spool::create(&program.state()).unwrap();
    for (kind, at) in [
        (EventKind::Up { interface: Some(7), attributes: waiting.attributes() }, ended - DAY),
        (EventKind::Down { reason: EndReason::StoppedWithNotice }, ended),
    ] {
        let device = "tun9".parse().unwrap();
        spool.write(&Event { reading: reading(at), device, kind }).unwrap();
    }
    // What could not be read of another, and a journal that was set aside.
    let torn = UniqueValues::new(4);
    let attributes = EventKind::Up { interface: None, attributes: torn.attributes() };
    let event =
        Event { reading: reading(ended), device: "tun9".parse().unwrap(), kind: attributes };
    fs::create_dir(spool.rejected_path()).unwrap();
    old_file(&spool.rejected_path().join("torn"), &event.encode(), ended);
    let damaged = UniqueValues::new(5);
    let text = format!("{} {}", damaged.origin, damaged.prefix);
    for name in ["journal.damaged-1", "journal.damaged-1-wal"] {
        old_file(&program.state().join(name), text.as_bytes(), ended);
    }
    let values: Vec<_> = (2..6).flat_map(|number| UniqueValues::new(number).values()).collect();
    assert!(found(program.directory(), &values).len() > 20);

    program.start_daemon();
    // It erases before it serves the page.
    let log = program.stop_daemon();
    fs::write(program.directory().join("daemon.log"), &log).unwrap();
    assert_eq!(found(program.directory(), &values), [""; 0], "{log}");
    assert_eq!(certificates(&program).len(), 2);
    assert!(log.contains("erased, due since"), "{log}");
}

#[test]
fn a_clock_that_nobody_confirmed_erases_nothing_by_itself() {
    let mut program = Program::native();
    program.configure(
        "[tunnel]\ndevices = [\"tun9\"]\n[clock]\ntrust = \"kernel\"\n[origin]\nmethods = []\n",
    );
    if temoin_capture::clock::read(temoin_capture::clock::ClockTrust::Kernel).unwrap().synchronised
    {
        // Only where the kernel's clock is not confirmed can this be seen.
        return;
    }
    record(&program, &[(6, support::now() - 14 * 31 * DAY)]);
    program.start_daemon();
    program.await_sessions("closed");
    let log = program.stop_daemon();
    assert!(log.contains("nothing is erased until a time service confirms the clock"), "{log}");
    // A manual erasure erases it, with a warning.
    let output = program.command("erase").stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("No time service has confirmed the clock"), "{told}");
    program.await_sessions("closed");
    program.print("erase --yes");
    program.await_sessions("");
}

#[test]
fn an_erasure_that_is_killed_at_any_step_is_finished_by_the_next_one() {
    let began = Instant::now();
    let steps = KillPoints::new();
    let mut rounds = 0;
    for by_daemon in [false, true] {
        let mut step = 0;
        loop {
            let mut program = Program::native();
            let ended = support::now() - 14 * 31 * DAY;
            record(&program, &[(1, ended), (2, ended + 1), (3, ended + 2)]);
            let values: Vec<_> =
                (1..4).flat_map(|number| UniqueValues::new(number).values()).collect();
            assert!(found(program.directory(), &values).len() > 12);

            let was_killed = steps.kill(step, &program, if by_daemon { "daemon" } else { "erase" });
            // The other way than the one that was cut off.
            if by_daemon {
                program.print("erase");
            } else {
                program.start_daemon();
                let log = program.stop_daemon();
                fs::write(program.directory().join("daemon.log"), log).unwrap();
            }
            program.await_sessions("");
            let left = found(program.directory(), &values);
            assert_eq!(left, [""; 0], "step {step}, by daemon: {by_daemon}");
            assert_eq!(certificates(&program).len(), 3);
            rounds += 1;
            step += 1;
            if !was_killed {
                break;
            }
        }
        assert!(step > 8, "killed in {step} places only");
    }
    let elapsed = began.elapsed();
    writeln!(std::io::stderr(), "{rounds} erasures killed in {elapsed:?}: {steps:?}").unwrap();
}

/// How an erasure is killed at its successive steps.
#[derive(Debug)]
enum KillPoints {
    /// Before each of its calls that change a file.
    Calls,
    /// At moments spread evenly, where there is no strace or it may not trace.
    Moments,
}

impl KillPoints {
    /// The calls with which files are changed.
    const CALLS: [&str; 5] = ["pwrite64", "fdatasync", "fsync", "ftruncate", "unlink"];

    /// How many moments, and how far they lie apart.
    const MOMENTS: usize = 24;
    const APART: Duration = Duration::from_millis(4);

    fn new() -> Self {
        let traced = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output();
        if traced.is_ok_and(|output| output.status.success()) { Self::Calls } else { Self::Moments }
    }

    /// Runs a command and kills it at a step; says whether there was such a step.
    fn kill(&self, step: usize, program: &Program, words: &str) -> bool {
        let own = program.command(words);
        match self {
            Self::Moments => {
                let mut own = own;
                let mut child = own.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
                sleep(Self::APART * u32::try_from(step).unwrap());
                child.kill().unwrap();
                child.wait().unwrap();
                step + 1 < Self::MOMENTS
            }
            Self::Calls => {
                let inject =
                    format!("inject={}:signal=KILL:when={}", Self::CALLS.join(","), step + 1);
                let mut traced = Command::new("strace");
                let calls = format!("trace={}", Self::CALLS.join(","));
                traced.args(["-f", "-qq", "-o", "/dev/null", "-e", &calls, "-e", &inject]);
                // The daemon goes on where it was not killed.
                traced.args(["timeout", "2"]).arg(own.get_program()).args(own.get_args());
                for (name, value) in own.get_envs() {
                    traced.env(name, value.unwrap());
                }
                let status = traced.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
                !status.success() && status.code() != Some(TIMED_OUT)
            }
        }
    }
}

/// Values of one session, unique and each of many bytes.
struct UniqueValues {
    origin: Ipv4Addr,
    port: u16,
    assigned: Ipv4Addr,
    assigned_v6: Ipv6Addr,
    prefix: Ipv6Addr,
    gateway: Ipv4Addr,
    secret: SessionSecret,
}

impl UniqueValues {
    fn new(number: u8) -> Self {
        let odd = number.wrapping_mul(37).wrapping_add(101);
        Self {
            origin: Ipv4Addr::new(203, odd, 0xb7, number),
            port: 0xd3a1 + u16::from(number),
            assigned: Ipv4Addr::new(198, 19, odd, 0xc9),
            assigned_v6: Ipv6Addr::new(
                0x2001,
                0xdb8,
                0x9ae3,
                0x71c5,
                odd.into(),
                0xd2,
                0xb,
                0x77a1,
            ),
            prefix: Ipv6Addr::new(0x2001, 0xdb8, 0xe5d3, 0x9200 + u16::from(number), 0, 0, 0, 0),
            gateway: Ipv4Addr::new(198, 51, odd, 0xe3),
            secret: SessionSecret::from_bytes([number ^ 0xa5; 32]),
        }
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("dev", "tun9".to_owned()),
            ("trusted_ip", self.gateway.to_string()),
            ("trusted_port", "1194".to_owned()),
            ("proto_1", "udp4".to_owned()),
            ("ifconfig_local", self.assigned.to_string()),
            ("ifconfig_ipv6_local", self.assigned_v6.to_string()),
            ("OPENVPN_DELEGATED_IPv6_PREFIX", format!("{}/64", self.prefix)),
            ("OPENVPN_TEMOIN_ORIGIN_IP", self.origin.to_string()),
            ("OPENVPN_TEMOIN_ORIGIN_PORT", self.port.to_string()),
            ("signal", "exit-with-notification".to_owned()),
        ]
    }

    fn attributes(&self) -> Attributes {
        let hook = Source::OpenVpnHook;
        let gateway = Gateway { address: self.gateway.into(), port: Some(1194) };
        let prefix = format!("{}/64", self.prefix).parse().unwrap();
        Attributes {
            origin_address: Some(Observed::new(self.origin.into(), Source::OperatorPush)),
            origin_port: Some(Observed::new(self.port, Source::OperatorPush)),
            assigned_ipv4: Some(Observed::new(self.assigned, hook)),
            assigned_ipv6: Some(Observed::new(self.assigned_v6, hook)),
            delegated_prefix: Some(Observed::new(prefix, hook)),
            gateway: Some(Observed::new(gateway, hook)),
            transport: Some(Observed::new(Transport::Udp, hook)),
        }
    }

    /// Each value in each form, with what it is.
    fn values(&self) -> Vec<(String, Vec<u8>)> {
        let mut values = vec![("secret".to_owned(), self.secret.as_bytes().to_vec())];
        let addresses: [(&str, IpAddr); 5] = [
            ("origin", self.origin.into()),
            ("assigned", self.assigned.into()),
            ("assigned v6", self.assigned_v6.into()),
            ("prefix", self.prefix.into()),
            ("gateway", self.gateway.into()),
        ];
        for (name, address) in addresses {
            let octets = match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            let reversed = octets.iter().rev().copied().collect();
            values.push((format!("{name}, text"), address.to_string().into_bytes()));
            values.push((format!("{name}, network order"), octets));
            values.push((format!("{name}, reversed"), reversed));
        }
        let port = self.port;
        // Postcard's variable-length integer, and the two bytes of SQLite's record before the
        // assigned address: alone they would be found by chance.
        let low = |shift: u16| u8::try_from(port >> shift & 0x7f).unwrap();
        values.push(("port, text".to_owned(), port.to_string().into_bytes()));
        values.push(("port, postcard".to_owned(), vec![low(0) | 0x80, low(7) | 0x80, low(14)]));
        values.push((
            "port, integer of four bytes".to_owned(),
            u32::from(port).to_le_bytes().to_vec(),
        ));
        for (name, bytes) in
            [("network order", port.to_be_bytes()), ("reversed", port.to_le_bytes())]
        {
            for address in [self.origin, self.assigned] {
                let after = [&address.octets()[..], &bytes].concat();
                let before = [&bytes[..], &address.octets()].concat();
                values.push((format!("port, {name}, behind an address"), after));
                values.push((format!("port, {name}, before an address"), before));
            }
        }
        values
    }
}

/// The start of a session in the forms that an instant can take.
fn times_of(session: &serde_json::Value) -> Vec<(String, Vec<u8>)> {
    let text = session["start"]["at"].as_str().unwrap();
    let at: Timestamp = text.parse().unwrap();
    let milliseconds = at.milliseconds();
    let mut zigzag = milliseconds.unsigned_abs() << 1;
    let mut postcard = Vec::new();
    while zigzag > 0x7f {
        postcard.push(u8::try_from(zigzag & 0x7f).unwrap() | 0x80);
        zigzag >>= 7;
    }
    postcard.push(u8::try_from(zigzag).unwrap());
    vec![
        ("start, text".to_owned(), text.as_bytes().to_vec()),
        ("start, digits".to_owned(), milliseconds.to_string().into_bytes()),
        ("start, SQLite".to_owned(), milliseconds.to_be_bytes()[2..].to_vec()),
        ("start, reversed".to_owned(), milliseconds.to_le_bytes()[..6].to_vec()),
        ("start, postcard".to_owned(), postcard),
    ]
}

/// Which of the values stand in which file below a directory.
fn found(directory: &Path, values: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files_below(directory) {
        // A socket has no bytes.
        if !fs::symlink_metadata(&path).is_ok_and(|file| file.is_file()) {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for (name, value) in values {
            let first = value[0];
            let mut rest = &bytes[..];
            while let Some(at) = rest.iter().position(|byte| *byte == first) {
                if rest[at..].starts_with(value) {
                    found.push(format!("{name} in {}", path.display()));
                    break;
                }
                rest = &rest[at + 1..];
            }
        }
    }
    found
}

fn certificates(program: &Program) -> Vec<temoin_core::record::ErasureCertificate> {
    let reader = Reader::open(&program.state()).unwrap().unwrap();
    let all = Filter::all(Timestamp::EPOCH);
    assert_eq!(reader.sessions(&all, &Pagination::first(1)).unwrap(), []);
    reader.certificates().unwrap()
}

/// Records sessions of a day that ended at an instant, through the library.
fn record(program: &Program, sessions: &[(u8, i64)]) {
    let (mut journal, _) = Journal::open(&program.state()).unwrap();
    for (number, ended) in sessions {
        let marks = UniqueValues::new(*number);
        let moment = |at: i64| {
            let at = Timestamp::from_milliseconds(at).unwrap();
            Observed::new(TimeBounds::exact(at), Source::OpenVpnHook)
        };
        let open = Session {
            id: marks.secret.id(),
            device: "tun9".parse().unwrap(),
            interface: Some(7),
            opened: reading(ended - DAY),
            start: moment(ended - DAY),
            end: None,
            attributes: marks.attributes(),
            coverage: Coverage::Hooks,
            connection: None,
            last_seen: None,
        };
        let end = End {
            moment: moment(*ended),
            closed: reading(*ended),
            reason: EndReason::StoppedWithNotice,
        };
        let closed = Session { end: Some(end), ..open.clone() };
        journal.record(&[Change::Open(open, marks.secret)], None).unwrap();
        journal.record(&[Change::Close(closed)], None).unwrap();
    }
}

fn reading(at: i64) -> ClockReading {
    ClockReading {
        boot: BootId::from_bytes([7; 16]),
        uptime: Uptime::from_milliseconds(u64::try_from(at - BOOTED).unwrap()),
        realtime: Timestamp::from_milliseconds(at).unwrap(),
        synchronised: true,
    }
}

fn old_file(path: &Path, bytes: &[u8], written: i64) {
    let mut file = File::create(path).unwrap();
    file.write_all(bytes).unwrap();
    let since = Duration::from_millis(written.try_into().unwrap());
    file.set_modified(std::time::UNIX_EPOCH + since).unwrap();
}

/// The files in which values of the sessions of these numbers stand.
fn found_of(program: &Program, numbers: &[u8]) -> Vec<String> {
    let values: Vec<_> =
        numbers.iter().flat_map(|number| UniqueValues::new(*number).values()).collect();
    found(program.directory(), &values)
}
