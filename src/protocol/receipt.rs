use super::statement::take;
use super::{Digests, ProtocolError, PublicKey, Signature, Statement, TrustedKeys};

/// A signed statement as it is kept: self-contained, and verifiable offline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    key: PublicKey,
    statement: Statement,
    signature: Signature,
    digests: Option<Digests>,
}

impl Receipt {
    /// How many bytes it takes with salt and digests.
    pub const SIZE: usize = Self::SIZE_WITHOUT_DIGESTS + Digests::SIZE;

    /// How many bytes it takes without salt and digests.
    pub const SIZE_WITHOUT_DIGESTS: usize =
        LABEL.len() + 1 + PublicKey::SIZE + Statement::SIZE + Signature::SIZE;

    pub(super) fn new(
        key: PublicKey,
        statement: Statement,
        signature: Signature,
        digests: Digests,
    ) -> Self {
        let digests = statement.held().is_some().then_some(digests);
        Self { key, statement, signature, digests }
    }

    /// What was stated. Rely on it only after [`Self::verify`].
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The key that it claims to be signed with.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Salt and digests, until they are erased; always `None` if no record was held.
    pub fn digests(&self) -> Option<&Digests> {
        self.digests.as_ref()
    }

    /// The receipt without salt and digests. It still verifies, as their hash is part of what was
    /// signed; without the salt, brute force finds nothing.
    #[must_use]
    pub fn without_digests(self) -> Self {
        Self { digests: None, ..self }
    }

    /// Whether the operator that these keys belong to stated this.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthentic`] if no key of theirs that was in force at that time signed exactly
    /// this.
    pub fn verify(&self, keys: &TrustedKeys) -> Result<(), ProtocolError> {
        if !keys.allow(&self.key, self.statement.at()) {
            return Err(ProtocolError::NotAuthentic);
        }
        self.statement.verify(&self.key, &self.signature)
    }

    /// The receipt as stored and exported.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::SIZE);
        bytes.extend_from_slice(LABEL);
        bytes.push(if self.digests.is_some() { WITH_DIGESTS } else { WITHOUT_DIGESTS });
        bytes.extend_from_slice(self.key.as_bytes());
        bytes.extend_from_slice(&self.statement.to_bytes());
        bytes.extend_from_slice(self.signature.as_bytes());
        if let Some(digests) = &self.digests {
            bytes.extend_from_slice(&digests.to_bytes());
        }
        bytes
    }

    /// Parses a receipt; its signature remains to be checked.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] unless it is exactly what [`Self::to_bytes`] writes, and
    /// [`ProtocolError::NotAuthentic`] where salt and digests are not those that were signed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let mut rest = bytes.strip_prefix(LABEL).ok_or(ProtocolError::Malformed)?;
        let [form] = *take(&mut rest)?;
        let key = PublicKey::from_bytes(*take(&mut rest)?).map_err(|_| ProtocolError::Malformed)?;
        let statement = Statement::from_bytes(take::<{ Statement::SIZE }>(&mut rest)?)?;
        let signature = Signature(*take(&mut rest)?);
        let digests = match form {
            WITHOUT_DIGESTS => None,
            WITH_DIGESTS => Some(Digests::from_bytes(take(&mut rest)?)),
            _ => return Err(ProtocolError::Malformed),
        };
        if !rest.is_empty() {
            return Err(ProtocolError::Malformed);
        }
        if let Some(digests) = &digests {
            let fit = statement.held().is_some_and(|held| digests.fit(held.fields()));
            if !fit {
                return Err(ProtocolError::Malformed);
            }
            if digests.commitment() != *statement.commitment() {
                return Err(ProtocolError::NotAuthentic);
            }
        }
        Ok(Self { key, statement, signature, digests })
    }
}

/// What every receipt begins with.
const LABEL: &[u8] = b"temoin/2 receipt";
const WITH_DIGESTS: u8 = 1;
const WITHOUT_DIGESTS: u8 = 2;
