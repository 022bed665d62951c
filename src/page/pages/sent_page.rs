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
use crate::render::words;
use temoin_core::record::{Call, Departure, LedgerEntry, MAX_ENTRIES, RouteKind};
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
        let (tried, left): (Vec<_>, Vec<_>) = tries(&entries)
            .into_iter()
            .partition(|tries| tries[0].departure() == Departure::NotSent);
        let state = match (config.sync, left.is_empty()) {
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
        if !left.is_empty() {
            html.element("section", &[], |html| {
                html.leaf("h2", &[], context.say(&msg::EVERY));
                html.leaf("p", &[("class", "note")], context.say(&msg::EVERY_WHAT));
                table(html, &context, [&msg::WHEN, &msg::SENT_WHAT, &msg::CAME], &left);
            });
        }
        if !tried.is_empty() {
            html.element("section", &[], |html| {
                html.leaf("h2", &[], context.say(&msg::TRIED));
                html.leaf("p", &[("class", "note")], context.say(&msg::TRIED_WHAT));
                table(html, &context, [&msg::TRIED_WHEN, &msg::SENT_WHAT, &msg::WHY_NOT], &tried);
            });
        }
        if !entries.is_empty() {
            pager::write(html, &context, NavItem::Sent, page, !is_last, None);
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
            if entry.sent.body.is_empty() {
                html.leaf("p", &[], context.say(&msg::BODY_LOST));
                return;
            }
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
    let failure = entry.outcome.as_ref().and_then(|outcome| outcome.failure.as_deref());
    let why = match failure {
        Some(name) => words::failure(name).map_or(name, |known| context.say(known)),
        None => context.say(&msg::CUT_OFF),
    };
    let Some(outcome) = &entry.outcome else {
        return msg::MAY_HAVE_LEFT.fill(context.language(), &[("why", why)]);
    };
    let Some(answer) = outcome.answer else {
        return match entry.departure() {
            Departure::NotSent => words::sentence_start(why),
            Departure::Sent => context.say(&msg::NO_ANSWER).to_owned(),
            Departure::Unknown => msg::MAY_HAVE_LEFT.fill(context.language(), &[("why", why)]),
        };
    };
    let (status, size) = (answer.status.to_string(), answer.size.to_string());
    let values = [("status", status.as_str()), ("size", &size)];
    let message = if outcome.failure.is_some() { &msg::USELESS } else { &msg::ANSWERED };
    message.fill(context.language(), &values)
}

/// The requests, newest first, those together that ask the same and fared the same one after another.
fn tries(entries: &[LedgerEntry]) -> Vec<&[LedgerEntry]> {
    let failure = |entry: &LedgerEntry| {
        let outcome = entry.outcome.as_ref().filter(|outcome| outcome.answer.is_none());
        outcome.and_then(|outcome| outcome.failure.clone())
    };
    let is_same = |one: &LedgerEntry, other: &LedgerEntry| {
        (one.sent.call, &one.sent.body) == (other.sent.call, &other.sent.body)
            && failure(one).is_some()
            && failure(one) == failure(other)
    };
    entries.chunk_by(is_same).collect()
}

fn table(html: &mut Html, context: &PageContext, heads: [&Message; 3], tries: &[&[LedgerEntry]]) {
    let heads = heads.map(|head| context.say(head));
    let rows = |html: &mut Html| {
        for tries in tries {
            let (Some(entry), Some(first)) = (tries.first(), tries.last()) else { continue };
            html.element("tr", &[], |html| {
                html.element("th", &[("scope", "row")], |html| {
                    let href = context.link(&format!("sent/{}", entry.number.value()));
                    let at = context.when.short_date_time(entry.sent.at);
                    html.leaf("a", &[("href", &href)], &at);
                    if tries.len() > 1 {
                        let first = context.when.short_date_time(first.sent.at);
                        let values = [("first", first.as_str()), ("last", &at)];
                        let count = u64::try_from(tries.len()).unwrap_or(u64::MAX);
                        html.text(" · ");
                        html.text(msg::TRIES.fill(context.language(), count, &values));
                    }
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
    use super::{Call, LedgerEntry, RouteKind, host, ids, tries};
    use temoin_core::record::{CallResult, Departure, EntryNumber, ResponseSummary, SentRequest};
    use temoin_core::session::Timestamp;

    fn entry(number: i64, body: u8, failure: Option<&str>, is_answered: bool) -> LedgerEntry {
        let answer = ResponseSummary { status: 200, size: 3, digest: [0; 32] };
        LedgerEntry {
            number: EntryNumber::new(number),
            sent: SentRequest {
                at: Timestamp::EPOCH,
                call: Call::Register,
                route: RouteKind::Tunnel,
                is_manual: false,
                head: Vec::new(),
                body: vec![body; 32],
            },
            outcome: Some(CallResult {
                at: Timestamp::EPOCH,
                answer: is_answered.then_some(answer),
                failure: failure.map(str::to_owned),
            }),
        }
    }

    #[test]
    fn what_never_left_is_told_from_what_did_and_from_what_may_have() {
        let departure = |failure, is_answered| entry(1, 1, failure, is_answered).departure();
        for name in ["not-through-tunnel", "unreachable", "unresolved", "untrusted", "proxy"] {
            assert_eq!(departure(Some(name), false), Departure::NotSent, "{name}");
        }
        assert_eq!(departure(Some("timed-out"), false), Departure::Unknown);
        for (failure, is_answered) in
            [(None, true), (Some("not-now"), true), (Some("malformed"), false)]
        {
            assert_eq!(departure(failure, is_answered), Departure::Sent, "{failure:?}");
        }
        let cut_off = LedgerEntry { outcome: None, ..entry(1, 1, None, true) };
        assert_eq!(cut_off.departure(), Departure::Unknown);
    }

    #[test]
    fn the_tries_of_one_question_are_one_line() {
        let gone = Some("not-through-tunnel");
        let entries = [
            entry(7, 2, None, true),
            entry(6, 1, gone, false),
            entry(5, 1, gone, false),
            entry(4, 1, Some("timed-out"), false),
            entry(3, 1, gone, false),
            entry(2, 3, None, true),
            entry(1, 3, None, true),
        ];
        let lengths: Vec<usize> = tries(&entries).iter().map(|tries| tries.len()).collect();
        assert_eq!(lengths, [1, 2, 1, 1, 1, 1]);
    }

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
