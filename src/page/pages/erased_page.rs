use chrono::NaiveDate;

use super::failure;
use super::nav::NavItem;
use super::page_context::PageContext;
use super::pager::{self, PER_PAGE};
use super::stacked_table::stack;
use crate::Site;
use crate::html::Html;
use crate::messages::common;
use crate::messages::page::erased as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use temoin_core::record::ErasureCertificate;
use temoin_core::text::Message;

/// `/erased`: the certificates of erasure, newest first.
pub(crate) fn erased(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    if request.path != "/erased" {
        return Err(request);
    }
    let Some(page) = pager::asked(&request) else {
        return Ok(failure(site, &request, PageStatus::BadRequest));
    };
    let read = (site.records)().and_then(|records| {
        let certificates = records.certificates(pager::before(page), PER_PAGE)?;
        Ok((records.erased()?, certificates))
    });
    let Ok((count, certificates)) = read else {
        return Ok(failure(site, &request, PageStatus::Unreadable));
    };
    let pages = u32::try_from(count.div_ceil(PER_PAGE.into()).max(1)).unwrap_or(u32::MAX);
    if page > pages {
        return Ok(failure(site, &request, PageStatus::NotFound));
    }
    let context = PageContext::new(site, &request);
    let title = context.say(&msg::TITLE);
    let html = context.page(Some(NavItem::Erased), title, |html| {
        html.leaf("h1", &[], title);
        match request.value("done") {
            Some("1") => news(html, &context, "notice done", &msg::DONE),
            Some(_) => news(html, &context, "notice", &msg::PARTLY),
            None => {}
        }
        if count == 0 {
            html.leaf("p", &[("class", "lead")], context.say(&msg::NOTHING));
            html.leaf("p", &[], context.say(&msg::WHEN));
            return;
        }
        html.leaf("p", &[("class", "lead")], msg::GONE.fill(context.language(), count, &[]));
        html.leaf("p", &[], context.say(&msg::LEFT));
        table(html, &context, &certificates);
        let (number, of) = (page.to_string(), pages.to_string());
        let values = [("page", number.as_str()), ("pages", of.as_str())];
        let place = msg::PAGE_OF.fill(context.language(), &values);
        pager::write(html, &context, NavItem::Erased, page, page < pages, Some(&place));
        html.leaf("p", &[("class", "note")], context.say(&common::OUT_OF_REACH));
    });
    Ok(PageResponse::html(PageStatus::Ok, html))
}

fn news(html: &mut Html, context: &PageContext, class: &str, message: &Message) {
    html.element("div", &[("class", class), ("role", "status")], |html| {
        html.leaf("p", &[], context.say(message));
    });
}

fn table(html: &mut Html, context: &PageContext, certificates: &[ErasureCertificate]) {
    let heads = [&msg::SESSION, &msg::ERASED_ON, &msg::DUE].map(|head| context.say(head));
    let rows = |html: &mut Html| {
        for certificate in certificates {
            html.element("tr", &[], |html| {
                html.element("th", &[("scope", "row")], |html| {
                    html.leaf("code", &[], certificate.id.short());
                });
                let erased = context.when.short_date_time(certificate.erased_at);
                html.leaf("td", &[("data-head", heads[1])], erased);
                html.leaf("td", &[("data-head", heads[2])], due(context, certificate));
            });
        }
    };
    stack(html, "stack pairs", &heads, |_| {}, rows);
}

/// When it was due, or that it was erased early.
fn due(context: &PageContext, certificate: &ErasureCertificate) -> String {
    match certificate.expiry.parse::<NaiveDate>() {
        Ok(day) if day > context.when.zone.date(certificate.erased_at) => {
            let day = context.when.short_date(day);
            msg::BEFORE.fill(context.language(), &[("day", &day)])
        }
        Ok(day) => context.when.short_date(day),
        Err(_) => context.say(&msg::ON_REQUEST).to_owned(),
    }
}
