use super::assessment_text::{TextWriter, join_labels, seen, signed_field};
use super::phrases::sentence;
use crate::messages::assessment as w;
use crate::render::words as record;
use temoin_core::assessment::{Assessment, FieldAssessment, Knowledge, LegalPosition};
use temoin_core::law::{
    Applicability, Doubt, Edition, LegalAnswer, OperatorName, Profile, Slug, Verdict,
};
use temoin_core::session::Field;
use temoin_core::text::DateFormatter;

/// An assessment as texts, independent of layout.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AssessmentView {
    /// What law, declaration and signature say, in short: a label and a sentence.
    pub short: Vec<(&'static str, String)>,
    /// The fields, grouped by equal answers.
    pub answers: Vec<FieldGroupView>,
    /// Who may obtain what.
    pub who: Vec<RecipientsView>,
    /// Whether the files of law leave open who may obtain some of it.
    pub who_is_open: bool,
    /// The software whose habits stand in place of an operator's declarations.
    pub software: Option<String>,
}

/// The texts for a group of fields.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FieldGroupView {
    /// Which fields.
    pub fields: Vec<Field>,
    /// What the box observed, in the order of the fields.
    pub seen: Vec<String>,
    /// What the law says.
    pub law: Vec<CitedSentence>,
    /// How the law's answer is known.
    pub law_is: Knowledge,
    /// What the operator declares; empty where nothing is known of it.
    pub declared: Vec<String>,
    /// What the operator has signed; empty where there is no statement on the session.
    pub signed: Option<String>,
    /// The conflicts.
    pub differences: Vec<String>,
    /// Where a statement and a younger law differ, which is no conflict.
    pub remarks: Vec<String>,
}

/// A sentence and its sources.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CitedSentence {
    /// The sentence.
    pub text: String,
    /// The texts of law.
    pub sources: Vec<String>,
}

/// Who may obtain some fields.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RecipientsView {
    /// Which fields, named.
    pub fields: String,
    /// Who.
    pub who: Vec<String>,
    /// What there is to say of it; may be empty.
    pub note: String,
    /// The texts of law.
    pub sources: Vec<String>,
}

impl AssessmentView {
    /// An assessment as texts, in the language and the time zone of `when`.
    pub(crate) fn of(assessment: &Assessment<'_>, when: DateFormatter) -> Self {
        let writer = TextWriter::new(assessment, when, usize::MAX);
        let short = writer
            .short_rows()
            .into_iter()
            .map(|(label, text)| (label.text(when.language), text))
            .collect();
        let (who, who_is_open) = writer.recipients();
        let who = who
            .into_iter()
            .map(|(edition, recipients, fields)| {
                let labels = edition.authorities_of(recipients).into_iter();
                let labels: Vec<&str> = labels.map(|it| it.label.text(when.language)).collect();
                let note = recipients.note.as_ref().map_or("", |note| note.text(when.language));
                RecipientsView {
                    fields: record::sentence_start(&record::fields(&fields, when.language)),
                    who: join_labels(&labels),
                    note: note.to_owned(),
                    sources: sources(edition, &recipients.basis, when),
                }
            })
            .collect();
        let answers =
            assessment.groups().iter().map(|group| answers(&writer, group, when)).collect();
        let profile = assessment.applicable_rules.profile;
        let software = match profile.map(Profile::operator_name) {
            Some(OperatorName::Software(software)) => Some(software),
            Some(OperatorName::Association(_)) | None => None,
        };
        Self { short, answers, who, who_is_open, software }
    }
}

fn answers<'a>(
    writer: &TextWriter<'_, 'a>,
    group: &[&FieldAssessment<'a>],
    when: DateFormatter,
) -> FieldGroupView {
    let first = group[0];
    let law = match &first.law {
        None => vec![plain(sentence(writer.say(&w::NO_JURISDICTION)))],
        Some(law) => {
            let mut said: Vec<CitedSentence> = Vec::new();
            for verdict in &law.verdicts {
                let one = cited_sentence(writer, verdict, when);
                if !said.contains(&one) {
                    said.push(one);
                }
            }
            if law.answer == LegalAnswer::Unlisted {
                said.push(plain(sentence(writer.say(&w::NO_RULE))));
            }
            said.extend(law.doubts.iter().map(|doubt| {
                plain(match doubt {
                    Doubt::Gap { .. } | Doubt::Undated => writer.phrases().doubt(doubt),
                    Doubt::LeftOpen(_) | Doubt::Stale(_) => {
                        sentence(&writer.phrases().doubt(doubt))
                    }
                })
            }));
            said
        }
    };
    let declared = if first.declared.is_empty() {
        vec![sentence(&writer.no_statement())]
    } else {
        first.declared.iter().map(|it| writer.declared(it)).collect()
    };
    FieldGroupView {
        fields: group.iter().map(|it| it.field).collect(),
        seen: group.iter().map(|it| record::sentence_start(&seen(&it.seen, when))).collect(),
        law,
        law_is: first.law.as_ref().map_or(Knowledge::Unknown, LegalPosition::knowledge),
        declared,
        signed: first.signed.map(|signed| sentence(writer.say(signed_field(signed)))),
        differences: differences(writer, first, false),
        remarks: differences(writer, first, true),
    }
}

/// What differs, of the conflicts or of the statements that are older than the law.
fn differences(
    writer: &TextWriter<'_, '_>,
    field: &FieldAssessment<'_>,
    is_predated: bool,
) -> Vec<String> {
    let wanted = field.disagreements.iter().filter(|it| it.predated().is_some() == is_predated);
    wanted.map(|it| writer.difference(it)).collect()
}

/// What a rule says, until when, and where it is written.
fn cited_sentence(
    writer: &TextWriter<'_, '_>,
    verdict: &Verdict<'_>,
    when: DateFormatter,
) -> CitedSentence {
    let mut text = writer.says(verdict);
    if verdict.applies != Applicability::Unknown {
        if let Some(until) = verdict.kept.until() {
            let until = writer.phrases().until(until);
            text = writer.fill(&w::AND_ALSO, &[("one", &text), ("other", &until)]);
        }
    }
    CitedSentence {
        text: sentence(&text),
        sources: sources(verdict.edition, &verdict.rule.basis, when),
    }
}

fn plain(text: String) -> CitedSentence {
    CitedSentence { text, sources: Vec::new() }
}

fn sources(edition: &Edition, basis: &[Slug], when: DateFormatter) -> Vec<String> {
    edition.sources_of(basis).into_iter().map(|it| it.cite.text(when.language).to_owned()).collect()
}
