use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Spanned, Table, Value};

use crate::i18n::Message;
use crate::retention::Id;

use super::arguments::Profile;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::print;
use super::rules::check_file;
use super::table::table;

/// `temoin profile`
pub(super) fn run(context: &Context, command: &Profile) -> Result<(), CliError> {
    match command {
        Profile::Check { file } => check_file(context, file),
        Profile::List => list(context),
        Profile::Use { id } => choose(context, id),
    }
}

fn list(context: &Context) -> Result<(), CliError> {
    let language = context.language;
    let book = context.lawbook()?;
    let chosen = book.profile().map(|profile| &profile.id);
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

fn choose(context: &Context, id: &Id) -> Result<(), CliError> {
    let book = context.lawbook()?;
    let Some(profile) = book.profiles.iter().find(|profile| profile.id == *id) else {
        let message = format!("there is no profile {id}; see: temoin profile list");
        return Err(CliError::new(Failure::NotFound, message));
    };
    // A link stays one.
    let path =
        fs::canonicalize(&context.config_path).unwrap_or_else(|_| context.config_path.clone());
    let failed = |error: &dyn std::fmt::Display| {
        let path = path.display();
        CliError::new(Failure::Failed, format!("{path}: {error}; run this as root"))
    };
    let before = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text.map_err(|error| failed(&error))?,
    };
    let Some(after) = with_profile(&before, id) else {
        let message = format!(
            "{}: the key could not be put in without changing anything else; write it yourself: in \
             the table [operator], profile = \"{id}\"",
            path.display()
        );
        return Err(CliError::new(Failure::Failed, message));
    };
    if after != before {
        replace(&path, &after).map_err(|error| failed(&error))?;
    }
    let path = path.display().to_string();
    let values = [("name", profile.name.as_str()), ("file", &path)];
    print(&format!("{}\n", USED.fill(context.language, &values)))
}

/// The text of a configuration with this operator's profile, all else as it was; `None` where that
/// cannot be done.
fn with_profile(text: &str, id: &Id) -> Option<String> {
    let mut expected: Table = text.parse().ok()?;
    let operator = expected.entry("operator").or_insert_with(|| Table::new().into());
    operator.as_table_mut()?.insert("profile".to_owned(), Value::String(id.to_string()));

    let value = format!("\"{id}\"");
    let after = match place_of_value(text) {
        Some(range) => format!("{}{value}{}", &text[..range.start], &text[range.end..]),
        None => match place_in_table(text) {
            Some(at) => {
                let gap = if text[..at].ends_with('\n') { "" } else { "\n" };
                format!("{}{gap}profile = {value}\n{}", &text[..at], &text[at..])
            }
            None => {
                let gap = match text {
                    "" => "",
                    text if text.ends_with('\n') => "\n",
                    _ => "\n\n",
                };
                format!("{text}{gap}[operator]\nprofile = {value}\n")
            }
        },
    };
    (after.parse::<Table>().ok()? == expected).then_some(after)
}

/// Where the value of the key stands.
fn place_of_value(text: &str) -> Option<Range<usize>> {
    #[derive(Deserialize)]
    struct File {
        operator: Operator,
    }
    #[derive(Deserialize)]
    struct Operator {
        profile: Spanned<String>,
    }
    toml::from_str::<File>(text).ok().map(|file| file.operator.profile.span())
}

/// Where the key can be put: in its table, behind the line that shows its default if there is one.
fn place_in_table(text: &str) -> Option<usize> {
    let mut at = 0;
    let mut place = None;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let bare = line.trim();
        if bare.starts_with('[') {
            if place.is_some() {
                break;
            }
            if bare.split('#').next().is_some_and(|header| header.trim() == "[operator]") {
                place = Some(at);
            }
        } else if place.is_some() && bare.starts_with("#profile") {
            place = Some(at);
        }
    }
    place
}

/// Puts a new text in the place of a file's, whole or not at all; its mode and owner stay.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut name = OsString::from(path);
    name.push(".new");
    let new = PathBuf::from(name);
    let old = fs::metadata(path).ok();
    let mode = old.as_ref().map_or(0o644, |old| old.permissions().mode() & 0o7777);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::create_dir_all(directory)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let written = (|| {
        if let Some(old) = &old {
            let own = file.metadata()?;
            if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
                fchown(&file, Some(old.uid()), Some(old.gid()))?;
            }
        }
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        File::open(directory.unwrap_or_else(|| Path::new(".")))?.sync_all()
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
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
    fr: "{name} est désormais votre opérateur, d’après {file}. temoin en tient compte une fois relancé : systemctl restart temoin",
    nl: "{name} is voortaan uw operator, volgens {file}. temoin houdt daar rekening mee na een herstart: systemctl restart temoin",
    en: "{name} is your operator from now on, says {file}. temoin heeds that once started again: systemctl restart temoin",
    de: "{name} ist von nun an Ihr Betreiber, so {file}. temoin beachtet das nach einem Neustart: systemctl restart temoin",
};

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::with_profile;
    use crate::retention::Id;

    const SHIPPED: &str = include_str!("../temoin.toml");

    fn id() -> Id {
        "my-isp".parse().unwrap()
    }

    #[test]
    fn the_one_key_is_written_and_all_else_stays() {
        for (before, after) in [
            ("", "[operator]\nprofile = \"my-isp\"\n"),
            (
                "[page]\nlanguage = \"fr\"",
                "[page]\nlanguage = \"fr\"\n\n[operator]\nprofile = \"my-isp\"\n",
            ),
            (
                "[operator] # who\njurisdiction = 'BE'\n\n[page]\n",
                "[operator] # who\nprofile = \"my-isp\"\njurisdiction = 'BE'\n\n[page]\n",
            ),
            ("[operator]", "[operator]\nprofile = \"my-isp\"\n"),
            (
                "[operator]\nprofile = 'other' # they\r\n[page]\n",
                "[operator]\nprofile = \"my-isp\" # they\r\n[page]\n",
            ),
            ("operator.profile = \"\"\n", "operator.profile = \"my-isp\"\n"),
            ("operator = { profile = \"a\" }\n", "operator = { profile = \"my-isp\" }\n"),
        ] {
            assert_eq!(with_profile(before, &id()).as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn in_the_shipped_file_it_stands_behind_its_default() {
        let after = with_profile(SHIPPED, &id()).unwrap();
        assert!(after.contains("#profile = \"\"\nprofile = \"my-isp\"\n"), "{after}");
        assert_eq!(after.replacen("\nprofile = \"my-isp\"", "", 1), SHIPPED);
        assert_eq!(with_profile(&after, &id()).unwrap(), after);
    }

    #[test]
    fn what_cannot_be_edited_safely_is_left_to_the_member() {
        for text in [
            "operator = {}\n",
            "[page]\nlanguage = \"\"\"\n[operator]\n\"\"\"\n",
            "[operator",
            "operator = 3\n",
        ] {
            let after = with_profile(text, &id());
            assert_eq!(after, None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_text_it_never_panics_and_changes_nothing_else(text in "[\\[\\]a-z=\"'#\n \r.]{0,60}") {
            if let Some(after) = with_profile(&text, &id()) {
                let known: toml::Table = after.parse().unwrap();
                prop_assert!(known["operator"]["profile"].as_str() == Some("my-isp"));
            }
        }
    }
}
