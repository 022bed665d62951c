use std::io::{self, BufWriter, Write};

use temoin_core::record::Filter;
use temoin_page::{CsvWriter, JsonWriter};

use super::arguments::{ExportArgs, ExportFormat};
use super::context::{Context, damaged, for_each};
use super::exit::CliError;
use super::output::new_file;

/// `temoin export`
pub(super) fn run(context: &Context, arguments: &ExportArgs) -> Result<(), CliError> {
    let (since, until) = context.limits(&arguments.range)?;
    let filter = Filter { since, until, ..Filter::all(context.now) };
    let Some(path) = &arguments.output else {
        return write(context, &filter, arguments.format, io::stdout().lock());
    };
    let file = new_file(path)?;
    write(context, &filter, arguments.format, &file)?;
    file.sync_all()?;
    Ok(())
}

fn write(
    context: &Context,
    filter: &Filter,
    format: ExportFormat,
    out: impl Write,
) -> Result<(), CliError> {
    let reader = context.reader()?;
    let damaged = damaged(context, reader.as_ref())?;
    let out = BufWriter::new(out);
    let mut out = match format {
        ExportFormat::Csv => {
            let mut writer = CsvWriter::begin(out)?;
            for_each(reader.as_ref(), filter, None, |own| writer.session(own))?;
            for row in damaged {
                writer.damaged(&row)?;
            }
            writer.end()
        }
        ExportFormat::Json => {
            let mut writer = JsonWriter::begin(out)?;
            for_each(reader.as_ref(), filter, None, |own| writer.session(own))?;
            damaged.iter().for_each(|row| writer.damaged(row));
            writer.end()?
        }
    };
    Ok(out.flush()?)
}
