use std::fmt::Write;

use super::failure;
use super::layout::Visit;
use super::pager::{self, PER_PAGE};
use super::rooms::Room;
use super::stack::stack;
use crate::i18n::Message;
use crate::journal::{Call, LedgerEntry, MOST_ENTRIES, Way};
use crate::messages::page::sent as msg;
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// What left the box: every request, newest first, and how to see that there was nothing else.
pub(in crate::web) fn sent(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/sent" {
        return Err(request);
    }
    let Some(page) = pager::asked(&request) else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let read =
        (site.records)().and_then(|records| records.ledger(pager::before(page), PER_PAGE + 1));
    let (Ok(mut entries), Ok(book)) = (read, (site.book)()) else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    if entries.is_empty() && page > 1 {
        return Ok(failure(site, &request, Status::NotFound));
    }
    let is_last = entries.len() <= usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    entries.truncate(usize::try_from(PER_PAGE).unwrap_or(usize::MAX));
    let visit = Visit::new(site, &request);
    let config = site.office.config();
    let rulebook = book.rulebook();
    let operator = rulebook.profile.and_then(|profile| profile.sync.as_ref());
    let title = visit.say(&msg::TITLE);
    let html = visit.page(Some(Room::Sent), title, |html| {
        html.leaf("h1", &[], title);
        html.leaf("p", &[("class", "lead")], visit.say(&msg::PROMISE));
        let state = match (config.sync, entries.is_empty()) {
            (false, true) => &msg::OFF_NOTHING,
            (false, false) => &msg::OFF_NOW,
            (true, true) => &msg::ON_NOTHING,
            (true, false) => &msg::ON,
        };
        html.leaf("p", &[], visit.say(state));
        if !config.sync {
            html.element("p", &[], |html| {
                if operator.is_none() {
                    html.text(visit.say(&msg::NOT_OFFERED));
                } else {
                    let href = visit.link(Room::Settings.path());
                    html.leaf("a", &[("href", &href)], visit.say(&msg::TO_SETTINGS));
                }
            });
        }
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&msg::WHAT_IT_IS));
            html.element("ul", &[], |html| {
                for message in [&msg::ONE_ID, &msg::SIXTY_FOUR, &msg::NEVER_ELSE] {
                    html.leaf("li", &[], visit.say(message));
                }
            });
        });
        if !entries.is_empty() {
            html.element("section", &[], |html| {
                html.leaf("h2", &[], visit.say(&msg::EVERY));
                html.leaf("p", &[("class", "note")], visit.say(&msg::EVERY_WHAT));
                table(html, &visit, &entries);
                pager::write(html, &visit, Room::Sent, page, !is_last, None);
            });
        }
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&msg::CHECK));
            html.leaf("p", &[], visit.say(&msg::CHECK_HOW));
            let host = operator.map_or("vpn.example.org", |sync| host(&sync.url));
            let device = config.devices.first().map_or("tun0", |device| device.as_str());
            html.leaf("pre", &[], format_args!("sudo tcpdump -n -i {device} host {host}"));
            html.leaf("p", &[], visit.say(&msg::CHECK_WHAT));
            html.element("p", &[], |html| {
                html.text(visit.say(&msg::BEFORE));
                html.text(" ");
                html.leaf("code", &[("class", "command")], "temoin sync --dry-run");
            });
        });
    });
    Ok(Response::html(Status::Ok, html))
}

