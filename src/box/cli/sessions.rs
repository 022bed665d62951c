use std::io::{self, BufWriter, Write};

use crate::messages::cli::sessions as msg;
use temoin_core::record::{Filter, Pagination};
use temoin_core::session::{Session, Timestamp};
use temoin_core::text::{DateFormatter, Message};
use temoin_journal::Reader;
use temoin_page::JsonWriter;
use temoin_page::words;

use super::arguments::SessionsArgs;
use super::context::{Context, damaged, damaged_note, for_each};
use super::exit::CliError;
use super::table::table;
use super::terminal::print;

/// Default number of sessions listed.
const LIMIT: u32 = 50;

/// `temoin sessions`
pub(super) fn run(context: &Context, arguments: &SessionsArgs) -> Result<(), CliError> {
    let (since, until) = context.limits(&arguments.range)?;
    let filter = Filter { since, until, ..Filter::all(context.now) };
    let reader = context.reader()?;
    if arguments.json {
        return print_json(context, reader.as_ref(), &filter, arguments.limit);
    }
    let limit = arguments.limit.unwrap_or(LIMIT);
    let (sessions, count, damaged) = match &reader {
        Some(reader) => (
            reader.sessions(&filter, &Pagination::first(limit))?,
            reader.count(&filter)?,
            reader.damaged(context.now)?.len(),
        ),
        None => (Vec::new(), 0, 0),
    };
    let language = context.language;
    let damaged = damaged_note(context, damaged);
    if sessions.is_empty() {
        let message = if reader.is_some() && (since.is_some() || until.is_some()) {
            &msg::NONE_IN_RANGE
        } else {
            &msg::NONE
        };
        return print(&format!("{}\n{damaged}", message.text(language)));
    }
    let when = context.when();
    let head = HEAD.map(|message| message.text(language));
    let rows: Vec<Vec<String>> = sessions.iter().map(|own| row(own, &when, context)).collect();
    let mut text = table(&head, &rows);
    let hidden = count.saturating_sub(rows.len() as u64);
    if hidden > 0 {
        text.push_str(&msg::HIDDEN.fill(language, hidden, &[]));
        text.push('\n');
    }
    text.push_str(&damaged);
    text.push_str(&context.zone_note());
    print(&text)
}

/// Streams the newest matching sessions as JSON.
fn print_json(
    context: &Context,
    reader: Option<&Reader>,
    filter: &Filter,
    limit: Option<u32>,
) -> Result<(), CliError> {
    let mut writer = JsonWriter::begin(BufWriter::new(io::stdout().lock()))?;
    for_each(reader, filter, limit, |own| writer.session(own))?;
    for row in damaged(context, reader)? {
        writer.damaged(&row);
    }
    Ok(writer.end()?.flush()?)
}

fn row(own: &Session, when: &DateFormatter, context: &Context) -> Vec<String> {
    let unknown = || msg::UNKNOWN.text(context.language).to_owned();
    let begin = own.start.value;
    let end = own.end.as_ref().map(|end| end.moment.value);
    let short = |at: Option<Timestamp>, is_exact: bool| {
        at.map_or_else(unknown, |at| {
            let mark = if is_exact { "" } else { "~" };
            format!("{mark}{}", when.short_date_time(at))
        })
    };
    let attributes = &own.attributes;
    let assigned = attributes
        .assigned_ipv4
        .map(|own| own.value.to_string())
        .or_else(|| attributes.assigned_ipv6.map(|own| own.value.to_string()));
    vec![
        own.id.short(),
        short(begin.best(), begin.instant().is_some()),
        end.map_or_else(
            || words::state(words::SessionState::Open).text(context.language).to_owned(),
            |end| short(end.best(), end.instant().is_some()),
        ),
        attributes.origin_address.map_or_else(unknown, |own| own.value.to_string()),
        assigned.unwrap_or_else(unknown),
    ]
}

const HEAD: [&Message; 5] = [
    &msg::HEAD_SESSION,
    &msg::HEAD_BEGAN,
    &msg::HEAD_ENDED,
    &msg::HEAD_ORIGIN_ADDRESS,
    &msg::HEAD_ASSIGNED_ADDRESS,
];
