use std::error::Error as _;

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::texts::Texts;
use super::typed::at;
use crate::messages::command_line::error as msg;
use temoin_core::text::{Language, Message};

/// What is wrong with a command line, and how to get help.
pub(super) fn problem(
    error: &Error,
    root: &Command,
    path: &[String],
    texts: Texts,
    language: Language,
) -> String {
    let context = ErrorContext { error, texts, language };
    let name = root.get_name();
    let mut help = name.to_owned();
    for word in path {
        help.push(' ');
        help.push_str(word);
    }
    help.push_str(" --help");
    let see = msg::SEE.fill(language, &[("command", &help)]);
    format!("{name}: {}\n{see}\n", context.sentence(at(root, path)))
}

/// What clap knows of an error.
struct ErrorContext<'a> {
    error: &'a Error,
    texts: Texts,
    language: Language,
}

impl ErrorContext<'_> {
    fn sentence(&self, command: &Command) -> String {
        let argument = self.one(ContextKind::InvalidArg);
        let value = self.one(ContextKind::InvalidValue);
        match self.error.kind() {
            ErrorKind::UnknownArgument if argument.starts_with('-') => {
                self.fill(&msg::UNKNOWN_OPTION, &[("argument", &argument)])
            }
            ErrorKind::UnknownArgument => self.fill(&msg::SURPLUS, &[("argument", &argument)]),
            ErrorKind::InvalidSubcommand => {
                let name = self.one(ContextKind::InvalidSubcommand);
                let values = [("command", &*name), ("commands", &*names(command))];
                self.fill(&msg::UNKNOWN_COMMAND, &values)
            }
            ErrorKind::MissingSubcommand => {
                self.fill(&msg::MISSING_COMMAND, &[("commands", &names(command))])
            }
            ErrorKind::MissingRequiredArgument => {
                self.fill(&msg::MISSING, &[("arguments", &argument)])
            }
            ErrorKind::InvalidValue | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues
                if value.is_empty() =>
            {
                self.fill(&msg::MISSING_VALUE, &[("argument", &argument)])
            }
            ErrorKind::InvalidValue => {
                let possible = self.one(ContextKind::ValidValue);
                let values = [("argument", &*argument), ("value", &*value), ("values", &*possible)];
                self.fill(&msg::IMPOSSIBLE_VALUE, &values)
            }
            ErrorKind::ValueValidation => {
                let reason = self.reason();
                let values = [("argument", &*argument), ("value", &*value), ("reason", &*reason)];
                self.fill(&msg::REFUSED_VALUE, &values)
            }
            ErrorKind::TooManyValues => {
                let values = [("argument", &*argument), ("value", &*value)];
                self.fill(&msg::SURPLUS_VALUE, &values)
            }
            ErrorKind::ArgumentConflict => {
                let others = self.one(ContextKind::PriorArg);
                if others == argument {
                    return self.fill(&msg::REPEATED, &[("argument", &argument)]);
                }
                let values = [("argument", &*argument), ("others", &*others)];
                self.fill(&msg::CONFLICT, &values)
            }
            ErrorKind::InvalidUtf8 => msg::NOT_UTF8.text(self.language).to_owned(),
            _ => msg::OTHER.text(self.language).to_owned(),
        }
    }

    /// Why a value is refused: what is expected in its place, where the catalogues say it, else in the
    /// words of what reads it.
    fn reason(&self) -> String {
        let name = match self.error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(argument)) => value_name(argument).map(|(_, name, _)| name),
            _ => None,
        };
        name.and_then(|name| self.texts.expected(name, self.language))
            .or_else(|| Some(self.error.source()?.to_string()))
            .unwrap_or_default()
    }

    /// What an error's context says of one thing, with the names of values in the reader's language.
    fn one(&self, kind: ContextKind) -> String {
        let is_argument = matches!(kind, ContextKind::InvalidArg | ContextKind::PriorArg);
        let said = |text: &String| match value_name(text).filter(|_| is_argument) {
            Some((before, name, after)) => {
                format!("{before}{}{after}", self.texts.value_name(name, self.language))
            }
            None => text.clone(),
        };
        match self.error.get(kind) {
            Some(ContextValue::String(text)) => said(text),
            Some(ContextValue::Strings(texts)) => {
                texts.iter().map(said).collect::<Vec<_>>().join(", ")
            }
            _ => String::new(),
        }
    }

    fn fill(&self, message: &Message, values: &[(&str, &str)]) -> String {
        message.fill(self.language, values)
    }
}

/// The name of a value within an argument as clap writes it, `--since <WHEN>` or `[KEY]`, and what
/// stands before and behind it.
fn value_name(argument: &str) -> Option<(&str, &str, &str)> {
    let start = argument.find(['<', '['])? + 1;
    let end = start + argument[start..].find(['>', ']'])?;
    Some((&argument[..start], &argument[start..end], &argument[end..]))
}

/// The names of the commands below one.
fn names(command: &Command) -> String {
    let visible = command.get_subcommands().filter(|below| !below.is_hide_set());
    visible.map(Command::get_name).collect::<Vec<_>>().join(", ")
}
