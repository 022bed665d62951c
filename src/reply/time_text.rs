use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use temoin_core::session::{TimeBounds, Timestamp};

use crate::zone::ReplyZone;

/// The order of day, month and year where a date is written with digits alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DateOrder {
    /// 24/11/2026.
    DayFirst,
    /// 11/24/2026.
    MonthFirst,
    /// 26/11/24; four digits of the year need no order to be said.
    YearFirst,
}

impl DateOrder {
    /// Every order.
    pub const ALL: [Self; 3] = [Self::DayFirst, Self::MonthFirst, Self::YearFirst];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DayFirst => "day-month-year",
            Self::MonthFirst => "month-day-year",
            Self::YearFirst => "year-month-day",
        }
    }

    /// The order with this stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.name() == name)
    }
}

impl FromStr for DateOrder {
    type Err = UnknownDateOrder;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::from_name(name).ok_or(UnknownDateOrder)
    }
}

/// Not the name of an order of dates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownDateOrder;

impl fmt::Display for UnknownDateOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third] = DateOrder::ALL.map(DateOrder::name);
        write!(f, "{first}, {second} or {third} is expected")
    }
}

impl std::error::Error for UnknownDateOrder {}

/// Why a text is no time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TimeProblem {
    /// The order of day and month is not known.
    OrderMissing,
    /// It is not written as a time, or no clock ever showed it.
    Unreadable,
    /// It does not say its zone, and nothing else does.
    ZoneMissing,
}

/// A time as it is written, before anything is known of its zone and of the order of its date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeText {
    kind: Kind,
    zone: Option<ReplyZone>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// A clock alone.
    Clock(Clock),
    /// A day, and the clock where it is written too.
    Day(Day, Option<Clock>),
    /// Seconds or milliseconds since 1970.
    Instant(Timestamp),
    /// A spreadsheet's number of a day: the moments that it can stand for.
    Serial(NaiveDateTime, NaiveDateTime),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Day {
    Known(NaiveDate),
    /// Three numbers of which the order is open; whether the last has four digits.
    Open([u32; 3], bool),
}

/// What a clock shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Clock {
    time: NaiveTime,
    /// How much later it may have been, in milliseconds: a minute where no seconds are written.
    span: i64,
}

