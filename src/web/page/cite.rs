use super::layout::Visit;
use crate::messages::page::cite as msg;
use crate::retention::{Edition, Id, vocabulary};
use crate::web::html::Html;

/// Where something is laid down: each source with how far it was read, and when all of it was last
/// compared with the law.
pub(super) fn sources(html: &mut Html, visit: &Visit, edition: &Edition, basis: &[Id]) {
    let sources = edition.sources_of(basis);
    if sources.is_empty() {
        return;
    }
    html.element("p", &[("class", "source")], |html| {
        for (place, source) in sources.iter().enumerate() {
            if place > 0 {
                html.text("; ");
            }
            let cite = source.cite.text(visit.language());
            match source.eli.as_deref().or(source.url.as_deref()) {
                Some(address) => {
                    html.leaf("a", &[("href", address), ("rel", "external noreferrer")], cite);
                }
                None => html.text(cite),
            }
            html.text(format_args!(" ({})", visit.say(vocabulary::verified(source.verified))));
        }
        html.text(". ");
        for note in sources.iter().filter_map(|source| source.note.as_ref()) {
            html.text(format_args!("{} ", note.text(visit.language())));
        }
        let day = visit.when.short_date(edition.checked_on);
        html.text(msg::CHECKED.fill(visit.language(), &[("day", &day)]));
    });
}
