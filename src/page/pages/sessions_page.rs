use chrono::{Datelike, NaiveDate};

use super::nav::NavItem;
use super::page_context::PageContext;
use super::pager::PER_PAGE;
use super::selection::Selection;
use super::session_duration::SessionDuration;
use super::{failure, state_badge};
use crate::html::Html;
use crate::messages::common;
use crate::messages::page::sessions as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use crate::render::words::{self, SessionState};
use crate::{RecordsError, Site};
use temoin_core::record::Pagination;
use temoin_core::session::{Field, IdPrefix, Session, SessionId, Timestamp};
use temoin_core::text::Message;

/// Handles the search form. Without an IP address in it, redirects to a URL that can be bookmarked.
pub(crate) fn search(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    let is_no_search =
        |request: &PageRequest| request.form().is_some_and(|it| it.text("address").is_none());
    if request.path != "/sessions" || is_no_search(&request) {
        return Err(request);
    }
    match Selection::of(&request) {
        Ok(selection) if selection.is_public() => {
            let query = selection.fields();
            let context = PageContext::new(site, &request);
            Ok(PageResponse::see_other(
                context.link_with(NavItem::Sessions.path(), &borrowed(&query)),
            ))
        }
        _ => sessions(site, request),
    }
}

/// `/sessions`: the selected sessions, newest first.
pub(crate) fn sessions(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    if request.path != "/sessions" {
        return Err(request);
    }
    let context = PageContext::new(site, &request);
    let selection = match Selection::of(&request) {
        Ok(selection) => selection,
        Err(message) => {
            return Ok(PageResponse::html(PageStatus::BadRequest, wrong(&context, message)));
        }
    };
    // Our links have the complete ID; if it has been erased, start at the newest.
    let after = request.field("after").parse().ok();
    Ok(match SessionListView::read(site, selection, after.as_ref()) {
        Ok(contents) => PageResponse::html(PageStatus::Ok, contents.write(&context)),
        Err(_) => failure(site, &request, PageStatus::Unreadable),
    })
}

/// The form again, with the error.
fn wrong(context: &PageContext, message: &Message) -> String {
    context.page(Some(NavItem::Sessions), context.say(&msg::TITLE), |html| {
        html.leaf("h1", &[], context.say(&msg::TITLE));
        html.element("div", &[("class", "notice"), ("role", "alert")], |html| {
            html.leaf("p", &[], context.say(message));
        });
        Selection::default().form(html, context);
    })
}

struct SessionListView {
    selection: Selection,
    sessions: Vec<Session>,
    /// Whether there are newer ones before the first.
    has_newer: bool,
    /// Whether there are older ones after the last.
    has_older: bool,
    now: Timestamp,
}

impl SessionListView {
    fn read(
        site: &Site,
        selection: Selection,
        after: Option<&IdPrefix>,
    ) -> Result<Self, RecordsError> {
        let now = (site.clock)();
        let records = (site.records)()?;
        let after = match after {
            Some(prefix) => records.find(prefix)?.pop().map(|session| session.id),
            None => None,
        };
        let page = Pagination { after, offset: 0, limit: PER_PAGE + 1 };
        let mut sessions = records.sessions(&selection.filter(site.zone, now), &page)?;
        let has_older = sessions.len() > PER_PAGE as usize;
        sessions.truncate(PER_PAGE as usize);
        Ok(Self { selection, sessions, has_newer: after.is_some(), has_older, now })
    }

    fn write(&self, context: &PageContext) -> String {
        context.page(Some(NavItem::Sessions), context.say(&msg::TITLE), |html| {
            html.leaf("h1", &[], context.say(&msg::TITLE));
            if self.sessions.is_empty() && self.selection.is_everything() && !self.has_newer {
                html.leaf("p", &[("class", "lead")], context.say(&msg::NONE_YET));
                return;
            }
            html.leaf("p", &[("class", "lead")], context.say(&msg::LEAD));
            self.selection.form(html, context);
            if self.sessions.is_empty() {
                html.leaf("p", &[("class", "lead")], context.say(&msg::NONE_FOUND));
            }
            for month in
                self.sessions.chunk_by(|one, other| month(one, context) == month(other, context))
            {
                self.month(html, context, month);
            }
            self.pager(html, context);
            self.downloads(html, context);
        })
    }

    fn month(&self, html: &mut Html, context: &PageContext, sessions: &[Session]) {
        let title = match sessions.first().and_then(|first| day(first, context)) {
            Some(day) => context.when.month(day),
            None => context.say(&msg::UNDATED).to_owned(),
        };
        // A separate heading: not every reader announces one inside a caption.
        let name =
            sessions.first().map_or_else(String::new, |own| format!("from-{}", own.id.short()));
        html.leaf("h2", &[("class", "month-name"), ("id", &name)], title);
        let table = [("class", "list stack"), ("aria-labelledby", &*name)];
        html.element("table", &table, |html| {
            html.element("thead", &[], |html| {
                html.element("tr", &[], |html| {
                    for head in [
                        context.say(&msg::SESSION),
                        context.say(&msg::LENGTH),
                        context.say(words::field(Field::OriginAddress)),
                        context.say(&msg::ASSIGNED),
                    ] {
                        html.leaf("th", &[("scope", "col")], head);
                    }
                });
            });
            html.element("tbody", &[], |html| {
                for session in sessions {
                    html.element("tr", &[], |html| self.row(html, context, session));
                }
            });
        });
    }

