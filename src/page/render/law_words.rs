//! Texts for what law and operators say. Each function matches exhaustively, so that a value
//! without a text does not compile.

use crate::messages::law as msg;
use temoin_core::law::StatementKind;
use temoin_core::law::{
    AppliesTo, Certainty, EditionStatus, Jurisdiction, Nature, RequirementKind, StartEvent, Track,
    Verified,
};
use temoin_core::law::{Condition, Doubt};
use temoin_core::text::Message;

/// Why it is not known what the law says, in a sentence. Placeholders: `{from}` and `{to}` (days) of
/// a gap; `{title}` (the edition's) where it leaves open or is stale, there with `{checked_on}`.
pub(crate) fn doubt(doubt: &Doubt<'_>) -> &'static Message {
    match doubt {
        Doubt::Gap { track: Track::General, .. } => &msg::DOUBT_GAP_GENERAL,
        Doubt::Gap { track: Track::Injunction, .. } => &msg::DOUBT_GAP_INJUNCTION,
        Doubt::LeftOpen(edition) if edition.status == EditionStatus::Annulled => {
            &msg::DOUBT_LEFT_OPEN_ANNULLED
        }
        Doubt::LeftOpen(_) => &msg::DOUBT_LEFT_OPEN,
        Doubt::Stale(_) => &msg::DOUBT_STALE,
        Doubt::Undated => &msg::DOUBT_UNDATED,
    }
}

/// A condition on which a rule applies, in a sentence.
pub(crate) fn condition(condition: Condition) -> &'static Message {
    match condition {
        Condition::TargetedArea => &msg::DEPENDENCE_TARGETED_AREA,
        Condition::OwnPurpose => &msg::DEPENDENCE_OWN_PURPOSE,
        Condition::ExpeditedPreservation => &msg::DEPENDENCE_EXPEDITED_PRESERVATION,
        Condition::Day => &msg::DEPENDENCE_DAY,
    }
}

/// Whether a rule's data must be kept, in a word or two.
pub(crate) fn nature(nature: Nature) -> &'static Message {
    match nature {
        Nature::Must => &msg::NATURE_MUST,
        Nature::May => &msg::NATURE_MAY,
        Nature::MustNot => &msg::NATURE_MUST_NOT,
    }
}

/// How sure a reading of the law is, in a few words.
pub(crate) fn certainty(certainty: Certainty) -> &'static Message {
    match certainty {
        Certainty::Text => &msg::CERTAINTY_TEXT,
        Certainty::Inferred => &msg::CERTAINTY_INFERRED,
        Certainty::Disputed => &msg::CERTAINTY_DISPUTED,
        Certainty::Unknown => &msg::CERTAINTY_UNKNOWN,
    }
}

/// In which cases a rule applies, in a few words.
pub(crate) fn applies_to(applies_to: AppliesTo) -> &'static Message {
    match applies_to {
        AppliesTo::AllUsers => &msg::APPLIES_TO_ALL_USERS,
        AppliesTo::TargetedArea => &msg::APPLIES_TO_TARGETED_AREA,
        AppliesTo::Injunction => &msg::APPLIES_TO_INJUNCTION,
        AppliesTo::OwnPurpose => &msg::APPLIES_TO_OWN_PURPOSE,
        AppliesTo::ExpeditedPreservation => &msg::APPLIES_TO_EXPEDITED_PRESERVATION,
    }
}

/// What a period is counted from, as the end of a phrase such as "12 months …".
pub(crate) fn start_event(event: StartEvent) -> &'static Message {
    match event {
        StartEvent::SessionStart => &msg::START_EVENT_SESSION_START,
        StartEvent::SessionEnd => &msg::START_EVENT_SESSION_END,
        StartEvent::Communication => &msg::START_EVENT_COMMUNICATION,
        StartEvent::Recording => &msg::START_EVENT_RECORDING,
        StartEvent::ContractEnd => &msg::START_EVENT_CONTRACT_END,
        StartEvent::AccountClosed => &msg::START_EVENT_ACCOUNT_CLOSED,
        StartEvent::BillingDisputeEnd => &msg::START_EVENT_BILLING_DISPUTE_END,
    }
}

/// How far a source was read, in a few words.
pub fn verified(verified: Verified) -> &'static Message {
    match verified {
        Verified::FullText => &msg::VERIFIED_FULL_TEXT,
        Verified::Excerpt => &msg::VERIFIED_EXCERPT,
        Verified::Secondary => &msg::VERIFIED_SECONDARY,
        Verified::Seed => &msg::VERIFIED_SEED,
        Verified::Unverified => &msg::VERIFIED_UNVERIFIED,
    }
}

