use std::error::Error;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::operator::event::Kind;
use crate::operator::{Config, hook};

#[derive(Debug, Subcommand)]
pub(super) enum Hook {
    /// A client came.
    ClientConnect(ClientConnect),
    /// A client left.
    ClientDisconnect,
    /// The part that OpenVPN does not wait for.
    #[command(hide = true)]
    Record,
}

#[derive(Args, Debug)]
pub(super) struct ClientConnect {
    /// The file for this client's configuration, which OpenVPN names.
    file: Option<PathBuf>,
}

/// `temoin-operator hook …`
pub(super) fn run(config: &Path, command: &Hook) -> Result<(), Box<dyn Error>> {
    match command {
        Hook::ClientConnect(connect) => {
            hook::supervise(Kind::Connect, config, connect.file.as_deref())
        }
        Hook::ClientDisconnect => hook::supervise(Kind::Disconnect, config, None),
        Hook::Record => hook::work(&Config::read(config)?),
    }
}
