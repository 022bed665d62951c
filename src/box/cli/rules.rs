use std::fmt::Write;
use std::path::Path;

use crate::messages::cli::rules as msg;
use temoin_config::ruleset;
use temoin_core::law::check;
use temoin_core::text::Message;

use super::arguments::RulesCommand;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::output::unreadable;
use super::table::table;
use super::terminal::print;

/// `temoin rules`
pub(super) fn run(context: &Context, command: &RulesCommand) -> Result<(), CliError> {
    match command {
        RulesCommand::Check { file } => check_file(context, file),
        RulesCommand::List => list(context),
    }
}

/// Prints all problems in a file, one per line.
pub(super) fn check_file(context: &Context, path: &Path) -> Result<(), CliError> {
    let name = path.display().to_string();
    let text = ruleset::read(path).map_err(|error| unreadable(path, &error))?;
    let problems = check(&name, &text);
    let mut told = String::new();
    for problem in &problems {
        let _ = writeln!(told, "{problem}");
    }
    if problems.is_empty() {
        let _ = writeln!(told, "{}", msg::SOUND.fill(context.language, &[("file", &name)]));
    }
    print(&told)?;
    if problems.is_empty() { Ok(()) } else { Err(CliError::new(Failure::Failed, "")) }
}

fn list(context: &Context) -> Result<(), CliError> {
    let language = context.language;
    let ruleset = context.lawbook()?;
    let rows: Vec<Vec<String>> = ruleset
        .law
        .editions()
        .iter()
        .map(|edition| {
            let last = edition.effective_to.map_or_else(String::new, |day| day.to_string());
            let note = if edition.is_stale(context.now) { msg::STALE.text(language) } else { "" };
            vec![
                edition.id.to_string(),
                edition.jurisdiction.to_string(),
                edition.effective_from.to_string(),
                last,
                edition.checked_on.to_string(),
                note.to_owned(),
            ]
        })
        .collect();
    print(&table(&HEAD.map(|message| message.text(language)), &rows))
}

const HEAD: [&Message; 6] = [
    &msg::HEAD_EDITION,
    &msg::HEAD_LAW,
    &msg::HEAD_FROM,
    &msg::HEAD_TO,
    &msg::HEAD_CHECKED_ON,
    &Message::BLANK,
];
