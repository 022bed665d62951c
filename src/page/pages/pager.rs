use super::nav::NavItem;
use super::page_context::PageContext;
use crate::html::Html;
use crate::messages::page::pager as msg;
use crate::page_request::PageRequest;
use temoin_core::text::Message;

/// Entries per page of a list.
pub(super) const PER_PAGE: u32 = 50;

/// The requested page of a list, from 1; `None` if it is not a valid number.
pub(super) fn asked(request: &PageRequest) -> Option<u32> {
    request.value("page").map_or(Some(1), number)
}

/// Parses a page number: digits only, from 1.
pub(super) fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}

/// How many entries precede a page.
pub(super) fn before(page: u32) -> u32 {
    (page - 1).saturating_mul(PER_PAGE)
}

/// Writes the links to the previous and next page of a list, if any; `place` says which page this is.
pub(super) fn write(
    html: &mut Html,
    context: &PageContext,
    item: NavItem,
    page: u32,
    has_older: bool,
    place: Option<&str>,
) {
    if page == 1 && !has_older {
        return;
    }
    html.element("nav", &[("class", "pager"), ("aria-label", context.say(&msg::PAGES))], |html| {
        let mut link = |number: u32, rel: &'static str, text: &Message| {
            let number = number.to_string();
            let href = context.link_with(item.path(), &[("page", &number)]);
            html.leaf("a", &[("class", "touch"), ("rel", rel), ("href", &href)], context.say(text));
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
