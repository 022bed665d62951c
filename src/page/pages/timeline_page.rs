use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate};

use super::failure;
use super::nav::NavItem;
use super::page_context::PageContext;
use super::session_days::{RetentionMark, SessionDays, due, legend};
use super::stacked_table::stack;
use crate::Site;
use crate::html::Html;
use crate::messages::common;
use crate::messages::page::{session_days, timeline as msg};
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use temoin_core::assessment::ErasedGroup;
use temoin_core::assessment::{GroupStatus, RecordState};

/// Maximum number of months: more than a record covers.
const MAX_SHOWN: u32 = 18;

/// `/timeline`: the retention period by month: the days with sessions, and when the records expire.
pub(crate) fn timeline(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    if request.path != "/timeline" {
        return Err(request);
    }
    Ok(match SessionDays::read(site) {
        Ok(days) => {
            let context = PageContext::new(site, &request);
            PageResponse::html(PageStatus::Ok, write(&context, &days))
        }
        Err(_) => failure(site, &request, PageStatus::Unreadable),
    })
}

fn write(context: &PageContext, days: &SessionDays) -> String {
    context.page(Some(NavItem::Timeline), context.say(&msg::TITLE), |html| {
        html.leaf("h1", &[], context.say(&msg::TITLE));
        html.leaf("p", &[("class", "lead")], context.say(&msg::LEAD));
        if days.is_empty() {
            html.leaf("p", &[], context.say(&msg::NOTHING));
            return;
        }
        days.write_beyond(html, context);
        let months = months(days);
        if months.is_empty() {
            erased(html, context, days);
            return;
        }
        legend(html, context);
        let heads =
            [&msg::MONTH, &msg::DAYS, &msg::COUNT, &msg::GOES].map(|head| context.say(head));
        let caption = |html: &mut Html| {
            html.leaf("caption", &[("class", "unseen")], context.say(&msg::TITLE));
        };
        let rows = |html: &mut Html| {
            for month in months {
                html.element("tr", &[], |html| row(html, context, days, month));
            }
        };
        stack(html, "timeline stack", &heads, caption, rows);
        erased(html, context, days);
        html.element("p", &[("class", "more")], |html| {
            let href = context.link("calendar");
            html.leaf("a", &[("class", "touch"), ("href", &href)], context.say(&msg::CALENDAR));
        });
    })
}

/// The sessions erased here that are still to be held, by the month in which they are to go.
fn erased(html: &mut Html, context: &PageContext, days: &SessionDays) {
    let mut months: BTreeMap<NaiveDate, Vec<&ErasedGroup>> = BTreeMap::new();
    for group in &days.erased {
        if let Some(month) = group.day.and_then(|day| day.with_day(1)) {
            months.entry(month).or_default().push(group);
        }
    }
    if months.is_empty() {
        return;
    }
    html.leaf("h2", &[], context.say(&session_days::ERASED_TITLE));
    let heads = [&msg::DUE_MONTH, &msg::COUNT, &msg::GOES].map(|head| context.say(head));
    let rows = |html: &mut Html| {
        for (month, groups) in months {
            html.element("tr", &[], |html| {
                let scope = [("scope", "row"), ("class", "day")];
                html.leaf("th", &scope, context.when.month(month));
                let count = groups.iter().map(|group| group.count).sum();
                html.leaf("td", &[], common::SESSIONS.fill(context.language(), count, &[]));
                let gone = groups.iter().filter_map(|group| group.day);
                let text = gone.clone().min().zip(gone.max()).map(|days| span(context, days));
                let attributes = [("data-head", heads[2])];
                html.leaf("td", &attributes, text.unwrap_or_default());
            });
        }
    };
    stack(html, "stack brief", &heads, |_| {}, rows);
}

/// The first days of the months to draw, the newest first.
fn months(days: &SessionDays) -> Vec<NaiveDate> {
    let Some(oldest) = days.days.keys().next().and_then(|day| day.with_day(1)) else {
        return Vec::new();
    };
    let newest = days.days.keys().next_back().map_or(days.today, |day| days.today.max(*day));
    let Some(newest) = newest.with_day(1) else { return Vec::new() };
    (0..MAX_SHOWN)
        .map_while(|back| newest.checked_sub_months(Months::new(back)))
        .take_while(|month| *month >= oldest)
        .collect()
}

