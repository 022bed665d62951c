//! What stands in the columns of `radacct`. Each function answers `Ok(None)` where a text says nothing,
//! and an error where it cannot be read.

use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, NaiveDateTime};

use crate::TerminateCause;
use temoin_core::session::{Ipv6Prefix, RemoteEnd, Timestamp, Zone, parse_address};
use temoin_protocol::UnixSeconds;

/// A text that is not what its column should hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Unreadable;

/// The address of a host, with or without a length behind it: `10.99.0.10`, `2001:db8:99::10/128`.
pub(super) fn host(text: &str) -> Result<Option<IpAddr>, Unreadable> {
    let (address, length) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
    let bits: u8 = if address.contains(':') { 128 } else { 32 };
    let address = parse_address(address).ok_or(Unreadable)?;
    if is_nothing(address) {
        return Ok(None);
    }
    match length.map(str::parse::<u8>) {
        None => Ok(Some(address)),
        Some(Ok(length)) if length == bits => Ok(Some(address)),
        // The length of the network that the host is in; without a bit of the host's it is no host.
        Some(Ok(length)) if length < bits && !begins_network(address, length) => Ok(Some(address)),
        Some(_) => Err(Unreadable),
    }
}

/// Where a tunnel comes from, as `Calling-Station-Id` has it. Anything but an IP address, such as that of
/// a network card, cannot be read.
pub(super) fn origin(text: &str) -> Result<Option<RemoteEnd>, Unreadable> {
    let end = match text.parse::<RemoteEnd>() {
        Ok(end) => Some(end),
        Err(_) => host(text)?.map(|address| RemoteEnd { address, port: None, transport: None }),
    };
    Ok(end.filter(|end| !is_nothing(end.address)))
}

/// A prefix, with its length.
pub(super) fn prefix(text: &str) -> Result<Option<Ipv6Prefix>, Unreadable> {
    if text.split('/').next().and_then(parse_address).is_some_and(is_nothing) {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Unreadable)
}

/// Addresses that stand for none: unspecified ones, and those by which a server asks for one to be
/// assigned (RFC 2865, section 5.8).
fn is_nothing(address: IpAddr) -> bool {
    address.is_unspecified()
        || address == IpAddr::V4(Ipv4Addr::BROADCAST)
        || address == IpAddr::V4(Ipv4Addr::new(255, 255, 255, 254))
}

fn begins_network(address: IpAddr, length: u8) -> bool {
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let host_bits = u32::saturating_sub(width, length.into());
    let host_mask = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |bit| bit - 1);
    bits & host_mask == 0
}

/// An instant: its earliest and its latest second, two in the hour that a clock on the wall shows twice.
pub(super) type Instants = (UnixSeconds, UnixSeconds);

/// Why a time cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TimeProblem {
    Unreadable,
    /// It does not say in which zone it is, and `zone` is not given either.
    ZoneMissing,
}

/// An instant as seconds since 1970, as text with its distance from UTC, or as text in `zone`; with or
/// without a fraction of a second.
pub(super) fn instant(text: &str, zone: Option<Zone>) -> Result<Option<Instants>, TimeProblem> {
    // MySQL's and older schemas' way to say nothing.
    if text == "0" || text.starts_with("0000-00-00") {
        return Ok(None);
    }
    let both = |at: Timestamp| UnixSeconds::containing(at).map(|second| Some((second, second)));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number(whole) && is_number(fraction) {
        let second = whole.parse().ok().and_then(UnixSeconds::from_number);
        return second.map(|second| Some((second, second))).ok_or(TimeProblem::Unreadable);
    }
    // PostgreSQL writes +01 for +01:00.
    let told = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").ok();
    let told = told.and_then(|at| Timestamp::from_milliseconds(at.timestamp_millis()).ok());
    if let Some(at) = told.or_else(|| text.parse().ok()) {
        return both(at).ok_or(TimeProblem::Unreadable);
    }
    let civil = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .ok_or(TimeProblem::Unreadable)?;
    let (earliest, latest) =
        zone.ok_or(TimeProblem::ZoneMissing)?.instants(civil).ok_or(TimeProblem::Unreadable)?;
    let earliest = UnixSeconds::containing(earliest).ok_or(TimeProblem::Unreadable)?;
    Ok(UnixSeconds::containing(latest).map(|latest| (earliest, latest)))
}

