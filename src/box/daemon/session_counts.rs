use std::thread;

use temoin_config::Config;
use temoin_config::ruleset::Ruleset;
use temoin_core::session::Zone;
use temoin_journal::Journal;

/// Builds the session counts if they are missing, or missing for the page's zone, before a page is served.
pub(super) fn ensure(journal: &mut Journal, config: &Config, shown: Option<Zone>) {
    match journal.is_counted_in(shown.as_slice()) {
        Ok(true) => return,
        Ok(false) => {}
        Err(error) => {
            log::error!("{error}");
            return;
        }
    }
    // On its own thread: the memory that the rule files take is released with it.
    let begun = thread::scope(|scope| {
        let work = || match Ruleset::load(config) {
            Ok(ruleset) => count(journal, &ruleset, shown),
            Err(error) => log::error!("{error}"),
        };
        let worker = thread::Builder::new().name("counts".to_owned()).spawn_scoped(scope, work);
        worker.map(|worker| worker.join().is_ok())
    });
    if let Err(error) = begun {
        log::error!("the sessions cannot be counted: {error}");
    }
}

/// Counts the sessions per day in every zone that may be needed. If that fails, the pages count themselves.
pub(super) fn count(journal: &mut Journal, ruleset: &Ruleset, shown: Option<Zone>) {
    let mut zones = ruleset.zones();
    zones.extend(shown.filter(|shown| !zones.contains(shown)));
    if let Err(error) = journal.count_in(&zones) {
        log::error!("the sessions cannot be counted: {error}");
    }
}
