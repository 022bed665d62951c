use std::error::Error;

use clap::Args;

use crate::store::{AccountingSource, ImportOptions};
use crate::{Config, Store, hook};
use temoin_core::session::Zone;

use super::output::print;

#[derive(Args, Debug)]
pub(super) struct ImportArguments {
    #[arg(value_name = "SOURCE")]
    source: AccountingSource,
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<Zone>,
}

/// `temoin-operator import`
pub(super) fn run(config: &Config, import: &ImportArguments) -> Result<(), Box<dyn Error>> {
    let mut store = Store::open(&config.store)?;
    let options = ImportOptions { config, zone: import.time_zone, now: hook::now() };
    let report = store.import(&import.source, &options)?;
    print(&format!("{report}\n"))
}
