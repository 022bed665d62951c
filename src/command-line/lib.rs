//! What the command lines of both programs share: their help and what they say of a wrong command
//! line, from the catalogues in `src/locales`. Pure: the words typed are passed in.
//!
//! clap takes the words apart; of what it would say itself, in English, nothing is shown.

#![forbid(unsafe_code)]

mod coverage;
mod help;
mod texts;
mod typed;
mod usage;
mod wrap;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory, FromArgMatches};

use temoin_core::text::Language;

pub use coverage::missing_and_unused;
pub use texts::Texts;
pub use typed::Typed;
pub use wrap::wrapped;

/// What is shown instead of running a command.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The text, with its last line break.
    pub text: String,
    /// Whether the command line is wrong, so that the text belongs on standard error.
    pub is_error: bool,
}

/// The arguments that `words` are, the program's name first.
///
/// # Errors
/// A [`Reply`] where help or the version is asked for, or the words are wrong. `choose` chooses its
/// language by what was typed.
pub fn parse<A: CommandFactory + FromArgMatches>(
    words: &[OsString],
    texts: Texts,
    choose: impl FnOnce(&Typed) -> Language,
) -> Result<A, Reply> {
    let command = with_own_help(A::command());
    let parsed = command
        .clone()
        .try_get_matches_from(words)
        .and_then(|matches| A::from_arg_matches(&matches));
    parsed.map_err(|error| {
        let command = built(command);
        let typed = Typed::read(&command, words);
        let language = choose(&typed);
        let help = || help::help(&command, &typed.command, texts, language);
        match error.kind() {
            ErrorKind::DisplayVersion => Reply { text: error.to_string(), is_error: false },
            ErrorKind::DisplayHelp => Reply { text: help(), is_error: false },
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Reply { text: help(), is_error: true }
            }
            _ => {
                let text = usage::problem(&error, &command, &typed.command, texts, language);
                Reply { text, is_error: true }
            }
        }
    })
}

/// The language that the environment names, by its `variable`s.
pub fn language_of_system(variable: impl Fn(&str) -> Option<String>) -> Language {
    let names: Vec<String> =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable).collect();
    Language::from_locales(names.iter().map(String::as_str))
}

/// Tells clap that the help of each command is written elsewhere: without, and without its own, it
/// would take `--help` for wrong.
fn with_own_help(command: Command) -> Command {
    command.override_help("").mut_subcommands(with_own_help)
}

/// A command with all that clap adds: `--help`, `--version`, the command `help` and, below each
/// command, the global options.
fn built(mut command: Command) -> Command {
    command.build();
    command
}

/// The texts of the catalogues in `src/locales`.
#[allow(unused_imports, reason = "what each generated module imports is the same")]
mod messages {
    use temoin_core::text::{Message, PackedTexts, Plural};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
