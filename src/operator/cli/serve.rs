use std::error::Error;
use std::io;

use nix::sys::signal::{SigSet, Signal};
use simplelog::{ConfigBuilder, LevelFilter, WriteLogger};

use crate::{Config, KeyFile, Responder, hook, listen};
use temoin_http::Server;

/// `temoin-operator serve`
pub(super) fn run(config: &Config) -> Result<(), Box<dyn Error>> {
    // The service manager notes the time itself.
    let style = ConfigBuilder::new()
        .set_time_level(LevelFilter::Off)
        .set_thread_level(LevelFilter::Off)
        .set_target_level(LevelFilter::Off)
        .set_location_level(LevelFilter::Off)
        .build();
    WriteLogger::init(LevelFilter::Info, style, io::stderr())?;
    // Before any thread is started, so that none receives them.
    let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
    signals.thread_block()?;
    let keys = KeyFile::at(&config.signing_key);
    let responder = Responder::new(config.store.clone(), keys, hook::now)?;
    let server = Server::start(listen(&config.endpoint)?, responder)?;
    log::info!("boxes are answered at {}", server.address());
    signals.wait()?;
    server.stop();
    Ok(())
}
