use std::error::Error;

use crate::{Config, Spool, Store};
use temoin_protocol::Day;

use super::output::print;

/// `temoin-operator stats`
pub(super) fn run(config: &Config) -> Result<(), Box<dyn Error>> {
    let stats = Store::open(&config.store)?.stats()?;
    let day = |day: Option<_>| day.map_or_else(|| "-".to_owned(), |day| format!("{day}"));
    let (waiting, rejected) =
        if config.spool.exists() { Spool::at(&config.spool).counts()? } else { (0, 0) };
    print(&format!(
        "sessions     {}\n\
         open         {}\n\
         registered   {}\n\
         oldest day   {}\n\
         next to go   {}\n\
         waiting      {waiting}\n\
         set aside    {rejected}\n",
        stats.sessions,
        stats.open,
        stats.registered,
        day(stats.oldest.map(|at| config.policy.zone().date(at.to_timestamp()))),
        day(stats.next_erasure.map(Day::date)),
    ))
}
