use super::comparison::upload;
use super::failure;
use super::layout::Visit;
use super::letters::written;
use super::overdue;
use super::rooms::Room;
use crate::i18n::Message;
use crate::messages::page::rights as msg;
use crate::retention::{Jurisdiction, Profile};
use crate::rights::{Addressee, Demand, Letter, LetterKind, one_month_deadline};
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// What the member can demand: letters, deadlines, comparison with the operator's answer.
pub(in crate::web) fn rights(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/rights" {
        return Err(request);
    }
    let Ok(book) = (site.book)() else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    let rulebook = book.rulebook();
    let now = (site.clock)();
    let visit = Visit::new(site, &request);
    let today = visit.when.zone.date(now);
    let read = (site.records)()
        .and_then(|records| overdue::reminder(&visit, records.as_ref(), rulebook, now));
    let Ok(overdue) = read else { return Ok(failure(site, &request, Status::Unreadable)) };
    let title = visit.say(Room::Rights.name());
    let html = visit.page(Some(Room::Rights), title, |html| {
        html.leaf("h1", &[], title);
        html.leaf("p", &[("class", "lead")], visit.say(&msg::LEAD));
        let Some(jurisdiction) = rulebook.jurisdiction else {
            html.element("div", &[("class", "notice")], |html| {
                html.leaf("p", &[], visit.say(&msg::NO_OPERATOR));
                html.element("p", &[], |html| {
                    let href = visit.link(Room::Settings.path());
                    html.leaf("a", &[("href", &href)], visit.say(&msg::CHOOSE));
                });
            });
            return;
        };
        if let Some(kind) = &overdue {
            let letter = written(&visit, kind, rulebook.profile, jurisdiction, today);
            html.element("section", &[], |html| {
                html.leaf("h2", &[], visit.say(&msg::OVERDUE));
                html.leaf("p", &[], visit.say(&msg::OVERDUE_WHAT));
                ways(html, &visit, rulebook.profile, &letter, "erasure");
                reminder(html, &visit, &today.to_string(), Demand::Erasure);
            });
        }
        let kind = LetterKind::access(None, &rulebook, today);
        let letter = written(&visit, &kind, rulebook.profile, jurisdiction, today);
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&msg::ASK));
            html.leaf("p", &[], visit.say(&msg::ASK_WHAT));
            ways(html, &visit, rulebook.profile, &letter, "access");
            html.element("div", &[("class", "actions")], |html| period(html, &visit));
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&msg::WAIT));
            let last = one_month_deadline(today, jurisdiction).last_day;
            let values = [("day", visit.when.date(last))];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            html.leaf("p", &[], msg::WAIT_UNTIL.fill(visit.language(), &values));
            reminder(html, &visit, &today.to_string(), Demand::Access);
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&msg::COMPARE));
            html.leaf("p", &[], visit.say(&msg::COMPARE_WHAT));
            upload(html, &visit, site, &request);
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&msg::COMPLAIN));
            html.leaf("p", &[], visit.say(authority(jurisdiction)));
            html.element("ul", &[], |html| {
                for (about, message) in [
                    ("no-answer", &msg::NO_ANSWER),
                    ("incomplete", &msg::INCOMPLETE),
                    ("not-erased", &msg::NOT_ERASED),
                ] {
                    html.element("li", &[], |html| {
                        let href = visit.link_with("rights/complaint", &[("about", about)]);
                        html.leaf("a", &[("href", &href)], visit.say(message));
                    });
                }
            });
        });
        html.leaf("p", &[("class", "note")], visit.say(&msg::NOT_ADVICE));
    });
    Ok(Response::html(Status::Ok, html))
}

/// The ways by which a letter is sent.
fn ways(
    html: &mut Html,
    visit: &Visit,
    profile: Option<&Profile>,
    letter: &Letter,
    name: &'static str,
) {
    html.element("p", &[("class", "actions")], |html| {
        let href = visit.link(&format!("rights/{name}"));
        html.leaf("a", &[("class", "button"), ("href", &href)], visit.say(&msg::PRINT));
        // A text browser would write them as one word.
        html.text(" ");
        mail(html, visit, profile, letter);
        html.text(" ");
        let href = visit.link(&format!("rights/{name}.txt"));
        html.leaf("a", &[("class", "touch"), ("href", &href)], visit.say(&msg::TEXT));
    });
}

/// A link that opens the letter in the member's own mail program, where the operator has an address.
fn mail(html: &mut Html, visit: &Visit, profile: Option<&Profile>, letter: &Letter) {
    let Some(email) = Addressee::of(profile, visit.language()).email else { return };
    let to = email.strip_prefix("mailto:").unwrap_or(&email);
    let is_address = to.contains('@') && to.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_address {
        return;
    }
    let encoded = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        // Lines end by CR and LF there (RFC 6068, section 5).
        text.replace('\n', "\r\n").bytes().fold(String::new(), |mut encoded, byte| {
            if plain(byte) {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02X}"));
            }
            encoded
        })
    };
    let to = encoded(to).replacen("%40", "@", 1);
    let (subject, body) = (encoded(letter.subject()), encoded(&letter.to_text()));
    let href = format!("mailto:{to}?subject={subject}&body={body}");
    html.leaf("a", &[("class", "button plain"), ("href", &href)], visit.say(&msg::MAIL));
}

/// The choice of a period for the letter.
fn period(html: &mut Html, visit: &Visit) {
    html.element("details", &[], |html| {
        html.leaf("summary", &[], visit.say(&msg::PERIOD));
        let action = visit.address("rights/access");
        html.element("form", &[("action", &action)], |html| {
            visit.carry_language(html);
            html.element("div", &[("class", "fields")], |html| {
                for (name, label) in [("since", &msg::SINCE), ("until", &msg::UNTIL)] {
                    html.element("div", &[], |html| {
                        html.leaf("label", &[("for", name)], visit.say(label));
                        let attributes = [
                            ("type", "date"),
                            ("name", name),
                            ("id", name),
                            ("required", "required"),
                        ];
                        html.void("input", &attributes);
                    });
                }
                html.leaf("button", &[("type", "submit")], visit.say(&msg::PRINT));
            });
        });
    });
}

/// The entry for a calendar.
fn reminder(html: &mut Html, visit: &Visit, today: &str, demand: Demand) {
    let action = visit.address("rights/deadline.ics");
    let id = match demand {
        Demand::Access => "received",
        Demand::Erasure => "reminded",
    };
    html.element("form", &[("action", &action)], |html| {
        visit.carry_language(html);
        if demand == Demand::Erasure {
            html.void("input", &[("type", "hidden"), ("name", "about"), ("value", "erasure")]);
        }
        html.element("div", &[("class", "fields")], |html| {
            html.element("div", &[], |html| {
                html.leaf("label", &[("for", id)], visit.say(&msg::RECEIVED));
                let attributes = [
                    ("type", "date"),
                    ("name", "received"),
                    ("id", id),
                    ("value", today),
                    ("required", "required"),
                ];
                html.void("input", &attributes);
            });
            let attributes = [("type", "submit"), ("class", "plain")];
            html.leaf("button", &attributes, visit.say(&msg::CALENDAR));
        });
    });
}

fn authority(jurisdiction: Jurisdiction) -> &'static Message {
    match jurisdiction {
        Jurisdiction::Belgium => &msg::BELGIUM,
        Jurisdiction::France => &msg::FRANCE,
    }
}
