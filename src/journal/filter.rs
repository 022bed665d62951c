use std::net::IpAddr;

use rusqlite::types::Value;

use super::row::bytes;
use crate::domain::Timestamp;

/// Which sessions are wanted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Filter {
    /// Those that may have lasted at this instant or later.
    pub since: Option<Timestamp>,
    /// Those that may have begun before this instant.
    pub until: Option<Timestamp>,
    /// Those with this address: where they came from, in the tunnel, or in their prefix.
    pub address: Option<IpAddr>,
    /// Those that last (`true`) or have ended (`false`).
    pub is_open: Option<bool>,
    /// The present: until then, sessions last that have not ended.
    pub now: Timestamp,
}

impl Filter {
    /// All sessions, as of `now`.
    pub fn now(now: Timestamp) -> Self {
        Self { since: None, until: None, address: None, is_open: None, now }
    }

    /// The condition for SQL, and its values.
    pub(super) fn condition(&self) -> (String, Vec<Value>) {
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        let mut number = |value: Value| {
            values.push(value);
            values.len()
        };
        if let Some(since) = self.since {
            let at = number(since.milliseconds().into());
            let lasts = if self.now >= since { "1" } else { "0" };
            conditions.push(format!(
                "CASE WHEN end_source IS NULL THEN {lasts} ELSE ifnull(end_latest >= ?{at}, 1) END"
            ));
        }
        if let Some(until) = self.until {
            let at = number(until.milliseconds().into());
            conditions.push(format!("ifnull(start_earliest < ?{at}, 1)"));
        }
        if let Some(address) = self.address {
            let at = number(bytes(address).into());
            conditions.push(format!(
                "(origin_address = ?{at} OR assigned_ipv4 = ?{at} OR assigned_ipv6 = ?{at} OR \
                 (length(?{at}) = 16 AND ?{at} BETWEEN delegated_prefix AND delegated_last))"
            ));
        }
        match self.is_open {
            Some(true) => conditions.push("end_source IS NULL".to_owned()),
            Some(false) => conditions.push("end_source IS NOT NULL".to_owned()),
            None => {}
        }
        if conditions.is_empty() {
            return (String::new(), values);
        }
        (format!(" WHERE {}", conditions.join(" AND ")), values)
    }
}
