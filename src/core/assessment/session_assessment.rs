use super::disagreement::reached;
use super::{
    ApplicableRules, Disagreement, LegalPosition, ObservedField, SignedField, SignedStatus,
};
use crate::law::{Declared, Edition, Nature, Span, judge};
use crate::session::{Field, Session, Timestamp};

/// The assessment of one session: four answers side by side, field by field, none derived from
/// another.
#[derive(Clone, Debug)]
pub struct Assessment<'a> {
    /// The session as the box recorded it.
    pub session: &'a Session,
    /// What it is assessed by.
    pub applicable_rules: ApplicableRules<'a>,
    /// As of when.
    pub now: Timestamp,
    /// The editions of law that apply on any day of the session.
    pub editions: Vec<&'a Edition>,
    /// The assessment of each field, in vocabulary order. Omits fields that the box does not record
    /// and neither law nor operator names.
    pub fields: Vec<FieldAssessment<'a>>,
    /// What the operator has signed about this session.
    pub signed: SignedStatus,
}

impl<'a> Assessment<'a> {
    /// Assesses a session, as of `now`, without signed statements.
    pub fn of(session: &'a Session, applicable_rules: ApplicableRules<'a>, now: Timestamp) -> Self {
        let span = Span::from(session);
        let judgement = applicable_rules
            .jurisdiction
            .map(|jurisdiction| judge(span, applicable_rules.law, jurisdiction, now));
        let reached = reached(span, now);
        let fields = Field::ALL.into_iter().filter_map(|field| {
            let law = judgement.as_ref().map(|judgement| LegalPosition::of(field, judgement));
            let declared = applicable_rules
                .profile
                .map_or_else(Vec::new, |profile| profile.declared(field, span, now));
            let named = law.as_ref().is_some_and(LegalPosition::has_rules) || !declared.is_empty();
            (field.is_recorded() || named).then(|| FieldAssessment {
                field,
                seen: ObservedField::of(field, session),
                disagreements: Disagreement::all(law.as_ref(), &declared, reached),
                law,
                declared,
                signed: None,
            })
        });
        let fields = fields.collect();
        let editions = judgement.map_or_else(Vec::new, |judgement| judgement.editions);
        Self { session, applicable_rules, now, editions, fields, signed: SignedStatus::default() }
    }

    /// The same with what the operator has signed, whose signature the caller has checked.
    #[must_use]
    pub fn with_signed(mut self, signed: SignedStatus) -> Self {
        for it in &mut self.fields {
            it.signed = signed.of(it.field);
            let more =
                Disagreement::signed(it.field, &it.seen, &signed, it.law.as_ref(), &it.declared);
            it.disagreements.extend(more);
        }
        self.signed = signed;
        self
    }

    /// The assessment of one field.
    pub fn field(&self, field: Field) -> Option<&FieldAssessment<'a>> {
        self.fields.iter().find(|it| it.field == field)
    }

    /// The fields, grouped where law and operator say the same, in the order of each group's first.
    pub fn groups(&self) -> Vec<Vec<&FieldAssessment<'a>>> {
        let mut groups: Vec<Vec<&FieldAssessment<'a>>> = Vec::new();
        for it in &self.fields {
            match groups.iter_mut().find(|group| group[0].same_answers(it)) {
                Some(group) => group.push(it),
                None => groups.push(vec![it]),
            }
        }
        groups
    }

    /// The fields that must never be kept.
    pub fn never_kept(&self) -> impl Iterator<Item = &FieldAssessment<'a>> {
        self.fields.iter().filter(|it| {
            it.law.as_ref().is_some_and(|law| {
                law.verdicts.iter().any(|verdict| verdict.rule.nature == Nature::MustNot)
            })
        })
    }
}

/// The assessment of one field of a session.
#[derive(Clone, Debug)]
pub struct FieldAssessment<'a> {
    /// The field.
    pub field: Field,
    /// What this box observed.
    pub seen: ObservedField,
    /// What the law says; `None` where it is not known whose law applies.
    pub law: Option<LegalPosition<'a>>,
    /// What the operator's statements say, newest first; empty where they say nothing.
    pub declared: Vec<Declared<'a>>,
    /// What the operator has signed about this very session; `None` without a statement.
    pub signed: Option<SignedField>,
    /// The conflicts among these.
    pub disagreements: Vec<Disagreement<'a>>,
}

impl FieldAssessment<'_> {
    /// Whether law and operator say the same as of another field.
    fn same_answers(&self, other: &Self) -> bool {
        let law = match (&self.law, &other.law) {
            (Some(one), Some(two)) => one.same_as(two),
            (None, None) => true,
            _ => false,
        };
        let declared = self.declared.len() == other.declared.len()
            && self.declared.iter().zip(&other.declared).all(|(one, two)| {
                let (a, b) = (one.stores, two.stores);
                one.statement.id == two.statement.id
                    && (a.stored, a.from, a.erase_after, a.counted_from)
                        == (b.stored, b.from, b.erase_after, b.counted_from)
            });
        let names = |it: &Self| -> Vec<&'static str> {
            it.disagreements.iter().map(Disagreement::name).collect()
        };
        law && declared && self.signed == other.signed && names(self) == names(other)
    }
}
