use super::answers::answers;
use super::fact::fact;
use super::failure;
use super::layout::Visit;
use super::length::Length;
use super::receipt::lead_to_receipt;
use super::rooms::Room;
use super::sessions::day;
use crate::domain::{Field, IdPrefix, Session, Source, Timestamp};
use crate::holding::{Holding, Seen, Signed, Told};
use crate::i18n::vocabulary::{self, State};
use crate::messages::page::session as msg;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::{Book, Site, Unreadable};

/// The page of one session, with everything that is recorded of it.
pub(in crate::web) fn session(site: &Site, request: Request) -> Result<Response, Request> {
    let Some(digits) = request.path.strip_prefix("/session/") else { return Err(request) };
    let Ok(prefix) = digits.parse::<IdPrefix>() else { return Err(request) };
    Ok(match read(site, &prefix) {
        Ok(Some(contents)) => {
            let visit = Visit::new(site, &request);
            Response::html(Status::Ok, write(&visit, &contents))
        }
        Ok(None) => failure(site, &request, Status::NotFound),
        Err(_) => failure(site, &request, Status::Unreadable),
    })
}

/// A session with what it is held against and what the operator has signed about it, as of now.
struct Contents {
    book: Box<dyn Book>,
    session: Session,
    signed: Signed,
    now: Timestamp,
}

/// The one session whose ID begins so. With several, the address is as good as none: no link of ours
/// is that short.
fn read(site: &Site, prefix: &IdPrefix) -> Result<Option<Contents>, Unreadable> {
    let records = (site.records)()?;
    let mut found = records.find(prefix)?;
    let (Some(session), true) = (found.pop(), found.is_empty()) else { return Ok(None) };
    let book = (site.book)()?;
    let now = (site.clock)();
    let signed = records.signed(&session, book.rulebook(), book.asks_operator(), now)?;
    Ok(Some(Contents { book, session, signed, now }))
}

/// The word for a session's state, in its colour.
pub(super) fn badge(html: &mut Html, visit: &Visit, state: State) {
    let class = match state {
        State::Closed => "badge closed",
        State::Open => "badge open",
    };
    html.leaf("span", &[("class", class)], visit.say(vocabulary::state(state)));
}

fn write(visit: &Visit, contents: &Contents) -> String {
    let Contents { book, session, signed, now } = contents;
    let title = match day(session, visit) {
        Some(day) => msg::TITLE.fill(visit.language(), &[("date", &visit.when.date(day))]),
        None => visit.say(&msg::TITLE_UNDATED).to_owned(),
    };
    let holding = Holding::of(session, book.rulebook(), *now).with_signed(signed.clone());
    let told = holding.told(visit.when);
    visit.page(Some(Room::Sessions), &title, |html| {
        html.element("p", &[("class", "back")], |html| {
            let href = visit.link(Room::Sessions.path());
            html.leaf("a", &[("class", "touch"), ("href", &href)], visit.say(&msg::BACK));
        });
        html.leaf("h1", &[], &title);
        html.element("p", &[("class", "lead")], |html| {
            badge(html, visit, State::of(session));
            html.text(" ");
            let length = Length::of(session, *now).written(&visit.when);
            html.text(msg::LENGTH.fill(visit.language(), &[("length", &length)]));
        });
        html.element("dl", &[("class", "facts-list")], |html| {
            for field in
                [Field::SessionStart, Field::SessionEnd, Field::OriginAddress, Field::AssignedIpv4]
            {
                html.leaf("dt", &[], visit.say(vocabulary::field(field)));
                html.element("dd", &[], |html| fact(html, visit, field, &Seen::of(field, session)));
            }
        });
        short(html, visit, &told);
        who(html, visit, &told);
        answers(html, visit, session, &told);
        ending(html, visit, session);
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&msg::COVERAGE));
            html.leaf("p", &[], visit.say(vocabulary::coverage(session.coverage)));
        });
        sources(html, visit, session);
        lead_to_receipt(html, visit, session, signed);
        identifier(html, visit, session);
        if session.end.is_some() {
            html.element("p", &[("class", "actions")], |html| {
                let href = visit.link(&format!("session/{}/erase", session.id));
                let attributes = [("class", "button danger"), ("href", href.as_str())];
                html.leaf("a", &attributes, visit.say(&msg::ERASE));
            });
        }
    })
}

