use std::error::Error;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use clap::Args;

use crate::config::{Config, SHIPPED};
use crate::{KeyError, KeyFile, Location, Spool, Store};

use super::output::print;

#[derive(Args, Debug)]
pub(super) struct InitArguments {
    #[arg(long, value_name = "LOCATION")]
    store: Option<Location>,
}

/// `temoin-operator init`
pub(super) fn run(path: &Path, init: &InitArguments) -> Result<(), Box<dyn Error>> {
    let mut text = SHIPPED.to_owned();
    if let Some(location) = &init.store {
        let value = match location {
            Location::Postgres(url) => url.clone(),
            Location::Sqlite(path) => path.display().to_string(),
        };
        let line = SHIPPED.lines().find(|line| line.starts_with("#location")).unwrap_or_default();
        text = text.replace(line, &format!("location = {}", serde_json::to_string(&value)?));
    }
    make_parent(path)?;
    // It may have a password in it.
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match &mut made {
        Ok(file) => {
            file.write_all(text.as_bytes())?;
            print(&format!("{}: made\n", path.display()))?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            print(&format!("{}: there already\n", path.display()))?;
        }
        Err(error) => return Err(format!("{}: {error}", path.display()).into()),
    }
    let config = Config::read(path)?;
    if init.store.as_ref().is_some_and(|asked| *asked != config.store) {
        return Err(format!(
            "{}: store.location names another store, {}: correct it there, and run 'temoin-operator \
             init' without --store. What is recorded stays where it is: a record that nothing names \
             any more is not erased by anything.",
            path.display(),
            config.store
        )
        .into());
    }
    let spool = &config.hook.spool;
    Spool::create(spool).map_err(|error| format!("{}: {error}", spool.display()))?;
    if let Location::Sqlite(path) = &config.store {
        make_parent(path)?;
    }
    Store::create(&config.store)?;
    make_parent(&config.signing_key)?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    match KeyFile::at(&config.signing_key).create(seed) {
        Ok(public) => print(&format!("{}: made: {public}\n", config.signing_key.display()))?,
        Err(error @ KeyError::Exists(_)) => print(&format!("{error}\n"))?,
        Err(error) => return Err(error.into()),
    }
    print(&format!(
        "{}: ready\n\nIn the OpenVPN server's configuration:\n\n  \
         script-security 2\n  \
         client-connect \"/usr/bin/temoin-operator hook client-connect\"\n  \
         client-disconnect \"/usr/bin/temoin-operator hook client-disconnect\"\n\n\
         Run 'temoin-operator erase' daily.\n",
        config.store
    ))
}

fn make_parent(path: &Path) -> Result<(), Box<dyn Error>> {
    let Some(parent) = path.parent() else { return Ok(()) };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(parent);
    made.map_err(|error| format!("{}: {error}", parent.display()).into())
}
