use chrono::NaiveDate;

use super::failure;
use super::nav::NavItem;
use super::notices::{self, Notice};
use super::page_context::PageContext;
use super::session_duration::SessionDuration;
use crate::html::Html;
use crate::messages::common;
use crate::messages::page::now as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use crate::render::{how_many_held, why_counts_differ, words};
use crate::tally::tally;
use crate::{RecordsError, Site};
use temoin_core::assessment::{RecordCounts, Summary, UnknownReason};
use temoin_core::law::OperatorName;
use temoin_core::record::{Filter, Pagination};
use temoin_core::session::{End, Field, OperatorEnd, Session, SessionId, TimeBounds, Timestamp};
use temoin_core::text::Message;

/// The first page: what is held now, by whom, until when, and what needs attention.
pub(crate) fn now(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    if request.path != "/" {
        return Err(request);
    }
    Ok(match NowView::read(site) {
        Ok(contents) => {
            PageResponse::html(PageStatus::Ok, contents.write(&PageContext::new(site, &request)))
        }
        Err(_) => failure(site, &request, PageStatus::Unreadable),
    })
}

struct NowView {
    summary: Summary,
    open: Vec<Session>,
    last: Option<Session>,
    erased: u64,
    notices: Vec<Notice>,
    now: Timestamp,
}

impl NowView {
    fn read(site: &Site) -> Result<Self, RecordsError> {
        let records = (site.records)()?;
        let ruleset = (site.ruleset)()?;
        let now = (site.clock)();
        let applicable_rules = ruleset.applicable_rules();
        let tally = tally(records.as_ref(), applicable_rules, site.zone)?;
        Ok(Self {
            summary: tally.summary(applicable_rules, now),
            open: records.open()?,
            last: records.sessions(&Filter::all(now), &Pagination::first(1))?.pop(),
            erased: records.erased()?,
            notices: notices::current_notices(site, records.as_ref(), ruleset.as_ref(), now)?,
            now,
        })
    }

    fn write(&self, context: &PageContext) -> String {
        context.page(Some(NavItem::Now), context.say(NavItem::Now.name()), |html| {
            // Nothing recorded does not mean that no tunnel is up: the hooks may not be called.
            if self.summary.sessions == 0 && self.erased == 0 {
                empty(html, context);
                notices::write(html, context, &self.notices);
                return;
            }
            html.leaf("h1", &[("class", "statement")], self.statement(context));
            html.leaf("p", &[("class", "lead")], self.lead(context));
            self.attributes(html, context);
            notices::write(html, context, &self.notices);
            html.element("section", &[], |html| self.tunnel(html, context));
            html.leaf("p", &[("class", "aside never")], context.say(&msg::NEVER));
        })
    }

    /// The count of records: by law, or if that is unknown, by the operator's declaration.
    fn count(&self) -> Option<&RecordCounts> {
        self.summary.law.as_ref().or(self.summary.declared.as_ref())
    }

    fn operator(&self, context: &PageContext) -> String {
        words::operator(self.summary.operator.as_ref(), context.language())
    }

    /// What is held, in one sentence.
    fn statement(&self, context: &PageContext) -> String {
        let language = context.language();
        let operator = words::operator_at_start(self.summary.operator.as_ref(), language);
        let values = [("operator", operator.as_str())];
        match self.count() {
            None => msg::RECORDED.fill(language, self.summary.sessions, &[]),
            Some(count) if count.held > 0 && count.untold() > 0 => {
                let most = count.at_most().to_string();
                let values = [("operator", operator.as_str()), ("most", &most)];
                msg::HOLDS_LEAST.fill(language, count.held, &values)
            }
            Some(count) if count.held > 0 => msg::HOLDS.fill(language, count.held, &values),
            Some(count) if count.untold() > 0 => {
                msg::HOLDS_AT_MOST.fill(language, count.untold(), &values)
            }
            Some(_) => msg::HOLDS_NOTHING.fill(language, &values),
        }
    }

    /// The basis of that sentence.
    fn lead(&self, context: &PageContext) -> String {
        let operator = self.operator(context);
        let values = [("operator", operator.as_str())];
        let message = match (&self.summary.law, &self.summary.declared) {
            (None, None) => &msg::NOBODY_SAID,
            (Some(_), _) => &msg::BY_LAW,
            (None, Some(_)) => &msg::BY_DECLARATION,
        };
        let basis = message.fill(context.language(), &values);
        match self.count().map_or(0, |count| count.erased_here) {
            0 => basis,
            erased => {
                let erased = msg::ERASED_OF_THEM.fill(context.language(), erased, &[]);
                format!("{erased} {basis}")
            }
        }
    }

