use std::fmt::Write;

use super::failure;
use super::nav::NavItem;
use super::page_context::PageContext;
use super::pager::{self, PER_PAGE};
use super::stacked_table::stack;
use crate::Site;
use crate::html::Html;
use crate::messages::page::sent as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use temoin_core::record::{Call, LedgerEntry, MAX_ENTRIES, RouteKind};
use temoin_core::text::Message;

/// `/sent`: every request that left the box, newest first, and how to verify that there was nothing else.
pub(crate) fn sent(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    if request.path != "/sent" {
        return Err(request);
    }
    let Some(page) = pager::asked(&request) else {
        return Ok(failure(site, &request, PageStatus::BadRequest));
    };
    let read =
        (site.records)().and_then(|records| records.ledger(pager::before(page), PER_PAGE + 1));
    let (Ok(mut entries), Ok(ruleset)) = (read, (site.ruleset)()) else {
        return Ok(failure(site, &request, PageStatus::Unreadable));
    };
    if entries.is_empty() && page > 1 {
        return Ok(failure(site, &request, PageStatus::NotFound));
    }
    let is_last = entries.len() <= usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    entries.truncate(usize::try_from(PER_PAGE).unwrap_or(usize::MAX));
    let context = PageContext::new(site, &request);
    let config = site.actions.config();
    let applicable_rules = ruleset.applicable_rules();
    let operator = applicable_rules.profile.and_then(|profile| profile.sync.as_ref());
    let title = context.say(&msg::TITLE);
    let html = context.page(Some(NavItem::Sent), title, |html| {
        html.leaf("h1", &[], title);
        html.leaf("p", &[("class", "lead")], context.say(&msg::PROMISE));
        let state = match (config.sync, entries.is_empty()) {
            (false, true) => &msg::OFF_NOTHING,
            (false, false) => &msg::OFF_NOW,
            (true, true) => &msg::ON_NOTHING,
            (true, false) => &msg::ON,
        };
        html.leaf("p", &[], context.say(state));
        if !config.sync {
            html.element("p", &[], |html| {
                if operator.is_none() {
                    html.text(context.say(&msg::NOT_OFFERED));
                } else {
                    let href = context.link(NavItem::Settings.path());
                    html.leaf("a", &[("href", &href)], context.say(&msg::TO_SETTINGS));
                }
            });
        }
        html.element("section", &[], |html| {
            html.leaf("h2", &[], context.say(&msg::WHAT_IT_IS));
            html.element("ul", &[], |html| {
                for message in [&msg::ONE_ID, &msg::SIXTY_FOUR, &msg::NEVER_ELSE] {
                    html.leaf("li", &[], context.say(message));
                }
            });
        });
        if !entries.is_empty() {
            html.element("section", &[], |html| {
                html.leaf("h2", &[], context.say(&msg::EVERY));
                html.leaf("p", &[("class", "note")], context.say(&msg::EVERY_WHAT));
                table(html, &context, &entries);
                pager::write(html, &context, NavItem::Sent, page, !is_last, None);
            });
        }
        html.element("section", &[], |html| {
            html.leaf("h2", &[], context.say(&msg::CHECK));
            html.leaf("p", &[], context.say(&msg::CHECK_HOW));
            let host = operator.map_or("vpn.example.org", |sync| host(&sync.url));
            let device = config.devices.first().map_or("tun0", |device| device.as_str());
            html.leaf("pre", &[], format_args!("sudo tcpdump -n -i {device} host {host}"));
            html.leaf("p", &[], context.say(&msg::CHECK_WHAT));
            html.element("p", &[], |html| {
                html.text(context.say(&msg::BEFORE));
                html.text(" ");
                html.leaf("code", &[("class", "command")], "temoin sync --dry-run");
            });
        });
    });
    Ok(PageResponse::html(PageStatus::Ok, html))
}

/// One request, byte for byte.
pub(crate) fn sent_request(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    let Some(number) = request.path.strip_prefix("/sent/").and_then(pager::number) else {
        return Err(request);
    };
    let Ok(entries) = (site.records)().and_then(|records| records.ledger(0, MAX_ENTRIES)) else {
        return Ok(failure(site, &request, PageStatus::Unreadable));
    };
    let found = entries.iter().find(|entry| entry.number.value() == i64::from(number));
    let Some(entry) = found else { return Ok(failure(site, &request, PageStatus::NotFound)) };
    let context = PageContext::new(site, &request);
    let title = context.say(call(entry));
    let html = context.page(Some(NavItem::Sent), title, |html| {
        html.element("p", &[("class", "back")], |html| {
            html.leaf(
                "a",
                &[("href", &context.link(NavItem::Sent.path()))],
                context.say(&msg::BACK),
            );
        });
        html.leaf("h1", &[], title);
        let at = context.when.date_time(entry.sent.at);
        html.leaf("p", &[("class", "lead")], at);
        html.element("dl", &[("class", "facts-list")], |html| {
            html.leaf("dt", &[], context.say(&msg::WAY));
            html.leaf("dd", &[], context.say(way(entry)));
            html.leaf("dt", &[], context.say(&msg::CAME));
            html.leaf("dd", &[], outcome(&context, entry));
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], context.say(&msg::HEAD));
            // Lines end in CR LF; CR is not shown.
            let head = String::from_utf8_lossy(&entry.sent.head).replace("\r\n", "\n");
            html.leaf("pre", &[], head.trim_end());
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], context.say(&msg::BODY));
            html.leaf("p", &[("class", "note")], context.say(&msg::BODY_IS));
            html.leaf("pre", &[], ids(&entry.sent.body));
        });
    });
    Ok(PageResponse::html(PageStatus::Ok, html))
}

/// The IDs in a body, one per line.
fn ids(body: &[u8]) -> String {
    let mut text = String::new();
    for id in body.chunks(32) {
        for byte in id {
            // Writing to a `String` does not fail.
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
    match entry.sent.route {
        RouteKind::Proxy => &msg::BY_PROXY,
        RouteKind::Tunnel => &msg::BY_TUNNEL,
    }
}

fn outcome(context: &PageContext, entry: &LedgerEntry) -> String {
    let Some(outcome) = &entry.outcome else { return context.say(&msg::NOT_KNOWN).to_owned() };
    let Some(answer) = outcome.answer else { return context.say(&msg::NO_ANSWER).to_owned() };
    let (status, size) = (answer.status.to_string(), answer.size.to_string());
    let values = [("status", status.as_str()), ("size", &size)];
    let message = if outcome.failure.is_some() { &msg::USELESS } else { &msg::ANSWERED };
    message.fill(context.language(), &values)
}

fn table(html: &mut Html, context: &PageContext, entries: &[LedgerEntry]) {
    let heads = [&msg::WHEN, &msg::SENT_WHAT, &msg::CAME].map(|head| context.say(head));
    let rows = |html: &mut Html| {
        for entry in entries {
            html.element("tr", &[], |html| {
                html.element("th", &[("scope", "row")], |html| {
                    let href = context.link(&format!("sent/{}", entry.number.value()));
                    let at = context.when.short_date_time(entry.sent.at);
                    html.leaf("a", &[("href", &href)], at);
                });
                html.leaf("td", &[("data-head", heads[1])], context.say(call(entry)));
                html.leaf("td", &[("data-head", heads[2])], outcome(context, entry));
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
