use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;

use crate::export::{CsvWriter, JsonWriter};
use crate::journal::Filter;

use super::arguments::{Export, Format};
use super::context::{Context, for_each};
use super::exit::{CliError, Failure};

/// `temoin export`
pub(super) fn run(context: &Context, arguments: &Export) -> Result<(), CliError> {
    let (since, until) = context.limits(&arguments.range)?;
    let filter = Filter { since, until, ..Filter::all(context.now) };
    let Some(path) = &arguments.output else {
        return write(context, &filter, arguments.format, io::stdout().lock());
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file = file.map_err(|error| {
        let remedy = if error.kind() == io::ErrorKind::AlreadyExists {
            "name a file that does not exist yet"
        } else {
            "choose a place that you may write to"
        };
        CliError::new(Failure::Failed, format!("{}: {error}; {remedy}", path.display()))
    })?;
    write(context, &filter, arguments.format, &file)?;
    file.sync_all()?;
    Ok(())
}

fn write(
    context: &Context,
    filter: &Filter,
    format: Format,
    out: impl Write,
) -> Result<(), CliError> {
    let reader = context.reader()?;
    let out = BufWriter::new(out);
    let mut out = match format {
        Format::Csv => {
            let mut writer = CsvWriter::begin(out)?;
            for_each(reader.as_ref(), filter, None, |own| writer.session(own))?;
            writer.end()
        }
        Format::Json => {
            let mut writer = JsonWriter::begin(out)?;
            for_each(reader.as_ref(), filter, None, |own| writer.session(own))?;
            writer.end()?
        }
    };
    Ok(out.flush()?)
}
