use std::error::Error;
use std::io;

use crate::{Config, Spool, Store};
use temoin_protocol::Day;

use super::output::print;

/// `temoin-operator stats`
pub(super) fn run(config: &Config) -> Result<(), Box<dyn Error>> {
    let mut store = Store::open(&config.store)?;
    let (stats, shared) = (store.stats()?, store.shared_addresses()?);
    let day = |day: Option<_>| day.map_or_else(|| "-".to_owned(), |day| format!("{day}"));
    let spool = Spool::at(&config.hook.spool);
    let of_spool = |error: io::Error| format!("{}: {error}", spool.directory().display());
    let (waiting, rejected) = spool.counts().map_err(of_spool)?;
    let lost = match spool.series().read() {
        Ok((_, lost)) => lost.to_string(),
        // Neither `init` nor `serve` has run with this spool yet, so none was counted.
        Err(error) if error.kind() == io::ErrorKind::NotFound => "-".to_owned(),
        Err(error) => return Err(of_spool(error).into()),
    };
    print(&format!(
        "sessions     {}\n\
         open         {}\n\
         registered   {}\n\
         oldest day   {}\n\
         next to go   {}\n\
         waiting      {waiting}\n\
         set aside    {rejected}\n\
         lost         {lost}\n\
         shared       {shared}\n",
        stats.sessions,
        stats.open,
        stats.registered,
        day(stats.oldest.map(|at| config.policy.zone().date(at.to_timestamp()))),
        day(stats.next_erasure.map(Day::date)),
    ))
}
