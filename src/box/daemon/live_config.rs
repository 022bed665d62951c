use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use temoin_capture::inotify_error;
use temoin_config::Config;

/// The current configuration, shared between threads.
#[derive(Clone)]
pub(super) struct LiveConfig(Arc<RwLock<Config>>);

impl LiveConfig {
    pub(super) fn new(config: Config) -> Self {
        Self(Arc::new(RwLock::new(config)))
    }

    pub(super) fn get(&self) -> Config {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reloads the file at `path` and applies what needs no restart. An invalid file changes nothing.
    pub(super) fn reload(&self, path: &Path) {
        // Locked while the file is read, so that the later of two reloads wins.
        let mut live_config = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let written = match Config::read(path, false) {
            Ok(written) => Config { directory: live_config.directory.clone(), ..written },
            Err(error) => {
                log::error!("{error} Until that is mended, what was read before stays in use.");
                return;
            }
        };
        let next = Config {
            devices: live_config.devices.clone(),
            status_file: live_config.status_file.clone(),
            management: live_config.management.clone(),
            trust: live_config.trust,
            methods: live_config.methods.clone(),
            time_zone: live_config.time_zone,
            ..written.clone()
        };
        if next == *live_config && next == written {
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
        *live_config = next;
    }
}

/// Watches the configuration file and reloads it.
pub(super) struct ConfigWatch {
    path: PathBuf,
    live_config: LiveConfig,
    /// Watches the file's directory.
    changes: Option<Inotify>,
}

impl ConfigWatch {
    pub(super) fn new(path: &Path, live_config: LiveConfig) -> Self {
        // Edits replace the target of a link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let directory = path.parent().unwrap_or_else(|| Path::new("/"));
        let changes = watch(directory)
            .map_err(inotify_error)
            .inspect_err(|error| {
                log::info!("{}: changes are heeded after SIGHUP: {error}", path.display());
            })
            .ok();
        Self { path, live_config, changes }
    }

    /// Readable when a file was written in the directory.
    pub(super) fn changes(&self) -> Option<BorrowedFd<'_>> {
        self.changes.as_ref().map(AsFd::as_fd)
    }

    /// Whether the configuration file itself was written.
    pub(super) fn was_written(&self) -> bool {
        let events = self.changes.as_ref().and_then(|changes| changes.read_events().ok());
        let name = self.path.file_name();
        events.unwrap_or_default().iter().any(|event| event.name.as_deref() == name)
    }

    /// Reloads the file; returns the new configuration if it differs from `before`.
    pub(super) fn read(&self, before: &Config) -> Option<Config> {
        self.live_config.reload(&self.path);
        let now = self.live_config.get();
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
    use temoin_config::settings::{self, Setting};
    use temoin_core::text::Language;

    fn is_told(configuration: &ConfigWatch) -> bool {
        let changes = configuration.changes().unwrap();
        let mut fds = [PollFd::new(changes, PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::from(1_000_u16)).unwrap() > 0 && configuration.was_written()
    }

    #[test]
    fn a_setting_that_is_changed_is_in_use_at_once_and_a_broken_file_changes_nothing() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("temoin.toml");
        fs::write(&path, "[page]\nlanguage = \"fr\"\n").unwrap();
        let before = Config::read(&path, true).unwrap();
        let live_config = LiveConfig::new(before.clone());
        let configuration = ConfigWatch::new(&path, live_config.clone());

        settings::change(&path, &[(Setting::Language, "nl")]).unwrap();
        assert!(is_told(&configuration));
        let now = configuration.read(&before).unwrap();
        assert_eq!((now.language, &live_config.get()), (Some(Language::Dutch), &now));
        assert_eq!(configuration.read(&now), None);

        fs::write(directory.path().join("other"), "x").unwrap();
        assert!(!is_told(&configuration));
        for broken in ["[page\n", "[page]\nlanguage = \"xx\"\n"] {
            fs::write(&path, broken).unwrap();
            assert!(is_told(&configuration));
            assert_eq!(configuration.read(&now), None);
        }
        assert_eq!(live_config.get().language, Some(Language::Dutch));
    }

    #[test]
    fn what_the_daemon_began_with_stays_until_a_restart() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("temoin.toml");
        fs::write(&path, "").unwrap();
        let before = Config::read(&path, true).unwrap();
        let configuration = ConfigWatch::new(&path, LiveConfig::new(before.clone()));
        fs::write(&path, "[tunnel]\ndevices = [\"wg0\"]\n[erasure]\ngrace_days = 1\n").unwrap();
        let now = configuration.read(&before).unwrap();
        assert_eq!((&now.devices, now.grace_days), (&before.devices, 1));
    }
}
