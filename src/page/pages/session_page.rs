use super::field_answers::answers;
use super::field_value::fact;
use super::nav::NavItem;
use super::page_context::PageContext;
use super::receipt_download::lead_to_receipt;
use super::session_duration::SessionDuration;
use super::sessions_page::day;
use super::{failure, state_badge};
use crate::html::Html;
use crate::messages::page::session as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use crate::render::AssessmentView;
use crate::render::words::{self, SessionState};
use crate::{PageRuleset, RecordsError, Site};
use temoin_core::assessment::{Assessment, ObservedField, SignedStatus};
use temoin_core::session::{Field, IdPrefix, Session, Source, Timestamp};

/// `/session/ID`: everything that is recorded of a session.
pub(crate) fn session(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    let Some(digits) = request.path.strip_prefix("/session/") else { return Err(request) };
    let Ok(prefix) = digits.parse::<IdPrefix>() else { return Err(request) };
    Ok(match read(site, &prefix) {
        Ok(Some(contents)) => {
            let context = PageContext::new(site, &request);
            PageResponse::html(PageStatus::Ok, write(&context, &contents))
        }
        Ok(None) => failure(site, &request, PageStatus::NotFound),
        Err(_) => failure(site, &request, PageStatus::Unreadable),
    })
}

/// A session with the rules that apply and the operator's receipts, as of now.
struct SessionView {
    ruleset: Box<dyn PageRuleset>,
    session: Session,
    signed: SignedStatus,
    now: Timestamp,
}

/// The session whose ID has this prefix; not found if ambiguous: our links use longer ones.
fn read(site: &Site, prefix: &IdPrefix) -> Result<Option<SessionView>, RecordsError> {
    let records = (site.records)()?;
    let mut found = records.find(prefix)?;
    let (Some(session), true) = (found.pop(), found.is_empty()) else { return Ok(None) };
    let ruleset = (site.ruleset)()?;
    let now = (site.clock)();
    let signed =
        records.signed(&session, ruleset.applicable_rules(), ruleset.asks_operator(), now)?;
    Ok(Some(SessionView { ruleset, session, signed, now }))
}

fn write(context: &PageContext, contents: &SessionView) -> String {
    let SessionView { ruleset, session, signed, now } = contents;
    let title = match day(session, context) {
        Some(day) => msg::TITLE.fill(context.language(), &[("date", &context.when.date(day))]),
        None => context.say(&msg::TITLE_UNDATED).to_owned(),
    };
    let holding =
        Assessment::of(session, ruleset.applicable_rules(), *now).with_signed(signed.clone());
    let view = AssessmentView::of(&holding, context.when);
    context.page(Some(NavItem::Sessions), &title, |html| {
        html.element("p", &[("class", "back")], |html| {
            let href = context.link(NavItem::Sessions.path());
            html.leaf("a", &[("class", "touch"), ("href", &href)], context.say(&msg::BACK));
        });
        html.leaf("h1", &[], &title);
        html.element("p", &[("class", "lead")], |html| {
            state_badge::badge(html, context, SessionState::of(session));
            html.text(" ");
            let length = SessionDuration::of(session, *now).written(&context.when);
            html.text(msg::LENGTH.fill(context.language(), &[("length", &length)]));
        });
        html.element("dl", &[("class", "facts-list")], |html| {
            for field in
                [Field::SessionStart, Field::SessionEnd, Field::OriginAddress, Field::AssignedIpv4]
            {
                html.leaf("dt", &[], context.say(words::field(field)));
                html.element("dd", &[], |html| {
                    fact(html, context, field, &ObservedField::of(field, session));
                });
            }
        });
        short(html, context, &view);
        who(html, context, &view);
        answers(html, context, session, &view);
        ending(html, context, session);
        html.element("section", &[], |html| {
            html.leaf("h2", &[], context.say(&msg::COVERAGE));
            html.leaf("p", &[], context.say(words::coverage(session.coverage)));
        });
        sources(html, context, session);
        lead_to_receipt(html, context, session, signed);
        identifier(html, context, session);
        if session.end.is_some() {
            html.element("p", &[("class", "actions")], |html| {
                let href = context.link(&format!("session/{}/erase", session.id));
                let attributes = [("class", "button danger"), ("href", href.as_str())];
                html.leaf("a", &attributes, context.say(&msg::ERASE));
            });
        }
    })
}

/// A summary of what is held until when.
fn short(html: &mut Html, context: &PageContext, view: &AssessmentView) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], context.say(&msg::IN_SHORT));
        html.element("dl", &[("class", "facts-list")], |html| {
            for labelled in view.short.chunk_by(|one, other| one.0 == other.0) {
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

fn who(html: &mut Html, context: &PageContext, view: &AssessmentView) {
    if view.who.is_empty() && !view.who_is_open {
        return;
    }
    html.element("section", &[], |html| {
        html.leaf("h2", &[], context.say(&msg::WHO));
        for obtaining in &view.who {
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
        if view.who_is_open {
            html.leaf("p", &[("class", "note")], context.say(&msg::WHO_OPEN));
        }
        html.element("p", &[], |html| {
            let href = context.link(NavItem::Ask.path());
            html.leaf("a", &[("href", &href)], context.say(&msg::WHO_HOW));
        });
    });
}

fn ending(html: &mut Html, context: &PageContext, session: &Session) {
    let Some(end) = &session.end else { return };
    html.element("section", &[], |html| {
        html.leaf("h2", &[], context.say(&msg::ENDING));
        html.element("div", &[("class", "pair")], |html| {
            html.element("div", &[("class", "card")], |html| {
                html.leaf("h3", &[], context.say(&msg::SEEN_HERE));
                html.leaf("p", &[], context.say(words::end_reason(end.reason)));
            });
            html.element("div", &[("class", "card inference")], |html| {
                html.leaf("h3", &[], context.say(&msg::SEEN_THERE));
                let view = words::operator_end(end.reason.operator_view());
                html.leaf("p", &[], context.say(view));
                html.leaf("p", &[("class", "note")], context.say(&msg::INFERENCE));
            });
        });
    });
}

/// Explains the source labels that occur on the page.
fn sources(html: &mut Html, context: &PageContext, session: &Session) {
    let occurring: Vec<Source> = Field::ALL
        .into_iter()
        .filter_map(|field| ObservedField::of(field, session).source())
        .collect();
    html.element("section", &[], |html| {
        html.leaf("h2", &[], context.say(&msg::SOURCES));
        html.element("dl", &[], |html| {
            for source in Source::ALL {
                if occurring.contains(&source) {
                    html.leaf("dt", &[], context.say(words::source(source)));
                    html.leaf("dd", &[], context.say(words::source_explained(source)));
                }
            }
        });
    });
}

fn identifier(html: &mut Html, context: &PageContext, session: &Session) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], context.say(&msg::IDENTIFIER));
        html.leaf("p", &[], context.say(&msg::IDENTIFIER_WHAT));
        html.element("p", &[], |html| html.leaf("code", &[("class", "id")], session.id));
        html.leaf("h3", &[], context.say(&msg::ALSO));
        html.element("ul", &[], |html| {
            html.element("li", &[], |html| {
                html.text(context.say(&msg::DEVICE));
                html.text(" ");
                html.leaf("code", &[], &session.device);
            });
            if let Some(seen) = session.last_seen {
                let at = context.when.date_time(seen);
                html.leaf("li", &[], msg::LAST_SEEN.fill(context.language(), &[("at", &at)]));
            }
            html.leaf("li", &[], context.say(&msg::CLOCKS));
        });
    });
}
