use std::error::Error;
use std::path::Path;
use std::time::{Duration, SystemTime};

use clap::Args;

use crate::clock::ClockVerdict;
use crate::store::ScrubOutcome;
use crate::{ClockReading, Config, Spool, Store, deliver, hook};
use temoin_core::session::Timestamp;
use temoin_protocol::UnixSeconds;

use super::output::print;

#[derive(Args, Debug)]
pub(super) struct EraseArguments {
    #[arg(long)]
    trust_clock: bool,
}

/// `temoin-operator erase`
pub(super) fn run(config: &Config, erase: &EraseArguments) -> Result<(), Box<dyn Error>> {
    let now = hook::now();
    let mut store = Store::open(&config.store)?;
    check_clock(&mut store, config, now, erase.trust_clock)?;
    // An end that still waits should not be missed by what follows; but what is due goes in any case.
    let taken = take(config);
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
             over: somebody was reading or, with PostgreSQL, wal_recycle is on, an archive or \
             wal_keep_size or a replication slot keeps the log, a replica follows, another gateway \
             erases, or this user may not run CHECKPOINT and pg_switch_wal().\n",
        )?;
    }
    taken
}

fn take(config: &Config) -> Result<(), Box<dyn Error>> {
    let spool = Spool::at(&config.hook.spool);
    let delivered = deliver(&spool, config);
    let age = Duration::from_secs(86_400) * config.lost_after_days;
    let pruned = spool.prune_rejected(age, SystemTime::now());
    delivered?;
    pruned.map_err(|error| format!("{}: {error}", config.hook.spool.display()).into())
}

/// A clock that jumped would erase what has to be kept, and nothing brings that back.
fn check_clock(
    store: &mut Store,
    config: &Config,
    now: Timestamp,
    is_confirmed: bool,
) -> Result<(), Box<dyn Error>> {
    let name = config.gateway_name();
    let now = UnixSeconds::containing(now).ok_or("the clock is before 1970: set it")?;
    let reading = ClockReading::at(now).map_err(|error| format!("/proc: {error}"))?;
    let verdict = reading.judge(&store.clock_memory(&name)?);
    match verdict {
        ClockVerdict::Behind if !is_confirmed => Ok(()),
        ClockVerdict::Doubted(first) if !is_confirmed => {
            store.remember_clock(&name, &first, false)?;
            let time = now.to_timestamp();
            Err(format!(
                "nothing is erased: the clock says {time}, which nothing explains since the last \
                 erasure. If it is wrong, set it. If it is right, run 'temoin-operator erase \
                 --trust-clock'; else it is trusted when it has gone on for two days."
            )
            .into())
        }
        _ => Ok(store.remember_clock(&name, &reading, true)?),
    }
}
