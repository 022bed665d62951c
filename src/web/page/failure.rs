use super::layout::Visit;
use crate::i18n::Message;
use crate::messages::page::failure as msg;
use crate::web::Site;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// A page that says why there is no other, in the reader's language.
pub(in crate::web) fn failure(site: &Site, request: &Request, status: Status) -> Response {
    write(&Visit::new(site, request), status)
}

/// The same for a request that could not be read, so that nothing is known of its reader.
pub(in crate::web) fn failure_unread(site: &Site, status: Status) -> Response {
    write(&Visit::unknown(site), status)
}

fn write(visit: &Visit, status: Status) -> Response {
    let (title, explanation) = texts(status);
    let body = visit.page(None, visit.say(title), |html| {
        html.leaf("h1", &[], visit.say(title));
        html.leaf("p", &[("class", "lead")], visit.say(explanation));
        for command in commands(status) {
            html.element("p", &[], |html| html.leaf("code", &[], command));
        }
        html.element("p", &[], |html| {
            html.leaf("a", &[("href", &visit.link(""))], visit.say(&msg::BACK));
        });
    });
    Response::html(status, body)
}

fn texts(status: Status) -> (&'static Message, &'static Message) {
    match status {
        Status::NotFound | Status::Ok | Status::SeeOther => (&msg::NOT_FOUND, &msg::NOT_FOUND_WHY),
        Status::BadRequest | Status::BodyTooLong | Status::LengthMissing | Status::TooLong => {
            (&msg::BAD_REQUEST, &msg::BAD_REQUEST_WHY)
        }
        Status::Foreign => (&msg::FOREIGN, &msg::FOREIGN_WHY),
        Status::NotLoggedIn => (&msg::NOT_LOGGED_IN, &msg::NOT_LOGGED_IN_WHY),
        Status::NotOneOfThem => (&msg::NOT_ONE_OF_THEM, &msg::NOT_ONE_OF_THEM_WHY),
        Status::PasswordPassedOn => (&msg::PASSWORD_PASSED_ON, &msg::PASSWORD_PASSED_ON_WHY),
        Status::Refused => (&msg::REFUSED, &msg::REFUSED_WHY),
        Status::MethodNotAllowed => (&msg::READ_ONLY, &msg::READ_ONLY_WHY),
        Status::Misdirected => (&msg::MISDIRECTED, &msg::MISDIRECTED_WHY),
        Status::Unreadable => (&msg::UNREADABLE, &msg::UNREADABLE_WHY),
    }
}

/// What to type on the box, in this order.
fn commands(status: Status) -> &'static [&'static str] {
    match status {
        Status::NotLoggedIn => &["yunohost app ssowatconf", "yunohost app upgrade temoin --force"],
        Status::PasswordPassedOn => &[
            "yunohost app setting temoin auth_header -v basic-without-password",
            "yunohost app ssowatconf",
        ],
        _ => &[],
    }
}
