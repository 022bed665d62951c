use std::fmt::{self, Write};
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// 32 random bytes drawn when a session opens. They never leave the box; they can later prove whose
/// session ID it was.
#[derive(Clone, Eq, PartialEq)]
pub struct SessionSecret([u8; 32]);

impl SessionSecret {
    /// The secret with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the secret.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The session ID that belongs to this secret: SHA-256("temoin/2 session" ‖ secret).
    pub fn id(&self) -> SessionId {
        let mut digest = Sha256::new();
        digest.update(b"temoin/2 session");
        digest.update(self.0);
        SessionId(digest.finalize().into())
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

/// The opaque name of a session: 32 bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// The ID with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the ID.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight digits: enough for a person to tell sessions apart.
    pub fn short(&self) -> String {
        self.to_string().chars().take(8).collect()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// The beginning of a session ID as a person types it: 4 to 64 hexadecimal digits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdPrefix(String);

impl IdPrefix {
    /// Whether `id` begins so.
    pub fn matches(&self, id: &SessionId) -> bool {
        id.to_string().starts_with(&self.0)
    }

    /// The lowest and the highest ID that begin so.
    pub fn range(&self) -> (SessionId, SessionId) {
        let end = |filler: char| {
            let mut digits = self.0.clone();
            while digits.len() < 64 {
                digits.push(filler);
            }
            let mut bytes = [0; 32];
            for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
                *byte = u8::from_str_radix(&digits[at..at + 2], 16).unwrap_or_default();
            }
            SessionId(bytes)
        };
        (end('0'), end('f'))
    }
}

impl From<SessionId> for IdPrefix {
    fn from(id: SessionId) -> Self {
        let mut digits = String::with_capacity(64);
        let _ = write!(digits, "{id}");
        Self(digits)
    }
}

impl FromStr for IdPrefix {
    type Err = InvalidIdPrefix;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if (4..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidIdPrefix)
        }
    }
}

impl fmt::Display for IdPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not the beginning of a session ID.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidIdPrefix;

impl fmt::Display for InvalidIdPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a session ID, or its first 4 to 64 hexadecimal digits, is expected")
    }
}

impl std::error::Error for InvalidIdPrefix {}

#[cfg(test)]
mod tests {
    use super::{IdPrefix, SessionSecret};

    #[test]
    fn the_id_is_the_digest_of_the_label_and_the_secret() {
        // printf 'temoin/2 session' and 32 bytes of 0x07, through sha256sum(1)
        assert_eq!(
            SessionSecret::from_bytes([7; 32]).id().to_string(),
            "f1551e5f305362b3823cc1896918b73d60eb096717b0c2b07cbaff1d671d84aa"
        );
    }

    #[test]
    fn a_prefix_spans_the_ids_that_begin_so() {
        let id = SessionSecret::from_bytes([7; 32]).id();
        let prefix: IdPrefix = id.to_string()[..5].to_uppercase().parse().unwrap();
        let (low, high) = prefix.range();
        assert!(prefix.matches(&id) && low <= id && id <= high);
        assert!(!prefix.matches(&SessionSecret::from_bytes([8; 32]).id()));
    }

    #[test]
    fn a_secret_is_not_printed_by_accident() {
        assert_eq!(format!("{:?}", SessionSecret::from_bytes([7; 32])), "SessionSecret(…)");
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for text in ["", "abc", "xyzw", "ab cd", "é123", &"a".repeat(65)] {
            assert!(text.parse::<IdPrefix>().is_err(), "{text:?}");
        }
    }
}
