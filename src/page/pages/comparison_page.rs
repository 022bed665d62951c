use std::ops::ControlFlow;

use chrono::NaiveDate;

use super::comparison_view::ComparisonView;
use super::failure;
use super::nav::NavItem;
use super::page_context::PageContext;
use crate::Site;
use crate::gdpr::{self, LetterKind, Mapping, ReplyFormat, TimeTolerance, parse_reply};
use crate::html::Html;
use crate::messages::page::comparison as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use temoin_core::assessment::ApplicableRules;
use temoin_core::record::Filter;
use temoin_core::session::Field;

/// The zones offered for times without a zone.
const ZONES: [&str; 3] = ["Europe/Brussels", "Europe/Paris", "UTC"];

/// The form to upload an operator's answer.
pub(super) fn upload(html: &mut Html, context: &PageContext, site: &Site, request: &PageRequest) {
    let action = context.link("rights/compare");
    let attributes =
        [("method", "post"), ("action", action.as_str()), ("enctype", "multipart/form-data")];
    html.element("form", &attributes, |html| {
        context.sign(html, site, request);
        html.element("div", &[("class", "fields")], |html| {
            html.element("div", &[], |html| {
                html.leaf("label", &[("for", "reply")], context.say(&msg::FILE));
                let attributes = [
                    ("type", "file"),
                    ("name", "reply"),
                    ("id", "reply"),
                    ("accept", ".csv,.json,text/csv,application/json,text/plain"),
                    ("required", "required"),
                ];
                html.void("input", &attributes);
            });
            html.element("div", &[], |html| {
                html.leaf("label", &[("for", "zone")], context.say(&msg::ZONE));
                html.element("select", &[("name", "zone"), ("id", "zone")], |html| {
                    html.leaf("option", &[("value", "")], context.say(&msg::AS_WRITTEN));
                    for zone in ZONES {
                        html.leaf("option", &[("value", zone)], zone);
                    }
                });
            });
            html.leaf("button", &[("type", "submit")], context.say(&msg::COMPARE));
        });
    });
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
    let Some(bytes) = form.file("reply") else {
        return Ok(failure(site, &request, PageStatus::BadRequest));
    };
    let mut mapping = Mapping::default();
    if let Some(zone) = form.text("zone").filter(|zone| !zone.is_empty()) {
        let Ok(zone) = zone.parse::<gdpr::ReplyZone>() else {
            return Ok(failure(site, &request, PageStatus::BadRequest));
        };
        mapping = mapping.with_time_zone(zone);
    }
    let reply = match parse_reply(bytes, ReplyFormat::guess(bytes), &mapping) {
        Ok(reply) => reply,
        Err(error) => {
            let page = write(&context, |html| {
                html.element("div", &[("class", "notice")], |html| {
                    html.leaf("p", &[], context.say(&msg::NOT_READ));
                    html.leaf("p", &[("lang", "en")], error);
                });
                upload(html, &context, site, &request);
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
        comparison: gdpr::compare(&reply, &sessions, TimeTolerance::default()),
        given: &reply.fields,
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
