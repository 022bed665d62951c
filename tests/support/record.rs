use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::Milliseconds;

/// One session as `temoin sessions --json` tells it.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedSession {
    pub id: String,
    pub state: String,
    pub device: String,
    pub coverage: String,
    pub start: RecordedTime,
    pub end: Option<RecordedEnd>,
    pub origin_address: Option<RecordedValue<IpAddr>>,
    pub origin_port: Option<RecordedValue<u16>>,
    pub assigned_ipv4: Option<RecordedValue<Ipv4Addr>>,
    pub assigned_ipv6: Option<RecordedValue<Ipv6Addr>>,
    pub delegated_prefix: Option<RecordedValue<String>>,
    pub gateway: Option<RecordedValue<RecordedGateway>>,
    pub transport: Option<RecordedValue<String>>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct RecordedTime {
    pub at: Option<String>,
    pub earliest: Option<String>,
    pub latest: Option<String>,
    pub source: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct RecordedEnd {
    #[serde(flatten)]
    pub moment: RecordedTime,
    pub reason: String,
    pub operator_view: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct RecordedValue<T> {
    pub value: T,
    pub source: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct RecordedGateway {
    pub address: IpAddr,
    pub port: u16,
}

#[derive(Deserialize)]
struct SessionList {
    format: String,
    sessions: Vec<RecordedSession>,
}

impl RecordedSession {
    /// All sessions of a record, the oldest first.
    pub fn all(state_directory: &Path) -> Vec<Self> {
        let output = Command::new(super::built("temoin"))
            .arg("--state-dir")
            .arg(state_directory)
            .args(["sessions", "--json"])
            .output()
            .expect("temoin runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "temoin sessions: {errors}");
        let listing: SessionList =
            serde_json::from_slice(&output.stdout).expect("sessions in JSON");
        assert_eq!(listing.format, "temoin.sessions/1");
        let mut sessions = listing.sessions;
        sessions.reverse();
        sessions
    }

    pub fn is_open(&self) -> bool {
        assert_eq!(self.state == "open", self.end.is_none(), "{self:?}");
        self.end.is_none()
    }

    /// Why it ended; empty while it lasts.
    pub fn reason(&self) -> &str {
        self.end.as_ref().map_or("", |end| &end.reason)
    }
}

impl RecordedTime {
    /// The instant, where it is exact.
    pub fn exact(&self) -> Option<Milliseconds> {
        self.at.as_deref().map(milliseconds)
    }

    /// The bounds; each end is open where it is not known.
    pub fn bounds(&self) -> (Milliseconds, Milliseconds) {
        (
            self.earliest.as_deref().map_or(Milliseconds::MIN, milliseconds),
            self.latest.as_deref().map_or(Milliseconds::MAX, milliseconds),
        )
    }
}

fn milliseconds(rfc3339: &str) -> Milliseconds {
    assert!(rfc3339.ends_with('Z'), "{rfc3339} is not in UTC");
    chrono::DateTime::parse_from_rfc3339(rfc3339).expect("RFC 3339").timestamp_millis()
}
