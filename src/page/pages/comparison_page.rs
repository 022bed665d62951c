use std::ops::ControlFlow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use chrono::NaiveDate;

use super::comparison_fields::{QUESTIONS, TABLES, file, zone};
use super::comparison_question::ComparisonQuestion;
use super::comparison_view::ComparisonView;
use super::failure;
use super::nav::NavItem;
use super::page_context::PageContext;
use crate::Site;
use crate::form::Form;
use crate::gdpr::{self, LetterKind, TimeTolerance};
use crate::html::Html;
use crate::messages::page::comparison as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use temoin_core::assessment::ApplicableRules;
use temoin_core::record::Filter;
use temoin_core::session::Field;
use temoin_reply::{ColumnMeaning, DateOrder, InvalidMapping, Mapping, ReplyZone, parse_reply};

/// The form to upload an operator's answer.
pub(super) fn upload(html: &mut Html, context: &PageContext, site: &Site, request: &PageRequest) {
    let action = context.link("rights/compare");
    let attributes =
        [("method", "post"), ("action", action.as_str()), ("enctype", "multipart/form-data")];
    html.element("form", &attributes, |html| {
        context.sign(html, site, request);
        html.element("div", &[("class", "fields")], |html| {
            file(html, context, "reply", &msg::FILE, TABLES);
            html.leaf("button", &[("type", "submit")], context.say(&msg::COMPARE));
        });
        html.element("details", &[], |html| {
            html.leaf("summary", &[], context.say(&msg::MORE));
            html.element("div", &[("class", "fields")], |html| {
                html.element("div", &[], |html| zone(html, context, None, &[]));
                file(html, context, "mapping", &msg::MAPPING, ".toml");
            });
        });
    });
}

/// Why a form gives no mapping.
enum Unusable {
    /// The mapping file that came with it.
    File(InvalidMapping),
    /// The form is not one of ours.
    Form,
}

/// The mapping that a form asks for: a file, and what was chosen.
fn mapping(form: &Form<'_>) -> Result<Mapping, Unusable> {
    let file = form.file("mapping").filter(|bytes| !bytes.is_empty());
    let text = file.map(String::from_utf8_lossy);
    let text = text.as_deref().or_else(|| form.text("known")).unwrap_or_default();
    let mut mapping = Mapping::from_toml(text).map_err(Unusable::File)?;
    let chosen = |name: &str| form.text(name).filter(|value| !value.is_empty());
    if let Some(zone) = chosen("zone") {
        mapping = mapping.with_time_zone(zone.parse().map_err(|_| Unusable::Form)?);
    }
    if let Some(order) = chosen("dates") {
        mapping = mapping.with_dates(DateOrder::from_name(order).ok_or(Unusable::Form)?);
    }
    if let Some(list) = chosen("list") {
        mapping = mapping.with_list(list.to_owned());
    }
    for index in 0..QUESTIONS {
        let Some(name) = form.text(&format!("name{index}")) else { break };
        if let Some(meaning) = chosen(&format!("column{index}")) {
            let meaning = ColumnMeaning::from_name(meaning).ok_or(Unusable::Form)?;
            mapping = mapping.with_column(name, meaning);
        }
    }
    Ok(mapping)
}

/// `/rights/compare`: compares an operator's answer with the record. The answer is not stored.
pub(crate) fn compare(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    if request.path != "/rights/compare" {
        return Err(request);
    }
    let Some(form) = request.form() else {
        return Ok(failure(site, &request, PageStatus::BadRequest));
    };
    let token = form.text("token").unwrap_or_default();
    if !site.form_tokens.verify(token, &request.sender.user, (site.clock)()) {
        return Ok(failure(site, &request, PageStatus::CrossSite));
    }
    let context = PageContext::new(site, &request);
    let carried = form.text("carried").and_then(|text| BASE64.decode(text).ok());
    // Without a file, browsers send an empty one.
    let given = form.file("reply").filter(|bytes| !bytes.is_empty());
    let bytes = given.or(carried.as_deref()).unwrap_or_default();
    let mapping = match mapping(&form) {
        Ok(mapping) => mapping,
        Err(Unusable::Form) => return Ok(failure(site, &request, PageStatus::BadRequest)),
        Err(Unusable::File(problem)) => {
            let page = write(&context, |html| {
                html.element("div", &[("class", "notice"), ("role", "status")], |html| {
                    html.leaf("p", &[], problem.text(context.language()));
                });
                upload(html, &context, site, &request);
            });
            return Ok(PageResponse::html(PageStatus::Refused, page));
        }
    };
    if form.text("do") == Some("mapping") {
        let content_type = "application/toml; charset=utf-8";
        return Ok(PageResponse::file("temoin-mapping.toml", content_type, mapping.to_toml()));
    }
    let reply = match parse_reply(bytes, &mapping) {
        Ok(reply) => reply,
        Err(error) => {
            let zone = ReplyZone::Named(site.zone);
            let question = ComparisonQuestion::new(&error, bytes, mapping, zone);
            let page = write(&context, |html| {
                html.element("div", &[("class", "notice"), ("role", "status")], |html| {
                    if question.is_none() {
                        html.leaf("p", &[], context.say(&msg::NOT_READ));
                    }
                    html.leaf("p", &[], error.text(context.language()));
                });
                match &question {
                    Some(question) => question.write(html, &context, site, &request),
                    None => upload(html, &context, site, &request),
                }
            });
            return Ok(PageResponse::html(PageStatus::Refused, page));
        }
    };
    let (since, until) = reply.covers();
    let filter = Filter { since, until, ..Filter::all((site.clock)()) };
    let mut sessions = Vec::new();
    let read = (site.records)().and_then(|records| {
        records.each(&filter, &mut |session| {
            sessions.push(session);
            ControlFlow::Continue(())
        })
    });
    if read.is_err() {
        return Ok(failure(site, &request, PageStatus::Unreadable));
    }
    let Ok(ruleset) = (site.ruleset)() else {
        return Ok(failure(site, &request, PageStatus::Unreadable));
    };
    let outcome = ComparisonView {
        given: reply.fields.clone(),
        comparison: gdpr::compare(reply, &sessions, TimeTolerance::default()),
        sessions: &sessions,
        foreseen: foreseen(&ruleset.applicable_rules(), context.when.zone.date((site.clock)())),
    };
    Ok(PageResponse::html(PageStatus::Ok, write(&context, |html| outcome.write(html, &context))))
}

fn write(context: &PageContext, content: impl FnOnce(&mut Html)) -> String {
    let title = context.say(&msg::TITLE);
    context.page(Some(NavItem::Rights), title, |html| {
        html.element("p", &[("class", "back")], |html| {
            html.leaf(
                "a",
                &[("href", &context.link(NavItem::Rights.path()))],
                context.say(&msg::BACK),
            );
        });
        html.leaf("h1", &[], title);
        content(html);
    })
}

/// The fields that the law lists today or the operator declares to store.
fn foreseen(applicable_rules: &ApplicableRules<'_>, today: NaiveDate) -> Vec<Field> {
    match LetterKind::access(None, applicable_rules, today) {
        LetterKind::Access { fields, .. } => fields,
        LetterKind::Complaint { .. } | LetterKind::Erasure { .. } => Vec::new(),
    }
}