/// Acct-Terminate-Cause (RFC 2866, section 5.10).
pub(super) fn reason(cause: Option<&str>) -> TerminateCause {
    match cause.unwrap_or_default() {
        "User-Request" => TerminateCause::UserRequest,
        "Lost-Carrier" | "Lost-Service" => TerminateCause::Lost,
        "Idle-Timeout" | "Session-Timeout" => TerminateCause::Limit,
        "Admin-Reset" | "NAS-Request" | "Service-Unavailable" | "Callback" => {
            TerminateCause::Operator
        }
        "Admin-Reboot" | "NAS-Reboot" => TerminateCause::ServerRestarted,
        "Port-Error" | "NAS-Error" => TerminateCause::ServerError,
        "Port-Preempted" => TerminateCause::Superseded,
        _ => TerminateCause::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_with_a_length_behind_it_or_without() {
        let read = |text| host(text).map(|address| address.map(|address| address.to_string()));
        for (text, address) in [
            ("10.99.0.10", "10.99.0.10"),
            ("10.99.0.10/32", "10.99.0.10"),
            ("10.99.0.10/24", "10.99.0.10"),
            ("2001:db8:99::10/128", "2001:db8:99::10"),
            ("2001:db8:99::10/64", "2001:db8:99::10"),
            ("::ffff:10.99.0.10", "10.99.0.10"),
            ("::ffff:10.99.0.10/128", "10.99.0.10"),
        ] {
            assert_eq!(read(text), Ok(Some(address.to_owned())), "{text}");
        }
        for text in ["0.0.0.0", "0.0.0.0/0", "::", "::/0", "255.255.255.254", "255.255.255.255"] {
            assert_eq!(read(text), Ok(None), "{text}");
        }
        for text in
            ["10.99.0", "10.99.0.0/24", "10.99.0.10/33", "10.99.0.10/", "2001:db8::/64", "x"]
        {
            assert_eq!(read(text), Err(Unreadable), "{text}");
        }
    }

    #[test]
    fn an_origin_or_a_prefix_that_stands_for_none_is_nothing() {
        for text in ["0.0.0.0", "0.0.0.0:0", "[::]:0", "udp4:0.0.0.0:30804"] {
            assert_eq!(origin(text), Ok(None), "{text}");
        }
        assert_eq!(origin("203.0.113.7/32").unwrap().unwrap().port, None);
        assert_eq!(origin("02:00:5E:10:00:01"), Err(Unreadable));
        for text in ["::/0", "::", "::/56"] {
            assert_eq!(prefix(text), Ok(None), "{text}");
        }
        assert_eq!(prefix("2001:db8:1::/56"), Ok("2001:db8:1::/56".parse().ok()));
        assert_eq!(prefix("2001:db8:1::"), Err(Unreadable));
    }

    #[test]
    fn a_time_is_a_number_or_a_text_that_says_its_zone_or_one_whose_zone_is_given() {
        let zone = "Europe/Brussels".parse().ok();
        let expected = UnixSeconds::from_number(1_795_415_741);
        for text in [
            "1795415741",
            "1795415741.9",
            "2026-11-23T06:35:41Z",
            "2026-11-23 06:35:41+00",
            "2026-11-23 07:35:41.25+01:00",
            "2026-11-23 07:35:41",
            "2026-11-23 07:35:41.999999",
            "2026-11-23T07:35:41",
        ] {
            let read = instant(text, zone).unwrap().unwrap();
            assert_eq!((Some(read.0), Some(read.1)), (expected, expected), "{text}");
            let without = instant(text, None);
            let says = !text.contains("07:35:41") || text.contains('+');
            assert_eq!(without.is_ok(), says, "{text}: {without:?}");
        }
        for text in ["0", "0000-00-00 00:00:00"] {
            assert_eq!(instant(text, None), Ok(None), "{text}");
        }
        for text in ["-1", "yesterday", "2026-11-23", "2026-13-01 00:00:00", "1e9", "."] {
            assert_eq!(instant(text, zone), Err(TimeProblem::Unreadable), "{text}");
        }
        let (earliest, latest) = instant("2026-10-25 02:30:00", zone).unwrap().unwrap();
        assert_eq!(latest.number() - earliest.number(), 3600);
    }
}
