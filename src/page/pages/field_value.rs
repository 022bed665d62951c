use super::page_context::PageContext;
use crate::html::Html;
use crate::messages::page::field_value as msg;
use crate::render::words;
use temoin_core::assessment::{ObservedField, ObservedValue};
use temoin_core::session::Field;

/// Writes the value that the box saw, or why there is none.
pub(super) fn fact(html: &mut Html, context: &PageContext, field: Field, seen: &ObservedField) {
    let missing = match seen {
        ObservedField::Value(observed) => return value(html, context, &observed.value),
        ObservedField::Unknown if matches!(field, Field::OriginAddress | Field::OriginPort) => {
            &msg::ORIGIN_UNKNOWN
        }
        ObservedField::Unknown | ObservedField::NeverRecorded => &msg::UNKNOWN,
        ObservedField::NotApart => &msg::ASSIGNED_AT,
        ObservedField::NotYet => &msg::LASTS,
    };
    html.leaf("span", &[("class", "unknown")], context.say(missing));
}

/// Addresses and numbers as code; exact times with a machine-readable instant.
fn value(html: &mut Html, context: &PageContext, value: &ObservedValue) {
    let code = |html: &mut Html, value: &dyn ToString| html.leaf("code", &[], value.to_string());
    match value {
        ObservedValue::Address(address) => code(html, address),
        ObservedValue::Port(port) => code(html, port),
        ObservedValue::Prefix(prefix) => code(html, prefix),
        ObservedValue::Gateway(gateway) => code(html, gateway),
        ObservedValue::TimeBounds(moment) => {
            let text = context.when.moment(moment);
            match moment.instant() {
                Some(instant) => html.leaf("time", &[("datetime", &instant.to_string())], text),
                None => html.text(text),
            }
        }
        ObservedValue::EndReason(reason) => html.text(context.say(words::end_reason(*reason))),
        ObservedValue::Transport(transport) => html.text(context.say(words::transport(*transport))),
    }
}
