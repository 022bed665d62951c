//! The command line of `temoin-operator`: what can be typed, and one file a command.

mod erase;
mod hook_command;
mod import;
mod init;
mod key;
mod output;
mod serve;
mod stats;

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{self, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::messages::OPERATOR_HELP;
use temoin_command_line::{self as command_line, Reply, Texts, language_of_system};

use output::print;

use super::config::{self, Config};
use super::spool::Spool;

#[derive(Debug, Parser)]
#[command(name = "temoin-operator", version)]
struct Arguments {
    #[arg(long, global = true, value_name = "FILE", default_value = config::DEFAULT_PATH)]
    config: PathBuf,
    #[command(subcommand)]
    command: OperatorCommand,
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    Init(init::InitArguments),
    #[command(subcommand)]
    Hook(hook_command::HookCommand),
    Take,
    Serve,
    #[command(subcommand)]
    Key(key::KeyCommand),
    Erase(erase::EraseArguments),
    Stats,
    Import(import::ImportArguments),
}

/// Runs the command that the program was called with.
#[must_use]
pub fn run() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    let system = language_of_system(|name| env::var(name).ok());
    let parsed = command_line::parse(&words, Texts(OPERATOR_HELP), |_| system);
    let Arguments { config, command } = match parsed {
        Ok(arguments) => arguments,
        Err(reply) => return answer(&reply),
    };
    // The worker that a hook starts has another working directory.
    let config = path::absolute(&config).unwrap_or(config);
    let read = || Ok::<_, Box<dyn Error>>(Config::read(&config)?);
    let done = match command {
        OperatorCommand::Init(init) => init::run(&config, &init),
        // OpenVPN refuses the client of a script that fails.
        OperatorCommand::Hook(hook) => {
            report(hook_command::run(&config, &hook));
            return ExitCode::SUCCESS;
        }
        OperatorCommand::Take => read().and_then(|config| {
            let taken = super::deliver(&Spool::at(&config.hook.spool), &config)?;
            print(&format!("{taken} events taken from the spool\n"))
        }),
        OperatorCommand::Serve => read().and_then(|config| serve::run(&config)),
        OperatorCommand::Key(key) => read().and_then(|config| key::run(&config, &key)),
        OperatorCommand::Erase(erase) => read().and_then(|config| erase::run(&config, &erase)),
        OperatorCommand::Import(import) => read().and_then(|config| import::run(&config, &import)),
        OperatorCommand::Stats => read().and_then(|config| stats::run(&config)),
    };
    if report(done) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Shows help, or what is wrong with the command line.
fn answer(reply: &Reply) -> ExitCode {
    let text = reply.text.as_bytes();
    if reply.is_error {
        let _ = io::stderr().write_all(text);
        ExitCode::from(2)
    } else {
        let _ = io::stdout().write_all(text);
        ExitCode::SUCCESS
    }
}

/// Reports an error; returns whether there was none.
fn report(done: Result<(), Box<dyn Error>>) -> bool {
    if let Err(error) = &done {
        let _ = writeln!(io::stderr(), "temoin-operator: {error}");
    }
    done.is_ok()
}

/// Writes to standard output.
#[cfg(test)]
mod tests {
    use super::{Arguments, OPERATOR_HELP, Texts, command_line};

    #[test]
    fn every_command_and_argument_has_a_text_and_every_text_is_of_one() {
        let (missing, unused) = command_line::missing_and_unused::<Arguments>(Texts(OPERATOR_HELP));
        assert!(missing.is_empty() && unused.is_empty(), "missing {missing:?}, unused {unused:?}");
    }
}
