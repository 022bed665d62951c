//! The command line: its arguments, and one file per command.

mod arguments;
mod backup;
mod clock;
mod compare;
mod context;
mod daemon;
mod doctor;
mod erase;
mod exit;
mod export;
mod held;
mod hook;
mod ledger;
mod letter;
mod output;
mod profile;
mod receipts;
mod rules;
mod sessions;
mod settings;
mod show;
mod status;
mod sync;
mod table;
mod verify;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use context::Context;
use exit::CliError;

/// Runs the command given on the command line.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        // Needs only the kernel.
        Command::Clock => clock::run(),
        // Runs within OpenVPN: reads no configuration and always succeeds.
        Command::Hook(hook) => hook::run(&arguments, hook),
        command => Context::of(&arguments).and_then(|context| match command {
            Command::Backup(backup) => backup::run(&context, backup),
            Command::Clock | Command::Hook(_) => Ok(()),
            Command::Compare(compare) => compare::run(&context, compare),
            Command::Daemon(daemon) => daemon::run(&context, daemon),
            Command::Doctor(doctor) => doctor::run(&context, doctor),
            Command::Erase(erase) => erase::run(&context, erase),
            Command::Export(export) => export::run(&context, export),
            Command::Held(output) => held::run(&context, output),
            Command::Ledger(ledger) => ledger::run(&context, ledger),
            Command::Letter(letter) => letter::run(&context, letter),
            Command::Profile(profile) => profile::run(&context, profile),
            Command::Receipts(receipts) => receipts::run(&context, receipts),
            Command::Rules(rules) => rules::run(&context, rules),
            Command::Sessions(sessions) => sessions::run(&context, sessions),
            Command::Settings(settings) => settings::run(&context, settings),
            Command::Show(show) => show::run(&context, show),
            Command::Status(output) => status::run(&context, output),
            Command::Sync(sync) => sync::run(&context, sync),
            Command::Verify(verify) => verify::run(&context, verify),
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError { failure, message }) => {
            if !message.is_empty() {
                let _ = writeln!(io::stderr(), "temoin: {message}");
            }
            failure.into()
        }
    }
}

/// Writes to standard output.
fn print(text: &str) -> Result<(), CliError> {
    Ok(io::stdout().lock().write_all(text.as_bytes())?)
}
