//! Brute force on what an erased session leaves on the box, and on what the operator signed about it:
//! no address can be found by trying every address against all of it.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::HashSet;
use std::fs;
use std::net::Ipv4Addr;
use std::thread;

use sha2::block_api::compress256;
use support::{Program, SigningOperator, files_below};
use temoin_core::assessment::LocalState;
use temoin_core::session::{
    Attributes, BootId, Change, ClockReading, Coverage, End, EndReason, Observed, Session,
    SessionId, SessionSecret, Source, TimeBounds, Timestamp, Uptime,
};
use temoin_journal::{Journal, Reader};
use temoin_protocol::{CanonicalValue, Receipt};

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// The addresses that are tried: those that begin with these 16 bits.
const FIRST: u32 = 0xcb71_0000;

const TRIED: u32 = 1 << 16;

const ORIGIN: Ipv4Addr = Ipv4Addr::new(0xcb, 0x71, 0xb7, 0x5e);

/// An attacker who has the box tries every address against every place that could hold a salt.
///
/// The operator's digest of an address is HMAC-SHA256 with the key `ID ‖ salt`. The attacker knows the
/// ID, takes every 32 bytes of any file for the salt, and looks for the digest of each address in all
/// files. Only bytes that cannot be this session's salt are left out, since they existed before the
/// operator drew one: what the box had before anybody asked about the session, and what it sent. Each
/// candidate is tested independently: if nothing is found among 65 536 addresses that are known to
/// contain the right one, nothing would be found among all 2³², and vice versa.
struct BruteForce {
    files: Vec<Vec<u8>>,
    /// Every sixteen bytes, and which beginnings there are among them.
    pieces: HashSet<[u8; 16]>,
    beginnings: Vec<bool>,
    salts: Vec<[u8; 32]>,
}

impl BruteForce {
    /// With all that lies on the box now; `older` are its files from before.
    fn on(program: &Program, older: &[Vec<u8>]) -> Self {
        let files = contents(program);
        let windows = |size| files.iter().flat_map(move |bytes| bytes.windows(size));
        let pieces: HashSet<[u8; 16]> = windows(16).map(|it| it.try_into().unwrap()).collect();
        let mut beginnings = vec![false; 1 << BEGINNING];
        pieces.iter().for_each(|piece| beginnings[beginning(first_word(piece))] = true);
        let reader = Reader::open(&program.state()).unwrap().unwrap();
        let sent: Vec<Vec<u8>> =
            reader.ledger(0, 1_000).unwrap().into_iter().map(|entry| entry.sent.body).collect();
        let mut seen: HashSet<&[u8]> =
            older.iter().chain(&sent).flat_map(|bytes| bytes.windows(32)).collect();
        let mut salts: Vec<[u8; 32]> = Vec::new();
        for bytes in windows(32) {
            // 32 random bytes are text, or have fewer than 20 values, once in many billions.
            let is_text = bytes.iter().all(u8::is_ascii);
            if seen.insert(bytes) && !is_text && values(bytes) >= 20 {
                salts.push(bytes.try_into().unwrap());
            }
        }
        Self { pieces, beginnings, salts, files }
    }

    /// The addresses that it finds for a session.
    fn find(&self, id: &SessionId) -> Vec<Ipv4Addr> {
        thread::scope(|scope| {
            let work = self.salts.chunks(self.salts.len().div_ceil(2).max(1));
            let workers: Vec<_> =
                work.map(|salts| scope.spawn(move || self.try_all(id, salts))).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        })
    }

    fn try_all(&self, id: &SessionId, salts: &[[u8; 32]]) -> Vec<Ipv4Addr> {
        let mut found = Vec::new();
        for salt in salts {
            let keyed = KeyedHmac::new(id, salt);
            for address in FIRST..FIRST + TRIED {
                let digest = keyed.digest(address);
                // All but a few candidates end here, which keeps the search fast.
                if self.beginnings[beginning(digest[0])]
                    && self.pieces.contains(&first_half(digest))
                {
                    found.push(address.into());
                }
            }
        }
        found
    }

    fn has(&self, bytes: &[u8]) -> bool {
        self.files.iter().any(|file| file.windows(bytes.len()).any(|window| window == bytes))
    }
}

/// What is in every file of the program's.
fn contents(program: &Program) -> Vec<Vec<u8>> {
    let paths = files_below(program.directory());
    let is_file =
        |path: &&std::path::PathBuf| fs::symlink_metadata(path).is_ok_and(|file| file.is_file());
    paths.iter().filter(is_file).map(|path| fs::read(path).unwrap()).collect()
}

