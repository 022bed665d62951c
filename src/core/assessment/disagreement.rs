use chrono::NaiveDate;

use super::{
    DigestComparison, LegalPosition, ObservedField, SignedField, SignedState, SignedStatus,
};
use crate::law::{
    Applicability, AppliesTo, Covered, Declared, Edition, Kept, LegalAnswer, Nature,
    ProfileStatement, RetentionPeriod, Rule, Span, StartEvent, Verdict,
};
use crate::session::{Field, Timestamp};

/// Two conflicting statements about a field. It takes no side: a law binds an operator only for
/// what it processes or generates, and a statement may be older than the law.
#[derive(Clone, Debug)]
pub enum Disagreement<'a> {
    /// A statement names a shorter time than a rule that must be followed lists.
    Shorter {
        /// The statement.
        declared: Declared<'a>,
        /// The edition in which the rule stands.
        edition: &'a Edition,
        /// The rule.
        rule: &'a Rule,
    },
    /// A statement names a longer time than any rule that names the field.
    Longer {
        /// The statement.
        declared: Declared<'a>,
        /// The edition in which the rule with the longest time stands.
        edition: &'a Edition,
        /// That rule.
        rule: &'a Rule,
    },
    /// A rule that must be followed lists the field; a statement says that it is not stored.
    NotStored {
        /// The statement.
        statement: &'a ProfileStatement,
        /// The edition in which the rule stands.
        edition: &'a Edition,
        /// The rule.
        rule: &'a Rule,
    },
    /// A statement says that the field is stored; no rule in the files names it.
    Unlisted {
        /// The statement.
        statement: &'a ProfileStatement,
    },
    /// A statement says that the field is stored; a rule lists it as not to be kept.
    Forbidden {
        /// The statement.
        statement: &'a ProfileStatement,
        /// The edition in which the rule stands.
        edition: &'a Edition,
        /// The rule.
        rule: &'a Rule,
    },
    /// Two statements of the operator's differ.
    Statements {
        /// The newer one.
        newer: &'a ProfileStatement,
        /// The older one.
        older: &'a ProfileStatement,
    },
    /// The operator has signed that it does not hold the field; a rule that must be followed lists it.
    SignedNotHeld {
        /// The edition in which the rule stands.
        edition: &'a Edition,
        /// The rule.
        rule: &'a Rule,
    },
    /// The operator has signed that it holds the field; a statement says that it is not stored.
    SignedHeld {
        /// The statement.
        statement: &'a ProfileStatement,
    },
    /// The operator's value and the box's are not the same.
    ValuesDiffer,
    /// The operator has signed, well after the erasure date, that the record is held.
    Overdue {
        /// That day, by the same statement.
        erase_by: NaiveDate,
    },
}

