use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::database::{Database, SqlParam};
use super::row::{RowReader, second};
use super::{RetentionPolicy, StoreError, TerminateCause, close};
use temoin_protocol::UnixSeconds;

/// The name of one VPN server process of the operator's, such as `gw1-udp`: 1 to 64 printable
/// characters of ASCII without space. Sessions are looked up by it, so it must be unique.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct ServerName(String);

impl ServerName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ServerName {
    type Err = InvalidServerName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        (fits && plain).then(|| Self(text.to_owned())).ok_or(InvalidServerName)
    }
}

impl TryFrom<String> for ServerName {
    type Error = InvalidServerName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ServerName> for String {
    fn from(name: ServerName) -> Self {
        name.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not the name of a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidServerName;

impl fmt::Display for InvalidServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not the name of a server: 1 to 64 letters, digits or signs without space, such as \
             gw1-udp",
        )
    }
}

impl std::error::Error for InvalidServerName {}

/// One run of a VPN server process. Sessions that it left open when it died are over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerRun {
    /// The server.
    pub server: ServerName,
    /// When its process began.
    pub began: UnixSeconds,
}

/// Notes that the server was alive at `seen`, and ends the sessions that an earlier run left open:
/// after that run's last sign of life, before this run began. Returns when its latest run began.
pub(super) fn mark_seen(
    database: &mut dyn Database,
    run: &ServerRun,
    seen: UnixSeconds,
    policy: &RetentionPolicy,
) -> Result<UnixSeconds, StoreError> {
    let name = SqlParam::Text(run.server.as_str());
    let rows = database.query("SELECT run, seen FROM server WHERE name = $1", &[name])?;
    let Some(row) = rows.first() else {
        database.execute(
            "INSERT INTO server (name, run, seen) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            &[name, second(Some(run.began)), second(Some(seen))],
        )?;
        return Ok(run.began);
    };
    let mut row = RowReader(row.iter());
    let read = row.second().flatten().zip(row.second().flatten());
    let (known, last) =
        read.ok_or_else(|| database.unexpected("a row of table server is damaged"))?;
    if known < run.began {
        let open = database.query(
            "SELECT number, began FROM session WHERE server = $1 AND ended IS NULL AND run < $2",
            &[name, second(Some(run.began))],
        )?;
        let bounds = |began: UnixSeconds| {
            let latest = run.began.max(began);
            (last.max(began).min(latest), latest)
        };
        close(database, &open, TerminateCause::ServerRestarted, bounds, policy)?;
    }
    database.execute(
        "UPDATE server SET run = $1, seen = $2 WHERE name = $3",
        &[second(Some(run.began.max(known))), second(Some(seen.max(last))), name],
    )?;
    Ok(run.began.max(known))
}
