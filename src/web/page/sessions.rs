use chrono::{Datelike, NaiveDate};

use super::layout::Visit;
use super::length::Length;
use super::pager::PER_PAGE;
use super::rooms::Room;
use super::selection::Selection;
use super::{failure, session};
use crate::domain::{Field, IdPrefix, Session, SessionId, Timestamp};
use crate::i18n::Message;
use crate::i18n::vocabulary::{self, State};
use crate::journal::Page;
use crate::messages::common;
use crate::messages::page::sessions as msg;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::{Site, Unreadable};

/// Looks for sessions by a form. Where no IP address is looked for, the browser is sent on to a page
/// that can be kept and gone back to.
pub(in crate::web) fn search(site: &Site, request: Request) -> Result<Response, Request> {
    let is_no_search =
        |request: &Request| request.form().is_some_and(|it| it.text("address").is_none());
    if request.path != "/sessions" || is_no_search(&request) {
        return Err(request);
    }
    match Selection::of(&request) {
        Ok(selection) if selection.is_public() => {
            let query = selection.fields();
            let visit = Visit::new(site, &request);
            Ok(Response::see_other(visit.link_with(Room::Sessions.path(), &borrowed(&query))))
        }
        _ => sessions(site, request),
    }
}

/// The sessions that the request selects, newest first.
pub(in crate::web) fn sessions(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/sessions" {
        return Err(request);
    }
    let visit = Visit::new(site, &request);
    let selection = match Selection::of(&request) {
        Ok(selection) => selection,
        Err(message) => return Ok(Response::html(Status::BadRequest, wrong(&visit, message))),
    };
    // A link of ours has the whole ID; one that is gone leads to the newest again.
    let after = request.field("after").parse().ok();
    Ok(match Contents::read(site, selection, after.as_ref()) {
        Ok(contents) => Response::html(Status::Ok, contents.write(&visit)),
        Err(_) => failure(site, &request, Status::Unreadable),
    })
}

/// The form again, with what was wrong in it.
fn wrong(visit: &Visit, message: &Message) -> String {
    visit.page(Some(Room::Sessions), visit.say(&msg::TITLE), |html| {
        html.leaf("h1", &[], visit.say(&msg::TITLE));
        html.element("div", &[("class", "notice"), ("role", "alert")], |html| {
            html.leaf("p", &[], visit.say(message));
        });
        Selection::default().form(html, visit);
    })
}

struct Contents {
    selection: Selection,
    sessions: Vec<Session>,
    /// Whether there are newer ones before the first.
    has_newer: bool,
    /// Whether there are older ones after the last.
    has_older: bool,
    now: Timestamp,
}

impl Contents {
    fn read(
        site: &Site,
        selection: Selection,
        after: Option<&IdPrefix>,
    ) -> Result<Self, Unreadable> {
        let now = (site.clock)();
        let records = (site.records)()?;
        let after = match after {
            Some(prefix) => records.find(prefix)?.pop().map(|session| session.id),
            None => None,
        };
        let page = Page { after, offset: 0, limit: PER_PAGE + 1 };
        let mut sessions = records.sessions(&selection.filter(site.zone, now), &page)?;
        let has_older = sessions.len() > PER_PAGE as usize;
        sessions.truncate(PER_PAGE as usize);
        Ok(Self { selection, sessions, has_newer: after.is_some(), has_older, now })
    }

    fn write(&self, visit: &Visit) -> String {
        visit.page(Some(Room::Sessions), visit.say(&msg::TITLE), |html| {
            html.leaf("h1", &[], visit.say(&msg::TITLE));
            if self.sessions.is_empty() && self.selection.is_everything() && !self.has_newer {
                html.leaf("p", &[("class", "lead")], visit.say(&msg::NONE_YET));
                return;
            }
            html.leaf("p", &[("class", "lead")], visit.say(&msg::LEAD));
            self.selection.form(html, visit);
            if self.sessions.is_empty() {
                html.leaf("p", &[("class", "lead")], visit.say(&msg::NONE_FOUND));
            }
            for month in
                self.sessions.chunk_by(|one, other| month(one, visit) == month(other, visit))
            {
                self.month(html, visit, month);
            }
            self.pager(html, visit);
            self.downloads(html, visit);
        })
    }

    fn month(&self, html: &mut Html, visit: &Visit, sessions: &[Session]) {
        let title = match sessions.first().and_then(|first| day(first, visit)) {
            Some(day) => visit.when.month(day),
            None => visit.say(&msg::UNDATED).to_owned(),
        };
        // A heading of its own: within a caption it would not be one for everybody.
        let name =
            sessions.first().map_or_else(String::new, |own| format!("from-{}", own.id.short()));
        html.leaf("h2", &[("class", "month-name"), ("id", &name)], title);
        let table = [("class", "list stack"), ("aria-labelledby", &*name)];
        html.element("table", &table, |html| {
            html.element("thead", &[], |html| {
                html.element("tr", &[], |html| {
                    for head in [
                        visit.say(&msg::SESSION),
                        visit.say(&msg::LENGTH),
                        visit.say(vocabulary::field(Field::OriginAddress)),
                        visit.say(&msg::ASSIGNED),
                    ] {
                        html.leaf("th", &[("scope", "col")], head);
                    }
                });
            });
            html.element("tbody", &[], |html| {
                for session in sessions {
                    html.element("tr", &[], |html| self.row(html, visit, session));
                }
            });
        });
    }

