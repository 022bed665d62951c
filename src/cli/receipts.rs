use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;

use crate::export::ReceiptsWriter;
use crate::journal::{Dealing, Presence, Reader, Standing};
use crate::messages::cli::receipts as msg;
use crate::protocol::KeyChain;

use super::arguments::{Receipts, ReceiptsExport};
use super::context::Context;
use super::exit::{CliError, Failure};
use super::output::new_file;

/// `temoin receipts`
pub(super) fn run(context: &Context, arguments: &Receipts) -> Result<(), CliError> {
    let Receipts::Export(arguments) = arguments;
    let zone = context.lawbook()?.zone();
    let Some(reader) = context.reader()? else {
        return Err(CliError::new(Failure::NotFound, msg::NONE.text(context.language)));
    };
    let mut known = 0_usize;
    let mut sensitive = false;
    reader.for_each_dealing(|dealing| {
        known += usize::from(dealing.last().is_some());
        sensitive |= dealing.last().is_some()
            && (dealing.presence != Presence::Erased
                || !matches!(dealing.standing(zone, context.now), Standing::Confirmed { .. }));
        ControlFlow::<()>::Continue(())
    })?;
    if known == 0 {
        return Err(CliError::new(Failure::NotFound, msg::NONE.text(context.language)));
    }
    match &arguments.output {
        None => write(&reader, arguments, io::stdout().lock())?,
        Some(path) => {
            let file = new_file(path)?;
            write(&reader, arguments, &file)?;
            file.sync_all()?;
        }
    }
    if sensitive {
        let text = msg::SENSITIVE.text(context.language);
        let _ = writeln!(io::stderr(), "temoin: {text}");
    }
    Ok(())
}

fn write(reader: &Reader, arguments: &ReceiptsExport, out: impl Write) -> Result<(), CliError> {
    let pinned = reader.pinned_keys()?;
    let chains = pinned.into_iter().map(|key| reader.keys(key));
    let chains = chains.collect::<Result<Vec<KeyChain>, _>>()?;
    let mut writer = ReceiptsWriter::begin(BufWriter::new(out), &chains)?;
    let mut one = |dealing: Dealing| -> io::Result<()> {
        for receipt in [dealing.held, dealing.not_held].into_iter().flatten() {
            let receipt = if arguments.with_digests { receipt } else { receipt.forget() };
            writer.receipt(&receipt)?;
        }
        Ok(())
    };
    let failed = reader.for_each_dealing(|dealing| match one(dealing) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    })?;
    failed.map_or(Ok(()), Err)?;
    Ok(writer.end()?.flush()?)
}