    fn attributes(&self, html: &mut Html, context: &PageContext) {
        let language = context.language();
        let day = |day| context.when.date_without_weekday(day);
        html.element("dl", &[("class", "facts-list")], |html| {
            if let Some(count) = self.count() {
                if let Some((id, start)) = count.oldest {
                    let text = self.began(start, context);
                    let label =
                        if count.erased_here > 0 { &msg::OLDEST_HERE } else { &msg::OLDEST };
                    fact(html, context, label, |html| {
                        session_link(html, context, id, &text);
                    });
                }
                if let Some((id, last)) = count.next {
                    let gone = last.succ_opt().unwrap_or(last);
                    let text = msg::GONE_FROM.fill(language, &[("day", &day(gone))]);
                    fact(html, context, &msg::NEXT, |html| match id {
                        Some(id) => session_link(html, context, id, &text),
                        None => html.text(text),
                    });
                }
                if count.over > 0 {
                    let text = msg::OVER_COUNT.fill(language, count.over, &[]);
                    fact(html, context, &msg::OVER, |html| html.text(text));
                }
                for (why, sessions) in &count.untold {
                    let sessions = common::SESSIONS.fill(language, *sessions, &[]);
                    let values =
                        [("sessions", sessions.as_str()), ("why", context.say(untold(*why)))];
                    let text = msg::UNTOLD_ROW.fill(language, &values);
                    fact(html, context, &msg::NOT_TOLD, |html| html.text(text));
                }
            }
            let why = why_counts_differ(&self.summary, context.when);
            if let Some((declared, why)) = self.summary.declared.as_ref().zip(why) {
                let label = match &self.summary.operator {
                    Some(OperatorName::Software(software)) => {
                        msg::SOFTWARE_WRITES.fill(language, &[("software", software)])
                    }
                    _ => context.say(&msg::DECLARATION).to_owned(),
                };
                html.leaf("dt", &[], label);
                html.element("dd", &[], |html| {
                    html.text(how_many_held(declared, context.when));
                    html.text(". ");
                    html.text(why);
                });
            }
            if self.erased > 0 {
                let text = common::SESSIONS.fill(language, self.erased, &[]);
                fact(html, context, &msg::ERASED, |html| html.text(text));
            }
        });
    }

    fn began(&self, start: TimeBounds, context: &PageContext) -> String {
        let date = |at: Timestamp| context.when.zone.date(at);
        let day: Option<NaiveDate> = start.earliest.or(start.latest).map(date);
        day.map_or_else(
            || context.when.moment(&start),
            |day| context.when.date_without_weekday(day),
        )
    }

    /// Whether the operator may not have noticed an end yet.
    fn may_not_be_noticed(&self, end: &End) -> bool {
        let is_told = match end.reason.operator_view() {
            OperatorEnd::Notice | OperatorEnd::OwnStop => true,
            // The next session, which is not there yet, would tell it.
            OperatorEnd::Replaced | OperatorEnd::Timeout | OperatorEnd::Unknown => false,
        };
        // Where nothing bounds the end from above, it may have been just now.
        let latest = end.moment.value.latest;
        !is_told && latest.is_none_or(|latest| self.now <= latest.shifted(SERVER_PATIENCE_MS))
    }