/// What is held until when, in short.
fn short(html: &mut Html, visit: &Visit, told: &Told) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&msg::IN_SHORT));
        html.element("dl", &[("class", "facts-list")], |html| {
            for labelled in told.short.chunk_by(|one, other| one.0 == other.0) {
                html.leaf("dt", &[], labelled[0].0);
                html.element("dd", &[], |html| {
                    for (_, text) in labelled {
                        html.leaf("p", &[], text);
                    }
                });
            }
        });
    });
}

fn who(html: &mut Html, visit: &Visit, told: &Told) {
    if told.who.is_empty() && !told.who_is_open {
        return;
    }
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&msg::WHO));
        for obtaining in &told.who {
            html.leaf("h3", &[], &obtaining.fields);
            html.element("ul", &[], |html| {
                for who in &obtaining.who {
                    html.leaf("li", &[], who);
                }
            });
            if !obtaining.note.is_empty() {
                html.leaf("p", &[], &obtaining.note);
            }
            html.leaf("p", &[("class", "note")], obtaining.sources.join(" · "));
        }
        if told.who_is_open {
            html.leaf("p", &[("class", "note")], visit.say(&msg::WHO_OPEN));
        }
        html.element("p", &[], |html| {
            let href = visit.link(Room::Ask.path());
            html.leaf("a", &[("href", &href)], visit.say(&msg::WHO_HOW));
        });
    });
}

fn ending(html: &mut Html, visit: &Visit, session: &Session) {
    let Some(end) = &session.end else { return };
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&msg::ENDING));
        html.element("div", &[("class", "pair")], |html| {
            html.element("div", &[("class", "card")], |html| {
                html.leaf("h3", &[], visit.say(&msg::SEEN_HERE));
                html.leaf("p", &[], visit.say(vocabulary::end_reason(end.reason)));
            });
            html.element("div", &[("class", "card inference")], |html| {
                html.leaf("h3", &[], visit.say(&msg::SEEN_THERE));
                let view = vocabulary::operator_end(end.reason.operator_view());
                html.leaf("p", &[], visit.say(view));
                html.leaf("p", &[("class", "note")], visit.say(&msg::INFERENCE));
            });
        });
    });
}

/// What stands behind the short words for sources: only those that occur on the page.
fn sources(html: &mut Html, visit: &Visit, session: &Session) {
    let occurring: Vec<Source> =
        Field::ALL.into_iter().filter_map(|field| Seen::of(field, session).source()).collect();
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&msg::SOURCES));
        html.element("dl", &[], |html| {
            for source in Source::ALL {
                if occurring.contains(&source) {
                    html.leaf("dt", &[], visit.say(vocabulary::source(source)));
                    html.leaf("dd", &[], visit.say(vocabulary::source_explained(source)));
                }
            }
        });
    });
}

fn identifier(html: &mut Html, visit: &Visit, session: &Session) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&msg::IDENTIFIER));
        html.leaf("p", &[], visit.say(&msg::IDENTIFIER_WHAT));
        html.element("p", &[], |html| html.leaf("code", &[("class", "id")], session.id));
        html.leaf("h3", &[], visit.say(&msg::ALSO));
        html.element("ul", &[], |html| {
            html.element("li", &[], |html| {
                html.text(visit.say(&msg::DEVICE));
                html.text(" ");
                html.leaf("code", &[], &session.device);
            });
            if let Some(seen) = session.last_seen {
                let at = visit.when.date_time(seen);
                html.leaf("li", &[], msg::LAST_SEEN.fill(visit.language(), &[("at", &at)]));
            }
            html.leaf("li", &[], visit.say(&msg::CLOCKS));
        });
    });
}
