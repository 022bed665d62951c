//! A request to the page, from its first byte to the HTML: over a record of a few sessions, from a local
//! client on loopback and from behind the web server.
#![no_main]

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use libfuzzer_sys::fuzz_target;
use temoin_config::Config;
use temoin_config::ruleset::Ruleset;
use temoin_config::settings::{InvalidSetting, InvalidValue, Setting, SettingsError};
use temoin_core::assessment::ApplicableRules;
use temoin_core::law::Profile;
use temoin_core::session::{
    Attributes, BootId, Change, ClockReading, Coverage, End, EndReason, Observed, Session,
    SessionId, SessionSecret, Source, TimeBounds, Timestamp, Uptime,
};
use temoin_http::{BodyLimit, Handler, Head, Peer, Request};
use temoin_journal::Journal;
use temoin_journal::open_records;
use temoin_page::{Actions, ComparisonCache, EraseError, PageRuleset, Site, TokenKey};

/// No page has this in its markup. Where it appears, somebody else wrote into the page.
const FOREIGN: &[u8] = b"<xss";

/// Stands in a body for the token that a form of the page has.
const TOKEN: &[u8] = b"TOKEN";

const LOCAL: Peer = Peer::Network(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 40_000));

/// 2026-11-24T12:00:00Z.
const NOW: i64 = 1_795_521_600_000;

thread_local! {
    static PAGE: RefCell<(Site, Vec<u8>)> = RefCell::new(page());
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let peer = if kind % 2 == 0 { LOCAL } else { Peer::Socket };
    PAGE.with_borrow_mut(|(site, token)| {
        let response = match Head::read(bytes) {
            Ok(None) => return,
            Err(bad) => site.refuse(None, bad),
            Ok(Some(head)) => {
                let most = match site.body_limit(&head) {
                    BodyLimit::Unread => 0,
                    BodyLimit::Exactly(most) | BodyLimit::UpTo(most) => most,
                };
                let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
                let body = with_token(&bytes[end.expect("a whole head") + 4..], token);
                let body = body.into_iter().take(most).collect();
                site.answer(&mut Request { head, body, peer })
            }
        };
        let body = response.body();
        if body.starts_with(b"<!DOCTYPE html>") {
            assert!(!body.windows(FOREIGN.len()).any(|some| some == FOREIGN), "not escaped");
        }
    });
});

/// The page, and the token of its forms for who is at the loopback interface.
fn page() -> (Site, Vec<u8>) {
    let mut site = site();
    let head = Head::read(b"GET /settings HTTP/1.1\r\n\r\n").expect("a request").expect("whole");
    let response = site.answer(&mut Request { head, body: Vec::new(), peer: LOCAL });
    let text = String::from_utf8_lossy(response.body());
    let (_, rest) = text.split_once("name=\"token\" value=\"").expect("a form");
    let token = rest.split('"').next().unwrap_or_default().as_bytes().to_vec();
    (site, token)
}

fn with_token(body: &[u8], token: &[u8]) -> Vec<u8> {
    match body.windows(TOKEN.len()).position(|some| some == TOKEN) {
        Some(place) => [&body[..place], token, &body[place + TOKEN.len()..]].concat(),
        None => body.to_vec(),
    }
}

fn site() -> Site {
    // Beside the program, so that nothing is left elsewhere.
    let directory = env::current_exe().expect("a program").with_extension("record");
    let _ = fs::remove_dir_all(&directory);
    record(&directory);
    let ruleset: &'static Ruleset = Box::leak(Box::new(Ruleset::load(&config()).expect("the law")));
    Site {
        records: Arc::new(move || open_records(&directory)),
        ruleset: Box::new(move || Ok(Box::new(FakeRuleset(ruleset)))),
        health_issues: Box::new(Vec::new),
        actions: Box::new(FakeActions),
        form_tokens: TokenKey::draw().expect("randomness"),
        comparisons: ComparisonCache::default(),
        intact_at: Cell::default(),
        clock: Box::new(|| at(NOW)),
        zone: "Europe/Brussels".parse().expect("a zone"),
    }
}

fn record(directory: &Path) {
    let (mut journal, _) = Journal::open(directory).expect("a record");
    let changes: Vec<Change> = (1..=5).map(session).collect();
    journal.record(&changes, None).expect("disk space");
}

fn session(number: u8) -> Change {
    let secret = SessionSecret::from_bytes([number; 32]);
    let start = NOW - i64::from(number) * 40 * 86_400_000;
    let reading = ClockReading {
        boot: BootId::from_bytes([7; 16]),
        uptime: Uptime::from_milliseconds(60_000),
        realtime: at(start),
        synchronised: true,
    };
    let moment = |time| Observed::new(TimeBounds::exact(at(time)), Source::OpenVpnHook);
    let origin = Ipv4Addr::new(203, 0, 113, number).into();
    let session = Session {
        id: secret.id(),
        // As hostile as the name of a device can be.
        device: "\"><xss>&'x".parse().expect("a name"),
        interface: Some(4),
        opened: reading,
        start: moment(start),
        end: (number > 1).then(|| End {
            moment: moment(start + 3_600_000),
            closed: reading,
            reason: EndReason::Other,
        }),
        attributes: Attributes {
            origin_address: Some(Observed::new(origin, Source::OperatorPush)),
            ..Attributes::default()
        },
        coverage: Coverage::Complete,
        connection: None,
        last_seen: None,
    };
    Change::Open(session, secret)
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds).expect("an instant")
}

fn config() -> Config {
    Config {
        directory: "/nonexistent".into(),
        profile: Some("neutrinet".parse().expect("an ID")),
        ..Config::default()
    }
}

struct FakeRuleset(&'static Ruleset);

impl PageRuleset for FakeRuleset {
    fn applicable_rules(&self) -> ApplicableRules<'_> {
        self.0.applicable_rules()
    }

    fn asks_operator(&self) -> bool {
        true
    }

    fn profiles(&self) -> &[Profile] {
        &self.0.profiles
    }

    fn complaints(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Does nothing, and refuses odd requests.
struct FakeActions;

impl Actions for FakeActions {
    fn config(&self) -> Config {
        config()
    }

    fn change(&self, changes: &[(Setting, &str)]) -> Result<(), SettingsError> {
        match changes.iter().find(|(_, value)| value.len() % 2 == 1) {
            Some((setting, _)) => {
                Err(InvalidSetting { setting: *setting, why: InvalidValue::Rule }.into())
            }
            None => Ok(()),
        }
    }

    fn erase(&self, id: &SessionId) -> Result<(), EraseError> {
        if *id == SessionSecret::from_bytes([1; 32]).id() {
            Err(EraseError::Lasting)
        } else {
            Ok(())
        }
    }
}