fn row(html: &mut Html, context: &PageContext, days: &SessionDays, month: NaiveDate) {
    let scope = [("scope", "row"), ("class", "day")];
    html.leaf("th", &scope, context.when.month(month));
    html.element("td", &[], |html| strip(html, context, days, month));
    let own: Vec<&GroupStatus> = days
        .standings
        .iter()
        .filter(|standing| {
            days.began(standing)
                .is_some_and(|day| (day.year(), day.month()) == (month.year(), month.month()))
        })
        .collect();
    let count = own.iter().map(|standing| standing.group.count).sum();
    let sessions = common::SESSIONS.fill(context.language(), count, &[]);
    html.leaf("td", &[], sessions);
    let attributes = [("data-head", context.say(&msg::GOES))];
    html.leaf("td", &attributes, goes(context, &own));
}

/// When the records of sessions expire.
fn goes(context: &PageContext, own: &[&GroupStatus]) -> String {
    let gone = own.iter().filter_map(|standing| match due(standing) {
        Some(RecordState::Held(Some(last))) => last.succ_opt(),
        _ => None,
    });
    let (first, last) = (gone.clone().min(), gone.max());
    let strongest = own.iter().map(|standing| RetentionMark::of(standing)).max();
    match (first.zip(last), strongest) {
        (Some(days), _) => span(context, days),
        (None, Some(RetentionMark::Held)) => context.say(&msg::NO_DATE_YET).to_owned(),
        (None, Some(mark)) => context.say(mark.name()).to_owned(),
        (None, None) => "–".to_owned(),
    }
}

/// One day, or the first and the last of several.
fn span(context: &PageContext, (first, last): (NaiveDate, NaiveDate)) -> String {
    let date = |day| context.when.date_without_weekday(day);
    if first == last {
        return msg::ON.fill(context.language(), &[("first", &*date(first))]);
    }
    let first = context.when.first_of_two(first, last);
    msg::BETWEEN.fill(context.language(), &[("first", &*first), ("last", &*date(last))])
}

/// The days of a month as bars.
fn strip(html: &mut Html, context: &PageContext, days: &SessionDays, month: NaiveDate) {
    let all = month.iter_days().take_while(|day| day.month() == month.month());
    let all: Vec<NaiveDate> = all.collect();
    let length = all.len().to_string();
    let bars: Vec<&[NaiveDate]> = all
        .chunk_by(|one, other| mark_on(days, *one) == mark_on(days, *other))
        .filter(|bar| mark_on(days, bar[0]).is_some())
        .collect();
    let listed: Vec<String> = bars
        .iter()
        .map(|bar| match bar {
            [day] => day.day().to_string(),
            [first, .., last] => format!("{}–{}", first.day(), last.day()),
            [] => String::new(),
        })
        .collect();
    let label = if listed.is_empty() {
        context.say(&msg::NO_DAYS).to_owned()
    } else {
        msg::DAYS_LISTED.fill(context.language(), &[("days", &listed.join(", "))])
    };
    let drawing = [
        ("class", "strip"),
        ("viewBox", "0 0 31 6"),
        ("preserveAspectRatio", "none"),
        ("role", "img"),
        ("aria-label", label.as_str()),
    ];
    html.element("svg", &drawing, |html| {
        rectangle(html, "track", "0", &length);
        for bar in bars {
            let (Some(first), Some(mark)) =
                (bar.first(), bar.first().and_then(|day| mark_on(days, *day)))
            else {
                continue;
            };
            rectangle(html, mark.class(), &first.day0().to_string(), &bar.len().to_string());
        }
        if all.contains(&days.today) {
            rectangle(html, "today", &format!("{}.4", days.today.day0()), "0.2");
        }
    });
}

fn mark_on(days: &SessionDays, day: NaiveDate) -> Option<RetentionMark> {
    days.days.get(&day).map(|day| day.mark)
}

fn rectangle(html: &mut Html, class: &str, x: &str, width: &str) {
    let attributes = [("class", class), ("x", x), ("y", "0"), ("width", width), ("height", "6")];
    html.element("rect", &attributes, |_| {});
}
