use super::layout::Visit;
use crate::domain::Field;
use crate::holding::{Seen, Value};
use crate::i18n::vocabulary;
use crate::messages::page::fact as msg;
use crate::web::html::Html;

/// Writes what the box saw of a field, or what there is to say where it saw nothing.
pub(super) fn fact(html: &mut Html, visit: &Visit, field: Field, seen: &Seen) {
    let missing = match seen {
        Seen::Value(observed) => return value(html, visit, &observed.value),
        Seen::Unknown if matches!(field, Field::OriginAddress | Field::OriginPort) => {
            &msg::ORIGIN_UNKNOWN
        }
        Seen::Unknown | Seen::NeverRecorded => &msg::UNKNOWN,
        Seen::NotApart => &msg::ASSIGNED_AT,
        Seen::NotYet => &msg::LASTS,
    };
    html.leaf("span", &[("class", "unknown")], visit.say(missing));
}

/// What is read digit by digit stands out; an exact moment has its instant for machines.
fn value(html: &mut Html, visit: &Visit, value: &Value) {
    let code = |html: &mut Html, value: &dyn ToString| html.leaf("code", &[], value.to_string());
    match value {
        Value::Address(address) => code(html, address),
        Value::Port(port) => code(html, port),
        Value::Prefix(prefix) => code(html, prefix),
        Value::Gateway(gateway) => code(html, gateway),
        Value::Moment(moment) => {
            let text = visit.when.moment(moment);
            match moment.instant() {
                Some(instant) => html.leaf("time", &[("datetime", &instant.to_string())], text),
                None => html.text(text),
            }
        }
        Value::EndReason(reason) => html.text(visit.say(vocabulary::end_reason(*reason))),
        Value::Transport(transport) => html.text(visit.say(vocabulary::transport(*transport))),
    }
}
