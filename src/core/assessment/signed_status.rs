use chrono::NaiveDate;

use super::{ApplicableRules, RegistrationState, SyncState, SyncVerdict};
use crate::session::{Field, Session, Timestamp, Zone};
use temoin_protocol::{Candidates, CanonicalValue, CheckableField, Day, Receipt};

/// What the operator has signed about this very session, or why there is nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum SignedStatus {
    /// The member has not enabled checks with the operator.
    #[default]
    SyncOff,
    /// Checks are on, and no statement on this session has come yet.
    NoneYet(RegistrationState),
    /// A statement with a valid signature.
    Stated(SignedStatement),
}

impl SignedStatus {
    /// What there is on a session whose sync has this state; `sync_is_on` as configured. A statement
    /// received while checks were on still counts after they are turned off.
    pub fn new(
        session: &Session,
        sync_state: Option<&SyncState>,
        applicable_rules: ApplicableRules<'_>,
        sync_is_on: bool,
        now: Timestamp,
    ) -> Self {
        let zone = applicable_rules.profile.map_or(Zone::UTC, |profile| profile.zone);
        let Some(sync_state) = sync_state else { return Self::SyncOff };
        match SignedStatement::of(session, sync_state, zone, now) {
            Some(stated) => Self::Stated(stated),
            None if sync_is_on => Self::NoneYet(sync_state.registration),
            None => Self::SyncOff,
        }
    }

    /// Whether a value that the operator holds differs from the box's.
    pub fn differs(&self) -> bool {
        let Self::Stated(statement) = self else { return false };
        let SignedState::Held { fields, .. } = &statement.state else { return false };
        fields.iter().any(|(_, comparison)| *comparison == DigestComparison::Differs)
    }

    /// What it says of one field; `None` where there is no statement, or none that tells anything of
    /// the record.
    pub fn of(&self, field: Field) -> Option<SignedField> {
        let Self::Stated(statement) = self else { return None };
        match &statement.state {
            SignedState::NotHeld(NotHeldReason::Contradicted | NotHeldReason::NotRegistered) => {
                None
            }
            SignedState::NotHeld(NotHeldReason::Early(_) | NotHeldReason::Erased(_)) => {
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
    /// What the operator had stated otherwise before, oldest first.
    pub contradictions: Vec<EarlierStatement>,
}

/// A statement that a later one contradicts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EarlierStatement {
    /// When it was stated, by the operator's clock.
    pub stated_at: Timestamp,
    /// The fields held and the day by whose end the record was to be erased, if one was named; `None` if
    /// no record was held.
    pub held: Option<(Vec<Field>, Option<NaiveDate>)>,
}

impl SignedStatement {
    /// The last statement on a session and what it means beside the earlier ones, compared with what
    /// the box saw. Days are counted in the operator's time zone.
    fn of(session: &Session, sync_state: &SyncState, zone: Zone, now: Timestamp) -> Option<Self> {
        let receipt = sync_state.last()?;
        let day = sync_state.erase_by().map(Day::date);
        // The day that it names now, beside which stand those that it named before.
        let last_day = receipt.statement().held().and_then(|held| held.erase_by()).map(Day::date);
        let held = |is_overdue| SignedState::Held {
            erase_by: if is_overdue { day } else { last_day },
            is_overdue,
            fields: compare(session, receipt),
        };
        let state = match sync_state.verdict(zone, now) {
            SyncVerdict::Confirmed { .. } => SignedState::NotHeld(NotHeldReason::Erased(day)),
            SyncVerdict::Contradicted { .. } => SignedState::NotHeld(NotHeldReason::Contradicted),
            SyncVerdict::GoneEarly { .. } => SignedState::NotHeld(NotHeldReason::Early(day)),
            SyncVerdict::Unregistered { .. } => SignedState::NotHeld(NotHeldReason::NotRegistered),
            SyncVerdict::Overdue { .. } => held(true),
            SyncVerdict::Due { .. } | SyncVerdict::Held { .. } => held(false),
            SyncVerdict::Unstated => return None,
        };
        let contradictions = sync_state.contradictions().into_iter().map(|receipt| {
            let statement = receipt.statement();
            let held = statement
                .held()
                .map(|held| (held.fields().iter().collect(), held.erase_by().map(Day::date)));
            EarlierStatement { stated_at: statement.at().to_timestamp(), held }
        });
        Some(Self {
            stated_at: receipt.statement().at().to_timestamp(),
            state,
            contradictions: contradictions.collect(),
        })
    }
}

/// What an operator states of a session's record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SignedState {
    /// It holds no record under this session's ID.
    NotHeld(NotHeldReason),
    /// It holds one.
    Held {
        /// The day by whose end the record is to be erased; `None` if not determined yet.
        erase_by: Option<NaiveDate>,
        /// Whether it was stated so long after that day that the erasure counts as overdue.
        is_overdue: bool,
        /// Which fields, and whether each says the same as the box.
        fields: Vec<(Field, DigestComparison)>,
    },
}

/// Why no record is held, given the earlier statements (PROTOCOL.md, "What *not held* means").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotHeldReason {
    /// The operator had confirmed the registration: not registered after all, or erased since.
    Contradicted,
    /// A record was held before, and this day, if one was named, had not come: erased early, or
    /// denied.
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
    Held(DigestComparison),
}

