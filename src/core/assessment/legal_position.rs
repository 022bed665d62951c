use super::Knowledge;
use crate::law::{
    Applicability, Certainty, Doubt, Edition, Judgement, LegalAnswer, Nature, Verdict,
};
use crate::session::Field;

/// What the law says of one field of a session.
#[derive(Clone, Debug)]
pub struct LegalPosition<'a> {
    /// The overall answer.
    pub answer: LegalAnswer,
    /// What each rule that names the field says, obligations first.
    pub verdicts: Vec<Verdict<'a>>,
    /// Why the law may say more, or something else.
    pub doubts: Vec<Doubt<'a>>,
    /// The editions of the general law that apply and do not name the field.
    pub unlisted_in: Vec<&'a Edition>,
}

impl<'a> LegalPosition<'a> {
    /// What a judgement says of a field.
    pub fn of(field: Field, judgement: &Judgement<'a>) -> Self {
        let law = judgement.of(field);
        let mut verdicts: Vec<Verdict<'a>> = law.verdicts.iter().copied().cloned().collect();
        let mut answer = law.answer();
        for verdict in &mut verdicts {
            // A rule that was never established allows nothing.
            if verdict.rule.certainty == Certainty::Unknown {
                verdict.applies = Applicability::Unknown;
                if answer != LegalAnswer::Required {
                    answer = LegalAnswer::Unknown;
                }
            }
        }
        verdicts.sort_by_key(|it| (rank(it.rule.nature), it.applies != Applicability::Certain));
        Self {
            answer,
            verdicts,
            doubts: law.doubts.into_iter().copied().collect(),
            unlisted_in: law.unlisted_in,
        }
    }

    /// The rules that must be followed and certainly apply.
    pub fn required(&self) -> impl Iterator<Item = &Verdict<'a>> {
        self.verdicts
            .iter()
            .filter(|it| it.rule.nature == Nature::Must && it.applies == Applicability::Certain)
    }

    /// Whether any file of law names the field, or leaves open whether it does.
    pub fn has_rules(&self) -> bool {
        !self.verdicts.is_empty()
    }

    /// How it is known.
    pub fn knowledge(&self) -> Knowledge {
        if self.answer == LegalAnswer::Unknown { Knowledge::Unknown } else { Knowledge::Law }
    }

    /// Whether it says the same as of another field.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.answer == other.answer
            && self.doubts.len() == other.doubts.len()
            && self.doubts.iter().zip(&other.doubts).all(|(one, two)| one == two)
            && self.verdicts.len() == other.verdicts.len()
            && self
                .verdicts
                .iter()
                .zip(&other.verdicts)
                .all(|(one, two)| one.edition.id == two.edition.id && one.rule.id == two.rule.id)
    }
}

fn rank(nature: Nature) -> u8 {
    match nature {
        Nature::MustNot => 0,
        Nature::Must => 1,
        Nature::May => 2,
    }
}
