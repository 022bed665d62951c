use std::fmt::{self, Display, Write as _};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, StdoutLock, Write};
use std::path::Path;

use crate::messages::cli::{compare as msg, error};
use temoin_core::record::Filter;
use temoin_core::session::{TimeBounds, Timestamp};
use temoin_core::text::{Message, plain};
use temoin_page::TimeTolerance;
use temoin_reply::{
    ColumnMeaning, Description, InvalidMapping, Mapping, ReplyError, ReplyRecord, ReplyZone,
    describe, parse_reply,
};

use super::arguments::CompareArgs;
use super::context::{Context, for_each};
use super::exit::{CliError, Failure};
use super::output::{new_file, unreadable};
use super::table::wrapped;
use super::terminal::{print, print_json};

/// One byte more than [`parse_reply`] accepts: a longer file is refused without reading all of it.
const MAX_REPLY_BYTES: u64 = 8 * 1024 * 1024 + 1;

/// Maximum size of a mapping, in bytes.
const MAX_MAPPING_BYTES: u64 = 64 * 1024;

/// `temoin compare`
pub(super) fn run(context: &Context, arguments: &CompareArgs) -> Result<(), CliError> {
    let mapping = mapping(context, arguments)?;
    let bytes = read(&arguments.reply, MAX_REPLY_BYTES)?;
    let reply = match parse_reply(&bytes, &mapping) {
        Ok(reply) => reply,
        Err(error) => return Err(question(context, arguments, &bytes, &mapping, &error)),
    };
    drop(bytes);
    if let Some(path) = &arguments.write_mapping {
        keep(path, &mapping)?;
    }

    let (since, until) = match context.limits(&arguments.range)? {
        (None, None) => reply.covers(),
        asked => asked,
    };
    let filter = Filter { since, until, ..Filter::all(context.now) };
    let mut sessions = Vec::new();
    for_each(context.reader()?.as_ref(), &filter, None, |session| {
        sessions.push(session.clone());
        Ok(())
    })?;
    let comparison = temoin_page::compare(reply, &sessions, TimeTolerance::default());
    if arguments.json {
        return print_json(&comparison);
    }
    let when = context.when();
    let day = |at: Option<Timestamp>, otherwise: &Message| {
        at.map_or_else(
            || otherwise.text(context.language).to_owned(),
            |at| when.short_date_time(at),
        )
    };
    let values = [("since", day(since, &msg::BEGINNING)), ("until", day(until, &msg::TODAY))];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let period = wrapped(&msg::PERIOD.fill(context.language, &values), 80, "");
    print(&format!("{period}\n"))?;
    let mut out = Printed { out: BufWriter::new(io::stdout().lock()), problem: None };
    let written = comparison.write(context.language, &mut out);
    if let (Err(_), Some(problem)) = (written, out.problem.take()) {
        return Err(problem.into());
    }
    Ok(out.out.flush()?)
}

/// Standard output, for text.
struct Printed {
    out: BufWriter<StdoutLock<'static>>,
    problem: Option<io::Error>,
}

impl fmt::Write for Printed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.write_all(text.as_bytes()).map_err(|problem| {
            self.problem = Some(problem);
            fmt::Error
        })
    }
}

/// The mapping of a file, and what the options add to it.
fn mapping(context: &Context, arguments: &CompareArgs) -> Result<Mapping, CliError> {
    let unusable = |error: &InvalidMapping| error.text(context.language);
    let mut mapping = match &arguments.mapping {
        Some(path) => {
            let bytes = read(path, MAX_MAPPING_BYTES)?;
            let text = String::from_utf8_lossy(&bytes);
            Mapping::from_toml(&text).map_err(|error| in_file(path, &unusable(&error)))?
        }
        None => Mapping::default(),
    };
    if let Some(zone) = arguments.time_zone {
        mapping = mapping.with_time_zone(zone);
    }
    if let Some(order) = arguments.dates {
        mapping = mapping.with_dates(order);
    }
    if let Some(list) = &arguments.list {
        mapping = mapping.with_list(list.clone());
    }
    for option in &arguments.column {
        let (name, field) = option.rsplit_once('=').unwrap_or((option, ""));
        let meaning = ColumnMeaning::from_name(field).ok_or_else(|| {
            let (key, field) = (format!("--column {name}"), field.to_owned());
            CliError::new(Failure::Usage, unusable(&InvalidMapping::NoField { key, field }))
        })?;
        mapping = mapping.with_column(name, meaning);
    }
    Ok(mapping)
}