/// Whether an edition is in force, in a few words.
pub(crate) fn status(status: EditionStatus) -> &'static Message {
    match status {
        EditionStatus::InForce => &msg::STATUS_IN_FORCE,
        EditionStatus::InForceUnderChallenge => &msg::STATUS_IN_FORCE_UNDER_CHALLENGE,
        EditionStatus::Superseded => &msg::STATUS_SUPERSEDED,
        EditionStatus::Annulled => &msg::STATUS_ANNULLED,
        EditionStatus::Unknown => &msg::STATUS_UNKNOWN,
    }
}

/// The country.
pub(crate) fn jurisdiction(jurisdiction: Jurisdiction) -> &'static Message {
    match jurisdiction {
        Jurisdiction::Belgium => &msg::JURISDICTION_BELGIUM,
        Jurisdiction::France => &msg::JURISDICTION_FRANCE,
    }
}

/// Whom a requirement about requests binds, as a heading.
pub(crate) fn requirement_kind(kind: RequirementKind) -> &'static Message {
    match kind {
        RequirementKind::RequestMust => &msg::REQUIREMENT_KIND_REQUEST_MUST,
        RequirementKind::OperatorMust => &msg::REQUIREMENT_KIND_OPERATOR_MUST,
        RequirementKind::OperatorMay => &msg::REQUIREMENT_KIND_OPERATOR_MAY,
        RequirementKind::ReceiverMust => &msg::REQUIREMENT_KIND_RECEIVER_MUST,
    }
}

/// What kind of thing a statement of an operator is, in a few words.
pub(crate) fn statement_kind(kind: StatementKind) -> &'static Message {
    match kind {
        StatementKind::Publication => &msg::STATEMENT_KIND_PUBLICATION,
        StatementKind::PublishedCode => &msg::STATEMENT_KIND_PUBLISHED_CODE,
        StatementKind::PublishedConfiguration => &msg::STATEMENT_KIND_PUBLISHED_CONFIGURATION,
        StatementKind::Correspondence => &msg::STATEMENT_KIND_CORRESPONDENCE,
        StatementKind::Administrator => &msg::STATEMENT_KIND_ADMINISTRATOR,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        applies_to, certainty, condition, doubt, jurisdiction, nature, requirement_kind,
        start_event, statement_kind, status, verified,
    };
    use temoin_core::law::{Condition, Doubt, EditionStatus, Law, NamedEnum, Track};
    use temoin_core::text::{Language, Message};

    fn of<T: NamedEnum>(message: fn(T) -> &'static Message) -> Vec<&'static Message> {
        T::ALL.iter().map(|word| message(*word)).collect()
    }

    fn kinds() -> Vec<Vec<&'static Message>> {
        let dependences = [
            Condition::TargetedArea,
            Condition::OwnPurpose,
            Condition::ExpeditedPreservation,
            Condition::Day,
        ];
        vec![
            dependences.map(condition).to_vec(),
            of(applies_to),
            of(certainty),
            of(jurisdiction),
            of(nature),
            of(requirement_kind),
            of(start_event),
            of(statement_kind),
            of(status),
            of(verified),
        ]
    }

    #[test]
    fn every_word_is_whole_and_told_apart_from_its_kind_in_every_language() {
        for kind in kinds() {
            for language in Language::ALL {
                let mut texts: Vec<&str> = kind.iter().map(|it| it.text(language)).collect();
                for text in &texts {
                    assert!(!text.is_empty() && text.trim() == *text, "{text:?}");
                    assert!(
                        !text.contains(['{', '}', '\n', '\'']) && !text.contains("  "),
                        "{text}"
                    );
                }
                texts.sort_unstable();
                texts.dedup();
                assert_eq!(texts.len(), kind.len(), "{language}: {texts:?}");
            }
        }
    }

    #[test]
    fn every_doubt_names_what_it_speaks_of_in_every_language() {
        let law = Law::compiled_in().unwrap();
        let with = |is_annulled| {
            let mut editions = law.editions().iter();
            editions.find(|it| (it.status == EditionStatus::Annulled) == is_annulled).unwrap()
        };
        let day = |text: &str| text.parse().unwrap();
        let gap = |track| Doubt::Gap { track, from: day("2022-08-18"), to: day("2022-08-19") };
        for (it, placeholders) in [
            (gap(Track::General), &["from", "to"][..]),
            (gap(Track::Injunction), &["from", "to"]),
            (Doubt::LeftOpen(with(true)), &["title"]),
            (Doubt::LeftOpen(with(false)), &["title"]),
            (Doubt::Stale(with(false)), &["title", "checked_on"]),
            (Doubt::Undated, &[]),
        ] {
            for language in Language::ALL {
                let text = doubt(&it).text(language);
                for placeholder in placeholders {
                    assert!(text.contains(&format!("{{{placeholder}}}")), "{language}: {text}");
                }
                assert_eq!(text.matches('{').count(), placeholders.len(), "{language}: {text}");
            }
        }
    }
}
