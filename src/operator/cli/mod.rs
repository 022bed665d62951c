//! The command line of `temoin-operator`: what can be typed, and one file a command.

mod erase;
mod hook_command;
mod import;
mod init;
mod key;
mod serve;
mod stats;

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::Location;
use super::config::{self, Config};
use super::spool::Spool;

/// Keeps the record of an OpenVPN gateway's sessions, and answers the members' temoin about it.
///
/// Begin with `temoin-operator init`, then name its hooks in the server's configuration.
#[derive(Debug, Parser)]
#[command(name = "temoin-operator", version, verbatim_doc_comment, after_help = EXIT_CODES)]
struct Arguments {
    /// The configuration.
    #[arg(long, global = true, value_name = "FILE", default_value = config::DEFAULT_PATH)]
    config: PathBuf,
    #[command(subcommand)]
    command: OperatorCommand,
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    /// Make what is missing: the configuration, the spool, the record. Changes nothing that is there.
    Init(init::InitArguments),
    /// Note that a client came or left. OpenVPN's server runs this; it never fails.
    #[command(subcommand)]
    Hook(hook_command::HookCommand),
    /// Hand to the store what waits in the spool, where hooks could not.
    Take,
    /// Answer members' boxes until told to stop.
    Serve,
    /// Show or replace the key that signs what boxes are told.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Erase what is due. Run it daily.
    Erase,
    /// Count what is held. Names nobody.
    Stats,
    /// Take sessions over from FreeRADIUS's accounting (table radacct): the new ones, and the ends of
    /// those that had none. Run it as often as you like.
    Import {
        /// Where the accounting is: a file of SQLite, or a PostgreSQL database.
        location: Location,
    },
}

/// Runs the command that the program was called with.
#[must_use]
pub fn run() -> ExitCode {
    let Arguments { config, command } = Arguments::parse();
    let read = || Ok::<_, Box<dyn Error>>(Config::read(&config)?);
    let done = match command {
        OperatorCommand::Init(init) => init::run(&config, &init),
        // OpenVPN refuses the client of a script that fails.
        OperatorCommand::Hook(hook) => {
            report(hook_command::run(&config, &hook));
            return ExitCode::SUCCESS;
        }
        OperatorCommand::Take => read().and_then(|config| {
            let taken = super::hook::deliver(&Spool::at(&config.spool), &config)?;
            print(&format!("{taken} events taken from the spool\n"))
        }),
        OperatorCommand::Serve => read().and_then(|config| serve::run(&config)),
        OperatorCommand::Key(key) => read().and_then(|config| key::run(&config, &key)),
        OperatorCommand::Erase => read().and_then(|config| erase::run(&config)),
        OperatorCommand::Import { location } => {
            read().and_then(|config| import::run(&config, &location))
        }
        OperatorCommand::Stats => read().and_then(|config| stats::run(&config)),
    };
    if report(done) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reports an error; returns whether there was none.
fn report(done: Result<(), Box<dyn Error>>) -> bool {
    if let Err(error) = &done {
        let _ = writeln!(io::stderr(), "temoin-operator: {error}");
    }
    done.is_ok()
}

/// Writes to standard output.
fn print(text: &str) -> Result<(), Box<dyn Error>> {
    Ok(io::stdout().lock().write_all(text.as_bytes())?)
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong command line.";
