//! By which IDs the present boot goes.
//!
//! Where the service's unit does not say which boot this is, OpenVPN's hooks may be told another ID
//! than the daemon (see [`clock`](super::clock)). An event that comes while the daemon watches is of
//! this boot, whatever ID it names: so the daemon learns the other one.
//!
//! # Error handling
//! What was learnt is kept beside the record, for the daemon's next start and for `temoin doctor`. What
//! cannot be written there is logged, and learnt again.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::domain::{BootId, ClockReading};

/// The IDs of the present boot.
#[derive(Debug)]
pub struct Boots {
    path: PathBuf,
    own: BootId,
    others: Vec<BootId>,
}

impl Boots {
    /// What is known of the boot that goes by `own` for who asks. What was learnt in another one is
    /// removed.
    pub fn open(state_directory: &Path, own: BootId) -> Self {
        let path = state_directory.join(FILE);
        let mut boots = Self { path, own, others: Vec::new() };
        match fs::read_to_string(&boots.path) {
            Ok(text) => {
                match text.lines().map(str::parse).collect::<Result<Vec<_>, _>>().as_deref() {
                    Ok([known, others @ ..]) if *known == own => boots.others = others.to_vec(),
                    _ => boots.complain(fs::remove_file(&boots.path)),
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => boots.complain(Err(error)),
        }
        boots
    }

    /// The IDs that a daemon has learnt for the boot that goes by `seen` for who asks, its own first:
    /// none where what it learnt was of another boot.
    pub fn learnt(state_directory: &Path, seen: BootId) -> Vec<BootId> {
        let text = fs::read_to_string(state_directory.join(FILE)).unwrap_or_default();
        let known: Vec<BootId> = text.lines().filter_map(|line| line.parse().ok()).collect();
        if known.contains(&seen) { known } else { Vec::new() }
    }

    /// A reading under the ID that the daemon goes by, where it was taken in this boot.
    #[must_use]
    pub fn named(&self, reading: ClockReading) -> ClockReading {
        let is_of_this_boot = self.others.contains(&reading.boot);
        ClockReading { boot: if is_of_this_boot { self.own } else { reading.boot }, ..reading }
    }

    /// Takes in the reading of an event that has just come, at `now`.
    pub fn learn(&mut self, reading: &ClockReading, now: &ClockReading) {
        let apart = reading.uptime.milliseconds().abs_diff(now.uptime.milliseconds());
        let is_known = reading.boot == self.own || self.others.contains(&reading.boot);
        if is_known || apart > SOON || self.others.len() >= MOST {
            return;
        }
        log::warn!(
            "OpenVPN's scripts are told another boot ID than temoin, as in a container. Both are taken \
             for the same boot; in the unit of the service, Environment=TEMOIN_BOOT_ID=%b sets it right."
        );
        self.others.push(reading.boot);
        let ids = [&[self.own], self.others.as_slice()].concat();
        let text: String = ids.iter().map(|id| format!("{id}\n")).collect();
        self.complain(fs::write(&self.path, text));
    }

    fn complain(&self, outcome: std::io::Result<()>) {
        if let Err(error) = outcome {
            log::warn!("{}: {error}", self.path.display());
        }
    }
}

/// The IDs, the daemon's own first, one a line.
const FILE: &str = "boot-ids";

/// How far an event's uptime may lie from that of its coming, in milliseconds: a hook waits some
/// seconds for a card that hangs.
const SOON: u64 = 600_000;

/// How many other IDs one boot may go by: OpenVPN's unit has one.
const MOST: usize = 4;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Boots, FILE, MOST, SOON};
    use crate::domain::{BootId, ClockReading, Timestamp, Uptime};

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
        let mut boots = Boots::open(directory.path(), id(1));
        assert_eq!(boots.named(reading(2, 5)), reading(2, 5));
        boots.learn(&reading(2, 5), &reading(1, 6));
        assert_eq!(boots.named(reading(2, 5)), reading(1, 5));
        assert_eq!(boots.named(reading(3, 5)), reading(3, 5));
        for seen in [1, 2] {
            assert_eq!(Boots::learnt(directory.path(), id(seen)), [id(1), id(2)]);
        }
        // The file is still there when the box has started again and no daemon has yet.
        assert_eq!(Boots::learnt(directory.path(), id(4)), []);

        let again = Boots::open(directory.path(), id(1));
        assert_eq!(again.named(reading(2, 7)), reading(1, 7));
        let after_a_boot = Boots::open(directory.path(), id(4));
        assert_eq!(after_a_boot.named(reading(2, 7)), reading(2, 7));
        assert!(!directory.path().join(FILE).exists());
        assert_eq!(Boots::learnt(directory.path(), id(1)), []);
    }

    #[test]
    fn what_is_not_of_now_is_not_learnt_and_nothing_is_written_for_what_is_known() {
        let directory = tempfile::tempdir().unwrap();
        let mut boots = Boots::open(directory.path(), id(1));
        boots.learn(&reading(1, 5), &reading(1, 6));
        boots.learn(&reading(2, 5), &reading(1, 6 + SOON));
        boots.learn(&reading(2, 6 + SOON), &reading(1, 5));
        assert!(!directory.path().join(FILE).exists());
        for boot in 2..20 {
            boots.learn(&reading(boot, 5), &reading(1, 6));
        }
        assert_eq!(Boots::learnt(directory.path(), id(1)).len(), 1 + MOST);
    }

    #[test]
    fn a_file_that_is_none_of_ours_is_removed() {
        for text in ["", "x\n", "01010101010101010101010101010101\nx\n"] {
            let directory = tempfile::tempdir().unwrap();
            fs::write(directory.path().join(FILE), text).unwrap();
            let boots = Boots::open(directory.path(), id(1));
            assert_eq!(boots.others, [], "{text}");
            assert!(!directory.path().join(FILE).exists(), "{text}");
        }
    }
}
