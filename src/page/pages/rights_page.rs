use super::comparison_page::upload;
use super::failure;
use super::letters_page::written;
use super::nav::NavItem;
use super::overdue_sessions;
use super::page_context::PageContext;
use crate::Site;
use crate::gdpr::{Addressee, GdprRequest, Letter, LetterKind, one_month_deadline};
use crate::html::Html;
use crate::messages::page::rights as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use crate::tally::erased_here;
use temoin_core::law::{Jurisdiction, Profile};
use temoin_core::text::Message;

/// `/rights`: letters, deadlines, comparison with the operator's answer.
pub(crate) fn rights(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    if request.path != "/rights" {
        return Err(request);
    }
    let Ok(ruleset) = (site.ruleset)() else {
        return Ok(failure(site, &request, PageStatus::Unreadable));
    };
    let applicable_rules = ruleset.applicable_rules();
    let now = (site.clock)();
    let context = PageContext::new(site, &request);
    let today = context.when.zone.date(now);
    let read = (site.records)().and_then(|records| {
        let overdue =
            overdue_sessions::reminder(&context, records.as_ref(), applicable_rules, now)?;
        Ok((overdue, erased_here(records.as_ref(), applicable_rules, now)?))
    });
    let Ok((overdue, erased)) = read else {
        return Ok(failure(site, &request, PageStatus::Unreadable));
    };
    let title = context.say(NavItem::Rights.name());
    let html = context.page(Some(NavItem::Rights), title, |html| {
        html.leaf("h1", &[], title);
        html.leaf("p", &[("class", "lead")], context.say(&msg::LEAD));
        let Some(jurisdiction) = applicable_rules.jurisdiction else {
            html.element("div", &[("class", "notice")], |html| {
                html.leaf("p", &[], context.say(&msg::NO_OPERATOR));
                html.element("p", &[], |html| {
                    let href = context.link(NavItem::Settings.path());
                    html.leaf("a", &[("href", &href)], context.say(&msg::CHOOSE));
                });
            });
            return;
        };
        if let Some(kind) = &overdue {
            let profile = applicable_rules.profile;
            let letter = written(&context, kind, profile, jurisdiction, today, erased);
            html.element("section", &[], |html| {
                html.leaf("h2", &[], context.say(&msg::OVERDUE));
                html.leaf("p", &[], context.say(&msg::OVERDUE_WHAT));
                ways(html, &context, applicable_rules.profile, &letter, "erasure");
                reminder(html, &context, &today.to_string(), GdprRequest::Erasure);
            });
        }
        let kind = LetterKind::access(None, &applicable_rules, today);
        let profile = applicable_rules.profile;
        let letter = written(&context, &kind, profile, jurisdiction, today, erased);
        html.element("section", &[], |html| {
            html.leaf("h2", &[], context.say(&msg::ASK));
            html.leaf("p", &[], context.say(&msg::ASK_WHAT));
            if erased > 0 {
                html.leaf("p", &[], msg::ASK_ERASED.fill(context.language(), erased, &[]));
            }
            ways(html, &context, applicable_rules.profile, &letter, "access");
            html.element("div", &[("class", "actions")], |html| period(html, &context));
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], context.say(&msg::WAIT));
            let last = one_month_deadline(today, jurisdiction).last_day;
            let values = [("day", context.when.date(last))];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            html.leaf("p", &[], msg::WAIT_UNTIL.fill(context.language(), &values));
            reminder(html, &context, &today.to_string(), GdprRequest::Access);
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], context.say(&msg::COMPARE));
            html.leaf("p", &[], context.say(&msg::COMPARE_WHAT));
            upload(html, &context, site, &request);
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], context.say(&msg::COMPLAIN));
            html.leaf("p", &[], context.say(authority(jurisdiction)));
            html.element("ul", &[], |html| {
                for (about, message) in [
                    ("no-answer", &msg::NO_ANSWER),
                    ("incomplete", &msg::INCOMPLETE),
                    ("not-erased", &msg::NOT_ERASED),
                ] {
                    html.element("li", &[], |html| {
                        let href = context.link_with("rights/complaint", &[("about", about)]);
                        html.leaf("a", &[("href", &href)], context.say(message));
                    });
                }
            });
        });
        html.leaf("p", &[("class", "note")], context.say(&msg::NOT_ADVICE));
    });
    Ok(PageResponse::html(PageStatus::Ok, html))
}

/// How to send a letter.
fn ways(
    html: &mut Html,
    context: &PageContext,
    profile: Option<&Profile>,
    letter: &Letter,
    name: &'static str,
) {
    html.element("p", &[("class", "actions")], |html| {
        let href = context.link(&format!("rights/{name}"));
        html.leaf("a", &[("class", "button"), ("href", &href)], context.say(&msg::PRINT));
        // A text browser would join them.
        html.text(" ");
        mail(html, context, profile, letter);
        html.text(" ");
        let href = context.link(&format!("rights/{name}.txt"));
        html.leaf("a", &[("class", "touch"), ("href", &href)], context.say(&msg::TEXT));
    });
}

/// A link that opens the letter in the member's mail program, if the operator has an address.
fn mail(html: &mut Html, context: &PageContext, profile: Option<&Profile>, letter: &Letter) {
    let Some(email) = Addressee::of(profile, context.language()).email else { return };
    let to = email.strip_prefix("mailto:").unwrap_or(&email);
    let is_address = to.contains('@') && to.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_address {
        return;
    }
    let encoded = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        // CR LF line ends (RFC 6068, section 5).
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
    html.leaf("a", &[("class", "button plain"), ("href", &href)], context.say(&msg::MAIL));
}

/// The choice of a period for the letter.
fn period(html: &mut Html, context: &PageContext) {
    html.element("details", &[], |html| {
        html.leaf("summary", &[], context.say(&msg::PERIOD));
        let action = context.address("rights/access");
        html.element("form", &[("action", &action)], |html| {
            context.carry_language(html);
            html.element("div", &[("class", "fields")], |html| {
                for (name, label) in [("since", &msg::SINCE), ("until", &msg::UNTIL)] {
                    html.element("div", &[], |html| {
                        html.leaf("label", &[("for", name)], context.say(label));
                        let attributes = [
                            ("type", "date"),
                            ("name", name),
                            ("id", name),
                            ("required", "required"),
                        ];
                        html.void("input", &attributes);
                    });
                }
                html.leaf("button", &[("type", "submit")], context.say(&msg::PRINT));
            });
        });
    });
}

/// The calendar entry.
fn reminder(html: &mut Html, context: &PageContext, today: &str, demand: GdprRequest) {
    let action = context.address("rights/deadline.ics");
    let id = match demand {
        GdprRequest::Access => "received",
        GdprRequest::Erasure => "reminded",
    };
    html.element("form", &[("action", &action)], |html| {
        context.carry_language(html);
        if demand == GdprRequest::Erasure {
            html.void("input", &[("type", "hidden"), ("name", "about"), ("value", "erasure")]);
        }
        html.element("div", &[("class", "fields")], |html| {
            html.element("div", &[], |html| {
                html.leaf("label", &[("for", id)], context.say(&msg::RECEIVED));
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
            html.leaf("button", &attributes, context.say(&msg::CALENDAR));
        });
    });
}

fn authority(jurisdiction: Jurisdiction) -> &'static Message {
    match jurisdiction {
        Jurisdiction::Belgium => &msg::BELGIUM,
        Jurisdiction::France => &msg::FRANCE,
    }
}
