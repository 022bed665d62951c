use serde::Serialize;

use crate::messages::cli::status as msg;
use temoin_core::record::Filter;

use super::arguments::JsonArgs;
use super::context::Context;
use super::exit::CliError;
use super::terminal::{print, print_json};

/// `temoin status`
pub(super) fn run(context: &Context, output: &JsonArgs) -> Result<(), CliError> {
    let reader = context.reader()?;
    let (open, count) = match &reader {
        Some(reader) => (reader.open_sessions()?, reader.count(&Filter::all(context.now))?),
        None => (Vec::new(), 0),
    };
    if output.json {
        let status = StatusOutput {
            format: "temoin.status/1",
            open: open.iter().map(temoin_page::session).collect(),
            recorded: count,
        };
        return print_json(&status);
    }
    let language = context.language;
    let when = context.when();
    let mut text = String::new();
    for session in &open {
        let values =
            [("device", session.device.as_str()), ("since", &when.moment(&session.start.value))];
        text.push_str(&msg::UP.fill(language, &values));
        text.push('\n');
    }
    if open.is_empty() {
        text.push_str(msg::DOWN.text(language));
        text.push('\n');
    }
    text.push_str(&msg::RECORDED.fill(language, count, &[]));
    text.push('\n');
    text.push_str(&context.zone_note());
    print(&text)
}

#[derive(Serialize)]
struct StatusOutput<S> {
    format: &'static str,
    open: Vec<S>,
    recorded: u64,
}
