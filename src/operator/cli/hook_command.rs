use std::error::Error;
use std::ffi::OsString;
use std::path::Path;

use clap::{Args, Subcommand};

use crate::event::EventKind;
use crate::hook;

#[derive(Debug, Subcommand)]
pub(super) enum HookCommand {
    ClientConnect(ClientConnectArguments),
    ClientDisconnect(SurplusArguments),
}

#[derive(Args, Debug)]
pub(super) struct ClientConnectArguments {
    file: Option<OsString>,
    #[command(flatten)]
    surplus: SurplusArguments,
}

/// What a script passes on besides: it must not cost a session.
#[derive(Args, Debug)]
pub(super) struct SurplusArguments {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "FILE")]
    ignored: Vec<OsString>,
}

/// `temoin-operator hook …`
pub(super) fn run(config: &Path, command: &HookCommand) -> Result<(), Box<dyn Error>> {
    match command {
        HookCommand::ClientConnect(connect) => {
            let file = connect.file.as_deref().filter(|file| !file.is_empty());
            hook::run(EventKind::Connect, config, file.map(Path::new))
        }
        HookCommand::ClientDisconnect(_) => hook::run(EventKind::Disconnect, config, None),
    }
}
