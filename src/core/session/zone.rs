mod read_zone;

use std::fmt;
use std::str::FromStr;

use chrono::offset::MappedLocalTime;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{GapInfo, Tz};
use serde::{Deserialize, Serialize};

use super::Timestamp;
use read_zone::ReadZone;

pub use read_zone::InvalidZoneFile;

/// A time zone. The rules of western Europe, of the French overseas territories and of UTC are compiled
/// in, so that the same record reads the same on every box; those of any other are read from the system's
/// file ([`Self::from_tzif`]).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Zone(Rules);

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Rules {
    Compiled(Tz),
    Read(&'static ReadZone),
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Rules::Compiled(Tz::UTC));

    /// The zone of a file of the system's (`TZif`, RFC 9636), by this name from now on. It is kept until the
    /// program ends.
    ///
    /// # Errors
    /// [`InvalidZoneFile`] where it is none, or does not say which time it will be in years to come.
    pub fn from_tzif(name: &str, file: &[u8]) -> Result<Self, InvalidZoneFile> {
        ReadZone::keep(name, file).map(|zone| Self(Rules::Read(zone)))
    }

    /// The zone of a rule in the form of POSIX, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    ///
    /// # Errors
    /// [`InvalidZoneFile`] where it is none.
    pub fn from_posix(rule: &str) -> Result<Self, InvalidZoneFile> {
        // A file may have an empty rule, and is UTC then.
        if rule.is_empty() {
            return Err(InvalidZoneFile);
        }
        Self::from_tzif(rule, &read_zone::tzif_of_rule(rule))
    }

    /// The name in the IANA database, or by which it was read.
    pub fn name(self) -> &'static str {
        match self.0 {
            Rules::Compiled(zone) => zone.name(),
            Rules::Read(zone) => zone.name(),
        }
    }

    /// What calendar and clock on the wall show at an instant.
    pub fn civil(self, at: Timestamp) -> NaiveDateTime {
        at.to_utc().naive_utc() + TimeDelta::seconds(self.ahead_of_utc(at).into())
    }

    /// What the calendar shows at an instant.
    pub fn date(self, at: Timestamp) -> NaiveDate {
        self.civil(at).date()
    }

    /// How many seconds the zone is ahead of UTC at an instant.
    pub fn ahead_of_utc(self, at: Timestamp) -> i32 {
        match self.0 {
            Rules::Compiled(zone) => {
                at.to_utc().with_timezone(&zone).offset().fix().local_minus_utc()
            }
            Rules::Read(zone) => zone.ahead_of_utc(at.milliseconds().div_euclid(1_000)),
        }
    }

    /// Whether the clock on the wall shows the same twice around an instant, because it is put back.
    pub fn is_ambiguous(self, at: Timestamp) -> bool {
        let civil = self.civil(at);
        match self.0 {
            Rules::Compiled(zone) => {
                matches!(zone.from_local_datetime(&civil), MappedLocalTime::Ambiguous(..))
            }
            Rules::Read(zone) => {
                zone.instants(civil.and_utc().timestamp()).is_some_and(|(one, other)| one != other)
            }
        }
    }

    /// The earliest and the latest instant at which calendar and clock on the wall showed `civil`:
    /// two where the clock was put back over it, else the same. `None` where it was put forward over
    /// it, and outside the years that a [`Timestamp`] holds.
    pub fn instants(self, civil: NaiveDateTime) -> Option<(Timestamp, Timestamp)> {
        let instant = |milliseconds| Timestamp::from_milliseconds(milliseconds).ok();
        match self.0 {
            Rules::Compiled(zone) => {
                let shown = zone.from_local_datetime(&civil);
                let (earliest, latest) = (shown.earliest()?, shown.latest()?);
                Some((instant(earliest.timestamp_millis())?, instant(latest.timestamp_millis())?))
            }
            Rules::Read(zone) => {
                let shown = civil.and_utc();
                let (earliest, latest) = zone.instants(shown.timestamp())?;
                let part = i64::from(shown.timestamp_subsec_millis());
                let instant = |seconds: i64| instant(seconds.checked_mul(1_000)? + part);
                Some((instant(earliest)?, instant(latest)?))
            }
        }
    }

    /// The first instant of a day: midnight on the wall or, where the clock is put forward over it,
    /// the first moment after. Held within the years 0 to 9999, as every [`Timestamp`].
    pub fn first_instant(self, date: NaiveDate) -> Timestamp {
        let midnight = date.and_time(NaiveTime::MIN);
        let milliseconds = match self.0 {
            Rules::Compiled(zone) => {
                let first = zone
                    .from_local_datetime(&midnight)
                    .earliest()
                    .or_else(|| GapInfo::new(&midnight, &zone)?.end);
                first.map_or_else(|| midnight.and_utc(), |first| first.to_utc()).timestamp_millis()
            }
            Rules::Read(zone) => {
                zone.first_instant(midnight.and_utc().timestamp()).saturating_mul(1_000)
            }
        };
        Timestamp::EPOCH.shifted(milliseconds)
    }
}

