use clap::{Arg, Command};

use temoin_core::text::{Language, Message};

/// The help of a program: the texts of a table of the catalogues, sorted by key.
///
/// A key is the path of a command and what the text is for, words with `_` for `-`:
///
/// * `letter.access.summary`: the command in a line; without a path, the program;
/// * `details`: what else the program's own help says; `exit_codes`: what it ends with;
/// * `letter.complaint.asked`: the argument `asked` of a command;
/// * `letter.complaint.about_no_answer`: the value `no-answer` of its argument `about`;
/// * `shared.json`: the argument `json` of every command that has no text of its own for it;
/// * `value_name.day`: what stands for a value whose name in the code is `DAY`;
/// * `expected.day`: what such a value has to be, where another cannot be read.
#[derive(Clone, Copy, Debug)]
pub struct Texts(pub &'static [(&'static str, Message)]);

impl Texts {
    pub(super) fn find(self, key: &str) -> Option<Message> {
        let index = self.0.binary_search_by_key(&key, |(key, _)| key).ok()?;
        self.0.get(index).map(|(_, message)| *message)
    }

    /// A text of a command, or `None` where it has none of that kind.
    pub(super) fn of_command(self, path: &[String], kind: &str) -> Option<Message> {
        self.find(&key(path, kind))
    }

    /// What an argument is for.
    pub(super) fn of_argument(self, path: &[String], arg: &Arg) -> Option<Message> {
        let id = arg.get_id().as_str();
        self.find(&key(path, id)).or_else(|| self.find(&format!("shared.{id}")))
    }

    /// What a value of an argument stands for.
    pub(super) fn of_value(self, path: &[String], arg: &Arg, value: &str) -> Option<Message> {
        self.find(&key(path, &format!("{}_{value}", arg.get_id())))
    }

    /// The name of a value in a language, such as `TAG` for `DAY`.
    pub(super) fn value_name(self, name: &str, language: Language) -> String {
        let known = self.find(&format!("value_name.{}", name.to_ascii_lowercase()));
        known.map_or(name, |message| message.text(language)).to_owned()
    }

    /// What a value of this name has to be, where that is said.
    pub(super) fn expected(self, name: &str, language: Language) -> Option<String> {
        let message = self.find(&format!("expected.{}", name.to_ascii_lowercase()))?;
        Some(fill(&message, language))
    }
}

/// The text with the placeholder that help may have: `{codes}`, the languages that are offered.
pub(super) fn fill(message: &Message, language: Language) -> String {
    let codes = Language::OFFERED.map(Language::code).join(", ");
    message.fill(language, &[("codes", &codes)])
}

/// The name of an argument's value in the code.
pub(super) fn name_in_code(arg: &Arg) -> Option<&str> {
    arg.get_value_names().and_then(|names| names.first()).map(clap::builder::Str::as_str)
}

/// Whether clap adds the command itself.
pub(super) fn is_help(command: &Command) -> bool {
    command.get_name() == "help"
}

pub(super) fn key(path: &[String], kind: &str) -> String {
    let mut key = path.join(".");
    if !key.is_empty() {
        key.push('.');
    }
    key.push_str(kind);
    key.replace('-', "_")
}