    fn row(&self, html: &mut Html, context: &PageContext, session: &Session) {
        let when = &context.when;
        let day = day(session, context);
        let href = context.link(&format!("session/{}", session.id));
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
        cell(html, context.say(&msg::LENGTH), |html| {
            html.text(SessionDuration::of(session, self.now).written(when));
            if SessionState::of(session) == SessionState::Open {
                html.text(" ");
                state_badge::badge(html, context, SessionState::Open);
            }
        });
        let origin = session.attributes.origin_address.map(|origin| origin.value.to_string());
        cell(html, context.say(&msg::ORIGIN), |html| {
            values(html, context, origin.into_iter().collect());
        });
        let attributes = &session.attributes;
        let assigned = [
            attributes.assigned_ipv4.map(|address| address.value.to_string()),
            attributes.assigned_ipv6.map(|address| address.value.to_string()),
            attributes.delegated_prefix.map(|prefix| prefix.value.to_string()),
        ];
        cell(html, context.say(&msg::GIVEN), |html| {
            values(html, context, assigned.into_iter().flatten().collect());
        });
    }

    fn pager(&self, html: &mut Html, context: &PageContext) {
        if !self.has_newer && !self.has_older {
            let count = u64::try_from(self.sessions.len()).unwrap_or(u64::MAX);
            html.leaf(
                "p",
                &[("class", "aside")],
                common::SESSIONS.fill(context.language(), count, &[]),
            );
            return;
        }
        html.element(
            "nav",
            &[
                ("class", "pager"),
                ("aria-label", context.say(&crate::messages::page::pager::PAGES)),
            ],
            |html| {
                let path = NavItem::Sessions.path();
                if self.has_newer {
                    self.lead(html, context, path, None, &[], context.say(&msg::NEWEST));
                }
                if let Some(last) = self.sessions.last().filter(|_| self.has_older) {
                    let next = [("rel", "next")];
                    self.lead(html, context, path, Some(last.id), &next, context.say(&msg::OLDER));
                }
            },
        );
    }

    /// Links to more of the same selection: a link if it may appear in a URL, else a form.
    fn lead(
        &self,
        html: &mut Html,
        context: &PageContext,
        path: &str,
        after: Option<SessionId>,
        attributes: &[(&'static str, &str)],
        text: &str,
    ) {
        let mut fields = self.selection.fields();
        fields.extend(after.map(|id| ("after", id.to_string())));
        if self.selection.is_public() {
            let href = context.link_with(path, &borrowed(&fields));
            let own = [("class", "touch"), ("href", href.as_str())];
            html.leaf("a", &[attributes, &own].concat(), text);
            return;
        }
        let form = [("method", "post"), ("action", &*context.link(path))];
        html.element("form", &form, |html| {
            for (name, value) in borrowed(&fields) {
                html.void("input", &[("type", "hidden"), ("name", name), ("value", value)]);
            }
            html.leaf("button", &[("type", "submit"), ("class", "plain")], text);
        });
    }

    fn downloads(&self, html: &mut Html, context: &PageContext) {
        if self.sessions.is_empty() {
            return;
        }
        html.element("div", &[("class", "actions downloads")], |html| {
            html.leaf("span", &[("class", "aside")], context.say(&msg::DOWNLOAD));
            for (path, name) in [("sessions.csv", "CSV"), ("sessions.json", "JSON")] {
                html.text(" ");
                self.lead(html, context, path, None, &[("download", "")], name);
            }
        });
    }
}

fn borrowed<'a>(query: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    query.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// A cell with its column's name, for narrow screens without a table head.
fn cell(html: &mut Html, head: &str, content: impl FnOnce(&mut Html)) {
    html.element("td", &[("data-head", head)], |html| {
        html.element("div", &[], content);
    });
}

fn values(html: &mut Html, context: &PageContext, values: Vec<String>) {
    if values.is_empty() {
        html.leaf(
            "span",
            &[("class", "unknown")],
            context.say(&crate::messages::page::field_value::UNKNOWN),
        );
    }
    for value in values {
        html.leaf("code", &[], value);
        html.text(" ");
    }
}

/// The day on which a session is listed; `None` if it was dated by an unconfirmed clock only.
pub(super) fn day(session: &Session, context: &PageContext) -> Option<NaiveDate> {
    let start = session.start.value;
    Some(context.when.zone.date(start.earliest.or(start.latest)?))
}

fn month(session: &Session, context: &PageContext) -> Option<(i32, u32)> {
    day(session, context).map(|day| (day.year(), day.month()))
}