/// The zones in which a member's box may stand. `.cargo/config.toml` leaves all others out of the
/// program, where it is read: a build that has more takes no more, and one that lacks one fails.
const ZONES: [Tz; 23] = [
    Tz::UTC,
    Tz::Europe__Amsterdam,
    Tz::Europe__Berlin,
    Tz::Europe__Brussels,
    Tz::Europe__London,
    Tz::Europe__Luxembourg,
    Tz::Europe__Paris,
    Tz::Europe__Zurich,
    Tz::Atlantic__Azores,
    Tz::Indian__Reunion,
    Tz::Indian__Mayotte,
    Tz::Indian__Kerguelen,
    Tz::America__Guadeloupe,
    Tz::America__Martinique,
    Tz::America__Cayenne,
    Tz::America__Miquelon,
    Tz::America__St_Barthelemy,
    Tz::America__Marigot,
    Tz::Pacific__Noumea,
    Tz::Pacific__Tahiti,
    Tz::Pacific__Marquesas,
    Tz::Pacific__Gambier,
    Tz::Pacific__Wallis,
];

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let compiled = name.parse().ok().filter(|zone| ZONES.contains(zone)).map(Rules::Compiled);
        compiled.or_else(|| ReadZone::kept(name).map(Rules::Read)).map(Self).ok_or(UnknownZone)
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

/// Not the name of a time zone that temoin has the rules of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownZone;

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a time zone that temoin knows, such as Europe/Brussels, Europe/Paris, \
             Europe/Amsterdam, Europe/Berlin, Indian/Reunion or UTC",
        )
    }
}

