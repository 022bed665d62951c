use serde::Serialize;

use crate::messages::cli::{error, profile as msg};
use temoin_config::settings::{self, Setting};
use temoin_core::law::Slug;
use temoin_core::text::Message;
use temoin_page::words;

use super::arguments::{JsonArgs, ProfileCommand};
use super::context::Context;
use super::exit::{CliError, Failure};
use super::rules::check_file;
use super::table::table;
use super::terminal::{print, print_json};

/// `temoin profile`
pub(super) fn run(context: &Context, command: &ProfileCommand) -> Result<(), CliError> {
    match command {
        ProfileCommand::Check { file } => check_file(context, file),
        ProfileCommand::List(output) => list(context, output),
        ProfileCommand::Use { id } => choose(context, id),
    }
}

fn list(context: &Context, output: &JsonArgs) -> Result<(), CliError> {
    let language = context.language;
    let ruleset = context.lawbook()?;
    let chosen = ruleset.profile().map(|profile| &profile.id);
    if output.json {
        let profiles = ruleset.profiles.iter().map(|profile| ListedProfile {
            id: profile.id.as_str(),
            name: &profile.name,
            chosen: chosen == Some(&profile.id),
            is_of_software: profile.is_of_software(),
        });
        let list = ProfileList { format: "temoin.profiles/1", profiles: profiles.collect() };
        return print_json(&list);
    }
    let rows: Vec<Vec<String>> = ruleset
        .profiles
        .iter()
        .map(|profile| {
            let newest = profile.statements.iter().map(|statement| statement.stated_on).max();
            vec![
                if chosen == Some(&profile.id) { "*" } else { "" }.to_owned(),
                profile.id.to_string(),
                profile.jurisdiction.to_string(),
                newest.map_or_else(String::new, |day| day.to_string()),
                words::operator(Some(&profile.operator_name()), language),
            ]
        })
        .collect();
    let mut text = table(&HEAD.map(|message| message.text(language)), &rows);
    text.push('\n');
    text.push_str(if chosen.is_some() { &msg::CHOSEN } else { &msg::NONE }.text(language));
    text.push('\n');
    print(&text)
}

#[derive(Serialize)]
struct ProfileList<'a> {
    format: &'static str,
    profiles: Vec<ListedProfile<'a>>,
}

#[derive(Serialize)]
struct ListedProfile<'a> {
    id: &'a str,
    name: &'a str,
    chosen: bool,
    /// The profile describes a software, not an operator.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_of_software: bool,
}

fn choose(context: &Context, id: &Slug) -> Result<(), CliError> {
    let ruleset = context.lawbook()?;
    let Some(profile) = ruleset.profiles.iter().find(|profile| profile.id == *id) else {
        return Err(CliError::said(Failure::NotFound, error::NO_PROFILE, &[("profile", id)]));
    };
    let path = &context.config_path;
    settings::change(path, &[(Setting::OperatorProfile, id.as_str())])?;
    let path = path.display().to_string();
    let name = words::operator(Some(&profile.operator_name()), context.language);
    let values = [("name", name.as_str()), ("file", &path)];
    print(&format!("{}\n", msg::USED.fill(context.language, &values)))
}

const HEAD: [&Message; 5] = [
    &Message::BLANK,
    &msg::HEAD_PROFILE,
    &msg::HEAD_LAW,
    &msg::HEAD_LAST_STATEMENT,
    &msg::HEAD_OPERATOR,
];
