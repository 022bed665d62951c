use super::phrase::sentence;
use super::text::{Writer, folded, seen, signed_field};
use super::{FieldHolding, Holding, Knowledge, LawSays};
use crate::domain::Field;
use crate::i18n::When;
use crate::i18n::vocabulary as record;
use crate::messages::assessment as w;
use crate::retention::{Answer, Applicability, Doubt, Edition, Id, Verdict};

/// A holding in words, apart from how it is laid out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Told {
    /// What law, declaration and signature say, in short: a label and a sentence.
    pub short: Vec<(&'static str, String)>,
    /// The fields, those of which the answers are the same together.
    pub answers: Vec<Answers>,
    /// Who may obtain what.
    pub who: Vec<Obtaining>,
    /// Whether the files of law leave open who may obtain some of it.
    pub who_is_open: bool,
}

/// What there is to say of some fields.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answers {
    /// Which fields.
    pub fields: Vec<Field>,
    /// What the box saw, in the order of the fields.
    pub seen: Vec<String>,
    /// What the law says.
    pub law: Vec<Sourced>,
    /// How the law's answer is known.
    pub law_is: Knowledge,
    /// What the operator declares; empty where nothing is known of it.
    pub declared: Vec<String>,
    /// What the operator has signed; empty where there is no statement on the session.
    pub signed: Option<String>,
    /// What does not go together.
    pub differences: Vec<String>,
}

/// A sentence and where it is from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sourced {
    /// The sentence.
    pub text: String,
    /// The texts of law.
    pub sources: Vec<String>,
}

/// Who may obtain some fields.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Obtaining {
    /// Which fields, named.
    pub fields: String,
    /// Who.
    pub who: Vec<String>,
    /// What there is to say of it; may be empty.
    pub note: String,
    /// The texts of law.
    pub sources: Vec<String>,
}

impl Holding<'_> {
    /// All of it in words, in the language and the time zone of `when`.
    pub fn told(&self, when: When) -> Told {
        let writer = Writer::new(self, when, usize::MAX);
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
                Obtaining {
                    fields: record::capitalised(&record::fields(&fields, when.language)),
                    who: folded(&labels),
                    note: note.to_owned(),
                    sources: sources(edition, &recipients.basis, when),
                }
            })
            .collect();
        let answers = self.groups().iter().map(|group| answers(&writer, group, when)).collect();
        Told { short, answers, who, who_is_open }
    }
}

fn answers<'a>(writer: &Writer<'_, 'a>, group: &[&FieldHolding<'a>], when: When) -> Answers {
    let first = group[0];
    let law = match &first.law {
        None => vec![plain(sentence(writer.say(&w::NO_JURISDICTION)))],
        Some(law) => {
            let mut said: Vec<Sourced> = Vec::new();
            for verdict in &law.verdicts {
                let one = sourced(writer, verdict, when);
                if !said.contains(&one) {
                    said.push(one);
                }
            }
            if law.answer == Answer::Unlisted {
                said.push(plain(sentence(writer.say(&w::NO_RULE))));
            }
            said.extend(law.doubts.iter().map(|doubt| {
                plain(match doubt {
                    Doubt::Gap { .. } | Doubt::Undated => writer.phrase().doubt(doubt),
                    Doubt::LeftOpen(_) | Doubt::Stale(_) => sentence(&writer.phrase().doubt(doubt)),
                })
            }));
            said
        }
    };
    let declared = if first.declared.is_empty() {
        vec![sentence(&writer.silence())]
    } else {
        first.declared.iter().map(|it| writer.declared(it)).collect()
    };
    Answers {
        fields: group.iter().map(|it| it.field).collect(),
        seen: group.iter().map(|it| record::capitalised(&seen(&it.seen, when))).collect(),
        law,
        law_is: first.law.as_ref().map_or(Knowledge::Unknown, LawSays::knowledge),
        declared,
        signed: first.signed.map(|signed| sentence(writer.say(signed_field(signed)))),
        differences: first.disagreements.iter().map(|it| writer.difference(it)).collect(),
    }
}

/// What a rule says, until when, and where it is written.
fn sourced(writer: &Writer<'_, '_>, verdict: &Verdict<'_>, when: When) -> Sourced {
    let mut text = writer.says(verdict);
    if verdict.applies != Applicability::Unknown {
        if let Some(until) = verdict.kept.until() {
            let until = writer.phrase().until(until);
            text = writer.fill(&w::AND_ALSO, &[("one", &text), ("other", &until)]);
        }
    }
    Sourced { text: sentence(&text), sources: sources(verdict.edition, &verdict.rule.basis, when) }
}

fn plain(text: String) -> Sourced {
    Sourced { text, sources: Vec::new() }
}

fn sources(edition: &Edition, basis: &[Id], when: When) -> Vec<String> {
    edition.sources_of(basis).into_iter().map(|it| it.cite.text(when.language).to_owned()).collect()
}
