use super::page_context::PageContext;
use crate::html::Html;
use crate::messages::page::comparison as msg;
use temoin_core::text::Message;

/// The zones offered for times without a zone.
pub(super) const ZONES: [&str; 3] = ["Europe/Brussels", "Europe/Paris", "UTC"];

/// How many columns are asked about.
pub(super) const QUESTIONS: usize = 64;

/// What files hold tables.
pub(super) const TABLES: &str = ".csv,.json,.txt,.tsv,text/csv,application/json,text/plain";

/// The field for a file.
pub(super) fn file(
    html: &mut Html,
    context: &PageContext,
    name: &'static str,
    label: &Message,
    accept: &'static str,
) {
    html.element("div", &[], |html| {
        html.leaf("label", &[("for", name)], context.say(label));
        let mut attributes =
            vec![("type", "file"), ("name", name), ("id", name), ("accept", accept)];
        if name == "reply" {
            attributes.push(("required", "required"));
        }
        html.void("input", &attributes);
    });
}

/// The choice of a zone for times that do not say theirs.
pub(super) fn zone(html: &mut Html, context: &PageContext, chosen: Option<&str>, others: &[&str]) {
    html.leaf("label", &[("for", "zone")], context.say(&msg::ZONE));
    html.element("select", &[("name", "zone"), ("id", "zone")], |html| {
        if chosen.is_none() {
            html.leaf("option", &[("value", "")], context.say(&msg::AS_WRITTEN));
        }
        for zone in others.iter().copied().chain(ZONES) {
            let mut attributes = vec![("value", zone)];
            if chosen == Some(zone) {
                attributes.push(("selected", "selected"));
            }
            html.leaf("option", &attributes, zone);
        }
    });
}
