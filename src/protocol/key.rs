use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer, VerifyingKey};

use super::ProtocolError;

/// An Ed25519 public key (RFC 8032, section 5.1.5), written as 64 lower-case hexadecimal digits.
///
/// Always a valid key: a point of the curve that is not of small order, for which anybody could
/// sign.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    pub(super) const SIZE: usize = 32;

    /// The key with these bytes.
    ///
    /// # Errors
    /// [`InvalidPublicKey`] if they are not the encoding of a point of the curve, or one of small order.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, InvalidPublicKey> {
        match VerifyingKey::from_bytes(&bytes) {
            Ok(key) if !key.is_weak() && is_canonical(&bytes) => Ok(Self(bytes)),
            _ => Err(InvalidPublicKey),
        }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks a signature over `message` by the strict rules (no malleable signature, no point of
    /// small order), so that every program that follows them agrees on a receipt.
    pub(super) fn verify(
        &self,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), ProtocolError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        VerifyingKey::from_bytes(&self.0)
            .and_then(|key| key.verify_strict(message, &signature))
            .map_err(|_| ProtocolError::NotAuthentic)
    }
}

/// Whether the coordinate *y*, little-endian with a sign in the highest bit, is below 2^255 - 19
/// (RFC 8032, section 5.1.3). The library takes it modulo that.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [lowest, middle @ .., highest] = bytes;
    *lowest < 0xed || highest & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
}

impl FromStr for PublicKey {
    type Err = InvalidPublicKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 64 {
            return Err(InvalidPublicKey);
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digit = |at: usize| char::from(digits[at]).to_digit(16);
            let value =
                digit(0).zip(digit(1)).and_then(|(high, low)| (high * 16 + low).try_into().ok());
            *byte = value.ok_or(InvalidPublicKey)?;
        }
        Self::from_bytes(bytes)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// Not a valid public key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidPublicKey;

impl fmt::Display for InvalidPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a public key of Ed25519 is expected, as 64 hexadecimal digits: copy it anew from the \
             operator's page",
        )
    }
}

impl std::error::Error for InvalidPublicKey {}

/// An Ed25519 signature, not verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Signature(pub(super) [u8; 64]);

impl Signature {
    pub(super) const SIZE: usize = 64;

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

/// The operator's secret key. It is overwritten in memory when dropped, and not printed.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key derived from these 32 random bytes (RFC 8032, section 5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{ProtocolError, PublicKey, Signature, SigningKey};

    #[test]
    fn keys_and_signatures_are_those_of_rfc_8032() {
        // Section 7.1, test 1.
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec,
            0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03,
            0x1c, 0xae, 0x7f, 0x60,
        ];
        let key = SigningKey::from_seed(&seed);
        let text = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(key.public().to_string(), text);
        assert_eq!(key.public().verify(b"", &key.sign(b"")), Ok(()));
        assert_eq!(key.sign(b"").as_bytes()[..4], [0xe5, 0x56, 0x43, 0x00]);
        assert_eq!(key.public().verify(b"a", &key.sign(b"")), Err(ProtocolError::NotAuthentic));
        assert_eq!(format!("{key:?}"), "SigningKey(…)");
    }

    #[test]
    fn keys_with_which_anybody_could_sign_are_refused() {
        // The points of small order that have a canonical encoding.
        for text in [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        ] {
            assert!(text.parse::<PublicKey>().is_err(), "{text}");
        }
        // y is not below p: it stands for another encoding of the point with y = 3.
        let text = format!("f0{}7f", "ff".repeat(30));
        assert!(text.parse::<PublicKey>().is_err(), "{text}");
        for text in ["", "d75a", &"g".repeat(64), &"é".repeat(32)] {
            assert!(text.parse::<PublicKey>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_key_reads_back_as_it_is_written(seed in any::<[u8; 32]>()) {
            let key = SigningKey::from_seed(&seed).public();
            prop_assert_eq!(key.to_string().parse(), Ok(key));
            prop_assert_eq!(key.to_string().to_uppercase().parse(), Ok(key));
        }

        #[test]
        fn no_bytes_make_it_panic(key in any::<[u8; 32]>(), signature in any::<[[u8; 32]; 2]>()) {
            if let Ok(key) = PublicKey::from_bytes(key) {
                let signature = Signature(signature.concat().try_into().unwrap());
                prop_assert_eq!(key.verify(b"", &signature), Err(ProtocolError::NotAuthentic));
            }
        }
    }
}