impl<'a> Disagreement<'a> {
    /// The stable name of its kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Shorter { .. } => "declared-shorter",
            Self::Longer { .. } => "declared-longer",
            Self::NotStored { .. } => "declared-not-stored",
            Self::Unlisted { .. } => "declared-not-listed",
            Self::Forbidden { .. } => "declared-forbidden",
            Self::Statements { .. } => "statements-differ",
            Self::SignedNotHeld { .. } => "signed-not-held",
            Self::SignedHeld { .. } => "signed-held",
            Self::ValuesDiffer => "values-differ",
            Self::Overdue { .. } => "overdue",
        }
    }

    /// The statement that it is about, where there is one; the newer of two.
    pub fn statement(&self) -> Option<&'a ProfileStatement> {
        match self {
            Self::Shorter { declared, .. } | Self::Longer { declared, .. } => {
                Some(declared.statement)
            }
            Self::NotStored { statement, .. }
            | Self::Unlisted { statement }
            | Self::Forbidden { statement, .. }
            | Self::SignedHeld { statement } => Some(statement),
            Self::Statements { newer, .. } => Some(newer),
            Self::SignedNotHeld { .. } | Self::ValuesDiffer | Self::Overdue { .. } => None,
        }
    }

    /// The rule that it is about, with its edition, where there is one.
    pub fn rule(&self) -> Option<(&'a Edition, &'a Rule)> {
        match self {
            Self::Shorter { edition, rule, .. }
            | Self::Longer { edition, rule, .. }
            | Self::NotStored { edition, rule, .. }
            | Self::Forbidden { edition, rule, .. }
            | Self::SignedNotHeld { edition, rule } => Some((edition, rule)),
            Self::Unlisted { .. }
            | Self::Statements { .. }
            | Self::SignedHeld { .. }
            | Self::ValuesDiffer
            | Self::Overdue { .. } => None,
        }
    }

    /// Since when the rule's edition applies, where the statement was made before: then it says nothing of
    /// how the operator follows that rule.
    pub fn predated(&self) -> Option<NaiveDate> {
        let (statement, (edition, _)) = (self.statement()?, self.rule()?);
        (statement.stated_on < edition.effective_from).then_some(edition.effective_from)
    }

    /// All conflicts of one field. `reached` is the last day that the session, and so the contract,
    /// is known to have lasted to.
    pub(super) fn all(
        law: Option<&LegalPosition<'a>>,
        declared: &[Declared<'a>],
        reached: Option<NaiveDate>,
    ) -> Vec<Self> {
        let mut found = Vec::new();
        let covered: Vec<&Declared<'a>> =
            declared.iter().filter(|it| it.covered != Covered::No).collect();
        for one in &covered {
            found.extend(law.and_then(|law| Self::with_law(law, one, reached)));
        }
        if let Some((newest, others)) = covered.split_first() {
            let differing = others.iter().filter(|other| differ(newest, other));
            found.extend(
                differing.map(|other| Self::Statements {
                    newer: newest.statement,
                    older: other.statement,
                }),
            );
        }
        found
    }

    /// What a signed statement conflicts with.
    pub(super) fn signed(
        field: Field,
        seen: &ObservedField,
        signed: &SignedStatus,
        law: Option<&LegalPosition<'a>>,
        declared: &[Declared<'a>],
    ) -> Vec<Self> {
        let SignedStatus::Stated(statement) = signed else { return Vec::new() };
        let newest = declared.iter().find(|it| it.covered == Covered::Yes);
        let mut found = Vec::new();
        match signed.of(field) {
            Some(SignedField::Held(comparison)) => {
                if comparison == DigestComparison::Differs {
                    found.push(Self::ValuesDiffer);
                }
                if let SignedState::Held { erase_by: Some(erase_by), is_overdue: true, .. } =
                    statement.state
                {
                    found.push(Self::Overdue { erase_by });
                }
                found.extend(
                    newest
                        .filter(|it| !it.stores.stored)
                        .map(|it| Self::SignedHeld { statement: it.statement }),
                );
            }
            Some(SignedField::NotHeld | SignedField::RecordNotHeld) => {
                // What was to be kept until a day that has passed may well be gone; and of what the box
                // did not see, such as an address that was never assigned, there may be nothing to hold.
                let law = law.filter(|_| matches!(seen, ObservedField::Value(_)));
                let due = law.and_then(|law| {
                    law.required().find(|it| {
                        let until = it.kept.until();
                        until.is_some_and(|until| {
                            until.earliest.is_some_and(|last| day(statement.stated_at) <= last)
                        })
                    })
                });
                found.extend(
                    due.map(|it| Self::SignedNotHeld { edition: it.edition, rule: it.rule }),
                );
            }
            None => {}
        }
        found
    }

    fn with_law(
        law: &LegalPosition<'a>,
        declared: &Declared<'a>,
        reached: Option<NaiveDate>,
    ) -> Option<Self> {
        let statement = declared.statement;
        let stored = declared.stores.stored;
        match law.answer {
            LegalAnswer::Required if !stored => law.required().next().map(|it| Self::NotStored {
                statement,
                edition: it.edition,
                rule: it.rule,
            }),
            LegalAnswer::Forbidden if stored => law
                .verdicts
                .iter()
                .find(|it| it.rule.nature == Nature::MustNot)
                .map(|it| Self::Forbidden { statement, edition: it.edition, rule: it.rule }),
            LegalAnswer::Unlisted if stored => Some(Self::Unlisted { statement }),
            _ if !stored => None,
            _ => Self::shorter(law, declared, reached)
                .or_else(|| Self::longer(law, declared, reached)),
        }
    }

    fn shorter(
        law: &LegalPosition<'a>,
        declared: &Declared<'a>,
        reached: Option<NaiveDate>,
    ) -> Option<Self> {
        let mut least: Option<(NaiveDate, &Verdict<'a>)> = None;
        for verdict in law.required() {
            let Some((Some(earliest), _)) = of_rule(verdict, reached) else { continue };
            if least.is_none_or(|(known, _)| earliest > known) {
                least = Some((earliest, verdict));
            }
        }
        let (least, verdict) = least?;
        let (_, latest) = of_statement(declared, event_of(verdict), reached)?;
        (latest? < least).then(|| Self::Shorter {
            declared: declared.clone(),
            edition: verdict.edition,
            rule: verdict.rule,
        })
    }

    fn longer(
        law: &LegalPosition<'a>,
        declared: &Declared<'a>,
        reached: Option<NaiveDate>,
    ) -> Option<Self> {
        if !law.doubts.is_empty() {
            return None;
        }
        let mut most: Option<(NaiveDate, &Verdict<'a>)> = None;
        for verdict in &law.verdicts {
            // Data frozen by an authority are kept longer than declared beforehand.
            if verdict.rule.applies_to == AppliesTo::ExpeditedPreservation {
                continue;
            }
            if verdict.applies == Applicability::Unknown {
                return None;
            }
            let (_, latest) = of_rule(verdict, reached)?;
            let latest = latest?;
            if most.is_none_or(|(known, _)| latest > known) {
                most = Some((latest, verdict));
            }
        }
        let (most, verdict) = most?;
        let (earliest, _) = of_statement(declared, event_of(verdict), reached)?;
        (earliest? > most).then(|| Self::Longer {
            declared: declared.clone(),
            edition: verdict.edition,
            rule: verdict.rule,
        })
    }
}

/// The earliest and the latest last day, each unknown where `None`.
type Range = (Option<NaiveDate>, Option<NaiveDate>);

fn of_rule(verdict: &Verdict<'_>, reached: Option<NaiveDate>) -> Option<Range> {
    match (&verdict.kept, &verdict.rule.retention) {
        (Kept::Until(until), _) => Some((until.earliest, until.latest)),
        (Kept::AfterEvent(_), Some(retention)) => {
            Some((reached.map(|day| retention.last_days(day).0), None))
        }
        _ => None,
    }
}

/// A statement's range; against a rule that counts from the same event outside the session, both
/// are counted from `reached`, so that only the periods are compared.
fn of_statement(
    declared: &Declared<'_>,
    against: Option<StartEvent>,
    reached: Option<NaiveDate>,
) -> Option<Range> {
    match &declared.kept {
        Kept::Until(until) => Some((until.earliest, until.latest)),
        Kept::AfterEvent(event) => {
            let retention = RetentionPeriod::of(declared.stores.erase_after?);
            let last = reached.map(|day| retention.last_days(day).0);
            Some((last, last.filter(|_| against == Some(*event))))
        }
        Kept::NoLength | Kept::Never | Kept::Unknown(_) => None,
    }
}

fn event_of(verdict: &Verdict<'_>) -> Option<StartEvent> {
    match verdict.kept {
        Kept::AfterEvent(event) => Some(event),
        _ => None,
    }
}

fn differ(one: &Declared<'_>, other: &Declared<'_>) -> bool {
    let (one, other) = (one.stores, other.stores);
    let lengths = one.erase_after.zip(other.erase_after);
    one.stored != other.stored
        || lengths.is_some_and(|(a, b)| a != b || one.counted_from != other.counted_from)
}

fn day(at: Timestamp) -> NaiveDate {
    at.to_utc().date_naive()
}

/// The last day that a session is known to have lasted to.
pub(super) fn reached(span: Span, now: Timestamp) -> Option<NaiveDate> {
    match span.end {
        None => Some(day(now)),
        Some(end) => end.earliest.max(span.start.earliest).map(day),
    }
}
