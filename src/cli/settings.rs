use crate::lawbook::Lawbook;
use crate::settings::{self, Setting};

use super::arguments::Settings;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::print;

/// `temoin settings`
pub(super) fn run(context: &Context, command: &Settings) -> Result<(), CliError> {
    match command {
        Settings::Check => check(context),
        Settings::Get { key: Some(setting) } => {
            print(&format!("{}\n", setting.value(&context.config)))
        }
        Settings::Get { key: None } => {
            let line = |setting: Setting| {
                format!("{setting} = {}", setting.value(&context.config)).trim_end().to_owned()
            };
            let lines: Vec<String> = Setting::ALL.into_iter().map(line).collect();
            print(&format!("{}\n", lines.join("\n")))
        }
        Settings::Set { key, value } => {
            settings::change(&context.config_path, &[(*key, value)])?;
            Ok(())
        }
    }
}

/// A configuration that cannot be used at all has failed before.
fn check(context: &Context) -> Result<(), CliError> {
    let complaints: Vec<String> =
        Lawbook::load(&context.config)?.complaints.iter().map(ToString::to_string).collect();
    if complaints.is_empty() {
        return Ok(());
    }
    Err(CliError::new(Failure::Failed, complaints.join("\n")))
}
