use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;

use temoin_core::record::DamagedRow;
use temoin_core::session::{Observed, Session, TimeBounds, Transport};

/// The name and version of the format, its first member.
pub(super) const SESSIONS_FORMAT: &str = "temoin.sessions/1";

/// Writes sessions as one JSON object, a line each.
pub struct JsonWriter<W: Write> {
    out: W,
    is_first: bool,
    damaged: Vec<JsonDamaged>,
}

impl<W: Write> JsonWriter<W> {
    /// Begins the object.
    ///
    /// # Errors
    /// What the output gives.
    pub fn begin(mut out: W) -> io::Result<Self> {
        write!(out, "{{\"format\":\"{SESSIONS_FORMAT}\",\"sessions\":[")?;
        Ok(Self { out, is_first: true, damaged: Vec::new() })
    }

    /// Writes one session.
    ///
    /// # Errors
    /// What the output gives.
    pub fn session(&mut self, own: &Session) -> io::Result<()> {
        self.out.write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        serde_json::to_writer(&mut self.out, &JsonSession::of(own))?;
        Ok(())
    }

    /// Adds a damaged row, which stands behind the sessions.
    pub fn damaged(&mut self, row: &DamagedRow) {
        self.damaged.push(JsonDamaged {
            row: row.number,
            id: row.id.map(|id| id.to_string()),
            last: row.last.map(|at| at.to_string()),
        });
    }

    /// The output so far, for a caller that drains it.
    pub fn output(&mut self) -> &mut W {
        &mut self.out
    }

    /// Ends the object and gives the output back.
    ///
    /// # Errors
    /// What the output gives.
    pub fn end(mut self) -> io::Result<W> {
        self.out.write_all(if self.is_first { b"]" } else { b"\n]" })?;
        if !self.damaged.is_empty() {
            self.out.write_all(b",\"damaged\":")?;
            serde_json::to_writer(&mut self.out, &self.damaged)?;
        }
        self.out.write_all(b"}\n")?;
        Ok(self.out)
    }
}

/// One session as it stands in the list, for a document of its own.
pub fn session(own: &Session) -> impl Serialize {
    JsonSession::of(own)
}

#[derive(Serialize)]
struct JsonDamaged {
    row: i64,
    id: Option<String>,
    last: Option<String>,
}

#[derive(Serialize)]
struct JsonSession {
    id: String,
    state: &'static str,
    device: String,
    coverage: &'static str,
    start: JsonSessionTime,
    end: Option<JsonEnd>,
    origin_address: Option<JsonObserved<IpAddr>>,
    origin_port: Option<JsonObserved<u16>>,
    assigned_ipv4: Option<JsonObserved<IpAddr>>,
    assigned_ipv6: Option<JsonObserved<IpAddr>>,
    delegated_prefix: Option<JsonObserved<String>>,
    gateway: Option<JsonObserved<JsonGateway>>,
    transport: Option<JsonObserved<&'static str>>,
}

#[derive(Serialize)]
struct JsonSessionTime {
    at: Option<String>,
    earliest: Option<String>,
    latest: Option<String>,
    claimed: Option<String>,
    source: &'static str,
}

#[derive(Serialize)]
struct JsonEnd {
    #[serde(flatten)]
    moment: JsonSessionTime,
    reason: &'static str,
    operator_view: &'static str,
}

#[derive(Serialize)]
struct JsonObserved<T> {
    value: T,
    source: &'static str,
}

#[derive(Serialize)]
struct JsonGateway {
    address: IpAddr,
    port: Option<u16>,
}

impl JsonSession {
    fn of(own: &Session) -> Self {
        let attributes = &own.attributes;
        Self {
            id: own.id.to_string(),
            state: own.state(),
            device: own.device.to_string(),
            coverage: own.coverage.name(),
            start: JsonSessionTime::of(own.start),
            end: own.end.as_ref().map(|end| JsonEnd {
                moment: JsonSessionTime::of(end.moment),
                reason: end.reason.name(),
                operator_view: end.reason.operator_view().name(),
            }),
            origin_address: attributes.origin_address.map(|own| observed(own, |value| value)),
            origin_port: attributes.origin_port.map(|own| observed(own, |value| value)),
            assigned_ipv4: attributes.assigned_ipv4.map(|own| observed(own, IpAddr::V4)),
            assigned_ipv6: attributes.assigned_ipv6.map(|own| observed(own, IpAddr::V6)),
            delegated_prefix: attributes
                .delegated_prefix
                .map(|own| observed(own, |value| value.to_string())),
            gateway: attributes.gateway.map(|own| {
                observed(own, |value| JsonGateway { address: value.address, port: value.port })
            }),
            transport: attributes.transport.map(|own| observed(own, Transport::name)),
        }
    }
}

impl JsonSessionTime {
    fn of(own: Observed<TimeBounds>) -> Self {
        let TimeBounds { earliest, latest, claimed } = own.value;
        Self {
            at: own.value.instant().map(|at| at.to_string()),
            earliest: earliest.map(|at| at.to_string()),
            latest: latest.map(|at| at.to_string()),
            claimed: claimed.map(|at| at.to_string()),
            source: own.source.name(),
        }
    }
}

fn observed<T, U>(own: Observed<T>, convert: impl FnOnce(T) -> U) -> JsonObserved<U> {
    JsonObserved { value: convert(own.value), source: own.source.name() }
}
