use super::page_context::PageContext;
use crate::html::Html;
use crate::messages::page::legal_sources as msg;
use crate::render::law_words;
use temoin_core::law::{Edition, Slug};

/// Legal sources, each with how far it was verified, and the date of the last check.
pub(super) fn sources(html: &mut Html, context: &PageContext, edition: &Edition, basis: &[Slug]) {
    let sources = edition.sources_of(basis);
    if sources.is_empty() {
        return;
    }
    html.element("p", &[("class", "source")], |html| {
        for (place, source) in sources.iter().enumerate() {
            if place > 0 {
                html.text("; ");
            }
            let cite = source.cite.text(context.language());
            match source.eli.as_deref().or(source.url.as_deref()) {
                Some(address) => {
                    html.leaf("a", &[("href", address), ("rel", "external noreferrer")], cite);
                }
                None => html.text(cite),
            }
            html.text(format_args!(" ({})", context.say(law_words::verified(source.verified))));
        }
        html.text(". ");
        for note in sources.iter().filter_map(|source| source.note.as_ref()) {
            html.text(format_args!("{} ", note.text(context.language())));
        }
        let day = context.when.short_date(edition.checked_on);
        html.text(msg::CHECKED.fill(context.language(), &[("day", &day)]));
    });
}