/// The error for a reply that was not read: with what to say of it, where that helps.
fn question(
    context: &Context,
    arguments: &CompareArgs,
    bytes: &[u8],
    mapping: &Mapping,
    error: &ReplyError,
) -> CliError {
    let mut text = error.text(context.language);
    if error.is_answerable() {
        let zone = ReplyZone::Named(context.zone);
        if let Some(description) = describe(bytes, mapping, zone) {
            text.push_str(&asked(context, mapping, &description));
            if let Some(path) = &arguments.write_mapping {
                if let Err(error) = keep(path, &description.mapping) {
                    return error;
                }
            }
        }
    }
    in_file(&arguments.reply, &text)
}

/// How the reply would be read, and the options that would read it so.
fn asked(context: &Context, mapping: &Mapping, description: &Description) -> String {
    let language = context.language;
    let mut text = format!("\n\n{}\n", msg::AS_READ.text(language));
    for (place, record) in &description.first {
        let read = match record {
            Ok(record) => summary(context, record),
            Err(error) => error.text(language),
        };
        // Writing to a `String` does not fail.
        let _ = writeln!(text, "  {}: {read}", place.written(language));
    }
    let quoted = |value: &str| format!("'{}'", value.replace('\'', "'\\''"));
    let mut options = String::new();
    for column in description.columns.iter().filter(|column| !column.is_known) {
        let value = quoted(&format!("{}={}", column.name, column.meaning));
        let _ = writeln!(options, "  --column {value} \\");
    }
    if let Some(order) = description.mapping.dates().filter(|_| mapping.dates().is_none()) {
        let _ = writeln!(options, "  --dates {} \\", order.name());
    }
    if let Some(zone) = description.mapping.time_zone() {
        let _ = writeln!(options, "  --time-zone {zone}");
    }
    let fields = ColumnMeaning::CHOICES.map(ColumnMeaning::name).join(", ");
    let if_right = msg::IF_RIGHT.fill(language, &[("fields", &fields)]);
    let _ = write!(text, "\n{}{options}", wrapped(&if_right, 80, ""));
    let _ = write!(text, "\n{}", msg::TO_KEEP.text(language));
    text
}

/// A record in one line.
fn summary(context: &Context, record: &ReplyRecord) -> String {
    let when = context.when();
    let time = |moment: Option<TimeBounds>| {
        moment.map_or_else(|| "…".to_owned(), |moment| plain(&when.moment(&moment)))
    };
    let addresses = [
        record.origin_address.map(|it| it.to_string()),
        record.assigned_ipv4.map(|it| it.to_string()),
        record.assigned_ipv6().map(|it| it.to_string()),
    ];
    let addresses: Vec<String> = addresses.into_iter().flatten().collect();
    format!("{} – {} {}", time(record.began()), time(record.end()), addresses.join(" "))
}

/// Writes a mapping for the next time.
fn keep(path: &Path, mapping: &Mapping) -> Result<(), CliError> {
    Ok(new_file(path)?.write_all(mapping.to_toml().as_bytes())?)
}

/// The file's bytes, at most `longest`.
fn read(path: &Path, longest: u64) -> Result<Vec<u8>, CliError> {
    let unread = |error| unreadable(path, &error);
    if !fs::metadata(path).map_err(unread)?.is_file() {
        let values: [(_, &dyn Display); 1] = [("path", &path.display())];
        return Err(CliError::said(Failure::Failed, error::NOT_A_FILE, &values));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(unread)?.take(longest).read_to_end(&mut bytes).map_err(unread)?;
    Ok(bytes)
}

fn in_file(path: &Path, error: &str) -> CliError {
    // A file's name may hold what a terminal would obey.
    CliError::new(Failure::Failed, format!("{}: {error}", plain(&path.to_string_lossy())))
}
