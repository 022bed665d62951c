use std::path::Path;
use std::thread;

use crate::app::erasure::{DueSession, ErasureReport, ErasureRun, FileScope};
use temoin_config::Config;
use temoin_config::ruleset::Ruleset;
use temoin_core::session::{ClockReading, Uptime, Zone};
use temoin_journal::Journal;

use super::backoff::Backoff;
use super::session_counts;

/// A day, in milliseconds.
const DAY: u64 = 86_400_000;

/// Maximum random delay of an erasure after midnight, in milliseconds, so that boxes on shared hardware do
/// not all work at once.
const JITTER: u64 = 3_600_000;

/// Up to this many erased sessions are logged by ID; beyond that only their number.
const MAX_LOGGED: usize = 20;

/// Schedules erasure: at start, after each midnight, and when the clock or a setting was changed; never by
/// an unconfirmed clock. An erasure that a power cut interrupted is completed at start in any case.
pub(super) struct ErasureScheduler {
    /// When the next erasure is due. `None`: as soon as the clock is trusted.
    at: Option<Uptime>,
    /// When to check an untrusted clock again.
    check_clock_at: Option<Uptime>,
    backoff: Backoff,
    /// When to truncate the journal's write-ahead log, which may still hold values of an interrupted
    /// erasure; `None` once done.
    truncate_log_at: Option<Uptime>,
    /// The problems with rule files that were last logged, so as not to repeat them daily.
    complaints: String,
    has_waited: bool,
    /// The page's time zone.
    shown: Option<Zone>,
}

impl ErasureScheduler {
    pub(super) fn new(shown: Option<Zone>) -> Self {
        Self {
            shown,
            at: None,
            check_clock_at: None,
            backoff: Backoff::WRITE,
            truncate_log_at: Some(Uptime::START),
            complaints: String::new(),
            has_waited: false,
        }
    }

    /// When the next one is due.
    pub(super) fn deadline(&self) -> Option<Uptime> {
        [self.at.or(self.check_clock_at), self.truncate_log_at].into_iter().flatten().min()
    }

    /// Checks again as soon as possible: the clock or the applicable law changed.
    pub(super) fn recheck(&mut self) {
        self.at = None;
    }

    /// Runs an erasure if it is time to.
    pub(super) fn tick(
        &mut self,
        reading: &ClockReading,
        directory: &Path,
        config: &Config,
        journal: &mut Journal,
    ) {
        if self.at.is_some_and(|at| reading.uptime < at) {
            return;
        }
        if !reading.synchronised {
            self.truncate_log(reading, journal);
            self.wait_for_clock(reading);
            return;
        }
        self.check_clock_at = None;
        // From here on each erasure does this itself.
        self.truncate_log_at = None;
        // On its own thread: the memory that the rule files take is released with it.
        let begun = thread::scope(|scope| {
            let work = || self.erase(reading, directory, config, journal);
            let worker =
                thread::Builder::new().name("erasure".to_owned()).spawn_scoped(scope, work);
            worker.map(|worker| worker.join().is_ok())
        });
        if let Err(error) = begun {
            log::error!("an erasure cannot begin; it is tried again: {error}");
            self.retry_later(reading);
        }
    }

    fn erase(
        &mut self,
        reading: &ClockReading,
        directory: &Path,
        config: &Config,
        journal: &mut Journal,
    ) {
        // Reloaded each time: it is not needed in between, and a file may have been fixed.
        let ruleset = match Ruleset::load(config) {
            Ok(ruleset) => ruleset,
            Err(error) => {
                log::error!("{error}");
                self.retry_later(reading);
                return;
            }
        };
        self.warn_once(&ruleset);
        session_counts::count(journal, &ruleset, self.shown);
        let erasure = ErasureRun {
            directory,
            applicable_rules: ruleset.applicable_rules(),
            reading: *reading,
        };
        let due = match erasure.due(config.grace()) {
            Ok(due) => due,
            Err(error) => {
                log::error!(
                    "what has to be erased cannot be looked up; it is tried again: {error}"
                );
                self.retry_later(reading);
                return;
            }
        };
        let outcome = erasure.run(&due, FileScope::Due, journal);
        log_report(&due, &outcome);
        if outcome.is_done() {
            self.backoff.reset();
            self.at = Some(after_midnight(reading, ruleset.zone(), draw()));
        } else {
            self.retry_later(reading);
        }
    }

