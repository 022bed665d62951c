//! The operator's signing key, in a file that only its own user may read.
//!
//! # Data storage
//! Lines of text: `secret`, the 32-byte seed of the key; `next`, the seed of its successor while a
//! rotation is pending; `rotation`, the last rotation, kept for good since every answer carries it.
//! The file is replaced atomically, and the bytes of the old one are overwritten. Copies that flash
//! memory or a copy-on-write file system keeps are beyond any program's reach.

use std::fmt::{self, Write as _};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use temoin_protocol::{PublicKey, Rotation, SigningKey, UnixSeconds};

/// Where the operator's key is kept.
#[derive(Clone, Debug)]
pub struct KeyFile(PathBuf);

/// The operator's key, and the one that takes over from it.
pub struct SigningKeys {
    secret: Seed,
    next: Option<Seed>,
    rotation: Option<Rotation>,
}

/// The seed of an Ed25519 key.
type Seed = [u8; 32];

/// Identity and modification time of a file, to detect its replacement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FileStamp(u64, u64, i64, i64);

impl KeyFile {
    /// The file at this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes a key of 32 random bytes; returns its public half.
    ///
    /// # Errors
    /// [`KeyError::Exists`] where there is a key already, [`KeyError::System`].
    pub fn create(&self, seed: [u8; 32]) -> Result<PublicKey, KeyError> {
        let keys = SigningKeys { secret: seed, next: None, rotation: None };
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(&self.0)?;
            file.write_all(keys.to_text().as_bytes())?;
            file.sync_all()?;
            sync_directory(&self.0)
        };
        match write() {
            Ok(()) => Ok(keys.public()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(KeyError::Exists(self.0.clone()))
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Reads the key.
    ///
    /// # Errors
    /// [`KeyError::Exposed`] where others may read it, [`KeyError::Damaged`], [`KeyError::System`].
    pub fn read(&self) -> Result<SigningKeys, KeyError> {
        let mut text = String::new();
        let file = File::open(&self.0).map_err(|error| self.failed(error))?;
        let found = file.metadata().map_err(|error| self.failed(error))?;
        if found.mode() & 0o077 != 0 {
            return Err(KeyError::Exposed(self.0.clone()));
        }
        match (&file).take(4_096).read_to_string(&mut text) {
            Ok(_) => SigningKeys::from_text(&text).ok_or_else(|| KeyError::Damaged(self.0.clone())),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Changes when the key file does.
    ///
    /// # Errors
    /// [`KeyError::System`].
    pub fn stamp(&self) -> Result<FileStamp, KeyError> {
        let found = fs::metadata(&self.0).map_err(|error| self.failed(error))?;
        Ok(FileStamp(found.dev(), found.ino(), found.mtime(), found.mtime_nsec()))
    }

    /// Announces that a new key, of 32 random bytes, takes over at `from`; returns the rotation.
    ///
    /// # Errors
    /// [`KeyError::RotationPending`] if one is announced already, [`KeyError::TooSoon`] if `from` is less than
    /// [`Rotation::ANNOUNCED`] away or not later than the previous rotation, and the errors of [`Self::read`].
    pub fn rotate(
        &self,
        seed: [u8; 32],
        from: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<Rotation, KeyError> {
        let keys = self.finish_rotation(now)?;
        if let (Some(_), Some(rotation)) = (keys.next, keys.rotation) {
            return Err(KeyError::RotationPending(self.0.clone(), rotation.from()));
        }
        let is_later = keys.rotation.is_none_or(|last| last.from() < from);
        if from < now.plus(Rotation::ANNOUNCED) || !is_later {
            return Err(KeyError::TooSoon);
        }
        let old = SigningKey::from_seed(&keys.secret);
        let rotation = Rotation::sign(&old, &SigningKey::from_seed(&seed), from);
        let keys = SigningKeys { next: Some(seed), rotation: Some(rotation), ..keys };
        self.replace(&keys)?;
        Ok(rotation)
    }

    /// Reads the key; erases the old secret if the new one has taken over.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn finish_rotation(&self, now: UnixSeconds) -> Result<SigningKeys, KeyError> {
        let keys = self.read()?;
        let Some(secret) = keys.next.filter(|_| keys.is_rotation_due(now)) else { return Ok(keys) };
        let keys = SigningKeys { secret, next: None, ..keys };
        self.replace(&keys)?;
        Ok(keys)
    }

    fn replace(&self, keys: &SigningKeys) -> Result<(), KeyError> {
        let mut name = self.0.clone().into_os_string();
        name.push("~");
        let write = || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&name)?;
            file.write_all(keys.to_text().as_bytes())?;
            file.sync_all()?;
            let mut old = OpenOptions::new().write(true).open(&self.0)?;
            let length = usize::try_from(old.metadata()?.len()).unwrap_or_default();
            fs::rename(&name, &self.0)?;
            sync_directory(&self.0)?;
            old.write_all(&vec![b'\n'; length])?;
            old.sync_all()
        };
        write().map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> KeyError {
        KeyError::System(self.0.clone(), error)
    }
}

impl SigningKeys {
    /// The key that signs what is stated at `now`.
    ///
    /// # Errors
    /// [`ClockBehind`] if the key of that time has been replaced.
    pub fn at(&self, now: UnixSeconds) -> Result<SigningKey, ClockBehind> {
        match (&self.next, self.rotation) {
            (Some(next), Some(rotation)) if rotation.from() <= now => {
                Ok(SigningKey::from_seed(next))
            }
            (None, Some(rotation)) if now < rotation.from() => Err(ClockBehind),
            _ => Ok(SigningKey::from_seed(&self.secret)),
        }
    }

    /// Whether the next key signs already, and the old secret is still stored.
    pub fn is_rotation_due(&self, now: UnixSeconds) -> bool {
        self.next.is_some() && self.rotation.is_some_and(|rotation| rotation.from() <= now)
    }

    /// The last rotation, which is part of every answer.
    pub fn rotation(&self) -> Option<Rotation> {
        self.rotation
    }

    /// The public key that a profile pins: of two, the one that signs now.
    pub fn public(&self) -> PublicKey {
        SigningKey::from_seed(&self.secret).public()
    }

    fn to_text(&self) -> String {
        let mut text = String::from(EXPLANATION);
        let mut line = |name: &str, bytes: &[u8]| {
            let _ = write!(text, "{name} ");
            for byte in bytes {
                let _ = write!(text, "{byte:02x}");
            }
            text.push('\n');
        };
        if let Some(rotation) = self.rotation {
            line("rotation", &rotation.to_bytes());
        }
        if let Some(next) = &self.next {
            line("next", next);
        }
        // Last, so that a truncated file is invalid.
        line("secret", &self.secret);
        text
    }

    fn from_text(text: &str) -> Option<Self> {
        let (mut secret, mut next, mut rotation) = (None, None, None);
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, digits) = line.split_once(' ')?;
            let bytes = bytes(digits)?;
            let twice = match name {
                "secret" => secret.replace(bytes.try_into().ok()?).is_some(),
                "next" => next.replace(bytes.try_into().ok()?).is_some(),
                "rotation" => rotation.replace(Rotation::from_bytes(&bytes).ok()?).is_some(),
                _ => true,
            };
            if twice {
                return None;
            }
        }
        let keys = Self { secret: secret?, next, rotation };
        // A rotation leads from the one secret to the other, or to the only one.
        let fits = match (&keys.next, &keys.rotation) {
            (Some(next), Some(rotation)) => {
                *rotation.old() == keys.public()
                    && *rotation.new_key() == SigningKey::from_seed(next).public()
            }
            (None, Some(rotation)) => *rotation.new_key() == keys.public(),
            (None, None) => true,
            (Some(_), None) => false,
        };
        fits.then_some(keys)
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({})", self.public())
    }
}

/// The clock shows a time at which a key signed that has been erased.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockBehind;

impl fmt::Display for ClockBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the clock shows a time before the last rotation of the key, whose old secret is \
             erased: set the clock right",
        )
    }
}

