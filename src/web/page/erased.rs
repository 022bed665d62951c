use chrono::NaiveDate;

use super::failure;
use super::layout::Visit;
use super::pager::{self, PER_PAGE};
use super::rooms::Room;
use super::stack::stack;
use crate::i18n::Message;
use crate::journal::Certificate;
use crate::messages::common;
use crate::messages::page::erased as msg;
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// What was erased here: the certificates, newest first.
pub(in crate::web) fn erased(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/erased" {
        return Err(request);
    }
    let Some(page) = pager::asked(&request) else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let read = (site.records)().and_then(|records| {
        let certificates = records.certificates(pager::before(page), PER_PAGE)?;
        Ok((records.erased()?, certificates))
    });
    let Ok((count, certificates)) = read else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    let pages = u32::try_from(count.div_ceil(PER_PAGE.into()).max(1)).unwrap_or(u32::MAX);
    if page > pages {
        return Ok(failure(site, &request, Status::NotFound));
    }
    let visit = Visit::new(site, &request);
    let title = visit.say(&msg::TITLE);
    let html = visit.page(Some(Room::Erased), title, |html| {
        html.leaf("h1", &[], title);
        match request.value("done") {
            Some("1") => news(html, &visit, "notice done", &msg::DONE),
            Some(_) => news(html, &visit, "notice", &msg::PARTLY),
            None => {}
        }
        if count == 0 {
            html.leaf("p", &[("class", "lead")], visit.say(&msg::NOTHING));
            html.leaf("p", &[], visit.say(&msg::WHEN));
            return;
        }
        html.leaf("p", &[("class", "lead")], msg::GONE.fill(visit.language(), count, &[]));
        html.leaf("p", &[], visit.say(&msg::LEFT));
        table(html, &visit, &certificates);
        let (number, of) = (page.to_string(), pages.to_string());
        let values = [("page", number.as_str()), ("pages", of.as_str())];
        let place = msg::PAGE_OF.fill(visit.language(), &values);
        pager::write(html, &visit, Room::Erased, page, page < pages, Some(&place));
        html.leaf("p", &[("class", "note")], visit.say(&common::OUT_OF_REACH));
    });
    Ok(Response::html(Status::Ok, html))
}

fn news(html: &mut Html, visit: &Visit, class: &str, message: &Message) {
    html.element("div", &[("class", class), ("role", "status")], |html| {
        html.leaf("p", &[], visit.say(message));
    });
}

fn table(html: &mut Html, visit: &Visit, certificates: &[Certificate]) {
    let heads = [&msg::SESSION, &msg::ERASED_ON, &msg::DUE].map(|head| visit.say(head));
    let rows = |html: &mut Html| {
        for certificate in certificates {
            html.element("tr", &[], |html| {
                html.element("th", &[("scope", "row")], |html| {
                    html.leaf("code", &[], certificate.id.short());
                });
                let erased = visit.when.short_date_time(certificate.erased_at);
                html.leaf("td", &[("data-head", heads[1])], erased);
                html.leaf("td", &[("data-head", heads[2])], due(visit, certificate));
            });
        }
    };
    stack(html, "stack pairs", &heads, |_| {}, rows);
}

/// From when on it had to go, or that it went before.
fn due(visit: &Visit, certificate: &Certificate) -> String {
    match certificate.expiry.parse::<NaiveDate>() {
        Ok(day) if day > visit.when.zone.date(certificate.erased_at) => {
            let day = visit.when.short_date(day);
            msg::BEFORE.fill(visit.language(), &[("day", &day)])
        }
        Ok(day) => visit.when.short_date(day),
        Err(_) => visit.say(&msg::ON_REQUEST).to_owned(),
    }
}
