use std::ffi::OsString;
use std::path::PathBuf;

use clap::Command;

use temoin_core::text::Language;

/// What a command line says, also one that is wrong: enough to choose the language of the answer and
/// to know which command it is about.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Typed {
    /// That of `--lang`, where temoin speaks it.
    pub language: Option<Language>,
    /// That of `--config`.
    pub config: Option<PathBuf>,
    /// The names of the commands, one below the other.
    pub(super) command: Vec<String>,
}

impl Typed {
    /// Reads `words`, the program's name first, for a command with all that clap adds to it.
    pub(super) fn read(command: &Command, words: &[OsString]) -> Self {
        let mut typed = Self::default();
        let mut current = command;
        let mut is_settled = false;
        let mut words = words.iter().skip(1);
        while let Some(word) = words.next() {
            let Some(text) = word.to_str() else { continue };
            if let Some(option) = text.strip_prefix("--").filter(|option| !option.is_empty()) {
                is_settled |= option == "help";
                let (name, value) = match option.split_once('=') {
                    Some((name, value)) => (name, Some(OsString::from(value))),
                    None => (option, None),
                };
                let takes_value = current
                    .get_arguments()
                    .any(|arg| arg.get_long() == Some(name) && arg.get_action().takes_values());
                if !takes_value {
                    continue;
                }
                let Some(value) = value.or_else(|| words.next().cloned()) else { break };
                match name {
                    "lang" => typed.language = value.to_str().and_then(|code| code.parse().ok()),
                    "config" => typed.config = Some(value.into()),
                    _ => {}
                }
            } else if text == "--" {
                break;
            } else if text.starts_with('-') {
                is_settled |= text == "-h";
            } else if is_settled || text == "help" {
                // `temoin help letter` is about the command `letter`.
            } else if let Some(below) = current.find_subcommand(text) {
                typed.command.push(text.to_owned());
                current = below;
            }
        }
        typed
    }
}

/// The command that `path` leads to from the program's.
pub(super) fn at<'a>(command: &'a Command, path: &[String]) -> &'a Command {
    path.iter().fold(command, |command, name| command.find_subcommand(name).unwrap_or(command))
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command};

    use super::super::{built, with_own_help};
    use super::{Language, Typed};

    #[test]
    fn the_command_and_the_language_are_known_of_a_wrong_command_line_too() {
        let global = |name| Arg::new(name).long(name).global(true);
        let letter = Command::new("letter").subcommand(Command::new("access"));
        let command = Command::new("temoin")
            .args([global("lang"), global("config")])
            .subcommands([letter, Command::new("show").arg(Arg::new("id"))]);
        let command = built(with_own_help(command));
        for (words, path, language, config) in [
            ("letter access --wrong", "letter access", None, None),
            ("--lang show letter", "letter", None, None),
            ("--lang=fr show letter", "show", Some(Language::French), None),
            ("help letter access --lang nl", "letter access", Some(Language::Dutch), None),
            ("letter --help access --lang nl", "letter", Some(Language::Dutch), None),
            ("letter -h access", "letter", None, None),
            ("--config x show -- --lang fr", "show", None, Some("x")),
            ("--lang", "", None, None),
        ] {
            let words: Vec<_> =
                ["temoin"].into_iter().chain(words.split(' ')).map(Into::into).collect();
            let typed = Typed::read(&command, &words);
            assert_eq!(typed.command.join(" "), path, "{words:?}");
            assert_eq!(typed.language, language, "{words:?}");
            assert_eq!(typed.config.as_deref(), config.map(std::path::Path::new), "{words:?}");
        }
    }
}
