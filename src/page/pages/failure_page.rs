use super::page_context::PageContext;
use crate::Site;
use crate::messages::page::failure as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use temoin_core::text::Message;

/// An error page in the reader's language.
pub(crate) fn failure(site: &Site, request: &PageRequest, status: PageStatus) -> PageResponse {
    write(&PageContext::new(site, request), status)
}

/// The same for a request that could not be parsed.
pub(crate) fn failure_unread(site: &Site, status: PageStatus) -> PageResponse {
    write(&PageContext::unknown(site), status)
}

fn write(context: &PageContext, status: PageStatus) -> PageResponse {
    let (title, explanation) = texts(status);
    let body = context.page(None, context.say(title), |html| {
        html.leaf("h1", &[], context.say(title));
        html.leaf("p", &[("class", "lead")], context.say(explanation));
        for command in commands(status) {
            html.element("p", &[], |html| html.leaf("code", &[], command));
        }
        html.element("p", &[], |html| {
            html.leaf("a", &[("href", &context.link(""))], context.say(&msg::BACK));
        });
    });
    PageResponse::html(status, body)
}

fn texts(status: PageStatus) -> (&'static Message, &'static Message) {
    match status {
        PageStatus::NotFound | PageStatus::Ok | PageStatus::SeeOther => {
            (&msg::NOT_FOUND, &msg::NOT_FOUND_WHY)
        }
        PageStatus::BodyTooLong => (&msg::TOO_LARGE, &msg::TOO_LARGE_WHY),
        PageStatus::BadRequest | PageStatus::LengthMissing | PageStatus::TooLong => {
            (&msg::BAD_REQUEST, &msg::BAD_REQUEST_WHY)
        }
        PageStatus::CrossSite => (&msg::CROSS_SITE, &msg::CROSS_SITE_WHY),
        PageStatus::NotLoggedIn => (&msg::NOT_LOGGED_IN, &msg::NOT_LOGGED_IN_WHY),
        PageStatus::Forbidden => (&msg::FORBIDDEN, &msg::FORBIDDEN_WHY),
        PageStatus::PasswordForwarded => (&msg::PASSWORD_FORWARDED, &msg::PASSWORD_FORWARDED_WHY),
        PageStatus::Refused => (&msg::REFUSED, &msg::REFUSED_WHY),
        PageStatus::MethodNotAllowed => (&msg::READ_ONLY, &msg::READ_ONLY_WHY),
        PageStatus::Misdirected => (&msg::MISDIRECTED, &msg::MISDIRECTED_WHY),
        PageStatus::Unreadable => (&msg::UNREADABLE, &msg::UNREADABLE_WHY),
    }
}

/// The commands to run on the box, in order.
fn commands(status: PageStatus) -> &'static [&'static str] {
    match status {
        PageStatus::NotLoggedIn => {
            &["yunohost app ssowatconf", "yunohost app upgrade temoin --force"]
        }
        PageStatus::PasswordForwarded => &[
            "yunohost app setting temoin auth_header -v basic-without-password",
            "yunohost app ssowatconf",
        ],
        _ => &[],
    }
}
