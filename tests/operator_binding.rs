//! The rules by which an ID is bound to a record and by which records go, over random histories: hooks that
//! are late, lost, doubled and out of order, servers that die, clocks that are set, two gateways that
//! share a pool. Whatever happens, no box is bound to another session's record, and no record stays.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use temoin_core::law::Period;
use temoin_core::session::{SessionId, Zone};
use temoin_operator::{
    BindOutcome, EndTime, Location, Registration, RetentionPolicy, Series, ServerRun, SessionEnd,
    SessionRecord, Store, TerminateCause,
};
use temoin_protocol::{StatusRequest, UnixSeconds};

const HISTORIES: u32 = 10_000;

/// The servers' processes, two of which are on one gateway.
const SERVERS: [(usize, &str); 3] = [(0, "tun0"), (0, "tun1"), (1, "tun0")];
const MEMBERS: usize = 3;
/// Fewer addresses than members, in one pool that all servers use.
const ADDRESSES: u8 = 2;

/// What happens to a hook.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Delivered,
    Doubled,
    Late,
    Lost,
}

#[derive(Clone, Debug)]
enum Step {
    Connect {
        member: usize,
        server: usize,
        address: u8,
        fate: Fate,
    },
    Disconnect {
        member: usize,
        fate: Fate,
    },
    Register {
        member: usize,
    },
    /// What waits in a gateway's spool is recorded, from this place on round and round.
    Deliver {
        gateway: usize,
        from: usize,
    },
    /// A server dies, and its next run begins.
    Restart {
        server: usize,
    },
    Wait {
        seconds: u64,
    },
    SetClock {
        seconds: i64,
    },
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Delivered),
        1 => Just(Fate::Doubled),
        2 => Just(Fate::Late),
        1 => Just(Fate::Lost),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..MEMBERS, 0..SERVERS.len(), 0..ADDRESSES, fate()).prop_map(
            |(member, server, address, fate)| Step::Connect { member, server, address, fate }
        ),
        4 => (0..MEMBERS, fate()).prop_map(|(member, fate)| Step::Disconnect { member, fate }),
        5 => (0..MEMBERS).prop_map(|member| Step::Register { member }),
        2 => (0..2_usize, 0..4_usize).prop_map(|(gateway, from)| Step::Deliver { gateway, from }),
        1 => (0..SERVERS.len()).prop_map(|server| Step::Restart { server }),
        1 => (0..100_u64).prop_map(|seconds| Step::Wait { seconds }),
        1 => (-200..200_i64).prop_map(|seconds| Step::SetClock { seconds }),
    ]
}

/// A session as it truly is.
#[derive(Clone, Debug)]
struct TrueSession {
    server: usize,
    address: Ipv4Addr,
    run: u64,
    began: u64,
    /// No other session has it.
    port: u16,
}

/// A hook's event, with the series in which it ran.
#[derive(Clone, Debug)]
struct Hook {
    session: TrueSession,
    ended: Option<u64>,
    series: i64,
}

/// The world of one history, beside what the store has of it.
struct World<'a> {
    store: &'a mut Store,
    /// Distinguishes its gateways and addresses from those of other histories.
    number: u32,
    /// Whether the gateways' interfaces are known to the responder.
    knows_routes: bool,
    clock: i64,
    latest: i64,
    runs: [u64; SERVERS.len()],
    series: [i64; 2],
    spools: [Vec<Hook>; 2],
    connected: [Option<TrueSession>; MEMBERS],
    sessions: u16,
    /// Whether something happened after which a registration may be refused.
    is_in_doubt: bool,
    bound: usize,
}

impl<'a> World<'a> {
    fn new(store: &'a mut Store, number: u32) -> Self {
        let clock = 1_800_000_000;
        let mut world = Self {
            store,
            number,
            knows_routes: number % 2 == 0,
            clock,
            latest: clock,
            runs: [1_799_999_000; SERVERS.len()],
            series: [1, 2],
            spools: [Vec::new(), Vec::new()],
            connected: [None, None, None],
            sessions: 0,
            is_in_doubt: false,
            bound: 0,
        };
        // Else each server has been heard of.
        if !world.knows_routes {
            (0..SERVERS.len()).for_each(|server| world.restart(server));
        }
        world
    }

