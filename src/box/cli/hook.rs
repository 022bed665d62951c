use std::env;
use std::ffi::OsString;

use crate::messages::cli::error as msg;
use temoin_capture::openvpn::hook::{self, HOOK_TIMEOUT};
use temoin_capture::openvpn::install;
use temoin_capture::spool::Spool;
use temoin_capture::syslog::Syslog;

use super::arguments::{Arguments, HookCommand, HookRunArgs, ScriptsArgs};
use super::exit::{CliError, Failure};
use super::terminal::print;

/// `temoin hook …`
pub(super) fn run(arguments: &Arguments, command: &HookCommand) -> Result<(), CliError> {
    match command {
        HookCommand::RouteUp(run) => note(arguments, run, hook::Hook::RouteUp),
        HookCommand::RouteDown(run) => note(arguments, run, hook::Hook::RouteDown),
        HookCommand::Install(scripts) => install(arguments, scripts),
        HookCommand::Uninstall(scripts) => uninstall(scripts),
    }
}

/// Always succeeds, so as not to disturb the tunnel.
fn note(arguments: &Arguments, run: &HookRunArgs, hook: hook::Hook) -> Result<(), CliError> {
    let syslog = Syslog::default();
    if run.unsupervised {
        hook::record(hook, &arguments.state_dir, env::vars_os(), &syslog);
    } else {
        let again: [OsString; 5] = [
            "--state-dir".into(),
            arguments.state_dir.clone().into(),
            "hook".into(),
            hook.name().into(),
            "--unsupervised".into(),
        ];
        hook::supervise(again, HOOK_TIMEOUT, &syslog);
    }
    Ok(())
}

fn install(arguments: &Arguments, scripts: &ScriptsArgs) -> Result<(), CliError> {
    let program = env::current_exe()?;
    let state_dir = std::path::absolute(&arguments.state_dir)?;
    // A hook may run before the daemon's first start, so the spool must exist.
    Spool::create(&state_dir)?;
    let made = install::install(&scripts.scripts_dir, &program, &state_dir)?;
    let files: String = made.iter().map(|path| format!("{}\n", path.display())).collect();
    print(&files)
}

fn uninstall(scripts: &ScriptsArgs) -> Result<(), CliError> {
    let removed = install::uninstall(&scripts.scripts_dir, &env::current_exe()?)?;
    if removed.is_empty() {
        let path = scripts.scripts_dir.display();
        return Err(CliError::said(Failure::NotFound, msg::NO_HOOK, &[("path", &path)]));
    }
    let files: String = removed.iter().map(|path| format!("{}\n", path.display())).collect();
    print(&files)
}
