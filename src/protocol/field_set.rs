use std::fmt;

use super::ProtocolError;
use crate::Field;

/// A field whose value the box may know as well, so that its digest can be compared. The
/// discriminants are the codes on the wire, and the index of the digest.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum CheckableField {
    /// [`Field::OriginAddress`].
    OriginAddress = 0,
    /// [`Field::OriginPort`].
    OriginPort = 1,
    /// [`Field::AssignedIpv4`].
    AssignedIpv4 = 2,
    /// [`Field::AssignedIpv6`].
    AssignedIpv6 = 3,
    /// [`Field::DelegatedPrefix`].
    DelegatedPrefix = 4,
    /// [`Field::AssignedAt`].
    AssignedAt = 5,
    /// [`Field::SessionStart`].
    SessionStart = 6,
    /// [`Field::SessionEnd`].
    SessionEnd = 7,
    /// [`Field::Gateway`].
    Gateway = 8,
    /// [`Field::Transport`].
    Transport = 9,
}

impl CheckableField {
    /// Each of them, in the order of their codes.
    pub const ALL: [Self; 10] = [
        Self::OriginAddress,
        Self::OriginPort,
        Self::AssignedIpv4,
        Self::AssignedIpv6,
        Self::DelegatedPrefix,
        Self::AssignedAt,
        Self::SessionStart,
        Self::SessionEnd,
        Self::Gateway,
        Self::Transport,
    ];

    /// The code on the wire.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The field of the vocabulary.
    pub fn field(self) -> Field {
        match self {
            Self::OriginAddress => Field::OriginAddress,
            Self::OriginPort => Field::OriginPort,
            Self::AssignedIpv4 => Field::AssignedIpv4,
            Self::AssignedIpv6 => Field::AssignedIpv6,
            Self::DelegatedPrefix => Field::DelegatedPrefix,
            Self::AssignedAt => Field::AssignedAt,
            Self::SessionStart => Field::SessionStart,
            Self::SessionEnd => Field::SessionEnd,
            Self::Gateway => Field::Gateway,
            Self::Transport => Field::Transport,
        }
    }

    /// The field as a checkable one, if it can be compared.
    pub fn from_field(field: Field) -> Option<Self> {
        Self::ALL.into_iter().find(|checkable| checkable.field() == field)
    }

    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// The code of a field on the wire.
pub fn field_code(field: Field) -> u8 {
    match field {
        Field::OriginAddress => CheckableField::OriginAddress.code(),
        Field::OriginPort => CheckableField::OriginPort.code(),
        Field::AssignedIpv4 => CheckableField::AssignedIpv4.code(),
        Field::AssignedIpv6 => CheckableField::AssignedIpv6.code(),
        Field::DelegatedPrefix => CheckableField::DelegatedPrefix.code(),
        Field::AssignedAt => CheckableField::AssignedAt.code(),
        Field::SessionStart => CheckableField::SessionStart.code(),
        Field::SessionEnd => CheckableField::SessionEnd.code(),
        Field::Gateway => CheckableField::Gateway.code(),
        Field::Transport => CheckableField::Transport.code(),
        // Each side sees its own reason for an end, so there is nothing to compare.
        Field::EndReason => 10,
        Field::MemberIdentity => 11,
        Field::ClientVersion => 12,
        Field::ClientPlatform => 13,
        Field::HardwareAddress => 14,
        Field::BytesIn => 15,
        Field::BytesOut => 16,
        Field::Content => 17,
    }
}

/// The field with this code.
pub fn field_from_code(number: u8) -> Option<Field> {
    Field::ALL.into_iter().find(|field| field_code(*field) == number)
}

/// Which fields of a session's record the operator holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct FieldSet(u32);

impl FieldSet {
    pub(super) const SIZE: usize = 4;

    /// None.
    pub const EMPTY: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub fn with(self, field: Field) -> Self {
        Self(self.0 | bit(field))
    }

    /// Whether the field is among them.
    pub fn contains(self, field: Field) -> bool {
        self.0 & bit(field) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in the order in which fields are shown.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |field| self.contains(*field))
    }

    pub(super) fn to_bytes(self) -> [u8; Self::SIZE] {
        self.0.to_be_bytes()
    }

    pub(super) fn from_bytes(bytes: [u8; Self::SIZE]) -> Result<Self, ProtocolError> {
        let bits = u32::from_be_bytes(bytes);
        let known = Field::ALL.into_iter().fold(0, |known, field| known | bit(field));
        if bits & !known == 0 { Ok(Self(bits)) } else { Err(ProtocolError::Malformed) }
    }
}

impl FromIterator<Field> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        fields.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Display for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, field) in self.iter().enumerate() {
            write!(f, "{}{field}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

fn bit(field: Field) -> u32 {
    1 << field_code(field)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{CheckableField, Field, FieldSet, ProtocolError, field_code, field_from_code};

    #[test]
    fn every_field_has_a_code_of_its_own() {
        for (number, place) in (0..=17).zip(0..) {
            let field = field_from_code(number).unwrap();
            assert_eq!(field_code(field), number);
            assert_eq!(
                CheckableField::ALL.get(place).map(|it| it.field()),
                CheckableField::from_field(field).map(CheckableField::field)
            );
        }
        assert_eq!(field_from_code(18), None);
    }

    #[test]
    fn a_set_is_one_bit_a_field_the_lowest_bit_in_the_last_byte() {
        let set: FieldSet =
            [Field::OriginAddress, Field::Transport, Field::Content].into_iter().collect();
        assert_eq!(set.to_bytes(), [0x00, 0x02, 0x02, 0x01]);
        assert_eq!(set.to_string(), "origin_address, transport, content");
    }

    proptest! {
        #[test]
        fn a_set_reads_back_as_it_is_written_and_bits_without_a_field_are_refused(bytes in any::<[u8; 4]>()) {
            match FieldSet::from_bytes(bytes) {
                Ok(set) => {
                    prop_assert_eq!(set.to_bytes(), bytes);
                    prop_assert_eq!(set.iter().collect::<FieldSet>(), set);
                }
                Err(refused) => {
                    prop_assert_eq!(refused, ProtocolError::Malformed);
                    prop_assert_eq!(u32::from_be_bytes(bytes) >> 18 == 0, false);
                }
            }
        }
    }
}