    fn now(&self) -> u64 {
        self.clock.try_into().unwrap()
    }

    fn gateway(&self, gateway: usize) -> String {
        format!("gw{}-{gateway}", self.number)
    }

    fn live(&mut self, step: &Step) {
        // In some histories all happens in one second.
        self.clock += i64::from(self.number % 3);
        self.latest = self.latest.max(self.clock);
        match *step {
            Step::Connect { member, server, address, fate } => {
                let [high, low, ..] = self.number.to_le_bytes();
                let address = Ipv4Addr::new(10, high, low, address + 1);
                let is_taken = self
                    .connected
                    .iter()
                    .flatten()
                    .any(|other| other.server == server && other.address == address);
                if self.connected[member].is_some() || is_taken {
                    return;
                }
                self.sessions += 1;
                let session = TrueSession {
                    server,
                    address,
                    run: self.runs[server],
                    began: self.now(),
                    port: self.sessions,
                };
                self.connected[member] = Some(session.clone());
                self.hook(session, None, fate);
            }
            Step::Disconnect { member, fate } => {
                if let Some(session) = self.connected[member].take() {
                    let ended = Some(self.now());
                    self.hook(session, ended, fate);
                }
            }
            Step::Register { member } => self.register(member),
            Step::Deliver { gateway, from } => self.deliver(gateway, from),
            Step::Restart { server } => {
                self.clock += 1;
                self.runs[server] = self.now();
                for session in &mut self.connected {
                    session.take_if(|session| session.server == server);
                }
                self.is_in_doubt = true;
            }
            Step::Wait { seconds } => self.clock += i64::try_from(seconds).unwrap(),
            Step::SetClock { seconds } => {
                self.clock += seconds;
                self.is_in_doubt = true;
            }
        }
        self.latest = self.latest.max(self.clock);
    }

    fn hook(&mut self, session: TrueSession, ended: Option<u64>, fate: Fate) {
        let gateway = SERVERS[session.server].0;
        let hook = Hook { session, ended, series: self.series[gateway] };
        self.is_in_doubt |= fate != Fate::Delivered;
        match fate {
            Fate::Delivered | Fate::Doubled => {
                if self.spools[gateway].is_empty() {
                    self.record(&hook);
                    if fate == Fate::Doubled {
                        self.spools[gateway].push(hook);
                    }
                } else {
                    self.spools[gateway].push(hook);
                }
            }
            Fate::Late => self.spools[gateway].push(hook),
            Fate::Lost => self.series[gateway] += 10,
        }
    }

    fn deliver(&mut self, gateway: usize, from: usize) {
        let mut hooks = std::mem::take(&mut self.spools[gateway]);
        if !hooks.is_empty() {
            let from = from % hooks.len();
            hooks.rotate_left(from);
        }
        for hook in hooks {
            self.record(&hook);
        }
    }

    fn record(&mut self, hook: &Hook) {
        let TrueSession { server, address, run, began, port } = hook.session;
        let (gateway, device) = SERVERS[server];
        let second = |number| UnixSeconds::from_number(number).unwrap();
        let run = ServerRun {
            server: format!("{}/{device}", self.gateway(gateway)).parse().unwrap(),
            began: second(run),
        };
        let end = hook.ended.map(|ended| SessionEnd {
            when: EndTime::At(second(ended.max(began))),
            reason: TerminateCause::Disconnected,
        });
        let record = SessionRecord {
            origin_address: Some([203, 0, 113, 7].into()),
            origin_port: Some(port),
            assigned_ipv4: Some(address),
            end,
            ..SessionRecord::beginning(second(began))
        };
        match end {
            None => {
                let series = Some(Series::from_number(hook.series));
                self.store.begin_session(&run, &record, &policy(), series).unwrap();
            }
            Some(_) => self.store.end_session(&run, &record, &policy()).unwrap(),
        }
    }

