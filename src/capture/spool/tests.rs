use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::event::tests::down;
use super::{AsFd, Event, ReadError, RejectReason, Spool, SpoolError, SpoolWatch};
use temoin_core::session::{BootId, ClockReading, Uptime};

#[test]
fn events_come_out_in_the_order_in_which_they_went_in() {
    let state = tempfile::tempdir().unwrap();
    let spool = Spool::create(state.path()).unwrap();
    let hook = Spool::open(state.path()).unwrap();
    // The uptime falls: each came in a boot of its own.
    let events: Vec<Event> = (0_u8..5).map(|boot| at(boot, 90_000 - u64::from(boot))).collect();
    let written: Vec<_> = events.iter().map(|event| hook.write(event).unwrap()).collect();
    assert_eq!(spool.waiting().unwrap(), written);
    for (name, event) in written.into_iter().zip(events) {
        assert_eq!(spool.read(name).unwrap(), event);
        spool.remove(name).unwrap();
        assert!(matches!(spool.read(name), Err(ReadError::Gone)));
        spool.remove(name).unwrap();
    }
    assert_eq!(spool.waiting().unwrap(), []);
    assert_eq!(fs::read_dir(spool.path()).unwrap().count(), 0);
}

#[test]
fn events_of_the_same_number_are_in_the_order_of_their_uptime() {
    let state = tempfile::tempdir().unwrap();
    let spool = Spool::create(state.path()).unwrap();
    let later = spool.write(&at(1, 2_000)).unwrap();
    fs::rename(spool.path().join(later.to_string()), state.path().join("aside")).unwrap();
    let earlier = spool.write(&at(1, 1_000)).unwrap();
    fs::rename(state.path().join("aside"), spool.path().join(later.to_string())).unwrap();
    assert_eq!(earlier.sequence(), later.sequence());
    assert_eq!(spool.waiting().unwrap(), [earlier, later]);
}

#[test]
fn directory_and_events_are_for_their_owner_alone() {
    let state = tempfile::tempdir().unwrap();
    let spool = Spool::create(state.path()).unwrap();
    let name = spool.write(&down()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(spool.path()), 0o700);
    assert_eq!(mode(&spool.path().join(name.to_string())), 0o600);
}

#[test]
fn what_root_writes_belongs_to_whom_the_directory_belongs() {
    use std::os::unix::fs::{MetadataExt, chown};

    let state = tempfile::tempdir().unwrap();
    let spool = Spool::create(state.path()).unwrap();
    let root = nix::unistd::geteuid().is_root();
    if root {
        chown(spool.path(), Some(12_345), Some(54_321)).unwrap();
    }
    let name = spool.write(&down()).unwrap();
    let owner = |path: &Path| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.uid(), metadata.gid())
    };
    let file = spool.path().join(name.to_string());
    assert_eq!(owner(&file).0, owner(spool.path()).0);
    assert!(!root || owner(&file) == (12_345, 54_321));
}

#[test]
fn a_hook_makes_no_spool_and_follows_no_link_to_one() {
    let state = tempfile::tempdir().unwrap();
    assert!(matches!(Spool::open(state.path()), Err(SpoolError::Missing(_))));

    let trap = tempfile::tempdir().unwrap();
    symlink(trap.path(), state.path().join("spool")).unwrap();
    assert!(matches!(Spool::open(state.path()), Err(SpoolError::NotADirectory(_))));
    assert!(matches!(Spool::create(state.path()), Err(SpoolError::NotADirectory(_))));

    fs::remove_file(state.path().join("spool")).unwrap();
    fs::write(state.path().join("spool"), "").unwrap();
    assert!(matches!(Spool::open(state.path()), Err(SpoolError::NotADirectory(_))));
    assert!(matches!(Spool::create(state.path()), Err(SpoolError::NotADirectory(_))));
}

#[test]
fn a_spool_that_root_makes_belongs_to_the_owner_of_the_state_directory() {
    use std::os::unix::fs::{MetadataExt, chown};

    let state = tempfile::tempdir().unwrap();
    // Without root the directory stays its maker's, and so does the spool.
    let _ = chown(state.path(), Some(65_534), Some(65_534));
    Spool::create(state.path()).unwrap();
    let owner = |path: &Path| fs::metadata(path).map(|it| (it.uid(), it.gid())).unwrap();
    assert_eq!(owner(&state.path().join("spool")), owner(state.path()));
}

#[test]
fn a_full_spool_takes_no_more() {
    let state = tempfile::tempdir().unwrap();
    let spool = Spool::create(state.path()).unwrap();
    let first = spool.write(&down()).unwrap();
    for sequence in 2..=Spool::CAPACITY {
        let name = first.to_string().replacen(&format!("{:020}", 1), &format!("{sequence:020}"), 1);
        fs::write(spool.path().join(name), "").unwrap();
    }
    let refusal = spool.write(&down()).unwrap_err();
    assert!(matches!(refusal, SpoolError::Full(_)));
    assert!(refusal.to_string().contains("4096 events wait already"), "{refusal}");
    spool.remove(first).unwrap();
    let sequence = u64::try_from(Spool::CAPACITY).unwrap() + 1;
    assert_eq!(spool.write(&down()).unwrap().sequence(), sequence);
}