impl std::error::Error for ClockBehind {}

/// Why there is no key to use.
#[derive(Debug)]
pub enum KeyError {
    /// The file is not what this program writes.
    Damaged(PathBuf),
    /// There is a key already.
    Exists(PathBuf),
    /// Others than its user may read it.
    Exposed(PathBuf),
    /// The rotation would not be announced long enough before.
    TooSoon,
    /// Another rotation is announced, for this time.
    RotationPending(PathBuf, UnixSeconds),
    /// The system refused.
    System(PathBuf, io::Error),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(path) => write!(
                f,
                "{}: not a key that temoin-operator wrote; restore it, or move it away and run \
                 'temoin-operator init' for a new one, which members' profiles then have to name",
                path.display()
            ),
            Self::Exists(path) => {
                write!(f, "{}: there is a key already, and it stays", path.display())
            }
            Self::Exposed(path) => write!(
                f,
                "{path}: others may read this key, so it may be known to them; if it is not, run \
                 'chmod 600 {path}'",
                path = path.display()
            ),
            Self::TooSoon => f.write_str(
                "a new key takes over seven days from now at the earliest, since boxes do not rely on it \
                 before they have been shown it for so long; if somebody else has the old key, do not \
                 rotate it: see the README, 'If somebody else has the key'",
            ),
            Self::RotationPending(path, from) => write!(
                f,
                "{}: another key is to take over at {} already; rotate again after that",
                path.display(),
                from.to_timestamp()
            ),
            Self::System(path, error) if error.kind() == io::ErrorKind::NotFound => {
                write!(f, "{}: there is no key; run 'temoin-operator init'", path.display())
            }
            Self::System(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for KeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System(_, error) => Some(error),
            _ => None,
        }
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

/// Decodes hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let [high, low] = pair else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16);
        u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
    };
    pairs.map(byte).collect()
}

