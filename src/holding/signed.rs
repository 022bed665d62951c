use chrono::NaiveDate;

use crate::domain::{Field, Timestamp};

/// What the operator has signed about this very session, or why there is nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Signed {
    /// The member has not switched checks with the operator on.
    #[default]
    SyncOff,
    /// Checks are on, and no statement on this session has come yet.
    NoneYet,
    /// This, with a signature that was found right.
    Stated(SignedStatement),
}

impl Signed {
    /// What it says of one field; `None` where there is no statement.
    pub fn of(&self, field: Field) -> Option<SignedField> {
        let Self::Stated(statement) = self else { return None };
        Some(match &statement.state {
            SignedState::NotHeld => SignedField::RecordNotHeld,
            SignedState::Held { fields, .. } => fields
                .iter()
                .find(|(held, _)| *held == field)
                .map_or(SignedField::NotHeld, |(_, comparison)| SignedField::Held(*comparison)),
        })
    }
}

/// A statement of the operator's on one session, its signature checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedStatement {
    /// When it was stated, by the operator's clock.
    pub stated_at: Timestamp,
    /// What it says.
    pub state: SignedState,
}

/// What an operator states of a session's record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SignedState {
    /// It holds no record of this session.
    NotHeld,
    /// It holds one.
    Held {
        /// The last day on which it will be held.
        erase_by: NaiveDate,
        /// Which fields, and whether each says the same as the box.
        fields: Vec<(Field, Comparison)>,
    },
}

/// What a signed statement says of one field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SignedField {
    /// The whole record is not held.
    RecordNotHeld,
    /// The record is held, without this field.
    NotHeld,
    /// It is held.
    Held(Comparison),
}

/// Whether the operator's value is the box's, by the keyed digests of both.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Comparison {
    /// It is.
    Same,
    /// It is not.
    Differs,
    /// The box does not know the value, or no digest came.
    CannotTell,
}

impl Comparison {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Differs => "differs",
            Self::CannotTell => "cannot-tell",
        }
    }
}