impl TimeText {
    /// Reads the notations in use, which cannot be mistaken for each other: RFC 3339 and what databases
    /// make of it, dates with slashes, points and names of months, seconds since 1970 (milliseconds with
    /// 13 digits), spreadsheets' numbers of days, clocks alone.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > 64 {
            return None;
        }
        if let Some(at) = since_1970(text) {
            return Some(Self { kind: Kind::Instant(at), zone: None });
        }
        if let Some((from, to)) = serial(text) {
            return Some(Self { kind: Kind::Serial(from, to), zone: None });
        }
        if let Some((day, clock, rest)) = compact(text) {
            return Some(Self { kind: Kind::Day(Day::Known(day), clock), zone: zone(rest)? });
        }
        let Some((before, clock, after)) = split_clock(text) else {
            return Some(Self { kind: Kind::Day(day(text)?, None), zone: None });
        };
        // `Tue Nov 24 08:00:00 2026`, as ctime(3) writes it.
        let (year, after) = match after.split_at_checked(4) {
            Some((year, rest))
                if is_digits(year) && !rest.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                (year, rest.trim())
            }
            _ => ("", after),
        };
        let zone = zone(after)?;
        let words = ["à", "at", "um", "om", "T", "t", ","];
        let mut before = before.trim();
        for word in words {
            before = before.strip_suffix(word).unwrap_or(before).trim_end();
        }
        let kind = if before.is_empty() && year.is_empty() {
            Kind::Clock(clock)
        } else {
            Kind::Day(day(format!("{before} {year}").trim())?, Some(clock))
        };
        Some(Self { kind, zone })
    }

    /// Whether it is a clock alone.
    pub(crate) fn is_clock(self) -> bool {
        matches!(self.kind, Kind::Clock(_))
    }

    /// Whether it says a day or an instant.
    pub(crate) fn has_day(self) -> bool {
        !self.is_clock()
    }

    /// The orders in which its date is one, where that matters.
    pub(crate) fn orders(self) -> Option<Vec<(DateOrder, NaiveDate)>> {
        let Kind::Day(Day::Open(numbers, long), _) = self.kind else { return None };
        let dates = DateOrder::ALL.into_iter();
        Some(dates.filter_map(|order| Some((order, dated(numbers, long, order)?))).collect())
    }

    /// This day with the clock of another text, where they stand in two columns.
    pub(crate) fn with_clock(self, other: Self) -> Option<Self> {
        match (self.kind, other.kind) {
            (Kind::Day(day, _), Kind::Clock(clock)) => {
                Some(Self { kind: Kind::Day(day, Some(clock)), zone: other.zone.or(self.zone) })
            }
            (Kind::Serial(from, _), Kind::Clock(clock)) => {
                let kind = Kind::Day(Day::Known(from.date()), Some(clock));
                Some(Self { kind, zone: other.zone.or(self.zone) })
            }
            _ => None,
        }
    }

    /// When that was.
    pub(crate) fn moment(
        self,
        order: Option<DateOrder>,
        zone: Option<ReplyZone>,
    ) -> Result<TimeBounds, TimeProblem> {
        let unreadable = TimeProblem::Unreadable;
        let zone = || self.zone.or(zone).ok_or(TimeProblem::ZoneMissing);
        match self.kind {
            Kind::Clock(_) => Err(unreadable),
            Kind::Instant(at) => Ok(TimeBounds::exact(at)),
            Kind::Serial(from, to) => between(zone()?, from, to).ok_or(unreadable),
            Kind::Day(day, clock) => {
                let date = match day {
                    Day::Known(date) => date,
                    Day::Open(numbers, long) => {
                        let dates = self.orders().unwrap_or_default();
                        let first = dates.first().ok_or(unreadable)?.1;
                        match order {
                            Some(order) => dated(numbers, long, order).ok_or(unreadable)?,
                            None if dates.iter().all(|(_, date)| *date == first) => first,
                            None => return Err(TimeProblem::OrderMissing),
                        }
                    }
                };
                match clock {
                    Some(Clock { time, span: 0 }) => {
                        zone()?.moment(date.and_time(time)).ok_or(unreadable)
                    }
                    Some(Clock { time, span }) => {
                        let from = date.and_time(time);
                        let to = from + TimeDelta::milliseconds(span);
                        between(zone()?, from, to).ok_or(unreadable)
                    }
                    None => whole_day(zone()?, date).ok_or(unreadable),
                }
            }
        }
    }
}