#[test]
fn what_is_no_event_is_set_aside_and_stops_nothing() {
    let state = tempfile::tempdir().unwrap();
    let spool = Spool::create(state.path()).unwrap();
    let names: Vec<_> = (0..5).map(|_| spool.write(&down()).unwrap()).collect();
    let file = |index: usize| spool.path().join(names[index].to_string());
    fs::write(file(0), "no event").unwrap();
    fs::write(file(1), vec![0; Event::MAXIMUM_LENGTH + 1]).unwrap();
    fs::remove_file(file(2)).unwrap();
    symlink("/etc/passwd", file(2)).unwrap();
    fs::remove_file(file(3)).unwrap();
    nix::unistd::mkfifo(&file(3), nix::sys::stat::Mode::S_IRWXU).unwrap();

    let faults = [
        RejectReason::InvalidEvent,
        RejectReason::TooLong,
        RejectReason::NotAFile,
        RejectReason::NotAFile,
    ];
    for (name, expected) in names.iter().zip(faults) {
        match spool.read(*name) {
            Err(ReadError::Rejected { path, reason, kept: true }) => {
                assert_eq!(reason, expected);
                assert_eq!(path, spool.path().join("rejected").join(name.to_string()));
                assert!(path.symlink_metadata().is_ok());
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(spool.waiting().unwrap(), [names[4]]);
    assert_eq!(spool.read(names[4]).unwrap(), down());
    assert_eq!(spool.erase_rejected().unwrap(), 4);
    assert_eq!(spool.erase_rejected().unwrap(), 0);
}

#[test]
fn only_the_last_few_of_what_is_no_event_are_kept() {
    let state = tempfile::tempdir().unwrap();
    let spool = Spool::create(state.path()).unwrap();
    let names: Vec<_> = (0..40).map(|_| spool.write(&down()).unwrap()).collect();
    for name in &names {
        fs::write(spool.path().join(name.to_string()), "no event").unwrap();
    }
    for name in &names {
        assert!(matches!(spool.read(*name), Err(ReadError::Rejected { kept: true, .. })));
    }
    let kept = fs::read_dir(spool.path().join("rejected")).unwrap().count();
    assert_eq!(kept, super::MAXIMUM_REJECTED);
    assert!(spool.path().join("rejected").join(names[39].to_string()).exists());
}

#[test]
fn what_cannot_be_set_aside_is_removed() {
    let state = tempfile::tempdir().unwrap();
    let spool = Spool::create(state.path()).unwrap();
    fs::write(spool.path().join("rejected"), "in the way").unwrap();
    let name = spool.write(&down()).unwrap();
    fs::write(spool.path().join(name.to_string()), "no event").unwrap();
    let error = spool.read(name).unwrap_err();
    assert!(matches!(error, ReadError::Rejected { kept: false, .. }), "{error:?}");
    assert_eq!(spool.waiting().unwrap(), []);
}

#[test]
fn what_a_cut_off_hook_left_is_hidden_counted_and_swept() {
    let state = tempfile::tempdir().unwrap();
    let spool = Spool::create(state.path()).unwrap();
    let name = spool.write(&at(1, 30_000)).unwrap();
    let left = format!(".01010101-{name}");
    fs::rename(spool.path().join(name.to_string()), spool.path().join(&left)).unwrap();
    assert_eq!(spool.waiting().unwrap(), []);
    assert_eq!(spool.write(&at(1, 30_001)).unwrap().sequence(), name.sequence() + 1);
    assert_eq!(spool.sweep(&at(1, 30_002).reading).unwrap(), 0);
    assert!(spool.path().join(&left).exists());
    assert_eq!(spool.sweep(&at(2, 30_002).reading).unwrap(), 1);
    assert!(!spool.path().join(&left).exists());
    assert_eq!(spool.waiting().unwrap().len(), 1);
}

#[test]
fn the_watch_is_readable_once_for_what_came_and_silent_for_what_went() {
    let state = tempfile::tempdir().unwrap();
    let spool = Spool::create(state.path()).unwrap();
    let watch = SpoolWatch::new(&spool).unwrap();
    assert!(!is_readable(&watch));
    let names = [spool.write(&down()).unwrap(), spool.write(&down()).unwrap()];
    assert!(is_readable(&watch));
    watch.drain().unwrap();
    assert!(!is_readable(&watch));
    fs::write(spool.path().join(names[0].to_string()), "no event").unwrap();
    spool.read(names[0]).unwrap_err();
    spool.remove(names[1]).unwrap();
    assert!(!is_readable(&watch));
    watch.drain().unwrap();
}

#[test]
fn a_watch_tells_that_its_directory_is_gone() {
    let state = tempfile::tempdir().unwrap();
    let spool = Spool::create(state.path()).unwrap();
    let watch = SpoolWatch::new(&spool).unwrap();
    fs::rename(spool.path(), state.path().join("elsewhere")).unwrap();
    assert!(is_readable(&watch));
    assert_eq!(watch.drain().unwrap_err().kind(), std::io::ErrorKind::NotFound);
}

fn at(boot: u8, uptime: u64) -> Event {
    let reading = ClockReading {
        boot: BootId::from_bytes([boot; 16]),
        uptime: Uptime::from_milliseconds(uptime),
        ..down().reading
    };
    Event { reading, ..down() }
}

fn is_readable(watch: &SpoolWatch) -> bool {
    let mut descriptors = [PollFd::new(watch.as_fd(), PollFlags::POLLIN)];
    poll(&mut descriptors, PollTimeout::ZERO).unwrap() > 0
}
