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
mod terminal;
mod verify;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::messages::HELP;
use temoin_command_line::{self as command_line, Reply, Texts};

use arguments::{Arguments, Command};
use context::{Context, language};
use exit::Failure;

/// Runs the command given on the command line.
#[must_use]
pub fn run() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    let parsed = command_line::parse(&words, Texts(HELP), |typed| {
        language(typed.language, typed.config.as_deref())
    });
    let arguments: Arguments = match parsed {
        Ok(arguments) => arguments,
        Err(reply) => return answer(&reply),
    };
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
        Err(error) => {
            let text = error.text(|| language(arguments.lang, arguments.config.as_deref()));
            if !text.is_empty() {
                terminal::complain(&text);
            }
            error.failure.into()
        }
    }
}

/// Shows help, or what is wrong with the command line.
fn answer(reply: &Reply) -> ExitCode {
    let text = reply.text.as_bytes();
    if reply.is_error {
        let _ = io::stderr().write_all(text);
        Failure::Usage.into()
    } else {
        let _ = io::stdout().write_all(text);
        ExitCode::SUCCESS
    }
}

#[cfg(test)]
mod tests {
    use super::{Arguments, HELP, Texts, command_line};

    #[test]
    fn every_command_and_argument_has_a_text_and_every_text_is_of_one() {
        let (missing, unused) = command_line::missing_and_unused::<Arguments>(Texts(HELP));
        assert!(missing.is_empty() && unused.is_empty(), "missing {missing:?}, unused {unused:?}");
    }
}