/// Seconds since 1970, with a fraction or without; milliseconds where there are 13 digits.
pub(crate) fn since_1970(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !is_digits(whole)
        || !fraction.bytes().all(|byte| byte.is_ascii_digit())
        || !(9..=13).contains(&whole.len())
    {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    if whole.len() == 13 {
        return Timestamp::from_milliseconds(number).ok();
    }
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    let milliseconds = number.checked_mul(1000)?.checked_add(thousandths.parse().ok()?)?;
    Timestamp::from_milliseconds(milliseconds).ok()
}

/// The bounds of a day in a zone.
pub(crate) fn whole_day(zone: ReplyZone, date: NaiveDate) -> Option<TimeBounds> {
    let (from, to) = (zone.first_instant(date)?, zone.first_instant(date.succ_opt()?)?);
    Some(TimeBounds::between(Some(from), Some(to.shifted(-1))))
}

fn between(zone: ReplyZone, from: NaiveDateTime, to: NaiveDateTime) -> Option<TimeBounds> {
    let (from, to) = (zone.moment(from)?, zone.moment(to)?);
    Some(TimeBounds::between(from.earliest, to.latest))
}

/// A spreadsheet's number of a day since the end of 1899, of the years 2000 to 2099: as it is rounded, it
/// stands for all that it could have been.
fn serial(text: &str) -> Option<(NaiveDateTime, NaiveDateTime)> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let is_number = whole.len() == 5 && is_digits(whole) && fraction.len() <= 18;
    if !is_number || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let days: i64 = whole.parse().ok().filter(|days| (36_526..73_051).contains(days))?;
    let midnight = NaiveDate::from_ymd_opt(1899, 12, 30)?
        .checked_add_signed(TimeDelta::days(days))?
        .and_time(NaiveTime::MIN);
    if fraction.is_empty() {
        // A number without a fraction is how a cell with a day alone is kept.
        return Some((midnight, midnight + TimeDelta::milliseconds(DAY - 1)));
    }
    let digits: String = fraction.chars().chain("0".repeat(9).chars()).take(9).collect();
    let billionths: i64 = digits.parse().ok()?;
    let at = (billionths * (DAY / 1000) + 500_000) / 1_000_000;
    // Half of the last digit that is written; from the fifth on that is less than a second.
    let half = match fraction.len() {
        1 => DAY / 20,
        2 => DAY / 200,
        3 => DAY / 2_000,
        4 => DAY / 20_000,
        _ => 500,
    };
    let moment = |at: i64| midnight + TimeDelta::milliseconds(at);
    Some((moment(at - half), moment(at + half)))
}

/// `20261124`, `20261124090000`, `20261124T090000Z`.
fn compact(text: &str) -> Option<(NaiveDate, Option<Clock>, &str)> {
    let (date, rest) = text.split_at_checked(8)?;
    if !is_digits(date) || !date.starts_with("20") {
        return None;
    }
    let date = NaiveDate::parse_from_str(date, "%Y%m%d").ok()?;
    let clock = rest.strip_prefix(['T', 't']).unwrap_or(rest);
    if clock.is_empty() && rest.is_empty() {
        return Some((date, None, ""));
    }
    let (clock, after) = clock.split_at_checked(6)?;
    let time = NaiveTime::parse_from_str(clock, "%H%M%S").ok().filter(|_| is_digits(clock))?;
    Some((date, Some(Clock { time, span: 0 }), after.trim()))
}

/// What stands before and after a clock such as `9:00`, `09:00:00.5`, `9h00` or `9:00:00 PM`, and it.
fn split_clock(text: &str) -> Option<(&str, Clock, &str)> {
    let joint = text.char_indices().find(|(at, c)| {
        let digit = |at: Option<usize>| {
            at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit)
        };
        matches!(c, ':' | 'h' | 'H') && digit(at.checked_sub(1)) && digit(Some(at + 1))
    })?;
    let (head, tail) = (&text[..joint.0], &text[joint.0 + 1..]);
    let hours_at = head.len() - head.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, hours) = head.split_at(hours_at);
    let (minutes, tail) = two_digits(tail)?;
    let mut fraction = 0;
    let (seconds, mut tail) = match tail.strip_prefix(':') {
        Some(tail) => {
            let (seconds, mut tail) = two_digits(tail)?;
            if let Some(rest) = tail.strip_prefix(['.', ',']) {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                let thousandths: String =
                    rest[..digits].chars().chain("000".chars()).take(3).collect();
                fraction = thousandths.parse().ok().filter(|_| digits > 0)?;
                tail = &rest[digits..];
            }
            (Some(seconds), tail)
        }
        None => (None, tail.strip_prefix("min").unwrap_or(tail)),
    };
    tail = tail.trim();
    let mut hours: u32 = hours.parse().ok().filter(|_| hours.len() <= 2)?;
    let half = tail.get(..2).map(str::to_ascii_lowercase);
    let is_half = matches!(half.as_deref(), Some("am" | "pm"));
    if is_half && !tail[2..].starts_with(|c: char| c.is_alphanumeric()) {
        hours = match (hours, half.as_deref()) {
            (1..=11, Some("pm")) => hours + 12,
            (12, Some("am")) => 0,
            (1..=12, _) => hours,
            _ => return None,
        };
        tail = tail[2..].trim();
    }
    let time = NaiveTime::from_hms_milli_opt(hours, minutes, seconds.unwrap_or(0), fraction)?;
    // Written to the minute: somewhere within it.
    Some((before, Clock { time, span: if seconds.is_some() { 0 } else { 59_999 } }, tail))
}

