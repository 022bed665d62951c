//! The boot ID.
//!
//! A container's manager mounts an ID of the container's own over the kernel's, so that each start of
//! the container counts as a boot. A unit's sandbox takes that mount away again: `ProtectProc=`,
//! `ProtectKernelTunables=` and `ProtectControlGroups=` each do. A service in such a sandbox sees the
//! host's ID while OpenVPN's hooks see the container's, so its unit has to say which one counts.

use std::path::Path;
use std::{env, fs, io};

use temoin_core::session::{BootId, ClockReading, Uptime};

/// The boot ID: the one that the service's unit names in [`VARIABLE`], else the one that is read here.
///
/// # Errors
/// What the system said when it did not tell the ID, or that the variable holds none.
pub(super) fn id() -> io::Result<BootId> {
    match env::var(VARIABLE) {
        Ok(told) => told.parse().map_err(|error| {
            io::Error::other(format!("{VARIABLE}: {error}; the unit sets it to %b"))
        }),
        Err(_) => read(),
    }
}

/// The latest uptime at which the boot of a fresh reading can have begun: zero if the boot ID is
/// the kernel's. A container starts at some later uptime of its host, known only to be no later
/// than the reading itself.
pub fn began_by(reading: &ClockReading) -> Uptime {
    let is_kernels = !Path::new(CONTAINER).exists()
        && !fs::read_to_string(MOUNTS).is_ok_and(|mounts| is_covered(&mounts))
        && read().is_ok_and(|own| own == reading.boot);
    if is_kernels { Uptime::START } else { reading.uptime }
}

fn read() -> io::Result<BootId> {
    fs::read_to_string(BOOT_ID)?.parse().map_err(io::Error::other)
}

/// Whether something is mounted over the kernel's ID: the fifth field says over what (proc(5)).
fn is_covered(mounts: &str) -> bool {
    mounts.lines().any(|mount| mount.split(' ').nth(4) == Some(BOOT_ID))
}

/// Where a unit says which boot this is: `Environment=TEMOIN_BOOT_ID=%b`.
const VARIABLE: &str = "TEMOIN_BOOT_ID";

/// The kernel draws a new one at every boot (random(4)).
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// What is mounted for this process.
const MOUNTS: &str = "/proc/self/mountinfo";

/// systemd makes this file where it runs in a container.
const CONTAINER: &str = "/run/systemd/container";

#[cfg(test)]
mod tests {
    use super::is_covered;

    #[test]
    fn a_mount_over_the_kernels_id_is_seen() {
        // From a machine of systemd-nspawn's.
        let mounts = "71 60 0:23 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n\
             85 75 0:65 / /proc/sys/kernel/random/boot_id ro,nosuid,nodev,noexec,relatime - tmpfs none rw\n";
        assert!(is_covered(mounts));
        assert!(!is_covered(&mounts[..mounts.find("85 ").unwrap()]));
        assert!(!is_covered(
            "85 75 0:65 /proc/sys/kernel/random/boot_id /mnt ro - tmpfs none rw\n"
        ));
    }
}