/// One request, byte for byte.
pub(in crate::web) fn sent_request(site: &Site, request: Request) -> Result<Response, Request> {
    let Some(number) = request.path.strip_prefix("/sent/").and_then(pager::number) else {
        return Err(request);
    };
    let Ok(entries) = (site.records)().and_then(|records| records.ledger(0, MOST_ENTRIES)) else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    let found = entries.iter().find(|entry| entry.number.value() == i64::from(number));
    let Some(entry) = found else { return Ok(failure(site, &request, Status::NotFound)) };
    let visit = Visit::new(site, &request);
    let title = visit.say(call(entry));
    let html = visit.page(Some(Room::Sent), title, |html| {
        html.element("p", &[("class", "back")], |html| {
            html.leaf("a", &[("href", &visit.link(Room::Sent.path()))], visit.say(&msg::BACK));
        });
        html.leaf("h1", &[], title);
        let at = visit.when.date_time(entry.sent.at);
        html.leaf("p", &[("class", "lead")], at);
        html.element("dl", &[("class", "facts-list")], |html| {
            html.leaf("dt", &[], visit.say(&msg::WAY));
            html.leaf("dd", &[], visit.say(way(entry)));
            html.leaf("dt", &[], visit.say(&msg::CAME));
            html.leaf("dd", &[], outcome(&visit, entry));
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&msg::HEAD));
            // Its lines end by CR and LF; of the former there is nothing to see.
            let head = String::from_utf8_lossy(&entry.sent.head).replace("\r\n", "\n");
            html.leaf("pre", &[], head.trim_end());
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&msg::BODY));
            html.leaf("p", &[("class", "note")], visit.say(&msg::BODY_IS));
            html.leaf("pre", &[], ids(&entry.sent.body));
        });
    });
    Ok(Response::html(Status::Ok, html))
}

/// A body as its IDs, one a line.
fn ids(body: &[u8]) -> String {
    let mut text = String::new();
    for id in body.chunks(32) {
        for byte in id {
            // A `String` takes everything.
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    text
}

/// The host in an address.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn call(entry: &LedgerEntry) -> &'static Message {
    match entry.sent.call {
        Call::Register => &msg::REGISTER,
        Call::Status => &msg::STATUS,
    }
}

fn way(entry: &LedgerEntry) -> &'static Message {
    match entry.sent.way {
        Way::Proxy => &msg::BY_PROXY,
        Way::Tunnel => &msg::BY_TUNNEL,
    }
}

fn outcome(visit: &Visit, entry: &LedgerEntry) -> String {
    let Some(outcome) = &entry.outcome else { return visit.say(&msg::NOT_KNOWN).to_owned() };
    let Some(answer) = outcome.answer else { return visit.say(&msg::NO_ANSWER).to_owned() };
    let (status, size) = (answer.status.to_string(), answer.size.to_string());
    let values = [("status", status.as_str()), ("size", &size)];
    let message = if outcome.failure.is_some() { &msg::USELESS } else { &msg::ANSWERED };
    message.fill(visit.language(), &values)
}

fn table(html: &mut Html, visit: &Visit, entries: &[LedgerEntry]) {
    let heads = [&msg::WHEN, &msg::SENT_WHAT, &msg::CAME].map(|head| visit.say(head));
    let rows = |html: &mut Html| {
        for entry in entries {
            html.element("tr", &[], |html| {
                html.element("th", &[("scope", "row")], |html| {
                    let href = visit.link(&format!("sent/{}", entry.number.value()));
                    let at = visit.when.short_date_time(entry.sent.at);
                    html.leaf("a", &[("href", &href)], at);
                });
                html.leaf("td", &[("data-head", heads[1])], visit.say(call(entry)));
                html.leaf("td", &[("data-head", heads[2])], outcome(visit, entry));
            });
        }
    };
    stack(html, "stack brief", &heads, |_| {}, rows);
}

#[cfg(test)]
mod tests {
    use super::{host, ids};

    #[test]
    fn a_body_is_shown_as_its_ids() {
        let body = [[0xab; 32], [0; 32]].concat();
        assert_eq!(ids(&body), format!("{}\n{}\n", "ab".repeat(32), "0".repeat(64)));
        assert_eq!(ids(&[]), "");
    }

    #[test]
    fn the_host_of_an_address_is_found() {
        for (address, found) in [
            ("https://op.example.org/temoin", "op.example.org"),
            ("https://op.example.org:8443", "op.example.org"),
            ("https://[2001:db8::1]/x", "[2001:db8::1]"),
            ("x", "x"),
        ] {
            assert_eq!(host(address), found);
        }
    }
}
