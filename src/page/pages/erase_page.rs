use super::failure;
use super::nav::NavItem;
use super::page_context::PageContext;
use crate::html::Html;
use crate::messages::common;
use crate::messages::page::erase as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use crate::{EraseError, Site};
use temoin_core::session::{IdPrefix, Session, SessionId};

/// Asks for confirmation to erase a session.
pub(crate) fn erase(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    let Some(prefix) = named(&request) else { return Err(request) };
    Ok(match (site.records)().and_then(|records| records.find(&prefix)).as_deref() {
        Ok([session]) => {
            let context = PageContext::new(site, &request);
            PageResponse::html(PageStatus::Ok, question(site, &request, &context, session))
        }
        Ok(_) => failure(site, &request, PageStatus::NotFound),
        Err(_) => failure(site, &request, PageStatus::Unreadable),
    })
}

/// Erases a session after confirmation.
pub(crate) fn do_erase(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    let Some(prefix) = named(&request) else { return Err(request) };
    let token = request.form().and_then(|form| form.text("token").map(str::to_owned));
    let is_ours =
        |token: String| site.form_tokens.verify(&token, &request.sender.user, (site.clock)());
    if !token.is_some_and(is_ours) {
        return Ok(failure(site, &request, PageStatus::CrossSite));
    }
    let context = PageContext::new(site, &request);
    // Only a complete ID, so that nothing but the session shown is erased.
    let id: SessionId = match (site.records)().and_then(|records| records.find(&prefix)).as_deref()
    {
        Ok([session]) => session.id,
        Ok(_) => return Ok(failure(site, &request, PageStatus::NotFound)),
        Err(_) => return Ok(failure(site, &request, PageStatus::Unreadable)),
    };
    let done = match site.actions.erase(&id) {
        Ok(()) => "1",
        Err(EraseError::Incomplete) => "partly",
        Err(EraseError::Lasting) => {
            return Ok(PageResponse::html(PageStatus::Refused, lasting(&context, &id)));
        }
        Err(EraseError::NotFound) => return Ok(failure(site, &request, PageStatus::NotFound)),
    };
    Ok(PageResponse::see_other(context.link_with(NavItem::Erased.path(), &[("done", done)])))
}

/// The session ID in the path.
fn named(request: &PageRequest) -> Option<IdPrefix> {
    request.path.strip_prefix("/session/")?.strip_suffix("/erase")?.parse().ok()
}

fn question(
    site: &Site,
    request: &PageRequest,
    context: &PageContext,
    session: &Session,
) -> String {
    if session.end.is_none() {
        return lasting(context, &session.id);
    }
    let title = context.say(&msg::TITLE);
    context.page(Some(NavItem::Sessions), title, |html| {
        back(html, context, &session.id);
        html.leaf("h1", &[], title);
        let moment = context.when.moment(&session.start.value);
        html.leaf(
            "p",
            &[("class", "lead")],
            msg::WHICH.fill(context.language(), &[("moment", &moment)]),
        );
        html.element("ul", &[], |html| {
            for message in [&msg::FOR_GOOD, &msg::STAYS, &msg::NOT_THERE] {
                html.leaf("li", &[], context.say(message));
            }
        });
        let action = context.link(&format!("session/{}/erase", session.id));
        html.element("form", &[("method", "post"), ("action", &action)], |html| {
            context.sign(html, site, request);
            html.element("p", &[("class", "actions")], |html| {
                let attributes = [("type", "submit"), ("class", "danger")];
                html.leaf("button", &attributes, context.say(&msg::YES));
                let href = context.link(&format!("session/{}", session.id));
                html.leaf(
                    "a",
                    &[("class", "button plain"), ("href", &href)],
                    context.say(&msg::NO),
                );
            });
        });
        html.leaf("p", &[("class", "note")], context.say(&common::OUT_OF_REACH));
    })
}

fn lasting(context: &PageContext, id: &SessionId) -> String {
    let title = context.say(&msg::TITLE);
    context.page(Some(NavItem::Sessions), title, |html| {
        back(html, context, id);
        html.leaf("h1", &[], title);
        html.leaf("p", &[("class", "lead")], context.say(&msg::LASTING));
    })
}

fn back(html: &mut Html, context: &PageContext, id: &SessionId) {
    html.element("p", &[("class", "back")], |html| {
        let href = context.link(&format!("session/{id}"));
        html.leaf("a", &[("href", &href)], context.say(&msg::BACK));
    });
}
