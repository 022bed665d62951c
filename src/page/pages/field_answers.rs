use super::field_value::fact;
use super::page_context::PageContext;
use crate::html::Html;
use crate::messages::page::field_answers as msg;
use crate::render::words;
use crate::render::{AssessmentView, FieldGroupView};
use temoin_core::assessment::ObservedField;
use temoin_core::session::{Session, Source};

/// The section that compares the four answers, field by field.
pub(super) fn answers(
    html: &mut Html,
    context: &PageContext,
    session: &Session,
    view: &AssessmentView,
) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], context.say(&msg::ANSWERS));
        html.leaf("p", &[("class", "aside")], context.say(&msg::ANSWERS_WHAT));
        for answers in &view.answers {
            four(html, context, session, view, answers);
        }
    });
}

/// The four answers on some fields, side by side.
fn four(
    html: &mut Html,
    context: &PageContext,
    session: &Session,
    view: &AssessmentView,
    answers: &FieldGroupView,
) {
    html.element("div", &[("class", "answers")], |html| {
        html.leaf(
            "h3",
            &[],
            words::sentence_start(&words::fields(&answers.fields, context.language())),
        );
        // On narrow screens the answers are folded away behind what the box saw.
        html.element("details", &[], |html| {
            html.element("summary", &[], |html| glance(html, context, session, answers));
            html.element("div", &[("class", "four")], |html| {
                html.element("div", &[], |html| {
                    html.leaf("h4", &[], context.say(&msg::SEEN_BY_BOX));
                    html.element("dl", &[], |html| seen(html, context, session, answers));
                });
                html.element("div", &[], |html| {
                    html.leaf("h4", &[], context.say(&msg::LAW));
                    for said in &answers.law {
                        html.leaf("p", &[], &said.text);
                        if !said.sources.is_empty() {
                            html.leaf("p", &[("class", "note")], said.sources.join(" · "));
                        }
                    }
                });
                html.element("div", &[], |html| {
                    match &view.software {
                        Some(software) => {
                            let values = [("software", software.as_str())];
                            let text = msg::DECLARED_SOFTWARE.fill(context.language(), &values);
                            html.leaf("h4", &[], text);
                        }
                        None => html.leaf("h4", &[], context.say(&msg::DECLARED)),
                    }
                    answers.declared.iter().for_each(|text| html.leaf("p", &[], text));
                });
                html.element("div", &[], |html| {
                    html.leaf("h4", &[], context.say(&msg::SIGNED));
                    match &answers.signed {
                        Some(text) => html.leaf("p", &[], text),
                        None => {
                            html.leaf("p", &[("class", "unknown")], context.say(&msg::NOT_SIGNED));
                        }
                    }
                });
            });
        });
        for difference in &answers.differences {
            html.leaf("p", &[("class", "notice")], difference);
        }
        for remark in &answers.remarks {
            html.leaf("p", &[("class", "note")], remark);
        }
    });
}

/// What the box saw of some fields, at a glance.
fn glance(html: &mut Html, context: &PageContext, session: &Session, answers: &FieldGroupView) {
    for (number, (field, text)) in answers.fields.iter().zip(&answers.seen).enumerate() {
        if number > 0 {
            html.text(" · ");
        }
        if field.is_recorded() {
            fact(html, context, *field, &ObservedField::of(*field, session));
        } else {
            html.leaf("span", &[("class", "unknown")], text);
        }
    }
}

/// What the box saw of some fields, each with how it is known.
fn seen(html: &mut Html, context: &PageContext, session: &Session, answers: &FieldGroupView) {
    let is_one = answers.fields.len() == 1;
    for (field, text) in answers.fields.iter().zip(&answers.seen) {
        let in_record = ObservedField::of(*field, session);
        let class = if is_one { "unseen" } else { "name" };
        html.leaf("dt", &[("class", class)], context.say(words::field(*field)));
        html.element("dd", &[], |html| {
            if field.is_recorded() {
                fact(html, context, *field, &in_record);
            } else {
                html.leaf("span", &[("class", "unknown")], text);
            }
            if let Some(source) = in_record.source() {
                let class = match source {
                    Source::OperatorPush => "source claim",
                    _ => "source",
                };
                html.text(" ");
                html.leaf("span", &[("class", class)], context.say(words::source(source)));
            }
        });
    }
}