    fn row(&self, html: &mut Html, visit: &Visit, session: &Session) {
        let when = &visit.when;
        let day = day(session, visit);
        let href = visit.link(&format!("session/{}", session.id));
        html.element("th", &[("scope", "row")], |html| {
            html.element("a", &[("href", &href)], |html| {
                if let Some(day) = day {
                    html.leaf("span", &[("class", "day")], when.day(day));
                    html.text(" ");
                }
                html.element("span", &[("class", "hours")], |html| {
                    html.text(when.brief(&session.start.value, day));
                    if let Some(end) = &session.end {
                        html.text(" – ");
                        html.text(when.brief(&end.moment.value, day));
                    }
                });
            });
        });
        cell(html, visit.say(&msg::LENGTH), |html| {
            html.text(Length::of(session, self.now).written(when));
            if State::of(session) == State::Open {
                html.text(" ");
                session::badge(html, visit, State::Open);
            }
        });
        let origin = session.facts.origin_address.map(|origin| origin.value.to_string());
        cell(html, visit.say(&msg::ORIGIN), |html| {
            values(html, visit, origin.into_iter().collect());
        });
        let facts = &session.facts;
        let assigned = [
            facts.assigned_ipv4.map(|address| address.value.to_string()),
            facts.assigned_ipv6.map(|address| address.value.to_string()),
            facts.delegated_prefix.map(|prefix| prefix.value.to_string()),
        ];
        cell(html, visit.say(&msg::GIVEN), |html| {
            values(html, visit, assigned.into_iter().flatten().collect());
        });
    }

    fn pager(&self, html: &mut Html, visit: &Visit) {
        if !self.has_newer && !self.has_older {
            let count = u64::try_from(self.sessions.len()).unwrap_or(u64::MAX);
            html.leaf(
                "p",
                &[("class", "aside")],
                common::SESSIONS.fill(visit.language(), count, &[]),
            );
            return;
        }
        html.element(
            "nav",
            &[("class", "pager"), ("aria-label", visit.say(&crate::messages::page::pager::PAGES))],
            |html| {
                let path = Room::Sessions.path();
                if self.has_newer {
                    self.lead(html, visit, path, None, &[], visit.say(&msg::NEWEST));
                }
                if let Some(last) = self.sessions.last().filter(|_| self.has_older) {
                    let next = [("rel", "next")];
                    self.lead(html, visit, path, Some(last.id), &next, visit.say(&msg::OLDER));
                }
            },
        );
    }

    /// Leads to more of the same selection: by a link where it may stand in an address, else by a form.
    fn lead(
        &self,
        html: &mut Html,
        visit: &Visit,
        path: &str,
        after: Option<SessionId>,
        attributes: &[(&'static str, &str)],
        text: &str,
    ) {
        let mut fields = self.selection.fields();
        fields.extend(after.map(|id| ("after", id.to_string())));
        if self.selection.is_public() {
            let href = visit.link_with(path, &borrowed(&fields));
            let own = [("class", "touch"), ("href", href.as_str())];
            html.leaf("a", &[attributes, &own].concat(), text);
            return;
        }
        let form = [("method", "post"), ("action", &*visit.link(path))];
        html.element("form", &form, |html| {
            for (name, value) in borrowed(&fields) {
                html.void("input", &[("type", "hidden"), ("name", name), ("value", value)]);
            }
            html.leaf("button", &[("type", "submit"), ("class", "plain")], text);
        });
    }

    fn downloads(&self, html: &mut Html, visit: &Visit) {
        if self.sessions.is_empty() {
            return;
        }
        html.element("div", &[("class", "actions downloads")], |html| {
            html.leaf("span", &[("class", "aside")], visit.say(&msg::DOWNLOAD));
            for (path, name) in [("sessions.csv", "CSV"), ("sessions.json", "JSON")] {
                html.text(" ");
                self.lead(html, visit, path, None, &[("download", "")], name);
            }
        });
    }
}

fn borrowed<'a>(query: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    query.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// A cell that bears its column's name, for narrow screens on which the columns' heads are not seen.
fn cell(html: &mut Html, head: &str, content: impl FnOnce(&mut Html)) {
    html.element("td", &[("data-head", head)], |html| {
        html.element("div", &[], content);
    });
}

fn values(html: &mut Html, visit: &Visit, values: Vec<String>) {
    if values.is_empty() {
        html.leaf(
            "span",
            &[("class", "unknown")],
            visit.say(&crate::messages::page::fact::UNKNOWN),
        );
    }
    for value in values {
        html.leaf("code", &[], value);
        html.text(" ");
    }
}

/// The day under which a session stands; `None` when only an unconfirmed clock tells.
pub(super) fn day(session: &Session, visit: &Visit) -> Option<NaiveDate> {
    let start = session.start.value;
    Some(visit.when.zone.date(start.earliest.or(start.latest)?))
}

fn month(session: &Session, visit: &Visit) -> Option<(i32, u32)> {
    day(session, visit).map(|day| (day.year(), day.month()))
}
