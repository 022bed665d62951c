use chrono::NaiveDate;

use super::attention::{self, Notice};
use super::failure;
use super::layout::Visit;
use super::length::Length;
use super::rooms::Room;
use crate::domain::{Field, Moment, Session, SessionId, Timestamp};
use crate::holding::{Count, Summary, Untold};
use crate::i18n::{Message, vocabulary};
use crate::journal::{Filter, Page};
use crate::messages::common;
use crate::messages::page::now as msg;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::tally::tally;
use crate::web::{Site, Unreadable};

/// The first page: what is held now, by whom, until when, and what needs a look.
pub(in crate::web) fn now(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/" {
        return Err(request);
    }
    Ok(match Contents::read(site) {
        Ok(contents) => Response::html(Status::Ok, contents.write(&Visit::new(site, &request))),
        Err(_) => failure(site, &request, Status::Unreadable),
    })
}

struct Contents {
    summary: Summary,
    open: Vec<Session>,
    last: Option<Session>,
    erased: u64,
    notices: Vec<Notice>,
    now: Timestamp,
}

impl Contents {
    fn read(site: &Site) -> Result<Self, Unreadable> {
        let records = (site.records)()?;
        let book = (site.book)()?;
        let now = (site.clock)();
        let rulebook = book.rulebook();
        let tally = tally(records.as_ref(), rulebook, site.zone)?;
        Ok(Self {
            summary: tally.summary(rulebook, now),
            open: records.open()?,
            last: records.sessions(&Filter::all(now), &Page::first(1))?.pop(),
            erased: records.erased()?,
            notices: attention::look(site, records.as_ref(), book.as_ref(), now)?,
            now,
        })
    }

    fn write(&self, visit: &Visit) -> String {
        visit.page(Some(Room::Now), visit.say(Room::Now.name()), |html| {
            // Nothing recorded does not mean that no tunnel is up: the hooks may not be called.
            if self.summary.sessions == 0 && self.erased == 0 {
                empty(html, visit);
                attention::write(html, visit, &self.notices);
                return;
            }
            html.leaf("h1", &[("class", "statement")], self.statement(visit));
            html.leaf("p", &[("class", "lead")], self.lead(visit));
            self.facts(html, visit);
            attention::write(html, visit, &self.notices);
            html.element("section", &[], |html| self.tunnel(html, visit));
            html.leaf("p", &[("class", "aside never")], visit.say(&msg::NEVER));
        })
    }

    /// By which account records are counted here: the law, or where that is not known, the operator.
    fn count(&self) -> Option<&Count> {
        self.summary.law.as_ref().or(self.summary.declared.as_ref())
    }

    fn operator(&self, visit: &Visit) -> String {
        let own = self.summary.operator.as_deref();
        own.unwrap_or_else(|| visit.say(&msg::YOUR_OPERATOR)).to_owned()
    }

    /// What is held, in one sentence.
    fn statement(&self, visit: &Visit) -> String {
        let operator = self.operator(visit);
        let language = visit.language();
        let values = [("operator", operator.as_str())];
        match self.count() {
            None => msg::RECORDED.fill(language, self.summary.sessions, &[]),
            Some(count) if count.held > 0 => msg::HOLDS.fill(language, count.held, &values),
            Some(count) if count.untold() > 0 => msg::CANNOT_TELL.fill(language, &values),
            Some(_) => msg::HOLDS_NOTHING.fill(language, &values),
        }
    }

    /// What that sentence rests on.
    fn lead(&self, visit: &Visit) -> String {
        let operator = self.operator(visit);
        let values = [("operator", operator.as_str())];
        let message = match (&self.summary.law, &self.summary.declared) {
            (None, None) => &msg::NOBODY_SAID,
            (Some(_), _) => &msg::BY_LAW,
            (None, Some(_)) => &msg::BY_DECLARATION,
        };
        message.fill(visit.language(), &values)
    }

    fn facts(&self, html: &mut Html, visit: &Visit) {
        let language = visit.language();
        let day = |day| visit.when.date_without_weekday(day);
        html.element("dl", &[("class", "facts-list")], |html| {
            if let Some(count) = self.count() {
                if let Some((id, start)) = count.oldest {
                    let text = self.began(start, visit);
                    fact(html, visit, &msg::OLDEST, |html| session_link(html, visit, id, &text));
                }
                if let Some((id, last)) = count.next {
                    let gone = last.succ_opt().unwrap_or(last);
                    let text = msg::GONE_FROM.fill(language, &[("day", &day(gone))]);
                    fact(html, visit, &msg::NEXT, |html| session_link(html, visit, id, &text));
                }
                if count.over > 0 {
                    let text = msg::OVER_COUNT.fill(language, count.over, &[]);
                    fact(html, visit, &msg::OVER, |html| html.text(text));
                }
                for (why, sessions) in &count.untold {
                    let sessions = common::SESSIONS.fill(language, *sessions, &[]);
                    let values =
                        [("sessions", sessions.as_str()), ("why", visit.say(untold(*why)))];
                    let text = msg::UNTOLD_ROW.fill(language, &values);
                    fact(html, visit, &msg::NOT_TOLD, |html| html.text(text));
                }
            }
            let law = self.summary.law.as_ref().map(|count| count.held);
            if let Some(declared) = self.summary.declared.as_ref().filter(|_| law.is_some()) {
                if Some(declared.held) != law {
                    let text = msg::DECLARES.fill(language, declared.held, &[]);
                    fact(html, visit, &msg::DECLARATION, |html| html.text(text));
                }
            }
            if self.erased > 0 {
                let text = common::SESSIONS.fill(language, self.erased, &[]);
                fact(html, visit, &msg::ERASED, |html| html.text(text));
            }
        });
    }