/// Whether the operator's value is the box's, by the keyed digests of both.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DigestComparison {
    /// It is.
    Same,
    /// It is not.
    Differs,
    /// The box does not know the value, or no digest came.
    CannotTell,
}

impl DigestComparison {
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
fn compare(session: &Session, receipt: &Receipt) -> Vec<(Field, DigestComparison)> {
    let Some(held) = receipt.statement().held() else { return Vec::new() };
    let compared = held.fields().iter().map(|field| {
        let comparison =
            CheckableField::from_field(field).map_or(DigestComparison::CannotTell, |checkable| {
                match candidates(checkable, session).compare(receipt) {
                    temoin_protocol::FieldComparison::Same => DigestComparison::Same,
                    temoin_protocol::FieldComparison::Differs => DigestComparison::Differs,
                    temoin_protocol::FieldComparison::NotComparable(_) => {
                        DigestComparison::CannotTell
                    }
                }
            });
        (field, comparison)
    });
    compared.collect()
}

/// The box's value of a field, in the form that is compared.
fn candidates(field: CheckableField, session: &Session) -> Candidates {
    let attributes = &session.attributes;
    let value = match field {
        CheckableField::OriginAddress => {
            attributes.origin_address.map(|it| CanonicalValue::origin_address(it.value))
        }
        CheckableField::OriginPort => {
            attributes.origin_port.map(|it| CanonicalValue::origin_port(it.value))
        }
        CheckableField::AssignedIpv4 => {
            attributes.assigned_ipv4.map(|it| CanonicalValue::assigned_ipv4(it.value))
        }
        CheckableField::AssignedIpv6 => {
            attributes.assigned_ipv6.map(|it| CanonicalValue::assigned_ipv6(it.value))
        }
        CheckableField::DelegatedPrefix => {
            attributes.comparable_prefix().map(CanonicalValue::delegated_prefix)
        }
        // The operator assigns addresses as the session begins.
        CheckableField::AssignedAt => return Candidates::assigned_at(session.start.value.range()),
        CheckableField::SessionStart => {
            return Candidates::session_start(session.start.value.range());
        }
        CheckableField::SessionEnd => {
            return session.end.as_ref().map_or_else(
                || Candidates::unknown(field),
                |end| Candidates::session_end(end.moment.value.range()),
            );
        }
        CheckableField::Gateway => {
            attributes.gateway.and_then(|it| CanonicalValue::gateway(it.value))
        }
        CheckableField::Transport => {
            attributes.transport.map(|it| CanonicalValue::transport(it.value))
        }
    };
    value.map_or_else(|| Candidates::unknown(field), Candidates::exactly)
}

#[cfg(test)]
mod tests;
