use std::error::Error;

use crate::{Config, Location, Store, hook};

use super::output::print;

/// `temoin-operator import`
pub(super) fn run(config: &Config, location: &Location) -> Result<(), Box<dyn Error>> {
    let mut store = Store::open(&config.store)?;
    let imported = store.import_radacct(location, config, hook::now())?;
    for rejected in &imported.rejected {
        print(&format!("left out: {rejected}\n"))?;
    }
    print(&format!(
        "{} sessions new, {} updated, {} left out as their period is over, {} as they make no sense\n",
        imported.new,
        imported.updated,
        imported.due,
        imported.rejected.len(),
    ))
}