    fn began(&self, start: Moment, visit: &Visit) -> String {
        let date = |at: Timestamp| visit.when.zone.date(at);
        let day: Option<NaiveDate> = start.earliest.or(start.latest).map(date);
        day.map_or_else(|| visit.when.moment(&start), |day| visit.when.date_without_weekday(day))
    }

    /// Whether the tunnel is up, and what the operator sees of it.
    fn tunnel(&self, html: &mut Html, visit: &Visit) {
        let when = &visit.when;
        if self.open.is_empty() {
            html.element("div", &[("class", "status closed")], |html| {
                html.literal(LAMP);
                html.element("div", &[], |html| {
                    html.leaf("h2", &[], visit.say(&msg::TUNNEL_DOWN));
                    let end = self.last.as_ref().and_then(|last| last.end.as_ref());
                    if let Some(end) = end {
                        let moment = when.moment(&end.moment.value);
                        html.leaf(
                            "p",
                            &[],
                            msg::LAST_END.fill(when.language, &[("moment", &moment)]),
                        );
                    }
                    html.leaf("p", &[], visit.say(&msg::SEES_NOTHING));
                });
            });
        }
        for session in &self.open {
            html.element("div", &[("class", "status open")], |html| {
                html.literal(LAMP);
                html.element("div", &[], |html| {
                    html.leaf("h2", &[], visit.say(&msg::TUNNEL_UP));
                    let moment = when.moment(&session.start.value);
                    html.leaf("p", &[], msg::SINCE.fill(when.language, &[("moment", &moment)]));
                    let length = Length::of(session, self.now).written(when);
                    let values = [("length", length.as_str())];
                    html.leaf("p", &[], msg::SO_FAR.fill(when.language, &values));
                });
            });
            let operator = self.operator(visit);
            let title = msg::SEES.fill(when.language, &[("operator", &operator)]);
            html.leaf("h3", &[("class", "sees")], title);
            sees(html, visit, session);
        }
    }
}

/// What the operator sees of a session that lasts.
fn sees(html: &mut Html, visit: &Visit, session: &Session) {
    let facts = &session.facts;
    let rows = [
        (Field::OriginAddress, facts.origin_address.map(|it| it.value.to_string())),
        (Field::AssignedIpv4, facts.assigned_ipv4.map(|it| it.value.to_string())),
        (Field::AssignedIpv6, facts.assigned_ipv6.map(|it| it.value.to_string())),
        (Field::DelegatedPrefix, facts.delegated_prefix.map(|it| it.value.to_string())),
    ];
    html.element("dl", &[("class", "facts-list")], |html| {
        for (field, value) in rows {
            let is_expected = matches!(field, Field::OriginAddress | Field::AssignedIpv4);
            if value.is_none() && !is_expected {
                continue;
            }
            fact(html, visit, vocabulary::field(field), |html| match value {
                Some(value) => html.leaf("code", &[], value),
                None if field == Field::OriginAddress => {
                    html.leaf("span", &[("class", "unknown")], visit.say(&msg::ORIGIN_UNKNOWN));
                }
                None => html.leaf(
                    "span",
                    &[("class", "unknown")],
                    visit.say(&crate::messages::page::fact::UNKNOWN),
                ),
            });
        }
    });
}

fn fact(html: &mut Html, visit: &Visit, name: &Message, content: impl FnOnce(&mut Html)) {
    html.leaf("dt", &[], visit.say(name));
    html.element("dd", &[], content);
}

fn session_link(html: &mut Html, visit: &Visit, id: SessionId, text: &str) {
    html.leaf("a", &[("href", &visit.link(&format!("session/{id}")))], text);
}

/// Why it cannot be told whether a record is held.
fn untold(why: Untold) -> &'static Message {
    match why {
        Untold::Between => &msg::UNTOLD_BETWEEN,
        Untold::Depends => &msg::UNTOLD_DEPENDS,
        Untold::Gap => &msg::UNTOLD_GAP,
        Untold::LeftOpen => &msg::UNTOLD_LEFT_OPEN,
        Untold::NoLength => &msg::UNTOLD_NO_LENGTH,
        Untold::Stale => &msg::UNTOLD_STALE,
        Untold::Undated => &msg::UNTOLD_UNDATED,
    }
}

/// What there is to say while nothing is recorded.
pub(super) fn empty(html: &mut Html, visit: &Visit) {
    html.element("div", &[], |html| {
        html.leaf("h1", &[], visit.say(&msg::EMPTY));
        html.leaf("p", &[("class", "lead")], visit.say(&msg::EMPTY_WHAT));
        html.element("p", &[], |html| {
            html.text(visit.say(&msg::EMPTY_DOCTOR));
            html.text(" ");
            html.leaf("code", &[], "temoin doctor");
        });
    });
}

/// The light that tells at a glance what the words beside it say.
const LAMP: &str = "<span class=\"lamp\" aria-hidden=\"true\"></span>";
