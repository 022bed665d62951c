use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

/// A zone whose rules were read, known by its name.
pub(super) struct ReadZone {
    name: String,
    file: Vec<u8>,
    rules: tz::TimeZone,
}

/// The zones that were read: one or two in a program, each kept so that a zone can be copied like a
/// number.
static KEPT: Mutex<Vec<&'static ReadZone>> = Mutex::new(Vec::new());

impl ReadZone {
    /// Reads a file and keeps its zone.
    pub(super) fn keep(name: &str, file: &[u8]) -> Result<&'static Self, InvalidZoneFile> {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.iter().find(|zone| zone.name == name && zone.file == file) {
            return Ok(known);
        }
        let rules = tz::TimeZone::from_tz_data(file).map_err(|_| InvalidZoneFile)?;
        // Some files end with their last known change of the clock.
        for seconds in [FIRST_SECOND, LAST_SECOND] {
            rules.find_local_time_type(seconds).map_err(|_| InvalidZoneFile)?;
        }
        let zone = Self { name: name.to_owned(), file: file.to_owned(), rules };
        let zone: &'static Self = Box::leak(Box::new(zone));
        kept.retain(|known| known.name != name);
        kept.push(zone);
        Ok(zone)
    }

    /// The zone that was read last by a name.
    pub(super) fn kept(name: &str) -> Option<&'static Self> {
        let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|zone| zone.name == name).copied()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How many seconds it is ahead of UTC at an instant, in seconds since 1970.
    pub(super) fn ahead_of_utc(&self, at: i64) -> i32 {
        let at = at.clamp(FIRST_SECOND, LAST_SECOND);
        // Between these two the rules have an answer: `keep` asked.
        self.rules.find_local_time_type(at).map_or(0, tz::LocalTimeType::ut_offset)
    }

    /// The earliest and the latest instant at which the clock on the wall showed `civil`, which is counted
    /// as if it were UTC.
    pub(super) fn instants(&self, civil: i64) -> Option<(i64, i64)> {
        let shown = self.candidates(civil);
        let shown = shown.into_iter().filter(|at| at + i64::from(self.ahead_of_utc(*at)) == civil);
        let (earliest, latest) = (shown.clone().min()?, shown.max()?);
        Some((earliest, latest))
    }

    /// The first instant at which the clock on the wall showed `civil` or, put forward over it, more.
    pub(super) fn first_instant(&self, civil: i64) -> i64 {
        if let Some((earliest, _)) = self.instants(civil) {
            return earliest;
        }
        // The clock was put forward between the two instants that it would have been.
        let [one, other] = self.candidates(civil);
        let (mut before, mut after) = (one.min(other), one.max(other));
        let ahead = self.ahead_of_utc(before);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            if self.ahead_of_utc(middle) == ahead { before = middle } else { after = middle }
        }
        after
    }

    /// The instants at which `civil` is shown by the rules of the day before, and of the day after.
    fn candidates(&self, civil: i64) -> [i64; 2] {
        [-DAY, DAY].map(|away| civil - i64::from(self.ahead_of_utc(civil.saturating_add(away))))
    }
}

impl fmt::Debug for ReadZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Eq for ReadZone {}

impl Hash for ReadZone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl PartialEq for ReadZone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The rules of a time zone cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidZoneFile;

impl fmt::Display for InvalidZoneFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these are no rules of a time zone that hold for years to come")
    }
}

impl std::error::Error for InvalidZoneFile {}

/// A file that has no changes of the clock but those of a rule (RFC 9636, section 3): the block of version
/// 1, that of version 2, and the rule.
pub(super) fn tzif_of_rule(rule: &str) -> Vec<u8> {
    // One type of local time and the four bytes of its name; no changes and no leap seconds.
    let mut block = b"TZif2".to_vec();
    block.extend([0; 15]);
    for count in [0_u32, 0, 0, 0, 1, 4] {
        block.extend(count.to_be_bytes());
    }
    block.extend([0; 6]);
    block.extend(b"UTC\0");
    let mut file = block.repeat(2);
    file.push(b'\n');
    file.extend(rule.as_bytes());
    file.push(b'\n');
    file
}

/// In seconds.
const DAY: i64 = 86_400;

/// The first second of the year 0, before which there is no timestamp.
const FIRST_SECOND: i64 = -62_167_219_200;

