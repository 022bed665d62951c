use super::{CanonicalValue, CheckableField, Receipt, UnixSeconds};
use crate::{SessionId, Timestamp};

/// The first and the last instant at which something may have happened; `None` where either is not
/// known.
pub type TimeRange = Option<(Timestamp, Timestamp)>;

/// Tolerance in seconds for the start of a session: the server counts from the accepted key
/// exchange, the box from the established tunnel.
pub const START_TOLERANCE: u64 = 120;

/// The same for its end: a server that was not notified waits for OpenVPN's `ping-restart`, usually
/// up to 240 seconds, before it considers the session ended.
pub const END_TOLERANCE: u64 = 600;

/// Maximum number of seconds tried for one time: 18 hours, less than a second of work on the box.
pub const MAX_CANDIDATES: u64 = 65_536;

/// What the box saw of one field: the value or, for a time, every second within the tolerance.
#[derive(Clone, Copy)]
pub struct Candidates {
    field: CheckableField,
    values: Option<CandidateValues>,
}

#[derive(Clone, Copy)]
enum CandidateValues {
    One(CanonicalValue),
    Seconds { first: UnixSeconds, last: UnixSeconds },
}

impl Candidates {
    /// Exactly this value.
    pub fn exactly(value: CanonicalValue) -> Self {
        Self { field: value.field(), values: Some(CandidateValues::One(value)) }
    }

    /// No value: the box does not know it.
    pub fn unknown(field: CheckableField) -> Self {
        Self { field, values: None }
    }

    /// When the addresses were assigned.
    pub fn assigned_at(bounds: TimeRange) -> Self {
        Self::around(CheckableField::AssignedAt, bounds, START_TOLERANCE)
    }

    /// When the session began.
    pub fn session_start(bounds: TimeRange) -> Self {
        Self::around(CheckableField::SessionStart, bounds, START_TOLERANCE)
    }

    /// When the session ended.
    pub fn session_end(bounds: TimeRange) -> Self {
        Self::around(CheckableField::SessionEnd, bounds, END_TOLERANCE)
    }

    /// The field in question.
    pub fn field(&self) -> CheckableField {
        self.field
    }

    fn around(field: CheckableField, bounds: TimeRange, tolerance: u64) -> Self {
        let seconds = bounds.filter(|(first, last)| first <= last).and_then(|(first, last)| {
            let first = UnixSeconds::containing(first)?.minus(tolerance);
            let last = UnixSeconds::containing(last)?.plus(tolerance);
            Some(CandidateValues::Seconds { first, last })
        });
        Self { field, values: seconds }
    }

    /// Whether the operator's record, according to `receipt`, matches what the box saw.
    pub fn compare(&self, receipt: &Receipt) -> FieldComparison {
        let statement = receipt.statement();
        let holds = |field| statement.held().is_some_and(|held| held.fields().contains(field));
        if !holds(self.field.field()) {
            return FieldComparison::NotComparable(NotComparable::NotHeld);
        }
        let Some(digests) = receipt.digests().filter(|digests| digests.contains(self.field)) else {
            return FieldComparison::NotComparable(NotComparable::NoDigest);
        };
        let found = |id: &SessionId| match self.values? {
            CandidateValues::One(value) => Some(digests.find(id, [value]).is_some()),
            CandidateValues::Seconds { first, last } => {
                if last.number() - first.number() >= MAX_CANDIDATES {
                    return None;
                }
                let seconds = (first.number()..=last.number()).filter_map(UnixSeconds::from_number);
                let values = seconds.filter_map(|at| self.at(at));
                Some(digests.find(id, values).is_some())
            }
        };
        match found(statement.id()) {
            Some(true) => FieldComparison::Same,
            Some(false) => FieldComparison::Differs,
            None => FieldComparison::NotComparable(NotComparable::NotSeen),
        }
    }

    fn at(&self, at: UnixSeconds) -> Option<CanonicalValue> {
        match self.field {
            CheckableField::AssignedAt => Some(CanonicalValue::assigned_at(at)),
            CheckableField::SessionStart => Some(CanonicalValue::session_start(at)),
            CheckableField::SessionEnd => Some(CanonicalValue::session_end(at)),
            _ => None,
        }
    }
}

/// The result of comparing one field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FieldComparison {
    /// The operator's record matches what the box saw; times within the tolerance.
    Same,
    /// It does not match.
    Differs,
    /// It cannot be compared.
    NotComparable(NotComparable),
}

/// Why two records cannot be compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotComparable {
    /// The operator states that it holds the field but gave no digest of it, or the digest is erased.
    NoDigest,
    /// The operator states that it does not hold the field, or the session at all.
    NotHeld,
    /// The box did not see the value, or not closely enough.
    NotSeen,
}
