use std::error::Error;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::store::ScrubOutcome;
use crate::{Config, Spool, Store, deliver, hook};

use super::output::print;

/// `temoin-operator erase`
pub(super) fn run(config: &Config) -> Result<(), Box<dyn Error>> {
    let now = hook::now();
    let mut store = Store::open(&config.store)?;
    // An end that still waits must not be missed by what follows.
    let spool = Spool::at(&config.hook.spool);
    if config.hook.spool.exists() {
        deliver(&spool, config)?;
        let day = Duration::from_secs(86_400);
        spool.prune_rejected(day * config.lost_after_days, SystemTime::now())?;
    }
    let is_up = |device: &str| Path::new("/sys/class/net").join(device).exists();
    store.mark_alive(&config.gateway_name(), is_up, now)?;
    let lost = store.end_lost_sessions(config.lost_after_days, &config.policy, now)?;
    store.recompute_erase_by(&config.policy)?;
    let today = config.policy.today(now).ok_or("the clock is before 1970: set it")?;
    let erased = store.erase(today)?;
    print(&format!("{} sessions erased, due by {today}\n", erased.sessions))?;
    if lost > 0 {
        print(&format!("{lost} sessions ended, on gateways that have fallen silent\n"))?;
    }
    if erased.scrubbed == ScrubOutcome::LogRemains {
        print(
            "What was erased may still be in the database's write-ahead log until that is written \
             over: somebody was reading or, with PostgreSQL, wal_recycle is on, an archive is kept, \
             or this user may not run CHECKPOINT and pg_switch_wal().\n",
        )?;
    }
    Ok(())
}
