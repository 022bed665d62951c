use std::fmt::Write;
use std::io;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::auth::User;
use temoin_core::session::Timestamp;

/// How long a form may stay open before it is submitted, in milliseconds.
const LIFETIME: i64 = 4 * 3_600_000;

/// How far the clock may be set back in the meantime, in milliseconds.
const CLOCK_SLACK: i64 = 60_000;

/// Issues and verifies the tokens in our forms (against cross-site requests): each is valid for one user and
/// a few hours. They are stateless: the key suffices to verify them.
pub struct TokenKey([u8; 64]);

impl TokenKey {
    /// Draws a random key.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn draw() -> io::Result<Self> {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Self(bytes))
    }

    /// Issues a token for a form shown now.
    pub(super) fn issue(&self, user: &User, now: Timestamp) -> String {
        let at = now.milliseconds();
        let mut text = format!("{at:x}-");
        for byte in self.code(user, at).finalize().into_bytes() {
            // Writing to a `String` does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Whether a token is authentic, for this user, and not expired.
    pub(super) fn verify(&self, token: &str, user: &User, now: Timestamp) -> bool {
        let Some((at, code)) = token.split_once('-') else { return false };
        let Ok(at) = i64::from_str_radix(at, 16) else { return false };
        let age = now.milliseconds().saturating_sub(at);
        let Some(code) = bytes(code) else { return false };
        (-CLOCK_SLACK..=LIFETIME).contains(&age) && self.code(user, at).verify_slice(&code).is_ok()
    }

    fn code(&self, user: &User, at: i64) -> Hmac<Sha256> {
        // The key is as long as a block of the hash.
        let mut code = <Hmac<Sha256> as KeyInit>::new(&self.0.into());
        code.update(b"temoin page form");
        code.update(&at.to_be_bytes());
        code.update(user.name().as_bytes());
        code
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pair = |place| u8::from_str_radix(text.get(place..place + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::{CLOCK_SLACK, LIFETIME, TokenKey, User};
    use temoin_core::session::Timestamp;

    #[test]
    fn a_token_is_good_for_its_member_its_key_and_some_hours() {
        let (key, other) = (TokenKey([1; 64]), TokenKey([2; 64]));
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let member = |name: &str| User::Member(name.parse().unwrap());
        let token = key.issue(&member("ada"), now);
        let known = |user: &User, at: i64| key.verify(&token, user, now.shifted(at));
        for age in [0, 1, LIFETIME, -CLOCK_SLACK] {
            assert!(known(&member("ada"), age), "{age}");
        }
        assert!(!known(&member("ada"), LIFETIME + 1) && !known(&member("ada"), -CLOCK_SLACK - 1));
        assert!(!known(&member("eve"), 0) && !known(&User::Local, 0));
        assert!(!other.verify(&token, &member("ada"), now));
        let local = key.issue(&User::Local, now);
        assert!(key.verify(&local, &User::Local, now) && local != token);
    }

    #[test]
    fn what_is_no_token_or_was_changed_is_not_known() {
        let key = TokenKey([1; 64]);
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let token = key.issue(&User::Local, now);
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(!key.verify(&changed, &User::Local, now), "{changed}");
        }
        let long = format!("{token}00");
        let huge = format!("{}-{}", "f".repeat(40), "0".repeat(64));
        for text in ["", "-", "x", &token[1..], &token[..token.len() - 1], &long, &huge, "0-é"] {
            assert!(!key.verify(text, &User::Local, now), "{text}");
        }
    }
}
