//! Texts for the record's values. Each function matches exhaustively, so that a value without a
//! text does not compile.

mod coverage;
mod end;
mod failure;
mod field;
mod field_list;
mod operator_name;
mod source;
mod state;

pub use coverage::coverage;
pub use end::{end_reason, operator_end};
pub use failure::failure;
pub use field::field;
pub use field_list::fields;
pub use operator_name::{operator, operator_at_start};
pub use source::{source, source_explained};
pub use state::{SessionState, state, transport};
pub use temoin_core::text::{mid_sentence, sentence_start};

#[cfg(test)]
mod tests {
    use super::{
        SessionState, coverage, end_reason, failure, field, operator_end, source, source_explained,
        state, transport,
    };
    use temoin_core::session::{Coverage, EndReason, Field, OperatorEnd, Source, Transport};
    use temoin_core::text::{Language, Message};

    /// Of each text one name.
    const FAILURES: [&str; 15] = [
        "backdated",
        "made-up",
        "malformed",
        "no-tunnel",
        "not-authentic",
        "not-fresh",
        "not-now",
        "proxy",
        "recalled",
        "rejected",
        "timed-out",
        "two-successors",
        "unreachable",
        "unresolved",
        "untrusted",
    ];

    fn all() -> Vec<&'static Message> {
        let mut all: Vec<&'static Message> = Vec::new();
        all.extend(Field::ALL.into_iter().map(field));
        all.extend(Source::ALL.into_iter().map(source));
        all.extend(Source::ALL.into_iter().map(source_explained));
        all.extend(EndReason::ALL.into_iter().map(end_reason));
        all.extend(EndReason::ALL.into_iter().map(|reason| operator_end(reason.operator_view())));
        all.push(operator_end(OperatorEnd::Unknown));
        all.extend(FAILURES.into_iter().filter_map(failure));
        all.extend([Coverage::Complete, Coverage::Hooks, Coverage::Interface].map(coverage));
        all.extend([Transport::Udp, Transport::Tcp].map(transport));
        all.extend([SessionState::Open, SessionState::Closed].map(state));
        all
    }

    #[test]
    fn every_text_is_whole_and_has_no_placeholder() {
        for message in all() {
            for language in Language::ALL {
                let text = message.text(language);
                assert!(!text.is_empty(), "{language}: {message:?}");
                assert_eq!(text.trim(), text, "{language}");
                assert!(!text.contains(['{', '}', '\n']) && !text.contains("  "), "{text}");
            }
        }
    }

    #[test]
    fn values_of_one_kind_are_told_apart_in_every_language() {
        for language in Language::ALL {
            let kinds: [Vec<&str>; 4] = [
                Field::ALL.into_iter().map(|value| field(value).text(language)).collect(),
                Source::ALL.into_iter().map(|value| source(value).text(language)).collect(),
                Source::ALL
                    .into_iter()
                    .map(|value| source_explained(value).text(language))
                    .collect(),
                EndReason::ALL.into_iter().map(|value| end_reason(value).text(language)).collect(),
            ];
            for mut texts in kinds {
                let count = texts.len();
                texts.sort_unstable();
                texts.dedup();
                assert_eq!(texts.len(), count, "{language}: {texts:?}");
            }
        }
    }

    #[test]
    fn what_the_operator_saw_is_worded_as_an_inference() {
        let words = [
            (Language::French, ["sans doute", "ne permet pas"]),
            (Language::Dutch, ["waarschijnlijk", "niet op te maken"]),
            (Language::English, ["probably", "cannot be told"]),
            (Language::German, ["vermutlich", "nicht erkennen"]),
        ];
        for reason in EndReason::ALL {
            for (language, careful) in words {
                let text = operator_end(reason.operator_view()).text(language);
                assert!(careful.iter().any(|word| text.contains(word)), "{language}: {text}");
            }
        }
    }
}