/// How many values these bytes have.
fn values(bytes: &[u8]) -> usize {
    let mut has = [false; 256];
    bytes.iter().for_each(|byte| has[usize::from(*byte)] = true);
    has.iter().filter(|has| **has).count()
}

/// The first bits of a piece, given its first word.
fn beginning(word: u32) -> usize {
    (word >> (32 - BEGINNING)) as usize
}

fn first_word(piece: &[u8; 16]) -> u32 {
    u32::from_be_bytes([piece[0], piece[1], piece[2], piece[3]])
}

/// Enough bits that few candidates get further, few enough that the table stays in the processor's
/// cache.
const BEGINNING: u32 = 20;

/// HMAC-SHA256 (RFC 2104) with a key of one block, which is gone through once for all candidates.
struct KeyedHmac {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl KeyedHmac {
    fn new(id: &SessionId, salt: &[u8; 32]) -> Self {
        let mut key = [0; 64];
        key[..32].copy_from_slice(id.as_bytes());
        key[32..].copy_from_slice(salt);
        let begun = |pad: u8| {
            let mut state = INITIAL;
            compress256(&mut state, &[key.map(|byte| byte ^ pad)]);
            state
        };
        Self { inner: begun(0x36), outer: begun(0x5c) }
    }

    /// The digest of an origin address, of its code and its bytes (PROTOCOL.md, "Digests"), as the words
    /// of which the first half is used.
    ///
    /// Both hashes end with the second block, which FIPS 180-4, 5.1.1 pads: the first after five bytes,
    /// the second after 32.
    fn digest(&self, address: u32) -> [u32; 8] {
        let [a, b, c, d] = address.to_be_bytes();
        let mut message = [0; 64];
        (message[1], message[2], message[3], message[4]) = (a, b, c, d);
        message[5] = 0x80;
        (message[62], message[63]) = (INNER_BITS[0], INNER_BITS[1]);
        let mut inner = self.inner;
        compress256(&mut inner, &[message]);

        let mut message = [0; 64];
        message[..32].copy_from_slice(bytes(inner).as_flattened());
        message[32] = 0x80;
        (message[62], message[63]) = (OUTER_BITS[0], OUTER_BITS[1]);
        let mut outer = self.outer;
        compress256(&mut outer, &[message]);
        outer
    }
}

/// What a digest is cut to.
fn first_half(digest: [u32; 8]) -> [u8; 16] {
    bytes(digest).as_flattened()[..16].try_into().unwrap()
}

/// What stands for these words. Spelled out: this is done some hundred million times.
fn bytes([a, b, c, d, e, f, g, h]: [u32; 8]) -> [[u8; 4]; 8] {
    [
        a.to_be_bytes(),
        b.to_be_bytes(),
        c.to_be_bytes(),
        d.to_be_bytes(),
        e.to_be_bytes(),
        f.to_be_bytes(),
        g.to_be_bytes(),
        h.to_be_bytes(),
    ]
}

/// The lengths of what is hashed, in bits: a block and then 5 bytes, or 32.
const INNER_BITS: [u8; 2] = (69_u16 * 8).to_be_bytes();
const OUTER_BITS: [u8; 2] = (96_u16 * 8).to_be_bytes();

/// FIPS 180-4, 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

#[test]
fn no_address_is_found_in_the_remains_of_an_erased_session_by_trying_all() {
    let program = Program::native();
    let operator = SigningOperator::default();
    operator.choose(program.directory());
    let ended = support::now() - 14 * 31 * DAY;
    let id = record(&program, 1, ended);
    let other = record(&program, 2, support::now() - DAY);
    tell(&program, &operator, other, support::now());
    let older = contents(&program);
    let told = tell(&program, &operator, id, ended + DAY);

    let before = BruteForce::on(&program, &older);
    assert_eq!(before.find(&id), [ORIGIN], "the brute_force would find nothing anyhow");
    assert!(before.has(&ORIGIN.octets()));

    program.print(&format!("erase --session {id}"));
    // The operator goes on to say that it holds the record.
    tell(&program, &operator, id, support::now());
    let after = BruteForce::on(&program, &older);
    assert!(after.has(id.as_bytes()), "receipt and certificate are to stay");
    assert_eq!(after.find(&id), [Ipv4Addr::UNSPECIFIED; 0]);
    assert!(!after.has(&ORIGIN.octets()));
    assert_eq!(digests_left(&after, &told), 0);
    let sync_state = sync_state(&program, id);
    assert_eq!(sync_state.local_state, LocalState::Erased);
    assert!(sync_state.held.unwrap().digests().is_none());
    // What is left proves what was stated nevertheless.
    let verified = program.print(&format!("verify {id}"));
    assert!(verified.starts_with("✓ ") && verified.contains("holds a"), "{verified}");
}

#[test]
fn an_erasure_that_is_killed_leaves_all_of_salt_and_digests_or_nothing() {
    let operator = SigningOperator::default();
    // How long it takes when nobody kills it depends on the machine.
    let whole = {
        let program = Program::native();
        operator.choose(program.directory());
        let id = record(&program, 1, support::now() - 14 * 31 * DAY);
        let begun = std::time::Instant::now();
        program.print(&format!("erase --session {id}"));
        begun.elapsed()
    };
    let mut kept = 0;
    let mut gone = 0;
    for step in 0..40_u32 {
        let program = Program::native();
        operator.choose(program.directory());
        let ended = support::now() - 14 * 31 * DAY;
        let id = record(&program, 1, ended);
        let told = tell(&program, &operator, id, ended + DAY);
        let mut command = program.command(&format!("erase --session {id}"));
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        thread::sleep(whole * step / 25);
        child.kill().unwrap();
        child.wait().unwrap();

        let sync_state = sync_state(&program, id);
        let has_digests = sync_state.held.as_ref().unwrap().digests().is_some();
        assert_eq!(has_digests, sync_state.local_state == LocalState::Ended, "{sync_state:?}");
        if has_digests {
            kept += 1;
            program.print(&format!("erase --session {id}"));
        } else {
            gone += 1;
            // It may have been killed before the log was emptied: the next erasure does that.
            program.print("erase");
        }
        assert_eq!(digests_left(&BruteForce::on(&program, &[]), &told), 0, "step {step}");
        if gone > 3 {
            break;
        }
    }
    assert!(kept > 0 && gone > 0, "killed {kept} times before and {gone} times after");
}

/// How many pieces of eight bytes of a receipt's salt and digests stand in any file.
fn digests_left(brute_force: &BruteForce, told: &Receipt) -> usize {
    let bytes = told.digests().unwrap().to_bytes();
    // Zeros are where there is no digest, and in every file.
    let is_told = |piece: &&[u8]| piece.iter().filter(|byte| **byte == 0).count() < 4;
    let told: HashSet<&[u8]> = bytes.windows(8).filter(is_told).collect();
    assert!(told.len() > 40);
    let windows = brute_force.files.iter().flat_map(|bytes| bytes.windows(8));
    windows.filter(|piece| told.contains(piece)).count()
}

fn sync_state(program: &Program, id: SessionId) -> temoin_core::assessment::SyncState {
    let reader = Reader::open(&program.state()).unwrap().unwrap();
    reader.sync_state(&id).unwrap().unwrap()
}

/// Has the operator state that it holds the session's addresses.
fn tell(program: &Program, operator: &SigningOperator, id: SessionId, at: i64) -> Receipt {
    let mut journal = Journal::open_beside(&program.state()).unwrap().unwrap();
    let reader = Reader::open(&program.state()).unwrap().unwrap();
    let values = [
        CanonicalValue::origin_address(ORIGIN.into()),
        CanonicalValue::assigned_ipv4([198, 18, 7, 7].into()),
    ];
    let at = Timestamp::from_milliseconds(at).unwrap();
    operator.state(&mut journal, &reader, id, at, Some(("2026-01-01", &values)))
}

/// Records a session of a day through the library.
fn record(program: &Program, number: u8, ended: i64) -> SessionId {
    let (mut journal, _) = Journal::open(&program.state()).unwrap();
    let secret = SessionSecret::from_bytes([number; 32]);
    let moment = |at: i64| {
        let at = Timestamp::from_milliseconds(at).unwrap();
        Observed::new(TimeBounds::exact(at), Source::OpenVpnHook)
    };
    let reading = |at: i64| ClockReading {
        boot: BootId::from_bytes([7; 16]),
        uptime: Uptime::from_milliseconds(1),
        realtime: Timestamp::from_milliseconds(at).unwrap(),
        synchronised: true,
    };
    let origin: Ipv4Addr = if number == 1 { ORIGIN } else { [192, 0, 2, number].into() };
    let open = Session {
        id: secret.id(),
        device: "tun9".parse().unwrap(),
        interface: Some(7),
        opened: reading(ended - DAY),
        start: moment(ended - DAY),
        end: None,
        attributes: Attributes {
            origin_address: Some(Observed::new(origin.into(), Source::OperatorPush)),
            ..Attributes::default()
        },
        coverage: Coverage::Hooks,
        connection: None,
        last_seen: None,
    };
    let end =
        End { moment: moment(ended), closed: reading(ended), reason: EndReason::StoppedWithNotice };
    let closed = Session { end: Some(end), ..open.clone() };
    let id = open.id;
    journal.record(&[Change::Open(open, secret)], None).unwrap();
    journal.record(&[Change::Close(closed)], None).unwrap();
    id
}
