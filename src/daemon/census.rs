use std::thread;

use crate::config::Config;
use crate::domain::Zone;
use crate::journal::Journal;
use crate::lawbook::Lawbook;

/// Has the record counted where it never was, or not for the page: before anybody can ask for one.
pub(super) fn begin(journal: &mut Journal, config: &Config, shown: Option<Zone>) {
    match journal.is_counted_in(shown.as_slice()) {
        Ok(true) => return,
        Ok(false) => {}
        Err(error) => {
            log::error!("{error}");
            return;
        }
    }
    // On a thread of its own: what the law's files take in memory goes with it.
    let begun = thread::scope(|scope| {
        let work = || match Lawbook::load(config) {
            Ok(book) => count(journal, &book, shown),
            Err(error) => log::error!("{error}"),
        };
        let worker = thread::Builder::new().name("census".to_owned()).spawn_scoped(scope, work);
        worker.map(|worker| worker.join().is_ok())
    });
    if let Err(error) = begun {
        log::error!("the sessions cannot be counted: {error}");
    }
}

/// Has the record counted in every zone whose days may be needed. Where that fails, the pages count it
/// themselves.
pub(super) fn count(journal: &mut Journal, book: &Lawbook, shown: Option<Zone>) {
    let mut zones = book.zones();
    zones.extend(shown.filter(|shown| !zones.contains(shown)));
    if let Err(error) = journal.count_in(&zones) {
        log::error!("the sessions cannot be counted: {error}");
    }
}
