use serde::Serialize;

use crate::i18n::Message;
use crate::retention::Id;
use crate::settings::{self, Setting};

use super::arguments::{Json, Profile};
use super::context::Context;
use super::exit::{CliError, Failure};
use super::print;
use super::rules::check_file;
use super::table::table;

/// `temoin profile`
pub(super) fn run(context: &Context, command: &Profile) -> Result<(), CliError> {
    match command {
        Profile::Check { file } => check_file(context, file),
        Profile::List(output) => list(context, output),
        Profile::Use { id } => choose(context, id),
    }
}

fn list(context: &Context, output: &Json) -> Result<(), CliError> {
    let language = context.language;
    let book = context.lawbook()?;
    let chosen = book.profile().map(|profile| &profile.id);
    if output.json {
        let profiles = book.profiles.iter().map(|profile| Listed {
            id: profile.id.as_str(),
            name: &profile.name,
            chosen: chosen == Some(&profile.id),
            is_of_software: profile.is_of_software(),
        });
        let list = List { format: "temoin.profiles/1", profiles: profiles.collect() };
        return print(&format!("{}\n", serde_json::to_string(&list)?));
    }
    let rows: Vec<Vec<String>> = book
        .profiles
        .iter()
        .map(|profile| {
            let newest = profile.statements.iter().map(|statement| statement.stated_on).max();
            vec![
                if chosen == Some(&profile.id) { "*" } else { "" }.to_owned(),
                profile.id.to_string(),
                profile.jurisdiction.to_string(),
                newest.map_or_else(String::new, |day| day.to_string()),
                profile.name.clone(),
            ]
        })
        .collect();
    let mut text = table(&HEAD.map(|message| message.text(language)), &rows);
    text.push('\n');
    text.push_str(if chosen.is_some() { &CHOSEN } else { &NONE }.text(language));
    text.push('\n');
    print(&text)
}

#[derive(Serialize)]
struct List<'a> {
    format: &'static str,
    profiles: Vec<Listed<'a>>,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    name: &'a str,
    chosen: bool,
    /// The name is that of a software, which some operator runs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_of_software: bool,
}

fn choose(context: &Context, id: &Id) -> Result<(), CliError> {
    let book = context.lawbook()?;
    let Some(profile) = book.profiles.iter().find(|profile| profile.id == *id) else {
        let message = format!("there is no profile {id}; see: temoin profile list");
        return Err(CliError::new(Failure::NotFound, message));
    };
    let path = &context.config_path;
    settings::change(path, &[(Setting::OperatorProfile, id.as_str())])?;
    let path = path.display().to_string();
    let values = [("name", profile.name.as_str()), ("file", &path)];
    print(&format!("{}\n", USED.fill(context.language, &values)))
}

const HEAD: [&Message; 5] = [
    &Message { fr: "", nl: "", en: "", de: "" },
    &Message { fr: "Profil", nl: "Profiel", en: "Profile", de: "Profil" },
    &Message { fr: "Droit", nl: "Recht", en: "Law", de: "Recht" },
    &Message {
        fr: "Dernière déclaration",
        nl: "Laatste verklaring",
        en: "Last statement",
        de: "Letzte Erklärung",
    },
    &Message { fr: "Opérateur", nl: "Operator", en: "Operator", de: "Betreiber" },
];

const CHOSEN: Message = Message {
    fr: "* est votre opérateur. Pour en choisir un autre : temoin profile use PROFIL",
    nl: "* is uw operator. Een andere kiezen: temoin profile use PROFIEL",
    en: "* is your operator. To choose another: temoin profile use PROFILE",
    de: "* ist Ihr Betreiber. Einen anderen wählen: temoin profile use PROFIL",
};

const NONE: Message = Message {
    fr: "Vous n’avez pas encore dit qui est votre opérateur : temoin profile use PROFIL",
    nl: "U zei nog niet wie uw operator is: temoin profile use PROFIEL",
    en: "You have not said yet who your operator is: temoin profile use PROFILE",
    de: "Sie haben noch nicht gesagt, wer Ihr Betreiber ist: temoin profile use PROFIL",
};

const USED: Message = Message {
    fr: "{name} est désormais votre opérateur, d’après {file}.",
    nl: "{name} is voortaan uw operator, volgens {file}.",
    en: "{name} is your operator from now on, says {file}.",
    de: "{name} ist von nun an Ihr Betreiber, so {file}.",
};
