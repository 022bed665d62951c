use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// An Ed25519 public key (RFC 8032, section 5.1.5): 32 bytes. Whether it lies on the curve is
/// checked when verifying.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for PublicKey {
    type Err = InvalidPublicKey;

    /// Reads 64 hexadecimal digits or base64 (RFC 4648, section 4).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = if text.len() == 64 { hexadecimal(text) } else { base64(text) };
        // The all-zero key is a placeholder that somebody forgot, and a point of small order.
        bytes.filter(|bytes| *bytes != [0; 32]).map(Self).ok_or(InvalidPublicKey)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Not a public key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidPublicKey;

impl fmt::Display for InvalidPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a public key of Ed25519 is expected: 32 bytes, not all zero, as 64 hexadecimal digits \
             or as base64 of 44 characters",
        )
    }
}

impl std::error::Error for InvalidPublicKey {}

/// The SHA-256 of a public key in a certificate, its whole `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for KeyDigest {
    type Err = InvalidKeyDigest;

    /// Reads 64 hexadecimal digits or base64, as RFC 7469 writes pins.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = if text.len() == 64 { hexadecimal(text) } else { base64(text) };
        bytes.map(Self).ok_or(InvalidKeyDigest)
    }
}

/// Not the digest of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidKeyDigest;

impl fmt::Display for InvalidKeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the SHA-256 of the key in a certificate is expected, as 64 hexadecimal digits or as \
             base64 of 44 characters",
        )
    }
}

impl std::error::Error for InvalidKeyDigest {}

fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |at: usize| char::from(digits[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(bytes)
}

fn base64(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::PublicKey;

    #[test]
    fn both_notations_of_one_key_read_alike() {
        // RFC 8032, section 7.1, test 1; base64 by `xxd -r -p | base64`
        let hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let base64 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        let key: PublicKey = base64.parse().unwrap();
        assert_eq!(hex.parse(), Ok(key));
        assert_eq!(hex.to_uppercase().parse(), Ok(key));
        assert_eq!(key.to_string(), hex);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "d75a",
            &"0".repeat(64),
            &"g".repeat(64),
            &"é".repeat(32),
            "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURp=",
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ] {
            assert!(text.parse::<PublicKey>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_key_reads_back_as_it_is_written(bytes in any::<[u8; 32]>()) {
            let key = PublicKey(bytes);
            if bytes != [0; 32] {
                prop_assert_eq!(key.to_string().parse(), Ok(key));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*|[A-Za-z0-9+/]{43}=|[0-9a-fé]{64}") {
            if let Ok(key) = text.parse::<PublicKey>() {
                prop_assert_eq!(key.to_string().parse(), Ok(key));
            }
        }
    }
}
