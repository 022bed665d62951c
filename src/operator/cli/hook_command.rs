use std::error::Error;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::event::EventKind;
use crate::{Config, hook};

#[derive(Debug, Subcommand)]
pub(super) enum HookCommand {
    ClientConnect(ClientConnectArguments),
    ClientDisconnect,
    #[command(hide = true)]
    Record,
}

#[derive(Args, Debug)]
pub(super) struct ClientConnectArguments {
    file: Option<PathBuf>,
}

/// `temoin-operator hook …`
pub(super) fn run(config: &Path, command: &HookCommand) -> Result<(), Box<dyn Error>> {
    match command {
        HookCommand::ClientConnect(connect) => {
            hook::supervise(EventKind::Connect, config, connect.file.as_deref())
        }
        HookCommand::ClientDisconnect => hook::supervise(EventKind::Disconnect, config, None),
        HookCommand::Record => hook::spool_and_deliver(&Config::read(config)?),
    }
}
