use std::error::Error;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::event::EventKind;
use crate::{Config, hook};

#[derive(Debug, Subcommand)]
pub(super) enum HookCommand {
    /// A client came.
    ClientConnect(ClientConnectArguments),
    /// A client left.
    ClientDisconnect,
    /// The part that OpenVPN does not wait for.
    #[command(hide = true)]
    Record,
}

#[derive(Args, Debug)]
pub(super) struct ClientConnectArguments {
    /// The file for this client's configuration, which OpenVPN names.
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