const EXPLANATION: &str = "\
# The signing key of this operator's temoin-operator. Whoever can read this file can state anything
# in the operator's name. Keep a copy where only those may read it who may do that.
";

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::{ClockBehind, KeyError, KeyFile, SigningKeys};
    use temoin_protocol::{KeyChain, Rotation, SigningKey, UnixSeconds};

    fn second(number: u64) -> UnixSeconds {
        UnixSeconds::from_number(number).unwrap()
    }

    fn public(number: u8) -> temoin_protocol::PublicKey {
        SigningKey::from_seed(&[number; 32]).public()
    }

    fn seeds_in(folder: &Path) -> Vec<u8> {
        let digits = |number: u8| format!("{number:02x}").repeat(32);
        let texts: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        (1..=3).filter(|seed| texts.iter().any(|text| text.contains(&digits(*seed)))).collect()
    }

    #[test]
    fn a_key_is_made_once_for_its_user_alone_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing.key");
        let file = KeyFile::at(&path);
        assert!(matches!(file.read(), Err(KeyError::System(..))));
        assert_eq!(file.create([1; 32]).unwrap(), public(1));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert!(matches!(file.create([2; 32]), Err(KeyError::Exists(_))));
        let keys = file.read().unwrap();
        assert_eq!(keys.at(second(5)).unwrap().public(), public(1));
        assert_eq!(keys.rotation(), None);
        assert!(!format!("{keys:?}").contains("0101"));

        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(file.read(), Err(KeyError::Exposed(_))));
    }

    /// So many seconds after a week.
    fn later(number: u64) -> UnixSeconds {
        second(number).plus(Rotation::ANNOUNCED)
    }

    #[test]
    fn a_rotation_is_announced_before_it_counts_and_then_the_old_secret_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::at(folder.path().join("signing.key"));
        file.create([1; 32]).unwrap();
        let before = file.stamp().unwrap();
        let rotation = file.rotate([2; 32], later(100), second(50)).unwrap();
        assert_ne!(file.stamp().unwrap(), before);
        let keys = file.finish_rotation(later(99)).unwrap();
        assert_eq!(keys.rotation(), Some(rotation));
        assert_eq!(keys.at(later(99)).unwrap().public(), public(1));
        assert_eq!(keys.at(later(100)).unwrap().public(), public(2));
        assert_eq!(seeds_in(folder.path()), [1, 2]);
        let again = file.rotate([3; 32], later(9_999_999), later(99));
        assert!(matches!(again, Err(KeyError::RotationPending(_, from)) if from == later(100)));

        let keys = file.finish_rotation(later(100)).unwrap();
        assert_eq!(seeds_in(folder.path()), [2]);
        assert_eq!(keys.rotation(), Some(rotation));
        assert_eq!(keys.at(later(100)).unwrap().public(), public(2));
        assert_eq!(keys.at(later(99)).err(), Some(ClockBehind));

        let mut chain = KeyChain::pinned(public(1));
        chain.extend(rotation, second(50)).unwrap();
        let next = file.rotate([3; 32], later(9_999_999), later(200)).unwrap();
        chain.extend(next, later(200)).unwrap();
        assert_eq!(*chain.at(later(9_999_999)), public(3));
    }

    #[test]
    fn a_takeover_that_is_not_announced_for_a_week_or_before_the_last_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::at(folder.path().join("signing.key"));
        file.create([1; 32]).unwrap();
        for (from, now) in [(50, 50), (50, 51), (50 + Rotation::ANNOUNCED - 1, 50)] {
            let refused = file.rotate([2; 32], second(from), second(now));
            assert!(matches!(refused, Err(KeyError::TooSoon)), "{refused:?}");
        }
        file.rotate([2; 32], later(100), second(100)).unwrap();
        file.finish_rotation(later(100)).unwrap();
        // The clock went back.
        let refused = file.rotate([3; 32], later(100), second(60));
        assert!(matches!(refused, Err(KeyError::TooSoon)), "{refused:?}");
    }

    #[test]
    fn a_file_that_is_not_whole_or_does_not_fit_together_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing.key");
        let file = KeyFile::at(&path);
        file.create([1; 32]).unwrap();
        file.rotate([2; 32], later(100), second(50)).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        assert!(SigningKeys::from_text(&whole).is_some());
        for length in 0..whole.trim_end().len() {
            assert!(SigningKeys::from_text(&whole[..length]).is_none(), "{}", &whole[..length]);
        }
        let secret = format!("secret {}", "01".repeat(32));
        for text in [
            whole.replace("secret 01", "secret 03"),
            whole.replace("next 02", "next 03"),
            format!("{secret}\n{secret}"),
            format!("{secret}\nother 00"),
            format!("{secret}0"),
            format!("{secret}é"),
        ] {
            assert!(SigningKeys::from_text(&text).is_none(), "{text}");
        }
    }
}
