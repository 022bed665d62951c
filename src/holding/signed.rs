use chrono::NaiveDate;

use super::Rulebook;
use crate::domain::{Field, Session, Timestamp, Zone};
use crate::journal::{Dealing, JournalError, Reader, Registration, Standing};
use crate::protocol::{self, Candidates, Canonical, Checkable, Day, Receipt};

/// What the operator has signed about this very session, or why there is nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Signed {
    /// The member has not switched checks with the operator on.
    #[default]
    SyncOff,
    /// Checks are on, and no statement on this session has come yet.
    NoneYet(Registration),
    /// This, with a signature that was found right.
    Stated(SignedStatement),
}

impl Signed {
    /// What there is in the journal about a session; `sync_is_on` as configured. A statement that came
    /// while checks were on counts also when they no longer are.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn read(
        session: &Session,
        reader: &Reader,
        rulebook: Rulebook<'_>,
        sync_is_on: bool,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        let zone = rulebook.profile.map_or(Zone::UTC, |profile| profile.zone);
        let dealing = reader.dealing(&session.id)?;
        Ok(dealing.map_or(Self::SyncOff, |dealing| {
            let stated = SignedStatement::of(session, &dealing, zone, now);
            match stated {
                Some(stated) => Self::Stated(stated),
                None if sync_is_on => Self::NoneYet(dealing.registration),
                None => Self::SyncOff,
            }
        }))
    }

    /// Whether a value that the operator holds is not the one that the box saw.
    pub fn differs(&self) -> bool {
        let Self::Stated(statement) = self else { return false };
        let SignedState::Held { fields, .. } = &statement.state else { return false };
        fields.iter().any(|(_, comparison)| *comparison == Comparison::Differs)
    }

    /// What it says of one field; `None` where there is no statement, or none that tells anything of
    /// the record.
    pub fn of(&self, field: Field) -> Option<SignedField> {
        let Self::Stated(statement) = self else { return None };
        match &statement.state {
            SignedState::NotHeld(Absence::Contradicted | Absence::NotRegistered) => None,
            SignedState::NotHeld(Absence::Early(_) | Absence::Erased(_)) => {
                Some(SignedField::RecordNotHeld)
            }
            SignedState::Held { fields, .. } => {
                let held = fields.iter().find(|(held, _)| *held == field);
                Some(
                    held.map_or(SignedField::NotHeld, |(_, comparison)| {
                        SignedField::Held(*comparison)
                    }),
                )
            }
        }
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

impl SignedStatement {
    /// The last statement on a session and what it means beside the earlier ones, compared with what
    /// the box saw. Days are counted in the operator's time zone.
    fn of(session: &Session, dealing: &Dealing, zone: Zone, now: Timestamp) -> Option<Self> {
        let receipt = dealing.last()?;
        let day = dealing.erase_by().map(Day::date);
        let held = |is_overdue| SignedState::Held {
            erase_by: day,
            is_overdue,
            fields: compare(session, receipt),
        };
        let state = match dealing.standing(zone, now) {
            Standing::Confirmed { .. } => SignedState::NotHeld(Absence::Erased(day)),
            Standing::Contradicted { .. } => SignedState::NotHeld(Absence::Contradicted),
            Standing::GoneEarly { .. } => SignedState::NotHeld(Absence::Early(day)),
            Standing::Unregistered { .. } => SignedState::NotHeld(Absence::NotRegistered),
            Standing::Overdue { .. } => held(true),
            Standing::Due { .. } | Standing::Held { .. } => held(false),
            Standing::Unstated => return None,
        };
        Some(Self { stated_at: receipt.statement().at().begins(), state })
    }
}

/// What an operator states of a session's record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SignedState {
    /// It holds no record under this session's ID.
    NotHeld(Absence),
    /// It holds one.
    Held {
        /// The day before whose end the record is to be gone; `None` where that is not determined yet.
        erase_by: Option<NaiveDate>,
        /// Whether it was stated so long after that day that the erasure counts as overdue.
        is_overdue: bool,
        /// Which fields, and whether each says the same as the box.
        fields: Vec<(Field, Comparison)>,
    },
}

/// What it means that no record is held, beside what was stated before (PROTOCOL.md, "What *not held*
/// means").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Absence {
    /// The operator had confirmed the registration: not registered after all, or erased since.
    Contradicted,
    /// A record was held before, and this day, where one was named, had not come: gone before its
    /// time, or denied.
    Early(Option<NaiveDate>),
    /// A record was held before, to be erased by this day, which had come: erased.
    Erased(Option<NaiveDate>),
    /// The session was never registered, so nothing is known of the record.
    NotRegistered,
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

/// Each field that the operator holds, and whether it says what the box saw.
fn compare(session: &Session, receipt: &Receipt) -> Vec<(Field, Comparison)> {
    let Some(held) = receipt.statement().held() else { return Vec::new() };
    let compared = held.fields().iter().map(|field| {
        let comparison = Checkable::of(field).map_or(Comparison::CannotTell, |checkable| {
            match candidates(checkable, session).compare(receipt) {
                protocol::Comparison::Same => Comparison::Same,
                protocol::Comparison::Differs => Comparison::Differs,
                protocol::Comparison::CannotTell(_) => Comparison::CannotTell,
            }
        });
        (field, comparison)
    });
    compared.collect()
}

/// What the box saw of a field, in the form that is compared.
fn candidates(field: Checkable, session: &Session) -> Candidates {
    let facts = &session.facts;
    let value = match field {
        Checkable::OriginAddress => {
            facts.origin_address.map(|it| Canonical::origin_address(it.value))
        }
        Checkable::OriginPort => facts.origin_port.map(|it| Canonical::origin_port(it.value)),
        Checkable::AssignedIpv4 => facts.assigned_ipv4.map(|it| Canonical::assigned_ipv4(it.value)),
        Checkable::AssignedIpv6 => facts.assigned_ipv6.map(|it| Canonical::assigned_ipv6(it.value)),
        Checkable::DelegatedPrefix => {
            facts.delegated_prefix.map(|it| Canonical::delegated_prefix(it.value))
        }
        // The operator assigns addresses as the session begins.
        Checkable::AssignedAt => return Candidates::assigned_at(&session.start.value),
        Checkable::SessionStart => return Candidates::session_start(&session.start.value),
        Checkable::SessionEnd => {
            return session.end.as_ref().map_or_else(
                || Candidates::unknown(field),
                |end| Candidates::session_end(&end.moment.value),
            );
        }
        Checkable::Gateway => facts.gateway.and_then(|it| Canonical::gateway(it.value)),
        Checkable::Transport => facts.transport.map(|it| Canonical::transport(it.value)),
    };
    value.map_or_else(|| Candidates::unknown(field), Candidates::exactly)
}

#[cfg(test)]
mod tests;
