use super::statement::take;
use super::{Digests, KeyChain, PublicKey, Refused, Signature, Statement};

/// A signed statement as it is kept: it stands alone, and is verified without asking anybody.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    key: PublicKey,
    statement: Statement,
    signature: Signature,
    digests: Option<Digests>,
}

impl Receipt {
    /// How many bytes it takes with salt and digests.
    pub const SIZE: usize = Self::FORGOTTEN_SIZE + Digests::SIZE;

    /// How many bytes remain when salt and digests are forgotten.
    pub const FORGOTTEN_SIZE: usize =
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

    /// What was stated. Believe it only when [`Self::verify`] does.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The key that it claims to be signed with.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Salt and digests, until they are forgotten; never there for what was not held.
    pub fn digests(&self) -> Option<&Digests> {
        self.digests.as_ref()
    }

    /// The receipt without salt and digests. Their hash is part of what was signed, so it still
    /// verifies; and as the salt is gone, nothing can be found by trying.
    #[must_use]
    pub fn forget(self) -> Self {
        Self { digests: None, ..self }
    }

    /// Whether the operator that these keys belong to stated this.
    ///
    /// # Errors
    /// [`Refused::NotAuthentic`] where its key then in force did not sign exactly this.
    pub fn verify(&self, keys: &KeyChain) -> Result<(), Refused> {
        if *keys.at(self.statement.at()) != self.key {
            return Err(Refused::NotAuthentic);
        }
        self.statement.verify(&self.key, &self.signature)
    }

    /// The receipt as it is stored and handed on.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::SIZE);
        bytes.extend_from_slice(LABEL);
        bytes.push(if self.digests.is_some() { WITH_DIGESTS } else { FORGOTTEN });
        bytes.extend_from_slice(self.key.as_bytes());
        bytes.extend_from_slice(&self.statement.to_bytes());
        bytes.extend_from_slice(self.signature.as_bytes());
        if let Some(digests) = &self.digests {
            bytes.extend_from_slice(&digests.to_bytes());
        }
        bytes
    }

    /// Reads a receipt; who signed it remains to be checked.
    ///
    /// # Errors
    /// [`Refused::Malformed`] unless it is exactly what [`Self::to_bytes`] writes, and
    /// [`Refused::NotAuthentic`] where salt and digests are not those that were signed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        let mut rest = bytes.strip_prefix(LABEL).ok_or(Refused::Malformed)?;
        let [form] = *take(&mut rest)?;
        let key = PublicKey::from_bytes(*take(&mut rest)?).map_err(|_| Refused::Malformed)?;
        let statement = Statement::from_bytes(take::<{ Statement::SIZE }>(&mut rest)?)?;
        let signature = Signature(*take(&mut rest)?);
        let digests = match form {
            FORGOTTEN => None,
            WITH_DIGESTS => Some(Digests::from_bytes(take(&mut rest)?)),
            _ => return Err(Refused::Malformed),
        };
        if !rest.is_empty() {
            return Err(Refused::Malformed);
        }
        if let Some(digests) = &digests {
            let fit = statement.held().is_some_and(|held| digests.fit(held.fields()));
            if !fit {
                return Err(Refused::Malformed);
            }
            if digests.commitment() != *statement.commitment() {
                return Err(Refused::NotAuthentic);
            }
        }
        Ok(Self { key, statement, signature, digests })
    }
}

/// What every receipt begins with.
const LABEL: &[u8] = b"temoin/1 receipt";
const WITH_DIGESTS: u8 = 1;
const FORGOTTEN: u8 = 2;
