use super::disagreement::reached;
use super::{Disagreement, LawSays, Rulebook, Seen, Signed, SignedField};
use crate::domain::{Field, Session, Timestamp};
use crate::retention::{Declared, Edition, Nature, Span, judge};

/// What is held about one session, as far as anybody says: four answers side by side, field by
/// field, and nowhere one made up from another.
#[derive(Clone, Debug)]
pub struct Holding<'a> {
    /// The session as the box recorded it.
    pub session: &'a Session,
    /// What it is held against.
    pub rulebook: Rulebook<'a>,
    /// As of when.
    pub now: Timestamp,
    /// The editions of law that apply on any day of the session.
    pub editions: Vec<&'a Edition>,
    /// What there is to say of each field, in the order of the vocabulary. A field is left out that
    /// the box does not record and neither law nor operator names.
    pub fields: Vec<FieldHolding<'a>>,
    /// What the operator has signed about this session.
    pub signed: Signed,
}

impl<'a> Holding<'a> {
    /// What is held about a session, as of `now`. Nothing signed is in it yet.
    pub fn of(session: &'a Session, rulebook: Rulebook<'a>, now: Timestamp) -> Self {
        let span = Span::from(session);
        let judgement =
            rulebook.jurisdiction.map(|jurisdiction| judge(span, rulebook.law, jurisdiction, now));
        let reached = reached(span, now);
        let fields = Field::ALL.into_iter().filter_map(|field| {
            let law = judgement.as_ref().map(|judgement| LawSays::of(field, judgement));
            let declared = rulebook
                .profile
                .map_or_else(Vec::new, |profile| profile.declared(field, span, now));
            let named = law.as_ref().is_some_and(LawSays::speaks) || !declared.is_empty();
            (field.is_recorded() || named).then(|| FieldHolding {
                field,
                seen: Seen::of(field, session),
                disagreements: Disagreement::all(law.as_ref(), &declared, reached),
                law,
                declared,
                signed: None,
            })
        });
        let fields = fields.collect();
        let editions = judgement.map_or_else(Vec::new, |judgement| judgement.editions);
        Self { session, rulebook, now, editions, fields, signed: Signed::default() }
    }

    /// The same with what the operator has signed, whose signature the caller has checked.
    #[must_use]
    pub fn with_signed(mut self, signed: Signed) -> Self {
        for it in &mut self.fields {
            it.signed = signed.of(it.field);
            let more =
                Disagreement::signed(it.field, &it.seen, &signed, it.law.as_ref(), &it.declared);
            it.disagreements.extend(more);
        }
        self.signed = signed;
        self
    }

    /// What there is to say of one field.
    pub fn field(&self, field: Field) -> Option<&FieldHolding<'a>> {
        self.fields.iter().find(|it| it.field == field)
    }

    /// The fields, those of which law and operator say the same together, in the order of the first
    /// of each.
    pub fn groups(&self) -> Vec<Vec<&FieldHolding<'a>>> {
        let mut groups: Vec<Vec<&FieldHolding<'a>>> = Vec::new();
        for it in &self.fields {
            match groups.iter_mut().find(|group| group[0].same_answers(it)) {
                Some(group) => group.push(it),
                None => groups.push(vec![it]),
            }
        }
        groups
    }

    /// Whether there is anything that does not go together.
    pub fn has_disagreements(&self) -> bool {
        self.fields.iter().any(|it| !it.disagreements.is_empty())
    }

    /// The fields that must never be kept.
    pub fn never_kept(&self) -> impl Iterator<Item = &FieldHolding<'a>> {
        self.fields.iter().filter(|it| {
            it.law.as_ref().is_some_and(|law| {
                law.verdicts.iter().any(|verdict| verdict.rule.nature == Nature::MustNot)
            })
        })
    }
}

/// What there is to say of one field of a session.
#[derive(Clone, Debug)]
pub struct FieldHolding<'a> {
    /// The field.
    pub field: Field,
    /// What this box saw.
    pub seen: Seen,
    /// What the law says; `None` where it is not known whose law applies.
    pub law: Option<LawSays<'a>>,
    /// What the operator's statements say, newest first; empty where they say nothing.
    pub declared: Vec<Declared<'a>>,
    /// What the operator has signed about this very session; `None` without a statement.
    pub signed: Option<SignedField>,
    /// What of all this does not go together.
    pub disagreements: Vec<Disagreement<'a>>,
}

impl FieldHolding<'_> {
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
