use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use crate::config::Config;

/// The configuration as it is in use, for whoever needs to know it between two changes.
#[derive(Clone)]
pub(super) struct InUse(Arc<RwLock<Config>>);

impl InUse {
    pub(super) fn new(config: Config) -> Self {
        Self(Arc::new(RwLock::new(config)))
    }

    pub(super) fn get(&self) -> Config {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, config: Config) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
    }
}

/// The configuration's file, and what of it is heeded while the daemon runs.
pub(super) struct Configuration {
    path: PathBuf,
    in_use: InUse,
    /// Tells when something is put into the file's directory.
    changes: Option<Inotify>,
}

impl Configuration {
    pub(super) fn new(path: &Path, in_use: InUse) -> Self {
        // What a link points to is what is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let changes = path.parent().and_then(|directory| watch(directory).ok());
        if changes.is_none() {
            log::info!("{}: changes are heeded after SIGHUP", path.display());
        }
        Self { path, in_use, changes }
    }

    /// Becomes readable when something is put into the file's directory.
    pub(super) fn changes(&self) -> Option<BorrowedFd<'_>> {
        self.changes.as_ref().map(AsFd::as_fd)
    }

    /// Whether what was put there is the file.
    pub(super) fn was_put(&self) -> bool {
        let events = self.changes.as_ref().and_then(|changes| changes.read_events().ok());
        let name = self.path.file_name();
        events.unwrap_or_default().iter().any(|event| event.name.as_deref() == name)
    }

    /// Reads the file anew and heeds what can be heeded without a restart; tells what is in use now,
    /// where that is something else than before.
    pub(super) fn read(&self) -> Option<Config> {
        let written = match Config::read(&self.path, false) {
            Ok(written) => written,
            Err(error) => {
                log::error!("{error} Until that is mended, what was read before stays in use.");
                return None;
            }
        };
        let before = self.in_use.get();
        let next = Config {
            directory: before.directory.clone(),
            devices: before.devices.clone(),
            status_file: before.status_file.clone(),
            management: before.management.clone(),
            trust: before.trust,
            methods: before.methods.clone(),
            time_zone: before.time_zone,
            ..written.clone()
        };
        if next != (Config { directory: before.directory.clone(), ..written }) {
            log::warn!(
                "{}: some of what was changed is heeded after a restart only: systemctl restart \
                 temoin",
                self.path.display()
            );
        }
        if next == before {
            return None;
        }
        log::info!("{}: the settings were changed", self.path.display());
        self.in_use.set(next.clone());
        Some(next)
    }
}

fn watch(directory: &Path) -> nix::Result<Inotify> {
    let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
    inotify.add_watch(directory, AddWatchFlags::IN_MOVED_TO | AddWatchFlags::IN_CLOSE_WRITE)?;
    Ok(inotify)
}

#[cfg(test)]
mod tests {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use tempfile::tempdir;

    use super::*;
    use crate::i18n::Language;
    use crate::settings::{self, Setting};

    fn is_told(configuration: &Configuration) -> bool {
        let changes = configuration.changes().unwrap();
        let mut fds = [PollFd::new(changes, PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::from(1_000_u16)).unwrap() > 0 && configuration.was_put()
    }

    #[test]
    fn a_setting_that_is_changed_is_in_use_at_once_and_a_broken_file_changes_nothing() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("temoin.toml");
        fs::write(&path, "[page]\nlanguage = \"fr\"\n").unwrap();
        let in_use = InUse::new(Config::read(&path, true).unwrap());
        let configuration = Configuration::new(&path, in_use.clone());

        settings::change(&path, &[(Setting::Language, "nl")]).unwrap();
        assert!(is_told(&configuration));
        let now = configuration.read().unwrap();
        assert_eq!((now.language, &in_use.get()), (Some(Language::Dutch), &now));
        assert_eq!(configuration.read(), None);

        fs::write(directory.path().join("other"), "x").unwrap();
        assert!(!is_told(&configuration));
        for broken in ["[page\n", "[page]\nlanguage = \"xx\"\n"] {
            fs::write(&path, broken).unwrap();
            assert!(is_told(&configuration));
            assert_eq!(configuration.read(), None);
        }
        assert_eq!(in_use.get().language, Some(Language::Dutch));
    }

    #[test]
    fn what_the_daemon_began_with_stays_until_a_restart() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("temoin.toml");
        fs::write(&path, "").unwrap();
        let before = Config::read(&path, true).unwrap();
        let configuration = Configuration::new(&path, InUse::new(before.clone()));
        fs::write(&path, "[tunnel]\ndevices = [\"wg0\"]\n[erasure]\ngrace_days = 1\n").unwrap();
        let now = configuration.read().unwrap();
        assert_eq!((&now.devices, now.grace_days), (&before.devices, 1));
    }
}
