//! The real program on a disk that is full, or that turns read-only as a failing card does: the tunnel
//! is not disturbed, nothing acknowledged is lost, and temoin recovers by itself.
//!
//! The disk is a small tmpfs, which only root can mount: `make tunnel-lifecycle`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use support::Program;

#[test]
fn on_a_full_disk_events_stay_in_the_spool_until_there_is_room() {
    const SESSIONS: usize = 60;
    let mut program = Program::native();
    let disk = Disk::mount(&program.state());
    program.start_daemon();
    program.pause_daemon();
    for _ in 0..SESSIONS {
        program.hook("route-up");
        program.hook("route-down");
    }
    disk.fill();
    program.resume_daemon();
    // The first few may fit into the journal's free pages.
    sleep(Duration::from_secs(3));
    let waiting = disk.events();
    assert!(waiting > 0, "the disk was not full enough to show anything");
    // No space for another event: OpenVPN is not affected.
    program.hook("route-up");
    assert_eq!(disk.events(), waiting);

    disk.free();
    let sessions = program.await_sessions(vec!["closed"; SESSIONS].join(" ").as_str());
    let ids: BTreeSet<&str> = sessions.iter().filter_map(|own| own["id"].as_str()).collect();
    assert_eq!(ids.len(), SESSIONS);
    assert!(sessions.iter().all(|own| own["end"]["reason"] == "stopped-with-notice"));
    support::await_value("empty spool", || (disk.events() == 0).then_some(()));
    let log = program.stop_daemon();
    assert!(log.contains("the disk is full") && log.contains("can be written again"), "{log}");
}

#[test]
fn a_copy_that_does_not_fit_leaves_nothing_and_says_which_disk_is_full() {
    let mut program = Program::native();
    program.start_daemon();
    let place = program.directory().join("copies");
    let disk = Disk::mount(&place);
    disk.fill();
    let file = place.join("copy.db");
    let output = program.run(&format!("backup {}", file.display()));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("the disk of the copy is full"), "{error}");
    assert!(!error.contains("spool") && !file.exists(), "{error}");
}

#[test]
fn on_a_disk_that_turned_read_only_the_record_is_still_shown_and_goes_on_later() {
    let mut program = Program::native();
    let disk = Disk::mount(&program.state());
    program.start_daemon();
    program.hook("route-up");
    program.await_sessions("open");

    disk.remount("ro");
    program.hook("route-down");
    program.await_sessions("open");
    assert!(program.page("/sessions").contains("203.0.113.7"));

    disk.remount("rw");
    program.hook("route-down");
    program.await_sessions("closed");
    program.stop_daemon();
}

/// A disk of one megabyte.
struct Disk(PathBuf);

impl Disk {
    fn mount(path: &Path) -> Self {
        fs::create_dir_all(path).unwrap();
        let disk = Self(path.to_owned());
        disk.run(&["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "temoin-test"]);
        disk
    }

    fn run(&self, command: &[&str]) {
        let status = Command::new(command[0]).args(&command[1..]).arg(&self.0).status().unwrap();
        assert!(status.success(), "{command:?}: root is needed");
    }

    fn remount(&self, mode: &str) {
        self.run(&["mount", "-o", &format!("remount,{mode}")]);
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Leaves no byte free.
    fn fill(&self) {
        let mut size = 1024 * 1024;
        while size > 0 {
            let written = fs::OpenOptions::new().create(true).append(true).open(self.filler());
            if std::io::Write::write_all(&mut written.unwrap(), &vec![0; size]).is_err() {
                size /= 2;
            }
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    /// How many events wait.
    fn events(&self) -> usize {
        let entries = fs::read_dir(self.0.join("spool")).unwrap().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with('0')).count()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
