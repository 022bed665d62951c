use temoin_config::ruleset::Ruleset;
use temoin_config::settings::{self, Setting};

use super::arguments::SettingsCommand;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::terminal::print;

/// `temoin settings`
pub(super) fn run(context: &Context, command: &SettingsCommand) -> Result<(), CliError> {
    match command {
        SettingsCommand::Check => check(context),
        SettingsCommand::Get { key: Some(setting) } => {
            print(&format!("{}\n", setting.value(&context.config)))
        }
        SettingsCommand::Get { key: None } => {
            let line = |setting: Setting| {
                format!("{setting} = {}", setting.value(&context.config)).trim_end().to_owned()
            };
            let lines: Vec<String> = Setting::ALL.into_iter().map(line).collect();
            print(&format!("{}\n", lines.join("\n")))
        }
        SettingsCommand::Set { key, value } => {
            settings::change(&context.config_path, &[(*key, value)])?;
            Ok(())
        }
    }
}

/// An invalid configuration has failed before this point.
fn check(context: &Context) -> Result<(), CliError> {
    let complaints: Vec<String> =
        Ruleset::load(&context.config)?.issues.iter().map(ToString::to_string).collect();
    if complaints.is_empty() {
        return Ok(());
    }
    Err(CliError::new(Failure::Failed, complaints.join("\n")))
}
