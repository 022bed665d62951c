use std::ops::ControlFlow;

use chrono::NaiveDate;

use super::failure;
use super::layout::Visit;
use super::outcome::Outcome;
use super::rooms::Room;
use crate::domain::Field;
use crate::holding::Rulebook;
use crate::journal::Filter;
use crate::messages::page::comparison as msg;
use crate::rights::{self, LetterKind, Mapping, ReplyFormat, Tolerance, parse_reply};
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// The zones that can be chosen for times that do not say theirs.
const ZONES: [&str; 3] = ["Europe/Brussels", "Europe/Paris", "UTC"];

/// The form by which an operator's answer is given to be compared.
pub(super) fn upload(html: &mut Html, visit: &Visit, site: &Site, request: &Request) {
    let action = visit.link("rights/compare");
    let attributes =
        [("method", "post"), ("action", action.as_str()), ("enctype", "multipart/form-data")];
    html.element("form", &attributes, |html| {
        visit.sign(html, site, request);
        html.element("div", &[("class", "fields")], |html| {
            html.element("div", &[], |html| {
                html.leaf("label", &[("for", "reply")], visit.say(&msg::FILE));
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
                html.leaf("label", &[("for", "zone")], visit.say(&msg::ZONE));
                html.element("select", &[("name", "zone"), ("id", "zone")], |html| {
                    html.leaf("option", &[("value", "")], visit.say(&msg::AS_WRITTEN));
                    for zone in ZONES {
                        html.leaf("option", &[("value", zone)], zone);
                    }
                });
            });
            html.leaf("button", &[("type", "submit")], visit.say(&msg::COMPARE));
        });
    });
}

/// Compares an operator's answer with the record. It is read in memory and kept nowhere.
pub(in crate::web) fn compare(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/rights/compare" {
        return Err(request);
    }
    let Some(form) = request.form() else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let token = form.text("token").unwrap_or_default();
    if !site.forms.knows(token, &request.sender.visitor, (site.clock)()) {
        return Ok(failure(site, &request, Status::Foreign));
    }
    let visit = Visit::new(site, &request);
    let Some(bytes) = form.file("reply") else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let mut mapping = Mapping::default();
    if let Some(zone) = form.text("zone").filter(|zone| !zone.is_empty()) {
        let Ok(zone) = zone.parse::<rights::Zone>() else {
            return Ok(failure(site, &request, Status::BadRequest));
        };
        mapping = mapping.with_time_zone(zone);
    }
    let reply = match parse_reply(bytes, ReplyFormat::guess(bytes), &mapping) {
        Ok(reply) => reply,
        Err(error) => {
            let page = write(&visit, |html| {
                html.element("div", &[("class", "notice")], |html| {
                    html.leaf("p", &[], visit.say(&msg::NOT_READ));
                    html.leaf("p", &[("lang", "en")], error);
                });
                upload(html, &visit, site, &request);
            });
            return Ok(Response::html(Status::Refused, page));
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
        return Ok(failure(site, &request, Status::Unreadable));
    }
    let Ok(book) = (site.book)() else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    let outcome = Outcome {
        comparison: rights::compare(&reply, &sessions, Tolerance::default()),
        given: &reply.fields,
        sessions: &sessions,
        foreseen: foreseen(&book.rulebook(), visit.when.zone.date((site.clock)())),
    };
    Ok(Response::html(Status::Ok, write(&visit, |html| outcome.write(html, &visit))))
}

fn write(visit: &Visit, content: impl FnOnce(&mut Html)) -> String {
    let title = visit.say(&msg::TITLE);
    visit.page(Some(Room::Rights), title, |html| {
        html.element("p", &[("class", "back")], |html| {
            html.leaf("a", &[("href", &visit.link(Room::Rights.path()))], visit.say(&msg::BACK));
        });
        html.leaf("h1", &[], title);
        content(html);
    })
}

/// The fields that the law lists today, or that the operator has said that it stores.
fn foreseen(rulebook: &Rulebook<'_>, today: NaiveDate) -> Vec<Field> {
    match LetterKind::access(None, rulebook, today) {
        LetterKind::Access { fields, .. } => fields,
        LetterKind::Complaint { .. } | LetterKind::Erasure { .. } => Vec::new(),
    }
}