    /// Whether the tunnel is up, and what the operator sees of it.
    fn tunnel(&self, html: &mut Html, context: &PageContext) {
        let when = &context.when;
        if self.open.is_empty() {
            html.element("div", &[("class", "status closed")], |html| {
                html.literal(LAMP);
                html.element("div", &[], |html| {
                    html.leaf("h2", &[], context.say(&msg::TUNNEL_DOWN));
                    let end = self.last.as_ref().and_then(|last| last.end.as_ref());
                    if let Some(end) = end {
                        let moment = when.moment(&end.moment.value);
                        html.leaf(
                            "p",
                            &[],
                            msg::LAST_END.fill(when.language, &[("moment", &moment)]),
                        );
                    }
                    html.leaf("p", &[], context.say(&msg::NOTHING_ADDED));
                    if end.is_some_and(|end| self.may_not_be_noticed(end)) {
                        html.leaf("p", &[], context.say(&msg::MAY_BELIEVE));
                    }
                });
            });
        }
        for session in &self.open {
            html.element("div", &[("class", "status open")], |html| {
                html.literal(LAMP);
                html.element("div", &[], |html| {
                    html.leaf("h2", &[], context.say(&msg::TUNNEL_UP));
                    let moment = when.moment(&session.start.value);
                    html.leaf("p", &[], msg::SINCE.fill(when.language, &[("moment", &moment)]));
                    let length = SessionDuration::of(session, self.now).written(when);
                    let values = [("length", length.as_str())];
                    html.leaf("p", &[], msg::SO_FAR.fill(when.language, &values));
                });
            });
            let operator = self.operator(context);
            let title = msg::SEES.fill(when.language, &[("operator", &operator)]);
            html.leaf("h3", &[("class", "sees")], title);
            sees(html, context, session);
        }
    }
}

/// What the operator sees of an open session.
fn sees(html: &mut Html, context: &PageContext, session: &Session) {
    let attributes = &session.attributes;
    let rows = [
        (Field::OriginAddress, attributes.origin_address.map(|it| it.value.to_string())),
        (Field::AssignedIpv4, attributes.assigned_ipv4.map(|it| it.value.to_string())),
        (Field::AssignedIpv6, attributes.assigned_ipv6.map(|it| it.value.to_string())),
        (Field::DelegatedPrefix, attributes.delegated_prefix.map(|it| it.value.to_string())),
    ];
    html.element("dl", &[("class", "facts-list")], |html| {
        for (field, value) in rows {
            let is_expected = matches!(field, Field::OriginAddress | Field::AssignedIpv4);
            if value.is_none() && !is_expected {
                continue;
            }
            fact(html, context, words::field(field), |html| match value {
                Some(value) => html.leaf("code", &[], value),
                None if field == Field::OriginAddress => {
                    html.leaf("span", &[("class", "unknown")], context.say(&msg::ORIGIN_UNKNOWN));
                }
                None => html.leaf(
                    "span",
                    &[("class", "unknown")],
                    context.say(&crate::messages::page::field_value::UNKNOWN),
                ),
            });
        }
    });
}

fn fact(html: &mut Html, context: &PageContext, name: &Message, content: impl FnOnce(&mut Html)) {
    html.leaf("dt", &[], context.say(name));
    html.element("dd", &[], content);
}

fn session_link(html: &mut Html, context: &PageContext, id: SessionId, text: &str) {
    html.leaf("a", &[("href", &context.link(&format!("session/{id}")))], text);
}

/// Why it is unknown whether a record is held.
fn untold(why: UnknownReason) -> &'static Message {
    match why {
        UnknownReason::Between => &msg::UNTOLD_BETWEEN,
        UnknownReason::Depends => &msg::UNTOLD_DEPENDS,
        UnknownReason::ErasedHere => &msg::UNTOLD_ERASED_HERE,
        UnknownReason::Gap => &msg::UNTOLD_GAP,
        UnknownReason::LeftOpen => &msg::UNTOLD_LEFT_OPEN,
        UnknownReason::NoLength => &msg::UNTOLD_NO_LENGTH,
        UnknownReason::Stale => &msg::UNTOLD_STALE,
        UnknownReason::Undated => &msg::UNTOLD_UNDATED,
    }
}

/// The text while nothing is recorded.
pub(super) fn empty(html: &mut Html, context: &PageContext) {
    html.element("div", &[], |html| {
        html.leaf("h1", &[], context.say(&msg::EMPTY));
        html.leaf("p", &[("class", "lead")], context.say(&msg::EMPTY_WHAT));
        html.element("p", &[], |html| {
            html.text(context.say(&msg::EMPTY_DOCTOR));
            html.text(" ");
            html.leaf("code", &[], "temoin doctor");
        });
    });
}

/// For how long a server may take a silent client to be there, in milliseconds: ten minutes. With
/// `keepalive 10 60`, as in OpenVPN's sample configurations, it is two, but operators choose it.
const SERVER_PATIENCE_MS: i64 = 600_000;

/// The status light.
const LAMP: &str = "<span class=\"lamp\" aria-hidden=\"true\"></span>";
