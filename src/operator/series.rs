use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg, OFlag};
use serde::{Deserialize, Serialize};

/// An unbroken series of a gateway's hooks: between two hooks of the same series none was lost.
///
/// An event has the series in which its hook ran. When a hook is lost, another series begins, so a
/// record from before may belong to a session whose end nobody reported.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Series(i64);

impl Series {
    /// The series with this number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number, which is drawn at random: two gateways never have the same.
    pub fn number(self) -> i64 {
        self.0
    }

    fn draw() -> io::Result<Self> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Self(i64::from_be_bytes(bytes)))
    }
}

/// The file in the spool that says which series runs and how many hooks were lost.
///
/// # Data storage
/// The series and the count, 8 bytes each, big-endian, at the beginning of a block of bytes that are
/// written when the file is made: noting a lost hook changes them in place, so it needs no space on a
/// disk that is full.
#[derive(Clone, Debug)]
pub struct SeriesFile {
    path: PathBuf,
}

impl SeriesFile {
    pub(super) fn within(spool: &Path) -> Self {
        Self { path: spool.join(FILE_NAME) }
    }

    /// Makes the file if there is none.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(&self) -> io::Result<()> {
        if fs::symlink_metadata(&self.path).is_ok() {
            return Ok(());
        }
        let draft = self.path.with_extension(std::process::id().to_string());
        let _ = fs::remove_file(&draft);
        let mut bytes = [0; FILE_SIZE];
        bytes[..8].copy_from_slice(&Series::draw()?.0.to_be_bytes());
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        let linked = fs::hard_link(&draft, &self.path);
        fs::remove_file(&draft)?;
        match linked {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    }

    /// The series that runs now, and how many hooks were lost since the file was made.
    ///
    /// # Errors
    /// What the system says, as where there is no file.
    pub fn read(&self) -> io::Result<(Series, u64)> {
        Self::content(&self.open()?)
    }

    /// Notes durably that so many hooks were lost, so that another series begins. With 0 one begins
    /// because hooks may have been lost that nobody could count.
    ///
    /// # Errors
    /// What the system says.
    pub fn note_lost(&self, hooks: u64) -> io::Result<()> {
        let file = Flock::lock(self.open()?, FlockArg::LockExclusive).map_err(|(_, why)| why)?;
        let (_, lost) = Self::content(&file)?;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&Series::draw()?.0.to_be_bytes());
        bytes[8..].copy_from_slice(&lost.saturating_add(hooks).to_be_bytes());
        file.write_all_at(&bytes, 0)?;
        file.sync_data()
    }

    fn open(&self) -> io::Result<File> {
        let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
        let file =
            OpenOptions::new().read(true).write(true).custom_flags(flags).open(&self.path)?;
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
    }

    fn content(file: &File) -> io::Result<(Series, u64)> {
        let (mut series, mut lost) = ([0; 8], [0; 8]);
        file.read_exact_at(&mut series, 0)?;
        file.read_exact_at(&mut lost, 8)?;
        Ok((Series(i64::from_be_bytes(series)), u64::from_be_bytes(lost)))
    }
}

const FILE_NAME: &str = "series";

/// A block of most file systems.
const FILE_SIZE: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::SeriesFile;

    #[test]
    fn a_lost_hook_is_counted_and_another_series_begins() {
        let spool = tempfile::tempdir().unwrap();
        let file = SeriesFile::within(spool.path());
        assert!(file.read().is_err() && file.note_lost(1).is_err());
        file.create().unwrap();
        let (first, lost) = file.read().unwrap();
        assert_eq!(lost, 0);
        file.create().unwrap();
        assert_eq!(file.read().unwrap(), (first, 0));
        file.note_lost(2).unwrap();
        let (second, lost) = file.read().unwrap();
        assert!(second != first && lost == 2);
        file.note_lost(0).unwrap();
        let (third, lost) = file.read().unwrap();
        assert!(third != second && lost == 2);
    }

    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let spool = tempfile::tempdir().unwrap();
        let target = spool.path().join("target");
        std::fs::write(&target, [1; 16]).unwrap();
        std::os::unix::fs::symlink(&target, spool.path().join(super::FILE_NAME)).unwrap();
        let file = SeriesFile::within(spool.path());
        file.create().unwrap();
        assert!(file.read().is_err() && file.note_lost(1).is_err());
        assert_eq!(std::fs::read(&target).unwrap(), [1; 16]);
    }
}