    fn register(&mut self, member: usize) {
        let Some(session) = self.connected[member].clone() else { return };
        let gateway = SERVERS[session.server].0;
        // The responder waits for what is in the spool, or answers "not now".
        if !self.spools[gateway].is_empty() {
            return;
        }
        let id = self.id(session.port);
        let bound = self.store.bind(&Registration {
            id: &id,
            source: IpAddr::V4(session.address),
            gateway: &self.gateway(gateway),
            device: SERVERS.get(session.server).filter(|_| self.knows_routes).map(|it| it.1),
            is_lossy: self.series[gateway] > 2,
            series: Series::from_number(self.series[gateway]),
            at: UnixSeconds::from_number(self.now()).unwrap(),
            deadline: Instant::now() + Duration::from_secs(600),
        });
        let is_alone = self
            .connected
            .iter()
            .flatten()
            .all(|other| other.port == session.port || other.address != session.address);
        match bound.unwrap() {
            BindOutcome::Bound => {
                let mut ids = [SessionId::from_bytes([0; 32]); StatusRequest::IDS];
                ids[0] = id;
                let held = self.store.look_up(&ids).unwrap();
                assert_eq!(held[&id].record.origin_port, Some(session.port), "another's record");
                self.bound += 1;
            }
            BindOutcome::NoSession => {
                assert!(self.is_in_doubt || !is_alone, "refused without a reason");
            }
            outcome => panic!("{outcome:?}"),
        }
    }

    fn id(&self, port: u16) -> SessionId {
        let mut bytes = [9; 32];
        bytes[..4].copy_from_slice(&self.number.to_be_bytes());
        bytes[4..6].copy_from_slice(&port.to_be_bytes());
        SessionId::from_bytes(bytes)
    }

    /// A server's next run reports that a client came and left.
    fn restart(&mut self, server: usize) {
        self.clock += 1;
        self.latest = self.latest.max(self.clock);
        self.runs[server] = self.now();
        self.sessions += 1;
        let session = TrueSession {
            server,
            address: Ipv4Addr::UNSPECIFIED,
            run: self.now(),
            began: self.now(),
            port: self.sessions,
        };
        let ended = Some(session.began);
        self.record(&Hook { session, ended, series: 0 });
    }

    /// All that waits is recorded, each server starts anew once more, and the period passes.
    fn end(mut self) -> usize {
        self.deliver(0, 1);
        self.deliver(1, 0);
        self.clock = self.latest + 1_000;
        (0..SERVERS.len()).for_each(|server| self.restart(server));
        let at = |seconds: i64| {
            let second = UnixSeconds::from_number(seconds.try_into().unwrap()).unwrap();
            policy().today(second.to_timestamp()).unwrap()
        };
        let day = 86_400;
        let before = self.store.stats().unwrap();
        assert_eq!(before.open, 0);
        // The first session began at the earliest 200 seconds for each step before the first moment.
        assert_eq!(self.store.erase(at(1_800_000_000 + 29 * day)).unwrap().sessions, 0);
        let erased = self.store.erase(at(self.latest + 32 * day)).unwrap().sessions;
        assert_eq!(erased, before.sessions);
        self.bound
    }
}

fn policy() -> RetentionPolicy {
    RetentionPolicy::from_end(Period::Days(30), Zone::UTC)
}

#[test]
fn no_box_is_ever_bound_to_another_s_record_and_every_record_goes_by_its_day() {
    // In memory, since nothing here depends on the disk.
    let memory = Path::new("/dev/shm");
    let directory = if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    };
    let path = directory.path().join("record.db");
    let store = Store::create(&Location::Sqlite(path.clone())).unwrap();
    let failed = Cell::new(false);
    let bare = rusqlite::Connection::open(&path).unwrap();
    let (store, counts) = (RefCell::new(store), RefCell::new((0_u32, 0)));
    let config =
        ProptestConfig { cases: HISTORIES, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in proptest::collection::vec(step(), 1..20))| {
        if failed.replace(true) || counts.borrow().0 % 20 == 0 {
            // What that history left; and no operator has thousands of servers.
            bare.execute_batch("DELETE FROM session; DELETE FROM server").unwrap();
        }
        let mut store = store.borrow_mut();
        counts.borrow_mut().0 += 1;
        let mut world = World::new(&mut store, counts.borrow().0);
        steps.iter().for_each(|step| world.live(step));
        counts.borrow_mut().1 += world.end();
        failed.set(false);
    });
    let (histories, bound) = *counts.borrow();
    assert!(histories >= HISTORIES && bound >= 2_000, "{bound} were bound in {histories}");
}
