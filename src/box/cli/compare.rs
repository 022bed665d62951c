use std::fmt::Display;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::messages::cli::{compare as msg, error};
use temoin_core::record::Filter;
use temoin_core::session::Timestamp;
use temoin_core::text::Message;
use temoin_page::{Mapping, ReplyFormat, TimeTolerance, parse_reply};

use super::arguments::CompareArgs;
use super::context::{Context, for_each};
use super::exit::{CliError, Failure};
use super::output::{print, unreadable};
use super::table::wrapped;

/// One byte more than [`parse_reply`] accepts: a longer file is refused without reading all of it.
const MAX_REPLY_BYTES: u64 = 8 * 1024 * 1024 + 1;

/// Maximum size of a mapping, in bytes.
const MAX_MAPPING_BYTES: u64 = 64 * 1024;

/// `temoin compare`
pub(super) fn run(context: &Context, arguments: &CompareArgs) -> Result<(), CliError> {
    let mut mapping = match &arguments.mapping {
        Some(path) => {
            let bytes = read(path, MAX_MAPPING_BYTES)?;
            let text = String::from_utf8_lossy(&bytes);
            Mapping::from_toml(&text).map_err(|error| in_file(path, &error))?
        }
        None => Mapping::default(),
    };
    if let Some(zone) = arguments.time_zone {
        mapping = mapping.with_time_zone(zone);
    }
    let bytes = read(&arguments.reply, MAX_REPLY_BYTES)?;
    let reply = parse_reply(&bytes, ReplyFormat::guess(&bytes), &mapping)
        .map_err(|error| in_file(&arguments.reply, &error))?;
    drop(bytes);

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
    let comparison = temoin_page::compare(&reply, &sessions, TimeTolerance::default());
    if arguments.json {
        return print(&format!("{}\n", serde_json::to_string(&comparison)?));
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
    print(&format!("{period}\n{}", comparison.to_text(context.language)))
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

fn in_file(path: &Path, error: &dyn Display) -> CliError {
    CliError::new(Failure::Failed, format!("{}: {error}", path.display()))
}