    fn retry_later(&mut self, reading: &ClockReading) {
        self.at = Some(self.backoff.next(reading.uptime));
    }

    fn truncate_log(&mut self, reading: &ClockReading, journal: &mut Journal) {
        if self.truncate_log_at.is_none_or(|at| reading.uptime < at) {
            return;
        }
        match journal.truncate() {
            Ok(true) => {
                self.truncate_log_at = None;
                self.backoff.reset();
                return;
            }
            Ok(false) => log::warn!("somebody reads the record, whose log cannot be emptied"),
            Err(error) => log::error!("the record's log cannot be emptied: {error}"),
        }
        self.truncate_log_at = Some(self.backoff.next(reading.uptime));
    }

    fn wait_for_clock(&mut self, reading: &ClockReading) {
        self.at = None;
        if self.check_clock_at.is_none_or(|at| at <= reading.uptime) {
            self.check_clock_at = Some(reading.uptime.plus(DAY));
        }
        if !self.has_waited {
            log::info!("nothing is erased until a time service confirms the clock");
            self.has_waited = true;
        }
    }

    fn warn_once(&mut self, ruleset: &Ruleset) {
        let complaints: Vec<String> = ruleset.issues.iter().map(ToString::to_string).collect();
        let complaints = complaints.join("\n");
        if complaints != self.complaints {
            complaints.lines().for_each(|complaint| log::error!("{complaint}"));
            self.complaints = complaints;
        }
    }
}

/// Logs what was erased: session IDs and dates only.
fn log_report(due: &[DueSession], outcome: &ErasureReport) {
    if outcome.sessions > 0 {
        if due.len() <= MAX_LOGGED {
            for DueSession { id, day } in due {
                let day = day.map_or_else(String::new, |day| format!(", due since {day}"));
                log::info!("session {} erased{day}", id.short());
            }
        } else {
            log::info!("{} sessions erased", outcome.sessions);
        }
    }
    if outcome.files > 0 {
        log::info!("{} files erased that may have held parts of sessions", outcome.files);
    }
    for failure in &outcome.failures {
        log::error!("an erasure is not complete; it is tried again: {failure}");
    }
    if !outcome.is_complete && outcome.failures.is_empty() {
        log::warn!("somebody reads the record, whose log cannot be emptied; it is tried again");
    }
}

/// The next midnight in a zone, and some time past it.
fn after_midnight(now: &ClockReading, zone: Zone, random: u64) -> Uptime {
    let midnight = zone.date(now.realtime).succ_opt().map(|day| zone.first_instant(day));
    let until = midnight
        .map_or(DAY, |at| u64::try_from(at.since(now.realtime).as_millis()).unwrap_or(DAY).max(1));
    now.uptime.plus(until.saturating_add(random % JITTER))
}

