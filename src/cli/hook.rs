use std::env;
use std::ffi::OsString;

use crate::capture::hook::{self, PATIENCE};
use crate::capture::install;
use crate::capture::spool::Spool;
use crate::capture::syslog::Syslog;

use super::arguments::{Arguments, Hook, Run, Scripts};
use super::exit::{CliError, Failure};
use super::print;

/// `temoin hook …`
pub(super) fn run(arguments: &Arguments, command: &Hook) -> Result<(), CliError> {
    match command {
        Hook::RouteUp(run) => note(arguments, run, hook::Hook::RouteUp),
        Hook::RouteDown(run) => note(arguments, run, hook::Hook::RouteDown),
        Hook::Install(scripts) => install(arguments, scripts),
        Hook::Uninstall(scripts) => uninstall(scripts),
    }
}

/// Whatever happens, the tunnel is not to notice: this always succeeds.
fn note(arguments: &Arguments, run: &Run, hook: hook::Hook) -> Result<(), CliError> {
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
        hook::supervise(again, PATIENCE, &syslog);
    }
    Ok(())
}

fn install(arguments: &Arguments, scripts: &Scripts) -> Result<(), CliError> {
    let program = env::current_exe()?;
    let state_dir = std::path::absolute(&arguments.state_dir)?;
    // A hook may run before the daemon ever has, and what it leaves needs a place.
    Spool::create(&state_dir)?;
    let made = install::install(&scripts.scripts_dir, &program, &state_dir)?;
    let files: String = made.iter().map(|path| format!("{}\n", path.display())).collect();
    print(&files)
}

fn uninstall(scripts: &Scripts) -> Result<(), CliError> {
    let removed = install::uninstall(&scripts.scripts_dir, &env::current_exe()?)?;
    if removed.is_empty() {
        let path = scripts.scripts_dir.display();
        return Err(CliError::new(Failure::NotFound, format!("no hook of temoin's is in {path}")));
    }
    let files: String = removed.iter().map(|path| format!("{}\n", path.display())).collect();
    print(&files)
}
