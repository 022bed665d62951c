use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nix::sys::signal::{SigSet, Signal};
use simplelog::{ConfigBuilder, LevelFilter, WriteLogger};

use crate::{Config, HookTrail, KeyFile, Responder, Spool, delivery, hook, hook_socket, listen};
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
    let unsure = take_hooks(config)?;
    let keys = KeyFile::at(&config.signing_key);
    let trail = HookTrail {
        gateway: config.gateway_name(),
        spool: Spool::at(&config.hook.spool),
        openvpn_user: config.openvpn_user.is_some(),
        unsure,
    };
    let responder = Responder::new(config.store.clone(), keys, trail, hook::now)?;
    let server = Server::start(listen(&config.endpoint)?, responder)?;
    log::info!("boxes are answered at {}", server.address());
    signals.wait()?;
    server.stop();
    // Nobody must give an event to a program that ends.
    let _ = std::fs::remove_file(&config.hook.socket);
    Ok(())
}

/// Begins to take events from hooks and to deliver them; returns what is set while a lost hook could not
/// be noted.
fn take_hooks(config: &Config) -> Result<Arc<AtomicBool>, Box<dyn Error>> {
    let spool = Spool::create(&config.hook.spool)
        .map_err(|error| format!("{}: {error}", config.hook.spool.display()))?;
    let unsure = Arc::new(AtomicBool::new(false));
    if config.openvpn_user.is_some() {
        // That user's hooks had nobody to take their events until now.
        spool.series().note_lost(0)?;
    }
    let waker = delivery::start(config.clone())?;
    if let Err(error) = hook_socket::start(config, Arc::clone(&unsure), waker) {
        log::error!(
            "{}: hooks find nobody there, and write to the spool themselves: {error}",
            config.hook.socket.display()
        );
    }
    Ok(unsure)
}
