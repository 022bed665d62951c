use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::{CheckResult, Finding, HealthCheck};
use crate::messages::cli::doctor as msg;
use temoin_capture::query_link;
use temoin_core::record::{Filter, SessionState};
use temoin_core::session::{Device, Source};
use temoin_journal::Reader;

/// How many sessions within [`LOOP_MS`] are a loop of reconnects.
const LOOP_SESSIONS: u64 = 3;

/// In milliseconds: ten minutes.
const LOOP_MS: i64 = 600_000;

/// What the resolver is configured by.
const RESOLVER: &str = "/etc/resolv.conf";

impl HealthCheck<'_> {
    /// Whether the watched interfaces are those that the hooks speak of, and a client's.
    pub(super) fn tunnels(&mut self) {
        // Errors are reported already.
        let Ok(Some(reader)) = Reader::open(&self.context.state_dir) else { return };
        let Ok(open) = reader.open_sessions() else { return };
        let watched = &self.context.config.devices;
        for device in watched {
            let is_recorded = open.iter().any(|session| session.device == *device);
            let Some(link) = query_link(device).filter(|_| !is_recorded) else { continue };
            let message = if link.is_uplink { &msg::LINK_UNRECORDED } else { &msg::LINK_FOREIGN };
            self.find("tunnel", CheckResult::Note, message, &[("device", device.as_str())]);
        }
        let Ok(Some(spoken)) = newest_of_hooks(&reader, &Filter::all(self.context.now)) else {
            return;
        };
        if !watched.contains(&spoken) {
            let watched: Vec<&str> = watched.iter().map(Device::as_str).collect();
            let values = [("device", spoken.as_str()), ("watched", &watched.join(", "))];
            self.find("tunnel", CheckResult::Wrong, &msg::HOOKS_OTHER_DEVICE, &values);
        }
    }

    /// What in the configuration of OpenVPN's clients, in this directory, keeps sessions from being
    /// noted.
    pub(super) fn openvpn(&mut self, directory: &Path) {
        for path in configurations(directory) {
            let Ok(bytes) = fs::read(&path) else { continue };
            let directives = Directives(String::from_utf8_lossy(&bytes).into_owned());
            if !directives.are_of_a_client() {
                continue;
            }
            let file = path.display().to_string();
            if let Some(user) = directives.value("user").filter(|user| *user != "root") {
                let values = [("file", file.as_str()), ("user", user)];
                self.find("openvpn", CheckResult::Wrong, &msg::OPENVPN_USER, &values);
            }
            if directives.compresses() {
                self.reconnect_loop(&file);
            }
        }
        // Who has no resolver has no line of OpenVPN's in it.
        let Ok(resolver) = fs::read(RESOLVER) else { return };
        if let Some(device) = replaced_by(&String::from_utf8_lossy(&resolver)) {
            let values = [("file", RESOLVER), ("device", device)];
            self.find("resolver", CheckResult::Note, &msg::RESOLVER_REPLACED, &values);
        }
    }

    /// Whether sessions follow each other as when only one end compresses.
    fn reconnect_loop(&mut self, file: &str) {
        let since = Some(self.context.now.shifted(-LOOP_MS));
        let recent =
            Filter { since, state: Some(SessionState::Closed), ..Filter::all(self.context.now) };
        // Errors are reported already.
        let Ok(Some(reader)) = Reader::open(&self.context.state_dir) else { return };
        let Ok(count) = reader.count(&recent) else { return };
        if count >= LOOP_SESSIONS {
            let text = msg::COMPRESSION_LOOP.fill(self.context.language, count, &[("file", file)]);
            self.findings.push(Finding { check: "openvpn", health: CheckResult::Note, text });
        }
    }
}

/// The interface of the newest session that a hook told of.
fn newest_of_hooks(
    reader: &Reader,
    filter: &Filter,
) -> Result<Option<Device>, temoin_journal::JournalError> {
    reader.for_each(filter, |session| {
        if session.start.source == Source::OpenVpnHook {
            ControlFlow::Break(session.device)
        } else {
            ControlFlow::Continue(())
        }
    })
}

/// The configurations that Debian's units start: `openvpn@` and `openvpn-client@`.
fn configurations(directory: &Path) -> Vec<PathBuf> {
    let folders = [directory.to_owned(), directory.join("client")];
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(fs::read_dir)
        .flat_map(Iterator::flatten)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "conf"))
        .collect();
    files.sort();
    files
}

/// The text of an OpenVPN configuration: a directive and its parameters a line.
struct Directives(String);

impl Directives {
    /// The words of each line, without comments.
    fn lines(&self) -> impl Iterator<Item = Vec<&str>> {
        let lines = self.0.lines().map(|line| line.split(['#', ';']).next().unwrap_or_default());
        lines.map(|line| line.split_ascii_whitespace().collect())
    }

    /// The first parameter of a directive.
    fn value(&self, name: &str) -> Option<&str> {
        self.lines().find(|words| words.first() == Some(&name))?.get(1).copied()
    }

    fn are_of_a_client(&self) -> bool {
        let is_one = |words: Vec<&str>| {
            words.first().is_some_and(|name| ["client", "pull", "tls-client"].contains(name))
        };
        self.lines().any(is_one)
    }

    /// Whether it compresses whatever the server does.
    fn compresses(&self) -> bool {
        self.lines().any(|words| words.first() == Some(&"comp-lzo") && words.get(1) != Some(&"no"))
    }
}

/// For which interface OpenVPN 2.7's `dns-updown` script put name servers in front of the others.
fn replaced_by(text: &str) -> Option<&str> {
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix("### openvpn ")?.strip_suffix(" begin ###"))
}

#[cfg(test)]
mod tests {
    use super::{Directives, configurations, replaced_by};

    #[test]
    fn a_directive_is_read_as_openvpn_reads_it() {
        let text = "client\n# user root\n  user\tnobody ; as it should\ncomp-lzo adaptive\n";
        let directives = Directives(text.to_owned());
        assert!(directives.are_of_a_client() && directives.compresses());
        assert_eq!(directives.value("user"), Some("nobody"));
        assert_eq!(directives.value("group"), None);
        let server =
            Directives("port 1194\nserver 10.8.0.0 255.255.255.0\nuser nobody\n".to_owned());
        assert!(!server.are_of_a_client() && !server.compresses());
        assert!(!Directives("tls-client\ncomp-lzo no\n".to_owned()).compresses());
    }

    #[test]
    fn the_configurations_are_those_that_units_start() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("client")).unwrap();
        for name in ["client.conf", "client.conf.bak", "client/fdn.conf", "update-resolv-conf"] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        let found = ["client/fdn.conf", "client.conf"].map(|name| directory.path().join(name));
        assert_eq!(configurations(directory.path()), found);
        assert!(configurations(&directory.path().join("none")).is_empty());
    }

    #[test]
    fn name_servers_that_openvpn_put_first_are_told_from_others() {
        let text = "### openvpn tun0 begin ###\nnameserver 10.9.0.1\n### openvpn tun0 end ###\n";
        assert_eq!(replaced_by(text), Some("tun0"));
        assert_eq!(replaced_by("# made by openvpn\nnameserver 127.0.0.1\n"), None);
        assert_eq!(replaced_by(""), None);
    }
}
