use std::io;

use simplelog::{ConfigBuilder, LevelFilter, WriteLogger};

use crate::daemon;
use temoin_http::Address;

use super::arguments::DaemonArgs;
use super::context::Context;
use super::exit::{CliError, Failure};

/// `temoin daemon`
pub(super) fn run(context: &Context, arguments: &DaemonArgs) -> Result<(), CliError> {
    // The service manager adds the time.
    let style = ConfigBuilder::new()
        .set_time_level(LevelFilter::Off)
        .set_thread_level(LevelFilter::Off)
        .set_target_level(LevelFilter::Off)
        .set_location_level(LevelFilter::Off)
        .build();
    WriteLogger::init(LevelFilter::Info, style, io::stderr())
        .map_err(|error| CliError::new(Failure::Failed, error))?;
    let address = match (&arguments.socket, arguments.listen) {
        (Some(path), _) => Some(Address::Unix(path.clone())),
        (None, Some(address)) => Some(Address::Loopback(address)),
        (None, None) => None,
    };
    let served = address.as_ref().map(|address| (address, context.zone));
    let status_file = arguments.status_file.as_deref();
    let Context { state_dir, config_path, config, .. } = context;
    Ok(daemon::run(state_dir, config_path, config, served, status_file)?)
}
