use std::fmt::Write;
use std::io;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::desk::Visitor;
use crate::domain::Timestamp;

/// How long a form may stay open before it is sent, in milliseconds.
const LIFETIME: i64 = 4 * 3_600_000;

/// How far the clock may have been put back meanwhile, in milliseconds.
const SLACK: i64 = 60_000;

/// Makes and knows the tokens that a form of ours carries, and no other site's page can: each is good
/// for one member and a few hours. Nothing is kept: whoever has the key knows its own tokens again.
pub struct TokenKey([u8; 64]);

impl TokenKey {
    /// A key that nobody else has, good until it is dropped.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub fn draw() -> io::Result<Self> {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Self(bytes))
    }

    /// A token for a form that is shown now.
    pub(super) fn token(&self, visitor: &Visitor, now: Timestamp) -> String {
        let at = now.milliseconds();
        let mut text = format!("{at:x}-");
        for byte in self.code(visitor, at).finalize().into_bytes() {
            // A `String` takes everything.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Whether a token is ours, this member's, and not too old.
    pub(super) fn knows(&self, token: &str, visitor: &Visitor, now: Timestamp) -> bool {
        let Some((at, code)) = token.split_once('-') else { return false };
        let Ok(at) = i64::from_str_radix(at, 16) else { return false };
        let age = now.milliseconds().saturating_sub(at);
        let Some(code) = bytes(code) else { return false };
        (-SLACK..=LIFETIME).contains(&age) && self.code(visitor, at).verify_slice(&code).is_ok()
    }

    fn code(&self, visitor: &Visitor, at: i64) -> Hmac<Sha256> {
        // As long as a block of the hash.
        let mut code = <Hmac<Sha256> as KeyInit>::new(&self.0.into());
        code.update(b"temoin page form");
        code.update(&at.to_be_bytes());
        code.update(visitor.name().as_bytes());
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
    use super::{LIFETIME, SLACK, TokenKey, Visitor};
    use crate::domain::Timestamp;

    #[test]
    fn a_token_is_good_for_its_member_its_key_and_some_hours() {
        let (key, other) = (TokenKey([1; 64]), TokenKey([2; 64]));
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let member = |name: &str| Visitor::Member(name.parse().unwrap());
        let token = key.token(&member("ada"), now);
        let known = |visitor: &Visitor, at: i64| key.knows(&token, visitor, now.shifted(at));
        for age in [0, 1, LIFETIME, -SLACK] {
            assert!(known(&member("ada"), age), "{age}");
        }
        assert!(!known(&member("ada"), LIFETIME + 1) && !known(&member("ada"), -SLACK - 1));
        assert!(!known(&member("eve"), 0) && !known(&Visitor::Local, 0));
        assert!(!other.knows(&token, &member("ada"), now));
        let local = key.token(&Visitor::Local, now);
        assert!(key.knows(&local, &Visitor::Local, now) && local != token);
    }

    #[test]
    fn what_is_no_token_or_was_changed_is_not_known() {
        let key = TokenKey([1; 64]);
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let token = key.token(&Visitor::Local, now);
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(!key.knows(&changed, &Visitor::Local, now), "{changed}");
        }
        let long = format!("{token}00");
        let huge = format!("{}-{}", "f".repeat(40), "0".repeat(64));
        for text in ["", "-", "x", &token[1..], &token[..token.len() - 1], &long, &huge, "0-é"] {
            assert!(!key.knows(text, &Visitor::Local, now), "{text}");
        }
    }
}
