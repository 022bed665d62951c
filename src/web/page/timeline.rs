use chrono::{Datelike, Months, NaiveDate};

use super::days::{Days, Mark, due, legend};
use super::failure;
use super::layout::Visit;
use super::rooms::Room;
use super::stack::stack;
use crate::holding::{Due, Standing};
use crate::messages::common;
use crate::messages::page::timeline as msg;
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// How many months are drawn at most: more than a record reaches back.
const LONGEST: u32 = 18;

/// The retention period, month by month: which days had sessions, and when each month's records go.
pub(in crate::web) fn timeline(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/timeline" {
        return Err(request);
    }
    Ok(match Days::read(site) {
        Ok(days) => {
            let visit = Visit::new(site, &request);
            Response::html(Status::Ok, write(&visit, &days))
        }
        Err(_) => failure(site, &request, Status::Unreadable),
    })
}

fn write(visit: &Visit, days: &Days) -> String {
    visit.page(Some(Room::Timeline), visit.say(&msg::TITLE), |html| {
        html.leaf("h1", &[], visit.say(&msg::TITLE));
        html.leaf("p", &[("class", "lead")], visit.say(&msg::LEAD));
        let months = months(days);
        if months.is_empty() {
            html.leaf("p", &[], visit.say(&msg::NOTHING));
            return;
        }
        legend(html, visit);
        let heads = [&msg::MONTH, &msg::DAYS, &msg::COUNT, &msg::GOES].map(|head| visit.say(head));
        let caption =
            |html: &mut Html| html.leaf("caption", &[("class", "unseen")], visit.say(&msg::TITLE));
        let rows = |html: &mut Html| {
            for month in months {
                html.element("tr", &[], |html| row(html, visit, days, month));
            }
        };
        stack(html, "timeline stack", &heads, caption, rows);
        html.element("p", &[("class", "more")], |html| {
            let href = visit.link("calendar");
            html.leaf("a", &[("class", "touch"), ("href", &href)], visit.say(&msg::CALENDAR));
        });
    })
}

/// The first days of the months to draw, the newest first.
fn months(days: &Days) -> Vec<NaiveDate> {
    let Some(oldest) = days.days.keys().next().and_then(|day| day.with_day(1)) else {
        return Vec::new();
    };
    let newest = days.days.keys().next_back().map_or(days.today, |day| days.today.max(*day));
    let Some(newest) = newest.with_day(1) else { return Vec::new() };
    (0..LONGEST)
        .map_while(|back| newest.checked_sub_months(Months::new(back)))
        .take_while(|month| *month >= oldest)
        .collect()
}

fn row(html: &mut Html, visit: &Visit, days: &Days, month: NaiveDate) {
    let scope = [("scope", "row"), ("class", "day")];
    html.leaf("th", &scope, visit.when.month(month));
    html.element("td", &[], |html| strip(html, visit, days, month));
    let own: Vec<&Standing> = days
        .standings
        .iter()
        .filter(|standing| {
            days.began(standing)
                .is_some_and(|day| (day.year(), day.month()) == (month.year(), month.month()))
        })
        .collect();
    let count = own.iter().map(|standing| standing.group.count).sum();
    let sessions = common::SESSIONS.fill(visit.language(), count, &[]);
    html.leaf("td", &[], sessions);
    let attributes = [("data-head", visit.say(&msg::GOES))];
    html.leaf("td", &attributes, goes(visit, &own));
}

/// When the records of sessions go.
fn goes(visit: &Visit, own: &[&Standing]) -> String {
    let gone = own.iter().filter_map(|standing| match due(standing) {
        Some(Due::Held(Some(last))) => last.succ_opt(),
        _ => None,
    });
    let (first, last) = (gone.clone().min(), gone.max());
    let date = |day| visit.when.date_without_weekday(day);
    let strongest = own.iter().map(|standing| Mark::of(standing)).max();
    match (first.zip(last), strongest) {
        (Some((first, last)), _) if first == last => {
            msg::ON.fill(visit.language(), &[("first", &*date(first))])
        }
        (Some((first, last)), _) => {
            let first = visit.when.first_of_two(first, last);
            msg::BETWEEN.fill(visit.language(), &[("first", &*first), ("last", &*date(last))])
        }
        (None, Some(Mark::Held)) => visit.say(&msg::NO_DATE_YET).to_owned(),
        (None, Some(mark)) => visit.say(mark.name()).to_owned(),
        (None, None) => "–".to_owned(),
    }
}

/// The days of a month as bars, one after the other.
fn strip(html: &mut Html, visit: &Visit, days: &Days, month: NaiveDate) {
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
        visit.say(&msg::NO_DAYS).to_owned()
    } else {
        msg::DAYS_LISTED.fill(visit.language(), &[("days", &listed.join(", "))])
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

fn mark_on(days: &Days, day: NaiveDate) -> Option<Mark> {
    days.days.get(&day).map(|day| day.mark)
}

fn rectangle(html: &mut Html, class: &str, x: &str, width: &str) {
    let attributes = [("class", class), ("x", x), ("y", "0"), ("width", width), ("height", "6")];
    html.element("rect", &attributes, |_| {});
}