impl std::error::Error for UnknownZone {}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate, NaiveDateTime};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{Timestamp, Zone};

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_zones_of_europe_and_of_france_overseas_are_there_and_only_they() {
        for name in [
            "UTC",
            "Europe/Brussels",
            "Europe/Amsterdam",
            "Europe/Paris",
            "Europe/Berlin",
            "Atlantic/Azores",
            "Indian/Reunion",
            "Indian/Mayotte",
            "Indian/Kerguelen",
            "America/Guadeloupe",
            "America/Martinique",
            "America/Cayenne",
            "America/Miquelon",
            "America/St_Barthelemy",
            "America/Marigot",
            "Pacific/Noumea",
            "Pacific/Tahiti",
            "Pacific/Marquesas",
            "Pacific/Gambier",
            "Pacific/Wallis",
        ] {
            assert_eq!(zone(name).to_string(), name);
        }
        for name in ["", "Brussels", "europe/brussels", "America/New_York", "Europe/Brüssel"] {
            assert!(name.parse::<Zone>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_day_is_that_of_the_wall_not_of_utc() {
        let brussels = zone("Europe/Brussels");
        assert_eq!(brussels.date(at("2024-12-31T23:30:00Z")), day("2025-01-01"));
        assert_eq!(Zone::UTC.date(at("2024-12-31T23:30:00Z")), day("2024-12-31"));
        assert_eq!(brussels.first_instant(day("2025-01-01")), at("2024-12-31T23:00:00Z"));
        assert_eq!(brussels.first_instant(day("2026-07-01")), at("2026-06-30T22:00:00Z"));
        assert_eq!(zone("Indian/Reunion").ahead_of_utc(Timestamp::EPOCH), 4 * 3600);
    }

    #[test]
    fn a_day_without_midnight_begins_when_the_clock_was_put_forward() {
        let azores = zone("Atlantic/Azores");
        assert_eq!(azores.first_instant(day("2026-03-29")), at("2026-03-29T01:00:00Z"));
        assert_eq!(azores.date(at("2026-03-29T00:59:59Z")), day("2026-03-28"));
    }

    #[test]
    fn a_day_with_two_midnights_begins_at_the_first() {
        let azores = zone("Atlantic/Azores");
        assert_eq!(azores.first_instant(day("2026-10-25")), at("2026-10-25T00:00:00Z"));
        assert!(azores.is_ambiguous(at("2026-10-25T00:00:00Z")));
        assert!(azores.is_ambiguous(at("2026-10-25T01:00:00Z")));
        assert!(!azores.is_ambiguous(at("2026-10-25T02:00:00Z")));
    }

    #[test]
    fn a_time_on_the_wall_is_one_instant_or_two_or_none() {
        let shown = |text: &str| zone("Europe/Brussels").instants(text.parse().unwrap());
        for (civil, instant) in [
            ("2026-01-15T12:00:00", "2026-01-15T11:00:00Z"),
            ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
            ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
            ("2026-07-15T12:00:00", "2026-07-15T10:00:00Z"),
            ("2026-10-25T01:59:59", "2026-10-24T23:59:59Z"),
            ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
            ("2025-01-01T00:30:00", "2024-12-31T23:30:00Z"),
        ] {
            assert_eq!(shown(civil), Some((at(instant), at(instant))), "{civil}");
        }
        let twice = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
        assert_eq!(shown("2026-10-25T02:30:00"), Some(twice));
        assert_eq!(shown("2026-03-29T02:30:00"), None);
    }

    #[test]
    fn a_time_that_no_timestamp_holds_is_none() {
        for civil in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
            assert_eq!(zone("Europe/Brussels").instants(civil), None);
            assert_eq!(Zone::UTC.instants(civil), None);
        }
    }

    proptest! {
        #[test]
        fn an_instant_is_among_those_at_which_its_civil_time_was_shown(
            milliseconds in 0_i64..7_000_000_000_000,
            place in any::<proptest::sample::Index>(),
        ) {
            let zones = ["UTC", "Europe/Brussels", "Atlantic/Azores", "America/Miquelon"];
            let zone = zone(place.get::<&str>(&zones));
            let at = Timestamp::EPOCH.shifted(milliseconds);
            let (earliest, latest) = zone.instants(zone.civil(at)).unwrap();
            prop_assert!(at == earliest || at == latest);
            prop_assert!(zone.is_ambiguous(at) || earliest == latest);
            prop_assert_eq!(zone.civil(earliest), zone.civil(latest));
        }

        #[test]
        fn a_name_is_kept_as_it_is_or_refused(name in ".*") {
            if let Ok(zone) = name.parse::<Zone>() {
                prop_assert_eq!(zone.name(), name);
            }
        }

        #[test]
        fn the_first_instant_of_a_day_is_on_it_and_the_one_before_is_not(
            days in 0_u64..80_000,
            place in any::<proptest::sample::Index>(),
        ) {
            let zones = ["UTC", "Europe/Brussels", "Europe/London", "Atlantic/Azores",
                "America/Miquelon", "Pacific/Marquesas"];
            let zone = zone(place.get::<&str>(&zones));
            let date = day("1970-01-01") + Days::new(days);
            let first = zone.first_instant(date);
            prop_assert_eq!(zone.date(first), date);
            prop_assert!(zone.date(first.shifted(-1)) < date);
        }

        #[test]
        fn every_instant_has_a_civil_time(milliseconds in any::<i64>()) {
            let at = Timestamp::EPOCH.shifted(milliseconds);
            let zone = zone("Europe/Brussels");
            prop_assert!(zone.first_instant(zone.date(at)) <= at);
        }
    }
}
