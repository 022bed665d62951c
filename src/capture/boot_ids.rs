//! The IDs of the current boot.
//!
//! If the service's unit does not set the boot ID, OpenVPN's hooks may see another one than the
//! daemon (see [`clock`](super::clock)). An event that arrives while the daemon is running belongs
//! to this boot, whatever its ID, so the daemon learns the other ID from it.
//!
//! # Error handling
//! The IDs are kept in the state directory, for the daemon's next start and for `temoin doctor`. A
//! failure to write them is logged, and they are learnt again.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use temoin_core::session::{BootId, ClockReading};

/// The IDs of the present boot.
#[derive(Debug)]
pub struct BootIds {
    path: PathBuf,
    own: BootId,
    others: Vec<BootId>,
}

impl BootIds {
    /// The known IDs of the boot that the caller sees as `own`. IDs of other boots are removed.
    pub fn open(state_directory: &Path, own: BootId) -> Self {
        let path = state_directory.join(FILE);
        let mut boots = Self { path, own, others: Vec::new() };
        match fs::read_to_string(&boots.path) {
            Ok(text) => {
                match text.lines().map(str::parse).collect::<Result<Vec<_>, _>>().as_deref() {
                    Ok([known, others @ ..]) if *known == own => boots.others = others.to_vec(),
                    _ => boots.log_failure(fs::remove_file(&boots.path)),
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => boots.log_failure(Err(error)),
        }
        boots
    }

    /// The IDs that a daemon has recorded for the boot that the caller sees as `seen`, its own
    /// first: empty if it recorded another boot.
    pub fn recorded(state_directory: &Path, seen: BootId) -> Vec<BootId> {
        let text = fs::read_to_string(state_directory.join(FILE)).unwrap_or_default();
        let known: Vec<BootId> = text.lines().filter_map(|line| line.parse().ok()).collect();
        if known.contains(&seen) { known } else { Vec::new() }
    }

    /// The reading with the daemon's own boot ID, if it was taken in this boot.
    #[must_use]
    pub fn normalised(&self, reading: ClockReading) -> ClockReading {
        let is_of_this_boot = self.others.contains(&reading.boot);
        ClockReading { boot: if is_of_this_boot { self.own } else { reading.boot }, ..reading }
    }

    /// Learns from the reading of an event that has just arrived, at `now`.
    pub fn learn(&mut self, reading: &ClockReading, now: &ClockReading) {
        let apart = reading.uptime.milliseconds().abs_diff(now.uptime.milliseconds());
        let is_known = reading.boot == self.own || self.others.contains(&reading.boot);
        if is_known || apart > MAX_DELAY || self.others.len() >= MAX_OTHERS {
            return;
        }
        log::warn!(
            "OpenVPN's scripts are told another boot ID than temoin, as in a container. Both are taken \
             for the same boot; in the unit of the service, Environment=TEMOIN_BOOT_ID=%b sets it right."
        );
        self.others.push(reading.boot);
        let ids = [&[self.own], self.others.as_slice()].concat();
        let text: String = ids.iter().map(|id| format!("{id}\n")).collect();
        self.log_failure(fs::write(&self.path, text));
    }

    fn log_failure(&self, outcome: std::io::Result<()>) {
        if let Err(error) = outcome {
            log::warn!("{}: {error}", self.path.display());
        }
    }
}

/// The IDs, the daemon's own first, one a line.
const FILE: &str = "boot-ids";

/// Maximum difference between the uptimes of an event and of its arrival, in milliseconds: a hook
/// waits some seconds for a hanging card.
const MAX_DELAY: u64 = 600_000;

/// How many other IDs a boot may have: OpenVPN's unit has one.
const MAX_OTHERS: usize = 4;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{BootIds, FILE, MAX_DELAY, MAX_OTHERS};
    use temoin_core::session::{BootId, ClockReading, Timestamp, Uptime};

    fn id(boot: u8) -> BootId {
        BootId::from_bytes([boot; 16])
    }

    fn reading(boot: u8, uptime: u64) -> ClockReading {
        ClockReading {
            boot: id(boot),
            uptime: Uptime::from_milliseconds(uptime),
            realtime: Timestamp::EPOCH,
            synchronised: false,
        }
    }

    #[test]
    fn another_id_of_this_boot_is_learnt_kept_and_forgotten_with_it() {
        let directory = tempfile::tempdir().unwrap();
        let mut boots = BootIds::open(directory.path(), id(1));
        assert_eq!(boots.normalised(reading(2, 5)), reading(2, 5));
        boots.learn(&reading(2, 5), &reading(1, 6));
        assert_eq!(boots.normalised(reading(2, 5)), reading(1, 5));
        assert_eq!(boots.normalised(reading(3, 5)), reading(3, 5));
        for seen in [1, 2] {
            assert_eq!(BootIds::recorded(directory.path(), id(seen)), [id(1), id(2)]);
        }
        // The file is still there when the box has started again and no daemon has yet.
        assert_eq!(BootIds::recorded(directory.path(), id(4)), []);

        let again = BootIds::open(directory.path(), id(1));
        assert_eq!(again.normalised(reading(2, 7)), reading(1, 7));
        let after_a_boot = BootIds::open(directory.path(), id(4));
        assert_eq!(after_a_boot.normalised(reading(2, 7)), reading(2, 7));
        assert!(!directory.path().join(FILE).exists());
        assert_eq!(BootIds::recorded(directory.path(), id(1)), []);
    }

    #[test]
    fn what_is_not_of_now_is_not_learnt_and_nothing_is_written_for_what_is_known() {
        let directory = tempfile::tempdir().unwrap();
        let mut boots = BootIds::open(directory.path(), id(1));
        boots.learn(&reading(1, 5), &reading(1, 6));
        boots.learn(&reading(2, 5), &reading(1, 6 + MAX_DELAY));
        boots.learn(&reading(2, 6 + MAX_DELAY), &reading(1, 5));
        assert!(!directory.path().join(FILE).exists());
        for boot in 2..20 {
            boots.learn(&reading(boot, 5), &reading(1, 6));
        }
        assert_eq!(BootIds::recorded(directory.path(), id(1)).len(), 1 + MAX_OTHERS);
    }

    #[test]
    fn a_file_that_is_none_of_ours_is_removed() {
        for text in ["", "x\n", "01010101010101010101010101010101\nx\n"] {
            let directory = tempfile::tempdir().unwrap();
            fs::write(directory.path().join(FILE), text).unwrap();
            let boots = BootIds::open(directory.path(), id(1));
            assert_eq!(boots.others, [], "{text}");
            assert!(!directory.path().join(FILE).exists(), "{text}");
        }
    }
}