/// A number for the jitter. Where the kernel has no randomness to give, the middle will do.
fn draw() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_or(JITTER / 2, |()| u64::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};
    use tempfile::tempdir;

    use super::super::recorder::Recorder;
    use super::*;
    use temoin_core::session::{
        Attributes, BootId, Device, Evidence, Link, SessionSecret, Timestamp,
    };

    fn reading(uptime: u64, realtime: &str, synchronised: bool) -> ClockReading {
        ClockReading {
            boot: BootId::from_bytes([1; 16]),
            uptime: Uptime::from_milliseconds(uptime),
            realtime: realtime.parse().unwrap(),
            synchronised,
        }
    }

    proptest! {
        #[test]
        fn it_is_within_the_first_hour_of_the_next_day(
            minutes in 0_i64..2 * 525_600,
            random in any::<u64>(),
        ) {
            let zone: Zone = "Europe/Brussels".parse().unwrap();
            let realtime = "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
            let realtime = realtime.shifted(minutes * 60_000);
            let now = ClockReading { realtime, ..reading(5_000, "2026-01-01T00:00:00Z", true) };
            let wait = after_midnight(&now, zone, random).milliseconds() - 5_000;
            let then = zone.civil(realtime.shifted(wait.try_into().unwrap()));
            let tomorrow = zone.date(realtime).succ_opt().unwrap();
            prop_assert!(then.date() == tomorrow && wait > 0, "{now:?}: {then}");
            prop_assert!(then.format("%H").to_string() == "00");
        }
    }

    #[test]
    fn a_clock_that_nobody_confirmed_is_waited_for_and_one_that_was_set_is_heard_at_once() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        let config = Config { directory: directory.path().to_owned(), ..Config::default() };
        let mut scheduler = ErasureScheduler::new(None);
        let mut tick = |scheduler: &mut ErasureScheduler, reading: &ClockReading| {
            scheduler.tick(reading, directory.path(), &config, &mut journal);
            scheduler.deadline().unwrap().milliseconds()
        };
        let unsure = reading(1_000, "2099-01-01T00:00:00Z", false);
        assert_eq!(tick(&mut scheduler, &unsure), 1_000 + DAY);
        let later = reading(2_000, "2099-01-01T00:00:01Z", false);
        assert_eq!(tick(&mut scheduler, &later), 1_000 + DAY);
        let sure = reading(3_000, "2026-11-24T12:00:00Z", true);
        let midnight = tick(&mut scheduler, &sure);
        let half_a_day = DAY / 2 + 3_000;
        assert!((half_a_day..half_a_day + JITTER).contains(&midnight), "{midnight}");
        let soon = reading(4_000, "2026-11-24T12:00:01Z", true);
        assert_eq!(tick(&mut scheduler, &soon), midnight);
        scheduler.recheck();
        let set = reading(5_000, "2026-11-24T23:30:00Z", true);
        assert!(tick(&mut scheduler, &set) < midnight);
    }

    #[test]
    fn what_a_power_cut_left_of_an_erasure_goes_whatever_the_clock_says() {
        let directory = tempdir().unwrap();
        let (journal, _) = Journal::open(directory.path()).unwrap();
        let device: Device = "tun0".parse().unwrap();
        let mut recorder = Recorder::new(journal, vec![device.clone()], Uptime::START).unwrap();
        let unsure = |uptime| reading(uptime, "1970-01-01T00:00:01Z", false);
        let attributes = Attributes::default();
        let up = Evidence::LinkUp(Link { interface: 3, attributes, is_uplink: true });
        recorder.observe(unsure(1_000), device.clone(), up);
        recorder.observe(unsure(60_000), device, Evidence::Elapsed);
        recorder.write_pending(&mut || SessionSecret::from_bytes([1; 32])).1.unwrap();
        // All that was written since the log was last emptied, erased or not, stands there.
        let log = directory.path().join("journal.db-wal");
        assert!(log.metadata().unwrap().len() > 0);
        let config = Config { directory: directory.path().to_owned(), ..Config::default() };
        let mut scheduler = ErasureScheduler::new(None);
        scheduler.tick(&unsure(70_000), directory.path(), &config, recorder.journal());
        assert_eq!(log.metadata().unwrap().len(), 0);
        assert_eq!(scheduler.deadline().unwrap().milliseconds(), 70_000 + DAY);
    }

    #[test]
    fn what_fails_is_tried_again_less_and_less_often() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        std::fs::remove_file(directory.path().join("journal.db")).unwrap();
        std::fs::create_dir(directory.path().join("journal.db")).unwrap();
        let config = Config { directory: directory.path().to_owned(), ..Config::default() };
        let mut scheduler = ErasureScheduler::new(None);
        let mut waits = Vec::new();
        let mut now = reading(0, "2026-11-24T12:00:00Z", true);
        for _ in 0..12 {
            scheduler.tick(&now, directory.path(), &config, &mut journal);
            let next = scheduler.deadline().unwrap();
            waits.push(next.milliseconds() - now.uptime.milliseconds());
            now.uptime = next;
        }
        assert_eq!(waits[..3], [1_000, 2_000, 4_000]);
        assert_eq!(waits[11], 300_000);
    }
}