/// The last second of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use crate::session::{InvalidZoneFile, Timestamp, Zone};

    const FILES: [(&str, &[u8]); 3] = [
        ("Atlantic/Azores", include_bytes!("../../../../tests/fixtures/zoneinfo/Azores")),
        ("Europe/Brussels", include_bytes!("../../../../tests/fixtures/zoneinfo/Brussels")),
        ("America/Miquelon", include_bytes!("../../../../tests/fixtures/zoneinfo/Miquelon")),
    ];

    const KYIV: &[u8] = include_bytes!("../../../../tests/fixtures/zoneinfo/Kyiv");

    /// Every hour and half hour of 2026 and 2038, before and after the last change that is written in full.
    fn half_hours() -> impl Iterator<Item = Timestamp> {
        [1_767_225_600_000, 2_145_916_800_000]
            .into_iter()
            .flat_map(|from| (0..366 * 48).map(move |number| (from, number)))
            .map(|(from, number)| Timestamp::EPOCH.shifted(from + number * 1_800_000))
    }

    #[test]
    fn a_zone_that_is_read_is_the_one_that_is_compiled_in() {
        for (name, file) in FILES {
            let compiled: Zone = name.parse().unwrap();
            let read = Zone::from_tzif(&format!("read {name}"), file).unwrap();
            for at in half_hours() {
                let civil = compiled.civil(at);
                assert_eq!(read.civil(at), civil, "{name} {at}");
                assert_eq!(read.instants(civil), compiled.instants(civil), "{name} {at}");
                assert_eq!(read.is_ambiguous(at), compiled.is_ambiguous(at), "{name} {at}");
                // Also times that no clock showed.
                let civil = at.to_utc().naive_utc();
                assert_eq!(read.instants(civil), compiled.instants(civil), "{name} {civil}");
                if civil.time() == chrono::NaiveTime::MIN {
                    let day = civil.date();
                    assert_eq!(
                        read.first_instant(day),
                        compiled.first_instant(day),
                        "{name} {day}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_zone_that_no_build_has_is_known_by_its_name_once_it_is_read() {
        let name = "Europe/Kyiv";
        assert!(name.parse::<Zone>().is_err());
        let zone = Zone::from_tzif(name, KYIV).unwrap();
        assert_eq!(name.parse::<Zone>(), Ok(zone));
        assert_eq!(Zone::from_tzif(name, KYIV), Ok(zone));
        let (winter, summer) = ("2026-11-24T08:00:00Z", "2026-07-24T08:00:00Z");
        assert_eq!(zone.civil(winter.parse().unwrap()).to_string(), "2026-11-24 10:00:00");
        assert_eq!(zone.civil(summer.parse().unwrap()).to_string(), "2026-07-24 11:00:00");
    }

    #[test]
    fn a_rule_in_the_form_of_posix_is_a_zone() {
        let zone = Zone::from_posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let brussels: Zone = "Europe/Brussels".parse().unwrap();
        assert!(half_hours().all(|at| zone.civil(at) == brussels.civil(at)));
        assert_eq!(zone.name(), "CET-1CEST,M3.5.0,M10.5.0/3");
        let fixed = Zone::from_posix("<+0330>-3:30").unwrap();
        assert_eq!(fixed.ahead_of_utc(Timestamp::EPOCH), 12_600);
        for text in ["", "Nowhere/Land", "CET", "CET-1CEST", "CET-1CEST,M13.5.0,M10.5.0"] {
            assert_eq!(Zone::from_posix(text), Err(InvalidZoneFile), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_file_makes_the_reader_panic(
            file in vec(any::<u8>(), 0..200),
            at in any::<proptest::sample::Index>(),
            byte: u8,
            milliseconds: i64,
        ) {
            prop_assert_eq!(Zone::from_tzif("noise", &file), Err(InvalidZoneFile));
            let mut damaged = KYIV.to_vec();
            let at = at.index(damaged.len());
            damaged[at] = byte;
            if let Ok(zone) = Zone::from_tzif(&format!("damaged {at} {byte}"), &damaged) {
                let moment = Timestamp::EPOCH.shifted(milliseconds);
                let day = zone.date(moment);
                let _ = (zone.is_ambiguous(moment), zone.instants(zone.civil(moment)));
                prop_assert!(zone.first_instant(day) <= zone.first_instant(day).max(moment));
            }
        }
    }
}
