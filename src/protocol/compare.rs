use super::{Canonical, Checkable, Receipt, Second};
use crate::domain::{Moment, SessionId};

/// How far apart, in seconds, the two ends may put the start of a session and still mean the same:
/// the server counts from the accepted key exchange, the box from the tunnel that stands.
pub const START_TOLERANCE: u64 = 120;

/// The same for its end: a server that was told nothing waits for OpenVPN's `ping-restart`, on usual
/// settings up to 240 seconds, before it holds the session to be over.
pub const END_TOLERANCE: u64 = 600;

/// The most seconds that are tried for one time: 18 hours, less than a second of work on the box.
pub const MOST_CANDIDATES: u64 = 65_536;

/// What the box saw of one field: the value, or for a time all seconds that would do.
#[derive(Clone, Copy)]
pub struct Candidates {
    field: Checkable,
    values: Option<Values>,
}

#[derive(Clone, Copy)]
enum Values {
    One(Canonical),
    Seconds { first: Second, last: Second },
}

impl Candidates {
    /// Exactly this value.
    pub fn exactly(value: Canonical) -> Self {
        Self { field: value.field(), values: Some(Values::One(value)) }
    }

    /// Nothing: the box does not know the value.
    pub fn unknown(field: Checkable) -> Self {
        Self { field, values: None }
    }

    /// When the addresses were assigned.
    pub fn assigned_at(moment: &Moment) -> Self {
        Self::around(Checkable::AssignedAt, moment, START_TOLERANCE)
    }

    /// When the session began.
    pub fn session_start(moment: &Moment) -> Self {
        Self::around(Checkable::SessionStart, moment, START_TOLERANCE)
    }

    /// When the session ended.
    pub fn session_end(moment: &Moment) -> Self {
        Self::around(Checkable::SessionEnd, moment, END_TOLERANCE)
    }

    /// The field in question.
    pub fn field(&self) -> Checkable {
        self.field
    }

    fn around(field: Checkable, moment: &Moment, tolerance: u64) -> Self {
        let bounds = moment.earliest.zip(moment.latest).filter(|(first, last)| first <= last);
        let seconds = bounds.and_then(|(first, last)| {
            let first = Second::containing(first)?.minus(tolerance);
            let last = Second::containing(last)?.plus(tolerance);
            Some(Values::Seconds { first, last })
        });
        Self { field, values: seconds }
    }

    /// Whether the operator's record, as `receipt` has it, says what the box saw.
    pub fn compare(&self, receipt: &Receipt) -> Comparison {
        let statement = receipt.statement();
        let holds = |field| statement.held().is_some_and(|held| held.fields().contains(field));
        if !holds(self.field.field()) {
            return Comparison::CannotTell(CannotTell::NotHeld);
        }
        let Some(digests) = receipt.digests().filter(|digests| digests.contains(self.field)) else {
            return Comparison::CannotTell(CannotTell::NoDigest);
        };
        let found = |id: &SessionId| match self.values? {
            Values::One(value) => Some(digests.find(id, [value]).is_some()),
            Values::Seconds { first, last } => {
                if last.number() - first.number() >= MOST_CANDIDATES {
                    return None;
                }
                let seconds = (first.number()..=last.number()).filter_map(Second::from_number);
                let values = seconds.filter_map(|at| self.at(at));
                Some(digests.find(id, values).is_some())
            }
        };
        match found(statement.id()) {
            Some(true) => Comparison::Same,
            Some(false) => Comparison::Differs,
            None => Comparison::CannotTell(CannotTell::NotSeen),
        }
    }

    fn at(&self, at: Second) -> Option<Canonical> {
        match self.field {
            Checkable::AssignedAt => Some(Canonical::assigned_at(at)),
            Checkable::SessionStart => Some(Canonical::session_start(at)),
            Checkable::SessionEnd => Some(Canonical::session_end(at)),
            _ => None,
        }
    }
}

/// What comes of comparing one field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Comparison {
    /// The operator's record says what the box saw; of a time, within the tolerance.
    Same,
    /// It says something else.
    Differs,
    /// There is nothing to compare.
    CannotTell(CannotTell),
}

/// Why two records cannot be compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CannotTell {
    /// The operator states that it holds the field but gave no digest of it, or the digest is erased.
    NoDigest,
    /// The operator states that it does not hold the field, or the session at all.
    NotHeld,
    /// The box did not see the value, or not closely enough.
    NotSeen,
}
