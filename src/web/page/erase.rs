use super::failure;
use super::layout::Visit;
use super::rooms::Room;
use crate::domain::{IdPrefix, Session, SessionId};
use crate::messages::common;
use crate::messages::page::erase as msg;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::{EraseError, Site};

/// Asks whether a session is really to be erased.
pub(in crate::web) fn erase(site: &Site, request: Request) -> Result<Response, Request> {
    let Some(prefix) = named(&request) else { return Err(request) };
    Ok(match (site.records)().and_then(|records| records.find(&prefix)).as_deref() {
        Ok([session]) => {
            let visit = Visit::new(site, &request);
            Response::html(Status::Ok, question(site, &request, &visit, session))
        }
        Ok(_) => failure(site, &request, Status::NotFound),
        Err(_) => failure(site, &request, Status::Unreadable),
    })
}

/// Erases a session for whoever was asked that, and said yes.
pub(in crate::web) fn do_erase(site: &Site, request: Request) -> Result<Response, Request> {
    let Some(prefix) = named(&request) else { return Err(request) };
    let token = request.form().and_then(|form| form.text("token").map(str::to_owned));
    let is_ours = |token: String| site.forms.knows(&token, &request.sender.visitor, (site.clock)());
    if !token.is_some_and(is_ours) {
        return Ok(failure(site, &request, Status::Foreign));
    }
    let visit = Visit::new(site, &request);
    // Only a whole ID, so that nothing else goes than what was shown.
    let id: SessionId = match (site.records)().and_then(|records| records.find(&prefix)).as_deref()
    {
        Ok([session]) => session.id,
        Ok(_) => return Ok(failure(site, &request, Status::NotFound)),
        Err(_) => return Ok(failure(site, &request, Status::Unreadable)),
    };
    let done = match site.office.erase(&id) {
        Ok(()) => "1",
        Err(EraseError::Incomplete) => "partly",
        Err(EraseError::Lasting) => {
            return Ok(Response::html(Status::Refused, lasting(&visit, &id)));
        }
        Err(EraseError::NotFound) => return Ok(failure(site, &request, Status::NotFound)),
    };
    Ok(Response::see_other(visit.link_with(Room::Erased.path(), &[("done", done)])))
}

/// The session that an address names for erasure.
fn named(request: &Request) -> Option<IdPrefix> {
    request.path.strip_prefix("/session/")?.strip_suffix("/erase")?.parse().ok()
}

fn question(site: &Site, request: &Request, visit: &Visit, session: &Session) -> String {
    if session.end.is_none() {
        return lasting(visit, &session.id);
    }
    let title = visit.say(&msg::TITLE);
    visit.page(Some(Room::Sessions), title, |html| {
        back(html, visit, &session.id);
        html.leaf("h1", &[], title);
        let moment = visit.when.moment(&session.start.value);
        html.leaf(
            "p",
            &[("class", "lead")],
            msg::WHICH.fill(visit.language(), &[("moment", &moment)]),
        );
        html.element("ul", &[], |html| {
            for message in [&msg::FOR_GOOD, &msg::STAYS, &msg::NOT_THERE] {
                html.leaf("li", &[], visit.say(message));
            }
        });
        let action = visit.link(&format!("session/{}/erase", session.id));
        html.element("form", &[("method", "post"), ("action", &action)], |html| {
            visit.sign(html, site, request);
            html.element("p", &[("class", "actions")], |html| {
                let attributes = [("type", "submit"), ("class", "danger")];
                html.leaf("button", &attributes, visit.say(&msg::YES));
                let href = visit.link(&format!("session/{}", session.id));
                html.leaf("a", &[("class", "button plain"), ("href", &href)], visit.say(&msg::NO));
            });
        });
        html.leaf("p", &[("class", "note")], visit.say(&common::OUT_OF_REACH));
    })
}

fn lasting(visit: &Visit, id: &SessionId) -> String {
    let title = visit.say(&msg::TITLE);
    visit.page(Some(Room::Sessions), title, |html| {
        back(html, visit, id);
        html.leaf("h1", &[], title);
        html.leaf("p", &[("class", "lead")], visit.say(&msg::LASTING));
    })
}

fn back(html: &mut Html, visit: &Visit, id: &SessionId) {
    html.element("p", &[("class", "back")], |html| {
        let href = visit.link(&format!("session/{id}"));
        html.leaf("a", &[("href", &href)], visit.say(&msg::BACK));
    });
}
