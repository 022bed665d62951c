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

    /// Reads the file at `path` anew and heeds what can be heeded without a restart. A file that cannot
    /// be used changes nothing.
    pub(super) fn heed(&self, path: &Path) {
        // Held while the file is read, so that of two who read, the later one has the last word.
        let mut in_use = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let written = match Config::read(path, false) {
            Ok(written) => Config { directory: in_use.directory.clone(), ..written },
            Err(error) => {
                log::error!("{error} Until that is mended, what was read before stays in use.");
                return;
            }
        };
        let next = Config {
            devices: in_use.devices.clone(),
            status_file: in_use.status_file.clone(),
            management: in_use.management.clone(),
            trust: in_use.trust,
            methods: in_use.methods.clone(),
            time_zone: in_use.time_zone,
            ..written.clone()
        };
        if next == *in_use && next == written {
            return;
        }
        if next != written {
            log::warn!(
                "{}: some of what was changed is heeded after a restart only: systemctl restart \
                 temoin",
                path.display()
            );
        } else {
            log::info!("{}: the settings were changed", path.display());
        }
        *in_use = next;
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

    /// Reads the file anew; tells what is in use now, where that is something else than `before`.
    pub(super) fn read(&self, before: &Config) -> Option<Config> {
        self.in_use.heed(&self.path);
        let now = self.in_use.get();
        (now != *before).then_some(now)
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
        let before = Config::read(&path, true).unwrap();
        let in_use = InUse::new(before.clone());
        let configuration = Configuration::new(&path, in_use.clone());

        settings::change(&path, &[(Setting::Language, "nl")]).unwrap();
        assert!(is_told(&configuration));
        let now = configuration.read(&before).unwrap();
        assert_eq!((now.language, &in_use.get()), (Some(Language::Dutch), &now));
        assert_eq!(configuration.read(&now), None);

        fs::write(directory.path().join("other"), "x").unwrap();
        assert!(!is_told(&configuration));
        for broken in ["[page\n", "[page]\nlanguage = \"xx\"\n"] {
            fs::write(&path, broken).unwrap();
            assert!(is_told(&configuration));
            assert_eq!(configuration.read(&now), None);
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
        let now = configuration.read(&before).unwrap();
        assert_eq!((&now.devices, now.grace_days), (&before.devices, 1));
    }
}
