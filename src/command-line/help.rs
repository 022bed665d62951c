use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use super::texts::{Texts, fill, is_help, name_in_code};
use super::typed::at;
use super::wrap::wrapped;
use crate::messages::command_line as msg;
use temoin_core::text::Language;

/// Assumed terminal width, in columns.
const WIDTH: usize = 80;

/// How far what an argument is for stands from the left.
const MARGIN: &str = "          ";

/// The help of the command that `path` leads to.
pub(super) fn help(root: &Command, path: &[String], texts: Texts, language: Language) -> String {
    let command = at(root, path);
    let writer = HelpWriter { command, path, texts, language };
    let mut text = String::new();
    for kind in ["summary", "details"] {
        if let Some(message) = texts.of_command(path, kind) {
            let _ = writeln!(text, "{}", wrapped(&fill(&message, language), WIDTH, ""));
        }
    }
    let name = [root.get_name()].into_iter().chain(path.iter().map(String::as_str));
    let _ = writeln!(
        text,
        "{} {}{}",
        msg::USAGE.text(language),
        name.collect::<Vec<_>>().join(" "),
        writer.usage()
    );
    let commands: Vec<&Command> =
        command.get_subcommands().filter(|below| !below.is_hide_set()).collect();
    if !commands.is_empty() {
        let _ = write!(text, "\n{}\n{}", msg::COMMANDS.text(language), writer.commands(&commands));
    }
    let mut arguments: Vec<&Arg> =
        command.get_arguments().filter(|arg| !arg.is_hide_set()).collect();
    arguments.sort_by_key(|arg| (is_automatic(arg), arg.is_global_set()));
    let (positional, options): (Vec<&Arg>, Vec<&Arg>) =
        arguments.into_iter().partition(|arg| arg.is_positional());
    for (title, arguments) in [(&msg::ARGUMENTS, positional), (&msg::OPTIONS, options)] {
        if !arguments.is_empty() {
            let _ = writeln!(text, "\n{}", title.text(language));
        }
        for arg in arguments {
            writer.argument(arg, &mut text);
        }
    }
    if let Some(message) = texts.of_command(path, "exit_codes") {
        let _ = write!(text, "\n{}", wrapped(message.text(language), WIDTH, ""));
    }
    text
}

struct HelpWriter<'a> {
    command: &'a Command,
    path: &'a [String],
    texts: Texts,
    language: Language,
}

impl HelpWriter<'_> {
    /// What is typed behind the command's name.
    fn usage(&self) -> String {
        let mut usage = format!(" [{}]", msg::OPTIONS_IN_USAGE.text(self.language));
        let visible = self.command.get_arguments().filter(|arg| !arg.is_hide_set());
        let (positional, options): (Vec<&Arg>, Vec<&Arg>) =
            visible.partition(|arg| arg.is_positional());
        for arg in options.into_iter().filter(|arg| arg.is_required_set()).chain(positional) {
            let _ = write!(usage, " {}", self.typed(arg));
        }
        if self.command.has_subcommands() {
            let _ = write!(usage, " <{}>", msg::COMMAND_IN_USAGE.text(self.language));
        }
        usage
    }

    fn commands(&self, commands: &[&Command]) -> String {
        let widest = commands.iter().map(|command| command.get_name().len()).max();
        let widest = widest.unwrap_or_default();
        let margin = " ".repeat(widest + 4);
        let mut text = String::new();
        for command in commands {
            let name = command.get_name();
            let mut path = self.path.to_vec();
            path.push(name.to_owned());
            let summary = self.texts.of_command(&path, "summary");
            let summary = if is_help(command) { Some(msg::HELP_COMMAND) } else { summary };
            let summary = summary.map(|it| fill(&it, self.language)).unwrap_or_default();
            let lines = wrapped(&summary, WIDTH, &margin);
            let _ = write!(text, "  {name:widest$}  {}", lines.trim_start_matches(' '));
        }
        text
    }

    fn argument(&self, arg: &Arg, text: &mut String) {
        let language = self.language;
        let short =
            arg.get_short().map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
        let short = if arg.is_positional() { "" } else { &short };
        let _ = writeln!(text, "  {short}{}", self.typed(arg));
        let about = match arg.get_action() {
            ArgAction::Help => Some(msg::HELP_OPTION),
            ArgAction::Version => Some(msg::VERSION_OPTION),
            _ => self.texts.of_argument(self.path, arg),
        };
        let mut about = about.map(|it| fill(&it, language)).unwrap_or_default();
        if arg.get_action().takes_values() {
            for value in arg.get_default_values() {
                let values = [("value", &*value.to_string_lossy())];
                about.push(' ');
                about.push_str(&msg::DEFAULT.fill(language, &values));
            }
        }
        text.push_str(&wrapped(&about, WIDTH, MARGIN));
        let values = arg.get_possible_values();
        if arg.get_action().takes_values() && !values.is_empty() {
            let _ = writeln!(text, "{MARGIN}{}", msg::VALUES.text(language));
            for value in values {
                let name = value.get_name();
                let what = self.texts.of_value(self.path, arg, name);
                let what = what.map_or("", |what| what.text(language));
                let line = msg::VALUE.fill(language, &[("value", name), ("meaning", what)]);
                text.push_str(&wrapped(&line, WIDTH, &format!("{MARGIN}  ")));
            }
        }
    }

    /// An argument as it is typed: `--since <DAY>`, or `<ID>`.
    fn typed(&self, arg: &Arg) -> String {
        let name = name_in_code(arg).filter(|_| arg.get_action().takes_values());
        let name = name.map(|name| self.texts.value_name(name, self.language));
        match (arg.get_long(), name) {
            (Some(long), Some(name)) => format!("--{long} <{name}>"),
            (Some(long), None) => format!("--{long}"),
            (None, Some(name)) if arg.is_required_set() => format!("<{name}>"),
            (None, name) => format!("[{}]", name.unwrap_or_default()),
        }
    }
}

/// Whether clap adds the argument itself.
fn is_automatic(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Help | ArgAction::Version)
}
