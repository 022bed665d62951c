use chrono::{Datelike, NaiveDate};

use super::days::{Days, legend};
use super::failure;
use super::layout::Visit;
use super::rooms::Room;
use crate::messages::common;
use crate::messages::page::calendar as msg;
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// The path of the calendar.
const PATH: &str = "calendar";

/// A year's days, each with sessions leading to them.
pub(in crate::web) fn calendar(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path.strip_prefix('/') != Some(PATH) {
        return Err(request);
    }
    let asked = request.value("year").map(year);
    if asked == Some(None) {
        return Ok(failure(site, &request, Status::BadRequest));
    }
    Ok(match Days::read(site) {
        Ok(days) => {
            let year = asked.flatten().unwrap_or_else(|| days.today.year());
            let visit = Visit::new(site, &request);
            Response::html(Status::Ok, write(&visit, &days, year))
        }
        Err(_) => failure(site, &request, Status::Unreadable),
    })
}

/// A year as it stands in an address: four digits.
fn year(text: &str) -> Option<i32> {
    let is_plain = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|year| is_plain && *year >= 1970)
}

fn write(visit: &Visit, days: &Days, year: i32) -> String {
    let title = msg::TITLE.fill(visit.language(), &[("year", &year.to_string())]);
    visit.page(Some(Room::Timeline), &title, |html| {
        html.element("p", &[("class", "back")], |html| {
            let href = visit.link(Room::Timeline.path());
            html.leaf("a", &[("class", "touch"), ("href", &href)], visit.say(&msg::BACK));
        });
        html.leaf("h1", &[], &title);
        legend(html, visit);
        years(html, visit, days, year);
        html.element("div", &[("class", "year")], |html| {
            for month in 1..=12 {
                if let Some(first) = NaiveDate::from_ymd_opt(year, month, 1) {
                    self::month(html, visit, days, first);
                }
            }
        });
    })
}

/// The ways to the years before and after, where there is anything.
fn years(html: &mut Html, visit: &Visit, days: &Days, year: i32) {
    let known = |day: Option<&NaiveDate>| day.map_or_else(|| days.today.year(), Datelike::year);
    let first = known(days.days.keys().next());
    let last = known(days.days.keys().next_back()).max(days.today.year());
    let near = [(year - 1, "prev", "←"), (year + 1, "next", "→")];
    let near = near.into_iter().filter(|(other, ..)| (first..=last).contains(other));
    html.element("nav", &[("class", "pager"), ("aria-label", visit.say(&msg::YEARS))], |html| {
        for (other, rel, arrow) in near {
            let other = other.to_string();
            let href = visit.link_with(PATH, &[("year", &other)]);
            let text =
                if rel == "prev" { format!("{arrow} {other}") } else { format!("{other} {arrow}") };
            html.leaf("a", &[("class", "touch"), ("rel", rel), ("href", &href)], text);
        }
    });
}

fn month(html: &mut Html, visit: &Visit, days: &Days, first: NaiveDate) {
    let all = first.iter_days().take_while(|day| day.month() == first.month());
    let all: Vec<NaiveDate> = all.collect();
    html.element("table", &[("class", "month")], |html| {
        html.element("caption", &[], |html| html.leaf("h2", &[], visit.when.month(first)));
        html.element("thead", &[], |html| {
            html.element("tr", &[], |html| {
                // Any whole week names the days: this one begins on a Monday.
                let monday = NaiveDate::from_isoywd_opt(2024, 1, chrono::Weekday::Mon);
                for day in monday.into_iter().flat_map(|day| day.iter_days()).take(7) {
                    let name = visit.when.weekday(day);
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
                        html.element("td", &[], |html| cell(html, visit, days, *day));
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

fn cell(html: &mut Html, visit: &Visit, days: &Days, date: NaiveDate) {
    let number = date.day().to_string();
    match days.days.get(&date) {
        Some(day) => {
            let at = date.to_string();
            let href = visit.link_with(Room::Sessions.path(), &[("from", &at), ("to", &at)]);
            html.element("a", &[("href", &href), ("class", day.mark.class())], |html| {
                html.text(number);
                let sessions = common::SESSIONS.fill(visit.language(), day.sessions, &[]);
                html.leaf("span", &[("class", "unseen")], format_args!(", {sessions}"));
            });
        }
        None if date == days.today => html.leaf("span", &[("class", "today")], number),
        None => html.text(number),
    }
}