fn two_digits(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(2)?;
    let number = digits.parse().ok().filter(|_| is_digits(digits))?;
    (!rest.starts_with(|c: char| c.is_ascii_digit())).then_some((number, rest))
}

/// The zone behind a time; `Some(None)` where nothing stands there.
fn zone(text: &str) -> Option<Option<ReplyZone>> {
    match text.trim() {
        "" => Some(None),
        text if text.contains('/') => text.parse().ok().map(Some),
        text => match text.to_ascii_uppercase().as_str() {
            // Summer time has one distance from UTC wherever it is called so; `CET` is often written in
            // summer too.
            "CEST" | "MESZ" => Some(Some(ReplyZone::Fixed(120))),
            text => text.parse().ok().map(Some),
        },
    }
}

/// A day that is written with digits, or with the name of a month.
fn day(text: &str) -> Option<Day> {
    let mut numbers: Vec<(u32, usize)> = Vec::new();
    let mut month = None;
    let parts: Vec<&str> =
        text.split([' ', '-', '/', '.', ',']).filter(|part| !part.is_empty()).collect();
    for part in &parts {
        if is_digits(part) && part.len() <= 4 {
            numbers.push((part.parse().ok()?, part.len()));
        } else if let Some(number) = month_of(part) {
            if month.replace((number, numbers.len())).is_some() {
                return None;
            }
        } else if let Some(number) = part.strip_suffix("er").filter(|rest| is_digits(rest)) {
            // `1er novembre`.
            numbers.push((number.parse().ok()?, number.len()));
        } else if !(numbers.is_empty() && month.is_none() && part.chars().all(char::is_alphabetic))
        {
            return None;
        }
    }
    let year = |(number, digits): (u32, usize)| match digits {
        4 => i32::try_from(number).ok(),
        2 => i32::try_from(number).ok().map(|number| number + 2000),
        _ => None,
    };
    match (numbers.as_slice(), month) {
        ([first, second], Some((month, _))) => {
            let (year, day) =
                if first.1 == 4 { (year(*first), second.0) } else { (year(*second), first.0) };
            NaiveDate::from_ymd_opt(year?, month, day).map(Day::Known)
        }
        // The name of a weekday may stand before digits, and nothing else.
        ([first, second, third], None) => {
            let separator = text.trim_start_matches(|c: char| !c.is_ascii_digit());
            let separator =
                separator.trim_start_matches(|c: char| c.is_ascii_digit()).chars().next();
            let short = |part: &(u32, usize)| part.1 <= 2;
            if first.1 == 4 && short(second) && short(third) {
                return NaiveDate::from_ymd_opt(year(*first)?, second.0, third.0).map(Day::Known);
            }
            let is_long = third.1 == 4;
            if !short(first) || !short(second) || !(is_long || third.1 == 2) {
                return None;
            }
            let numbers = [first.0, second.0, third.0];
            // Nobody writes the month first with points.
            if separator == Some('.') {
                return dated(numbers, is_long, DateOrder::DayFirst).map(Day::Known);
            }
            let open = Day::Open(numbers, is_long);
            DateOrder::ALL
                .iter()
                .any(|order| dated(numbers, is_long, *order).is_some())
                .then_some(open)
        }
        _ => None,
    }
}

