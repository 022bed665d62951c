use chrono::{Datelike, NaiveDate};

use super::failure;
use super::nav::NavItem;
use super::page_context::PageContext;
use super::session_days::{SessionDays, legend};
use crate::Site;
use crate::html::Html;
use crate::messages::common;
use crate::messages::page::calendar as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};

/// The path of the calendar.
const PATH: &str = "calendar";

/// `/calendar`: a year's days, with links to the sessions of each.
pub(crate) fn calendar(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    if request.path.strip_prefix('/') != Some(PATH) {
        return Err(request);
    }
    let asked = request.value("year").map(year);
    if asked == Some(None) {
        return Ok(failure(site, &request, PageStatus::BadRequest));
    }
    Ok(match SessionDays::read(site) {
        Ok(days) => {
            let year = asked.flatten().unwrap_or_else(|| days.today.year());
            let context = PageContext::new(site, &request);
            PageResponse::html(PageStatus::Ok, write(&context, &days, year))
        }
        Err(_) => failure(site, &request, PageStatus::Unreadable),
    })
}

/// Parses a year: four digits.
fn year(text: &str) -> Option<i32> {
    let is_plain = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|year| is_plain && *year >= 1970)
}

fn write(context: &PageContext, days: &SessionDays, year: i32) -> String {
    let title = msg::TITLE.fill(context.language(), &[("year", &year.to_string())]);
    context.page(Some(NavItem::Timeline), &title, |html| {
        html.element("p", &[("class", "back")], |html| {
            let href = context.link(NavItem::Timeline.path());
            html.leaf("a", &[("class", "touch"), ("href", &href)], context.say(&msg::BACK));
        });
        html.leaf("h1", &[], &title);
        days.write_beyond(html, context);
        legend(html, context);
        years(html, context, days, year);
        html.element("div", &[("class", "year")], |html| {
            for month in 1..=12 {
                if let Some(first) = NaiveDate::from_ymd_opt(year, month, 1) {
                    self::month(html, context, days, first);
                }
            }
        });
    })
}

/// Links to the previous and next year with sessions.
fn years(html: &mut Html, context: &PageContext, days: &SessionDays, year: i32) {
    let known = |day: Option<&NaiveDate>| day.map_or_else(|| days.today.year(), Datelike::year);
    let first = known(days.days.keys().next());
    let due = days.erased.iter().filter_map(|group| group.day).max();
    let last = known(days.days.keys().next_back()).max(known(due.as_ref())).max(days.today.year());
    let near = [(year - 1, "prev", "←"), (year + 1, "next", "→")];
    let near = near.into_iter().filter(|(other, ..)| (first..=last).contains(other));
    html.element("nav", &[("class", "pager"), ("aria-label", context.say(&msg::YEARS))], |html| {
        for (other, rel, arrow) in near {
            let other = other.to_string();
            let href = context.link_with(PATH, &[("year", &other)]);
            let text =
                if rel == "prev" { format!("{arrow} {other}") } else { format!("{other} {arrow}") };
            html.leaf("a", &[("class", "touch"), ("rel", rel), ("href", &href)], text);
        }
    });
}

fn month(html: &mut Html, context: &PageContext, days: &SessionDays, first: NaiveDate) {
    let all = first.iter_days().take_while(|day| day.month() == first.month());
    let all: Vec<NaiveDate> = all.collect();
    html.element("table", &[("class", "month")], |html| {
        html.element("caption", &[], |html| {
            html.leaf("h2", &[], context.when.month(first));
            let erased = days.erased_due_in(first);
            if erased > 0 {
                let text = msg::ERASED_DUE.fill(context.language(), erased, &[]);
                html.leaf("p", &[("class", "note")], text);
            }
        });
        html.element("thead", &[], |html| {
            html.element("tr", &[], |html| {
                // Any week that begins on a Monday will do.
                let monday = NaiveDate::from_isoywd_opt(2024, 1, chrono::Weekday::Mon);
                for day in monday.into_iter().flat_map(|day| day.iter_days()).take(7) {
                    let name = context.when.weekday(day);
                    let short: String = name.chars().take(2).collect();
                    html.leaf("th", &[("scope", "col"), ("title", name)], short);
                }
            });
        });
        html.element("tbody", &[], |html| {
            for week in all.chunk_by(|one, other| one.iso_week() == other.iso_week()) {
                html.element("tr", &[], |html| {
                    let before = week[0].weekday().num_days_from_monday() as usize;
                    blank(html, before);
                    for day in week {
                        html.element("td", &[], |html| cell(html, context, days, *day));
                    }
                    blank(html, 7 - before - week.len());
                });
            }
        });
    });
}

fn blank(html: &mut Html, count: usize) {
    for _ in 0..count {
        html.literal("<td></td>");
    }
}

fn cell(html: &mut Html, context: &PageContext, days: &SessionDays, date: NaiveDate) {
    let number = date.day().to_string();
    match days.days.get(&date) {
        Some(day) => {
            let at = date.to_string();
            let href = context.link_with(NavItem::Sessions.path(), &[("from", &at), ("to", &at)]);
            html.element("a", &[("href", &href), ("class", day.mark.class())], |html| {
                html.text(number);
                let sessions = common::SESSIONS.fill(context.language(), day.sessions, &[]);
                html.leaf("span", &[("class", "unseen")], format_args!(", {sessions}"));
            });
        }
        None if date == days.today => html.leaf("span", &[("class", "today")], number),
        None => html.text(number),
    }
}
