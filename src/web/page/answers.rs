use super::fact::fact;
use super::layout::Visit;
use crate::domain::{Session, Source};
use crate::holding::{Answers, Seen, Told};
use crate::i18n::vocabulary;
use crate::messages::page::answers as msg;
use crate::web::html::Html;

/// The section that holds the four answers against each other, field by field.
pub(super) fn answers(html: &mut Html, visit: &Visit, session: &Session, told: &Told) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&msg::ANSWERS));
        html.leaf("p", &[("class", "aside")], visit.say(&msg::ANSWERS_WHAT));
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
                    html.leaf("h4", &[], visit.say(&msg::SEEN_BY_BOX));
                    html.element("dl", &[], |html| seen(html, visit, session, answers));
                });
                html.element("div", &[], |html| {
                    html.leaf("h4", &[], visit.say(&msg::LAW));
                    for said in &answers.law {
                        html.leaf("p", &[], &said.text);
                        if !said.sources.is_empty() {
                            html.leaf("p", &[("class", "note")], said.sources.join(" · "));
                        }
                    }
                });
                html.element("div", &[], |html| {
                    html.leaf("h4", &[], visit.say(&msg::DECLARED));
                    answers.declared.iter().for_each(|text| html.leaf("p", &[], text));
                });
                html.element("div", &[], |html| {
                    html.leaf("h4", &[], visit.say(&msg::SIGNED));
                    match &answers.signed {
                        Some(text) => html.leaf("p", &[], text),
                        None => {
                            html.leaf("p", &[("class", "unknown")], visit.say(&msg::NOT_SIGNED))
                        }
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