fn dated([a, b, c]: [u32; 3], is_long: bool, order: DateOrder) -> Option<NaiveDate> {
    let century = if is_long { 0 } else { 2000 };
    let (year, month, day) = match order {
        DateOrder::DayFirst => (c + century, b, a),
        DateOrder::MonthFirst => (c + century, a, b),
        DateOrder::YearFirst if !is_long => (a + century, b, c),
        DateOrder::YearFirst => return None,
    };
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// The month of a name in one of the languages, or of its beginning.
fn month_of(word: &str) -> Option<u32> {
    let word = word.to_lowercase();
    // Tuesday in French and Spanish.
    if word.starts_with("mard") || word.starts_with("marte") {
        return None;
    }
    let found = MONTHS.iter().find(|(name, _)| word.starts_with(name))?;
    word.chars().all(char::is_alphabetic).then_some(found.1)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How the months begin in French, Dutch, English, German and Spanish, where they are told apart.
const MONTHS: [(&str, u32); 30] = [
    ("jan", 1),
    ("ene", 1),
    ("jän", 1),
    ("feb", 2),
    ("fev", 2),
    ("fév", 2),
    ("mar", 3),
    ("maart", 3),
    ("mrt", 3),
    ("mär", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("may", 5),
    ("mai", 5),
    ("mei", 5),
    ("jun", 6),
    ("juin", 6),
    ("jul", 7),
    ("juil", 7),
    ("aug", 8),
    ("aoû", 8),
    ("ago", 8),
    ("sep", 9),
    ("oct", 10),
    ("okt", 10),
    ("nov", 11),
    ("dec", 12),
    ("déc", 12),
    ("dez", 12),
];

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{DateOrder, ReplyZone, TimeBounds, TimeProblem, TimeText};

    fn read(text: &str) -> Result<TimeBounds, TimeProblem> {
        let zone = "Europe/Brussels".parse().ok();
        TimeText::parse(text).ok_or(TimeProblem::Unreadable)?.moment(None, zone)
    }

    fn bounds(from: &str, to: &str) -> Result<TimeBounds, TimeProblem> {
        Ok(TimeBounds::between(from.parse().ok(), to.parse().ok()))
    }

    #[test]
    fn one_moment_is_read_in_all_notations() {
        for text in [
            "2026-11-24T08:00:00Z",
            "2026-11-24T09:00:00+01:00",
            "2026-11-24 08:00:00+00",
            "2026-11-24 09:00:00.000+0100",
            "2026-11-24 08:00:00 UTC",
            "1795507200",
            "1795507200.000",
            "1795507200000",
            "2026-11-24 09:00:00",
            "2026/11/24 09:00:00",
            "24/11/2026 09:00:00",
            "24.11.2026 09:00:00",
            "24.11.26 9:00:00",
            "11/24/2026 9:00:00 AM",
            "24-Nov-2026 09:00:00",
            "24 novembre 2026 à 09:00:00",
            "Tue Nov 24 09:00:00 2026",
            "Tue, 24 Nov 2026 08:00:00 +0000",
            "mardi 24 novembre 2026 09:00:00",
            "20261124090000",
            "20261124T080000Z",
            "2026-11-24 09:00:00 Europe/Paris",
            "2026-11-24T09:00:00,000",
            "24 dec 2026".replace("dec 2026", "Nov. 2026 09:00:00").as_str(),
        ] {
            let expected = bounds("2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z");
            assert_eq!(read(text), expected, "{text}");
        }
        let expected = bounds("2026-12-24T08:00:00Z", "2026-12-24T08:00:00Z");
        for text in ["24 déc. 2026 09:00:00", "24-Dez-2026 09:00:00", "Dec 24, 2026 9:00:00 AM"] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_written_less_closely_is_bounds() {
        for (text, from, to) in [
            ("2026-11-24 09:00", "2026-11-24T08:00:00Z", "2026-11-24T08:00:59.999Z"),
            ("24/11/2026 9h00", "2026-11-24T08:00:00Z", "2026-11-24T08:00:59.999Z"),
            ("2026-11-24", "2026-11-23T23:00:00Z", "2026-11-24T22:59:59.999Z"),
            ("2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59.999Z"),
            ("20261124", "2026-11-23T23:00:00Z", "2026-11-24T22:59:59.999Z"),
            ("46350", "2026-11-23T23:00:00Z", "2026-11-24T22:59:59.999Z"),
            ("46350,375", "2026-11-24T07:59:16.800Z", "2026-11-24T08:00:43.200Z"),
            ("46350.37500", "2026-11-24T07:59:59.500Z", "2026-11-24T08:00:00.500Z"),
            ("46204,5833", "2026-07-01T11:59:52.800Z", "2026-07-01T12:00:01.440Z"),
            ("46204.583333333336", "2026-07-01T11:59:59.500Z", "2026-07-01T12:00:00.500Z"),
        ] {
            assert_eq!(read(text), bounds(from, to), "{text}");
        }
    }

    #[test]
    fn a_date_with_two_readings_is_not_read_until_its_order_is_known() {
        for text in ["03/11/2026 09:00:00", "3-11-2026 09:00:00", "03/11/26 09:00:00"] {
            assert_eq!(read(text), Err(TimeProblem::OrderMissing), "{text}");
            let zone = Some(ReplyZone::Fixed(60));
            let as_order =
                |order| TimeText::parse(text).unwrap().moment(Some(order), zone).unwrap();
            assert_eq!(as_order(DateOrder::DayFirst), read("2026-11-03 09:00:00").unwrap());
            assert_eq!(
                as_order(DateOrder::MonthFirst).earliest,
                "2026-03-11T08:00:00Z".parse().ok()
            );
        }
        assert_eq!(read("05/05/2026 09:00:00"), read("2026-05-05 09:00:00"));
        assert_eq!(read("25/11/24 09:00:00"), Err(TimeProblem::OrderMissing));
        assert_eq!(read("31/12/99 09:00:00"), read("2099-12-31 09:00:00"));
    }

    #[test]
    fn a_zone_is_never_guessed() {
        let parsed = TimeText::parse("2026-11-24 09:00:00").unwrap();
        assert_eq!(parsed.moment(None, None), Err(TimeProblem::ZoneMissing));
        assert!(TimeText::parse("1795507200").unwrap().moment(None, None).is_ok());
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-13-24T08:00:00Z",
            "17",
            "soon",
            "2026-07-24 08:00:00 CET",
            "203.0.113.7",
            "2026-11-24 25:00:00",
            "99999",
            "24/11",
            "2026-02-30",
            "09:00:00",
            "6 sessions",
            "7200",
        ] {
            assert_eq!(read(text), Err(TimeProblem::Unreadable), "{text}");
        }
        // Summer time began then.
        assert_eq!(read("2026-03-29 02:30:00"), Err(TimeProblem::Unreadable));
    }

    #[test]
    fn a_day_and_a_clock_in_two_cells_are_one_time() {
        let join =
            |day: &str, clock: &str| TimeText::parse(day)?.with_clock(TimeText::parse(clock)?);
        assert_eq!(join("24/11/2026", "09:00:00"), TimeText::parse("24/11/2026 09:00:00"));
        assert_eq!(join("46350", "9:00"), TimeText::parse("2026-11-24 9:00"));
        assert_eq!(join("09:00", "24/11/2026"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), like in "[0-9/:. TZ+,h-]{0,30}") {
            let _ = (read(&text), read(&like));
        }

        #[test]
        fn every_second_is_read_back(seconds in 1_000_000_000_i64..4_000_000_000) {
            let at: temoin_core::session::Timestamp = (seconds * 1000).try_into().unwrap();
            let expected = Ok(TimeBounds::exact(at));
            assert_eq!(read(&at.to_string()), expected);
            assert_eq!(read(&seconds.to_string()), expected);
        }
    }
}
