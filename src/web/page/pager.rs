use super::layout::Visit;
use super::rooms::Room;
use crate::i18n::Message;
use crate::messages::page::pager as msg;
use crate::web::html::Html;
use crate::web::request::Request;

/// How much stands on one page of a list.
pub(super) const PER_PAGE: u32 = 50;

/// Which page of a list is asked for, from 1; `None` where that is no number of a page.
pub(super) fn asked(request: &Request) -> Option<u32> {
    request.value("page").map_or(Some(1), number)
}

/// A number as it stands in an address: digits alone, from 1.
pub(super) fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}

/// How much of a list stands before a page.
pub(super) fn before(page: u32) -> u32 {
    (page - 1).saturating_mul(PER_PAGE)
}

/// Leads from a page of a room's list to those beside it, where there are any; `place` says where among
/// all it is.
pub(super) fn write(
    html: &mut Html,
    visit: &Visit,
    room: Room,
    page: u32,
    has_older: bool,
    place: Option<&str>,
) {
    if page == 1 && !has_older {
        return;
    }
    html.element("nav", &[("class", "pager"), ("aria-label", visit.say(&msg::PAGES))], |html| {
        let mut link = |number: u32, rel: &'static str, text: &Message| {
            let number = number.to_string();
            let href = visit.link_with(room.path(), &[("page", &number)]);
            html.leaf("a", &[("class", "touch"), ("rel", rel), ("href", &href)], visit.say(text));
        };
        if page > 1 {
            link(page - 1, "prev", &msg::NEWER);
        }
        if has_older {
            link(page + 1, "next", &msg::OLDER);
        }
        if let Some(place) = place {
            html.leaf("p", &[], place);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{before, number};

    #[test]
    fn a_page_has_a_plain_number_from_one() {
        assert_eq!(number("1"), Some(1));
        assert_eq!(number("4294967295").map(before), Some(u32::MAX));
        for text in ["", "0", "01", "+1", "-1", " 1", "1 ", "x", "4294967296"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!((before(1), before(3)), (0, 100));
    }
}
