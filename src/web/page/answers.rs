use super::fact::fact;
use super::layout::Visit;
use crate::domain::{Session, Source};
use crate::holding::{Answers, Seen, Told};
use crate::i18n::Message;
use crate::i18n::vocabulary;
use crate::web::html::Html;

/// The section that holds the four answers against each other, field by field.
pub(super) fn answers(html: &mut Html, visit: &Visit, session: &Session, told: &Told) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&ANSWERS));
        html.leaf("p", &[("class", "aside")], visit.say(&ANSWERS_WHAT));
        for answers in &told.answers {
            four(html, visit, session, answers);
        }
    });
}

/// The four answers on some fields, side by side.
fn four(html: &mut Html, visit: &Visit, session: &Session, answers: &Answers) {
    html.element("div", &[("class", "answers")], |html| {
        html.leaf(
            "h3",
            &[],
            vocabulary::capitalised(&vocabulary::fields(&answers.fields, visit.language())),
        );
        // On narrow screens the answers are folded away behind what the box saw.
        html.element("details", &[], |html| {
            html.element("summary", &[], |html| glance(html, visit, session, answers));
            html.element("div", &[("class", "four")], |html| {
                html.element("div", &[], |html| {
                    html.leaf("h4", &[], visit.say(&SEEN_BY_BOX));
                    html.element("dl", &[], |html| seen(html, visit, session, answers));
                });
                html.element("div", &[], |html| {
                    html.leaf("h4", &[], visit.say(&LAW));
                    for said in &answers.law {
                        html.leaf("p", &[], &said.text);
                        if !said.sources.is_empty() {
                            html.leaf("p", &[("class", "note")], said.sources.join(" · "));
                        }
                    }
                });
                html.element("div", &[], |html| {
                    html.leaf("h4", &[], visit.say(&DECLARED));
                    answers.declared.iter().for_each(|text| html.leaf("p", &[], text));
                });
                html.element("div", &[], |html| {
                    html.leaf("h4", &[], visit.say(&SIGNED));
                    match &answers.signed {
                        Some(text) => html.leaf("p", &[], text),
                        None => html.leaf("p", &[("class", "unknown")], visit.say(&NOT_SIGNED)),
                    }
                });
            });
        });
        for difference in &answers.differences {
            html.leaf("p", &[("class", "notice")], difference);
        }
    });
}

/// What the box saw of some fields, at a glance.
fn glance(html: &mut Html, visit: &Visit, session: &Session, answers: &Answers) {
    for (number, (field, text)) in answers.fields.iter().zip(&answers.seen).enumerate() {
        if number > 0 {
            html.text(" · ");
        }
        if field.is_recorded() {
            fact(html, visit, *field, &Seen::of(*field, session));
        } else {
            html.leaf("span", &[("class", "unknown")], text);
        }
    }
}

/// What the box saw of some fields, each with how it is known.
fn seen(html: &mut Html, visit: &Visit, session: &Session, answers: &Answers) {
    let is_one = answers.fields.len() == 1;
    for (field, text) in answers.fields.iter().zip(&answers.seen) {
        let in_record = Seen::of(*field, session);
        let class = if is_one { "unseen" } else { "name" };
        html.leaf("dt", &[("class", class)], visit.say(vocabulary::field(*field)));
        html.element("dd", &[], |html| {
            if field.is_recorded() {
                fact(html, visit, *field, &in_record);
            } else {
                html.leaf("span", &[("class", "unknown")], text);
            }
            if let Some(source) = in_record.source() {
                let class = match source {
                    Source::OperatorPush => "source claim",
                    _ => "source",
                };
                html.text(" ");
                html.leaf("span", &[("class", class)], visit.say(vocabulary::source(source)));
            }
        });
    }
}

const ANSWERS: Message = Message {
    fr: "Quatre réponses, donnée par donnée",
    nl: "Vier antwoorden, gegeven per gegeven",
    en: "Four answers, field by field",
    de: "Vier Antworten, Angabe für Angabe",
};

const ANSWERS_WHAT: Message = Message {
    fr: "Ce que la Brique a vu, ce que dit la loi, ce que l’opérateur déclare en général et ce qu’il a signé sur cette session. L’une ne prouve pas l’autre.",
    nl: "Wat de box heeft gezien, wat de wet zegt, wat de operator in het algemeen verklaart en wat hij over deze sessie heeft ondertekend. Het ene bewijst het andere niet.",
    en: "What the box saw, what the law says, what the operator declares in general and what it has signed about this session. None proves another.",
    de: "Was die Box gesehen hat, was das Gesetz sagt, was der Betreiber allgemein erklärt und was er zu dieser Sitzung signiert hat. Keines beweist das andere.",
};

const SEEN_BY_BOX: Message = Message {
    fr: "Vu par la Brique",
    nl: "Door de box gezien",
    en: "Seen by the box",
    de: "Von der Box gesehen",
};

const LAW: Message = Message { fr: "La loi", nl: "De wet", en: "The law", de: "Das Gesetz" };

const DECLARED: Message = Message {
    fr: "Déclaré par l’opérateur",
    nl: "Door de operator verklaard",
    en: "Declared by the operator",
    de: "Vom Betreiber erklärt",
};

const SIGNED: Message = Message {
    fr: "Signé par l’opérateur",
    nl: "Door de operator ondertekend",
    en: "Signed by the operator",
    de: "Vom Betreiber signiert",
};

const NOT_SIGNED: Message = Message { fr: "rien", nl: "niets", en: "nothing", de: "nichts" };
