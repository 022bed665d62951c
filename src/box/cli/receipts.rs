use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;

use crate::messages::cli::receipts as msg;
use temoin_core::assessment::{LocalState, SyncState, SyncVerdict};
use temoin_journal::Reader;
use temoin_page::ReceiptsWriter;
use temoin_protocol::KeyChain;

use super::arguments::{ReceiptsCommand, ReceiptsExportArgs};
use super::context::Context;
use super::exit::{CliError, Failure};
use super::output::new_file;
use super::terminal::complain;

/// `temoin receipts`
pub(super) fn run(context: &Context, arguments: &ReceiptsCommand) -> Result<(), CliError> {
    let ReceiptsCommand::Export(arguments) = arguments;
    let zone = context.lawbook()?.zone();
    let Some(reader) = context.reader()? else {
        return Err(CliError::said(Failure::NotFound, msg::NONE, &[]));
    };
    let mut known = 0_usize;
    let mut sensitive = false;
    reader.for_each_sync_state(|sync_state| {
        known += usize::from(sync_state.last().is_some());
        sensitive |= sync_state.last().is_some()
            && (sync_state.local_state != LocalState::Erased
                || !matches!(sync_state.verdict(zone, context.now), SyncVerdict::Confirmed { .. }));
        ControlFlow::<()>::Continue(())
    })?;
    if known == 0 {
        return Err(CliError::said(Failure::NotFound, msg::NONE, &[]));
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
        complain(text);
    }
    Ok(())
}

fn write(reader: &Reader, arguments: &ReceiptsExportArgs, out: impl Write) -> Result<(), CliError> {
    let pinned = reader.pinned_keys()?;
    let chains = pinned.into_iter().map(|key| reader.keys(key));
    let chains = chains.collect::<Result<Vec<KeyChain>, _>>()?;
    let mut writer = ReceiptsWriter::begin(BufWriter::new(out), &chains)?;
    let mut one = |sync_state: SyncState| -> io::Result<()> {
        for receipt in sync_state.statements().cloned() {
            let receipt = if arguments.with_digests { receipt } else { receipt.without_digests() };
            writer.receipt(&receipt)?;
        }
        Ok(())
    };
    let failed = reader.for_each_sync_state(|sync_state| match one(sync_state) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    })?;
    failed.map_or(Ok(()), Err)?;
    Ok(writer.end()?.flush()?)
}
